import FleetModel

extension HealthEngine {
    /// Others who may have cordoned one node.
    private static let mostCordons = 16

    /// Takes in what people and other tools say.
    mutating func hear(_ statement: Statement, about id: NodeID) {
        guard let node = self[id] else { return ignore() }
        switch statement {
        case .cordoned(let who):
            guard !node.cordonedBy.contains(who),
                node.cordonedBy.count < HealthEngine.mostCordons
            else { break }
            nodes[id.index]?.cordonedBy = (node.cordonedBy + [who]).sorted()
        case .uncordoned(let who):
            nodes[id.index]?.cordonedBy.removeAll { $0 == who }
        case .liftedOurs(let who):
            guard node.isCordoned else { break }
            // It is set again below if the node is not fit for work.
            nodes[id.index]?.isCordoned = false
            if node.hold != nil || !node.track.state.takesWork {
                tell(.cordonRestored(id, by: who))
            }
        case .repairedByHand: takeAsRepaired(node)
        case .test: wantTest(node)
        case .accept: accept(node)
        case .identitiesAreShared: share(node)
        case .cleared: clear(node)
        case .retire: retire(id)
        case .reinstate: reinstate(node)
        case .forgiveAttempts: forgive(node)
        case .restack(let order): restack(node, order)
        case .restacked: noteRestacked(node)
        case .withdrawRestack: withdrawRestack(node)
        case .withdrawn(let cause): withdraw(cause, of: node)
        case .proceed: proceed(node)
        }
        tend(id)
    }

    private mutating func takeAsRepaired(_ node: NodeHealth) {
        let id = node.id
        if node.track.state == .quarantined || node.track.state == .repairing {
            nodes[id.index]?.restack?.phase = .installed
            finishByHand(node, nil, max(need(of: node), node.track.rung))
        }
        guard node.track.state.takesWork else { return }
        for (index, device) in node.devices.enumerated()
        where device.state == .quarantined || device.state == .repairing {
            finishByHand(self[id] ?? node, Int32(index), max(device.wanted, device.rung))
        }
    }

    private mutating func finishByHand(
        _ node: NodeHealth, _ device: Int32?, _ action: FaultAction
    ) {
        let track = device.map { node.devices[Int($0)] } ?? node.track
        // What is under way there has no part in it any more; its answer will come too late.
        operations.removeAll { $0.node == node.id && $0.device == device }
        note(
            RepairRecord(
                action: action, cause: track.cause, outcome: .done, at: moment, node: node.id),
            of: node, device)
        change(node.id, device) { track in
            track.operation = nil
            track.performed = max(track.performed, action)
            track.held = nil
        }
        move(node.id, device, to: .proving, .repairedByHand, Grounds(track.kept.first?.finding))
    }

    private mutating func wantTest(_ node: NodeHealth) {
        if let test = node.network {
            // Begins anew, with its own test.
            giveUpNetwork(of: node.id)
            if node.track.state == .qualifying { withoutAnswer(test.own, node.track) }
        }
        for device in [nil] + node.devices.indices.map({ Optional(Int32($0)) }) {
            change(node.id, device) { track in
                track.fruitlessTests = 0
                track.testNotBefore = .zero
                if track.held == .noProof { track.held = nil }
            }
        }
        if self[node.id]?.track.state.takesWork == true {
            nodes[node.id.index]?.isTestWanted = true
        }
    }

    private mutating func accept(_ node: NodeHealth) {
        guard node.hold != nil, !ledger.machines[node.machine.index].history.isRetired else {
            return
        }
        nodes[node.id.index]?.hold = nil
        var kept = node
        kept.hold = nil
        kept.track.want(
            .prove, .afterJob, HealthEngine.components(of: node), at: clock.engine)
        wantProof(of: node.machine, &kept)
        nodes[node.id.index] = kept
    }

    /// Forgets the identities that a node has in common with others that are here.
    private mutating func share(_ node: NodeHealth) {
        // What it says is looked at in a copy: nothing has arrived.
        var probe = ledger
        let found = probe.arrive(node.id, node.report, policy: policy.arrival, at: moment)
        for contradiction in found.contradictions {
            switch contradiction {
            case .sharedChassis(let identity, _): ledger.share(identity)
            case .sharedDevice(let part, _):
                let record = ledger.parts[part.index]
                let told = node.report.devices.flatMap { [$0.uuid, $0.boardSerial] }
                for identity in [record.uuid, record.boardSerial].compactMap({ $0 })
                where told.contains(identity) {
                    ledger.share(identity)
                }
            case .repeatedInReport(let identity): ledger.share(identity)
            case .otherDevices, .movedDevice, .otherChassis, .missingDevice, .tooFewDevices: break
            }
        }
        if node.hold == .contested { rearrive(node) }
    }

    private mutating func clear(_ node: NodeHealth) {
        endSuspicion(node.id)
        guard node.track.state.takesWork else { return }
        // What a breaker held back never took effect; somebody says that it never should.
        if node.track.wanted.takesOut, !node.track.retires {
            change(node.id, nil) { $0.settle() }
            ledger.machines[node.machine.index].history.open = []
        }
        for (index, device) in node.devices.enumerated()
        where device.state.takesWork && device.wanted.takesOut {
            change(node.id, Int32(index)) { $0.settle() }
            if node.parts.indices.contains(index), let part = node.parts[index] {
                ledger.parts[part.index].history.open = []
            }
        }
        endSuspicion(node.id)
    }

    private mutating func retire(_ id: NodeID) {
        guard let node = self[id], node.track.state != .retired else { return }
        if node.track.state.takesWork || node.track.state == .draining {
            nodes[id.index]?.track.retires = true
            nodes[id.index]?.track.want(.prove, .afterJob, [], at: clock.engine)
            return
        }
        operations.removeAll { $0.node == id }
        change(id, nil) { $0.operation = nil }
        for index in node.devices.indices where node.devices[index].operation != nil {
            change(id, Int32(index)) { $0.operation = nil }
            let state = node.devices[index].state
            guard state == .repairing || state == .qualifying else { continue }
            move(
                id, Int32(index), to: state == .repairing ? .quarantined : .unqualified,
                .withNode, .none)
        }
        nodes[id.index]?.restack = nil
        ledger.machines[node.machine.index].history.isRetired = true
        move(id, to: .retired, .retired)
    }

    private mutating func reinstate(_ node: NodeHealth) {
        let isRetired = ledger.machines[node.machine.index].history.isRetired
        guard isRetired || node.track.retires else { return }
        ledger.machines[node.machine.index].history.isRetired = false
        change(node.id, nil) { $0.retires = false }
        guard node.track.state == .retired else { return }
        // The machine's faults are in the ledger; the node begins anew.
        guard move(node.id, to: .unqualified, .reinstated), var kept = self[node.id] else {
            return
        }
        let out = kept.track.outSince
        kept.track.settle()
        kept.track.outSince = out
        kept.track.want(
            .prove, .afterJob, HealthEngine.components(of: node), at: clock.engine)
        wantProof(of: node.machine, &kept)
        nodes[node.id.index] = kept
    }

    private mutating func forgive(_ node: NodeHealth) {
        ledger.machines[node.machine.index].attempts = []
        if node.restack?.phase == .failed {
            nodes[node.id.index]?.restack?.phase = .wanted
            nodes[node.id.index]?.restack?.tries = 0
        }
        for device in [nil] + node.devices.indices.map({ Optional(Int32($0)) }) {
            change(node.id, device) { track in
                track.tries = 0
                if track.held == .exhausted {
                    track.held = nil
                    track.rung = .nothing
                }
            }
        }
        for breaker in breakers.tripped.map(\.id) {
            switch breaker {
            case .machine(node.machine), .cause(node.machine, _): close(breaker, isByHand: true)
            default: break
            }
        }
    }
}
