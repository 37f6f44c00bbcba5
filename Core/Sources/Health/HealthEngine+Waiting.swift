import FleetModel

/// A step that somebody lets be done, whatever breakers and the limit of repairs say.
struct AcceptedStep: Hashable {
    var node: NodeID
    /// The device; nil for the node.
    var device: Int32?
}

extension HoldReason {
    /// Whether somebody may say of one node that what it holds back is done all the same.
    public var isOpenToAcceptance: Bool {
        switch self {
        case .breaker, .concurrentRepairs: true
        case .exhausted, .noProof, .policy, .byHand: false
        }
    }
}

// What the limit of repairs at a time holds back is proposed, and begins by itself when a place is
// free. What is held back by a count, people may let go on for one node.
extension HealthEngine {
    private func waits(_ place: RepairQueue.Place) -> Bool {
        guard let track = track(of: place.node, place.device) else { return false }
        return track.held == .concurrentRepairs && track.state == .quarantined
            && track.since.engine == place.since
    }

    private func track(of id: NodeID, _ device: Int32?) -> HealthTrack? {
        guard let node = self[id] else { return nil }
        guard let device else { return node.track }
        return node.devices.indices.contains(Int(device)) ? node.devices[Int(device)] : nil
    }

    /// Writes down that a repair waits for another one to end.
    mutating func enqueue(_ id: NodeID, _ device: Int32?) {
        guard let track = track(of: id, device) else { return }
        repairQueue.insert(
            RepairQueue.Place(since: track.since.engine, node: id, device: device))
    }

    /// The queue of those that wait now.
    mutating func restoreRepairQueue() {
        repairQueue = RepairQueue()
        for case .some(let node) in nodes where node.isHeldBack {
            for device in [nil] + node.devices.indices.map({ Optional(Int32($0)) }) {
                guard let track = track(of: node.id, device), track.held == .concurrentRepairs,
                    track.state == .quarantined
                else { continue }
                enqueue(node.id, device)
            }
        }
        isRepairLimitTold = repairQueue.first != nil
    }

    private mutating func dropSettledRepairs() {
        while let place = repairQueue.first, !waits(place) { repairQueue.removeFirst() }
    }

    /// Begins repairs that wait while there are places, in the order in which they came to wait.
    mutating func beginWaitingRepairs() {
        dropSettledRepairs()
        while let place = repairQueue.first,
            runningRepairs < Int(policy.breakers.concurrentRepairs)
        {
            repairQueue.removeFirst()
            change(place.node, place.device) { $0.held = nil }
            tend(place.node)
            dropSettledRepairs()
        }
    }

    /// Says when the limit of repairs begins to hold one back, and when it holds none any more.
    mutating func tellRepairLimit() {
        dropSettledRepairs()
        let isHolding = repairQueue.first != nil
        guard isHolding != isRepairLimitTold else { return }
        isRepairLimitTold = isHolding
        tell(isHolding ? .repairsWait(limit: policy.breakers.concurrentRepairs) : .repairsGoOn)
    }

    /// Somebody lets the next step of a node and of its devices be done that breakers or the limit
    /// of repairs hold back. It counts like any other; the steps after it are held back again.
    mutating func proceed(_ node: NodeHealth) {
        for device in [nil] + node.devices.indices.map({ Optional(Int32($0)) }) {
            guard let track = track(of: node.id, device),
                track.held?.isOpenToAcceptance == true
            else { continue }
            accepted.append(AcceptedStep(node: node.id, device: device))
            let now = clock.engine
            change(node.id, device) { track in
                track.held = nil
                // It has waited for its breaker, and may be too old to act otherwise.
                if track.state.takesWork { track.wantedAt = now }
            }
        }
        tend(node.id)
        accepted = []
    }

    /// Whether a step was accepted; it is done once.
    mutating func isAccepted(_ node: NodeID, _ device: Int32?) -> Bool {
        guard let index = accepted.firstIndex(of: AcceptedStep(node: node, device: device)) else {
            return false
        }
        accepted.remove(at: index)
        return true
    }
}
