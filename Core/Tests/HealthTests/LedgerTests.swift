import FleetModel
import Testing

@testable import Health

/// Goal: hardware is known by what it is, whatever its node is called.
@Suite struct LedgerTests {
    private let policy = ArrivalPolicy()

    private func moment(_ seconds: Int64) -> Moment {
        Moment(engine: .seconds(seconds), wall: .seconds(seconds))
    }

    @Test func aRenamedMachineIsTheSameMachine() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        let machine = harness.engine[NodeID(0)]?.machine
        harness.tell(.departed(NodeID(0)))
        harness.arrive(5, box: 1)
        #expect(harness.engine[NodeID(5)]?.machine == machine)
        let places = harness.engine.ledger.machines[0].history.places
        #expect(places.map(\.node) == [NodeID(0), NodeID(5)])
        #expect(places.map { $0.until == nil } == [false, true])
    }

    /// The ledger keeps the last of each; whoever takes entries gets all of them, once.
    @Test func everythingIsHandedOn() {
        var policy = HealthHarness.trusting
        policy.historyKept = 1
        var harness = HealthHarness(policy)
        harness.arrive(0, box: 1)
        #expect(harness.engine.takeEntries() == [])
        harness.engine.handOnEntries()
        for _ in 0..<3 { harness.tell(.found(NodeID(0), harness.finding(.device(2), .restart))) }
        harness.tell(.attemptEnded(AttemptEnd(job: JobID(4), nodes: [NodeID(0)], cause: .done)))
        harness.tell(.departed(NodeID(0)))
        harness.arrive(5, box: 1)
        let entries = harness.engine.takeEntries()
        let faults = entries.filter { if case .fault = $0.record { true } else { false } }
        #expect(faults.map(\.part) == [PartID](repeating: PartID(2), count: 3))
        #expect(harness.engine.ledger.machines[0].history.faults.count == 1)
        #expect(entries.allSatisfy { $0.machine == MachineID(0) })
        let own = entries.filter { $0.part == nil }.map(\.record)
        guard own.count == 3, case .job(let end, NodeID(0)) = own[0],
            case .left(NodeID(0), _) = own[1], case .place(let place) = own[2]
        else {
            Issue.record("\(own)")
            return
        }
        #expect(end.job == JobID(4) && place.node == NodeID(5))
        #expect(harness.engine.takeEntries() == [])
    }

    /// A backend knows the number of devices at once, and an agent tells later what they are.
    @Test func whoSaysLaterWhatItIsMadeOfIsNothingNew() {
        var harness = HealthHarness(HealthHarness.trusting)
        let report = HardwareReport(
            chassis: nil, devices: (0..<8).map { DeviceReport(index: $0) }, nics: [])
        harness.tell(.arrived(NodeID(0), Arrival(report: report)))
        let machine = harness.engine[NodeID(0)]?.machine
        let parts = harness.engine[NodeID(0)]?.parts
        harness.arrive(0, box: 1)
        let node = harness.engine[NodeID(0)]
        #expect(node?.machine == machine && node?.parts == parts)
        #expect(node?.devices.allSatisfy { $0.state == .inService } == true)
        #expect(node?.toldUnhealthy == 0)
        #expect(harness.engine.ledger.parts.allSatisfy { $0.uuid != nil })
        // From now on another one in its place is another one.
        var other = harness.report(box: 1)
        other.devices[3].uuid = harness.report(box: 2).devices[3].uuid
        other.devices[3].boardSerial = nil
        harness.tell(.arrived(NodeID(0), Arrival(report: other)))
        #expect(harness.engine[NodeID(0)]?.devices[3].state != .inService)
    }

    @Test func aMachineWithoutAChassisIsKnownByMostOfItsDevices() {
        var harness = HealthHarness()
        var ledger = HardwareLedger()
        let whole = harness.report(box: 1, chassis: false)
        let first = ledger.arrive(NodeID(0), whole, policy: policy, at: moment(1))
        ledger.leave(first.machine, at: moment(2))
        var fewer = whole
        fewer.devices = Array(whole.devices.prefix(5))
        fewer.nics = []
        fewer.deviceCount = 8
        let second = ledger.arrive(NodeID(1), fewer, policy: policy, at: moment(3))
        #expect(second.machine == first.machine)
        // The three that do not answer still belong to it, and their past with them.
        #expect(
            second.contradictions.filter { if case .missingDevice = $0 { true } else { false } }
                .count == 3)
        #expect(second.contradictions.contains(.tooFewDevices(have: 5, expected: 8)))
    }

    @Test func aDeviceTakesItsPastToAnotherChassis() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.arrive(1, box: 2)
        harness.find(0, harness.finding(.device(3), .replace))
        harness.tell(.departed(NodeID(0)))
        harness.tell(.departed(NodeID(1)))
        // Somebody puts the bad device into the second chassis, and a new one into the first.
        var second = harness.report(box: 2)
        second.devices[0] = harness.report(box: 1).devices[3]
        second.devices[0].index = 0
        let answer = harness.tell(.arrived(NodeID(7), Arrival(report: second)))
        guard case .knownBad(let reasons, let isRenamed) = harness.engine[NodeID(7)]?.standing
        else {
            Issue.record("\(answer)")
            return
        }
        #expect(isRenamed)
        #expect(reasons.count == 1)
        #expect(harness.engine[NodeID(7)]?.hold == .refused)
        var first = harness.report(box: 1)
        first.devices[3].uuid = harness.names.intern("GPU-new")
        first.devices[3].boardSerial = harness.names.intern("BOARD-new")
        harness.tell(.arrived(NodeID(0), Arrival(report: first)))
        // The chassis is rid of what was wrong, and is tested because it has another device.
        #expect(harness.engine[NodeID(0)]?.hold == nil)
        #expect(harness.state(0) == .qualifying)
    }

    @Test func twoNodesWithOneChassisSerialAreToldAndNotQuarantined() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        var twin = harness.report(box: 2)
        twin.chassis = harness.report(box: 1).chassis
        let answer = harness.tell(.arrived(NodeID(1), Arrival(report: twin)))
        #expect(
            answer.events.contains {
                if case .contradiction(_, .sharedChassis(_, let other)) = $0 {
                    other == NodeID(0)
                } else {
                    false
                }
            })
        #expect(harness.state(0) == .inService)
        #expect(harness.state(1) == .qualifying)
        #expect(harness.engine[NodeID(0)]?.machine != harness.engine[NodeID(1)]?.machine)
        // From now on the serial identifies neither: each is known by its devices.
        harness.tell(.departed(NodeID(0)))
        harness.tell(.departed(NodeID(1)))
        harness.tell(.arrived(NodeID(9), Arrival(report: twin)))
        #expect(harness.engine[NodeID(9)]?.machine == MachineID(1))
    }

    @Test func sledsOfOneEnclosureAreToldApartByTheirCards() {
        var harness = HealthHarness(HealthHarness.trusting)
        let serial = harness.names.intern("ENCLOSURE")
        for node in 0..<4 {
            let card = harness.names.intern("GUID-\(node)")
            let report = HardwareReport(
                chassis: serial, devices: [], nics: [card].compactMap { $0 })
            harness.tell(.arrived(NodeID(node), Arrival(report: report)))
        }
        #expect((0..<4).allSatisfy { harness.engine[NodeID($0)]?.hold == nil })
        #expect(Set((0..<4).compactMap { harness.engine[NodeID($0)]?.machine }).count == 4)
    }

    @Test func aContestedNodeStaysOneMachineWhateverComesAndGoes() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 0)
        // One device of its own, and three of another node that is here.
        var mixed = harness.report(box: 1, devices: 4, chassis: false)
        let others = harness.report(box: 0).devices
        for index in 1..<4 {
            mixed.devices[index].uuid = others[index].uuid
            mixed.devices[index].boardSerial = others[index].boardSerial
        }
        mixed.nics = []
        harness.tell(.arrived(NodeID(1), Arrival(report: mixed)))
        #expect(harness.engine[NodeID(1)]?.hold == .contested)
        let machines = harness.engine.ledger.machines.count
        for box in 2..<12 {
            harness.arrive(box, box: box)
            harness.tell(.departed(NodeID(box)))
        }
        #expect(harness.engine.ledger.machines.count == machines + 10)
        #expect(harness.engine[NodeID(1)]?.hold == .contested)
    }

    @Test func oneDeviceInTwoNodesHoldsTheSecondUntilTheFirstIsGone() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.arrive(1, box: 1)
        #expect(harness.engine[NodeID(1)]?.hold == .contested)
        #expect(harness.state(0) == .inService)
        #expect(harness.engine[NodeID(1)]?.isCordoned == true)
        harness.tell(.departed(NodeID(0)))
        #expect(harness.engine[NodeID(1)]?.hold == nil)
        #expect(harness.engine[NodeID(1)]?.machine == MachineID(0))
    }

    /// Where a device sits in its rack is a part of the place that it lives in.
    @Test func seatsArePlaces() throws {
        var ledger = HardwareLedger()
        ledger.handsOn = true
        func arrive(_ second: Int64, _ device: DeviceReport, chassis: Int = 60) {
            let report = HardwareReport(chassis: IdentityID(chassis), devices: [device])
            _ = ledger.arrive(NodeID(0), report, policy: policy, at: moment(second))
        }
        var device = DeviceReport(index: 0, uuid: IdentityID(1))
        arrive(1, device)
        // It says later where it sits, in parts, and says nothing of that once more: it has not
        // moved.
        device.seat = DeviceSeat(chassis: IdentityID(70), peer: 3)
        arrive(1, device)
        device.seat = DeviceSeat(chassis: IdentityID(70), slot: 12, tray: 8, host: 1, module: 1)
        device.guid = IdentityID(80)
        device.fabric = FabricPlace(cluster: IdentityID(81), clique: 4)
        arrive(2, device)
        arrive(3, DeviceReport(index: 0, uuid: IdentityID(1)))
        #expect(ledger.parts[0].history.places.count == 1)
        device.seat?.peer = 3
        #expect(ledger.parts[0].history.places.first?.seat == device.seat)
        // Who keeps rows has heard of it: the machine's place, the device's, and that one's seat.
        #expect(ledger.fresh.count == 4)
        #expect(ledger.parts[0].seat == device.seat && ledger.parts[0].fabric == device.fabric)
        // Its tray went into another slot, and so did the machine.
        let before = device.seat
        device.seat?.slot = 13
        arrive(4, device)
        #expect(ledger.parts[0].history.places.map { $0.seat } == [before, device.seat])
        #expect(ledger.parts[0].history.places.map { $0.until == nil } == [false, true])
        guard case .place(let told)? = ledger.fresh.last?.record else {
            Issue.record("no place is handed on")
            return
        }
        #expect(told.seat == device.seat)
        // In another place nothing is known of its seat until it says so.
        arrive(5, DeviceReport(index: 1, uuid: IdentityID(1)))
        #expect(ledger.parts[0].seat == nil)
        // The GUID finds the device; the rack's chassis is no machine's.
        #expect(ledger.part(with: IdentityID(80)) == PartID(0))
        #expect(ledger.machine(with: IdentityID(80)) == MachineID(0))
        #expect(ledger.machine(with: IdentityID(70)) == nil)
        // Another tray of that rack is another machine.
        var neighbour = DeviceReport(index: 0, uuid: IdentityID(2))
        neighbour.seat = device.seat
        let report = HardwareReport(chassis: IdentityID(61), devices: [neighbour])
        let other = ledger.arrive(NodeID(1), report, policy: policy, at: moment(6))
        #expect(other.machine == MachineID(1) && other.contradictions == [])
    }

    @Test func placeholdersIdentifyNothing() {
        var names = IdentityNames()
        for text in [
            "", "  ", "0", "N/A", "n/a ", "To Be Filled By O.E.M.", "Default string", "00000000",
            "FFFF-FFFF", "0000:0000:0000:0000", "[Unknown Error]",
        ] {
            let id = names.intern(text)
            #expect(id == nil, "\(text)")
        }
        let serial = names.intern(" gpu-12ab \n")
        #expect(serial != nil)
        #expect(serial == names.id(of: "GPU-12AB"))
        #expect(serial.map(names.text) == "GPU-12AB")
    }

    @Test func boardsWithSeveralDevicesDoNotMergeThem() {
        var ledger = HardwareLedger()
        let board = IdentityID(50)
        let report = HardwareReport(
            devices: [
                DeviceReport(index: 0, uuid: IdentityID(1), boardSerial: board),
                DeviceReport(index: 1, uuid: IdentityID(2), boardSerial: board),
            ])
        let first = ledger.arrive(NodeID(0), report, policy: policy, at: moment(1))
        #expect(Set(first.parts.compactMap { $0 }).count == 2)
        // A report without UUIDs finds one of them by the board, and takes the other as it stands.
        var bare = report
        bare.devices[0].uuid = nil
        bare.devices[1].uuid = nil
        let second = ledger.arrive(NodeID(0), bare, policy: policy, at: moment(2))
        #expect(second.machine == first.machine)
    }

    @Test func historyIsBoundedAndCountersAreNot() {
        var policy = HealthHarness.trusting
        policy.historyKept = 4
        var harness = HealthHarness(policy)
        harness.arrive(0, box: 1)
        for _ in 0..<50 { harness.find(0, harness.finding(.device(0), .restart)) }
        let part = harness.engine.ledger.parts[0].history
        #expect(part.faults.count == 4)
        #expect(part.counts.faults == 50)
        #expect(harness.engine.ledger.machines[0].history.counts.faults == 50)
    }

    @Test func theTicketSaysWhatAProviderNeeds() {
        var harness = HealthHarness(HealthHarness.trusting)
        var names = HealthNames()
        harness.arrive(0, box: 1)
        names.identities = harness.names
        while names.causes.count < 80 { _ = names.causes.intern("XID \(names.causes.count)") }
        for index in 0..<8 { _ = names.rules.intern("rule \(index)") }
        _ = names.nodes.intern("gpu-0231")
        harness.tell(
            .attemptEnded(
                AttemptEnd(
                    job: JobID(4711), nodes: [NodeID(0)], cause: .hardware, suspect: NodeID(0))))
        harness.find(0, harness.finding(.device(3), .replace))
        let evidence = harness.engine.ledger.evidence(
            of: MachineID(0), node: NodeID(0), at: harness.engine.moment)
        let text = evidence.ticketText(names, versions: ["driver 580.1", "kernel 6.8"])
        for part in [
            "CHASSIS-1", "GPU-1-3", "BOARD-1-3", "NIC-1", "XID 79", "gpu-0231", "asks for replace",
            "job     4711 ended: hardware, put down to it", "2025-11-24T", "rule 3",
            "version 7", "versions: driver 580.1, kernel 6.8",
        ] { #expect(text.contains(part), "\(part)\n\(text)") }
    }
}
