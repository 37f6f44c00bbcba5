import FleetModel

@testable import Health

extension FleetWorld {
    mutating func happen(_ happening: Happening) {
        switch happening {
        case .strike(let slot):
            strike(slot)
            after(
                hours: exponential(perMillionNodeDays: FleetOdds.faultsPerMillionNodeDays),
                .strike(slot: slot))
        case .noise(let slot):
            noise(slot)
            after(
                hours: exponential(perMillionNodeDays: FleetOdds.noisePerMillionNodeDays),
                .noise(slot: slot))
        case .show(let slot, let number): show(slot, number)
        case .answer(let id, let node): answer(id, node)
        case .deliver(let slot, let isSame): deliver(slot, isSame: isSame)
        case .gangStarts(let gang): startGang(gang)
        case .gangEnds(let gang): endGang(gang, cause: nil, suspect: nil)
        case .evacuated(let id):
            if engine[id] != nil { tell(.occupied(id, devices: 0, isBusy: false)) }
        case .operate(let id): operate(id)
        case .wake: if engine.askedWake == now { tell(.wake(token: 0)) }
        }
    }

    // MARK: Faults

    /// A new fault of hardware that serves.
    private mutating func strike(_ slot: Int) {
        guard serves(slot), let number = box[slot], boxes[number].isGood else { return }
        let device = Int32(random.below(Self.devices))
        switch random.below(100) {
        case 0..<40: upset(slot, .device(device), .reset, cause: 1)
        case 40..<60: upset(slot, .node, .reboot, cause: 2)
        case 60..<70: upset(slot, .device(device), .reset, cause: 3, urgency: .afterJob)
        case 70..<95:
            boxes[number].defect = .device(device)
            account(slot)
            show(slot, number)
        default:
            boxes[number].defect = .silent
            account(slot)
            expectToShow(slot)
        }
    }

    /// A fault that a reset or reboot mends.
    private mutating func upset(
        _ slot: Int, _ scope: FaultScope, _ action: FaultAction, cause: Int,
        urgency: FaultUrgency = .now
    ) {
        guard let number = box[slot] else { return }
        boxes[number].isUpset = true
        if urgency == .now { kill(slot) }
        find(slot, scope, action, .fatal, cause: cause, urgency: urgency)
    }

    /// A defect that is in service shows itself, sooner or later again.
    private mutating func show(_ slot: Int, _ number: Int) {
        guard box[slot] == number, boxes[number].defect != .none else { return }
        defer { expectToShow(slot) }
        guard badServes(slot) else { return }
        kill(slot)
        if case .device(let device) = boxes[number].defect {
            find(slot, .device(device), .reset, .fatal, cause: 4)
        }
    }

    /// What says something and means nothing.
    private mutating func noise(_ slot: Int) {
        let device = Int32(random.below(Self.devices))
        switch random.below(100) {
        case 0..<80: find(slot, .device(device), .restart, .warning, cause: 13)
        case 80..<90: find(slot, .device(device), .replace, .unknown, cause: 99)
        case 90..<97: find(slot, .node, .watch, .warning, cause: 14)
        default: find(slot, .device(device), .reset, .fatal, cause: 15)
        }
    }

    private mutating func find(
        _ slot: Int, _ scope: FaultScope, _ action: FaultAction, _ severity: FaultSeverity,
        cause: Int, urgency: FaultUrgency = .now
    ) {
        guard let id = node[slot] else { return }
        tell(
            .found(
                id,
                Finding(
                    scope: scope, cause: CauseID(cause), severity: severity, action: action,
                    urgency: urgency, rule: RuleID(0), version: 1, seenAt: now)))
    }

    // MARK: Gangs

    private func members(_ gang: Int) -> [Int] {
        Array(gang * Self.gangSize..<(gang + 1) * Self.gangSize)
    }

    private mutating func startGang(_ gang: Int) {
        guard !isRunning[gang] else { return }
        isRunning[gang] = true
        runningSince[gang] = now
        for slot in members(gang) {
            guard serves(slot), let id = node[slot], let health = engine[id] else { continue }
            tell(.occupied(id, devices: 0xFF & ~health.toldUnhealthy, isBusy: true))
        }
        after(hours: 12 + 24 * uniform(), .gangEnds(gang))
    }

    private mutating func endGang(_ gang: Int, cause: RestartCause?, suspect: NodeID?) {
        guard isRunning[gang] else { return }
        isRunning[gang] = false
        let nodes = members(gang).compactMap { node[$0] }.filter { engine[$0]?.isBusy ?? false }
        let seconds = (now - runningSince[gang]).wholeSeconds
        let lost = cause == nil ? 0 : min(seconds, 3600) / 2 + 600
        tell(
            .attemptEnded(
                AttemptEnd(
                    job: JobID(gang), nodes: nodes, cause: cause ?? .preemption, suspect: suspect,
                    gpuSeconds: seconds * Int64(nodes.count) * 8,
                    lostGPUSeconds: lost * Int64(nodes.count) * 8)))
        figures.lostGPUHours += lost * Int64(nodes.count) * 8 / 3600
        for id in nodes { tell(.occupied(id, devices: 0, isBusy: false)) }
        after(hours: cause == nil ? 0.5 : 0.2, .gangStarts(gang))
    }

    /// The gang of a place loses its run; four times in five somebody can say by whom.
    private mutating func kill(_ slot: Int) {
        let gang = slot / Self.gangSize
        guard isRunning[gang] else { return }
        figures.jobsKilled += 1
        let suspect = happens(800) ? node[slot] : nil
        endGang(gang, cause: suspect == nil ? .unknown : .hardware, suspect: suspect)
    }

    // MARK: Directives

    mutating func follow(_ directive: HealthDirective) {
        switch directive {
        case .qualify(let id, let operation, let level, _, _):
            asked[operation] = engine.operations.first { $0.id == operation }
            let hours: [Double] = [0.02, 0.04, 0.3, 1.1]
            after(hours: hours[Int(level.rawValue)], .answer(operation, id))
        case .repair(let id, let operation, let action, _):
            figures.repairs += 1
            asked[operation] = engine.operations.first { $0.id == operation }
            if action == .replace {
                after(hours: 1, .operate(id))
            } else {
                after(hours: action == .reset ? 0.1 : 0.3, .answer(operation, id))
            }
        case .refuse(let id, _):
            figures.refused += 1
            after(hours: 2, .operate(id))
        case .propose(let id, let action, _):
            if action != .takeOut, action != .lookAfterAgent { after(hours: 24, .operate(id)) }
        case .drain(let id, let deadline):
            let hours = deadline.map { Double(($0 - now).wholeSeconds) / 3600 } ?? 72
            after(hours: hours, .evacuated(id))
        case .tell(let event): note(event)
        case .setDevices(let id, let unhealthy):
            guard let health = engine[id], health.isBusy else { break }
            let left = health.busyDevices & ~unhealthy
            if left != health.busyDevices { after(hours: 0.01, .evacuated(id)) }
        case .wake(let at, _): schedule(.wake, at: at)
        case .cordon, .uncordon: break
        }
    }

    private mutating func note(_ event: HealthEvent) {
        guard case .moved(let id, _, let from, let to, let decision) = event, let slot = slotOf[id]
        else { return }
        let isFault = [.fault, .partialFault, .proofFailed].contains(decision.rule)
        if from != .proving, isFault, !to.takesWork, let number = box[slot], boxes[number].isGood {
            figures.wrongOutages += 1
        }
        account(slot)
    }

    /// The answer of a repair or a test, as the truth and some luck have it.
    private mutating func answer(_ id: OperationID, _ node: NodeID) {
        guard let operation = asked[id], engine[node] != nil, let slot = slotOf[node],
            let number = box[slot]
        else { return }
        switch operation.kind {
        case .repair:
            boxes[number].isUpset = false
            tell(.repaired(node, id, happens(970) ? .done : .failed))
        case .qualify(let level, let devices, let components):
            var outcome = QualificationOutcome(
                verdict: .passed, level: level, isLoaded: true, components: components,
                devices: devices)
            if isFound(number, devices) {
                outcome.verdict = .failed
                if case .device(let index) = boxes[number].defect {
                    outcome.failedDevices = 1 << UInt64(index)
                }
            }
            tell(.qualified(node, id, outcome))
        }
        account(slot)
    }

    /// Whether a test fails. Without proof a machine that idles looks well, whatever it is.
    private mutating func isFound(_ number: Int, _ devices: UInt64) -> Bool {
        guard variant.hasProof else { return false }
        let box = boxes[number]
        var isBad = box.isUpset || box.defect == .silent
        if case .device(let index) = box.defect { isBad = devices & 1 << UInt64(index) != 0 }
        return happens(isBad ? FleetOdds.foundMilli : FleetOdds.flakyMilli)
    }

    /// People send a machine to the provider, when that is what is left.
    private mutating func operate(_ id: NodeID) {
        guard let slot = slotOf[id], node[slot] == id, let health = engine[id] else { return }
        let isStuck = health.hold != nil || !health.track.state.takesWork
        let isShrunk = health.devices.contains { $0.held != nil }
        guard isStuck || isShrunk, !health.isBusy || isStuck else { return }
        tell(.departed(id))
        node[slot] = nil
        account(slot)
        let isBad = box[slot].map { boxes[$0].defect != .none } ?? false
        let isSame = isBad && happens(FleetOdds.handedBackMilli)
        after(hours: 24 + 48 * uniform(), .deliver(slot: slot, isSame: isSame))
    }

    private mutating func deliver(_ slot: Int, isSame: Bool) {
        if isSame { figures.handedBack += 1 }
        let number = isSame ? box[slot] : nil
        place(number ?? newBox(isFirst: false), in: slot)
        account(slot)
    }
}
