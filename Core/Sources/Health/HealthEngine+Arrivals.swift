import FleetModel

extension HealthEngine {
    mutating func arrive(_ id: NodeID, _ arrival: Arrival) {
        guard (0..<FleetLimits.nodes).contains(id.index) else { return ignore() }
        while nodes.count <= id.index { nodes.append(nil) }
        let old = nodes[id.index]
        let found = resolve(id, arrival.report)
        for contradiction in found.contradictions { tell(.contradiction(id, contradiction)) }
        if let old, old.machine == found.machine {
            refresh(old, arrival, found)
        } else if let old {
            // The name is another machine now; what others did to the node of that name stays.
            forget(old)
            restart(old, arrival, found)
        } else {
            begin(id, arrival, found)
        }
        tend(id)
        reviewContested(but: id)
    }

    /// Asks the ledger what a node is. What was found wrong with it while that was contested
    /// stands against both that it may have been.
    private mutating func resolve(_ id: NodeID, _ report: HardwareReport) -> LedgerArrival {
        var found = ledger.arrive(id, report, policy: policy.arrival, at: moment)
        guard let old = self[id], old.isContested, old.machine != found.machine else {
            return found
        }
        var isBad = ledger.copyOpenFaults(of: old.machine, to: found.machine)
        for case (let part?, let place) in zip(old.parts, found.parts.indices) {
            isBad =
                ledger.copyOpenFaults(of: part, to: found.parts[place], or: found.machine) || isBad
        }
        guard isBad else { return found }
        let reasons = ledger.reasons(against: found.machine)
        found.standing = .knownBad(reasons, isRenamed: found.isRenamed)
        return found
    }

    mutating func depart(_ id: NodeID) {
        guard let node = self[id] else { return ignore() }
        forget(node)
        reviewContested(but: id)
    }

    /// Ends what is under way for a node that is gone, or is another machine now.
    private mutating func forget(_ node: NodeHealth) {
        if node.track.state.takesWork { losses.inService -= 1 }
        operations.removeAll { $0.node == node.id }
        if ledger.machines[node.machine.index].node == node.id {
            ledger.leave(node.machine, at: moment)
        }
        nodes[node.id.index] = nil
        recount(node.id)
        setContested(node.id, false)
    }

    private mutating func begin(_ id: NodeID, _ arrival: Arrival, _ found: LedgerArrival) {
        let report = arrival.report.within(limits: FleetLimits.devicesPerNode)
        let count = max(found.parts.count, Int(report.deviceCount))
        let track = HealthTrack(state: .unqualified, since: moment)
        var node = NodeHealth(
            id: id, machine: found.machine, report: report,
            domains: Array(arrival.domains.prefix(FleetLimits.topologyLevels)), parts: found.parts,
            answering: HealthEngine.answering(report), standing: found.standing, track: track,
            devices: [HealthTrack](repeating: track, count: count), pool: arrival.pool)
        let action = action(on: found)
        switch action {
        case .admit: break
        case .qualify:
            node.track.want(
                .prove, .afterJob, HealthEngine.components(of: node), at: clock.engine)
            wantProof(of: found.machine, &node)
        case .refuse: node.hold = .refused
        }
        node.isContested = found.isContested
        if found.isContested { node.hold = .contested }
        nodes[id.index] = node
        recount(id)
        setContested(id, found.isContested)
        tell(.arrived(id, found.machine, found.standing))
        if node.hold == .refused {
            output.append(
                .refuse(id, ledger.evidence(of: found.machine, node: id, at: moment)))
        }
        guard node.hold == nil, action == .admit else { return }
        move(id, to: .inService, .arrivalAdmitted)
        for device in node.devices.indices where node.answering & 1 << UInt64(device) != 0 {
            move(id, Int32(device), to: .inService, .arrivalAdmitted)
        }
    }

    private func action(on found: LedgerArrival) -> ArrivalAction {
        switch found.standing {
        case .new: return policy.arrival.new
        case .knownGood: return policy.arrival.knownGood
        case .contradictory: return policy.arrival.contradictory
        case .knownBad(let reasons, let isRenamed):
            if reasons.contains(.retiredMachine) { return .refuse }
            return isRenamed ? policy.arrival.knownBadRenamed : policy.arrival.knownBad
        }
    }

    /// Asks for a test of everything that is open against a machine, at the level that it takes.
    mutating func wantProof(of machine: MachineID, _ node: inout NodeHealth) {
        let parts = node.parts.compactMap { $0 }.map { ledger.parts[$0.index].history }
        for history in [ledger.machines[machine.index].history] + parts {
            for fault in history.open {
                node.track.components.formUnion(fault.components)
                node.track.rung = max(node.track.rung, fault.action)
            }
        }
    }

    /// A node that is here reports what it is made of once more.
    private mutating func refresh(_ old: NodeHealth, _ arrival: Arrival, _ found: LedgerArrival) {
        var node = old
        node.report = arrival.report.within(limits: FleetLimits.devicesPerNode)
        // Whatever it was held for is judged again, with what is known now.
        if let hold = old.hold,
            hold == .contested ? !found.isContested : old.report != node.report
        {
            return restart(old, arrival, found)
        }
        node.domains = Array(arrival.domains.prefix(FleetLimits.topologyLevels))
        node.pool = arrival.pool
        node.parts = found.parts
        node.isContested = found.isContested
        setContested(old.id, found.isContested)
        node.answering = HealthEngine.answering(node.report)
        while node.devices.count < found.parts.count {
            node.devices.append(HealthTrack(state: .unqualified, since: moment))
        }
        for index in node.devices.indices
        where found.replacedDevices & 1 << UInt64(index) != 0 {
            replace(index, of: &node)
        }
        watchMissing(&node, since: old)
        takeWithDevices(&node, since: old)
        nodes[old.id.index] = node
        recount(old.id)
    }

    /// Another device stands in a place: it begins a life of its own, with what is open against it.
    /// What was under way for its predecessor is nobody's any more.
    private mutating func replace(_ index: Int, of node: inout NodeHealth) {
        let id = node.id
        operations.removeAll { $0.node == id && $0.device == Int32(index) }
        let decisions = node.devices[index].decisions
        node.devices[index] = HealthTrack(state: .unqualified, since: moment)
        node.devices[index].decisions = decisions
        tell(.deviceReplaced(id, Int32(index)))
        node.devices[index].want(.prove, .afterJob, .ofOneDevice, at: clock.engine)
        if !node.canShrink(policy.repair) {
            node.track.want(.prove, .afterJob, .ofOneDevice, at: clock.engine)
        }
        guard node.parts.indices.contains(index), let part = node.parts[index] else { return }
        for fault in ledger.parts[part.index].history.open {
            node.devices[index].want(
                fault.action, .afterJob, fault.components, at: clock.engine)
        }
    }

    /// A device that answered and does not any more goes out once its job has ended, where
    /// contradictions are not to be put up with: what does not answer gives no work anything.
    private mutating func watchMissing(_ node: inout NodeHealth, since old: NodeHealth) {
        let missing = old.answering & ~node.answering
        guard missing != 0, policy.arrival.contradictory != .admit else { return }
        guard node.canShrink(policy.repair) else {
            return node.track.want(.prove, .afterJob, .ofOneDevice, at: clock.engine)
        }
        for index in node.devices.indices
        where missing & 1 << UInt64(index) != 0 && node.devices[index].state.takesWork {
            node.devices[index].want(.prove, .afterJob, .ofOneDevice, at: clock.engine)
        }
    }

    /// A node that cannot do without single devices any more goes for those that are out, or are
    /// to go: nothing keeps work from them.
    private func takeWithDevices(_ node: inout NodeHealth, since old: NodeHealth) {
        guard old.canShrink(policy.repair), !node.canShrink(policy.repair),
            node.track.state.takesWork
        else { return }
        for (index, device) in node.devices.enumerated()
        where node.answering & 1 << UInt64(index) != 0 {
            guard !device.state.takesWork || device.wanted.takesOut else { continue }
            node.track.want(
                max(device.wanted, .prove), device.urgency, device.components.union(.ofOneDevice),
                at: clock.engine)
        }
    }

    private mutating func restart(
        _ old: NodeHealth, _ arrival: Arrival, _ found: LedgerArrival
    ) {
        begin(old.id, arrival, found)
        nodes[old.id.index]?.isCordoned = old.isCordoned
        nodes[old.id.index]?.toldUnhealthy = old.toldUnhealthy
        nodes[old.id.index]?.cordonedBy = old.cordonedBy
        nodes[old.id.index]?.isBusy = old.isBusy
        nodes[old.id.index]?.busyDevices = old.busyDevices
        nodes[old.id.index]?.lastHeard = old.lastHeard
    }

    /// Nodes that another one stood in the way of may be free to come in now, or to be known for
    /// what they are.
    mutating func reviewContested(but except: NodeID) {
        for id in contested where id != except {
            if let node = self[id], node.isContested { rearrive(node) }
        }
    }

    private mutating func setContested(_ id: NodeID, _ isContested: Bool) {
        if let index = contested.firstIndex(of: id) {
            if !isContested { contested.remove(at: index) }
        } else if isContested {
            contested.append(id)
            contested.sort()
        }
    }

    /// Looks once more at what a node said when it last reported.
    mutating func rearrive(_ node: NodeHealth) {
        let arrival = Arrival(report: node.report, domains: node.domains, pool: node.pool)
        let found = resolve(node.id, node.report)
        let isSame = found.machine == node.machine
        guard !found.isContested || !isSame else { return }
        if node.hold == nil {
            if isSame {
                refresh(node, arrival, found)
            } else {
                forget(node)
                restart(node, arrival, found)
            }
            return tend(node.id)
        }
        if !isSame, ledger.machines[node.machine.index].node == node.id {
            ledger.leave(node.machine, at: moment)
        }
        restart(node, arrival, found)
        tend(node.id)
    }

    private static func answering(_ report: HardwareReport) -> UInt64 {
        report.devices.reduce(0) { $0 | 1 << UInt64($1.index) }
    }

    static func components(of node: NodeHealth) -> ComponentSet {
        node.devices.isEmpty ? .host : .ofOneDevice
    }
}
