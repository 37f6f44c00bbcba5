import FleetModel
import Health
import Simulation

// Machines that come, are tested and repaired, and go: the backend, the provider and people.
extension HealthWorld {
    mutating func newBox(isFirst: Bool) -> Int {
        var defect = Defect.none
        if happens(scenario.mix.deadOnArrivalMilli) {
            defect = .device(Int32(luck.below(HealthScenario.devices)))
        }
        if isFirst, happens(scenario.mix.lemonMilli) { defect = .silent }
        boxes.append(TrueBox(number: boxes.count, defect: defect))
        return boxes.count - 1
    }

    /// A machine is set up in a place, under a name that no node had before.
    mutating func place(_ number: Int, in slot: Int) {
        let id = NodeID(slotOf.count)
        slotOf.append(slot)
        occupants.append([])
        provedAt.append(.zero)
        box[slot] = number
        node[slot] = id
        join(slot, id)
        if boxes[number].defect != .none { expectToShow(slot) }
    }

    /// A node reports. One that is not taken in comes without anything that could be given away
    /// until it is closed, as the control plane does it.
    private mutating func join(_ slot: Int, _ id: NodeID) {
        guard let number = box[slot] else { return }
        let domains = fleet.nodes[slot].domains
        tell(.arrived(id, Arrival(report: report(of: number), domains: domains)))
        var spec = fleet.nodes[slot]
        spec.id = id
        spec.unhealthyDevices = health[id]?.toldUnhealthy ?? 0
        areSparesStale = true
        guard health[id]?.isCordoned ?? false else { return give(.addNodes([spec])) }
        var closed = spec
        closed.unhealthyDevices = 0xFF
        closed.host = .zero
        give(.addNodes([closed]))
        give(.drain(id))
        give(.updateNodes([spec]))
        give(.setDeviceHealth(id, unhealthy: spec.unhealthyDevices))
    }

    private func report(of number: Int) -> HardwareReport {
        func identity(_ kind: Int) -> IdentityID? {
            scenario.variant.hasLedger ? IdentityID(number * 16 + kind) : nil
        }
        return HardwareReport(
            chassis: identity(15),
            devices: (0..<HealthScenario.devices).map { index in
                DeviceReport(index: Int32(index), uuid: identity(index))
            })
    }

    /// The backend says that a node is gone; it boots, and reports under its old name.
    mutating func lose(_ id: NodeID) {
        guard let slot = slot(of: id), health[id] != nil else { return }
        leave(id)
        if let number = box[slot] { boxes[number].mend() }
        after(seconds(480, 900), .back(slot: slot, id))
    }

    mutating func comeBack(_ slot: Int, _ id: NodeID) {
        guard node[slot] == id, health[id] == nil else { return }
        join(slot, id)
        account(slot)
    }

    private mutating func leave(_ id: NodeID) {
        lostNode = id
        give(.removeNodes([id]))
        lostNode = nil
        tell(.departed(id))
        areSparesStale = true
        account(slotOf[id.index])
    }

    // MARK: Tests and repairs

    /// The answer to a test, as the truth and some luck have it.
    mutating func tested(_ id: NodeID, _ operation: OperationID, _ asked: QualificationOutcome) {
        guard let slot = slot(of: id), let number = box[slot], health[id] != nil else { return }
        var outcome = asked
        if isFound(number, asked.devices) {
            outcome.verdict = .failed
            if case .device(let index) = boxes[number].defect {
                outcome.failedDevices = 1 << UInt64(index)
            }
        }
        tell(.qualified(id, operation, outcome))
    }

    /// Whether a test fails. Without proof a machine that idles looks well, whatever it is.
    private mutating func isFound(_ number: Int, _ devices: UInt64) -> Bool {
        guard scenario.variant.hasProof else { return false }
        let box = boxes[number]
        var isBad = box.isUpset || box.defect == .silent
        if case .device(let index) = box.defect, devices & 1 << UInt64(index) != 0 { isBad = true }
        return happens(isBad ? scenario.mix.foundMilli : scenario.mix.flakyMilli)
    }

    /// A reset or reboot was carried out; it works for 97 in 100.
    mutating func mended(_ id: NodeID, _ operation: OperationID) {
        guard let slot = slot(of: id), let number = box[slot], health[id] != nil else { return }
        let isDone = happens(970)
        if isDone { boxes[number].mend() }
        tell(.repaired(id, operation, isDone ? .done : .failed))
    }

    // MARK: People

    /// People send a machine to the provider, when that is what is left.
    mutating func operate(_ id: NodeID) {
        guard let slot = slot(of: id), let known = health[id] else { return }
        let isStuck =
            known.hold != nil || known.track.held != nil
            || health.operations.contains { $0.node == id && $0.kind == .repair(.replace) }
        let isShrunk = known.devices.contains { $0.held != nil }
        guard isStuck || isShrunk, occupants[id.index].isEmpty else { return }
        if known.track.state.takesWork, known.track.held != nil, !isShrunk { return }
        leave(id)
        node[slot] = nil
        account(slot)
        let isBad = box[slot].map { boxes[$0].defect != .none } ?? false
        let isSame = isBad && happens(scenario.mix.handedBackMilli)
        after(seconds(24 * 3600, 72 * 3600), .deliver(slot: slot, isSame: isSame))
    }

    /// The provider brings another machine, or the same under another name.
    mutating func deliver(_ slot: Int, isSame: Bool) {
        let number = isSame ? box[slot] : nil
        place(number ?? newBox(isFirst: false), in: slot)
        if isSame {
            figures.handedBack += 1
            let hold = node[slot].flatMap { health[$0] }?.hold
            if hold == .refused { figures.handedBackRefused += 1 }
        }
        account(slot)
    }
}
