import FleetModel

extension HealthEngine {
    /// Takes a fault in: into the ledger always, and to act on it where it is known, new and of
    /// something that is there.
    mutating func note(_ told: Finding, of id: NodeID) {
        guard let node = self[id] else { return ignore() }
        var finding = told
        finding.inputs = Array(told.inputs.prefix(Decision.inputsKept))
        var part: PartID?
        if case .device(let index) = finding.scope {
            // What a fault is of that no device answers to cannot be taken out.
            guard node.devices.indices.contains(Int(index)) else { return ignore() }
            part = node.parts.indices.contains(Int(index)) ? node.parts[Int(index)] : nil
        }
        let machine = node.machine.index
        ledger.machines[machine].history.note(finding, node: id, at: moment, keeps: ledger.kept)
        ledger.machines[machine].signals.note(fault: finding.cause, at: clock.engine)
        if let part {
            ledger.parts[part.index].history.note(
                finding, node: id, at: moment, keeps: ledger.kept)
        }
        ledger.hand(
            ledger.machines[machine].history.faults.last.map { .fault($0) }, of: node.machine, part)
        if finding.severity == .unknown {
            counters.unknownFindings += 1
            return tell(.unknownFault(id, finding))
        }
        guard isFresh(finding, part, node) else {
            counters.staleFindings += 1
            return tell(.staleFinding(id, finding))
        }
        switch finding.permittedAction {
        case .nothing, .restart: tell(.noted(id, finding))
        case .watch: suspect(id, .suspicion, Grounds(finding))
        case .prove, .reset, .reboot, .replace: keep(finding, part, of: id)
        }
        tend(id)
    }

    /// Whether a fault was seen after the last repair of what it is of, and not too long ago.
    private func isFresh(_ finding: Finding, _ part: PartID?, _ node: NodeHealth) -> Bool {
        let seen = clock.engineTime(ofWall: finding.seenAt)
        guard clock.engine - seen <= policy.suspicion.findingLifetime else { return false }
        let history =
            part.map { ledger.parts[$0.index].history }
            ?? ledger.machines[node.machine.index].history
        return history.repairedAt.map { seen > $0.engine } ?? true
    }

    private mutating func keep(_ finding: Finding, _ part: PartID?, of id: NodeID) {
        guard let node = self[id] else { return }
        if let part {
            ledger.parts[part.index].history.open(
                finding.cause, finding.action, finding.components, at: moment)
        } else {
            ledger.machines[node.machine.index].history.open(
                finding.cause, finding.action, finding.components, at: moment)
        }
        let isUnderTest = node.track.state == .proving || node.track.state == .qualifying
        if isUnderTest { nodes[id.index]?.track.isFaultedInProof = true }
        let now = moment
        guard let device = deviceAlone(finding, node) else {
            change(id, nil) { $0.keep(finding, at: now) }
            return
        }
        change(id, Int32(device)) { $0.keep(finding, at: now) }
        nodes[id.index]?.devices[device].isFaultedInProof = true
    }

    /// The device, where a fault leaves the others working.
    private func deviceAlone(_ finding: Finding, _ node: NodeHealth) -> Int? {
        guard case .device(let index) = finding.scope, node.canShrink(policy.repair),
            finding.components.isSubset(of: .ofOneDevice), node.wasInService
        else { return nil }
        return Int(index)
    }

    mutating func hear(_ id: NodeID) {
        guard let node = self[id] else { return ignore() }
        nodes[id.index]?.lastHeard = clock.engine
        nodes[id.index]?.silenceTold = 0
        // Suspected for its silence and for nothing else.
        if node.silenceTold > 0, let suspicion = node.suspicion, suspicion.cause == nil,
            suspicion.count == 1
        {
            endSuspicion(id)
        }
        schedule(id)
    }

    /// How long a node's agent has not been heard, at a time of the wall's clock, also when nothing
    /// was told to the engine meanwhile; nil before the first time.
    public func silence(of id: NodeID, at told: Instant) -> TimeSpan? {
        guard let heard = self[id]?.lastHeard else { return nil }
        return clock.engine - heard + max(.zero, told - clock.wall)
    }

    /// What nobody could hear until now is not taken for silence. O(nodes).
    mutating func excuse(_ told: TimeSpan) {
        guard told > .zero else { return ignore() }
        let span = min(told, HealthEngine.longestExcuse)
        for index in nodes.indices {
            guard let heard = nodes[index]?.lastHeard, nodes[index]?.silenceTold != 2 else {
                continue
            }
            nodes[index]?.lastHeard = min(clock.engine, heard + span)
        }
    }

    /// All silence begins now.
    mutating func hearAnew() {
        for case .some(let node) in nodes where node.lastHeard != nil && node.silenceTold == 0 {
            nodes[node.id.index]?.lastHeard = clock.engine
        }
    }

    /// Watches a node, or watches it for longer. Never a reason to take it out.
    mutating func suspect(_ id: NodeID, _ rule: DecisionRule, _ grounds: Grounds) {
        guard let node = self[id] else { return }
        let until = clock.engine + policy.suspicion.lifetime
        if var known = node.suspicion {
            known.until = max(known.until, until)
            known.count = known.count == .max ? .max : known.count + 1
            known.rest(on: grounds.cause)
            nodes[id.index]?.suspicion = known
        } else {
            let now = moment
            nodes[id.index]?.suspicion = Suspicion(
                since: now, until: until, cause: grounds.cause, count: 1,
                causes: grounds.cause.map { [$0] })
        }
        if node.track.state == .inService { move(id, to: .suspect, rule, grounds) }
    }
}
