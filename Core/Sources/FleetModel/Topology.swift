/// A position in the list of topology levels: 0 is the coarsest, the last is the host.
@frozen public struct LevelIndex: Hashable, Comparable, Sendable {
    /// The position.
    public let rawValue: UInt8

    /// Wraps a position that is known to fit.
    @inlinable public init(_ index: Int) { rawValue = UInt8(index) }

    /// The position as the standard library's collections want it.
    @inlinable public var index: Int { Int(rawValue) }

    /// Orders coarse before fine.
    @inlinable public static func < (left: LevelIndex, right: LevelIndex) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// One level of the topology: its name in Muster and the node label that holds its value.
public struct TopologyLevel: Hashable, Sendable {
    /// The name, as jobs use it (`rack`).
    public var name: String
    /// The node label that carries the value on a real fleet; empty when there is none.
    public var label: String

    /// Names a level.
    public init(name: String, label: String = "") {
        self.name = name
        self.label = label
    }
}

/// The ordered list of levels, coarse to fine; the last is always the host.
public struct Topology: Hashable, Sendable {
    /// Coarse to fine; never empty.
    public let levels: [TopologyLevel]

    /// Takes levels coarse to fine; adds a last level `host` when the list does not end in one.
    public init(levels: [TopologyLevel]) {
        if levels.last?.name == Topology.hostName {
            self.levels = levels
        } else {
            self.levels = levels + [TopologyLevel(name: Topology.hostName, label: "")]
        }
        precondition(self.levels.count <= FleetLimits.topologyLevels, "too many topology levels")
    }

    /// The name of the last level.
    public static let hostName = "host"

    /// The index of the last level.
    public var host: LevelIndex { LevelIndex(levels.count - 1) }

    /// Levels above the host, for which a node names a domain.
    public var domainLevelCount: Int { levels.count - 1 }

    /// The level called `name`, if there is one.
    public func level(named name: String) -> LevelIndex? {
        levels.firstIndex { $0.name == name }.map { LevelIndex($0) }
    }
}

/// Where the members of a gang may stand relative to each other.
public enum TopologyPreference: Hashable, Sendable {
    /// As close together as there is room for.
    case closest
    /// All in one domain of the level, or the gang waits.
    case required(LevelIndex)
    /// In one domain of the level if possible; else at the next coarser level, else anywhere.
    case preferred(LevelIndex)
    /// Required at the level until the job has waited `span`, then required at `then` or, when
    /// that is nil, as close as possible. Slurm's `--switches=n@time`.
    case relaxing(LevelIndex, after: TimeSpan, then: LevelIndex?)
}

/// Groups of members that must each stand in one domain.
@frozen public struct TopologySlice: Hashable, Sendable {
    /// Members per group.
    public var members: Int32
    /// The level of which one domain must hold a whole group.
    public var level: LevelIndex

    /// Names the group size and its level.
    @inlinable public init(members: Int32, level: LevelIndex) {
        self.members = members
        self.level = level
    }
}

/// The whole topology wish of a job.
public struct TopologyConstraint: Hashable, Sendable {
    /// Where the gang as a whole may stand.
    public var preference: TopologyPreference
    /// Where each group of members must stand together, if groups matter.
    public var slice: TopologySlice?

    /// Gathers a constraint; by default as close as possible, without slices.
    public init(preference: TopologyPreference = .closest, slice: TopologySlice? = nil) {
        self.preference = preference
        self.slice = slice
    }
}
