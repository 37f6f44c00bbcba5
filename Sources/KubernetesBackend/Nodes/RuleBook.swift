import ControlPlane
import FleetModel
import KubernetesObjects

/// The rules for nodes that gangs have, and which nodes each of them admits.
struct RuleBook {
    fileprivate struct Rule {
        var rules: NodeRules
        var resource: String?
        var others: ResourceCounts
        var admitted: Set<NodeID> = []
    }

    private var table: [String: Rule] = [:]
    private var unsaid: Set<String> = []

    /// The name of a role's rule; it is made when it is new. O(nodes) then.
    mutating func name(of role: ClusterRole, _ nodes: NodeBook) -> String {
        let resource = role.request.accelerator?.name
        let others = role.request.others
        let name = RuleText.name(role.rules, resource: resource, others: others)
        guard table[name] == nil else { return name }
        var rule = Rule(rules: role.rules, resource: resource, others: others)
        for index in nodes.parts.indices where rule.admits(NodeID(index), nodes) {
            rule.admitted.insert(NodeID(index))
        }
        table[name] = rule
        unsaid.insert(name)
        return name
    }

    /// These nodes are other than they were. O(rules × nodes).
    mutating func look(at changed: [NodeID], _ nodes: NodeBook) {
        guard !changed.isEmpty else { return }
        for name in table.keys {
            for id in changed {
                let isIn = table[name]!.admits(id, nodes)
                guard isIn != table[name]!.admitted.contains(id) else { continue }
                if isIn {
                    table[name]!.admitted.insert(id)
                } else {
                    table[name]!.admitted.remove(id)
                }
                unsaid.insert(name)
            }
        }
    }

    /// The rules that are new or admit other nodes now.
    mutating func collect() -> [BackendReport] {
        let names = unsaid.sorted()
        unsaid = []
        return names.compactMap { name in
            table[name].map { .rule(name, admits: $0.admitted.sorted()) }
        }
    }

    /// Says all of them again, to a driver that has just begun.
    mutating func forgetSaid() { unsaid = Set(table.keys) }
}

extension RuleBook.Rule {
    fileprivate func admits(_ id: NodeID, _ nodes: NodeBook) -> Bool {
        let part = nodes.parts[id.index]
        guard part.isPresent, let facts = nodes.facts(part.node) else { return false }
        if let resource, part.resource != resource { return false }
        for entry in others.entries where facts.allocatable.others[entry.name] < entry.count {
            return false
        }
        return rules.admits(facts)
    }
}
