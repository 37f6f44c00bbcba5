import FleetModel
import Testing

@testable import Scheduler

/// Gangs that hardware broke: what they keep, what they get, and what they do not go back to.
@Suite struct GraceTests {
    private static let grace: Int64 = 60

    /// Three nodes; a gang of two on the first two since 0.
    private static func pair(nodes: Int = 3, change: (inout JobSpec) -> Void = { _ in }) -> Harness
    {
        var h = Harness.muster(nodes: nodes) { $0.graceTime = .seconds(grace) }
        h.run(0, members: 2, gpus: 8, change: change)
        return h
    }

    private static func lose(_ node: Int, _ h: inout Harness) {
        #expect(h.apply(.removeNodes([NodeID(node)])).acts == ["stop 0 for hardware"])
    }

    @Test func aSpareTakesTheRankOfWhatWasLost() {
        for (lost, places) in [(0, "2 1"), (1, "0 2")] {
            var h = Self.pair()
            Self.lose(lost, &h)
            #expect(h.confirmStop(0).acts == ["requeue 0 after node", "start 0 on \(places)"])
        }
    }

    @Test func theSurvivorsAreKeptUntilASpareIsFree() {
        var h = Self.pair()
        h.run(1, gpus: 8)
        Self.lose(1, &h)
        #expect(h.confirmStop(0).acts == ["requeue 0 after node"])
        #expect(h.submit(2, gpus: 8).acts == [], "node 0 is kept")
        #expect(h.finish(1).acts == ["end 1 succeeded", "start 0 on 0 2"])
    }

    @Test func nobodyMakesWayForAGangThatFindsAnotherPlace() {
        // The spare near by is in use by lower priority; a leaf of its own is free elsewhere.
        var h = Harness.muster(nodes: 6, groups: [3]) { timeline in
            timeline.graceTime = .seconds(Self.grace)
            timeline.minimumRunTime = .zero
        }
        h.run(0, members: 2, gpus: 8) { spec in
            spec.priority = 1
            spec.topology.preference = .required(LevelIndex(0))
        }
        h.run(1, gpus: 8, change: preemptible())
        h.seconds = 10
        Self.lose(1, &h)
        #expect(h.confirmStop(0).acts == ["requeue 0 after node", "start 0 on 3 4"])
    }

    @Test func whoIsInTheWayOfABrokenGangMakesWayWhenThereIsNoOtherPlace() {
        var h = Harness.muster(nodes: 3, groups: [3]) { timeline in
            timeline.graceTime = .seconds(Self.grace)
            timeline.minimumRunTime = .zero
        }
        h.run(0, members: 2, gpus: 8) { $0.priority = 1 }
        h.run(1, gpus: 8, change: preemptible())
        h.seconds = 10
        Self.lose(1, &h)
        #expect(h.confirmStop(0).acts == ["requeue 0 after node", "stop 1 for preemption"])
        #expect(h.confirmStop(1).acts == ["requeue 1 after preemption", "start 0 on 0 2"])
    }

    @Test func theSurvivorsAreLetGoAfterTheGraceTime() {
        var h = Self.pair()
        h.run(1, gpus: 8)
        h.seconds = 100
        Self.lose(1, &h)
        h.confirmStop(0)
        h.submit(2, gpus: 8)
        #expect(h.advance(to: 159).acts == [])
        #expect(h.advance(to: 160).acts == ["start 2 on 0"])
    }

    @Test func theyAreKeptFromHigherPriorityToo() {
        var h = Self.pair()
        h.run(1, gpus: 8)
        Self.lose(1, &h)
        h.confirmStop(0)
        #expect(h.submit(2, gpus: 8, change: ranking(100)).acts == [], "node 0 is kept")
        #expect(h.finish(1).acts == ["end 1 succeeded", "start 2 on 2"], "node 2 is not")
        #expect(h.finish(2).acts == ["end 2 succeeded", "start 0 on 0 2"])
    }

    @Test func nothingIsKeptForAGangThatNoNodeCouldComplete() {
        var h = Self.pair()
        h.apply(.setDeviceHealth(NodeID(2), unhealthy: 0xFF))
        Self.lose(1, &h)
        h.confirmStop(0)
        #expect(h.submit(2, gpus: 8).acts == ["start 2 on 0"])
    }

    @Test func aLostNodeThatComesBackIsASpare() {
        var h = Self.pair(nodes: 2)
        Self.lose(1, &h)
        #expect(h.confirmStop(0).acts == ["requeue 0 after node"])
        let node = h.fleet.nodes[1]
        #expect(h.apply(.addNodes([node])).started.count <= 1)
        #expect(h.directives.acts.last == "start 0 on 0 1", "there is no other node")
    }

    @Test func theKeptPlaceIsLetGoWhenTheJobIsCancelled() {
        var h = Self.pair()
        h.run(1, gpus: 8)
        Self.lose(1, &h)
        h.confirmStop(0)
        h.submit(2, gpus: 8)
        #expect(h.apply(.cancel(JobID(0))).acts == ["end 0 cancelled", "start 2 on 0"])
    }

    @Test func aSurvivorThatIsLostTooIsNotKept() {
        var h = Self.pair(nodes: 4)
        h.run(1, gpus: 8)
        h.run(2, gpus: 8)
        Self.lose(1, &h)
        h.confirmStop(0)
        h.apply(.removeNodes([NodeID(0)]))
        h.finish(1)
        #expect(h.finish(2).acts == ["end 2 succeeded", "start 0 on 2 3"])
    }

    @Test func theSpareMustBeInTheRack() {
        var h = Harness.muster(nodes: 4, groups: [2])
        h.run(0, members: 2, gpus: 8) { $0.topology.preference = .required(LevelIndex(0)) }
        #expect(h.directives.acts == ["start 0 on 0 1"])
        h.apply(.removeNodes([NodeID(1)]))
        #expect(
            h.confirmStop(0).acts == ["requeue 0 after node", "start 0 on 2 3"],
            "with no spare in its rack the gang starts in another")
    }

    @Test func onlyWhatWasLostIsPreempted() {
        var h = Harness.muster(nodes: 4)
        h.run(0, members: 2, gpus: 8, change: ranking(1))
        h.run(1, gpus: 8, change: preemptible())
        h.run(2, gpus: 8, change: preemptible())
        h.seconds = 200
        h.checkpoint(2)
        h.apply(.removeNodes([NodeID(1)]))
        #expect(h.confirmStop(0).acts == ["requeue 0 after node", "stop 2 for preemption"])
        #expect(h.confirmStop(2).acts == ["requeue 2 after preemption", "start 0 on 0 3"])
    }

    // MARK: Suspects

    @Test func aGangDoesNotGoBackToTheNodeThatFailedIt() {
        var h = Self.pair()
        #expect(h.fail(0, .node, suspect: 1).acts == ["requeue 0 after node", "start 0 on 0 2"])
        h.confirmStart(0)
        #expect(h.fail(0, .node, suspect: 0).acts.first == "requeue 0 after node")
    }

    @Test func theProgramsOwnFailureMayHaveASuspectToo() {
        var h = Self.pair { $0.retries = RetryLimits(application: 1) }
        #expect(
            h.fail(0, .application, suspect: 0).acts
                == ["requeue 0 after application", "start 0 on 1 2"])
    }

    @Test func whatIsMadeAnewKeepsOffWhatFailedItsLike() {
        var h = Harness.muster(nodes: 2)
        let spec = JobSpec(
            id: JobID(0), tenant: TenantID(0),
            roles: [RoleSpec(count: 1, request: MemberRequest(devices: 8))])
        let suspects = [NodeID(0), NodeID(rawValue: -1), NodeID(40)]
        #expect(h.apply(.resubmit(spec, suspects: suspects)).acts == ["start 0 on 1"])
        // With no other place it waits, and goes there after a minute.
        var one = Harness.muster(nodes: 1)
        one.seconds = 10
        #expect(one.apply(.resubmit(spec, suspects: [NodeID(0)])).acts == [])
        #expect(one.engine.explain(JobID(0)).first?.code == .health)
        #expect(one.advance(to: 69).acts == [])
        #expect(one.advance(to: 70).acts == ["start 0 on 0"])
    }

    @Test func whatWaitsKeepsOffANodeThatIsNamedLater() {
        var h = Harness.muster(nodes: 1)
        h.run(0, gpus: 8)
        h.seconds = 10
        h.submit(1, gpus: 8)
        #expect(h.apply(.suspect(JobID(1), NodeID(0))).acts == [])
        // Of no effect on what runs, on nodes that never were and on jobs that are not there.
        for (job, node) in [(0, 0), (1, 7), (1, -1), (9, 0)] {
            h.apply(.suspect(JobID(job), NodeID(rawValue: Int32(node))))
        }
        #expect(h.apply(.finish(JobID(0), Attempt(1))).acts.contains("start 1 on 0") == false)
        #expect(h.engine.jobs[h.engine.jobs.slot(of: JobID(1)) ?? 0].suspects == [NodeID(0)])
        #expect(h.advance(to: 71).acts == ["start 1 on 0"])
    }

    @Test func aSuspectServesOthers() {
        var h = Self.pair()
        h.fail(0, .node, suspect: 1)
        #expect(h.submit(1, gpus: 8).acts == ["start 1 on 1"])
    }

    @Test func aSuspectThatTheGangWasNotOnIsIgnored() {
        var h = Self.pair()
        h.fail(0, .node, suspect: 2)
        #expect(h.directives.acts.last == "start 0 on 0 1")
        h.confirmStart(0)
        h.apply(.failOn(JobID(0), Attempt(1), .node, suspect: NodeID(0)))
        #expect(h.directives.acts.last == "start 0 on 0 1", "the attempt is over already")
    }

    @Test func aNodeWithALostDeviceIsASuspect() {
        var h = Harness.muster(nodes: 2)
        h.run(0, gpus: 4)
        #expect(
            h.apply(.setDeviceHealth(NodeID(0), unhealthy: 1)).acts == ["stop 0 for hardware"])
        #expect(h.confirmStop(0).acts == ["requeue 0 after device", "start 0 on 1"])
    }

    // MARK: Ranks and retries

    @Test func aBrokenGangGoesBeforeAllWhoWait() {
        var h = Harness.muster(nodes: 2)
        h.run(0, gpus: 8)
        h.run(1, gpus: 8)
        for job in 2..<5 { h.submit(job, gpus: 8) }
        h.apply(.removeNodes([NodeID(1)]))
        #expect(h.confirmStop(1).acts == ["requeue 1 after node"])
        #expect(h.finish(0).acts == ["end 0 succeeded", "start 1 on 0"])
        #expect(h.finish(1).acts == ["end 1 succeeded", "start 2 on 0"])
    }

    @Test func aBrokenGangGoesBeforeAnEarlierOneToo() {
        var h = Harness.muster(nodes: 3)
        h.run(0, gpus: 8)
        h.run(1, gpus: 8)
        h.run(2, gpus: 8)
        h.submit(3, members: 3, gpus: 8)
        h.submit(4, gpus: 8)
        h.apply(.removeNodes([NodeID(2)]))
        h.confirmStop(2)
        #expect(h.finish(0).acts == ["end 0 succeeded", "start 2 on 0"])
    }

    @Test func retriesCountByCause() {
        var h = Self.pair(nodes: 6) { spec in
            spec.retries[.node] = 1
            spec.retries[.device] = 1
        }
        #expect(h.fail(0, .node).started == [0])
        #expect(h.fail(0, .device).started == [0])
        #expect(h.fail(0, .start).started == [0])
        #expect(h.fail(0, .device).ended == [0: .failed])
    }

    @Test func aCheckpointGivesRetriesOfHardwareBack() {
        var h = Self.pair(nodes: 6) { spec in
            spec.retries[.node] = 1
            spec.retries[.start] = 1
        }
        #expect(h.fail(0, .node).started == [0])
        h.apply(.checkpointed(JobID(0), Attempt(2)))
        #expect(h.fail(0, .node).started == [0])
        // An attempt that is over gives nothing back, and other causes get nothing.
        h.apply(.checkpointed(JobID(0), Attempt(2)))
        #expect(h.fail(0, .start).started == [0])
        h.apply(.checkpointed(JobID(0), Attempt(4)))
        #expect(h.fail(0, .start).ended == [0: .failed])
    }

    @Test func theOldestOfMoreSuspectsThanAreKeptIsForgotten() {
        var h = Harness.muster(nodes: 12)
        h.run(0, gpus: 8)
        // The last ones have the lowest numbers.
        for node in (0..<10).reversed() { h.engine.suspect(NodeID(node), 0) }
        #expect(h.engine.jobs[0].suspects.map(\.index) == [7, 6, 5, 4, 3, 2, 1, 0])
        #expect(h.fail(0, .node).acts == ["requeue 0 after node", "start 0 on 9"])
    }

    @Test func theOnlyNodeIsForgivenWhenItHadTimeToBeClosed() {
        var h = Harness.muster(nodes: 1)
        h.run(0, gpus: 8)
        h.seconds = 10
        #expect(h.fail(0, .node, suspect: 0).acts == ["requeue 0 after node"])
        let reasons = h.engine.explain(JobID(0))
        #expect(reasons.first?.code == .health)
        #expect(reasons.first?.need == 1 && reasons.first?.have == 0)
        #expect(h.advance(to: 69).acts == [])
        #expect(h.advance(to: 70).acts == ["start 0 on 0"])
    }

    @Test func whoWaitsForATestOfTheSuspectGoesBackWhenItIsOpened() {
        var h = Harness.muster(nodes: 1)
        h.run(0, gpus: 8)
        h.seconds = 10
        h.fail(0, .node, suspect: 0)
        h.seconds = 20
        h.apply(.drain(NodeID(0)))
        #expect(h.advance(to: 400).acts == [])
        #expect(h.apply(.resume(NodeID(0))).acts == ["start 0 on 0"])
    }

    @Test func aGangWithoutRetriesKeepsNothing() {
        var h = Self.pair { $0.retries[.node] = 0 }
        h.run(1, gpus: 8)
        h.submit(2, gpus: 8)
        Self.lose(1, &h)
        #expect(h.confirmStop(0).acts == ["end 0 failed", "start 2 on 0"])
    }
}
