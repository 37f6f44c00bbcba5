/// A required pod affinity or anti-affinity: which pods must, or must not, run in the same domain.
public struct NeighbourRule: Hashable, Sendable {
    /// Whether the selected pods must be elsewhere.
    public var isAnti: Bool
    /// The node label whose values are the domains: `kubernetes.io/hostname` for one node.
    public var topologyKey: String
    /// The pods that it speaks of; nil for none.
    public var selector: LabelSelector?
    /// The namespaces it looks into; empty for the pod's own, unless `namespaceSelector` is given.
    public var namespaces: [String]
    /// Namespaces by their labels; an empty selector is all of them.
    public var namespaceSelector: LabelSelector?

    /// Gathers a rule.
    public init(
        isAnti: Bool, topologyKey: String, selector: LabelSelector?, namespaces: [String] = [],
        namespaceSelector: LabelSelector? = nil
    ) {
        self.isAnti = isAnti
        self.topologyKey = topologyKey
        self.selector = selector
        self.namespaces = namespaces
        self.namespaceSelector = namespaceSelector
    }

    /// Whether it speaks of a pod. `home` is the namespace of the pod that has the rule;
    /// `namespaceLabels` gives those of a namespace.
    public func concerns(
        _ pod: Resident, home: String, namespaceLabels: (String) -> LabelSet
    ) -> Bool {
        guard let selector else { return false }
        let isInside: Bool
        if namespaces.isEmpty, namespaceSelector == nil {
            isInside = pod.namespace == home
        } else {
            isInside =
                namespaces.contains(pod.namespace)
                || (namespaceSelector?.admits(namespaceLabels(pod.namespace)) ?? false)
        }
        return isInside && selector.admits(pod.labels)
    }
}

/// A pod as its neighbours see it.
public struct Resident: Hashable, Sendable {
    /// The namespace.
    public var namespace: String
    /// The labels.
    public var labels: LabelSet
    /// Its own rules on neighbours.
    public var rules: [NeighbourRule]

    /// Gathers a resident.
    public init(namespace: String, labels: LabelSet, rules: [NeighbourRule] = []) {
        self.namespace = namespace
        self.labels = labels
        self.rules = rules
    }
}
