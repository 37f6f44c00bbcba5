import FleetModel
import Health
import HealthControl
import Store

/// Who says what a node is made of.
enum HardwareSource {
    /// The backend, of its nodes.
    case backend
    /// The agent on the node, which reads more: its word goes first.
    case agent
}

/// What backend and agent say of one node.
struct ToldHardware {
    /// What the backend said last.
    var backend: HardwareFacts?
    /// What the agent said last.
    var agent: HardwareFacts?

    /// Takes a word in. What the other said of another machine is not true any more.
    mutating func take(_ facts: HardwareFacts, from source: HardwareSource) {
        switch source {
        case .backend:
            backend = facts
            if agent?.agrees(with: facts) == false { agent = nil }
        case .agent:
            agent = facts
            if backend?.agrees(with: facts) == false { backend = nil }
        }
    }

    /// The agent's words, with the backend's where the agent is silent.
    ///
    /// - Parameter newest: Who spoke last.
    func whole(newest: HardwareSource) -> HardwareFacts? {
        guard let agent, let backend else { return agent ?? backend }
        return agent.filled(from: backend, isNewer: newest == .agent)
    }
}

// What nodes are made of, by everybody's word.
extension Driver {
    /// Takes in what a node says that it is made of.
    func take(_ facts: HardwareFacts, of node: NodeID, from source: HardwareSource) {
        guard view.nodes[node.index] != nil else { return }
        now = max(now, clock.now())
        note(facts, of: node, from: source)
        arrive(node)
    }

    /// Remembers what a node is made of, for when the health engine is told of it.
    func note(_ facts: HardwareFacts, of node: NodeID, from source: HardwareSource) {
        toldFacts[node, default: ToldHardware()].take(facts, from: source)
        hardware[node] = toldFacts[node]?.whole(newest: source)
    }

    /// Takes up what agents said before this process, as it is in the health engine: they say it
    /// once, and the backend says less at every start.
    func recallAgentFacts() throws {
        for row in try store.read({ try $0.agents() }) {
            guard let node = view.directory.fleet.nodeNames.id(of: row.node),
                let known = desk.engine[node]
            else { continue }
            toldFacts[node] = ToldHardware(backend: nil, agent: desk.names.facts(known.report))
        }
    }
}
