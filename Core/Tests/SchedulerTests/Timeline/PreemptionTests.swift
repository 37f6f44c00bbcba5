import FleetModel
import Testing

@testable import Scheduler

/// Who is stopped for a job of higher priority, and who gets what that frees.
@Suite struct PreemptionTests {
    /// One node per job of one device, all of them taken by preemptible work since 0.
    private static func full(_ jobs: Int, _ change: @escaping (inout JobSpec) -> Void) -> Harness {
        var h = Harness.muster(nodes: jobs, devices: 1)
        for job in 0..<jobs { h.run(job, change: change) }
        return h
    }

    @Test func theVictimIsTheOneThatLosesLeast() {
        var h = Self.full(3, preemptible())
        for (job, time) in [(0, Int64(500)), (1, 900), (2, 700)] {
            h.seconds = time
            h.checkpoint(job)
        }
        h.seconds = 1000
        #expect(h.submit(9, change: ranking(1)).acts == ["stop 1 for preemption"])
        #expect(h.confirmStop(1).acts == ["requeue 1 after preemption", "start 9 on 1"])
        #expect(h.finish(9).acts == ["end 9 succeeded", "start 1 on 1"])
    }

    @Test func declaredCheckpointsCountAsWritten() {
        var h = Harness.muster(nodes: 3, devices: 1)
        for (job, period) in [(0, Int64(400)), (1, 700), (2, 330)] {
            h.run(job, change: cheap(period))
        }
        h.seconds = 1000
        #expect(h.submit(9, change: ranking(1)).acts == ["stop 2 for preemption"], "10 s old")
    }

    @Test func theCostOfAnotherStartCounts() {
        var h = Harness.muster(nodes: 2, devices: 1)
        for (job, cost) in [(0, Int64(600)), (1, 100)] {
            h.run(job) { spec in
                cheap()(&spec)
                spec.restartCost = .seconds(cost)
            }
        }
        h.seconds = 1000
        #expect(h.submit(9, change: ranking(1)).acts == ["stop 1 for preemption"])
    }

    @Test func twoSmallOnesMayBeCheaperThanALargeOne() {
        var h = Harness.muster(nodes: 2, devices: 2)
        h.run(0, gpus: 2, change: preemptible())
        h.run(1, change: preemptible())
        h.run(2, change: preemptible())
        h.seconds = 900
        h.checkpoint(1)
        h.checkpoint(2)
        h.seconds = 1000
        #expect(
            h.submit(9, gpus: 2, change: ranking(1)).acts
                == ["stop 1 for preemption", "stop 2 for preemption"])
    }

    @Test func noMoreThanNeededAreStopped() {
        var h = Harness.muster(nodes: 1, devices: 4)
        h.run(0, gpus: 2, change: preemptible())
        h.run(1, change: preemptible())
        h.run(2, change: preemptible())
        h.seconds = 600
        h.checkpoint(0)
        h.seconds = 900
        h.checkpoint(1)
        h.seconds = 1000
        #expect(
            h.submit(9, gpus: 2, change: ranking(1)).acts == ["stop 0 for preemption"],
            "job 1 is the cheapest, but does not do alone, and with job 0 it is spared")
    }

    @Test func whatIsFreeAlreadyIsUsed() {
        var h = Harness.muster(nodes: 2, devices: 2)
        h.run(0, gpus: 2, change: preemptible())
        h.run(1, change: preemptible())
        h.seconds = 1000
        #expect(h.submit(9, gpus: 2, change: ranking(1)).acts == ["stop 1 for preemption"])
    }

    @Test func aGangTakesSeveralPlaces() {
        var h = Self.full(3, preemptible())
        h.seconds = 900
        h.checkpoint(0)
        h.checkpoint(2)
        h.seconds = 1000
        #expect(
            h.submit(9, members: 2, change: ranking(1)).acts
                == ["stop 0 for preemption", "stop 2 for preemption"])
        #expect(h.confirmStop(2).acts == ["requeue 2 after preemption"])
        #expect(h.confirmStop(0).acts == ["requeue 0 after preemption", "start 9 on 0 2"])
    }

    @Test func nobodyIsStoppedWhenThatDoesNotMakeRoom() {
        var h = Harness.muster(nodes: 2, devices: 1)
        h.run(0, change: preemptible())
        h.run(1)
        h.advance(to: 1000)
        #expect(h.submit(9, members: 2, change: ranking(1)).acts == [])
        #expect(h.advance(to: 2000).acts == [])
    }

    // MARK: Who may not be stopped

    @Test func onlyPreemptibleWorkOfLowerPriorityIs() {
        var h = Harness.muster(nodes: 3, devices: 1)
        h.run(0, change: ranking(0))
        h.run(1, change: preemptible(5))
        h.run(2, change: preemptible(6))
        h.advance(to: 1000)
        #expect(h.submit(9, change: ranking(5)).acts == [])
        #expect(h.advance(to: 2000).acts == [])
        #expect(h.submit(10, change: ranking(6)).acts == ["stop 1 for preemption"])
    }

    @Test func thePolicysMinimumRunTimeIsRespected() {
        var h = Self.full(1, preemptible())
        h.seconds = 95
        #expect(h.submit(9, change: ranking(1)).acts == [])
        #expect(h.advance(to: 104).acts == [])
        #expect(h.advance(to: 105).acts == ["stop 0 for preemption"], "the first review after 100")
    }

    @Test func theJobsOwnMinimumRunTimeIsRespected() {
        var h = Self.full(1) { spec in
            preemptible()(&spec)
            spec.minimumRunTime = .seconds(500)
        }
        h.seconds = 200
        #expect(h.submit(9, change: ranking(1)).acts == [])
        #expect(h.advance(to: 499).acts == [])
        #expect(h.advance(to: 500).acts == ["stop 0 for preemption"])
    }

    @Test func nobodyIsWithoutPreemption() {
        var h = Harness.muster(nodes: 1, devices: 1) { $0.preempts = false }
        h.run(0, change: preemptible())
        h.seconds = 1000
        #expect(h.submit(9, change: ranking(1)).acts == [])
        #expect(h.advance(to: 2000).acts == [])
    }

    // MARK: Who gets the place

    @Test func nobodyElseGetsIt() {
        var h = Self.full(1, preemptible())
        h.seconds = 1000
        h.submit(9, change: ranking(1))
        #expect(h.submit(10, change: ranking(0)).acts == [])
        #expect(h.submit(11, change: ranking(1)).acts == [])
        #expect(h.submit(12, change: cheap()).acts == [])
        #expect(h.confirmStop(0).acts == ["requeue 0 after preemption", "start 9 on 0"])
    }

    @Test func thePlaceIsNotLostWhenTheVictimEndsByItself() {
        var h = Self.full(1, preemptible())
        h.seconds = 1000
        h.submit(9, change: ranking(1))
        h.submit(10, change: ranking(1))
        #expect(h.finish(0).acts == ["end 0 succeeded", "start 9 on 0"])
    }

    @Test func thePlaceIsNotLostWhenTheVictimFails() {
        var h = Self.full(1, preemptible())
        h.seconds = 1000
        h.submit(9, change: ranking(1))
        #expect(h.fail(0).acts == ["requeue 0 after preemption", "start 9 on 0"])
    }

    @Test func thePlaceGoesBackWhenTheAskerIsCancelled() {
        var h = Self.full(1, preemptible())
        h.seconds = 1000
        h.submit(9, change: ranking(1))
        h.apply(.cancel(JobID(9)))
        #expect(h.confirmStop(0).acts == ["requeue 0 after preemption", "start 0 on 0"])
    }

    @Test func aHigherPriorityTakesItFromTheAsker() {
        var h = Self.full(2, preemptible())
        h.seconds = 1000
        #expect(h.submit(9, change: ranking(1)).acts == ["stop 0 for preemption"])
        #expect(h.submit(10, change: ranking(2)).acts == ["stop 1 for preemption"])
        #expect(h.confirmStop(1).acts == ["requeue 1 after preemption", "start 10 on 1"])
        #expect(h.confirmStop(0).acts == ["requeue 0 after preemption", "start 9 on 0"])
    }

    @Test func preemptionsDoNotUseUpRetries() {
        var h = Self.full(1) { spec in
            preemptible()(&spec)
            spec.retries = RetryLimits(application: 0, infrastructure: 0)
        }
        for round in 0..<3 {
            h.seconds += 1000
            #expect(h.submit(10 + round, change: ranking(1)).acts == ["stop 0 for preemption"])
            h.confirmStop(0)
            #expect(h.finish(10 + round).started == [0])
        }
    }

    @Test func aJobStoppedOftenEnoughIsLeftAloneByNobodyOfHigherPriority() {
        var h = Harness.muster(nodes: 1, devices: 1) { $0.evictionsPerJob = 1 }
        h.run(0, change: preemptible())
        for round in 0..<3 {
            h.seconds += 1000
            #expect(h.submit(10 + round, change: ranking(1)).acts == ["stop 0 for preemption"])
            h.confirmStop(0)
            h.finish(10 + round)
        }
    }
}
