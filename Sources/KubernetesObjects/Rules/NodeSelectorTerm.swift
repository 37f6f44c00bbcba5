/// One alternative of a node affinity: all of its conditions must hold.
public struct NodeSelectorTerm: Hashable, Sendable {
    /// Conditions on the node's labels.
    public var expressions: [LabelRequirement]
    /// Conditions on the node's fields; Kubernetes knows `metadata.name` alone.
    public var fields: [LabelRequirement]

    /// Gathers a term.
    public init(expressions: [LabelRequirement] = [], fields: [LabelRequirement] = []) {
        self.expressions = expressions
        self.fields = fields
    }

    /// Whether a node meets it. A term without conditions is met by none, as in Kubernetes.
    public func admits(_ node: NodeFacts) -> Bool {
        guard !expressions.isEmpty || !fields.isEmpty else { return false }
        return expressions.allSatisfy { $0.admits(node.labels[$0.key]) }
            && fields.allSatisfy { $0.admits($0.key == "metadata.name" ? node.name : nil) }
    }

    /// Names of nodes that it excludes.
    var excludedNames: Set<String> {
        let named =
            expressions.filter { $0.key == NodeRules.hostname }
            + fields.filter { $0.key == "metadata.name" }
        return Set(named.filter { $0.comparison == .isNotIn }.flatMap(\.values))
    }
}

/// A term that a node should meet, and how much that is worth.
public struct PreferredTerm: Hashable, Sendable {
    /// 1 to 100.
    public var weight: Int32
    /// The term.
    public var term: NodeSelectorTerm

    /// Gathers a preference.
    public init(weight: Int32, term: NodeSelectorTerm) {
        self.weight = weight
        self.term = term
    }
}
