import KubernetesObjects

/// Who stands on which node, as far as others look at that: pods that want to be near to some or
/// far from them, ports of nodes, and resources that only a node counts.
///
/// Every change costs O(terms); what has followed from changes is taken up by ``takeNews()``.
struct NeighbourBook {
    private struct Place: Hashable {
        var node: String
        var isKept: Bool
    }

    private struct Count {
        var byNode: [String: Int] = [:]
        var byDomain: [String: Int] = [:]
    }

    /// What others take of a node that the engine does not count.
    private struct NodeTake {
        /// Ports, with how many pods have them that the engine has not put there, and all pods.
        var ports: [HostPort: (strangers: Int, all: Int)] = [:]
        var others = ResourceCounts()
    }

    /// What has changed since the last time.
    struct News {
        /// Sets of pods that stand in other domains now.
        var terms: Set<NeighbourTerm> = []
        /// Nodes whose ports or other resources are taken otherwise.
        var nodes: Set<String> = []
    }

    private var profiles: [PodKey: PodProfile] = [:]
    private var places: [PodKey: Place] = [:]
    /// Those that stand, by namespace.
    private var podsOf: [String: Set<PodKey>] = [:]
    private var labels: [String: LabelSet] = [:]
    private var namespaces: [String: LabelSet] = [:]
    private var counts: [NeighbourTerm: Count] = [:]
    /// The sets that a pod of a namespace may be in: those that look no further than there, and
    /// those that do.
    private var localTerms: [String: Set<NeighbourTerm>] = [:]
    private var wideTerms: Set<NeighbourTerm> = []
    /// Rules by which pods keep others away that stand, with how many have them.
    private var keepers: [NeighbourTerm: Int] = [:]
    private var takes: [String: NodeTake] = [:]
    private var news = News()

    // MARK: Facts

    /// A node has these labels; none when it is gone.
    mutating func setNode(_ node: String, _ labels: LabelSet?) {
        let before = self.labels[node]
        guard before != labels else { return }
        self.labels[node] = labels
        for (term, count) in counts {
            guard let pods = count.byNode[node] else { continue }
            let key = term.rule.topologyKey
            guard before?[key] != labels?[key] else { continue }
            if let domain = before?[key] { counts[term]?.byDomain.add(-pods, to: domain) }
            if let domain = labels?[key] { counts[term]?.byDomain.add(pods, to: domain) }
            news.terms.insert(term)
        }
    }

    /// A namespace has these labels, by which rules may look into it.
    mutating func setNamespace(_ name: String, _ labels: LabelSet) {
        let before = namespaces.updateValue(labels, forKey: name) ?? [:]
        guard before != labels else { return }
        let concerned = counts.keys.filter { term in
            guard let selector = term.rule.namespaceSelector else { return false }
            return selector.admits(before) != selector.admits(labels)
        }
        for term in concerned { recount(term) }
    }

    /// What a pod is to others; nil when it is no more.
    mutating func describe(_ pod: PodKey, _ profile: PodProfile?) {
        guard profiles[pod] != profile else { return }
        let place = places[pod]
        put(pod, at: nil)
        profiles[pod] = profile
        if profile != nil { put(pod, at: place) }
    }

    /// What a pod is to others, as far as that is known.
    func profile(of pod: PodKey) -> PodProfile? { profiles[pod] }

    /// Where a pod stands, or will; nil for nowhere. `isKept` says that the engine put it there.
    mutating func place(_ pod: PodKey, on node: String?, isKept: Bool) {
        put(pod, at: node.map { Place(node: $0, isKept: isKept) })
    }

    private mutating func put(_ pod: PodKey, at place: Place?) {
        let before = places[pod]
        guard before != place else { return }
        // What is new is counted among those that stand before this one does.
        for term in profiles[pod]?.resident.keeping ?? [] { track(term) }
        places[pod] = place
        if place == nil {
            podsOf[pod.namespace]?.remove(pod)
        } else {
            podsOf[pod.namespace, default: []].insert(pod)
        }
        guard let profile = profiles[pod] else { return }
        if let before { count(profile, at: before, by: -1) }
        if let place { count(profile, at: place, by: 1) }
    }

    private mutating func count(_ profile: PodProfile, at place: Place, by sign: Int) {
        let resident = profile.resident
        for term in resident.keeping { keepers.add(sign, to: term) }
        for terms in [localTerms[resident.namespace] ?? [], wideTerms] {
            for term in terms {
                let isIn = term.contains(resident, isKept: place.isKept, namespaceLabels: label)
                if isIn { add(sign, to: term, on: place.node) }
            }
        }
        guard !profile.request.hostPorts.isEmpty || !profile.request.others.isEmpty else { return }
        var take = takes[place.node] ?? NodeTake()
        // Init containers and containers may name the same one.
        for port in Set(profile.request.hostPorts) {
            var count = take.ports[port] ?? (0, 0)
            count.all += sign
            if !place.isKept { count.strangers += sign }
            take.ports[port] = count.all == 0 ? nil : count
        }
        for entry in profile.request.others.entries {
            take.others[entry.name] += Int64(sign) * entry.count
        }
        takes[place.node] = take
        news.nodes.insert(place.node)
    }

    private func label(_ namespace: String) -> LabelSet { namespaces[namespace] ?? [:] }

    private mutating func add(_ pods: Int, to term: NeighbourTerm, on node: String) {
        // Who wants to be with the first of them looks at whether there is any.
        let wasEmpty = counts[term]?.byNode.isEmpty ?? true
        counts[term]?.byNode.add(pods, to: node)
        if wasEmpty != (counts[term]?.byNode.isEmpty ?? true) { news.terms.insert(term) }
        guard let domain = labels[node]?[term.rule.topologyKey] else { return }
        let before = counts[term]?.byDomain[domain] ?? 0
        counts[term]?.byDomain.add(pods, to: domain)
        if before == 0 || before + pods == 0 { news.terms.insert(term) }
    }

    // MARK: Terms

    /// Counts the pods of a set from now on. O(pods) when it is new.
    mutating func track(_ term: NeighbourTerm) {
        guard counts[term] == nil else { return }
        if term.rule.namespaces.isEmpty, term.rule.namespaceSelector == nil {
            localTerms[term.home, default: []].insert(term)
        } else {
            wideTerms.insert(term)
        }
        recount(term)
    }

    /// Counts only these sets, and those that pods make that stand, from now on.
    mutating func keep(_ terms: Set<NeighbourTerm>) {
        // What keeps pods apart that are told to exclude each other looks at each side as well.
        let kept = terms.union(terms.map { .named($0.rule, home: $0.home) }).union(keepers.keys)
        for term in Array(counts.keys) where !kept.contains(term) {
            counts[term] = nil
            wideTerms.remove(term)
            localTerms[term.home]?.remove(term)
            if localTerms[term.home]?.isEmpty ?? false { localTerms[term.home] = nil }
        }
    }

    private mutating func recount(_ term: NeighbourTerm) {
        counts[term] = Count()
        let isLocal = localTerms[term.home]?.contains(term) ?? false
        for pod in isLocal ? podsOf[term.home] ?? [] : Set(places.keys) {
            guard let place = places[pod], let resident = profiles[pod]?.resident,
                term.contains(resident, isKept: place.isKept, namespaceLabels: label)
            else { continue }
            add(1, to: term, on: place.node)
        }
        news.terms.insert(term)
    }

    /// What a pod wants of its domain: by its own rules, and by those of others that stand now.
    /// Members of one role that exclude each other from a node are kept apart by the engine; see
    /// ``exclusives(of:)``. `companions` start together with it: where it wants to be with one of
    /// them, nobody has to be there before. The sets are counted from now on.
    mutating func needs(of pod: Resident, with companions: [Resident]) -> [NeighbourNeed] {
        var needs: [NeighbourNeed] = []
        for rule in pod.rules {
            let isSelf = rule.concerns(pod, home: pod.namespace, namespaceLabels: label)
            let named = NeighbourTerm.named(rule, home: pod.namespace)
            let term =
                isSelf && rule.isAnti ? .either(rule, home: pod.namespace) : named
            track(named)
            let isAmongUs = companions.contains {
                rule.concerns($0, home: pod.namespace, namespaceLabels: label)
            }
            needs.append(
                NeighbourNeed(
                    term: term, isAnti: rule.isAnti,
                    mayBeFirst: !rule.isAnti && (isSelf || isAmongUs)))
        }
        for term in keepers.keys {
            guard case .having(let rule, let home) = term,
                rule.concerns(pod, home: home, namespaceLabels: label)
            else { continue }
            if home == pod.namespace, pod.rules.contains(rule) { continue }
            needs.append(NeighbourNeed(term: term, isAnti: true))
        }
        for need in needs { track(need.term) }
        return needs
    }

    /// Whether a domain is as a pod wants it.
    func admits(_ need: NeighbourNeed, _ node: NodeFacts) -> Bool {
        guard let domain = node.labels[need.topologyKey] else { return need.isAnti }
        let count = counts[need.term]
        if (count?.byDomain[domain] ?? 0) > 0 { return !need.isAnti }
        return need.isAnti || need.mayBeFirst && (count?.byNode.isEmpty ?? true)
    }

    /// Names of what a node has once and this pod needs: ports, and the only place for pods that
    /// exclude each other from a node.
    func exclusives(of profile: PodProfile) -> [String] {
        let pod = profile.resident
        let alone = pod.rules.filter {
            $0.keepsNodesApart && $0.concerns(pod, home: pod.namespace, namespaceLabels: label)
        }.map { "alone " + RuleText.digest(of: $0, home: pod.namespace) }
        let ports = profile.request.hostPorts.map { "port \($0.transport) \($0.port)" }
        return Set(alone + ports).sorted()
    }

    /// Whether strangers have none of these ports of a node, and enough of these resources is left.
    func hasLeft(_ request: PodRequest, on node: NodeFacts) -> Bool {
        let take = takes[node.name]
        for entry in request.others.entries {
            let left = node.allocatable.others[entry.name] - (take?.others[entry.name] ?? 0)
            if left < entry.count { return false }
        }
        guard let take else { return true }
        return request.hostPorts.allSatisfy { port in
            !take.ports.contains { $0.value.strangers > 0 && $0.key.conflicts(with: port) }
        }
    }

    // MARK: Conflicts

    /// What is wrong with where a pod stands, in words that end a sentence; nil when nothing is.
    func conflict(of pod: PodKey, on facts: NodeFacts) -> String? {
        guard let profile = profiles[pod], let place = places[pod] else { return nil }
        guard !profile.isPlain || !keepers.isEmpty else { return nil }
        let resident = profile.resident
        for rule in resident.rules {
            let term = NeighbourTerm.named(rule, home: resident.namespace)
            let isIn = term.contains(resident, isKept: place.isKept, namespaceLabels: label)
            guard let domain = facts.labels[rule.topologyKey] else { continue }
            let others = standing(term, in: domain) - (isIn ? 1 : 0)
            if rule.isAnti, others > 0 {
                return "a pod that it must not be with is on \(facts.name), or near to it"
            }
            if !rule.isAnti, others == 0, !isIn || isAnywhereElse(term, but: place.node) {
                return "no pod that it must be with is on \(facts.name), or near to it"
            }
        }
        for term in keepers.keys {
            guard case .having(let rule, let home) = term,
                rule.concerns(resident, home: home, namespaceLabels: label),
                let domain = facts.labels[rule.topologyKey]
            else { continue }
            let isOwn = home == resident.namespace && resident.rules.contains(rule)
            if standing(term, in: domain) - (isOwn ? 1 : 0) > 0 {
                return "a pod on \(facts.name), or near to it, must not be with it"
            }
        }
        return conflict(in: profile.request, on: facts)
    }

    private func conflict(in request: PodRequest, on facts: NodeFacts) -> String? {
        guard let take = takes[facts.name] else { return nil }
        for port in request.hostPorts {
            let users = take.ports.filter { $0.key.conflicts(with: port) }
            let own = Set(request.hostPorts).count { $0.conflicts(with: port) }
            if users.reduce(0, { $0 + $1.value.all }) > own {
                return "another pod has the port \(port.port) of \(facts.name)"
            }
        }
        for entry in request.others.entries
        where take.others[entry.name] > facts.allocatable.others[entry.name] {
            return "\(facts.name) has not enough of \(entry.name)"
        }
        return nil
    }

    /// Whether pods of a set stand on other nodes, or more than one on this.
    private func isAnywhereElse(_ term: NeighbourTerm, but node: String) -> Bool {
        guard let count = counts[term] else { return false }
        return count.byNode.count > 1 || (count.byNode[node] ?? 0) > 1
    }

    private func standing(_ term: NeighbourTerm, in domain: String) -> Int {
        counts[term]?.byDomain[domain] ?? 0
    }

    /// What has changed since the last time.
    mutating func takeNews() -> News {
        defer { news = News() }
        return news
    }
}

extension Resident {
    /// The sets that it is in because it keeps others away.
    fileprivate var keeping: [NeighbourTerm] {
        rules.filter(\.isAnti).map { .having($0, home: namespace) }
    }
}

extension Dictionary where Value == Int {
    /// Counts up or down; what is at zero is not kept.
    fileprivate mutating func add(_ count: Int, to key: Key) {
        let value = (self[key] ?? 0) + count
        self[key] = value == 0 ? nil : value
    }
}
