import FleetModel
import Testing

@testable import Simulation

@Suite struct AttemptProgressTests {
    private func minutes(_ count: Int64) -> TimeSpan { .seconds(count * 60) }
    private func at(_ minute: Int64) -> Instant { .seconds(minute * 60) }
    private let unit = AttemptProgress.fullSpeed

    /// GPU-milli × nanoseconds of one GPU's minutes.
    private func gpuMinutes(_ count: Int64) -> Int128 { Int128(count) * 60_000_000_000_000 }

    private func attempt(overhead: Int64 = 0, period: Int64? = nil) -> AttemptProgress {
        var attempt = AttemptProgress(
            at: .zero, overhead: minutes(overhead), period: period.map(minutes))
        attempt.setSize(gpuMilli: 1000, speed: unit, nodeSpeed: unit, at: .zero)
        return attempt
    }

    @Test func aSlowStretchMovesTheEnd() {
        var attempt = attempt(overhead: 5)
        #expect(attempt.end(of: minutes(60).nanoseconds) == at(65))
        attempt.setSize(gpuMilli: 1000, speed: unit, nodeSpeed: unit / 2, at: at(25))
        #expect(attempt.end(of: minutes(60).nanoseconds) == at(25 + 80))
        attempt.setSize(gpuMilli: 1000, speed: unit, nodeSpeed: unit, at: at(45))
        // 20 minutes at full speed, 20 at half.
        #expect(attempt.end(of: minutes(60).nanoseconds) == at(45 + 30))
        #expect(attempt.losses(at: at(75)).slowed == gpuMinutes(10))
        #expect(attempt.losses(at: at(75)).restart == gpuMinutes(5))
    }

    @Test func changesDuringTheStartCostNothingButTime() {
        var attempt = attempt(overhead: 10)
        attempt.setSize(gpuMilli: 1000, speed: unit, nodeSpeed: unit / 2, at: at(5))
        #expect(attempt.end(of: minutes(60).nanoseconds) == at(10 + 120))
        #expect(attempt.losses(at: at(10)).slowed == 0)
        #expect(attempt.kept(at: at(9)) == 0)
    }

    @Test func aCheckpointKeepsWhatWasDoneAtEachSpeed() {
        var attempt = attempt(period: 10)
        attempt.setSize(gpuMilli: 1000, speed: unit, nodeSpeed: unit / 2, at: at(15))
        // The checkpoint at 20: 15 minutes of work and 5 at half speed.
        #expect(attempt.kept(at: at(19)) == minutes(10).nanoseconds)
        #expect(attempt.kept(at: at(20)) == minutes(15).nanoseconds + minutes(5).nanoseconds / 2)
        attempt.settle(to: at(27))
        #expect(attempt.kept(at: at(27)) == attempt.kept(at: at(20)))
        #expect(attempt.lostWork(keepsCheckpoint: true) == gpuMinutes(7))
        #expect(attempt.lostWork(keepsCheckpoint: false) == gpuMinutes(27))
    }

    @Test func sizesCountInWhatIsLost() {
        var attempt = attempt(period: 10)
        attempt.setSize(gpuMilli: 500, speed: unit / 2, nodeSpeed: unit, at: at(14))
        attempt.settle(to: at(16))
        #expect(attempt.lostWork(keepsCheckpoint: true) == gpuMinutes(4) + gpuMinutes(1))
        // Being small is not being slow.
        #expect(attempt.losses.slowed == 0)
    }

    @Test func wrongResultsAreOfNoUseHoweverOftenTheyAreSaved() {
        var attempt = attempt(period: 10)
        attempt.taint(at: at(25))
        attempt.taint(at: at(45))
        attempt.settle(to: at(63))
        #expect(attempt.kept(at: at(63)) == minutes(20).nanoseconds)
        #expect(attempt.lostWork(keepsCheckpoint: true) == gpuMinutes(43))
    }

    @Test func aHaltedGangHoldsItsDevicesAndDoesNothing() {
        var attempt = attempt(period: 10)
        attempt.halt(at: at(12))
        attempt.settle(to: at(45))
        #expect(attempt.end(of: minutes(60).nanoseconds) == .never)
        #expect(attempt.kept(at: at(45)) == minutes(10).nanoseconds)
        #expect(attempt.lostWork(keepsCheckpoint: true) == gpuMinutes(2))
        #expect(attempt.losses.held == gpuMinutes(33))
    }

    @Test func manySmallChangesAddUp() {
        var random = SplitMix(seed: 4)
        for _ in 0..<50 {
            var attempt = attempt(period: 7)
            var now: Int64 = 0
            var done: Double = 0
            var speed = unit
            for _ in 0..<40 {
                let span = Int64(random.below(900)) + 1
                done += Double(span) * Double(speed) / 1e6
                now += span
                speed = Int64(random.below(1_000_000)) + 1
                attempt.setSize(
                    gpuMilli: 1000, speed: unit, nodeSpeed: speed, at: .seconds(now))
            }
            let left = 100_000.0 - done
            let expected = Double(now) + left * 1e6 / Double(speed)
            let end = attempt.end(of: 100_000 * 1_000_000_000)
            #expect(abs(Double(end.nanoseconds) / 1e9 - expected) < expected * 1e-6 + 0.1)
        }
    }
}
