import FleetModel
import Testing

@testable import Scheduler

/// Gangs that give up members before anybody is stopped, and take what nobody wants.
@Suite struct ElasticTests {
    private static func elastic(
        _ range: ClosedRange<Int32>, slice: TopologySlice? = nil
    ) -> (inout JobSpec) -> Void {
        { spec in
            spec.roles[0].minimum = range.lowerBound
            spec.roles[0].maximum = range.upperBound
            spec.topology.slice = slice
        }
    }

    /// Four nodes, all taken by one gang of one to four.
    private static func spread() -> Harness {
        var h = Harness.muster(nodes: 4)
        h.run(0, gpus: 8, change: elastic(1...4))
        return h
    }

    @Test func theLastMembersMakeRoom() {
        var h = Self.spread()
        #expect(h.directives.acts == ["start 0 on 0 1 2 3"])
        #expect(h.submit(1, gpus: 8).acts == ["shrink 0 off 3"])
        #expect(h.confirmShrink(0, resize: 1).acts == ["start 1 on 3"])
        #expect(h.submit(2, members: 2, gpus: 8).acts == ["shrink 0 off 1 2"])
        #expect(h.confirmShrink(0, resize: 2).acts == ["start 2 on 1 2"])
        #expect(h.submit(3, gpus: 8).acts == [], "one member is the least")
    }

    @Test func anythingButTheRightConfirmationIsIgnored() {
        var h = Self.spread()
        h.submit(1, gpus: 8)
        #expect(h.confirmShrink(0, resize: 2).acts == [])
        #expect(h.confirmShrink(0, resize: 0).acts == [])
        #expect(h.apply(.confirmShrink(JobID(0), Attempt(2), Resize(1))).acts == [])
        #expect(h.apply(.confirmShrink(JobID(1), Attempt(1), Resize(1))).acts == [])
        #expect(h.confirmShrink(0, resize: 1).acts == ["start 1 on 3"])
        #expect(h.confirmShrink(0, resize: 1).acts == [], "once is enough")
    }

    @Test func nobodyElseGetsTheRoom() {
        var h = Self.spread()
        h.submit(1, gpus: 8)
        #expect(h.submit(2, gpus: 8).acts == [], "the gang shrinks once at a time")
        #expect(h.confirmShrink(0, resize: 1).acts == ["start 1 on 3", "shrink 0 off 2"])
    }

    @Test func itShrinksBeforeAnybodyIsStopped() {
        var h = Harness.muster(nodes: 3)
        h.run(0, gpus: 8, change: cheap())
        h.run(1, gpus: 8, change: Self.elastic(1...2))
        h.seconds = 1000
        h.checkpoint(0)
        #expect(h.submit(2, gpus: 8, change: ranking(1)).acts == ["shrink 1 off 2"])
    }

    @Test func itShrinksByWholeSlices() {
        var h = Harness.muster(nodes: 4, groups: [2])
        h.run(
            0, gpus: 8,
            change: Self.elastic(2...4, slice: TopologySlice(members: 2, level: LevelIndex(0))))
        #expect(h.directives.acts == ["start 0 on 0 1 2 3"])
        #expect(h.submit(1, gpus: 8).acts == ["shrink 0 off 2 3"])
        #expect(h.confirmShrink(0, resize: 1).started == [1])
        #expect(h.submit(2, gpus: 8).started == [2])
        #expect(h.submit(3, gpus: 8).acts == [])
    }

    @Test func theRoomIsNotLostWhenTheGangEnds() {
        var h = Self.spread()
        h.submit(1, gpus: 8)
        #expect(h.finish(0).acts == ["end 0 succeeded", "start 1 on 3"])
    }

    @Test func theRoomGoesBackWhenTheAskerIsCancelled() {
        var h = Self.spread()
        h.submit(1, gpus: 8)
        h.apply(.cancel(JobID(1)))
        #expect(h.confirmShrink(0, resize: 1).acts.isEmpty)
        #expect(h.advance(to: 20).acts == ["grow 0 on 3"])
    }

    // MARK: Growth

    @Test func itGrowsIntoWhatOthersLeave() {
        var h = Harness.muster(nodes: 3)
        h.run(0, gpus: 8)
        h.run(1, gpus: 8, change: Self.elastic(1...3))
        #expect(h.directives.acts == ["start 0 on 0", "start 1 on 1 2"])
        #expect(h.finish(0).acts == ["end 0 succeeded", "grow 1 on 0"])
        #expect(h.submit(2, gpus: 8).acts == ["shrink 1 off 0"], "what came last goes first")
    }

    @Test func itDoesNotTakeWhatSomebodyWaitsFor() {
        var h = Harness.muster(nodes: 3)
        h.run(0, gpus: 8)
        h.run(1, gpus: 8)
        h.run(2, gpus: 8, change: Self.elastic(1...3))
        h.submit(3, members: 2, gpus: 8)
        #expect(h.finish(0).acts == ["end 0 succeeded"])
        #expect(h.advance(to: 100).acts == [])
        #expect(h.finish(1).acts == ["end 1 succeeded", "start 3 on 0 1"])
    }

    @Test func itGrowsWithinItsTenantsLimit() {
        func limited(_ gpus: Int64) -> [TenantSpec] {
            let quota = QuotaSpec(kind: AcceleratorKindID(0), limitMilli: 1000 * gpus)
            return [TenantSpec(id: TenantID(0), quotas: [quota])]
        }
        var h = Harness.muster(nodes: 4, tenants: limited(16))
        h.run(0, gpus: 8, change: Self.elastic(1...4))
        #expect(h.directives.acts == ["start 0 on 0 1"])
        #expect(h.advance(to: 100).acts == [])
        h.apply(.setTenants(limited(24)))
        #expect(h.advance(to: 200).acts == ["grow 0 on 2"])
    }

    @Test func itGrowsInTheRackThatItIsBoundTo() {
        var h = Harness.muster(nodes: 4, groups: [2])
        h.run(0, gpus: 8)
        h.run(1, gpus: 8) { spec in
            Self.elastic(1...3)(&spec)
            spec.topology.preference = .required(LevelIndex(0))
        }
        h.advance(to: 100)
        let grown = h.directives.acts.filter { $0.hasPrefix("grow") }
        #expect(h.engine.jobs[1].members.count <= 2, "\(grown)")
        let racks = Set(h.engine.jobs[1].members.map { $0.grant.node.index / 2 })
        #expect(racks.count == 1)
    }

    @Test func whatGrewIsStoppedWithTheGang() {
        var h = Harness.muster(nodes: 2)
        h.run(0, gpus: 8)
        h.run(1, gpus: 8, change: Self.elastic(1...2))
        #expect(h.finish(0).acts == ["end 0 succeeded", "grow 1 on 0"])
        #expect(h.finish(1).acts == ["end 1 succeeded"])
        #expect(h.submit(2, members: 2, gpus: 8).acts == ["start 2 on 0 1"])
    }
}
