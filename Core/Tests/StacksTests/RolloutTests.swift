import FleetModel
import Foundation
import Health
import HealthControl
import Qualification
import Testing

@testable import Stacks

/// Goal: a pool is brought to another stack with no more nodes out than allowed, none of them back
/// without a test on what it has, and a rollback that leaves nothing half done; also when the
/// control plane dies, nodes break and installers lie.
@Suite struct RolloutTests {
    /// Cases of a run; more with an environment variable.
    private static var cases: Int {
        ProcessInfo.processInfo.environment["MUSTER_ROLLOUT_CASES"].flatMap { Int($0) } ?? 30
    }

    @Test func randomWorldsKeepThePromises() {
        var seen: Set<String> = []
        for seed in 0..<UInt64(Self.cases) {
            var world = RolloutWorld(seed: seed)
            for _ in 0..<250 where world.failures.isEmpty { world.step() }
            if world.failures.isEmpty { world.settle() }
            if world.failures.isEmpty { world.replay() }
            #expect(world.desk.engine.checkInvariants().isEmpty)
            #expect(world.failures.isEmpty, "seed \(seed)")
            seen.formUnion(world.seen)
        }
        let wanted: Set<String> = [
            "done", "rolled back", "cancelled", "stopped", "objection", "by hand", "not installed",
            "restored", "paused",
        ]
        #expect(wanted.subtracting(seen).isEmpty)
    }
}
