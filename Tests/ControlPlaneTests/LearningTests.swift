import FleetModel
import Foundation
import Health
import HealthControl
import Qualification
import Stacks
import Store
import Testing

@testable import ControlPlane

/// Goal: what tests measure is kept, and what comes next is held against it, and against the stack
/// of its pool.
@Suite("Thresholds that are learned, and stacks that are declared")
struct LearningTests {
    /// A run that passed on a machine with eight GPUs.
    static func run(
        _ node: Int, memory: Int64 = 100_000, driver: String = "580.1"
    ) -> MachineRun {
        var facts = MachineFacts()
        facts.host = "anything"
        facts.chassis = "SN-\(node)"
        facts.processor = "EPYC"
        facts.versions = [FoundVersion(.driver, driver, at: "NVML")]
        facts.nvml = .works
        facts.cuda = .works
        facts.devices = (0..<8).map { index in
            var device = DeviceFacts()
            device.uuid = "GPU-\(node)-\(index)"
            device.model = "NVIDIA H100 80GB HBM3"
            return device
        }
        var results = [CheckID.identity, .versions].compactMap {
            FactChecks(facts, stack: StackDeclaration()).result(of: $0)
        }
        results += [CheckID.hostCPU, .disk, .deviceLinks].map { CheckResult($0, .passed) }
        results.append(
            CheckResult(.hostMemory, .passed, figures: [Figure(.hostMemory, milli: memory)]))
        for check in [CheckID.deviceCopy, .deviceMemory, .deviceMultiply] {
            results += (Int32(0)..<8).map { CheckResult(check, device: $0, .passed) }
        }
        return MachineRun(
            facts: facts,
            verdict: RunVerdict(
                results: results, level: .fifteenMinutes, devices: 8, isComplete: true))
    }

    private static func hardware(_ node: Int) -> HardwareFacts {
        HardwareFacts(
            chassis: "SN-\(node)",
            devices: (0..<8).map { HardwareFacts.Device(index: $0, uuid: "GPU-\(node)-\($0)") })
    }

    /// Nodes that arrived and wait for their first test.
    private func bench(
        _ change: (inout ControlPlaneSettings) -> Void = { _ in }
    ) async throws -> Bench {
        var settings = ControlPlaneSettings()
        settings.health.arrival.new = .qualify
        change(&settings)
        let bench = try await Bench("8x8/1", settings: settings, cares: true)
        for node in 0..<8 {
            try await bench.report(.hardware(NodeID(node), LearningTests.hardware(node)))
        }
        return bench
    }

    private func state(_ bench: Bench, _ node: Int) async throws -> HealthState? {
        try await bench.plane.perform { $0.desk.engine[NodeID(node)]?.track.state }
    }

    private func test(_ bench: Bench, _ node: Int, _ run: MachineRun) async throws {
        // Orders go out after the commit, and after a start when that is done.
        for _ in 0..<6_000
        where !bench.backend.careOrders.contains(where: { $0.node == NodeID(node) }) {
            try await Task.sleep(for: .milliseconds(10))
        }
        let order = try #require(bench.backend.careOrders.last { $0.node == NodeID(node) })
        try await bench.report(
            .tested(
                NodeID(node), order.id,
                HandedInTest(
                    answer: QualificationAnswer(run), began: bench.plane.clock.now(),
                    chassis: run.facts.chassis, devices: run.facts.devices.map(\.uuid))))
    }

    private func events(_ bench: Bench) throws -> [String] {
        try bench.plane.store.read { try $0.events(after: 0, limit: 1000) }.map(\.text)
    }

    private static let memory = FigureKey(model: "EPYC", driver: "", fabric: "")

    @Test("five machines teach what the sixth has to reach, also after a crash")
    func learns() async throws {
        let bench = try await bench()
        for node in 0..<5 {
            let before = bench.plane.view.health.learned
            #expect(before.threshold(.hostMemory, LearningTests.memory) == nil)
            try await test(bench, node, LearningTests.run(node))
            #expect(try await state(bench, node) == .inService)
        }
        let known = bench.plane.view.health.learned
        let bound = try #require(known.threshold(.hostMemory, LearningTests.memory))
        #expect(bound.source == .learned(machines: 5, usualMilli: 100_000))
        try await bench.crash()
        #expect(bench.plane.view.health.learned.rows == known.rows)
        try await test(bench, 5, LearningTests.run(5, memory: 90_000))
        #expect(try await state(bench, 5)?.takesWork == false)
        let text = try #require(try events(bench).last { $0.hasPrefix("the test failed") })
        #expect(text.contains("hostMemory is 90.0 GB/s, less than 95.0"), "\(text)")
        #expect(text.contains("learned from 5 machines"), "\(text)")
        // What failed taught nothing.
        #expect(bench.plane.view.health.learned.rows == known.rows)
        // Answers of the local backend go the same way.
        let order = try #require(bench.backend.careOrders.last { $0.node == NodeID(6) })
        let slow = QualificationAnswer(LearningTests.run(6, memory: 80_000))
        #expect(slow.outcome.verdict == .passed)
        try await bench.report(.qualified(NodeID(6), order.id, slow))
        #expect(try await state(bench, 6)?.takesWork == false)
        // What was decided is decided the same by a replay, which has learned nothing.
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("what is handed in is judged as well, and one run counts once however often it is told")
    func judgesWhatIsHandedIn() async throws {
        let bench = try await bench()
        for node in 0..<5 {
            for _ in 0..<3 { try await test(bench, node, LearningTests.run(node)) }
        }
        let values = bench.plane.view.health.learned.values(
            of: .hostMemory, "SN-0", LearningTests.memory)
        #expect(values == [100_000])
        let run = LearningTests.run(5, memory: 60_000)
        let taken = try await bench.plane.take(
            HandedInTest(
                answer: QualificationAnswer(run), began: bench.plane.clock.now(),
                chassis: run.facts.chassis, devices: run.facts.devices.map(\.uuid)),
            ofNode: bench.plane.view.directory.node(NodeID(5)), by: Bench.caller)
        #expect(!taken.isProof && taken.answer.failedTests == ["host-memory"])
        #expect(taken.answer.run?.faults.first?.contains("learned from 5 machines") == true)
        try await bench.settle()
        #expect(try await state(bench, 5)?.takesWork == false)
        await bench.plane.stop()
    }

    /// Every node is tested again and again; each time all of them have lost three per cent.
    @Test("a fleet that fades as a whole is found, also after a crash, until people let it go")
    func holdsTheBest() async throws {
        let bench = try await bench { $0.drops[.hostMemory] = 6 }
        func bound() -> Threshold? {
            bench.plane.view.health.learned.threshold(.hostMemory, LearningTests.memory)
        }
        // Nodes in service are tested when they idle: what such a test brings.
        func test(_ node: Int, _ memory: Int64) async throws -> QualificationAnswer {
            let answer = QualificationAnswer(LearningTests.run(node, memory: memory))
            return try await bench.plane.perform { driver in
                let judged = driver.judged(answer, of: NodeID(node))
                driver.learn(from: judged, of: NodeID(node))
                return judged
            }
        }
        for node in 0..<8 { try await self.test(bench, node, LearningTests.run(node)) }
        #expect(bound()?.boundMilli == 94_000)
        var memory: Int64 = 100_000
        var round = 0
        // Sixteen values are kept of each, so that as many have to be new before a median is.
        while round < 60, bound()?.source.words.hasPrefix(ThresholdSource.heldWords) != true {
            round += 1
            if round % 9 == 0 { memory = memory * 97 / 100 }
            if round == 20 { try await bench.crash() }
            for node in 0..<8 {
                #expect(try await test(node, memory).outcome.verdict == .passed)
            }
        }
        #expect(bound()?.source == .held(machines: 8, bestMilli: 100_000))
        #expect(bound()?.boundMilli == 88_360)
        try await bench.crash()
        #expect(bound()?.boundMilli == 88_360)
        let failed = try await test(0, 88_000)
        #expect(failed.outcome.verdict == .failed)
        let text = try #require(failed.run?.faults.first)
        #expect(text.contains("learned earlier from 8 machines, usually 100 then"), "\(text)")
        let other = LearnedKind(model: "no such")
        await #expect(throws: OperatingError.self) {
            try await bench.plane.relearn(
                other, forgetsValues: false, reason: "", by: Bench.caller)
        }
        try await bench.plane.relearn(
            LearnedKind(model: "EPYC"), forgetsValues: false, reason: "power", by: Bench.caller)
        #expect(bound()?.source.words.hasPrefix("learned from") == true)
        let after = try #require(bound()?.boundMilli)
        #expect(after < 88_360)
        #expect(try events(bench).contains { $0.contains("model 'EPYC': power") })
        try await bench.crash()
        #expect(bound()?.boundMilli == after)
        try await bench.plane.relearn(
            LearnedKind(model: "EPYC", figure: .hostMemory), forgetsValues: true, reason: "",
            by: Bench.caller)
        try await bench.crash()
        #expect(bound() == nil)
        let audit = try bench.plane.store.read { try $0.audit(before: nil, limit: 100) }
        #expect(audit.filter { $0.action == "relearn" }.count == 2)
        await bench.plane.stop()
    }

    @Test("what is kept of a machine goes a year after its last test")
    func forgets() async throws {
        let bench = try await bench()
        try await test(bench, 0, LearningTests.run(0))
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        let row = try #require(try store.read { try $0.figures() }.first)
        _ = try store.write {
            try $0.putBestFigure(
                BestFigureRow(
                    model: row.model, driver: row.driver, fabric: row.fabric, figure: row.figure,
                    milli: 100_000, machines: 5, at: row.at))
        }
        #expect(row.machine == "SN-0" && row.figure == "hostMemory" && row.values == [100_000])
        for (days, count) in [(Int64(364), 1), (366, 0)] {
            _ = try store.write {
                try $0.prune(Retention(), at: row.at + .seconds(days * 86_400))
            }
            #expect(try store.read { try $0.figures() }.count == count)
            #expect(try store.read { try $0.bestFigures() }.count == (count == 0 ? 0 : 1))
        }
        store.close()
    }

    @Test("other versions than the pool's are told, and other devices keep a node out")
    func comparesWithTheStack() async throws {
        let catalogue = StackCatalogue(
            stacks: [
                StackDeclaration(
                    name: "h100", rules: [.init(.driver, .same(Version("580.1")))],
                    deviceCount: 8)
            ], pools: [PoolStack(pool: "default", stack: "h100")])
        let bench = try await bench { $0.stacks = (catalogue, 1) }
        try await test(bench, 0, LearningTests.run(0))
        #expect(try await state(bench, 0) == .inService)
        try await test(bench, 1, LearningTests.run(1, driver: "575.3"))
        #expect(try await state(bench, 1) == .inService)
        let text = try #require(try events(bench).last { $0.contains("other versions") })
        #expect(text.contains("driver is 575.3 (NVML); 580.1 is declared"), "\(text)")
        await bench.plane.stop()
    }

    /// Answers the test between two nodes that one of them is in.
    private func pair(
        _ bench: Bench, _ node: Int, _ verdict: QualificationVerdict
    ) async throws {
        let asked = bench.backend.careOrders.last { order in
            if case .pair(NodeID(node), _, _, _) = order { true } else { false }
        }
        let order = try #require(asked)
        try await bench.report(
            .qualified(
                NodeID(node), order.id,
                QualificationAnswer(
                    outcome: QualificationOutcome(
                        verdict: verdict, level: .twoMinutes, isLoaded: true,
                        components: .network, devices: 0))))
    }

    private func values(_ bench: Bench, _ node: Int) -> [Int64] {
        bench.plane.view.health.learned.values(of: .hostMemory, "SN-\(node)", LearningTests.memory)
    }

    @Test("with tests between nodes a run teaches once its node is proved, and not before")
    func learnsBehindTheNetwork() async throws {
        let bench = try await bench { $0.health.network = .standard }
        // Who waits for another that is under test is not proved yet.
        try await test(bench, 0, LearningTests.run(0))
        #expect(try await state(bench, 0) == .qualifying)
        #expect(values(bench, 0).isEmpty)
        try await test(bench, 1, LearningTests.run(1))
        #expect(values(bench, 1).isEmpty)
        try await pair(bench, 1, .passed)
        #expect(try await state(bench, 0) == .inService)
        #expect(values(bench, 0) == [100_000] && values(bench, 1) == [100_000])
        // Bad with two, of which one is known to be good: it is out, and teaches nothing.
        try await test(bench, 2, LearningTests.run(2))
        try await pair(bench, 2, .failed)
        try await pair(bench, 2, .failed)
        #expect(try await state(bench, 2)?.takesWork == false)
        #expect(values(bench, 2).isEmpty)
        // A fault before the end of it, and a node that goes, too.
        try await test(bench, 3, LearningTests.run(3))
        try await bench.log(HealthInDriverTests.offTheBus, of: NodeID(3))
        try await pair(bench, 3, .passed)
        #expect(values(bench, 3).isEmpty)
        try await test(bench, 4, LearningTests.run(4))
        try await bench.report(.nodesLost([NodeID(4)], detail: ""))
        try await bench.settle()
        #expect(try await bench.plane.perform { $0.lessons.isEmpty })
        #expect(values(bench, 4).isEmpty)
        await bench.plane.stop()
    }

    @Test("a node that is tested while it idles teaches once more, with its network and without")
    func learnsFromIdleTests() async throws {
        for network in [NetworkPolicy(), .standard] {
            let bench = try await bench { settings in
                settings.health.network = network
                // In a fleet this small nothing could be out for a test.
                settings.health.breakers.leastDevices = 64
            }
            for node in 0..<2 { try await test(bench, node, LearningTests.run(node)) }
            if network.arrival { try await pair(bench, 1, .passed) }
            #expect(values(bench, 0) == [100_000])
            _ = try await bench.plane.state(
                .test, reason: "", ofNode: bench.plane.view.directory.node(NodeID(0)),
                by: Bench.caller)
            try await bench.settle()
            #expect(try await state(bench, 0) == .qualifying)
            try await test(bench, 0, LearningTests.run(0, memory: 101_000))
            if network.idle { try await pair(bench, 0, .passed) }
            #expect(try await state(bench, 0) == .inService)
            #expect(values(bench, 0) == [100_000, 101_000])
            await bench.plane.stop()
        }
    }
}
