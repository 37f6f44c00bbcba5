import FleetModel

/// What people and faults have done to every node, and what the engine has been told of it.
///
/// Both may hold the same node away: it is back only when neither does.
struct NodeConditions: Sendable {
    private struct Condition {
        var isRemoved = false
        var isDrained = false
        var unhealthy: UInt64
        /// Faults that keep the node out of the fleet.
        var outages: Int32 = 0
        /// Faults that keep new work away.
        var closures: Int32 = 0
        var broken: UInt64 = 0

        var isPresentForEngine = true
        var isDrainedForEngine = false
        var unhealthyForEngine: UInt64

        var isWanted: Bool { !isRemoved && outages == 0 }
    }

    private let specs: [NodeSpec]
    private var conditions: [Condition]
    /// Nodes that a repair will bring back, counted once for each fault that keeps them away.
    private(set) var outages = 0
    /// Whether a node was ever out of the fleet.
    private(set) var hasLostNodes = false

    init(_ nodes: [NodeSpec]) {
        specs = nodes
        conditions = nodes.map {
            Condition(unhealthy: $0.unhealthyDevices, unhealthyForEngine: $0.unhealthyDevices)
        }
    }

    /// Whether the node is in the fleet.
    func isPresent(_ node: NodeID) -> Bool { conditions[node.index].isPresentForEngine }

    /// Devices of the node.
    func devices(of node: NodeID) -> Int { Int(specs[node.index].devices) }

    /// Takes note of a planned event, and says what the engine is to be told of it; nil when the
    /// event is not about nodes.
    mutating func inputs(for event: Input) -> [Input]? {
        switch event {
        case .addNodes(let nodes):
            for node in nodes {
                conditions[node.id.index].isRemoved = false
                conditions[node.id.index].isDrained = false
                conditions[node.id.index].unhealthy = node.unhealthyDevices
            }
            return changes(of: nodes.map(\.id))
        case .removeNodes(let nodes):
            for node in nodes { conditions[node.index].isRemoved = true }
            return changes(of: nodes)
        case .drain(let node), .drainBy(let node, _):
            conditions[node.index].isDrained = true
            var inputs = changes(of: [node])
            if case .drainBy = event, conditions[node.index].isPresentForEngine { inputs = [event] }
            return inputs
        case .resume(let node):
            conditions[node.index].isDrained = false
            return changes(of: [node])
        case .setDeviceHealth(let node, let unhealthy):
            conditions[node.index].unhealthy = unhealthy
            return changes(of: [node])
        default: return nil
        }
    }

    /// A fault takes nodes out of the fleet, or the repair brings them back.
    mutating func setOut(_ nodes: [NodeID], _ isOut: Bool) -> [Input] {
        for node in nodes { conditions[node.index].outages += isOut ? 1 : -1 }
        outages += isOut ? nodes.count : -nodes.count
        return changes(of: nodes)
    }

    /// A fault closes a node for new work, or the repair opens it again; with a deadline, what runs
    /// there must have left by then.
    mutating func setClosed(
        _ node: NodeID, _ isClosed: Bool, by deadline: Instant? = nil
    )
        -> [Input]
    {
        conditions[node.index].closures += isClosed ? 1 : -1
        let inputs = changes(of: [node])
        guard let deadline, conditions[node.index].isPresentForEngine else { return inputs }
        return [.drainBy(node, deadline: deadline)]
    }

    /// A fault breaks devices, or the repair heals them.
    mutating func setBroken(_ node: NodeID, _ devices: UInt64) -> [Input] {
        conditions[node.index].broken = devices
        return changes(of: [node])
    }

    /// What the engine does not know yet; from now on it does.
    private mutating func changes(of nodes: [NodeID]) -> [Input] {
        var gone: [NodeID] = []
        var back: [NodeSpec] = []
        for node in nodes {
            let condition = conditions[node.index]
            guard condition.isWanted != condition.isPresentForEngine else { continue }
            conditions[node.index].isPresentForEngine = condition.isWanted
            conditions[node.index].isDrainedForEngine = false
            if condition.isWanted {
                var spec = specs[node.index]
                spec.unhealthyDevices = condition.unhealthy | condition.broken
                conditions[node.index].unhealthyForEngine = spec.unhealthyDevices
                back.append(spec)
            } else {
                gone.append(node)
            }
        }
        if !gone.isEmpty { hasLostNodes = true }
        var inputs: [Input] = []
        if !gone.isEmpty { inputs.append(.removeNodes(gone)) }
        if !back.isEmpty { inputs.append(.addNodes(back)) }
        for node in nodes where conditions[node.index].isPresentForEngine {
            inputs += stateChanges(of: node)
        }
        return inputs
    }

    private mutating func stateChanges(of node: NodeID) -> [Input] {
        var condition = conditions[node.index]
        defer { conditions[node.index] = condition }
        var inputs: [Input] = []
        let isDrained = condition.isDrained || condition.closures > 0
        if isDrained != condition.isDrainedForEngine {
            condition.isDrainedForEngine = isDrained
            inputs.append(isDrained ? .drain(node) : .resume(node))
        }
        let unhealthy = condition.unhealthy | condition.broken
        if unhealthy != condition.unhealthyForEngine {
            condition.unhealthyForEngine = unhealthy
            inputs.append(.setDeviceHealth(node, unhealthy: unhealthy))
        }
        return inputs
    }
}
