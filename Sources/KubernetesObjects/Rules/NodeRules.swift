/// Which nodes a pod may run on, as far as the node alone decides it.
public struct NodeRules: Hashable, Sendable {
    /// Labels that the node must have (`nodeSelector`).
    public var selector = LabelSet()
    /// Alternatives of which the node must meet one (`requiredDuringScheduling…`); nil for none.
    public var required: [NodeSelectorTerm]?
    /// For each volume of the pod that is bound to places: alternatives of which the node must meet
    /// one.
    public var volumes: [[NodeSelectorTerm]] = []
    /// What the pod puts up with.
    public var tolerations: [Toleration] = []
    /// Terms that the node should meet.
    public var preferred: [PreferredTerm] = []
    /// Rules on who else runs there.
    public var neighbours: [NeighbourRule] = []

    /// No rules: any node without taints.
    public init() {}

    /// The label with a node's own name.
    public static let hostname = "kubernetes.io/hostname"

    /// Nodes that are ruled out by name, whatever else they are: those that every alternative of
    /// the required affinity excludes. In the order of names.
    public var excludedNames: [String] {
        guard let required, let first = required.first else { return [] }
        let others = required.dropFirst().map(\.excludedNames)
        return first.excludedNames.filter { name in others.allSatisfy { $0.contains(name) } }
            .sorted()
    }

    /// Why a node will not do.
    public enum Refusal: Hashable, Sendable {
        /// The node lacks a label of `nodeSelector`, or has another value; its key.
        case selector(String)
        /// No alternative of the required node affinity is met.
        case affinity
        /// A volume of the pod cannot be reached from it.
        case volume
        /// A taint that the pod does not tolerate.
        case taint(Taint)
    }

    /// Why this node will not do; nil when it will. Checks nothing about room and neighbours.
    /// O(size of the rules × labels).
    public func refusal(of node: NodeFacts) -> Refusal? {
        for entry in selector.entries where node.labels[entry.key] != entry.value {
            return .selector(entry.key)
        }
        if let required, !required.contains(where: { $0.admits(node) }) { return .affinity }
        for alternatives in volumes where !alternatives.contains(where: { $0.admits(node) }) {
            return .volume
        }
        return node.effectiveTaints.first { taint in
            taint.effect != .preferNoSchedule && !tolerations.contains { $0.covers(taint) }
        }.map { .taint($0) }
    }

    /// Whether this node will do.
    public func admits(_ node: NodeFacts) -> Bool { refusal(of: node) == nil }

    /// How well the node suits: the weights of the preferred terms that it meets, less 100 for each
    /// `PreferNoSchedule` taint that the pod does not tolerate. Only for comparing nodes.
    public func preference(for node: NodeFacts) -> Int64 {
        var score: Int64 = 0
        for preferred in preferred where preferred.term.admits(node) {
            score += Int64(preferred.weight)
        }
        for taint in node.taints where taint.effect == .preferNoSchedule {
            if !tolerations.contains(where: { $0.covers(taint) }) { score -= 100 }
        }
        return score
    }
}
