import FleetModel
import Health
import HealthControl
import HealthSignals
import Store
import Testing

@testable import ControlPlane

/// Goal: a site's rules are journalled when they change, so that what was decided by them replays,
/// and can be tried on the control plane's own past.
@Suite("Fault rules in the control plane")
struct FaultRuleTests {
    private func rules(_ version: String, _ rules: FaultRule...) -> FaultRules {
        FaultRules(version: version, rules: rules)
    }

    private let mild = FaultRule(
        name: "riser", codes: [.xid(79)], models: ["GPU"], severity: .warning, action: .watch)

    private func isHeld(_ bench: Bench, _ node: Int) -> Bool {
        bench.plane.view.nodes[node]?.row.isHeld == true
    }

    @Test("rules come and go at restarts, and every decision replays")
    func changesAtRestarts() async throws {
        var settings = ControlPlaneSettings.fast(grace: 0)
        settings.faultRules = rules("1", mild)
        let bench = try await Bench("3x8/1", settings: settings)
        try await bench.log(HealthInDriverTests.offTheBus, of: NodeID(0))
        #expect(!isHeld(bench, 0))
        // The same file: nothing is told anew.
        try await bench.restart()
        #expect(bench.plane.view.health.desk.rules.version == "1")
        try await bench.log(HealthInDriverTests.offTheBus, of: NodeID(1))
        #expect(!isHeld(bench, 1))
        bench.settings.faultRules = FaultRules()
        try await bench.crash()
        try await bench.log(HealthInDriverTests.offTheBus, of: NodeID(2))
        #expect(isHeld(bench, 2))
        let trial = try bench.plane.tryRules(rules("2", mild))
        #expect(trial.run.bursts == 3 && trial.run.differences.count == 3)
        #expect(trial.before.rules.isEmpty && trial.since != nil)
        // What is kept of the past outlives the journal, and goes in its time.
        let now = bench.plane.clock.now()
        let pruned = try bench.plane.store.write { transaction in
            var retention = Retention()
            retention.faultCount = 1
            return try transaction.prune(retention, at: now)
        }
        #expect(!pruned.hasMore)
        #expect(try bench.plane.tryRules(rules("2", mild)).run.bursts == 1)
        bench.settings.faultRules = rules("2", mild)
        try await bench.restart()
        #expect(bench.plane.view.health.desk.rules.version == "2")
        let told = try bench.plane.store.read { try $0.events(after: 0, limit: 1000) }
            .filter { $0.kind == "health" && $0.text.contains("rules") }.map(\.text)
        #expect(
            told == [
                "the site's fault rules of version '1' decide from now on",
                "faults mean what is published: the site has no rules any more",
                "the site's fault rules of version '2' decide from now on",
            ])
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }
}
