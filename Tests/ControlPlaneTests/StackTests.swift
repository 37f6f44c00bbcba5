import FleetModel
import Foundation
import Health
import HealthControl
import Qualification
import Stacks
import Store
import Testing

@testable import ControlPlane

/// Goal: what is ordered of stacks happens on a running control plane, is nowhere lost, and
/// survives its death at any point.
@Suite("Stacks in the driver")
struct StackTests {
    private static func stack(_ name: String, _ driver: String) -> StackDeclaration {
        StackDeclaration(name: name, rules: [.init(.driver, .same(Version(driver)))])
    }

    private static let catalogue = StackCatalogue(
        stacks: [stack("old", "570.1"), stack("new", "580.1")],
        pools: [PoolStack(pool: "default", stack: "old")])

    private static func settings() -> ControlPlaneSettings {
        var settings = ControlPlaneSettings.fast(grace: 0)
        settings.health.breakers.leastDevices = 64
        settings.stacks = (catalogue, 1)
        return settings
    }

    private static func request(_ change: (inout RolloutPlan) -> Void = { _ in }) -> RolloutRequest
    {
        var plan = RolloutPlan()
        plan.waves = [.nodes(1)]
        plan.soak = .zero
        plan.mostOut = 2
        plan.level = .twoMinutes
        change(&plan)
        return RolloutRequest(pool: "default", stack: "new", plan: plan, by: "")
    }

    private static func driver(_ text: String) -> [FoundVersion] {
        [FoundVersion(.driver, text, at: "test")]
    }

    private func answer(_ order: CareOrder, _ bench: Bench) async throws {
        switch order {
        case .restack(let node, let id, let stack):
            guard case .same(let version) = stack.rules.first?.rule else { return }
            try await bench.report(.versions(node, StackTests.driver(version.text)))
            try await bench.report(.repaired(node, id, .done))
        case .drop, .pair: break
        case .repair(let node, let id, _, _): try await bench.report(.repaired(node, id, .done))
        case .qualify(let node, let id, let level, let devices, let components):
            let outcome = QualificationOutcome(
                verdict: .passed, level: level, isLoaded: true, components: components,
                devices: devices)
            try await bench.report(.qualified(node, id, QualificationAnswer(outcome: outcome)))
        }
    }

    /// The rollout that the driver has, also of nodes that readers do not see yet.
    private func rollout(_ bench: Bench) async throws -> Rollout? {
        try await bench.plane.perform { $0.desk.stacks.rollouts.last }
    }

    @Test("killed at random points, a rollout comes to its end", arguments: UInt64(0)..<6)
    func survivesCrashes(seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        var settings = StackTests.settings()
        settings.snapshotInputs = 1 + random.below(12)
        let bench = try await Bench("4x8/2", settings: settings, cares: true)
        for node in 0..<4 {
            try await bench.report(.versions(NodeID(node), StackTests.driver("570.1")))
        }
        let number = try await bench.plane.roll(StackTests.request(), by: Bench.caller)
        #expect(number == 1)
        var known: [Int64: String] = [:]
        var answered: Set<Int64> = []
        var crashes = 0
        for round in 0..<120 {
            try await bench.settle()
            for order in bench.backend.careOrders {
                #expect(known[order.id.rawValue, default: order.words] == order.words)
                known[order.id.rawValue] = order.words
            }
            let isClosed = (0..<4).filter { bench.plane.view.nodes[$0]?.isClosed == true }
            #expect(isClosed.count <= 2)
            if try await rollout(bench)?.phase.isOver == true { break }
            if round == 2 || random.below(4) == 0 {
                try await bench.crash()
                crashes += 1
            } else if let order = bench.backend.careOrders.first(where: {
                !answered.contains($0.id.rawValue)
            }) {
                try await answer(order, bench)
                if random.below(2) == 0 { answered.insert(order.id.rawValue) }
            }
        }
        let rollout = try #require(try await rollout(bench))
        #expect(rollout.phase == .done)
        #expect(rollout.members.allSatisfy { $0.step == .done })
        #expect(crashes > 0)
        // Each node was brought there once and tested once.
        #expect(known.count == 8, "\(known)")
        #expect((0..<4).allSatisfy { bench.plane.view.nodes[$0]?.state == .ready })
        let book = try await bench.plane.perform { $0.desk.stacks }
        #expect(book.stack(of: "default").flatMap { book[$0]?.name } == "new")
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("where nobody can install, people do, and the node waits for it and its test")
    func waitsForPeople() async throws {
        let bench = try await Bench("2x8/1", settings: StackTests.settings())
        let name = bench.plane.view.directory.node(NodeID(0))
        try await bench.plane.perform {
            $0.note(StackTests.driver("570.1"), of: NodeID(0), from: .watcher)
        }
        _ = try await bench.plane.roll(StackTests.request(), by: Bench.caller)
        try await bench.settle()
        #expect(try await rollout(bench)?.members.map(\.step) == [.installing, .waits])
        #expect(bench.plane.view.nodes[0]?.isClosed == true)
        // Somebody says that it is done, and tests it: the node itself tells the old driver.
        _ = try await bench.plane.state(.repaired, reason: "", ofNode: name, by: Bench.caller)
        try await bench.settle()
        func test(_ driver: String) -> HandedInTest {
            let outcome = QualificationOutcome(
                verdict: .passed, level: .hour, isLoaded: true, components: .all, devices: 0xFF)
            return HandedInTest(
                answer: QualificationAnswer(outcome: outcome), began: FleetClock.wall(),
                versions: StackTests.driver(driver))
        }
        _ = try await bench.plane.take(test("570.1"), ofNode: name, by: Bench.caller)
        try await bench.settle()
        #expect(bench.plane.view.nodes[0]?.isClosed == true)
        #expect(try await rollout(bench)?.members.first?.step == .qualifying)
        let taken = try await bench.plane.take(test("580.1"), ofNode: name, by: Bench.caller)
        #expect(taken.isProof)
        try await bench.settle()
        #expect(try await rollout(bench)?.members.first?.step == .done)
        #expect(bench.plane.view.nodes[0]?.isClosed == false)
        #expect(bench.plane.view.nodes[1]?.isClosed == true)
        await bench.plane.stop()
    }

    @Test("orders that cannot be are refused, and commands do what they say")
    func takesCommands() async throws {
        let bench = try await Bench("4x8/2", settings: StackTests.settings(), cares: true)
        func code(_ body: () async throws -> Void) async -> DiagnosticCode? {
            do {
                try await body()
                return nil
            } catch {
                return (error as? OperatingError)?.code
            }
        }
        let caller = Bench.caller
        var other = StackTests.request()
        other.stack = "newer"
        #expect(await code { _ = try await bench.plane.roll(other, by: caller) } == .notFound)
        let broken = StackTests.request { $0.failures = 2 }
        #expect(
            await code { _ = try await bench.plane.roll(broken, by: caller) } == .malformedRequest)
        #expect(
            await code {
                try await bench.plane.command(.pause, rolloutIn: "default", by: caller)
            } == .notFound)
        _ = try await bench.plane.roll(StackTests.request(), by: caller)
        #expect(
            await code { _ = try await bench.plane.roll(StackTests.request(), by: caller) }
                == .rolloutRefused)
        try await bench.plane.command(.pause, rolloutIn: "default", by: caller)
        for _ in 0..<4 {
            try await bench.settle()
            if let order = bench.backend.careOrders.last { try await answer(order, bench) }
        }
        // The canary is done, and nothing else begins.
        #expect(try await rollout(bench)?.members.map(\.step) == [.done, .waits, .waits, .waits])
        try await bench.plane.command(.rollBack, rolloutIn: "default", by: caller)
        for _ in 0..<6 {
            try await bench.settle()
            if let order = bench.backend.careOrders.last { try await answer(order, bench) }
        }
        let rollout = try #require(try await rollout(bench))
        #expect(rollout.phase == .rolledBack && rollout.members.first?.goesBack == true)
        let found = try await bench.plane.perform { $0.desk.stacks.tuple(of: NodeID(0)) }
        #expect(found == [TupleVersion(.driver, "570.1")])
        let events = try await bench.plane.perform { driver in
            try driver.store.read { try $0.events(after: 0, limit: 1000) }.filter {
                $0.kind == "stack"
            }.count
        }
        #expect(events > 4)
        await bench.plane.stop()
    }

    @Test("a stack that makes the first wave slower is held there until people have looked")
    func holdsASlowStack() async throws {
        func run(_ node: NodeID, _ driver: String, _ milli: Int64) -> MachineRun {
            var run = LearningTests.run(Int(node.rawValue), driver: driver)
            run.verdict.results.removeAll { $0.check == .deviceMultiply }
            run.verdict.results += (Int32(0)..<8).map { device in
                CheckResult(
                    .deviceMultiply, device: device, .passed,
                    figures: [Figure(.multiplyBF16, milli: milli)])
            }
            return run
        }
        let bench = try await Bench("4x8/2", settings: StackTests.settings(), cares: true)
        for node in (0..<4).map({ NodeID(rawValue: $0) }) {
            try await bench.report(.versions(node, StackTests.driver("570.1")))
            let known = QualificationAnswer(run(node, "570.1", 700_000))
            try await bench.plane.perform { $0.learn(from: known, of: node) }
        }
        func goOn(until isThere: (Rollout) -> Bool) async throws -> Rollout {
            for _ in 0..<200 {
                try await bench.settle()
                let rollout = try #require(try await rollout(bench))
                if isThere(rollout) { return rollout }
                for order in bench.backend.careOrders {
                    guard case .qualify(let node, let id, _, _, _) = order else {
                        try await answer(order, bench)
                        continue
                    }
                    let told = QualificationAnswer(run(node, "580.1", 600_000))
                    try await bench.report(.qualified(node, id, told))
                }
            }
            return try #require(try await rollout(bench))
        }
        _ = try await bench.plane.roll(StackTests.request(), by: Bench.caller)
        let held = try await goOn { $0.isPaused && $0.members.first?.step == .done }
        #expect(held.isPaused)
        #expect(held.members.map(\.step) == [.done, .waits, .waits, .waits])
        #expect(held.reason.contains("multiplyBF16 is 14 % less than with 570.1"), "\(held.reason)")
        try await bench.plane.command(.resume, rolloutIn: "default", by: Bench.caller)
        let done = try await goOn { $0.phase.isOver }
        #expect(done.phase == .done && done.reason.isEmpty)
        await bench.plane.stop()
    }

    @Test("what attempts used is counted by versions, to the last thousandth")
    func countsUse() async throws {
        let bench = try await Bench("2x8/1", settings: StackTests.settings())
        for node in 0..<2 {
            try await bench.report(
                .versions(NodeID(node), StackTests.driver(node == 0 ? "570.1" : "580.1")))
        }
        let begin = ContinuousClock.now
        try await bench.submit("{name: gang, members: 2, gpus: 8}")
        try await bench.settle(until: "start 0/1")
        try await bench.report(.started(JobID(0), Attempt(1)))
        try await Task.sleep(for: .milliseconds(30))
        // What runs is counted when it is read, up to then, and nothing is kept of it.
        let clock = bench.plane.clock
        func running() async throws -> ObservedTable {
            try await bench.plane.perform { driver in
                var uses: [StackUse] = []
                driver.view.jobs.forEach { job in
                    if let use = job.runningUse(at: clock.now()) { uses.append(use) }
                    return true
                }
                #expect(driver.desk.stacks.observed.rows.isEmpty)
                return driver.desk.stacks.running(uses)
            }
        }
        let before = try await running()
        try #require(before.rows.count == 2 && before.rows.allSatisfy { $0.attempts == 1 })
        #expect(before.rows.allSatisfy { $0.gpuMilliSeconds >= 200 })
        let after = try await running()
        try #require(after.rows.count == 2)
        #expect(after.rows[0].gpuMilliSeconds >= before.rows[0].gpuMilliSeconds)
        try await bench.report(.finished(JobID(0), Attempt(1), []))
        #expect(
            try await bench.plane.perform { driver in
                driver.view.jobs[0]?.runningUse(at: clock.now()) == nil
            })
        let most = 8 * Int64((ContinuousClock.now - begin) / .milliseconds(1)) + 1_000
        let rows = try await bench.plane.perform { $0.desk.stacks.observed.rows }
        try #require(
            rows.map(\.versions) == [
                [TupleVersion(.driver, "570.1")], [TupleVersion(.driver, "580.1")],
            ])
        #expect(rows.allSatisfy { $0.attempts == 1 && $0.failures == 0 })
        #expect(rows.allSatisfy { $0.gpuMilliSeconds == $0.greenMilliSeconds })
        // No more than eight devices for as long as it took, however long that was.
        #expect(rows[0].gpuMilliSeconds >= after.rows[0].gpuMilliSeconds)
        #expect(rows[0].gpuMilliSeconds < most)
        #expect(abs(rows[0].gpuMilliSeconds - rows[1].gpuMilliSeconds) <= 1)
        await bench.plane.stop()
    }
}
