import FleetModel
import Health

// Tests between nodes.
extension HealthBook {
    /// A partner is taken in service, in order and free, or is under test itself.
    mutating func judgePartner(_ partner: NodeID, of node: NodeID) {
        guard let other = nodes[partner] else {
            return complain("node \(node) is tested with node \(partner), which is not here")
        }
        if partner == node { complain("node \(node) is tested with itself") }
        if other.isHeld { complain("node \(partner) is not taken in, and a partner") }
        if other.isBusy { complain("node \(partner) is busy, and a partner") }
        switch other.state {
        case .inService:
            if other.devices.contains(where: { $0 != .inService }) {
                complain("node \(partner) has devices that are out, and is a partner")
            }
        case .qualifying, .proving: counts.note(.mateFound)
        default: complain("node \(partner) is \(other.state), and a partner")
        }
    }

    /// A partner is held for one outstanding test and no longer, and without work.
    mutating func comparePairs(with engine: HealthEngine) {
        var partners: Set<NodeID> = []
        for operation in engine.operations {
            guard let partner = operation.partner else { continue }
            if !partners.insert(partner).inserted || partners.contains(operation.node) {
                complain("node \(partner) is in two tests")
            }
            if nodes[partner]?.isBusy != false {
                complain("node \(partner) is busy or gone, and a partner")
            }
        }
        for case .some(let node) in engine.nodes where node.lentTo != nil {
            if !partners.contains(node.id) { complain("node \(node.id) is held for no test") }
        }
    }
}
