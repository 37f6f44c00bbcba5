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

/// Where a pod may run given who runs where: its rules on neighbours, turned into values of node
/// labels.
///
/// Built once for a role from all pods that run, in O(pods × rules); each node is then judged in
/// O(rules). Pods that are placed meanwhile are added with ``add(_:on:)``, also members of the same
/// gang, so that a gang whose members exclude each other is spread.
public struct NeighbourView: Sendable {
    private let pod: Resident
    private let namespaceLabels: @Sendable (String) -> LabelSet
    /// For each rule of the pod: the domains where pods run that it speaks of.
    private var found: [Set<String>]
    /// Domains that others keep the pod out of, by topology key.
    private var closed: [String: Set<String>] = [:]

    /// Starts with nobody running anywhere.
    public init(
        for pod: Resident, namespaceLabels: @escaping @Sendable (String) -> LabelSet = { _ in [:] }
    ) {
        self.pod = pod
        self.namespaceLabels = namespaceLabels
        found = Array(repeating: [], count: pod.rules.count)
    }

    /// Adds a pod that runs on a node, or will. O(rules of both).
    public mutating func add(_ resident: Resident, on node: NodeFacts) {
        for (index, rule) in pod.rules.enumerated() {
            guard let domain = node.labels[rule.topologyKey],
                rule.concerns(resident, home: pod.namespace, namespaceLabels: namespaceLabels)
            else { continue }
            found[index].insert(domain)
        }
        // Anti-affinity binds both sides: who runs may refuse the newcomer.
        for rule in resident.rules where rule.isAnti {
            guard let domain = node.labels[rule.topologyKey],
                rule.concerns(pod, home: resident.namespace, namespaceLabels: namespaceLabels)
            else { continue }
            closed[rule.topologyKey, default: []].insert(domain)
        }
    }

    /// Whether the pod may run on a node. As in kube-scheduler, an affinity that nobody meets
    /// anywhere is met everywhere by a pod that it speaks of itself: else the first could never
    /// start.
    public func admits(_ node: NodeFacts) -> Bool {
        for (index, rule) in pod.rules.enumerated() {
            guard let domain = node.labels[rule.topologyKey] else {
                if rule.isAnti { continue }
                return false
            }
            if rule.isAnti {
                if found[index].contains(domain) { return false }
            } else if !found[index].contains(domain) {
                let isFirst =
                    found[index].isEmpty
                    && rule.concerns(pod, home: pod.namespace, namespaceLabels: namespaceLabels)
                guard isFirst else { return false }
            }
        }
        guard !closed.isEmpty else { return true }
        return node.labels.entries.allSatisfy { entry in
            !(closed[entry.key]?.contains(entry.value) ?? false)
        }
    }

    /// Whether two pods like this one exclude each other from a domain of the key: `true` for
    /// `kubernetes.io/hostname` means one member a node.
    public func excludesItself(within topologyKey: String) -> Bool {
        pod.rules.contains { rule in
            rule.isAnti && rule.topologyKey == topologyKey
                && rule.concerns(pod, home: pod.namespace, namespaceLabels: namespaceLabels)
        }
    }
}
