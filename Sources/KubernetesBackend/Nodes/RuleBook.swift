import ControlPlane
import FleetModel
import KubernetesObjects

/// What a role asks of nodes that is not counted: everything that makes its rule.
struct RoleAsk: Hashable {
    /// What each of its pods takes; of this the accelerator's name, ports and resources that only
    /// nodes count.
    var request: PodRequest
    /// The rules of its pods.
    var rules: NodeRules
    /// What they want of those who stand there.
    var needs: [NeighbourNeed] = []
}

/// The rules for nodes that gangs have, and which nodes each of them admits.
struct RuleBook {
    fileprivate struct Rule {
        var ask: RoleAsk
        var admitted: Set<NodeID> = []
        /// How well nodes suit, where that is not 0.
        var scores: [NodeID: Int64] = [:]
    }

    private var table: [String: Rule] = [:]
    private var unsaid: Set<String> = []
    /// How many jobs have each; what nobody has is not in here.
    private var uses: [String: Int] = [:]
    /// Rules that nobody had lately.
    private var idle: Set<String> = []

    /// The name of a role's rule; it is made when it is new, and kept as long as jobs have it.
    /// O(nodes) when it is new.
    mutating func name(of ask: RoleAsk, _ nodes: NodeBook) -> String {
        let name = RuleText.name(ask)
        guard table[name] == nil else { return name }
        var rule = Rule(ask: ask)
        for index in nodes.parts.indices { rule.look(at: NodeID(index), nodes) }
        table[name] = rule
        unsaid.insert(name)
        idle.insert(name)
        return name
    }

    /// A job has these rules.
    mutating func add(_ names: some Sequence<String>) {
        for name in names { uses[name, default: 0] += 1 }
    }

    /// A job that had these rules is no more.
    mutating func remove(_ names: some Sequence<String>) {
        for name in names {
            let left = (uses[name] ?? 1) - 1
            uses[name] = left == 0 ? nil : left
            if left == 0 { idle.insert(name) }
        }
    }

    /// Forgets rules that no job has. Says which pods the others look at; nil when there was
    /// nothing to forget.
    mutating func forgetIdle() -> Set<NeighbourTerm>? {
        let gone = idle.filter { uses[$0] == nil }
        idle = []
        let hadNeeds = gone.contains { !(table[$0]?.ask.needs.isEmpty ?? true) }
        for name in gone { (table[name], _) = (nil, unsaid.remove(name)) }
        return hadNeeds ? Set(table.values.flatMap { $0.ask.needs.map(\.term) }) : nil
    }

    /// Says a rule again, to a driver that had forgotten it.
    mutating func say(_ name: String) {
        if table[name] != nil { unsaid.insert(name) }
    }

    /// These nodes are other than they were, and so are those who stand there. O(rules × nodes).
    mutating func look(
        at changed: [NodeID], _ news: NeighbourBook.News, _ nodes: NodeBook
    ) {
        guard !changed.isEmpty || !news.terms.isEmpty || !news.nodes.isEmpty else { return }
        let taken = news.nodes.sorted().flatMap { nodes.partsOf($0) }
        for name in table.keys {
            let ask = table[name]!.ask
            var others: [NodeID] = []
            if ask.needs.contains(where: { news.terms.contains($0.term) }) {
                others = nodes.parts.indices.map { NodeID($0) }
            } else if !ask.request.others.isEmpty || !ask.request.hostPorts.isEmpty {
                others = taken
            }
            for id in changed + others {
                if table[name]!.look(at: id, nodes) { unsaid.insert(name) }
            }
        }
    }

    /// The rules that are new, or admit or prefer other nodes now.
    mutating func collect() -> [BackendReport] {
        let names = unsaid.sorted()
        unsaid = []
        return names.compactMap { name in
            table[name].map {
                .rule(name, admits: $0.admitted.sorted(), prefers: $0.preferred.sorted())
            }
        }
    }

    /// Says all of them again, to a driver that has just begun.
    mutating func forgetSaid() { unsaid = Set(table.keys) }
}

extension RuleBook.Rule {
    /// Judges a node. Says whether it is judged otherwise than before.
    @discardableResult
    fileprivate mutating func look(at id: NodeID, _ nodes: NodeBook) -> Bool {
        let part = nodes.parts[id.index]
        let facts = part.isPresent ? nodes.facts(part.node) : nil
        let isIn = facts.map { admits($0, part.resource, nodes) } ?? false
        let score = isIn ? facts.map { ask.rules.preference(for: $0) } ?? 0 : 0
        let isSame = isIn == admitted.contains(id) && score == scores[id] ?? 0
        guard !isSame else { return false }
        if isIn { admitted.insert(id) } else { admitted.remove(id) }
        scores[id] = score == 0 ? nil : score
        return true
    }

    private func admits(_ facts: NodeFacts, _ resource: String?, _ nodes: NodeBook) -> Bool {
        if let wanted = ask.request.accelerator?.name, resource != wanted { return false }
        return ask.rules.admits(facts) && nodes.neighbours.hasLeft(ask.request, on: facts)
            && ask.needs.allSatisfy { nodes.neighbours.admits($0, facts) }
    }

    /// The nodes that suit best; none when all suit alike.
    fileprivate var preferred: [NodeID] {
        guard !scores.isEmpty else { return [] }
        let best = admitted.map { scores[$0] ?? 0 }.max() ?? 0
        let those = admitted.filter { scores[$0] ?? 0 == best }
        return those.count == admitted.count ? [] : Array(those)
    }
}
