import FleetModel

extension HealthEngine {
    /// A test ended.
    mutating func conclude(_ id: OperationID, on node: NodeID, _ outcome: QualificationOutcome) {
        guard let index = place(of: id), operations[index].node == node,
            !operations[index].isRepair
        else { return late(id, on: node) }
        let operation = operations.remove(at: index)
        var kept = outcome
        kept.failedTests = Array(outcome.failedTests.prefix(Decision.inputsKept))
        finish(operation, kept)
        tend(node)
    }

    mutating func finish(_ operation: Operation, _ outcome: QualificationOutcome) {
        guard let node = self[operation.node] else { return }
        if let partner = operation.partner { return finishPair(operation, with: partner, outcome) }
        change(node.id, operation.device) { $0.operation = nil }
        record(outcome, of: node, operation)
        let track = operation.device.map { node.devices[Int($0)] } ?? node.track
        switch outcome.verdict {
        // Whatever the test came to, what was seen meanwhile asks for a proof of its own.
        case .inconclusive where track.isFaultedInProof:
            sendBack(operation, .faultInProof, node)
        case .inconclusive: fruitless(operation, track)
        case .failed: failed(operation, outcome, node)
        case .passed where track.isFaultedInProof:
            sendBack(operation, .faultInProof, node)
        case .passed where beginNetwork(after: operation, outcome, node): break
        case .passed where !proves(outcome, operation, node):
            tell(.weakProof(node.id, operation.id))
            fruitless(operation, track)
        case .passed:
            if let device = operation.device {
                pass(Int(device), outcome, operation, node)
            } else {
                pass(outcome, operation, node, but: 0)
            }
        }
    }

    /// Whether a test proves what had to be proved: loaded, long enough, and of the same hardware.
    func proves(
        _ outcome: QualificationOutcome, _ operation: Operation, _ node: NodeHealth,
        but failed: UInt64 = 0
    ) -> Bool {
        guard case .qualify(let level, let devices, let components) = operation.kind else {
            return false
        }
        let track = operation.device.map { node.devices[Int($0)] } ?? node.track
        return outcome.isLoaded && outcome.level >= level
            && components.union(track.components).isSubset(of: outcome.components)
            && devices & ~failed & ~outcome.devices == 0
    }

    mutating func record(
        _ outcome: QualificationOutcome, of node: NodeHealth, _ operation: Operation
    ) {
        if operation.device == nil {
            ledger.machines[node.machine.index].history.note(
                outcome, node: node.id, at: moment, keeps: ledger.kept)
            let tested = ledger.machines[node.machine.index].history.tests.last
            ledger.hand(tested.map { .test($0) }, of: node.machine)
        }
        for index in node.parts.indices {
            guard let part = node.parts[index] else { continue }
            let bit: UInt64 = 1 << UInt64(index)
            var own = outcome
            if outcome.failedDevices != 0, outcome.failedDevices & bit == 0 {
                own.verdict = .inconclusive
            }
            let isTested = operation.device.map { Int($0) == index } ?? true
            if isTested, outcome.devices & bit != 0 {
                ledger.parts[part.index].history.note(
                    own, node: node.id, at: moment, keeps: ledger.kept)
                // A test of all is handed on once, and of the devices that it found bad.
                guard operation.device != nil || outcome.failedDevices & bit != 0 else { continue }
                let tested = ledger.parts[part.index].history.tests.last
                ledger.hand(tested.map { .test($0) }, of: node.machine, part)
            }
        }
    }

    /// A test without a usable answer: again after a pause, where nobody else decides.
    mutating func fruitless(_ operation: Operation, _ track: HealthTrack) {
        let factor = Int64(1) << Int64(min(max(track.fruitlessTests, 0), 10))
        let (length, overflow) = policy.repair.testPause.nanoseconds
            .multipliedReportingOverflow(by: factor)
        let until = overflow ? .never : clock.engine + TimeSpan(nanoseconds: length)
        change(operation.node, operation.device) { track in
            track.fruitlessTests += 1
            track.testNotBefore = until
        }
        if track.state == .qualifying { withoutAnswer(operation, track) }
    }

    /// What was tested on arrival waits for its next test; what was in service is again.
    mutating func withoutAnswer(_ operation: Operation, _ track: HealthTrack) {
        let grounds = Grounds(operation.id, of: track)
        let back = track.testedFrom.takesWork ? HealthState.suspect : .unqualified
        move(operation.node, operation.device, to: back, .noAnswer, grounds)
        guard track.testedFrom.takesWork else { return }
        change(operation.node, operation.device) { track in
            track.fruitlessTests = 0
            track.testNotBefore = .zero
        }
        if self[operation.node]?.suspicion == nil {
            endSuspicion(operation.node)
        }
    }

    // MARK: Passed

    private mutating func pass(
        _ index: Int, _ outcome: QualificationOutcome, _ operation: Operation, _ node: NodeHealth
    ) {
        let grounds = Grounds(operation.id, of: node.devices[index])
        guard move(node.id, Int32(index), to: .inService, .proofPassed, grounds) else { return }
        change(node.id, Int32(index)) { $0.settle() }
        if node.parts.indices.contains(index), let part = node.parts[index] {
            ledger.parts[part.index].history.prove(outcome, node: node.id, at: moment)
        }
    }

    /// The node is proved, and with it every device that was tested, but those that failed.
    mutating func pass(
        _ outcome: QualificationOutcome, _ operation: Operation, _ node: NodeHealth,
        but failed: UInt64
    ) {
        guard case .qualify(_, let devices, _) = operation.kind else { return }
        let grounds = Grounds(operation.id, of: node.track)
        // What has vanished since the test began, or came since, is not proved by it.
        let come = node.devices.indices.reduce(UInt64(0)) { bits, index in
            let device = node.devices[index]
            let isLater = device.since.engine > operation.begunAt.engine
            return device.state == .unqualified && isLater ? bits | 1 << UInt64(index) : bits
        }
        let proved = devices & outcome.devices & ~failed & node.answering & ~come
        guard move(node.id, to: .inService, .proofPassed, grounds) else { return }
        change(node.id, nil) { $0.settle() }
        concludeRestack(of: node)
        nodes[node.id.index]?.drainUntil = nil
        nodes[node.id.index]?.isOverdueTold = false
        nodes[node.id.index]?.idleTestedAt = clock.engine
        ledger.machines[node.machine.index].history.prove(outcome, node: node.id, at: moment)
        endSuspicion(node.id)
        for index in node.devices.indices {
            if proved & 1 << UInt64(index) != 0 {
                returnDevice(index, outcome, of: node, grounds)
            } else if node.track.state == .proving, node.devices[index].state.takesWork,
                failed & 1 << UInt64(index) == 0
            {
                // It did not answer when the node came back, so that nothing is proved of it.
                let now = clock.engine
                change(node.id, Int32(index)) { $0.want(.prove, .afterJob, .ofOneDevice, at: now) }
                move(node.id, Int32(index), to: .quarantined, .withNode, grounds)
            }
        }
    }

    private mutating func returnDevice(
        _ index: Int, _ outcome: QualificationOutcome, of node: NodeHealth, _ grounds: Grounds
    ) {
        let number = Int32(index)
        let state = node.devices[index].state
        if state == .quarantined || state == .repairing {
            move(node.id, number, to: .proving, .withNode, grounds)
        }
        if state != .inService { move(node.id, number, to: .inService, .withNode, grounds) }
        guard self[node.id]?.devices[index].state == .inService else { return }
        change(node.id, number) { $0.settle() }
        guard node.parts.indices.contains(index), let part = node.parts[index] else { return }
        ledger.parts[part.index].history.prove(outcome, node: node.id, at: moment)
    }

    // MARK: Failed

    private mutating func failed(
        _ operation: Operation, _ outcome: QualificationOutcome, _ node: NodeHealth
    ) {
        guard operation.device == nil else { return sendBack(operation, .proofFailed, node) }
        let failed = outcome.failedDevices & node.allDevices
        guard failed != 0, failed != node.answering & node.allDevices,
            node.canShrink(policy.repair), !node.track.isFaultedInProof,
            proves(outcome, operation, node, but: failed),
            mayShrink(node, by: failed)
        else { return sendBack(operation, .proofFailed, node, failed: failed) }
        // The devices that failed are out by themselves; the rest is proved.
        for index in node.devices.indices where failed & 1 << UInt64(index) != 0 {
            blame(index, of: node)
            guard let track = self[node.id]?.devices[index] else { continue }
            if track.state.takesWork || track.state == .unqualified {
                let grounds = Grounds(operation.id, of: track)
                move(node.id, Int32(index), to: .quarantined, .proofFailed, grounds)
            }
        }
        guard !beginNetwork(after: operation, outcome, node) else { return }
        pass(outcome, operation, node, but: failed)
    }

    /// Whether the breakers let devices go that a test of a node in service found.
    private mutating func mayShrink(_ node: NodeHealth, by failed: UInt64) -> Bool {
        guard node.track.testedFrom.takesWork, node.track.state == .qualifying else { return true }
        let asked = Int32(failed.nonzeroBitCount)
        return objection(toTaking: asked, of: node, alreadyOut: inService(of: node)) == nil
    }

    private mutating func blame(_ index: Int, of node: NodeHealth) {
        let action = policy.repair.afterFailedTest
        let first = min(action, .reset)
        let now = clock.engine
        change(node.id, Int32(index)) { $0.want(first, .now, .ofOneDevice, at: now) }
        if node.parts.indices.contains(index), let part = node.parts[index] {
            ledger.parts[part.index].history.open(.failedTest, first, .ofOneDevice, at: moment)
        }
    }

    /// Back to quarantine, for the next repair. A node that was tested while it was in service goes
    /// there only if the breakers allow it: otherwise the tests may be what is wrong.
    mutating func sendBack(
        _ operation: Operation, _ rule: DecisionRule, _ node: NodeHealth, failed: UInt64 = 0
    ) {
        let device = operation.device
        let track = device.map { node.devices[Int($0)] } ?? node.track
        let action = max(policy.repair.afterFailedTest, track.rung, track.performed)
        let components = track.components.union(
            device == nil ? HealthEngine.components(of: node) : .ofOneDevice)
        if rule == .proofFailed {
            open(action, components, of: node, device, failed)
            if device == nil { failRestack(of: node) }
        }
        let now = clock.engine
        change(node.id, device) { track in
            track.performed = .nothing
            track.isFaultedInProof = false
            track.want(rule == .proofFailed ? action : .prove, .now, components, at: now)
        }
        let grounds = Grounds(operation.id, of: track)
        guard track.state == .qualifying, track.testedFrom.takesWork, device == nil else {
            move(node.id, device, to: .quarantined, rule, grounds)
            return
        }
        // It is out for the test; only now that counts.
        let asked = inService(of: node)
        if let breaker = objection(toTaking: asked, of: node, alreadyOut: asked) {
            move(node.id, to: .suspect, rule, grounds)
            suspect(node.id, .suspicion, grounds)
            return hold(node.id, nil, .takeOut, why: .breaker(breaker))
        }
        move(node.id, to: .quarantined, rule, grounds)
    }

    /// What of a node was in service before its test took all of it.
    private func inService(of node: NodeHealth) -> Int32 {
        node.devices.reduce(node.units) { $0 - ($1.state.takesWork ? 0 : 1) }
    }

    private mutating func open(
        _ action: FaultAction, _ components: ComponentSet, of node: NodeHealth, _ device: Int32?,
        _ failed: UInt64
    ) {
        let blamed = device.map { 1 << UInt64($0) } ?? failed
        for index in node.parts.indices where blamed & 1 << UInt64(index) != 0 {
            guard let part = node.parts[index] else { continue }
            ledger.parts[part.index].history.open(.failedTest, action, components, at: moment)
        }
        guard device == nil, failed == 0 else { return }
        ledger.machines[node.machine.index].history.open(
            .failedTest, action, components, at: moment)
    }
}
