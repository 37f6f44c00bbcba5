import FleetModel
import Testing

@testable import Scheduler

/// Whole racks and nodes that tenants own.
@Suite struct CellTests {
    private static let rack = LevelIndex(0)
    private static let host = LevelIndex(1)

    /// Tenant 0 owns so many domains of a level, and is guaranteed as many devices of eight a
    /// node; tenant 1 owns nothing.
    private static func tenants(
        _ count: Int32, _ level: LevelIndex, nodesEach: Int64
    ) -> [TenantSpec] {
        let kind = AcceleratorKindID(0)
        let milli = 8000 * nodesEach * Int64(count)
        return [
            TenantSpec(
                id: TenantID(0), quotas: [QuotaSpec(kind: kind, guaranteedMilli: milli)],
                cells: count == 0 ? [] : [CellQuota(kind: kind, level: level, count: count)]),
            TenantSpec(id: TenantID(1)),
        ]
    }

    /// Two racks of two nodes; tenant 0 owns one rack.
    private static func oneRack() -> Harness {
        Harness.muster(nodes: 4, groups: [2], tenants: tenants(1, rack, nodesEach: 2))
    }

    /// The nodes in cells.
    private func owned(_ h: Harness) -> [Int] {
        h.fleet.nodes.map(\.id.index).filter { h.engine.placer.fleet.zone[$0] != 0 }
    }

    @Test func aWholeRackIsBound() {
        #expect(owned(Self.oneRack()) == [0, 1])
    }

    @Test func othersWorkThatCannotBeCalledBackStaysOut() {
        var h = Self.oneRack()
        #expect(h.run(0, gpus: 8, tenant: 1).acts == ["start 0 on 2"])
        #expect(h.run(1, gpus: 8, tenant: 1).acts == ["start 1 on 3"])
        #expect(h.run(2, gpus: 8, tenant: 1).acts == [])
        #expect(
            h.run(3, gpus: 8, tenant: 1) { spec in
                cheap()(&spec)
                spec.minimumRunTime = .seconds(1)
            }.acts == [], "it could not be called back at once")
        #expect(h.advance(to: 1000).acts == [])
    }

    @Test func theOwnerUsesItsOwnRackFirst() {
        var h = Self.oneRack()
        #expect(h.run(0, gpus: 8).acts == ["start 0 on 0"])
        #expect(h.run(1, gpus: 8).acts == ["start 1 on 1"])
        #expect(h.run(2, gpus: 8).acts == ["start 2 on 2"])
    }

    @Test func preemptibleWorkBorrowsAndIsCalledBackAtOnce() {
        var h = Self.oneRack()
        for job in 0..<3 { h.run(job, gpus: 8, tenant: 1, change: cheap()) }
        #expect(h.directives.acts == ["start 0 on 2", "start 1 on 3", "start 2 on 0"])
        h.seconds = 1
        #expect(h.submit(3, members: 2, gpus: 8).acts == ["stop 2 for preemption"])
        #expect(h.confirmStop(2).acts == ["requeue 2 after preemption", "start 3 on 0 1"])
    }

    @Test func nobodyIsCalledBackForWhatAQuotaWouldRefuse() {
        let kind = AcceleratorKindID(0)
        let cell = CellQuota(kind: kind, level: LevelIndex(0), count: 1)
        let keep = QuotaSpec(kind: kind, guaranteedMilli: 1000, lendableMilli: 0)
        var h = Harness.muster(
            nodes: 1, devices: 4,
            tenants: [
                TenantSpec(id: TenantID(0), cells: [cell]),
                TenantSpec(id: TenantID(1), quotas: [keep]), TenantSpec(id: TenantID(2)),
            ])
        h.run(0, gpus: 1, tenant: 1, change: cheap())
        h.run(1, gpus: 3, tenant: 2, change: cheap())
        h.seconds = 1
        #expect(h.submit(2, gpus: 4).acts == [], "tenant 1 would keep a device back")
        #expect(h.advance(to: 1000).acts == [])
        #expect(h.submit(3, gpus: 3).acts == ["stop 1 for preemption"])
    }

    @Test func whatWasCalledBackMayBorrowAgain() {
        var h = Self.oneRack()
        for job in 0..<3 { h.run(job, gpus: 8, tenant: 1, change: cheap()) }
        h.seconds = 1
        h.submit(3, members: 2, gpus: 8)
        h.confirmStop(2)
        #expect(h.finish(3).acts == ["end 3 succeeded", "start 2 on 0"])
    }

    @Test func theOwnerUsesWhatIsFreeBeforeItCallsBack() {
        var h = Self.oneRack()
        for job in 0..<3 { h.run(job, gpus: 8, tenant: 1, change: cheap()) }
        h.seconds = 1
        #expect(h.submit(3, gpus: 8).acts == ["start 3 on 1"])
        #expect(h.submit(4, gpus: 8).acts == ["stop 2 for preemption"])
    }

    @Test func teamsOfTheOwnerAreAtHome() {
        var tenants = Self.tenants(1, Self.rack, nodesEach: 2)
        tenants.append(TenantSpec(id: TenantID(2), parent: TenantID(0)))
        tenants.append(TenantSpec(id: TenantID(3), parent: TenantID(0)))
        var h = Harness.muster(nodes: 4, groups: [2], tenants: tenants)
        #expect(h.run(0, gpus: 8, tenant: 2).acts == ["start 0 on 0"])
        #expect(h.run(1, gpus: 8, tenant: 3).acts == ["start 1 on 1"])
    }

    @Test func wholeNodesMayBeOwned() {
        var h = Harness.muster(
            nodes: 4, groups: [2], tenants: Self.tenants(3, Self.host, nodesEach: 1))
        #expect(owned(h) == [0, 1, 2])
        #expect(h.run(0, gpus: 8, tenant: 1).acts == ["start 0 on 3"])
        #expect(h.run(1, gpus: 8, tenant: 1).acts == [])
        #expect(h.run(2, members: 3, gpus: 8).acts == ["start 2 on 0 1 2"])
    }

    @Test func whatDoesNotExistIsNotBound() {
        let h = Harness.muster(
            nodes: 4, groups: [2], tenants: Self.tenants(5, Self.rack, nodesEach: 2))
        #expect(owned(h) == [0, 1, 2, 3])
    }

    @Test func twoOwnersGetDifferentRacks() {
        let kind = AcceleratorKindID(0)
        let h = Harness.muster(
            nodes: 4, groups: [2],
            tenants: [0, 1].map {
                TenantSpec(
                    id: TenantID($0), cells: [CellQuota(kind: kind, level: Self.rack, count: 1)])
            })
        #expect(h.fleet.nodes.map { h.engine.placer.fleet.zone[$0.id.index] } == [1, 1, 2, 2])
    }

    // MARK: Changes

    @Test func aBrokenRackThatIsNotInUseIsReplaced() {
        var h = Self.oneRack()
        h.apply(.removeNodes([NodeID(0)]))
        #expect(owned(h) == [2, 3])
        #expect(h.run(0, gpus: 8, tenant: 1).acts == ["start 0 on 1"])
        #expect(h.run(1, members: 2, gpus: 8).acts == ["start 1 on 2 3"])
    }

    @Test func aLostDeviceBreaksTheRackToo() {
        var h = Self.oneRack()
        h.apply(.setDeviceHealth(NodeID(1), unhealthy: 1))
        #expect(owned(h) == [2, 3])
    }

    @Test func aBrokenRackInUseIsKept() {
        var h = Self.oneRack()
        h.run(0, gpus: 8)
        h.apply(.removeNodes([NodeID(1)]))
        #expect(owned(h) == [0], "its owner is there, and the other rack is no reason to move")
    }

    @Test func aBrokenRackIsNotReplacedByOneThatOthersFill() {
        var h = Self.oneRack()
        h.run(0, gpus: 8, tenant: 1)
        h.apply(.removeNodes([NodeID(0)]))
        #expect(owned(h) == [1])
    }

    @Test func aRackWithoutOthersIsPreferred() {
        var h = Harness.muster(
            nodes: 4, groups: [2], tenants: Self.tenants(0, Self.rack, nodesEach: 2))
        h.run(0, gpus: 8, tenant: 1)
        h.apply(.setTenants(Self.tenants(1, Self.rack, nodesEach: 2)))
        #expect(owned(h) == [2, 3])
    }

    @Test func othersWhoAreInTheRackAlreadyMayStay() {
        var h = Harness.muster(
            nodes: 2, groups: [2], tenants: Self.tenants(0, Self.rack, nodesEach: 2))
        h.run(0, gpus: 8, tenant: 1)
        #expect(h.apply(.setTenants(Self.tenants(1, Self.rack, nodesEach: 2))).acts == [])
        #expect(h.submit(1, members: 2, gpus: 8).acts == [])
        #expect(h.advance(to: 1000).acts == [])
        #expect(h.finish(0).acts == ["end 0 succeeded", "start 1 on 0 1"])
    }

    @Test func whoWaitedOutsideStartsWhenTheCellIsGivenUp() {
        var h = Self.oneRack()
        for job in 0..<3 { h.run(job, gpus: 8, tenant: 1) }
        #expect(
            h.apply(.setTenants(Self.tenants(0, Self.rack, nodesEach: 2))).acts
                == ["start 2 on 0"])
        #expect(owned(h) == [])
    }

    /// A gang of so many whole nodes in one domain of the first level.
    private func together() -> (inout JobSpec) -> Void {
        { $0.topology.preference = .required(LevelIndex(0)) }
    }

    @Test func equalCellsOfTwoOwnersAreToldApart() {
        let kind = AcceleratorKindID(0)
        var h = Harness.muster(
            nodes: 6, groups: [2],
            tenants: [0, 1].map {
                TenantSpec(
                    id: TenantID($0), cells: [CellQuota(kind: kind, level: Self.rack, count: 1)])
            })
        #expect(h.run(0, gpus: 8, tenant: 1).acts == ["start 0 on 2"])
        h.apply(.removeNodes([NodeID(3)]))
        #expect(owned(h) == [0, 1, 2], "its owner is there")
    }

    @Test func whatCellsLeftNoRoomForIsTriedWhenTheyMove() {
        var h = Harness.muster(
            nodes: 3, groups: [2], tenants: Self.tenants(1, Self.rack, nodesEach: 2))
        #expect(owned(h) == [0, 1])
        h.submit(0, members: 2, gpus: 8, tenant: 1, change: together())
        h.apply(.drain(NodeID(0)))
        h.apply(.drain(NodeID(1)))
        #expect(owned(h) == [2])
        #expect(h.run(1, gpus: 8).acts == ["start 1 on 2"])
        #expect(h.apply(.resume(NodeID(0))).acts == [])
        #expect(h.apply(.resume(NodeID(1))).acts == ["start 0 on 0 1"])
    }

    @Test func nobodyWaitsInAnIdleFleetForWhatThePastMadeOfCells() {
        let leaf = LevelIndex(1)
        var h = Harness.muster(
            nodes: 8, groups: [2, 2], tenants: Self.tenants(1, leaf, nodesEach: 2))
        h.apply(.removeNodes([NodeID(2), NodeID(3)]))
        #expect(owned(h) == [0, 1])
        h.apply(.setDeviceHealth(NodeID(0), unhealthy: 1))
        #expect(owned(h) == [4, 5], "a leaf that is whole, in the only spine that is")
        h.apply(.setDeviceHealth(NodeID(0), unhealthy: 0))
        #expect(owned(h) == [4, 5])
        h.run(0, gpus: 8)
        #expect(h.submit(1, members: 4, gpus: 8, tenant: 1, change: together()).acts == [])
        #expect(h.finish(0).acts == ["end 0 succeeded", "start 1 on 4 5 6 7"])
        #expect(owned(h) == [0, 1])
    }
}
