import FleetModel
import Testing

@testable import Scheduler

/// Young gangs that take the places of veterans of the same tenant and priority.
@Suite struct TurnTests {
    /// One device, taken since 0 by a job that may make way: young until 100, a veteran from 200
    /// on, and never before a young one has waited 50.
    private static func taken(
        nodes: Int = 1, by change: @escaping (inout JobSpec) -> Void = cheap(50),
        tune: (inout TimelinePolicy) -> Void = { _ in }
    ) -> Harness {
        var h = Harness.muster(nodes: nodes, devices: 1) { timeline in
            timeline.youngSpan = .seconds(100)
            timeline.veteranSpan = .seconds(200)
            timeline.youngWait = .seconds(50)
            timeline.minimumRunTime = .seconds(20)
            tune(&timeline)
        }
        h.run(0, change: change)
        return h
    }

    /// Any job is overdue that has waited 300.
    private static func hurried(_ timeline: inout TimelinePolicy) {
        timeline.singlePatience = .seconds(300)
        timeline.overdueSinglePercent = 100
    }

    @Test func aYoungJobTakesTheTurnOfAVeteranAfterAWhile() {
        var h = Self.taken()
        h.seconds = 300
        #expect(h.submit(1, change: cheap(50)).acts == [])
        #expect(h.advance(to: 349).acts == [])
        #expect(h.advance(to: 350).acts == ["stop 0 for preemption"])
        #expect(h.confirmStop(0).acts == ["requeue 0 after preemption", "start 1 on 0"])
    }

    @Test func nobodyMakesWayBeforeItIsAVeteran() {
        var h = Self.taken()
        h.seconds = 100
        #expect(h.submit(1).acts == [])
        #expect(h.advance(to: 199).acts == [])
        #expect(h.advance(to: 200).acts == ["stop 0 for preemption"])
    }

    @Test func timeRunInEarlierAttemptsCounts() {
        var h = Self.taken { spec in
            cheap(50)(&spec)
            spec.retries = RetryLimits(application: 1)
        }
        h.seconds = 150
        #expect(h.fail(0).acts == ["requeue 0 after application", "start 0 on 0"])
        h.confirmStart(0)
        #expect(h.submit(1).acts == [])
        #expect(h.advance(to: 199).acts == [])
        #expect(h.advance(to: 200).acts == ["stop 0 for preemption"])
    }

    @Test func whoIsOldItselfTakesNoTurn() {
        var h = Self.taken(nodes: 2)
        h.run(1) { spec in
            cheap(50)(&spec)
            spec.retries = RetryLimits(application: 1)
        }
        h.advance(to: 300)
        h.apply(.drain(NodeID(1)))
        #expect(h.fail(1).acts == ["requeue 1 after application"])
        #expect(h.advance(to: 2000).acts == [])
    }

    @Test func onlyPreemptibleVeteransOfTheSamePriorityMakeWay() {
        let veterans: [(inout JobSpec) -> Void] = [
            { $0.checkpointPeriod = .seconds(50) }, cheap(50, priority: 1),
        ]
        for change in veterans {
            var h = Self.taken(by: change)
            h.seconds = 300
            h.submit(1)
            #expect(h.advance(to: 1000).acts == [])
        }
    }

    @Test func nobodyTakesTurnsWithoutAYoungSpan() {
        var h = Self.taken(tune: { $0.youngSpan = .zero })
        h.seconds = 300
        h.submit(1)
        #expect(h.advance(to: 1000).acts == [])
    }

    // MARK: What may be lost

    @Test(arguments: [Int32(99), 100])
    func noMoreIsLostThanAllowed(percent: Int32) {
        var h = Self.taken(by: preemptible(), tune: { $0.lossPercent = percent })
        h.seconds = 250
        h.checkpoint(0)
        h.seconds = 300
        h.submit(1)
        // At 350 the loss is 100 seconds, and it only grows.
        #expect(h.advance(to: 1000).acts == (percent == 99 ? [] : ["stop 0 for preemption"]))
    }

    @Test(arguments: [Int64(259), 260])
    func theLossOfAllVictimsTogetherIsBounded(checkpoint: Int64) {
        var h = Self.taken(nodes: 2, by: preemptible())
        h.run(1, change: preemptible())
        h.seconds = 240
        h.checkpoint(0)
        h.seconds = checkpoint
        h.checkpoint(1)
        h.seconds = 300
        h.submit(2, members: 2)
        // At 350 job 0 loses 110 seconds, and 90 are left for job 1.
        let isAllowed = checkpoint == 260
        #expect(
            h.advance(to: 1000).acts
                == (isAllowed ? ["stop 0 for preemption", "stop 1 for preemption"] : []))
    }

    @Test func whoLosesLeastMakesWay() {
        var h = Self.taken(nodes: 2, by: preemptible())
        h.run(1, change: preemptible())
        h.seconds = 330
        h.checkpoint(0)
        h.seconds = 340
        h.checkpoint(1)
        h.submit(2)
        #expect(h.advance(to: 390).acts == ["stop 1 for preemption"])
    }

    // MARK: No end of it

    @Test(arguments: [Int32(1), 2])
    func aJobMakesWaySoOften(most: Int32) {
        var h = Self.taken(tune: { $0.evictionsPerJob = most })
        h.seconds = 300
        h.submit(1)
        #expect(h.advance(to: 350).acts == ["stop 0 for preemption"])
        h.confirmStop(0)
        h.confirmStart(1)
        h.seconds = 400
        #expect(h.finish(1).acts == ["end 1 succeeded", "start 0 on 0"])
        h.confirmStart(0)
        h.submit(2)
        #expect(
            h.advance(to: 1000).acts == (most == 1 ? [] : ["stop 0 for preemption"]))
    }

    @Test func whoWasStoppedForAnotherNeverTakesItsPlace() {
        var h = Self.taken(tune: Self.hurried)
        h.seconds = 300
        h.submit(1, change: cheap(50))
        h.advance(to: 350)
        h.confirmStop(0)
        h.confirmStart(1)
        #expect(h.advance(to: 3000).acts == [], "job 0 is overdue and job 1 a veteran")
    }

    @Test func othersTakeTheirTurnOfWhoTookOne() {
        var h = Self.taken()
        h.seconds = 300
        h.submit(1, change: cheap(50))
        h.advance(to: 350)
        h.confirmStop(0)
        h.confirmStart(1)
        h.advance(to: 500)
        h.submit(2, change: cheap(50))
        #expect(h.advance(to: 549).acts == [])
        #expect(h.advance(to: 550).acts == ["stop 1 for preemption"])
        #expect(h.confirmStop(1).acts == ["requeue 1 after preemption", "start 2 on 0"])
    }

    @Test func anOverdueJobTakesTheTurnOfALaterOne() {
        var h = Self.taken(nodes: 2, tune: Self.hurried)
        h.run(1, change: cheap(50))
        h.advance(to: 300)
        h.submit(2)
        h.submit(3, change: cheap(50))
        #expect(h.advance(to: 350).acts == ["stop 0 for preemption", "stop 1 for preemption"])
        h.confirmStop(0)
        h.confirmStop(1)
        h.confirmStart(2)
        h.confirmStart(3)
        // Job 0 made way for one of them and may have the place of the other, if that is
        // preemptible.
        #expect(h.advance(to: 649).acts == [])
        #expect(h.advance(to: 660).acts == ["stop 3 for preemption"])
    }
}
