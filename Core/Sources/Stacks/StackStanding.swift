import FleetModel
import Health
import Qualification

/// One version that is another than the one that is declared.
public struct StackDifference: Hashable, Sendable {
    /// What was found.
    public var found: FoundVersion
    /// What it has to be.
    public var rule: VersionRule

    /// The difference in words.
    public var text: String {
        "\(found.part.name) is \(found.version.text), \(rule.text) is declared"
    }
}

/// How what a node has compares with a stack.
public struct StackStanding: Hashable, Sendable {
    /// Versions that are wrong.
    public var differences: [StackDifference]
    /// Parts that are declared and that nobody has told.
    public var unknown: [StackPart]

    /// Compares.
    public init(_ found: [FoundVersion], against stack: StackDeclaration) {
        differences = []
        unknown = []
        for rule in stack.rules {
            let own = found.filter { $0.part == rule.part }
            if own.isEmpty { unknown.append(rule.part) }
            for version in own where !rule.rule.allows(version.version) {
                differences.append(StackDifference(found: version, rule: rule.rule))
            }
        }
    }

    /// Whether everything that is declared was found as it should be.
    public var isMet: Bool { differences.isEmpty && unknown.isEmpty }
}

/// What is wrong with the versions of one node.
public struct NodeDrift: Hashable, Sendable {
    /// The node.
    public var node: NodeID
    /// Its pool.
    public var pool: String
    /// The stack that it should have: that of its pool, if that has one, or the one that a
    /// rollout has brought it to.
    public var stack: StackID?
    /// How it compares with that.
    public var standing: StackStanding?
    /// Pairs of its versions that are known not to go together.
    public var conflicts: [KnownConflict]

    /// Whether nothing is known to be wrong.
    public var isClean: Bool {
        (standing?.differences.isEmpty ?? true) && conflicts.isEmpty
    }
}
