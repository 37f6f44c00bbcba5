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

    /// Writes down what tests between nodes come to, and judges whom they blame.
    mutating func notePair(_ event: HealthEvent) {
        switch event {
        case .pairTested(_, _, _, .passed): counts.note(.pairPassed)
        case .pairTested(let id, _, let other, .failed):
            counts.note(.pairFailed)
            misses.speak(other, against: id)
        case .unreached(let id, let other):
            counts.note(.unreached)
            misses.miss(other, by: id)
        case .controlled(let id, let other):
            counts.note(.controlled)
            let isFree = nodes[id].map { $0.state == .inService && !$0.isBusy } ?? false
            if !isFree || id == other { complain("node \(id) is to show what it cannot") }
        case .unreachable(let id, _):
            counts.note(.unreachable)
            if let why = misses.innocence(of: id) { complain("node \(id) is blamed: \(why)") }
        case .mute:
            counts.note(.mute)
        case .reachesAgain: counts.note(.reachesAgain)
        default: break
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

/// Who called whom in vain, and who was reached by others since.
struct MissBook {
    private struct Miss {
        var partner: NodeID
        var wasReached = false
        var isRepeated = false
    }
    private var called: [NodeID: [Miss]] = [:]
    private var against: [NodeID: Set<NodeID>] = [:]

    mutating func miss(_ partner: NodeID, by id: NodeID) {
        let misses = called[id] ?? []
        for index in misses.indices where misses[index].partner == partner {
            called[id]?[index].isRepeated = misses[index].wasReached
        }
        called[id, default: []].append(Miss(partner: partner))
        speak(partner, against: id)
    }

    /// Something between two was not right: that speaks against either.
    mutating func speak(_ other: NodeID, against id: NodeID) {
        against[id, default: []].insert(other)
        against[other, default: []].insert(id)
    }

    mutating func reach(_ partner: NodeID, from caller: NodeID) {
        for id in called.keys.sorted() where id != caller {
            let misses = called[id] ?? []
            for index in misses.indices where misses[index].partner == partner {
                called[id]?[index].wasReached = true
            }
        }
    }

    /// What a node was not right with counts no more.
    mutating func forget(_ id: NodeID) {
        called[id] = nil
        against[id] = nil
    }

    /// Why a node must not be blamed for reaching nobody; nil when it may.
    func innocence(of id: NodeID) -> String? {
        if (against[id] ?? []).count < 2 { return "only one node speaks against it" }
        let isRepeated = (called[id] ?? []).contains { $0.isRepeated }
        return isRepeated ? nil : "nobody was reached between two calls in vain"
    }
}
