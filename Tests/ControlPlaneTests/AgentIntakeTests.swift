import AgentWire
import FleetModel
import Health
import HealthControl
import HealthSignals
import Store
import Testing

@testable import ControlPlane

/// Goal: what agents tell reaches the health engine once, whatever is sent again, and a machine is
/// known by what it is made of.
@Suite("What agents tell the control plane")
struct AgentIntakeTests {
    /// The agent of one machine.
    private struct Agent {
        var serial: String
        var stream: UInt64
        var number: UInt64 = 0
        var sequence: UInt64 = 1

        var report: MachineReport {
            var report = MachineReport()
            report.chassisSerial = serial
            report.devices = (0..<8).map { index in
                ReportedDevice(
                    index: UInt8(index), uuid: "GPU-\(serial)-\(index)",
                    address: PCIAddress(bus: UInt8(index + 1)))
            }
            report.devicesOnBus = 8
            return report
        }

        mutating func message(
            _ node: String, _ records: [AgentRecord.Body] = [], at now: Instant
        ) -> AgentMessage {
            number += 1
            var message = AgentMessage(
                node: node, boot: BootID(high: 1, low: stream), stream: stream, number: number,
                sentAt: now)
            message.isWhole = number == 1
            message.report = number == 1 ? report : nil
            message.firstSequence = sequence
            message.records = records.map { AgentRecord(at: now, $0) }
            sequence += UInt64(records.count)
            return message
        }
    }

    private var offTheBus: AgentRecord.Body {
        var fault = LogFault(.xid(79))
        fault.device = PCIAddress(bus: 3)
        fault.text = "GPU has fallen off the bus."
        return .fault(fault)
    }

    /// As the server does it.
    private func send(
        _ message: AgentMessage, _ roster: inout AgentRoster, _ bench: Bench
    ) async throws {
        let reception = try #require(
            roster.receive(message, at: bench.plane.clock.now()))
        try await bench.plane.take(reception)
        roster.commit(reception)
    }

    private func report(_ index: Int, _ name: String) -> NodeReport {
        NodeReport(
            id: NodeID(index), name: name, pool: "default", kind: "H100", devices: 8,
            unhealthy: 0, host: HostResources(cpuMilli: 64_000, memoryMiB: 1 << 20),
            path: ["leaf-0"])
    }

    private func faults(_ bench: Bench, _ node: Int) async throws -> Int64 {
        try await bench.plane.perform { driver in
            let engine = driver.desk.engine
            return engine[NodeID(node)].map {
                Int64(engine.ledger.machines[$0.machine.index].history.counts.faults)
            } ?? -1
        }
    }

    @Test("a fault counts once, over restarts as well, and the machine is known under another name")
    func recognises() async throws {
        let bench = try await Bench("1x8/1", settings: .fast(grace: 0))
        try await bench.report(.nodesLost([NodeID(0)], detail: ""))
        try await bench.report(.nodes([report(1, "gpu-1"), report(2, "gpu-2")]))
        let node = try #require(bench.plane.view.directory.fleet.nodeNames.id(of: "gpu-1"))
        var roster = AgentRoster(try await bench.plane.marks())
        var agent = Agent(serial: "SN1", stream: 7)
        try await send(agent.message("gpu-1", at: bench.plane.clock.now()), &roster, bench)
        // Who says what it is made of while it works goes on to work.
        #expect(bench.plane.view.nodes[node.index]?.row.withdrawn == 0)
        #expect(bench.plane.view.nodes[node.index]?.row.isHeld == false)
        let told = agent.message("gpu-1", [offTheBus], at: bench.plane.clock.now())
        try await send(told, &roster, bench)
        #expect(bench.plane.view.nodes[node.index]?.row.isHeld == true)
        #expect(try await faults(bench, node.index) == 1)
        // The answer was lost, and so was the process.
        try await bench.restart()
        try await bench.report(.nodes([report(1, "gpu-1"), report(2, "gpu-2")]))
        roster = AgentRoster(try await bench.plane.marks())
        try await send(told, &roster, bench)
        #expect(try await faults(bench, node.index) == 1)
        // The provider hands it back.
        try await bench.report(.nodesLost([NodeID(1)], detail: "deleted"))
        try await bench.report(.nodes([report(9, "gpu-9")]))
        let new = try #require(bench.plane.view.directory.fleet.nodeNames.id(of: "gpu-9"))
        #expect(bench.plane.view.nodes[new.index]?.row.isHeld == false)
        var other = Agent(serial: "SN1", stream: 8)
        try await send(other.message("gpu-9", at: bench.plane.clock.now()), &roster, bench)
        #expect(bench.plane.view.nodes[new.index]?.row.isHeld == true)
        #expect(bench.plane.view.nodes[new.index]?.row.heldFor?.hasPrefix("refused") == true)
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("where devices sit is in the ledger, and what an older agent is silent about stays there")
    func knowsSeats() async throws {
        let bench = try await Bench("1x8/1", settings: .fast(grace: 0))
        let name = bench.plane.view.directory.node(NodeID(0))
        var roster = AgentRoster()
        var agent = Agent(serial: "SN1", stream: 7)
        var message = agent.message(name, at: bench.plane.clock.now())
        for index in 0..<8 {
            var seat = ReportedSeat()
            seat.guid = "0xd3b7e8d1ba5ee50\(index)"
            seat.chassisSerial = "1821624410056"
            (seat.slot, seat.tray, seat.host) = (12, 8, 1)
            seat.module = UInt8(index + 1)
            message.report?.devices[index].seat = seat
            message.report?.devices[index].fabric = ReportedFabric(cluster: "c1", clique: 7)
        }
        try await send(message, &roster, bench)
        func check() async throws {
            try await bench.plane.perform { driver in
                let part = try #require(driver.desk.engine.ledger.parts.first)
                let seat = try #require(part.seat)
                #expect(
                    driver.healthNames.words(seat)
                        == "chassis 1821624410056, slot 12, tray 8, host 1, module 1")
                #expect(part.fabric?.clique == 7)
                let guid = driver.healthNames.identities.id(of: "0xd3b7e8d1ba5ee500")
                #expect(guid.flatMap { driver.desk.engine.ledger.part(with: $0) } == part.id)
                // A rack is no machine.
                let rack = driver.healthNames.identities.id(of: "1821624410056")
                #expect(rack.flatMap { driver.desk.engine.ledger.machine(with: $0) } == nil)
            }
        }
        try await check()
        let rows = try bench.plane.store.read {
            try $0.hardwareHistory(HardwareFilter(.machine(0)))
        }
        let seat = "device 3: chassis 1821624410056, slot 12, tray 8, host 1, module 4"
        #expect(rows.contains { $0.text.hasSuffix(seat) })
        var older = agent.message(name, at: bench.plane.clock.now())
        older.version = 1
        older.isWhole = true
        older.report = agent.report
        try await send(AgentMessage(decoding: older.encoded()), &roster, bench)
        try await check()
        try await bench.restart()
        try await check()
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("devices that give no answer are watched, and agents that fall silent are")
    func watches() async throws {
        let bench = try await Bench("1x8/1", settings: .fast(grace: 0))
        let name = bench.plane.view.directory.node(NodeID(0))
        var roster = AgentRoster()
        var agent = Agent(serial: "SN1", stream: 7)
        let message = agent.message(
            name, [.devicesSilent(last: 3), .devicesAnswer, .logOverrun],
            at: bench.plane.clock.now())
        try await send(message, &roster, bench)
        let node = try await bench.plane.perform { $0.desk.engine[NodeID(0)] }
        #expect(node?.devices[3].state == .suspect || node?.track.state == .suspect)
        #expect(node?.lastHeard != nil)
        #expect(bench.plane.view.nodes[0]?.row.isHeld == false)
        await bench.plane.stop()
    }

    @Test("a node that is not in the fleet is refused, and nothing is kept of it")
    func refusesStrangers() async throws {
        let bench = try await Bench("1x8/1", settings: .fast(grace: 0))
        var roster = AgentRoster()
        var agent = Agent(serial: "SN1", stream: 7)
        let message = agent.message("nowhere", [offTheBus], at: bench.plane.clock.now())
        await #expect(throws: OperatingError.self) { try await send(message, &roster, bench) }
        #expect(try await bench.plane.marks() == [])
        await bench.plane.stop()
    }

    @Test("marks survive a way through rows, and damage is refused")
    func keepsMarks() throws {
        let mark = AgentMark(
            node: "a",
            streams: [
                StreamMark(stream: .max, sequence: 3, number: 1 << 40),
                StreamMark(stream: 2, sequence: 0, number: 9),
            ], heardAt: .zero)
        #expect(try AgentMark(AgentRow(mark)) == mark)
        for count in [1, 23, 25, 24 * 5] {
            let row = AgentRow(
                node: "a", heardAt: .zero, streams: [UInt8](repeating: 0, count: count))
            #expect(throws: OperatingError.self) { try AgentMark(row) }
        }
    }

    @Test("values become signs once, over restarts of both sides, and of the right device")
    func readsMetrics() async throws {
        let bench = try await Bench("1x8/1", settings: .fast(grace: 0))
        try await bench.report(.nodesLost([NodeID(0)], detail: ""))
        try await bench.report(.nodes([report(1, "gpu-1")]))
        let node = try #require(bench.plane.view.directory.fleet.nodeNames.id(of: "gpu-1"))
        var roster = AgentRoster(try await bench.plane.marks())
        var agent = Agent(serial: "SN1", stream: 7)
        func tell(_ values: [(UInt8, Int32, Int64)]) async throws {
            var message = agent.message("gpu-1", at: bench.plane.clock.now())
            message.samples = values.map {
                AgentSample(SampleKey(.device($0.0), .field($0.1)), $0.2)
            }
            try await send(message, &roster, bench)
        }
        func told() async throws -> [String] {
            try await bench.plane.perform { driver in
                let names = driver.desk.names
                return driver.desk.engine.ledger.parts.flatMap { part in
                    part.history.open.map { names.cause($0.cause) + " \($0.action)" }
                }
            }
        }
        // Counters and what is in order say nothing.
        try await tell([(0, 311, 3), (2, 395, 0), (3, 202, 9), (4, 99_999, 1)])
        #expect(try await told() == [])
        try await tell([(2, 395, 1)])
        #expect(try await told() == ["gpuMemoryUnrepairable prove"])
        let before = try await bench.plane.perform { $0.desk.lines(of: node).count }
        #expect(before == 1)
        // The control plane is another one; the agent tells all that it has.
        try await bench.restart()
        try await bench.report(.nodes([report(1, "gpu-1")]))
        roster = AgentRoster(try await bench.plane.marks())
        try await tell([(0, 311, 3), (2, 395, 1), (3, 202, 9)])
        #expect(try await bench.plane.perform { $0.desk.lines(of: node).count } == 1)
        // The machine is started anew, and its memory is as it was.
        agent = Agent(serial: "SN1", stream: 8)
        try await tell([(0, 311, 900), (2, 395, 1)])
        #expect(try await bench.plane.perform { $0.desk.lines(of: node).count } == 2)
        #expect(try await told() == ["gpuMemoryUnrepairable prove"])
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }
}
