import FleetModel
import Testing

@testable import Scheduler

/// The future places of gangs that wait: who may use them meanwhile, and what becomes of them.
@Suite struct ReservationTests {
    /// Two nodes; one runs until 100, and a gang waits for both.
    private static func blocked() -> Harness {
        var h = Harness.muster(nodes: 2)
        h.run(0, gpus: 8, change: lasting(100))
        h.submit(1, members: 2, gpus: 8)
        return h
    }

    @Test func aBlockedGangKeepsWhatBecomesFree() {
        var h = Harness.muster(nodes: 2, devices: 2)
        for job in 0..<4 { h.run(job) }
        #expect(h.submit(4, members: 2, gpus: 2).acts == [])
        #expect(h.finish(0).acts == ["end 0 succeeded"])
        #expect(h.submit(5).acts == [], "the free device belongs to job 4")
        #expect(h.finish(2).acts == ["end 2 succeeded"])
        #expect(h.finish(1).acts == ["end 1 succeeded"])
        #expect(h.finish(3).acts == ["end 3 succeeded", "start 4 on 0 1"])
        #expect(h.finish(4).acts == ["end 4 succeeded", "start 5 on 0"])
    }

    @Test func whatEndsInTimeMayUseIt() {
        var h = Self.blocked()
        #expect(h.due(1) == 100)
        #expect(h.submit(2, gpus: 8, change: lasting(101)).acts == [])
        #expect(h.submit(3, gpus: 8, change: lasting(100)).acts == ["start 3 on 1"])
        h.seconds = 100
        #expect(h.finish(3).acts == ["end 3 succeeded"])
        #expect(h.finish(0).acts == ["end 0 succeeded", "start 1 on 0 1"])
    }

    @Test func workOfUnknownLengthMayNotUseIt() {
        var h = Self.blocked()
        #expect(h.submit(2, gpus: 8).acts == [])
        #expect(h.submit(3, gpus: 1).acts == [])
        #expect(h.submit(4, gpus: 8, change: preemptible()).acts == [], "it has no checkpoints")
    }

    @Test func aGangThatWaitsIsToldWhoseTheRoomIs() {
        var h = Self.blocked()
        let refusal = h.submit(2, gpus: 8).refusal
        #expect(refusal?.code == .reservation)
        #expect(refusal?.job == JobID(1))
    }

    @Test func afterALateEndNobodyIsLetInOnAnEstimate() {
        var h = Self.blocked()
        h.advance(to: 150)
        #expect(h.due(1) == 200, "what outlived 100 is expected to take 200")
        #expect(h.reserved(1) == [0, 1])
        #expect(h.submit(2, gpus: 8, change: lasting(51)).acts == [])
        #expect(h.submit(3, gpus: 8, change: lasting(50)).acts == [])
    }

    // MARK: Slipping in

    @Test func cheapWorkSlipsInAndMakesWayWhenTheRestIsFree() {
        var h = Harness.muster(nodes: 3)
        h.run(0, gpus: 8)
        h.run(1, gpus: 8)
        h.submit(2, members: 3, gpus: 8)
        #expect(h.run(3, gpus: 8, change: cheap()).acts == ["start 3 on 2"])
        h.seconds = 1
        #expect(h.finish(0).acts == ["end 0 succeeded"], "job 1 still runs: nothing is gained")
        #expect(h.finish(1).acts == ["end 1 succeeded", "stop 3 for preemption"])
        #expect(h.confirmStop(3).acts == ["requeue 3 after preemption", "start 2 on 0 1 2"])
        #expect(h.finish(2).acts == ["end 2 succeeded", "start 3 on 0"])
    }

    @Test func nobodySlipsInWhoWouldHaveToLeaveAtOnce() {
        var h = Harness.muster(nodes: 2)
        h.run(0, gpus: 8, change: preemptible())
        h.run(1, gpus: 8)
        h.submit(2, members: 2, gpus: 8, change: ranking(1))
        h.submit(3, gpus: 8, change: cheap())
        h.seconds = 200
        // Job 0 makes way now that the other half is free; job 3 stays out of it.
        #expect(h.finish(1).acts == ["end 1 succeeded", "stop 0 for preemption"])
        #expect(h.confirmStop(0).acts == ["requeue 0 after preemption", "start 2 on 0 1"])
    }

    @Test func nobodyIsStoppedInTheInstantOfItsStart() {
        var h = Harness.muster(nodes: 2) { $0.minimumRunTime = .zero }
        h.run(0, gpus: 8, change: preemptible())
        h.run(1, gpus: 8, change: preemptible())
        #expect(h.submit(2, gpus: 8, change: ranking(1)).acts == [])
        h.seconds = 1
        #expect(h.submit(3, gpus: 8, change: ranking(1)).acts.count == 1)
    }

    @Test func whatSlippedInMakesWayEvenBeforeTheMinimumRunTime() {
        var h = Harness.muster(nodes: 2) { $0.minimumRunTime = .seconds(1000) }
        h.run(0, gpus: 8)
        h.submit(1, members: 2, gpus: 8)
        h.run(2, gpus: 8, change: cheap())
        h.seconds = 1
        #expect(h.finish(0).acts == ["end 0 succeeded", "stop 2 for preemption"])
    }

    @Test func dearWorkDoesNotSlipIn() {
        var h = Harness.muster(nodes: 2) { $0.cheapRestart = .seconds(100) }
        h.run(0, gpus: 8)
        h.submit(1, members: 2, gpus: 8)
        let dear: [(inout JobSpec) -> Void] = [
            cheap(101),
            { spec in
                cheap(50)(&spec)
                spec.restartCost = .seconds(51)
            },
            { spec in
                cheap()(&spec)
                spec.minimumRunTime = .seconds(1)
            },
            {
                $0.checkpointPeriod = .seconds(60)
            },
        ]
        for (job, change) in dear.enumerated() {
            #expect(h.submit(2 + job, gpus: 8, change: change).acts == [], "\(job)")
        }
        #expect(h.submit(9, gpus: 8, change: cheap(100)).acts == ["start 9 on 1"])
    }

    @Test func nothingSlipsInWithoutPreemption() {
        var h = Harness.muster(nodes: 2) { $0.preempts = false }
        h.run(0, gpus: 8)
        h.submit(1, members: 2, gpus: 8)
        #expect(h.submit(2, gpus: 8, change: cheap()).acts == [])
        #expect(h.finish(0).acts == ["end 0 succeeded", "start 1 on 0 1"])
    }

    @Test func cheapWorkDoesNotSlipInJustBeforeTheEnd() {
        var h = Self.blocked()
        h.seconds = 1
        #expect(h.submit(2, gpus: 8, change: cheap()).acts == [], "99 seconds are left")
    }

    // MARK: What becomes of a reservation

    /// Three nodes in use until 100, 200 and 300; a gang waits for two of them.
    private static func staggered() -> Harness {
        var h = Harness.muster(nodes: 3) { $0.reservationsPerTenant = 1 }
        for job in 0..<3 { h.run(job, gpus: 8, change: lasting(Int64(100 * (job + 1)))) }
        h.submit(3, members: 2, gpus: 8)
        return h
    }

    @Test func theEarliestPlaceIsReserved() {
        let h = Self.staggered()
        #expect(h.reserved(3) == [0, 1])
        #expect(h.due(3) == 200)
    }

    @Test func aDrainedNodeIsReplaced() {
        var h = Self.staggered()
        h.advance(to: 100)
        h.finish(0)
        #expect(h.submit(4, gpus: 8).acts == [])
        #expect(h.apply(.drain(NodeID(1))).acts == [], "node 0 stays with job 3")
        #expect(h.reserved(3) == [0, 2])
        #expect(h.due(3) == 300)
        h.advance(to: 200)
        #expect(h.finish(1).acts == ["end 1 succeeded"])
        h.advance(to: 300)
        #expect(h.finish(2).acts == ["end 2 succeeded", "start 3 on 0 2"])
    }

    @Test func aLostNodeIsReplaced() {
        var h = Self.staggered()
        h.advance(to: 100)
        h.finish(0)
        #expect(h.submit(4, gpus: 8).acts == [])
        #expect(
            h.apply(.removeNodes([NodeID(1)])).acts == ["stop 1 for hardware"],
            "node 0 stays with job 3")
        #expect(h.reserved(3) == [0, 2])
    }

    @Test func aNodeWithALostDeviceIsReplaced() {
        var h = Self.staggered()
        h.advance(to: 100)
        h.finish(0)
        #expect(h.submit(4, gpus: 8).acts == [])
        #expect(
            h.apply(.setDeviceHealth(NodeID(1), unhealthy: 1)).acts == ["stop 1 for hardware"],
            "node 0 stays with job 3")
        #expect(h.reserved(3) == [0, 2])
    }

    @Test func aPlaceThatIsFreeEarlierIsTakenAtTheNextReview() {
        var h = Self.staggered()
        h.advance(to: 100)
        h.finish(0)
        h.advance(to: 250)
        #expect(h.due(3) == 300, "job 1 outlived 200; job 2 ends before it is done with 400")
        #expect(h.reserved(3) == [0, 2])
    }

    @Test(arguments: [Input.cancel(JobID(1)), .hold(JobID(1))])
    func aJobThatLeavesTheQueueLetsItGo(leaving: Input) {
        var h = Self.blocked()
        #expect(h.submit(2, gpus: 8).acts == [])
        #expect(h.apply(leaving).started == [2])
        #expect(h.reserved(1) == [])
    }

    @Test func aReleasedJobGetsAnother() {
        var h = Self.blocked()
        h.apply(.hold(JobID(1)))
        #expect(h.apply(.release(JobID(1))).acts == [])
        #expect(h.submit(2, gpus: 8).acts == [])
        #expect(h.reserved(1) == [0, 1])
    }

    // MARK: How many

    @Test(arguments: [1, 2])
    func aTenantHasSoMany(most: Int32) {
        var h = Harness.muster(nodes: 4) { $0.reservationsPerTenant = most }
        for job in 0..<4 { h.run(job, gpus: 8, change: lasting(Int64(100 * (job + 1)))) }
        h.submit(4, members: 2, gpus: 8)
        h.submit(5, members: 2, gpus: 8)
        #expect(h.engine.reservations.count == Int(most))
        #expect(h.reserved(4) == [0, 1])
        #expect(h.reserved(5) == (most == 1 ? [] : [2, 3]))
        h.finish(2)
        #expect(h.submit(6, gpus: 8).started == (most == 1 ? [6] : []))
    }

    @Test func eachTenantHasItsOwn() {
        var h = Harness.muster(
            nodes: 4, tenants: [TenantSpec(id: TenantID(0)), TenantSpec(id: TenantID(1))]
        ) { $0.reservationsPerTenant = 1 }
        for job in 0..<4 { h.run(job, gpus: 8, change: lasting(Int64(100 * (job + 1)))) }
        h.submit(4, members: 2, gpus: 8)
        h.submit(5, members: 2, gpus: 8)
        h.submit(6, members: 2, gpus: 8, tenant: 1)
        #expect(h.reserved(4) == [0, 1])
        #expect(h.reserved(5) == [])
        #expect(h.reserved(6) == [2, 3])
    }

    @Test func theFleetHasSoMany() {
        var h = Harness.muster(nodes: 4) { $0.reservations = 1 }
        for job in 0..<4 { h.run(job, gpus: 8, change: lasting(100)) }
        h.submit(4, members: 2, gpus: 8)
        h.submit(5, members: 2, gpus: 8)
        #expect(h.engine.reservations.count == 1)
    }

    @Test func twoGangsNeverShareADevice() {
        var h = Harness.muster(nodes: 4)
        for job in 0..<4 { h.run(job, gpus: 8, change: lasting(Int64(100 * (job + 1)))) }
        h.submit(4, members: 2, gpus: 8)
        h.submit(5, members: 2, gpus: 8)
        #expect(h.finish(2).acts == ["end 2 succeeded"])
        #expect(h.finish(0).acts == ["end 0 succeeded"])
        #expect(h.finish(1).acts == ["end 1 succeeded", "start 4 on 0 1"])
        #expect(h.finish(3).acts == ["end 3 succeeded", "start 5 on 2 3"])
    }

    @Test func aGangWithoutAPlaceThatIsNotClaimedWaitsWithoutOne() {
        var h = Harness.muster(nodes: 2)
        h.run(0, gpus: 8, change: lasting(100))
        h.run(1, gpus: 8, change: lasting(100))
        h.submit(2, members: 2, gpus: 8)
        h.submit(3, members: 2, gpus: 8)
        #expect(h.reserved(3) == [])
        h.finish(0)
        #expect(h.finish(1).acts == ["end 1 succeeded", "start 2 on 0 1"])
        #expect(h.finish(2).acts == ["end 2 succeeded", "start 3 on 0 1"])
    }

    // MARK: Topology

    /// Two racks of two nodes, all in use; a gang wants one rack, after 60 seconds any place.
    private static func relaxing(then: LevelIndex? = nil) -> Harness {
        var h = Harness.muster(nodes: 4, groups: [2])
        for job in 0..<4 { h.run(job, gpus: 8) }
        h.submit(4, members: 2, gpus: 8) {
            $0.topology.preference = .relaxing(LevelIndex(0), after: .seconds(60), then: then)
        }
        return h
    }

    @Test func aWishIsKeptUntilItsTimeIsOver() {
        var h = Self.relaxing()
        h.finish(0)
        h.finish(2)
        #expect(h.advance(to: 59).acts == [])
        #expect(h.advance(to: 60).acts == ["start 4 on 0 2"])
    }

    @Test func aRackThatIsCompleteInTimeIsTaken() {
        var h = Self.relaxing()
        h.seconds = 30
        h.finish(0)
        #expect(h.finish(1).acts == ["end 1 succeeded", "start 4 on 0 1"])
        #expect(h.advance(to: 100).acts == [])
    }
}
