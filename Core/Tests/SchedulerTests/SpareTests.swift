import FleetModel
import Testing

@testable import Scheduler

/// Nodes that are kept free for large gangs.
@Suite struct SpareTests {
    private static let pool = PoolID(0)

    private static func keep(_ nodes: [Int], from gpus: Int64 = 16) -> Input {
        .keepSpares(
            nodes.map { NodeID($0) },
            gangs: [SpareGangs(pool: pool, leastMilli: gpus * 1000)])
    }

    @Test func smallJobsAreKeptFromSparesAndLargeOnesAreNot() throws {
        var h = Harness.muster(nodes: 3)
        h.apply(Self.keep([0, 2]))
        #expect(h.run(0, gpus: 8).nodes == [1])
        let waiting = h.submit(1, gpus: 8)
        #expect(waiting.started == [])
        let refusal = try #require(waiting.refusal)
        #expect(refusal.code == .spares && refusal.unit == .spareNodes)
        #expect(refusal.need == 16_000 && refusal.have == 2)
        #expect(h.run(2, members: 2, gpus: 8).nodes == [0, 2])
        // What runs there goes on, whatever is kept; and the spares are not for the next.
        h.finish(2)
        #expect(h.run(3, gpus: 1).started == [])
        h.finish(0)
        #expect(h.apply(Self.keep([])).started == [3])
    }

    @Test func whatRunsOnASpareGoesOn() {
        var h = Harness.muster(nodes: 3)
        h.run(0, gpus: 4)
        #expect(h.run(2, gpus: 8).nodes == [1])
        #expect(h.apply(Self.keep([0, 2])).acts == [])
        #expect(h.submit(1, gpus: 4).started == [])
        #expect(h.finish(0).started == [], "nobody is newly put on a spare")
        #expect(h.apply(Self.keep([2])).nodes == [0])
    }

    @Test func freeingASpareStartsWhoWaitedForIt() {
        var h = Harness.muster(nodes: 3)
        h.apply(Self.keep([0, 1]))
        h.run(1, gpus: 8)
        #expect(h.submit(0, gpus: 8).started == [])
        #expect(h.apply(Self.keep([1])).nodes == [0])
    }

    @Test func anotherSizeCountsForWhoWaitsAlready() {
        var h = Harness.muster(nodes: 6)
        h.apply(Self.keep([0, 1, 2, 3], from: 32))
        #expect(h.run(2, members: 2, gpus: 8).nodes == [4, 5])
        #expect(h.submit(0, members: 2, gpus: 8).started == [])
        #expect(h.submit(1, gpus: 8).started == [])
        #expect(h.apply(Self.keep([0, 1, 2, 3], from: 16)).started == [0])
        #expect(h.apply(Self.keep([0, 1, 2, 3], from: 8)).started == [1])
    }

    @Test func aSpareComesOnTopOfARule() {
        var h = Harness.muster(nodes: 3)
        let rule = NodeRuleID(2)
        h.apply(.setRule(rule, nodes: [NodeID(0), NodeID(1)]))
        h.apply(Self.keep([1]))
        let ruled = { (spec: inout JobSpec) in spec.roles[0].rule = rule }
        #expect(h.run(0, gpus: 8, change: ruled).nodes == [0])
        #expect(h.submit(1, gpus: 8, change: ruled).waitCode == .spares)
        // A large gang with the rule may have the spare, and no other node.
        h.apply(.cancel(JobID(1)))
        h.finish(0)
        #expect(h.run(2, members: 2, gpus: 8, change: ruled).nodes == [0, 1])
    }

    @Test func aBrokenGangTakesTheSpareNearBy() {
        var h = Harness.muster(nodes: 8, groups: [4]) { $0.graceTime = .seconds(60) }
        h.run(0, members: 3, gpus: 8) { $0.topology.preference = .required(LevelIndex(0)) }
        h.apply(Self.keep([3, 7]))
        h.run(1, gpus: 8)
        #expect(h.engine.spareNodes == [NodeID(3), NodeID(7)])
        h.apply(.removeNodes([NodeID(1)]))
        #expect(h.confirmStop(0).acts == ["requeue 0 after node", "start 0 on 0 3 2"])
    }

    @Test func aBrokenGangThatIsTooSmallFindsNone() {
        var h = Harness.muster(nodes: 4) { $0.graceTime = .seconds(60) }
        h.run(0, members: 2, gpus: 8)
        #expect(h.run(1, gpus: 8).nodes == [2])
        h.apply(Self.keep([3], from: 24))
        h.apply(.removeNodes([NodeID(1)]))
        #expect(h.confirmStop(0).acts == ["requeue 0 after node"])
        #expect(h.apply(Self.keep([3], from: 16)).started == [0])
    }

    @Test func elasticGangsTakeNoSpareForWhatTheyCanDoWithout() {
        var h = Harness.muster(nodes: 4)
        h.apply(Self.keep([2, 3]))
        let elastic = { (spec: inout JobSpec) in
            spec.roles[0].minimum = 2
            spec.roles[0].maximum = 4
        }
        #expect(h.run(0, gpus: 8, change: elastic).nodes == [0, 1])
        h.apply(.removeNodes([NodeID(1)]))
        h.confirmStop(0)
        #expect(h.engine.jobs[0].members.map(\.grant.node.index).sorted() == [0, 2])
    }

    @Test func aMendedElasticGangTakesNoMoreSparesThanItNeeds() {
        var h = Harness.muster(nodes: 8)
        h.run(0, gpus: 8) {
            $0.roles[0].minimum = 2
            $0.roles[0].maximum = 4
        }
        h.apply(Self.keep([4, 5, 6]))
        h.apply(.removeNodes([NodeID(1), NodeID(2), NodeID(3)]))
        h.confirmStop(0)
        // One is free beside the spares: with it there are as many as it needs.
        #expect(h.engine.jobs[0].members.map(\.grant.node.index).sorted() == [0, 7])
    }

    @Test func waitingLargeGangsReserveBesideSpares() {
        var h = Harness.muster(nodes: 6) { $0.graceTime = .seconds(60) }
        h.apply(Self.keep([5]))
        h.run(0, members: 2, gpus: 8, change: lasting(1000))
        for id in 1..<4 { h.run(id, gpus: 8, change: lasting(500)) }
        h.submit(4, members: 3, gpus: 8) { $0.priority = 1 }
        h.advance(to: 60)
        #expect(h.reserved(4) == [2, 3, 4])
        #expect(h.engine.isReserved(NodeID(2)) && !h.engine.isReserved(NodeID(5)))
        // So the spare is free for the gang that breaks.
        h.apply(.removeNodes([NodeID(1)]))
        #expect(h.confirmStop(0).acts == ["requeue 0 after node", "start 0 on 0 5"])
    }

    @Test func nobodyIsMovedOntoSparesForOthers() {
        var h = Harness.muster(nodes: 3, devices: 4) { $0.consolidates = true }
        #expect(h.run(0, members: 4, change: cheap()).nodes == [0, 0, 0, 0])
        #expect(h.run(1, gpus: 2).nodes == [1])
        h.apply(Self.keep([2], from: 4))
        h.seconds = 200
        h.submit(2, gpus: 3)
        #expect(h.advance(to: 1000).acts == [])
    }

    @Test func reservationsOfSmallJobsGoWhereASpareIsKept() {
        var h = Harness.muster(nodes: 2)
        h.run(0, gpus: 8) { $0.expectedDuration = .seconds(100) }
        h.run(1, gpus: 4) { $0.expectedDuration = .seconds(200) }
        h.submit(2, gpus: 8) { $0.priority = 1 }
        h.advance(to: 20)
        let place = h.reserved(2)
        #expect(place == [0])
        h.apply(Self.keep(place))
        h.advance(to: 40)
        #expect(h.reserved(2) != place)
    }

    @Test func nonsenseChangesNothing() {
        var h = Harness.muster(nodes: 2)
        h.apply(Self.keep([1]))
        let twice = SpareGangs(pool: Self.pool, leastMilli: 1000)
        for input in [
            Input.keepSpares([NodeID(rawValue: -1)], gangs: []),
            .keepSpares([NodeID(FleetLimits.nodes)], gangs: []),
            .keepSpares([], gangs: [twice, twice]),
            .keepSpares([], gangs: [SpareGangs(pool: PoolID(64), leastMilli: 0)]),
            .keepSpares([], gangs: [SpareGangs(pool: Self.pool, leastMilli: -1)]),
        ] {
            h.apply(input)
            #expect(h.engine.spareNodes == [NodeID(1)])
        }
        // Nodes that are not there yet may be named, and names may come twice.
        h.apply(.keepSpares([NodeID(9), NodeID(1), NodeID(9)], gangs: []))
        #expect(h.engine.spareNodes == [NodeID(1), NodeID(9)])
    }

    @Test func whyTellsOfSparesAndThatFewerWouldDo() throws {
        var h = Harness.muster(nodes: 3)
        h.apply(Self.keep([0, 1]))
        h.run(0, gpus: 8)
        h.submit(1, gpus: 8)
        let answer = h.engine.explanation(of: JobID(1))
        let why = try #require(answer)
        #expect(why.dominant.refusal.code == .spares)
        #expect(why.reasons.contains { $0.refusal.code == .capacity })
        let free = try #require(
            h.engine.remedies(for: JobID(1)).first {
                if case .freeSpares = $0.action { true } else { false }
            })
        #expect(free.action == .freeSpares([NodeID(0)]))
        #expect(free.stopped == [])
    }

    @Test func aSnapshotHasTheSpares() throws {
        var h = Harness.muster(nodes: 3)
        h.apply(Self.keep([0, 2]))
        h.submit(0, gpus: 8)
        let restored = try Engine(snapshot: h.engine.snapshotBytes())
        #expect(restored.spareNodes == h.engine.spareNodes)
        #expect(restored.spareGangs == h.engine.spareGangs)
        #expect(restored.snapshotBytes() == h.engine.snapshotBytes())
    }
}
