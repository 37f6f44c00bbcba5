import FleetModel

// Nodes that are brought to another stack of versions. Planned work: it is not charged to the
// breakers, tells nothing about the hardware, and returns by the same proof as a repair.
extension HealthEngine {
    /// Whether a node may be taken out for planned work: nothing that guards it is tripped, and
    /// half of what may be out at a time is left to faults. The first node always may. Trips
    /// nothing. `others` is what else is to go out now.
    public func mayTakeOutForWork(_ id: NodeID, beside others: [NodeID] = []) -> Bool {
        guard let node = self[id], node.wasInService, node.hold == nil else { return true }
        let domain = faultDomain(of: node)
        for breaker in breakers.tripped {
            switch breaker.id {
            case .fleetWindow, .fleetHeld: return false
            case .domain(let tripped): if tripped == domain { return false }
            case .machine, .cause: break
            }
        }
        let figures = capacity.figures(for: nil)
        let limit = max(
            Int64(policy.breakers.leastDevices),
            figures.total * Int64(policy.breakers.heldMilli) / 2000)
        let after = ([id] + others).reduce(figures.out) { sum, other in
            guard let node = self[other], node.wasInService, node.hold == nil else { return sum }
            return sum + Int64(node.units - node.unitsOut)
        }
        return figures.out == 0 && others.isEmpty || after <= limit
    }

    /// Takes an order in. One that is outstanding is replaced; what is under way ends first.
    mutating func restack(_ node: NodeHealth, _ order: RestackOrder) {
        guard node.hold == nil, node.track.state != .retired, !node.track.retires else { return }
        if let known = node.restack, known.stack == order.stack, known.phase != .failed { return }
        var fresh = order
        fresh.phase = .wanted
        fresh.tries = 0
        nodes[node.id.index]?.restack = fresh
        if node.restack != nil { change(node.id, nil) { $0.held = nil } }
    }

    /// Somebody has installed what was ordered. What is under way has no part in it any more.
    mutating func noteRestacked(_ node: NodeHealth) {
        guard let order = node.restack, order.isOpen,
            node.track.state == .quarantined || node.track.state == .repairing
        else { return }
        operations.removeAll { $0.node == node.id && $0.device == nil }
        nodes[node.id.index]?.restack?.phase = .installed
        change(node.id, nil) { track in
            track.operation = nil
            track.performed = max(track.performed, .reboot)
            track.held = nil
        }
        move(node.id, to: .proving, .restacked)
    }

    /// Takes an order back that nobody has begun to carry out. What is out returns with a proof.
    mutating func withdrawRestack(_ node: NodeHealth) {
        guard let order = node.restack, order.phase != .installing, order.phase != .installed
        else { return }
        nodes[node.id.index]?.restack = nil
        change(node.id, nil) { $0.held = nil }
    }

    /// Whether an order waits to be carried out.
    func wantsRestack(_ node: NodeHealth) -> Bool { node.restack?.phase == .wanted }

    /// Takes a node out of service for an order.
    mutating func takeOutForRestack(_ node: NodeHealth) -> Bool {
        let components = HealthEngine.components(of: node)
        let now = clock.engine
        guard node.isBusy else {
            leaveDevices(of: node)
            guard move(node.id, to: .quarantined, .restack) else { return false }
            change(node.id, nil) { $0.want(.prove, .afterJob, components, at: now) }
            return true
        }
        // What was not in service has nothing to drain; it is not expected to be busy.
        guard node.track.state.takesWork, move(node.id, to: .draining, .restack) else {
            return false
        }
        change(node.id, nil) { $0.want(.prove, .afterJob, components, at: now) }
        let until = (node.restack?.grace ?? policy.repair.drainPatience).map { now + $0 }
        nodes[node.id.index]?.isOverdueTold = false
        nodes[node.id.index]?.isCordoned = true
        nodes[node.id.index]?.drainUntil = until
        output.append(.drain(node.id, deadline: until.map(clock.wallTime)))
        return true
    }

    /// The next step of an order for a node that is out and empty.
    mutating func carryOut(_ order: RestackOrder, on node: NodeHealth) -> Bool {
        switch order.phase {
        case .installed: return false
        case .failed:
            hold(node.id, nil, .restack(order.stack), why: .exhausted)
            return false
        case .impossible:
            hold(node.id, nil, .restack(order.stack), why: .byHand)
            return false
        case .wanted, .installing:
            guard
                move(
                    node.id, to: .repairing, .restack,
                    Grounds(OperationID(nextOperation), of: node.track))
            else { return false }
            let id = ask(.restack(order.stack), of: node.id, device: nil)
            change(node.id, nil) { track in
                track.operation = id
                track.held = nil
            }
            nodes[node.id.index]?.restack?.phase = .installing
            nodes[node.id.index]?.restack?.tries += 1
            return true
        }
    }

    /// An installation ended. It is at least a reboot, and no repair: the ledger keeps none.
    mutating func finish(_ operation: Operation, _ stack: StackID, _ outcome: RepairOutcome) {
        guard let node = self[operation.node] else { return }
        change(node.id, nil) { $0.operation = nil }
        let grounds = Grounds(operation.id, of: node.track)
        guard let order = node.restack, order.stack == stack else {
            move(node.id, to: .quarantined, .restack, grounds)
            return
        }
        switch outcome {
        case .done:
            nodes[node.id.index]?.restack?.phase = .installed
            change(node.id, nil) { $0.performed = max($0.performed, .reboot) }
            let isEnough = need(of: node) <= .reboot
            move(node.id, to: isEnough ? .proving : .quarantined, .restacked, grounds)
        case .failed:
            let isOver = order.tries >= RestackOrder.mostTries
            nodes[node.id.index]?.restack?.phase = isOver ? .failed : .wanted
            move(node.id, to: .quarantined, .repairFailed, grounds)
        case .impossible:
            nodes[node.id.index]?.restack?.phase = .impossible
            move(node.id, to: .quarantined, .repairFailed, grounds)
        }
    }

    /// A node has passed a test: an order that was installed is done with.
    mutating func concludeRestack(of node: NodeHealth) {
        guard let order = node.restack, order.phase == .installed else { return }
        nodes[node.id.index]?.restack = nil
        tell(.restacked(node.id, order.stack))
    }

    /// A node has failed the test of a new stack: the stack is to blame before the hardware is, so
    /// that nobody climbs the ladder of repairs for it.
    mutating func failRestack(of node: NodeHealth) {
        guard node.restack?.phase == .installed, node.track.state == .proving else { return }
        nodes[node.id.index]?.restack?.phase = .failed
    }
}
