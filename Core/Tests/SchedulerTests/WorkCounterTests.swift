import FleetModel
import Testing

@testable import Scheduler

/// How much work inputs cost, counted exactly.
@Suite struct WorkCounterTests {
    @Test(arguments: QueueOrder.allCases)
    func anInputThatChangesNothingCostsNothing(order: QueueOrder) {
        var h = Harness(
            .uniform(nodes: 8, devices: 8, groups: [4]), policy: Policy(queueOrder: order))
        for id in 0..<8 { h.submit(id, gpus: 7) { $0.expectedDuration = .seconds(100) } }
        for id in 8..<20 { h.submit(id, gpus: 8) { $0.expectedDuration = .seconds(200) } }
        h.finish(0)
        let before = h.engine.counters
        let idle: [Input] = [
            .confirmStart(JobID(1), Attempt(1)), .confirmStart(JobID(1), Attempt(1)),
            .finish(JobID(0), Attempt(1)), .cancel(JobID(99)), .release(JobID(10)),
            .wake(token: 12345), .resume(NodeID(3)), .drain(NodeID(99)),
            .setDeviceHealth(NodeID(1), unhealthy: 0), .addNodes(h.fleet.nodes),
        ]
        for input in idle { h.apply(input) }
        var after = h.engine.counters
        #expect(after.inputs == before.inputs + idle.count)
        after.inputs = before.inputs
        #expect(after == before)
    }

    @Test(arguments: [QueueOrder.fifo, .firstFit, .fair])
    func anUnplaceableShapeIsTriedOnce(order: QueueOrder) {
        var h = Harness(
            .uniform(nodes: 4, devices: 8, groups: []), policy: Policy(queueOrder: order),
            tenants: (0..<5).map { TenantSpec(id: TenantID($0)) })
        h.submit(0, members: 4, gpus: 7)
        h.submit(1, members: 2, gpus: 8)
        let before = h.engine.counters
        for id in 2..<100 {
            h.submit(id, members: 2, gpus: 8, tenant: id % 5) { $0.priority = Int32(id % 3) }
        }
        #expect(h.engine.counters.attempts == before.attempts)
        #expect(h.engine.counters.nodesEvaluated == before.nodesEvaluated)
    }

    @Test func roomIsLookedForOncePerClassWhenSomethingEnds() {
        var h = Harness(
            .uniform(nodes: 4, devices: 8, groups: []), policy: Policy(queueOrder: .firstFit))
        for id in 0..<4 { h.submit(id, gpus: 8) }
        for id in 4..<50 { h.submit(id, members: 2, gpus: 8) }
        for id in 50..<60 { h.submit(id, members: 1, gpus: 8) }
        let before = h.engine.counters
        #expect(h.finish(0).started == [50])
        #expect(
            h.engine.counters.attempts - before.attempts <= 2, "the one that fits, and the next")
        #expect(h.engine.counters.nodesEvaluated - before.nodesEvaluated <= 6)
    }

    @Test func aChangedNodeIsLookedAtOncePerShape() {
        var h = Harness(.uniform(nodes: 1000, devices: 8, groups: [50]))
        h.submit(0)
        let before = h.engine.counters
        for id in 1...10 { h.submit(id) }
        #expect(
            h.engine.counters.nodesEvaluated - before.nodesEvaluated <= 20,
            "once for counts, once for scores")
    }

    @Test(arguments: [(4, 1), (64, 0)])
    func aSearchThatEndsAtItsLimitSaysSo(tries: Int, hits: Int) {
        var h = Harness(
            .uniform(nodes: 16, devices: 8, groups: [2]),
            policy: Policy(domainTries: Int32(tries)))
        for node in 0..<16 { h.apply(.setDeviceHealth(NodeID(node), unhealthy: 1)) }
        for node in 0..<8 { h.apply(.setDeviceHealth(NodeID(2 * node), unhealthy: 0)) }
        let before = h.engine.counters.limitsHit
        let answer = h.submit(1) { spec in
            spec.roles = [
                RoleSpec(count: 1, request: MemberRequest(devices: 6)),
                RoleSpec(count: 4, request: MemberRequest(devices: 3)),
            ]
            spec.topology.preference = .required(LevelIndex(0))
        }
        #expect(answer.started == [])
        #expect(h.engine.counters.limitsHit - before == hits)
    }
}
