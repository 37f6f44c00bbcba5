import Documents
import FleetModel
import Foundation
import Health
import HealthControl
import Scheduler
import Store
import Testing

@testable import ControlPlane

/// Goal: where nobody tests nodes, a test that people ran and handed in brings one back, by the
/// engine's own rules, and nothing else does.
@Suite("Tests that are handed in")
struct HandInTests {
    private static let policy = """
        arrival: {new: admit}
        repair: {drainGrace: 0s, shrinksNodes: false}
        """

    private func bench(
        _ policy: String = policy, cares: Bool = false
    ) async throws -> Bench {
        var settings = ControlPlaneSettings()
        settings.health = try HealthDocument.read(SourceText(policy, file: "health.yaml")).get()
        return try await Bench("2x8/1", settings: settings, cares: cares)
    }

    private static func test(
        _ verdict: QualificationVerdict = .passed, level: QualificationLevel = .fifteenMinutes,
        isLoaded: Bool = true, components: ComponentSet = .all, devices: UInt64 = 0xFF,
        failed: UInt64 = 0, at began: Instant
    ) -> HandedInTest {
        HandedInTest(
            answer: QualificationAnswer(
                outcome: QualificationOutcome(
                    verdict: verdict, level: level, isLoaded: isLoaded, components: components,
                    devices: devices, failedDevices: failed),
                failedTests: verdict == .failed ? ["device-multiply"] : []),
            began: began)
    }

    private func health(_ bench: Bench, _ node: Int = 0) async throws -> NodeHealth {
        try await bench.plane.perform {
            try #require($0.desk.engine[NodeID(node)])
        }
    }

    private func say(_ statement: HardwareStatement, _ bench: Bench, _ node: Int = 0) async throws {
        let name = bench.plane.view.directory.node(NodeID(node))
        _ = try await bench.plane.state(statement, reason: "", ofNode: name, by: Bench.caller)
        try await bench.settle()
    }

    @discardableResult
    private func hand(
        _ bench: Bench, _ node: Int = 0, _ make: (Instant) -> HandedInTest
    ) async throws -> TakenTest {
        let name = bench.plane.view.directory.node(NodeID(node))
        // Later than the fault, also when rounded to milliseconds.
        try await Task.sleep(for: .milliseconds(2))
        let taken = try await bench.plane.take(
            make(bench.plane.clock.now()), ofNode: name, by: Bench.caller)
        try await bench.settle()
        return taken
    }

    private func refused(
        _ bench: Bench, _ node: Int = 0, _ make: (Instant) -> HandedInTest
    ) async -> OperatingError? {
        await #expect(throws: OperatingError.self) { try await hand(bench, node, make) }
    }

    private func breakNode(_ bench: Bench) async throws {
        try await bench.log(HealthInDriverTests.offTheBus, of: NodeID(0))
        #expect(try await health(bench).track.state == .quarantined)
    }

    @Test("quarantined for XID 79, repaired by hand, tested by hand: in service")
    func comesBack() async throws {
        let bench = try await bench()
        try await breakNode(bench)
        let early = await refused(bench) { HandInTests.test(at: $0) }
        #expect(early?.code == .noTestAwaited)
        #expect(early?.detail == "it is quarantined" && early?.hint.contains("repaired") == true)
        try await say(.repaired, bench)
        #expect(try await health(bench).track.state == .proving)
        let taken = try await hand(bench) { HandInTests.test(at: $0) }
        #expect(taken.isProof && taken.operations.count == 1 && taken.node == NodeID(0))
        #expect(try await health(bench).track.state == .inService)
        #expect(bench.plane.view.nodes[0]?.state == .ready)
        #expect(bench.plane.view.nodes[0]?.row.isHeld == false)
        let again = await refused(bench) { HandInTests.test(at: $0) }
        #expect(again?.code == .noTestAwaited && again?.detail == "it is in service")
        let history = try await bench.plane.perform { $0.desk.engine.ledger.machines[0].history }
        #expect(history.counts.passedTests == 1 && history.open.isEmpty)
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("a test that failed keeps it out, and the next one needs a repair before it")
    func staysOut() async throws {
        let bench = try await bench()
        try await breakNode(bench)
        try await say(.repaired, bench)
        let taken = try await hand(bench) { HandInTests.test(.failed, failed: 0b1, at: $0) }
        #expect(!taken.isProof)
        #expect(try await health(bench).track.state == .quarantined)
        #expect(bench.plane.view.nodes[0]?.isClosed == true)
        let name = try await bench.plane.perform { driver in
            let last = driver.desk.engine.ledger.machines[0].history.tests.last
            return last?.outcome.failedTests.first.map { driver.desk.names.test($0) }
        }
        #expect(name == "device-multiply")
        #expect(await refused(bench) { HandInTests.test(at: $0) }?.code == .noTestAwaited)
        try await say(.repaired, bench)
        // A pass of before the failure does not count.
        let old = await refused(bench) {
            HandInTests.test(at: Instant(nanoseconds: $0.nanoseconds - 3_600_000_000_000))
        }
        #expect(old?.code == .foreignTest)
        try await hand(bench) { HandInTests.test(at: $0) }
        #expect(try await health(bench).track.state == .inService)
        await bench.plane.stop()
    }

    @Test("a pass that proves too little is told, and the node waits on")
    func provesTooLittle() async throws {
        let bench = try await bench()
        try await breakNode(bench)
        try await say(.repaired, bench)
        let weak: [(Instant) -> HandedInTest] = [
            { HandInTests.test(isLoaded: false, components: [], at: $0) },
            { HandInTests.test(level: .twoMinutes, at: $0) },
            { HandInTests.test(components: .host, at: $0) },
            { HandInTests.test(devices: 0x7F, at: $0) },
            { HandInTests.test(.inconclusive, at: $0) },
        ]
        for make in weak {
            #expect(try await !hand(bench, 0, make).isProof)
            #expect(try await health(bench).track.state == .proving)
        }
        let events = try bench.plane.store.read { try $0.events(after: 0, limit: 1000) }
        #expect(events.count { $0.text.contains("proves too little") } == 4)
        // However often: one that proves is still taken.
        #expect(try await hand(bench) { HandInTests.test(at: $0) }.isProof)
        #expect(try await health(bench).track.state == .inService)
        await bench.plane.stop()
    }

    @Test("what a backend runs is answered under its id, it is told so, and its answer is too late")
    func answersOutstanding() async throws {
        let bench = try await bench(
            "arrival: {new: qualify}\nrepair: {drainGrace: 0s}", cares: true)
        try await bench.settle()
        let order = try #require(bench.backend.careOrders.first { $0.node == NodeID(0) })
        let taken = try await hand(bench) { HandInTests.test(at: $0) }
        #expect(taken.operations == [order.id] && taken.isProof)
        #expect(bench.plane.view.nodes[0]?.state == .ready)
        #expect(bench.backend.careOrders.last == .drop(NodeID(0), order.id))
        let late = HandInTests.test(.failed, at: .zero).answer
        try await bench.report(.qualified(NodeID(0), order.id, late))
        #expect(try await health(bench).track.state == .inService)
        #expect(try await health(bench, 1).track.state == .qualifying)
        await bench.plane.stop()
    }

    @Test("one run proves a device that waits as well as its node")
    func provesDevices() async throws {
        let bench = try await bench("arrival: {new: admit}")
        for name in ["OLD", "GPU"] {
            try await bench.plane.perform { driver in
                let devices = (0..<8).map {
                    HardwareFacts.Device(
                        index: Int32($0), uuid: "\(name)-\($0)", slot: "0000:0\($0 + 1):00.0")
                }
                driver.take(
                    HardwareFacts(chassis: "C1", devices: devices), of: NodeID(0), from: .backend)
            }
            try await bench.settle()
        }
        // Devices that came in place of others wait for a test each; the node works.
        #expect(try await health(bench).devices.allSatisfy { $0.state == .unqualified })
        #expect(try await health(bench).track.state == .inService)
        #expect(bench.plane.view.nodes[0]?.row.withdrawn == 0xFF)
        func own(_ at: Instant, _ change: (inout HandedInTest) -> Void = { _ in }) -> HandedInTest {
            var test = HandInTests.test(at: at)
            test.devices = (0..<8).map { "gpu-\($0)" }
            change(&test)
            return test
        }
        let other = await refused(bench) { own($0) { $0.devices[3] = "GPU-9" } }
        #expect(other?.code == .foreignTest && other?.detail.contains("device 3") == true)
        let chassis = await refused(bench) { own($0) { $0.chassis = "C2" } }
        #expect(chassis?.code == .foreignTest && chassis?.detail.contains("chassis") == true)
        let future = await refused(bench) { own($0 + .seconds(3600)) }
        #expect(future?.code == .foreignTest)
        // Another device is to blame: that says nothing of this one.
        #expect(
            try await !hand(bench) {
                own($0) {
                    $0.answer.outcome.verdict = .failed
                    $0.answer.outcome.failedDevices = 0b100
                }
            }.isProof)
        let taken = try await hand(bench) { own($0) }
        #expect(taken.isProof && taken.operations.count >= 8, "\(taken)")
        #expect(bench.plane.view.nodes[0]?.row.withdrawn == 0)
        try await suspect(bench, device: 3)
        #expect(try await health(bench).devices[3].state == .proving)
        #expect(bench.plane.view.nodes[0]?.row.withdrawn == 0b1000)
        #expect(try await hand(bench) { own($0) }.isProof)
        #expect(try await health(bench).devices[3].state == .inService)
        #expect(try await health(bench).track.state == .inService)
        #expect(bench.plane.view.nodes[0]?.row.withdrawn == 0)
        await bench.plane.stop()
    }

    @Test("a run of before the suspicion does not end it, and none is taken twice")
    func oldRunsEndNoSuspicion() async throws {
        let bench = try await bench(HandInTests.policy + "\nbreakers: {leastDevices: 64}")
        // Later also when rounded to milliseconds.
        func pause() async throws { try await Task.sleep(for: .milliseconds(2)) }
        let early = HandInTests.test(at: bench.plane.clock.now())
        try await pause()
        func watch() async throws {
            try await bench.plane.perform { driver in
                driver.now = max(driver.now, driver.clock.now())
                let finding = Finding(
                    scope: .node, cause: driver.desk.names.cause(named: "XID 92"),
                    severity: .warning, action: .watch, urgency: .afterJob,
                    components: .ofOneDevice, rule: driver.desk.names.rule(named: "test"),
                    version: 0, seenAt: driver.now)
                driver.tellHealth(.engine(.found(NodeID(0), finding)))
            }
            try await bench.settle()
        }
        try await watch()
        #expect(try await health(bench).suspicion != nil)
        let old = await refused(bench) { _ in early }
        #expect(old?.code == .foreignTest && old?.message.contains("before the") == true)
        #expect(try await health(bench).suspicion != nil)
        // A run between two faults is not of after the second one.
        try await pause()
        let between = HandInTests.test(at: bench.plane.clock.now())
        try await pause()
        try await watch()
        let middle = await refused(bench) { _ in between }
        #expect(middle?.code == .foreignTest, "\(String(describing: middle))")
        try await pause()
        let good = HandInTests.test(at: bench.plane.clock.now())
        try await hand(bench) { _ in good }
        #expect(try await health(bench).suspicion == nil)
        try await say(.test, bench)
        let again = await refused(bench) { _ in good }
        #expect(again?.code == .foreignTest)
        #expect(again?.message == "the test is of before the last test")
        try await watch()
        #expect(try await hand(bench) { HandInTests.test(at: $0) }.operations.count == 1)
        await bench.plane.stop()
    }

    /// A fault of one device that asks for a test of it.
    private func suspect(_ bench: Bench, device: Int32) async throws {
        try await bench.plane.perform { driver in
            let finding = Finding(
                scope: .device(device), cause: driver.desk.names.cause(named: "XID 48"),
                severity: .error, action: .prove, urgency: .afterJob, components: .ofOneDevice,
                rule: driver.desk.names.rule(named: "test"), version: 0, seenAt: driver.now)
            driver.tellHealth(.engine(.found(NodeID(0), finding)))
        }
        try await bench.settle()
    }

    @Test("a node that is busy, in order, unknown or gone takes none")
    func refuses() async throws {
        let bench = try await bench()
        #expect(await refused(bench) { HandInTests.test(at: $0) }?.code == .noTestAwaited)
        let error = await #expect(throws: OperatingError.self) {
            try await bench.plane.take(
                HandInTests.test(at: .zero), ofNode: "nobody", by: Bench.caller)
        }
        #expect(error?.code == .notFound)
        try await bench.submit("{name: a, gpus: 8}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        let busy = try #require(bench.plane.view.jobs[0]?.members.first?.placement.node)
        try await say(.test, bench, busy.index)
        let refusal = await refused(bench, busy.index) { HandInTests.test(at: $0) }
        #expect(refusal?.code == .noTestAwaited && refusal?.hint.contains("drain") == true)
        try await bench.report(.nodesLost([NodeID(0)], detail: ""))
        let gone = await refused(bench) { HandInTests.test(at: $0) }
        #expect(gone?.code == .noTestAwaited && gone?.message.contains("not here") == true)
        await bench.plane.stop()
    }
}
