import Documents
import FleetModel
import Foundation
import Health
import HealthControl
import Scheduler
import Store
import Testing

@testable import ControlPlane

/// Goal: a program that dies because its hardware did is not blamed for it, whether the fault is
/// heard before the program's end or after it.
@Suite("Ends whose reason is heard later")
struct OpenEndTests {
    private static let offTheBus = HealthInDriverTests.offTheBus

    private func run(_ bench: Bench, hasAgents: Bool = true) async throws -> [NodeID] {
        try await bench.submit("{name: a, gpus: 8, members: 2, retries: {node: 3}}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        let nodes = try #require(bench.backend.launch(JobID(0), 1)).members.map(\.node)
        guard hasAgents else { return nodes }
        for node in nodes { try await bench.watch(node) }
        // A busy machine takes longer than agents are heard.
        try await bench.plane.perform { $0.openEnds.patience = .seconds(600) }
        return nodes
    }

    private func bench() async throws -> Bench {
        var settings = ControlPlaneSettings()
        settings.health = try HealthDocument.read(
            SourceText("{arrival: {new: admit}, repair: {drainGrace: 30m}}", file: "h")
        ).get()
        return try await Bench("4x8/1", settings: settings)
    }

    private func fail(_ bench: Bench, _ attempt: Int32 = 1) async throws {
        try await bench.report(
            .failed(
                JobID(0), Attempt(attempt), .application, suspect: nil, retry: .byCause,
                exits: [MemberExit(rank: 0, code: 1)], detail: "exit 1"))
    }

    private func goesElsewhere(_ bench: Bench, than node: NodeID) async throws {
        try await bench.settle(until: "start 0/2")
        let second = try #require(bench.backend.launch(JobID(0), 2)).members.map(\.node)
        #expect(second.count == 2 && !second.contains(node))
        let rows = try bench.plane.store.read { try $0.attempts(of: JobID(0), limit: 10) }
        let first = try #require(rows.first { $0.attempt == Attempt(1) })
        #expect(first.culprit?.reason == "hardwareFault" && first.culprit?.suspect == node)
        let losses = try await bench.plane.perform { driver in
            (driver.desk.engine.losses[.hardware], driver.desk.engine.losses[.application])
        }
        #expect(losses.0.attempts == 1 && losses.0.attributed == 1)
        #expect(losses.1.attempts == 0)
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("a fault that was heard first is the reason, without any word of the program")
    func heardBefore() async throws {
        let bench = try await bench()
        let nodes = try await run(bench, hasAgents: false)
        try await bench.log(OpenEndTests.offTheBus, of: nodes[1])
        try await fail(bench)
        try await goesElsewhere(bench, than: nodes[1])
    }

    @Test("a fault that an agent tells a moment later is the reason, too")
    func heardAfter() async throws {
        let bench = try await bench()
        let nodes = try await run(bench)
        try await fail(bench)
        #expect(try bench.state(0) == "running")
        try await bench.log(OpenEndTests.offTheBus, of: nodes[0])
        try await goesElsewhere(bench, than: nodes[0])
    }

    @Test("where nothing is heard it is the program's own end, a moment later")
    func heardNothing() async throws {
        let bench = try await bench()
        _ = try await run(bench)
        try await bench.plane.perform { $0.openEnds.patience = OpenEnds().patience }
        try await fail(bench)
        for _ in 0..<6000 where try bench.state(0) == "running" {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try bench.state(0) == "failed")
        let losses = try await bench.plane.perform { $0.desk.engine.losses[.application] }
        #expect(losses.attempts == 1)
        await bench.plane.stop()
    }

    @Test("faults before the attempt, and those that take nothing out, explain nothing")
    func othersExplainNothing() async throws {
        let bench = try await bench()
        let nodes = try await run(bench, hasAgents: false)
        // A program's own doing, as the table has it.
        try await bench.log(
            "NVRM: Xid (PCI:0000:01:00): 13, pid=1, Graphics Exception", of: nodes[0])
        try await fail(bench)
        #expect(try bench.state(0) == "failed")
        await bench.plane.stop()
    }

    @Test("what its node did does not count as a program's own when no retry is left")
    func lastRetry() async throws {
        let bench = try await bench()
        try await bench.submit("{name: a, gpus: 8, members: 2, retries: {node: 0}}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        try await bench.report(
            .failed(
                JobID(0), Attempt(1), .node, suspect: nil, retry: .byCause, exits: [], detail: ""))
        #expect(try bench.state(0) == "failed")
        let losses = try await bench.plane.perform { driver in
            (driver.desk.engine.losses[.hardware], driver.desk.engine.losses[.application])
        }
        #expect(losses.0.attempts == 1 && losses.1.attempts == 0)
        await bench.plane.stop()
    }

    @Test("a job that is cancelled while its end waits is cancelled")
    func cancelledMeanwhile() async throws {
        let bench = try await bench()
        _ = try await run(bench)
        try await fail(bench)
        _ = try await bench.plane.act(.cancel, on: JobID(0), reason: "", by: Bench.caller)
        try await bench.report(.stopped(JobID(0), Attempt(1), []))
        #expect(try bench.state(0) == "cancelled")
        await bench.plane.stop()
    }

    @Test("an end that waited when the process died is told again and taken in")
    func survivesACrash() async throws {
        let bench = try await bench()
        let nodes = try await run(bench)
        try await fail(bench)
        try await bench.crash()
        try await bench.plane.perform { $0.openEnds.patience = .seconds(600) }
        try await bench.log(OpenEndTests.offTheBus, of: nodes[0])
        try await fail(bench)
        try await goesElsewhere(bench, than: nodes[0])
    }
}

extension Bench {
    /// Has a node with eight devices, and an agent that was heard.
    func watch(_ node: NodeID) async throws {
        let devices = (0..<8).map { index in
            HardwareFacts.Device(index: Int32(index), uuid: "GPU-\(node.index)-\(index)")
        }
        let facts = HardwareFacts(chassis: "SN\(node.index)", devices: devices)
        try await report(.hardware(node, facts))
        try await plane.perform { $0.tellHealth(.engine(.heard(node))) }
    }
}
