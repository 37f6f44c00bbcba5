import FleetModel
import Testing

@testable import Scheduler

/// Goal: a gang that is too small for spares and could never stand beside them does not wait for
/// good, and does not hold others up.
@Suite struct SpareNeedTests {
    /// Eight nodes of eight GPUs, two of which are kept for gangs of 64.
    private static func fleet(_ spares: [Int] = [0, 1], groups: [Int] = []) -> Harness {
        var h = Harness.muster(nodes: 8, groups: groups)
        h.apply(keep(spares))
        return h
    }

    private static func keep(_ nodes: [Int]) -> Input {
        .keepSpares(
            nodes.map { NodeID($0) }, gangs: [SpareGangs(pool: PoolID(0), leastMilli: 64_000)])
    }

    private static func needsSpares(_ id: Int, _ h: Harness) -> Bool {
        h.engine.jobs.slot(of: JobID(id)).map { h.engine.jobs[$0].needsSpares } ?? false
    }

    @Test func whoNeverFitsBesideSparesMayHaveThem() {
        var h = Self.fleet()
        #expect(h.run(0, members: 7, gpus: 8).started == [0])
        #expect(h.submit(1, members: 7, gpus: 8).started == [])
        // Six fit beside them, and wait until they do.
        #expect(h.submit(2, members: 6, gpus: 8).started == [])
        #expect(h.finish(0).started == [1])
        h.confirmStart(1)
        let last = h.finish(1)
        #expect(last.started == [2] && last.nodes.allSatisfy { $0 > 1 })
    }

    @Test func theNeedFollowsNodesAndSpares() {
        var h = Self.fleet()
        for id in [0, 1, 3] { h.run(id, gpus: 8) }
        #expect(h.submit(2, members: 6, gpus: 8).waitCode == .capacity)
        #expect(!Self.needsSpares(2, h))
        h.apply(.drain(NodeID(7)))
        #expect(Self.needsSpares(2, h))
        h.apply(.resume(NodeID(7)))
        #expect(!Self.needsSpares(2, h))
        h.apply(Self.keep([0, 1, 2]))
        #expect(Self.needsSpares(2, h))
        h.apply(Self.keep([0, 1]))
        #expect(!Self.needsSpares(2, h))
        h.apply(.drain(NodeID(7)))
        #expect(h.finish(0).started == [])
        #expect(h.finish(1).started == [2])
    }

    @Test func nobodyIsHeldUp() {
        var h = Self.fleet()
        h.run(0, gpus: 8, change: lasting(1000))
        h.run(1, gpus: 8, change: lasting(1000))
        h.submit(2, members: 7, gpus: 8)
        h.submit(3, members: 7, gpus: 8)
        h.submit(4, members: 6, gpus: 8)
        h.advance(to: 60)
        #expect(h.reserved(2).count == 7)
        for id in [0, 1, 2, 3, 4] {
            #expect(h.attempt(id) == Attempt(1), "job \(id)")
            h.confirmStart(id)
            h.finish(id)
        }
        #expect(h.engine.openJobs == 0)
    }

    @Test func aDomainIsOpenToWhoNeedsAllOfIt() {
        var h = Self.fleet([0, 4], groups: [4])
        let whole = { (spec: inout JobSpec) in
            spec.topology.preference = .required(LevelIndex(0))
        }
        #expect(h.run(0, members: 4, gpus: 8, change: whole).started == [0])
        let next = h.run(1, members: 3, gpus: 8, change: whole)
        #expect(next.nodes.count == 3 && next.nodes.allSatisfy { $0 != 0 && $0 != 4 })
    }

    @Test func aRuleThatAdmitsOnlySparesOpensThem() {
        var h = Self.fleet()
        let rule = NodeRuleID(2)
        h.apply(.setRule(rule, nodes: [NodeID(0), NodeID(1)]))
        #expect(h.run(0, gpus: 8) { $0.roles[0].rule = rule }.nodes == [0])
        #expect(h.run(1, gpus: 8).nodes.allSatisfy { $0 > 1 })
    }

    @Test func theNeedIsInSnapshots() throws {
        var h = Self.fleet()
        h.run(0, gpus: 8)
        h.run(1, gpus: 8)
        h.submit(2, members: 7, gpus: 8)
        let restored = try Engine(snapshot: h.engine.snapshotBytes())
        let slot = try #require(restored.jobs.slot(of: JobID(2)))
        #expect(restored.jobs[slot].needsSpares)
        #expect(restored.stateHash() == h.engine.stateHash())
    }
}
