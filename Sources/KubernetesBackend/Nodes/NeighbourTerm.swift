import KubernetesObjects

/// A set of pods that a rule on neighbours makes, and whose domains it opens or closes.
enum NeighbourTerm: Hashable {
    /// Pods that a rule speaks of which pods of this namespace have.
    case named(NeighbourRule, home: String)
    /// Pods of this namespace that have a rule of their own, which keeps others away from them.
    case having(NeighbourRule, home: String)
    /// Both, for pods that are in both themselves; but for those that the engine keeps apart by
    /// itself, as it does with its own pods that exclude each other from a node.
    case either(NeighbourRule, home: String)

    /// The rule.
    var rule: NeighbourRule {
        switch self {
        case .named(let rule, _), .having(let rule, _), .either(let rule, _): rule
        }
    }

    /// The namespace of the pods that have the rule.
    var home: String {
        switch self {
        case .named(_, let home), .having(_, let home), .either(_, let home): home
        }
    }

    /// Whether a pod is in the set. `isKept` says that the engine has put it where it is.
    func contains(
        _ pod: Resident, isKept: Bool, namespaceLabels: (String) -> LabelSet
    ) -> Bool {
        switch self {
        case .named(let rule, let home):
            return rule.concerns(pod, home: home, namespaceLabels: namespaceLabels)
        case .having(let rule, let home):
            return pod.namespace == home && pod.rules.contains(rule)
        case .either(let rule, let home):
            let isNamed = rule.concerns(pod, home: home, namespaceLabels: namespaceLabels)
            let hasRule = pod.namespace == home && pod.rules.contains(rule)
            if isNamed, hasRule { return !(isKept && rule.keepsNodesApart) }
            return isNamed || hasRule
        }
    }
}

/// What a pod wants of the domain in which it is to stand.
struct NeighbourNeed: Hashable {
    /// The pods that it looks at.
    var term: NeighbourTerm
    /// Whether none of them may be there; else one of them must.
    var isAnti: Bool
    /// Whether it will do as well when there is none of them anywhere: else the first of pods that
    /// want to be together could never start.
    var mayBeFirst = false

    /// The node label whose values are the domains.
    var topologyKey: String { term.rule.topologyKey }
}

/// What a pod is to others on its node.
struct PodProfile: Hashable {
    /// As its neighbours see it.
    var resident: Resident
    /// What it takes.
    var request: PodRequest

    /// Whether nobody can be in its way but for room.
    var isPlain: Bool {
        resident.rules.isEmpty && request.hostPorts.isEmpty && request.others.isEmpty
    }
}
