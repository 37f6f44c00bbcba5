import FleetModel
import Health

extension HealthBook {
    /// Writes a move down, and judges it.
    mutating func note(
        _ id: NodeID, _ device: Int32?, _ from: HealthState, _ to: HealthState,
        _ rule: DecisionRule
    ) {
        guard nodes[id] != nil else { return complain("node \(id) moves and is not here") }
        if !TransitionTable.allows(from, to) { complain("node \(id): \(from) to \(to)") }
        let name = "node \(id)" + (device.map { ", device \($0)" } ?? "")
        count(from, to, rule, device)
        if to == .inService || to == .suspect, !from.takesWork {
            judgeReturn(id, device, from, to, rule, name)
        }
        let wasInService =
            device == nil && from == .qualifying && nodes[id]?.testedFrom.takesWork == true
        let isFault: Set<DecisionRule> = [
            .fault, .partialFault, .deviceNeedsNode, .proofFailed, .faultInProof, .retired,
        ]
        if isFault.contains(rule), to != .suspect, from.takesWork || wasInService, !to.takesWork {
            judgeOutage(id, device, from, rule, name)
        }
        if id == innocent, device == nil,
            ![.inService, .suspect, .qualifying, .unqualified].contains(to)
        {
            complain("\(name) went to \(to) by \(rule) and nothing was wrong")
        }
        if device == nil, !to.takesWork { passed[id] = nil }
        if device == nil { misses.forget(id) }
        set(id, device, from, to)
    }

    private mutating func set(
        _ id: NodeID, _ device: Int32?, _ from: HealthState, _ to: HealthState
    ) {
        guard let device else {
            nodes[id]?.state = to
            if to == .qualifying { nodes[id]?.testedFrom = from }
            if to.takesWork {
                nodes[id]?.wasInService = true
                nodes[id]?.outSince = nil
            } else if nodes[id]?.outSince == nil {
                nodes[id]?.outSince = wall
            }
            return
        }
        while nodes[id]?.devices.count ?? 0 <= Int(device) {
            nodes[id]?.devices.append(.unqualified)
        }
        nodes[id]?.devices[Int(device)] = to
    }

    private mutating func judgeReturn(
        _ id: NodeID, _ device: Int32?, _ from: HealthState, _ to: HealthState,
        _ rule: DecisionRule, _ name: String
    ) {
        if from == .unqualified, rule == .arrivalAdmitted {
            return judgeAdmission(id, device, name)
        }
        if from == .qualifying, to == .suspect {
            // An idle test without an answer, or one whose failure a breaker kept from counting.
            let isFine = nodes[id]?.testedFrom.takesWork == true && rule != .proofPassed
            return isFine ? () : complain("\(name) returned to suspect from a first test")
        }
        guard proof(id, device: device) else {
            return complain("\(name) returned from \(from) by \(rule) without a proof")
        }
        clearBad(id, device)
    }

    private mutating func judgeAdmission(_ id: NodeID, _ device: Int32?, _ name: String) {
        guard let report = nodes[id]?.report else { return }
        if let device {
            let uuid = report.devices.first { $0.index == device }?.uuid
            if let uuid, let step = bad[uuid] {
                complain("\(name) was admitted and is bad since step \(step)")
            }
        } else if let chassis = report.chassis, let step = bad[chassis] {
            complain("\(name) was admitted in a chassis that is bad since step \(step)")
        }
    }

    private mutating func clearBad(_ id: NodeID, _ device: Int32?) {
        guard let report = nodes[id]?.report else { return }
        if let device {
            let uuids = nodes[id]?.uuids ?? []
            let index = Int(device)
            if uuids.indices.contains(index), let uuid = uuids[index] { bad[uuid] = nil }
            let told = report.devices.first { $0.index == device }?.uuid
            told.map { bad[$0] = nil }
        } else {
            report.chassis.map { bad[$0] = nil }
            nodes[id]?.chassis.map { bad[$0] = nil }
            let uuids = nodes[id]?.uuids ?? []
            for (index, uuid) in uuids.enumerated() where proof(id, device: Int32(index)) {
                uuid.map { bad[$0] = nil }
            }
            for device in report.devices where proof(id, device: device.index) {
                device.uuid.map { bad[$0] = nil }
            }
        }
    }

    private mutating func judgeOutage(
        _ id: NodeID, _ device: Int32?, _ from: HealthState, _ rule: DecisionRule, _ name: String
    ) {
        guard let node = nodes[id], node.wasInService else { return }
        let limits = policy.breakers
        charges.removeAll { now - $0.at > limits.window }
        // What is tested while it is in service is out only for the test.
        let isTested =
            node.testedFrom.takesWork
            && (from == .qualifying && device == nil || node.state == .qualifying)
        guard device == nil || node.state.takesWork || isTested else { return }
        let whole = units(node) - devicesOut(node)
        let asked = device == nil ? whole : 1
        var total: Int64 = 0
        var out: Int64 = isTested ? -whole : 0
        var domainTotal: Int64 = 0
        for id in nodes.keys.sorted() {
            guard let other = nodes[id], other.wasInService else { continue }
            total += units(other)
            out += other.state.takesWork ? devicesOut(other) : units(other)
            if other.domain != nil, other.domain == node.domain { domainTotal += units(other) }
        }
        let window = charges.reduce(asked) { $0 + Int64($1.devices) }
        let least = Int64(limits.leastDevices)
        if rule != .retired, accepted != id {
            guard asked > 0 else { return }
            if window > max(least, total * Int64(limits.fleetMilli) / 1000) {
                complain("\(name): \(window) devices of \(total) went out in a window")
            }
            if out + asked > max(least, total * Int64(limits.heldMilli) / 1000) {
                complain("\(name): \(out + asked) devices of \(total) are out")
            }
            let inDomain = charges.reduce(asked) {
                $0 + ($1.domain == node.domain ? Int64($1.devices) : 0)
            }
            let limit = max(
                Int64(limits.leastDomainDevices),
                domainTotal * Int64(limits.domainMilli) / 1000)
            if node.domain != nil, inDomain > limit {
                complain("\(name): \(inDomain) devices of one domain went out in a window")
            }
            let open: [BreakerID] =
                [.fleetWindow, .fleetHeld]
                + (node.domain.map { [.domain($0)] } ?? [])
            if tripped.contains(where: open.contains) {
                complain("\(name) went out by \(rule) while a breaker was open")
            }
        }
        charges.append(
            OutageCharge(at: now, devices: Int32(clamping: asked), domain: node.domain))
    }

    private func units(_ node: Node) -> Int64 { Int64(max(1, deviceCount(node))) }

    private func deviceCount(_ node: Node) -> Int {
        // A report may name a device beyond the number that it says it has.
        let named = node.report.devices.map(\.index).filter { (0..<64).contains($0) }.max() ?? -1
        return Int(max(node.report.deviceCount, named + 1, Int32(node.devices.count)))
    }

    private func devicesOut(_ node: Node) -> Int64 {
        let known = node.devices.reduce(Int64(0)) { $0 + ($1.takesWork ? 0 : 1) }
        return known + Int64(deviceCount(node) - node.devices.count)
    }

    private mutating func count(
        _ from: HealthState, _ to: HealthState, _ rule: DecisionRule, _ device: Int32?
    ) {
        switch rule {
        case .arrivalAdmitted: counts.note(.admitted)
        case .arrivalTested: counts.note(.arrivalTested)
        case .fault: if from.takesWork { counts.note(.tookOutNode) }
        case .partialFault: counts.note(.tookOutDevice)
        case .deviceNeedsNode: counts.note(.deviceNeededNode)
        case .suspicion: break
        case .suspicionEnded: counts.note(.suspicionEnded)
        case .idleTest: counts.note(.idleTested)
        case .drained: counts.note(.drained)
        case .repairDone: if from == .repairing { counts.note(.repaired) }
        case .repairFailed: counts.note(.repairFailed)
        case .repairedByHand: counts.note(.repairedByHand)
        case .proofPassed: counts.note(.proved)
        case .proofFailed: counts.note(device == nil ? .proofFailed : .provedPartly)
        case .faultInProof: counts.note(.faultInProof)
        case .retired: if to == .retired { counts.note(.retired) }
        case .reinstated: counts.note(.reinstated)
        case .hardwareReplaced: counts.note(.replacedDevice)
        case .restack: if from.takesWork { counts.note(.restackBegun) }
        case .restacked: counts.note(.restacked)
        case .repairBegins, .noAnswer, .withNode, .accepted: break
        }
    }

    /// Compares the engine's own books with these.
    mutating func compare(with engine: HealthEngine) {
        comparePairs(with: engine)
        for case .some(let node) in engine.nodes {
            guard let own = nodes[node.id] else {
                complain("node \(node.id) is there and never came")
                continue
            }
            if own.isContested, node.hold == nil { counts.note(.contestEnded) }
            nodes[node.id]?.isContested = node.hold == .contested
            nodes[node.id]?.isHeld = node.hold != nil
            nodes[node.id]?.uuids = node.parts.map { part in
                part.flatMap { engine.ledger.parts[$0.index].uuid }
            }
            nodes[node.id]?.chassis = engine.ledger.machines[node.machine.index].chassis
            if own.cordonedBy != node.cordonedBy {
                complain("node \(node.id): cordons of others changed")
            }
            if own.isCordoned != node.isCordoned {
                complain("node \(node.id): its own cordon is off")
            }
            if own.state != node.track.state { complain("node \(node.id): a move in silence") }
            if let out = own.outSince, node.track.outSince?.wall != out {
                complain("node \(node.id): the time of its outage changed")
            }
            var devices = node.devices.map(\.state)
            while devices.count < own.devices.count { devices.append(.unqualified) }
            nodes[node.id]?.devices = devices
            nodes[node.id]?.report.deviceCount = Int32(node.devices.count)
        }
        if engine.counters.refusedMoves != 0 { complain("a move that the table does not have") }
    }
}
