import FleetModel

extension HealthEngine {
    /// Steps that one look at a node may take; more are left to the next look.
    private static let mostSteps = 24

    /// Does whatever is due for a node, given the state that it is in: the same whether the state
    /// was come to just now or restored from a snapshot.
    mutating func tend(_ id: NodeID) {
        tendSuspicion(id)
        tendOperations(of: id)
        var steps = 0
        while step(id) {
            steps += 1
            if steps == HealthEngine.mostSteps {
                counters.boundsReached += 1
                break
            }
        }
        reconcile(id)
        if isHere(id) { schedule(id) }
    }

    /// One step of a node or one of its devices; whether there may be another.
    private mutating func step(_ id: NodeID) -> Bool {
        guard let node = self[id], node.hold == nil else { return false }
        if stepNode(node) { return true }
        guard let after = self[id] else { return false }
        for index in after.devices.indices where stepDevice(index, of: after) { return true }
        return false
    }

    private mutating func stepNode(_ node: NodeHealth) -> Bool {
        switch node.track.state {
        case .unqualified:
            if node.track.wanted >= .reset {
                let cause = Grounds(node.track.kept.first?.finding)
                return move(node.id, to: .quarantined, .fault, cause)
            }
            if wantsRestack(node), !node.isBusy { return takeOutForRestack(node) }
            return beginTest(of: node, from: .unqualified)
        case .qualifying: return stepNetwork(node)
        case .repairing, .retired: return false
        case .inService, .suspect:
            if node.track.wanted.takesOut { return takeOut(node) }
            if wantsRestack(node) { return takeOutForRestack(node) }
            return beginIdleTest(of: node)
        case .draining:
            guard node.isBusy else {
                leaveDevices(of: node)
                return move(
                    node.id, to: .quarantined, .drained,
                    Grounds(
                        node.track.kept.first?.finding))
            }
            extendDrain(of: node)
            return false
        case .quarantined: return repair(node)
        case .proving:
            // A test that runs comes to its end first, and a fault that came between two tests asks
            // for its repair.
            guard !hasOperation(node.id) else { return false }
            let asked = node.devices.reduce(node.track.wanted) { max($0, $1.wanted) }
            if asked >= .reset, asked > node.track.performed {
                let grounds = Grounds(node.track.kept.last?.finding)
                return move(node.id, to: .quarantined, .fault, grounds)
            }
            if wantsRestack(node) {
                return move(node.id, to: .quarantined, .restack)
            }
            if node.network != nil { return stepNetwork(node) }
            return beginTest(of: node, from: .proving)
        }
    }

    /// Takes a node out of service, if the breakers allow it.
    private mutating func takeOut(_ node: NodeHealth) -> Bool {
        if isExpired(node.track), !node.track.retires { return expire(node.id, nil) }
        let devices = node.units - node.unitsOut
        let isForced = node.track.retires || isAccepted(node.id, nil)
        if let breaker = objection(toTaking: devices, of: node, isForced: isForced) {
            hold(node.id, nil, .takeOut, why: .breaker(breaker))
            let grounds = Grounds(node.track.kept.first?.finding)
            return node.track.state == .inService
                && move(node.id, to: .suspect, .suspicion, grounds)
        }
        nodes[node.id.index]?.track.held = nil
        let grounds = Grounds(node.track.kept.first?.finding)
        let isForDevice = node.devices.contains { $0.state == .quarantined }
        let rule: DecisionRule =
            node.track.retires
            ? .retired
            : isForDevice && node.track.kept.isEmpty ? .deviceNeedsNode : .fault
        guard node.isBusy else {
            leaveDevices(of: node)
            return move(node.id, to: .quarantined, rule, grounds)
        }
        guard move(node.id, to: .draining, rule, grounds) else { return false }
        nodes[node.id.index]?.drainUntil = nil
        nodes[node.id.index]?.isOverdueTold = false
        nodes[node.id.index]?.isCordoned = true
        let patience =
            node.track.urgency == .now ? policy.repair.drainGrace : policy.repair.drainPatience
        let until = patience.map { clock.engine + $0 }
        nodes[node.id.index]?.drainUntil = until
        output.append(.drain(node.id, deadline: until.map(clock.wallTime)))
        return true
    }

    /// A fault that cannot wait shortens a drain that could.
    private mutating func extendDrain(of node: NodeHealth) {
        let soon = clock.engine + policy.repair.drainGrace
        if node.track.urgency == .now, node.drainUntil.map({ soon < $0 }) ?? true {
            nodes[node.id.index]?.drainUntil = soon
            output.append(.drain(node.id, deadline: clock.wallTime(ofEngine: soon)))
        } else if let until = node.drainUntil, until <= clock.engine, !node.isOverdueTold {
            nodes[node.id.index]?.isOverdueTold = true
            tell(.drainOverdue(node.id))
        }
    }

    /// Devices with faults of their own go with their node.
    mutating func leaveDevices(of node: NodeHealth) {
        for index in node.devices.indices {
            let device = node.devices[index]
            let isWanted = device.wanted.takesOut && device.state.takesWork
            if isWanted || device.state == .draining {
                move(
                    node.id, Int32(index), to: .quarantined, .withNode,
                    Grounds(device.kept.first?.finding))
                nodes[node.id.index]?.devices[index].held = nil
            }
        }
    }

    /// Whether a breaker held a fault back for so long that it does not act any more.
    private func isExpired(_ track: HealthTrack) -> Bool {
        clock.engine - track.wantedAt > policy.suspicion.findingLifetime
    }

    /// What was wanted of something in service is forgotten; the ledger keeps it.
    private mutating func expire(_ node: NodeID, _ device: Int32?) -> Bool {
        let track = device.map { self[node]?.devices[Int($0)] } ?? self[node]?.track
        if let finding = track?.kept.last?.finding { tell(.staleFinding(node, finding)) }
        counters.staleFindings += 1
        change(node, device) { $0.settle() }
        // It was never proved either: it is watched, and tested when it idles.
        suspect(node, .suspicion, Grounds(track?.kept.last?.finding))
        return true
    }

    // MARK: Devices

    private mutating func stepDevice(_ index: Int, of node: NodeHealth) -> Bool {
        guard node.track.state.takesWork else { return false }
        let track = node.devices[index]
        // What does not answer can neither be repaired by itself nor tested.
        let isThere = node.answering & 1 << UInt64(index) != 0
        let isInUse = node.busyDevices & 1 << UInt64(index) != 0
        switch track.state {
        case .unqualified:
            guard isThere else { return false }
            if track.wanted >= .reset {
                return move(
                    node.id, Int32(index), to: .quarantined, .fault,
                    Grounds(track.kept.first?.finding))
            }
            return !isInUse && beginTest(of: index, of: node, from: .unqualified)
        case .inService, .suspect:
            return track.wanted.takesOut && takeOut(index, of: node, isInUse: isInUse)
        case .draining:
            return (!isInUse || track.urgency == .now)
                && move(
                    node.id, Int32(index), to: .quarantined, .drained,
                    Grounds(track.kept.first?.finding))
        case .quarantined: return !isInUse && isThere && repair(index, of: node)
        case .proving: return !isInUse && isThere && beginTest(of: index, of: node, from: .proving)
        case .qualifying, .repairing, .retired: return false
        }
    }

    private mutating func takeOut(_ index: Int, of node: NodeHealth, isInUse: Bool) -> Bool {
        let track = node.devices[index]
        if isExpired(track) { return expire(node.id, Int32(index)) }
        let isForced = isAccepted(node.id, Int32(index))
        if let breaker = objection(toTaking: 1, of: node, isForced: isForced) {
            hold(
                node.id, Int32(index), .takeOutDevices(1 << UInt64(index)),
                why: .breaker(breaker))
            return false
        }
        nodes[node.id.index]?.devices[index].held = nil
        let waits = isInUse && track.urgency == .afterJob
        return move(
            node.id, Int32(index), to: waits ? .draining : .quarantined, .partialFault,
            Grounds(track.kept.first?.finding))
    }
}
