import FleetModel
import Testing

@testable import Scheduler

/// Tenants that take back what they are guaranteed from those who borrowed it.
@Suite struct ReclaimTests {
    /// Tenants that are guaranteed so many devices each.
    private static func guaranteed(_ gpus: [Int64]) -> [TenantSpec] {
        gpus.enumerated().map { index, gpus in
            TenantSpec(
                id: TenantID(index),
                quotas: [QuotaSpec(kind: AcceleratorKindID(0), guaranteedMilli: 1000 * gpus)])
        }
    }

    /// One node of eight; tenant 1 has all of it since 0, in jobs 0 to 7.
    private static func borrowed(_ change: @escaping (inout JobSpec) -> Void) -> Harness {
        var h = Harness.muster(nodes: 1, tenants: guaranteed([4, 4]))
        for job in 0..<8 { h.run(job, tenant: 1, change: change) }
        return h
    }

    @Test func aTenantGetsWhatItIsGuaranteed() {
        var h = Self.borrowed(cheap())
        h.seconds = 100
        let answer = h.submit(10, gpus: 4)
        #expect(answer.stopped.count == 4)
        for victim in answer.stopped { h.confirmStop(victim) }
        #expect(h.directives.started.last == 10)
        #expect(h.submit(11).acts == [], "no more than the guarantee")
        #expect(h.advance(to: 1000).acts == [])
    }

    @Test func itIsTakenOneByOneDownToTheOthersGuarantee() {
        var h = Self.borrowed(cheap())
        h.seconds = 100
        for job in 0..<4 {
            let victims = h.submit(10 + job).stopped
            #expect(victims.count == 1)
            for victim in victims { h.confirmStop(victim) }
            #expect(h.directives.started.last == 10 + job)
        }
        #expect(h.submit(20).acts == [])
        #expect(h.advance(to: 1000).acts == [])
    }

    @Test func onlyPreemptibleWorkIsTakenBack() {
        var h = Self.borrowed { $0.checkpointPeriod = .seconds(60) }
        h.seconds = 100
        #expect(h.submit(10).acts == [])
        #expect(h.advance(to: 1000).acts == [])
    }

    @Test func priorityOfTheOtherTenantsWorkDoesNotHelpIt() {
        var h = Self.borrowed(cheap(priority: 1000))
        h.seconds = 100
        #expect(h.submit(10).stopped.count == 1)
    }

    @Test func itWaitsForTheMinimumRunTime() {
        var h = Self.borrowed(cheap())
        h.seconds = 95
        #expect(h.submit(10).acts == [])
        #expect(h.advance(to: 104).acts == [])
        #expect(h.advance(to: 105).stopped.count == 1)
    }

    @Test func nothingIsTakenFromWhoIsWithinItsGuarantee() {
        var h = Harness.muster(nodes: 1, tenants: Self.guaranteed([4, 4]))
        for job in 0..<4 { h.run(job, tenant: 1, change: cheap()) }
        for job in 4..<8 { h.run(job, change: cheap()) }
        h.seconds = 200
        #expect(h.submit(10, tenant: 1).acts == [])
        #expect(h.submit(11, tenant: 0).acts == [])
        #expect(h.advance(to: 1000).acts == [])
    }

    @Test func borrowersAreTakenFromAndOwnersAreNot() {
        var h = Harness.muster(nodes: 1, tenants: Self.guaranteed([4, 4, 0]))
        for job in 0..<4 { h.run(job, tenant: 1, change: cheap()) }
        for job in 4..<8 { h.run(job, tenant: 2, change: cheap()) }
        h.seconds = 200
        for job in 0..<4 { h.checkpoint(job) }
        let answer = h.submit(10, gpus: 4)
        #expect(
            answer.acts == (4..<8).map { "stop \($0) for preemption" },
            "tenant 1 would lose less, but has no more than its guarantee")
    }

    @Test func oneSearchLeavesATenantItsGuarantee() {
        var h = Harness.muster(nodes: 1, tenants: Self.guaranteed([4, 4, 0]))
        for job in 0..<5 { h.run(job, tenant: 1, change: cheap()) }
        for job in 5..<8 { h.run(job, tenant: 2, change: cheap()) }
        h.seconds = 200
        for job in 0..<5 { h.checkpoint(job) }
        let stopped = h.submit(10, gpus: 4).stopped
        #expect(stopped.count == 4)
        #expect(stopped.filter { $0 < 5 }.count <= 1, "tenant 1 borrowed one device")
    }

    @Test func aGangThatStandsOnTheBorderMayBeStopped() {
        var h = Harness.muster(nodes: 1, tenants: Self.guaranteed([4, 4]))
        for job in 0..<4 { h.run(job, gpus: 2, tenant: 1, change: cheap()) }
        h.seconds = 200
        let first = h.submit(10, gpus: 3).stopped
        #expect(first.count == 2, "from eight to four")
        for victim in first { h.confirmStop(victim) }
        #expect(h.directives.started.last == 10)
        #expect(h.submit(11).acts == ["start 11 on 0"], "a device was left over")
    }

    @Test func aBorrowersReservationYieldsToTheOwner() {
        var h = Harness.muster(nodes: 1, tenants: Self.guaranteed([4, 4]))
        h.run(0, gpus: 4, tenant: 1)
        h.run(1, gpus: 3)
        h.submit(2, members: 2, gpus: 2, tenant: 1)
        #expect(h.submit(3).acts == ["start 3 on 0"], "tenant 0 has three of four")
    }

    @Test func guaranteesOfTenantsAboveCount() {
        // Two departments of four; the first has two teams without guarantees of their own.
        var tenants = Self.guaranteed([4, 4])
        tenants.append(TenantSpec(id: TenantID(2), parent: TenantID(0)))
        tenants.append(TenantSpec(id: TenantID(3), parent: TenantID(0)))
        var h = Harness.muster(nodes: 1, tenants: tenants)
        for job in 0..<8 { h.run(job, tenant: 1, change: cheap()) }
        h.seconds = 200
        #expect(h.submit(10, gpus: 4, tenant: 2).stopped.count == 4)
    }

    @Test func nothingIsTakenBetweenTeamsOfOneGuarantee() {
        var tenants = Self.guaranteed([8])
        tenants.append(TenantSpec(id: TenantID(1), parent: TenantID(0)))
        tenants.append(TenantSpec(id: TenantID(2), parent: TenantID(0)))
        var h = Harness.muster(nodes: 1, tenants: tenants)
        for job in 0..<8 { h.run(job, tenant: 1, change: cheap()) }
        h.seconds = 200
        #expect(h.submit(10, tenant: 2).acts == [])
        #expect(h.advance(to: 1000).acts == [])
    }
}
