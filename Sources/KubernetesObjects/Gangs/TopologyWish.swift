import FleetModel

/// A topology level as objects name it.
public enum LevelReference: Hashable, Sendable {
    /// By the node label that carries it, or by its name in Muster or an alias.
    case label(String)
    /// By Volcano's count of tiers: 1 is the finest level above the host.
    case tier(Int)
    /// A single node.
    case host

    /// The level in a topology; nil when it has none like it.
    public func level(in topology: Topology) -> LevelIndex? {
        switch self {
        case .host: return topology.host
        case .tier(let tier):
            let index = topology.domainLevelCount - tier
            return topology.levels.indices.contains(index) && tier >= 0 ? LevelIndex(index) : nil
        case .label(let key):
            if key == "kubernetes.io/hostname" { return topology.host }
            let index =
                topology.levels.firstIndex { $0.label == key }
                ?? topology.levels.firstIndex { $0.name == key }
            return index.map { LevelIndex($0) }
        }
    }

    /// As it was written.
    public var text: String {
        switch self {
        case .label(let key): key
        case .tier(let tier): "tier \(tier)"
        case .host: "kubernetes.io/hostname"
        }
    }
}

/// Where the members of a gang want to stand relative to each other, in the words of its objects.
public struct TopologyWish: Hashable, Sendable {
    /// All in one domain of this level, or the gang waits.
    public var required: LevelReference?
    /// In one domain of this level if possible.
    public var preferred: LevelReference?
    /// Groups of this many members must each stand in one domain of the level.
    public var slice: Slice?

    /// Groups of members.
    public struct Slice: Hashable, Sendable {
        /// Members per group; nil for all members of one part (a Job of a JobSet).
        public var members: Int?
        /// The level of which one domain must hold a whole group.
        public var level: LevelReference

        /// Gathers a group size and its level.
        public init(members: Int?, level: LevelReference) {
            self.members = members
            self.level = level
        }
    }

    /// No wish: as close together as there is room for.
    public init(
        required: LevelReference? = nil, preferred: LevelReference? = nil, slice: Slice? = nil
    ) {
        self.required = required
        self.preferred = preferred
        self.slice = slice
    }

    /// Whether nothing is wished.
    public var isEmpty: Bool { required == nil && preferred == nil && slice == nil }

    /// The wish as the engine takes it. A level that the topology does not have is a problem: of a
    /// required one or of slices it blocks, a preferred one is passed over. When a level is
    /// required and another preferred, the engine takes the required one: it packs as closely as
    /// there is room within it anyway.
    public func constraint(
        in topology: Topology, problems: inout [GangProblem]
    ) -> TopologyConstraint {
        var constraint = TopologyConstraint()
        if let required {
            let level = level(required, "required", topology, &problems, isBlocking: true)
            if let level { constraint.preference = .required(level) }
        } else if let preferred {
            let level = level(preferred, "preferred", topology, &problems, isBlocking: false)
            if let level { constraint.preference = .preferred(level) }
        }
        if let slice, let members = slice.members.flatMap({ Int32(exactly: $0) }), members > 0 {
            let level = level(slice.level, "slice", topology, &problems, isBlocking: true)
            if let level { constraint.slice = TopologySlice(members: members, level: level) }
        }
        return constraint
    }

    private func level(
        _ reference: LevelReference, _ what: String, _ topology: Topology,
        _ problems: inout [GangProblem], isBlocking: Bool
    ) -> LevelIndex? {
        if let level = reference.level(in: topology) { return level }
        let known = topology.levels.map { $0.label.isEmpty ? $0.name : $0.label }
        problems.append(
            GangProblem(
                .unsupported, field: "\(what) topology",
                "the fleet has no topology level '\(reference.text)'",
                remedy: "use one of \(known.joined(separator: ", "))", isBlocking: isBlocking))
        return nil
    }
}

extension ClusterGang {
    /// Where its members want to stand, as the engine takes it; see
    /// ``TopologyWish/constraint(in:problems:)``. The engine's slices are of all roles: where one
    /// has members that do not fill slices they are passed over, which is said.
    public func constraint(
        in levels: Topology, problems: inout [GangProblem]
    ) -> TopologyConstraint {
        var constraint = topology.constraint(in: levels, problems: &problems)
        addNeighbours(to: &constraint, in: levels, problems: &problems)
        guard let size = constraint.slice?.members,
            let role = roles.first(where: { $0.minimum % Int(size) != 0 })
        else { return constraint }
        constraint.slice = nil
        problems.append(
            GangProblem(
                .unsupported, field: "slice topology",
                "slices of \(size) do not divide the \(role.minimum) members of '\(role.name)', so "
                    + "that none are kept",
                remedy: "make the members of every role a multiple of the slice's size",
                isBlocking: false))
        return constraint
    }
}
