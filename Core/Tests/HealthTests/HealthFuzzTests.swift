import FleetModel
import Foundation
import Health
import HealthFuzzing
import Testing

/// Goal: no promise of the health engine breaks in random worlds, cut or not. Method: a book that
/// knows the promises and not the engine. `MUSTER_HEALTH_STEPS` asks for more steps than usual.
@Suite struct HealthFuzzTests {
    /// Steps of each half in an ordinary run.
    private static let steps: Int =
        ProcessInfo.processInfo.environment["MUSTER_HEALTH_STEPS"].flatMap { Int($0) } ?? 100_000

    private func torture(restores: Bool) {
        var counts = HealthSometimesCounts()
        var taken = 0
        var seed: UInt64 = restores ? 1_000_000 : 0
        while taken < Self.steps {
            var run = HealthCase(seed: seed, length: 100 + Int(seed % 5) * 150, restores: restores)
            run.run()
            taken += run.steps.count
            counts.add(run.counts)
            if let failure = run.failure {
                Issue.record("seed \(seed), restores \(restores): \(failure)")
                return
            }
            seed += 1
        }
        let unreached = counts.unreached.filter { $0 != (restores ? .replayed : .restored) }
        #expect(unreached.isEmpty, "\(unreached.map(\.name))")
    }

    @Test func nothingBreaksInRandomWorlds() { torture(restores: false) }

    @Test func nothingBreaksWhenItIsCutAtAnyPoint() { torture(restores: true) }
}
