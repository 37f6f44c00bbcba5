import FleetModel
import Scheduler
import Testing

@testable import Simulation

@Suite struct DecisionCostTests {
    @Test func costDelaysStartsAndCountsAsWaiting() {
        let jobs = [handJob(0, at: 0, runs: 100), handJob(1, at: 0, runs: 50)]
        let run = HandRun(jobs, cost: .perInput(.seconds(1)))
        // Tenants and nodes take 0 to 2 s, the first submission is decided upon at 3 s, the end
        // that comes at 103 s at 104 s.
        #expect(run.starts == [3, 104])
        #expect(run.report.wait.maximum == 104 && run.report.wait.mean == 53.5)
        #expect(run.ends == [104, 155])
        #expect(run.report.counts.succeeded == 2)
    }

    @Test func freeDecisionsTakeNoTime() {
        let jobs = [handJob(0, at: 0, runs: 100)]
        #expect(HandRun(jobs).starts == [0])
        #expect(HandRun(jobs, cost: .perInput(.zero)).starts == [0])
    }

    @Test func measuredByALentClock() {
        final class Clock {
            var time: Int64 = 0
        }
        let clock = Clock()
        let cost = DecisionCost.measured {
            clock.time += 500_000_000
            return clock.time
        }
        // Each input lasts from one reading to the next: half a second.
        #expect(HandRun([handJob(0, at: 0, runs: 100)], cost: cost).starts == [1.5])
        let backwards = DecisionCost.measured {
            clock.time -= 1
            return clock.time
        }
        #expect(HandRun([handJob(0, at: 0, runs: 100)], cost: backwards).starts == [0])
    }

    /// Timers that are of no use any more take the scheduler's time after the last end.
    @Test func uselessTimersAfterTheEnd() {
        let jobs = [
            handJob(0, at: 0, runs: 100, gpus: 4) { $0.spec.timeLimit = .seconds(103) },
            handJob(1, at: 0, runs: 50, gpus: 4) { $0.spec.timeLimit = .seconds(104) },
            handJob(2, at: 0, runs: 5, gpus: 4) { $0.spec.timeLimit = .seconds(10_000) },
        ]
        for milliseconds: Int64 in [1, 500, 1000, 2000, 3000, 5000] {
            let cost = DecisionCost.perInput(TimeSpan(nanoseconds: milliseconds * 1_000_000))
            let run = HandRun(jobs, cost: cost)
            #expect(run.run.settledJobs == 3)
            #expect(run.report.series.lengthSeconds < 300)
        }
    }

    @Test(arguments: QueueOrder.allCases) func overloadedSchedulerStillSettles(
        _ order: QueueOrder
    ) {
        let jobs = (0..<40).map { id in
            handJob(id, at: Int64(id), runs: Int64(id % 7) * 10, gpus: Int32(1 + id % 8)) {
                if id % 3 == 0 { $0.spec.timeLimit = .seconds(25) }
                if id % 5 == 0 { $0.cancelAfter = .seconds(60) }
                $0.failsAtEnd = id % 4 == 0
                $0.spec.retries = RetryLimits(application: 1)
            }
        }
        let run = HandRun(jobs, order: order, cost: .perInput(.seconds(20)))
        #expect(run.run.settledJobs == 40)
        #expect(run.run.engine.checkInvariants().isEmpty)
    }
}
