import FleetModel
import Testing

@testable import Scheduler

/// Places that are fought for while the world goes on: cancellations, losses and drains between an
/// order to stop and its confirmation.
@Suite struct InterplayTests {
    /// Two nodes; job 0 on the first was told to stop for job 9, and job 1 may not be stopped.
    private static func underway() -> Harness {
        var h = Harness.muster(nodes: 2)
        h.run(0, gpus: 8, change: preemptible())
        h.run(1, gpus: 8)
        h.seconds = 1000
        #expect(h.submit(9, gpus: 8, change: ranking(1)).acts == ["stop 0 for preemption"])
        return h
    }

    @Test func theVictimIsCancelled() {
        var h = Self.underway()
        #expect(h.apply(.cancel(JobID(0))).acts == [])
        #expect(h.confirmStop(0).acts == ["end 0 cancelled", "start 9 on 0"])
    }

    @Test func theVictimIsHeld() {
        var h = Self.underway()
        h.apply(.hold(JobID(0)))
        #expect(h.confirmStop(0).acts == ["requeue 0 after preemption", "start 9 on 0"])
        #expect(h.finish(9).acts == ["end 9 succeeded"])
        #expect(h.apply(.release(JobID(0))).acts == ["start 0 on 0"])
    }

    @Test func theAskerIsHeld() {
        var h = Self.underway()
        h.apply(.hold(JobID(9)))
        #expect(h.confirmStop(0).acts == ["requeue 0 after preemption", "start 0 on 0"])
    }

    @Test func theAskerFindsRoomElsewhere() {
        var h = Self.underway()
        #expect(h.finish(1).acts.first == "end 1 succeeded")
        h.confirmStop(0)
        let started = h.directives.started
        #expect(Set(started.suffix(2)) == [0, 9], "both run now: \(h.directives.acts)")
    }

    @Test func thePlaceIsLost() {
        var h = Self.underway()
        #expect(h.apply(.removeNodes([NodeID(0)])).acts == [], "job 0 stops already")
        #expect(h.confirmStop(0).acts == ["requeue 0 after preemption"])
        #expect(h.finish(1).acts == ["end 1 succeeded", "start 9 on 1"])
    }

    @Test func thePlaceIsDrained() {
        var h = Self.underway()
        h.apply(.drain(NodeID(0)))
        #expect(h.confirmStop(0).acts == ["requeue 0 after preemption"])
        #expect(h.finish(1).acts == ["end 1 succeeded", "start 9 on 1"])
    }

    @Test func aLateConfirmationOfAnOldAttemptIsIgnored() {
        var h = Self.underway()
        h.confirmStop(0)
        #expect(h.finish(9).acts == ["end 9 succeeded", "start 0 on 0"])
        #expect(h.apply(.confirmStop(JobID(0), Attempt(1))) == [])
        #expect(h.apply(.checkpointed(JobID(0), Attempt(1))) == [])
        #expect(h.apply(.finish(JobID(0), Attempt(1))) == [])
        #expect(h.apply(.fail(JobID(0), Attempt(1), .node)) == [])
        #expect(h.submit(2, gpus: 1).started == [])
    }

    @Test func aTimeLimitDoesNotStopTwice() {
        var h = Harness.muster(nodes: 1)
        h.run(0, gpus: 8) { spec in
            preemptible()(&spec)
            spec.timeLimit = .seconds(1010)
        }
        h.seconds = 1000
        h.submit(9, gpus: 8, change: ranking(1))
        #expect(h.advance(to: 1020).acts == [])
        #expect(h.confirmStop(0).acts == ["requeue 0 after preemption", "start 9 on 0"])
    }

    // MARK: Gangs of several roles

    /// A leader with one device and workers with four each.
    private static func leaderAndWorkers(_ spec: inout JobSpec) {
        spec.priority = 1
        spec.roles = [
            RoleSpec(count: 1, request: MemberRequest(devices: 1)),
            RoleSpec(count: 2, request: MemberRequest(devices: 4)),
        ]
    }

    @Test func severalRolesAreReservedTogether() {
        var h = Harness.muster(nodes: 2)
        h.run(0, gpus: 8, change: lasting(100))
        h.run(1, gpus: 6, change: lasting(200))
        #expect(h.submit(2, change: Self.leaderAndWorkers).acts == [])
        #expect(h.due(2) == 100)
        #expect(h.submit(3, gpus: 2, change: lasting(200)).acts.count <= 1)
        h.advance(to: 100)
        #expect(h.finish(0).started.contains(2))
    }

    @Test func severalRolesTakeThePlacesOfOthers() {
        var h = Harness.muster(nodes: 2)
        h.run(0, gpus: 8, change: preemptible())
        h.run(1, gpus: 8, change: preemptible())
        h.seconds = 1000
        h.checkpoint(1)
        let stopped = h.submit(2, change: Self.leaderAndWorkers).stopped
        #expect(stopped.sorted() == [0, 1], "nine devices are needed")
        #expect(h.confirmStop(0).started == [])
        #expect(h.confirmStop(1).started.contains(2))
    }

    // MARK: Turns and reservations

    /// Two devices, taken since 0 by jobs that are veterans from 200 on.
    private static func veterans(
        _ tune: (inout TimelinePolicy) -> Void = { _ in }
    ) -> Harness {
        var h = Harness.muster(nodes: 2, devices: 1) { timeline in
            timeline.youngSpan = .seconds(100)
            timeline.veteranSpan = .seconds(200)
            timeline.youngWait = .seconds(50)
            tune(&timeline)
        }
        h.run(0, change: cheap(50))
        h.run(1, change: cheap(50))
        return h
    }

    @Test func aReservationCountsOnTurns() {
        var h = Self.veterans()
        h.seconds = 100
        #expect(h.submit(2, members: 2).acts == [])
        #expect(h.due(2) == 200)
        #expect(h.advance(to: 199).acts == [])
        #expect(h.advance(to: 200).acts == ["stop 0 for preemption", "stop 1 for preemption"])
        h.confirmStop(1)
        #expect(h.confirmStop(0).acts == ["requeue 0 after preemption", "start 2 on 0 1"])
    }

    @Test func whoMadeWayWaitsBehindTheYoung() {
        var h = Self.veterans()
        h.seconds = 300
        h.submit(2)
        h.submit(3)
        h.advance(to: 350)
        h.confirmStop(0)
        h.confirmStop(1)
        h.submit(4)
        #expect(h.finish(2).started == [4], "jobs 0 and 1 have had their share")
        #expect(h.finish(3).started == [0])
    }

    @Test func anOverdueGangGoesBeforeTheYoung() {
        var h = Self.veterans { timeline in
            timeline.preempts = false
            timeline.gangPatience = .seconds(500)
            timeline.overdueGangPercent = 100
        }
        h.seconds = 10
        h.submit(2, members: 2)
        h.finish(0)
        #expect(h.submit(3).acts == [], "the free device is job 2's")
        h.seconds = 600
        #expect(h.finish(1).acts == ["end 1 succeeded", "start 2 on 0 1"])
    }

    // MARK: Drains and broken gangs

    @Test func aKeptNodeThatIsDrainedIsLetGo() {
        var h = Harness.muster(nodes: 4)
        h.run(0, members: 2, gpus: 8)
        h.run(1, gpus: 8)
        h.run(2, gpus: 8)
        h.apply(.removeNodes([NodeID(1)]))
        h.confirmStop(0)
        h.apply(.drain(NodeID(0)))
        h.finish(1)
        #expect(h.finish(2).acts == ["end 2 succeeded", "start 0 on 2 3"])
    }

    @Test func aDrainedGangMovesAsAWhole() {
        var h = Harness.muster(nodes: 4, groups: [2])
        h.run(0, members: 2, gpus: 8) { $0.topology.preference = .required(LevelIndex(0)) }
        h.apply(.drainBy(NodeID(1), deadline: .seconds(100)))
        #expect(h.advance(to: 100).acts == ["stop 0 for maintenance"])
        #expect(h.confirmStop(0).acts == ["requeue 0 after maintenance", "start 0 on 2 3"])
    }

    @Test func aGangThatStartsIsNotShrunkYet() {
        var h = Harness.muster(nodes: 2)
        h.submit(0, gpus: 8) { $0.roles[0].maximum = 2 }
        #expect(h.submit(1, gpus: 8).acts == [])
        h.confirmStart(0)
        #expect(h.advance(to: 10).acts == ["shrink 0 off 1"])
    }
}
