import FleetModel
import Health
import HealthControl
import HealthSignals
import Store
import Testing

@testable import ControlPlane

/// Goal: what hardware goes through is kept once, whatever happens to the process, and found again
/// under another node's name.
@Suite("History of hardware")
struct HardwareHistoryTests {
    private static let facts = HardwareFacts(
        chassis: "SN-1",
        devices: (0..<8).map {
            .init(index: Int32($0), uuid: "GPU-\($0)", slot: "0000:0\($0 + 1):00.0")
        })
    private static let line = "NVRM: Xid (PCI:0000:03:00): 79, pid=1, x"

    private func rows(
        _ bench: Bench, _ subject: HardwareFilter.Subject, _ kinds: Set<HardwareRow.Kind>
    ) throws -> [HardwareRow] {
        try bench.plane.store.read { try $0.hardwareHistory(HardwareFilter(subject, limit: 1000)) }
            .filter { kinds.contains($0.kind) }
    }

    @Test("a fault is kept once with its line, and neither a restart nor a crash doubles it")
    func keepsOnce() async throws {
        let bench = try await Bench("2x8/1", settings: .fast(grace: 300))
        bench.facts = [NodeID(0): Self.facts]
        try await bench.restart()
        try await bench.log(Self.line, of: NodeID(0))
        let machine = try #require(
            try await bench.plane.perform { $0.desk.engine[NodeID(0)]?.machine.rawValue })
        let subject = HardwareFilter.Subject.machine(machine)
        let before = try rows(bench, subject, [.fault, .place])
        let fault = try #require(before.first { $0.kind == .fault })
        #expect(before.filter { $0.kind == .fault }.count == 1)
        #expect(fault.line == Self.line && fault.cause == "XID 79" && fault.serial == "SN-1")
        #expect(fault.node == bench.plane.view.directory.node(NodeID(0)))
        try await bench.restart()
        #expect(try rows(bench, subject, [.fault, .place]) == before)
        try await bench.crash()
        #expect(try rows(bench, subject, [.fault, .place]) == before)
        await bench.plane.stop()
    }

    @Test("a machine that comes back under another name has the same history")
    func followsNames() async throws {
        let bench = try await Bench("2x8/1", settings: .fast(grace: 300))
        bench.facts = [NodeID(0): Self.facts]
        try await bench.restart()
        try await bench.log(Self.line, of: NodeID(0))
        try await bench.plane.perform { driver in
            driver.departFromHealth(NodeID(0))
            driver.take(Self.facts, of: NodeID(1), from: .agent)
        }
        try await bench.settle()
        let known = try await bench.plane.perform { driver in
            driver.desk.engine[NodeID(1)].map { ($0.machine.rawValue, $0.parts[2]?.rawValue) }
        }
        let (machine, part) = try #require(known)
        let names = (0..<2).map { bench.plane.view.directory.node(NodeID($0)) }
        let moves = try rows(bench, .machine(machine), [.place, .left]).filter { $0.part == nil }
        #expect(moves.map(\.kind).prefix(2) == [.place, .left])
        #expect(moves.map(\.node).prefix(3) == [names[1], names[0], names[0]])
        #expect(try rows(bench, .machine(machine), [.fault]).map(\.node) == [names[0]])
        let own = try rows(bench, .device(#require(part)), [.place])
        // At first nobody had said which device it is.
        #expect(own.map(\.node) == [names[1], names[0]] && own.first?.uuid == "GPU-2")
        await bench.plane.stop()
    }

    /// A fault of the kernel's log names an address, one of a counter the card and its port.
    @Test("faults of a network interface are found by its GUID, in whichever machine it was")
    func followsInterfaces() async throws {
        let bench = try await Bench("2x8/1", settings: .fast(grace: 300))
        var facts = Self.facts
        let (first, second) = ("b83f:d203:0012:0001", "b83f:d203:0012:0002")
        facts.nics = [first, second]
        facts.interfaces = [
            .init(guid: first, name: "mlx5_0", slot: "0000:9a:00.0"),
            .init(guid: second, name: "mlx5_1", slot: "0000:9b:00.0"),
        ]
        bench.facts = [NodeID(0): facts]
        try await bench.restart()
        try await bench.plane.perform { driver in
            var flaps = LogFault(.event(.nicLinkFlaps))
            flaps.interface = "mlx5_0/1"
            var silent = LogFault(.event(.nicSilent))
            silent.device = PCIAddress(bus: 0x9B)
            silent.interface = "ens2"
            let now = driver.clock.now()
            driver.tellHealth(
                .faults(NodeID(0), [SeenFault(at: now, flaps), SeenFault(at: now, silent)]))
        }
        try await bench.settle()
        try await bench.restart()
        func faults(_ guid: String) throws -> [HardwareRow] {
            try rows(bench, .interface(guid.uppercased()), [.fault])
        }
        #expect(try faults(first).map(\.cause) == ["nicLinkFlaps"])
        #expect(try faults(second).map(\.cause) == ["nicSilent"])
        // They are the machine's, too, and a GPU's fault is of no interface.
        try await bench.log(Self.line, of: NodeID(0))
        let machine = try #require(
            try await bench.plane.perform { $0.desk.engine[NodeID(0)]?.machine.rawValue })
        let all = try rows(bench, .machine(machine), [.fault])
        #expect(all.first { $0.cause == "XID 79" }?.interface == nil)
        #expect(all.compactMap(\.interface) == [second.uppercased(), first.uppercased()])
        await bench.plane.stop()
    }

    @Test("jobs that ended there are kept, tests and repairs too")
    func keepsTheRest() async throws {
        let bench = try await Bench("1x8/1", settings: .fast(grace: 0), cares: true)
        try await bench.submit("{name: a, gpus: 8}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        try await bench.report(.finished(JobID(0), Attempt(1), []))
        try await bench.log(HealthInDriverTests.offTheBus, of: NodeID(0))
        try await bench.report(.repaired(NodeID(0), OperationID(1), .done))
        try await bench.report(.qualified(NodeID(0), OperationID(2), .passed(devices: 0xFF)))
        let found = try rows(bench, .machine(0), [.job, .repair, .test, .fault]).reversed()
        #expect(found.map(\.kind) == [.job, .fault, .repair, .test])
        #expect(found.map(\.isBrief) == [true, false, false, false])
        #expect(found.first?.job == JobID(0) && found.last?.text.contains("passed") == true)
        await bench.plane.stop()
    }
}
