import FleetModel

/// What comes next for something that is out.
private enum NextStep {
    case prove
    case repair(FaultAction)
    case propose(ProposedAction, HoldReason)
}

extension HealthEngine {
    /// The strongest action that a node and what went out with it ask for.
    func need(of node: NodeHealth) -> FaultAction {
        node.devices.reduce(node.track.wanted) { $1.isOut ? max($0, $1.wanted) : $0 }
    }

    /// The next step up a ladder whose rungs are tried as often as the policy says.
    private func next(
        _ track: inout HealthTrack, need: FaultAction, since: FaultAction
    )
        -> NextStep
    {
        let wanted = max(need, track.rung, since)
        guard wanted >= .reset, track.performed < wanted else { return .prove }
        var rung = wanted
        if rung > track.rung {
            track.rung = rung
            track.tries = 0
        }
        while track.tries >= policy.repair.tries[Int(rung.rawValue)] {
            guard let above = FaultAction(rawValue: rung.rawValue + 1) else {
                return .propose(.giveUp, .exhausted)
            }
            rung = above
            track.rung = above
            track.tries = 0
        }
        if rung > policy.repair.strongest { return .propose(.repair(rung), .policy) }
        return .repair(rung)
    }

    /// One above the repair that the same fault had a short while ago.
    private func rungAfterRepeat(_ history: HardwareHistory, _ track: HealthTrack) -> FaultAction {
        guard track.rung == .nothing, track.performed == .nothing, let cause = track.cause,
            let last = history.repairs.last(where: { $0.outcome == .done && $0.cause == cause }),
            clock.engine - last.at.engine <= policy.repair.repeatWindow
        else { return .nothing }
        return FaultAction(rawValue: last.action.rawValue + 1) ?? .replace
    }

    /// A node that is out and empty: the next repair, or the proof.
    mutating func repair(_ node: NodeHealth) -> Bool {
        // Repairs of single devices that are under way come to their end first.
        guard !node.isBusy, !hasOperation(node.id) else { return false }
        if node.track.retires { return retire(node) }
        leaveDevices(of: node)
        guard let node = self[node.id] else { return false }
        if let order = node.restack, order.isOpen { return carryOut(order, on: node) }
        var track = node.track
        let history = ledger.machines[node.machine.index].history
        let step = next(&track, need: need(of: node), since: rungAfterRepeat(history, track))
        nodes[node.id.index]?.track = track
        switch step {
        case .prove:
            return move(node.id, to: .proving, .repairDone, Grounds(track.kept.first?.finding))
        case .propose(let action, let why):
            hold(node.id, nil, action, why: why)
            return false
        case .repair(let action): return begin(action, of: node, device: nil)
        }
    }

    /// A device that is out of a node that works: the next repair, the proof, or a wait for the
    /// node where it takes all of it.
    mutating func repair(_ index: Int, of node: NodeHealth) -> Bool {
        guard !hasOperation(node.id) else { return false }
        var track = node.devices[index]
        let history =
            node.parts.indices.contains(index)
            ? node.parts[index].map { ledger.parts[$0.index].history } ?? HardwareHistory()
            : HardwareHistory()
        let step = next(&track, need: track.wanted, since: rungAfterRepeat(history, track))
        nodes[node.id.index]?.devices[index] = track
        switch step {
        case .prove:
            return move(
                node.id, Int32(index), to: .proving, .repairDone, Grounds(track.kept.first?.finding)
            )
        case .propose(let action, let why):
            hold(node.id, Int32(index), action, why: why)
            return false
        case .repair(.reset) where policy.repair.resetsSingleDevices:
            return begin(.reset, of: node, device: index)
        case .repair(let action):
            let isPatient = clock.engine - track.since.engine < policy.repair.shrunkPatience
            guard !node.isBusy || !isPatient, !node.track.wanted.takesOut else { return false }
            nodes[node.id.index]?.track.want(
                action, .afterJob, track.components, at: clock.engine)
            return true
        }
    }

    /// Begins a repair, if the breakers allow it.
    private mutating func begin(_ action: FaultAction, of node: NodeHealth, device: Int?) -> Bool {
        let number = device.map { Int32($0) }
        let track = device.map { node.devices[$0] } ?? node.track
        let cause = track.cause ?? node.devices.first { $0.isOut && $0.cause != nil }?.cause
        let attempts = ledger.machines[node.machine.index].attempts
        let isAccepted = isAccepted(node.id, number)
        if !isAccepted,
            let (breaker, isNew) = breakers.objection(
                toRepairOf: node.machine, attempts, for: cause, policy: policy.breakers, at: moment)
        {
            if isNew { tell(.tripped(breaker)) }
            hold(node.id, number, .repair(action), why: .breaker(breaker))
            return false
        }
        guard
            isAccepted || action == .replace
                || runningRepairs < Int(policy.breakers.concurrentRepairs)
        else {
            hold(node.id, number, .repair(action), why: .concurrentRepairs)
            return false
        }
        guard
            move(
                node.id, number, to: .repairing, .repairBegins,
                Grounds(OperationID(nextOperation), of: track))
        else { return false }
        ledger.machines[node.machine.index].attempts.append(
            RepairAttempt(cause: cause, at: clock.engine))
        if ledger.machines[node.machine.index].attempts.count > MachineRecord.attemptsKept {
            ledger.machines[node.machine.index].attempts.removeFirst()
        }
        ledger.machines[node.machine.index].signals.note(.repairs, at: clock.engine)
        let id = ask(.repair(action), of: node.id, device: number)
        change(node.id, number) { track in
            track.operation = id
            track.held = nil
            track.tries += 1
        }
        return true
    }

    /// Repairs that are under way; a replacement, which takes days, is not counted.
    var runningRepairs: Int {
        operations.reduce(0) { count, operation in
            if case .repair(let action) = operation.kind, action < .replace { return count + 1 }
            return count
        }
    }

    private mutating func retire(_ node: NodeHealth) -> Bool {
        ledger.machines[node.machine.index].history.isRetired = true
        nodes[node.id.index]?.restack = nil
        return move(node.id, to: .retired, .retired)
    }

    /// A repair ended, or never will.
    mutating func conclude(_ id: OperationID, on node: NodeID, _ outcome: RepairOutcome) {
        guard let index = place(of: id), operations[index].node == node,
            operations[index].isRepair
        else { return late(id, on: node) }
        let operation = operations.remove(at: index)
        switch operation.kind {
        case .repair(let action): finish(operation, action, outcome)
        case .restack(let stack): finish(operation, stack, outcome)
        case .qualify, .pair: break
        }
        tend(node)
    }

    mutating func finish(_ operation: Operation, _ action: FaultAction, _ outcome: RepairOutcome) {
        guard let node = self[operation.node] else { return }
        let track = operation.device.map { node.devices[Int($0)] } ?? node.track
        note(
            RepairRecord(
                action: action, cause: track.cause, outcome: outcome, at: moment, node: node.id),
            of: node, operation.device)
        let tries = policy.repair.tries[Int(action.rawValue)]
        change(node.id, operation.device) { track in
            track.operation = nil
            if outcome == .done { track.performed = max(track.performed, action) }
            if outcome == .impossible { track.tries = max(track.tries, tries) }
        }
        let need = operation.device == nil ? need(of: node) : track.wanted
        let grounds = Grounds(operation.id, of: track)
        switch outcome {
        case .done where action >= need:
            move(node.id, operation.device, to: .proving, .repairDone, grounds)
        case .done: move(node.id, operation.device, to: .quarantined, .repairDone, grounds)
        case .failed, .impossible:
            move(node.id, operation.device, to: .quarantined, .repairFailed, grounds)
        }
    }

    /// Writes a repair into the ledger: of one device, or of the machine and all that is in it.
    mutating func note(_ record: RepairRecord, of node: NodeHealth, _ device: Int32?) {
        let parts = device.map { [Int($0)] } ?? Array(node.parts.indices)
        for index in parts where node.parts.indices.contains(index) {
            guard let part = node.parts[index] else { continue }
            ledger.parts[part.index].history.note(record, keeps: ledger.kept)
            if device != nil { ledger.hand(.repair(record), of: node.machine, part) }
        }
        if device == nil {
            ledger.machines[node.machine.index].history.note(record, keeps: ledger.kept)
            ledger.hand(.repair(record), of: node.machine)
        }
    }

    mutating func change(
        _ node: NodeID, _ device: Int32?, _ body: (inout HealthTrack) -> Void
    ) {
        guard var record = self[node] else { return }
        if let device {
            body(&record.devices[Int(device)])
        } else {
            body(&record.track)
        }
        nodes[node.index] = record
    }
}
