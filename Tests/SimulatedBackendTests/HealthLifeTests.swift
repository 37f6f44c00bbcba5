import ControlPlane
import Documents
import FleetModel
import Foundation
import Health
import HealthControl
import Logging
import SimulatedBackend
import Store
import Testing

/// Goal: the whole way of a bad machine, on a real control plane with simulated machines: it is
/// drained, its gang goes on elsewhere, and it is known under another name.
@Suite("The life of a bad machine")
struct HealthLifeTests {
    private static let caller = Caller(name: "tester", role: "admin", address: "127.0.0.1")

    private func plane(
        _ folder: String, _ fleet: FleetDefinition, machines: [String: String] = [:],
        strongest: FaultAction = .replace, deadLinks: Set<String> = []
    ) async throws -> ControlPlane {
        var settings = ControlPlaneSettings()
        settings.speed = 600
        settings.health.arrival.new = .qualify
        settings.health.arrival.contradictory = .qualify
        settings.health.repair.drainGrace = .zero
        settings.health.repair.strongest = strongest
        if !deadLinks.isEmpty { settings.health.network.arrival = true }
        let clock = Guarded<FleetClock?>(nil)
        settings.clockIsReady = { ready in clock.withLock { $0 = ready } }
        let backend = SimulatedBackend(
            fleet: fleet, speed: 600, machines: machines, deadLinks: deadLinks,
            clock: { clock.withLock { $0 }?.now() ?? .zero })
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try await ControlPlane(
            store: Store(folder: folder), backend: backend, settings: settings, logger: logger)
    }

    @Test("time goes on from what the health engine was told last")
    func goesOn() async throws {
        let folder = NSTemporaryDirectory() + "health-life-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var plane = try await plane(folder, fleet(["a"]))
        try await wait(plane, "it is tested") { $0.nodes[0]?.state == .ready }
        // Ten minutes of the fleet later, something that the scheduler need not know.
        try await Task.sleep(for: .seconds(1))
        let fault = NodeSignals(kernel: ["NVRM: Xid (PCI:0000:01:00): 31, pid=1, MMU Fault"])
        #expect(try await plane.take(fault, ofNode: "a", by: HealthLifeTests.caller).kept == 1)
        let before = plane.clock.now()
        await plane.stop()
        let told = try #require(plane.view.health.desk.lines(of: NodeID(0)).last).at
        #expect(told <= before)
        plane = try await self.plane(folder, fleet(["a"]))
        #expect(plane.clock.now() >= told)
        await plane.stop()
    }

    private func wait(
        _ plane: ControlPlane, _ what: String, _ isSo: (FleetView) -> Bool
    ) async throws {
        for _ in 0..<24_000 where !isSo(plane.view) {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(isSo(plane.view), "\(what)")
    }

    private func fleet(_ names: [String]) -> FleetDefinition {
        var fleet = FleetDefinition(topology: Topology(levels: []))
        var host = HostResources()
        host.cpuMilli = 64_000
        for name in names {
            fleet.addNode(
                name: name, pool: "default", kind: "H100", devices: 8, host: host, path: [])
        }
        return fleet
    }

    @Test("a dead link is found with other nodes, and blamed on the one that has it")
    func findsDeadLinks() async throws {
        let folder = NSTemporaryDirectory() + "health-life-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let plane = try await plane(
            folder, fleet(["a", "b", "c", "d", "e"]), strongest: .reset, deadLinks: ["c"])
        try await wait(plane, "all but one work, and that one is out") { view in
            (0..<5).allSatisfy { index in
                let state = view.health.desk.engine[NodeID(index)]?.track.state
                return index == 2 ? state == .quarantined : state == .inService
            }
        }
        let engine = plane.view.health.desk.engine
        #expect(engine[NodeID(2)]?.track.components.contains(.network) == true)
        #expect(engine.operations.isEmpty)
        #expect(
            (0..<5).allSatisfy { $0 == 2 || engine[NodeID($0)]?.isCordoned == false })
        await plane.stop()
    }

    @Test("drained, gone on elsewhere, and refused under another name")
    func isKnownAgain() async throws {
        let folder = NSTemporaryDirectory() + "health-life-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // A reboot is left to people, so that the machine leaves with its fault open.
        var plane = try await plane(folder, fleet(["a", "b", "c"]), strongest: .reset)
        // Nothing takes work before it is tested.
        try await wait(plane, "all are tested") { view in
            (0..<3).allSatisfy { view.nodes[$0]?.state == .ready }
        }
        let text = "{name: gang, members: 2, gpus: 8, expectedDuration: 1000h}"
        let document = try #require(JobsDocument.parse(SourceText(text, file: "job")).jobs.first)
        _ = try await plane.submit(
            Submission(
                document: document, text: text, caller: HealthLifeTests.caller, key: nil,
                digest: text, isDryRun: false))
        try await wait(plane, "the gang runs") { $0.jobs[0]?.row.state == .running }
        let node = try #require(plane.view.jobs[0]?.members.first?.placement.node)
        let name = plane.view.directory.node(node)
        let slot = "0000:01:00"
        _ = try await plane.take(
            NodeSignals(kernel: [
                "NVRM: Xid (PCI:\(slot)): 79, pid=1, GPU has fallen off the bus."
            ]), ofNode: name, by: HealthLifeTests.caller)
        try await wait(plane, "the gang runs elsewhere") { view in
            view.jobs[0]?.row.attempt == Attempt(2) && view.jobs[0]?.row.state == .running
                && view.jobs[0]?.members.allSatisfy { $0.placement.node != node } == true
        }
        #expect(plane.view.nodes[node.index]?.isClosed == true)
        await plane.stop()

        // Its provider hands the same machine back under another name.
        let others = ["a", "b", "c"].filter { $0 != name }
        plane = try await self.plane(folder, fleet(others + ["new"]), machines: ["new": name])
        let new = try #require(plane.view.directory.fleet.nodeNames.id(of: "new"))
        #expect(plane.view.nodes[new.index]?.isClosed == true)
        let engine = plane.view.health.desk.engine
        #expect(engine[new]?.hold == .refused)
        let machine = try #require(engine[new]?.machine)
        let evidence = engine.ledger.evidence(of: machine, node: new, at: .zero)
        let ticket = evidence.ticketText(plane.view.health.names)
        #expect(ticket.contains("XID 79") && ticket.contains(name))
        // Work goes on without it.
        #expect(plane.view.jobs[0]?.members.allSatisfy { $0.placement.node != new } == true)
        // Somebody accepts it: then it is tested, and works.
        _ = try await plane.state(
            .accept, reason: "repaired", ofNode: "new", by: HealthLifeTests.caller)
        try await wait(plane, "it is in service") { $0.nodes[new.index]?.state == .ready }
        await plane.stop()
    }
}
