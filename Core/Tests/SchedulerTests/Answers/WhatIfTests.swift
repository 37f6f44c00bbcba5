import FleetModel
import Testing

@testable import Scheduler

/// What would be different: found on a copy, told as a difference.
@Suite struct WhatIfTests {
    static let gpu = AcceleratorKindID(0)

    private static func harness(
        _ order: QueueOrder = .firstFit, tenants: [TenantSpec] = [TenantSpec(id: TenantID(0))]
    ) -> Harness {
        Harness(
            FleetDefinition.uniform(nodes: 4, devices: 8, groups: [2]),
            policy: Policy(queueOrder: order), tenants: tenants)
    }

    /// Job 0 holds three nodes, job 1 wants two, job 2 all.
    private static func crowded(_ order: QueueOrder = .firstFit) -> Harness {
        var h = harness(order)
        h.submit(0, members: 3, gpus: 8)
        h.submit(1, members: 2, gpus: 8)
        h.submit(2, members: 4, gpus: 8)
        return h
    }

    @Test func nothingChangesNothing() {
        let h = Self.crowded()
        let answer = h.engine.supposing([])
        #expect(answer.started == [])
        #expect(answer.stopped == [])
        #expect(answer.comparisons == [])
        #expect(answer.waitingBefore == 2)
        #expect(answer.waitingAfter == 2)
    }

    @Test func aSmallerJobStarts() throws {
        let h = Self.crowded()
        var spec = try #require(h.engine.specification(of: JobID(1)))
        spec.roles[0].minimum = 1
        spec.roles[0].maximum = 1
        let answer = h.engine.supposing([.respecify(spec)])
        #expect(answer.started == [JobID(1)])
        #expect(answer.waitingAfter == 1)
        #expect(answer.comparisons.first?.job == JobID(1), "what was changed comes first")
        #expect(answer.comparisons.first?.after == .runs)
        #expect(h.engine.standing(of: JobID(1)) == .waiting(since: .zero), "it was a question")
    }

    @Test func aChangedJobKeepsItsRank() throws {
        var h = Self.harness(.fifo)
        h.submit(0, members: 4, gpus: 8)
        h.submit(1, members: 4, gpus: 8)
        h.submit(2, members: 1, gpus: 8)
        var spec = try #require(h.engine.specification(of: JobID(1)))
        spec.roles[0].minimum = 3
        spec.roles[0].maximum = 3
        let answer = h.engine.supposing([.respecify(spec), .cancel(JobID(0))])
        #expect(answer.started == [JobID(1), JobID(2)])
        #expect(answer.stopped == [StoppedJob(job: JobID(0), reason: .cancelled)])
    }

    @Test func cancelledJobsMakeRoom() {
        let h = Self.crowded()
        let answer = h.engine.supposing([.cancel(JobID(0))])
        #expect(answer.started == [JobID(1)])
        #expect(answer.stopped.map(\.job) == [JobID(0)])
    }

    @Test func newJobsCompete() {
        let h = Self.crowded()
        var spec = JobSpec(
            id: JobID(3), tenant: TenantID(0),
            roles: [RoleSpec(count: 1, request: MemberRequest(devices: 8))])
        #expect(h.engine.supposing([.submit(spec)]).started == [JobID(3)])
        spec.tenant = TenantID(7)
        let answer = h.engine.supposing([.submit(spec), .cancel(JobID(0))])
        #expect(
            answer.inapplicable == [
                InapplicableChange(index: 0, reason: .rejected(.unknownTenant))
            ])
        #expect(answer.started == [JobID(1)], "the other change was made")
    }

    @Test func nodesComeAndGo() {
        var h = Self.crowded()
        h.apply(.drain(NodeID(3)))
        #expect(h.engine.supposing([.resume(NodeID(3))]).started == [])
        h.apply(.cancel(JobID(1)))
        h.finish(0)
        #expect(h.engine.supposing([.resume(NodeID(3))]).started == [JobID(2)])
        #expect(
            h.engine.supposing([.setDeviceHealth(NodeID(0), unhealthy: 1), .resume(NodeID(3))])
                .started == [])
        var extra = h.fleet.nodes[0]
        extra.id = NodeID(4)
        #expect(h.engine.supposing([.addNodes([extra])]).started == [JobID(2)])
        let wrong = h.engine.supposing([
            .addNodes([h.fleet.nodes[0]]), .drain(NodeID(9)), .removeNodes([NodeID(-1)]),
            .resume(NodeID(9)), .setDeviceHealth(NodeID(9), unhealthy: 0),
        ])
        #expect(
            wrong.inapplicable.map(\.reason) == [
                .unacceptableNode, .unknownNode, .unknownNode, .unknownNode, .unknownNode,
            ])
    }

    @Test func lostNodesStopGangs() {
        var h = Self.harness()
        h.submit(0, members: 4, gpus: 8)
        let answer = h.engine.supposing([.removeNodes([NodeID(1)])])
        #expect(answer.stopped == [StoppedJob(job: JobID(0), reason: .hardware)])
        #expect(answer.started == [])
    }

    @Test func quotasBindOrNot() {
        let tenants = [
            TenantSpec(
                id: TenantID(0), quotas: [QuotaSpec(kind: Self.gpu, limitMilli: 8000)]),
            TenantSpec(id: TenantID(1), parent: TenantID(0)),
        ]
        var h = Self.harness(.fair, tenants: tenants)
        h.submit(0, members: 2, gpus: 8, tenant: 1)
        let raised = QuotaSpec(kind: Self.gpu, limitMilli: 16_000)
        #expect(h.engine.supposing([.quota(TenantID(0), raised)]).started == [JobID(0)])
        let free = [TenantSpec(id: TenantID(0)), TenantSpec(id: TenantID(1), parent: TenantID(0))]
        #expect(h.engine.supposing([.tenants(free)]).started == [JobID(0)])
        let answer = h.engine.supposing([
            .quota(TenantID(5), raised), .tenants([]),
            .tenants([TenantSpec(id: TenantID(1), parent: TenantID(0))]),
        ])
        #expect(
            answer.inapplicable.map(\.reason) == [
                .unknownTenant, .unacceptableTenants, .unacceptableTenants,
            ])
        #expect(h.engine.tenants().map(\.id) == [TenantID(0), TenantID(1)])
    }

    @Test func policiesDecideDifferently() {
        var h = Self.harness(.fifo)
        h.submit(0, members: 3, gpus: 8)
        h.submit(1, members: 4, gpus: 8)
        h.submit(2, gpus: 8)
        for order in [QueueOrder.firstFit, .fair] {
            #expect(
                h.engine.supposing([.policy(Policy(queueOrder: order))]).started == [JobID(2)])
        }
        #expect(h.engine.supposing([.policy(Policy(queueOrder: .fifo))]).started == [])
        #expect(
            h.engine.supposing([.policy(Policy(domainTries: 0))]).inapplicable.map(\.reason)
                == [.malformedPolicy])
    }

    @Test func runningJobsChangeOnlyInWhatCostsNothing() throws {
        let h = Self.crowded()
        var spec = try #require(h.engine.specification(of: JobID(0)))
        spec.preemptible = true
        #expect(h.engine.supposing([.respecify(spec)]).inapplicable == [])
        spec.roles[0].minimum = 1
        #expect(h.engine.supposing([.respecify(spec)]).inapplicable.map(\.reason) == [.jobRuns])
        spec.id = JobID(77)
        #expect(h.engine.supposing([.respecify(spec)]).inapplicable.map(\.reason) == [.unknownJob])
        var waiting = try #require(h.engine.specification(of: JobID(1)))
        waiting.roles = []
        #expect(
            h.engine.supposing([.respecify(waiting)]).inapplicable.map(\.reason)
                == [.rejected(.malformed)])
        #expect(
            h.engine.supposing([.cancel(JobID(77)), .release(JobID(1))]).inapplicable.map(\.reason)
                == [.unknownJob, .notHeld])
    }

    @Test func heldJobsCanBeReleased() {
        var h = Self.harness()
        h.submit(0) { $0.held = true }
        #expect(h.engine.supposing([.release(JobID(0))]).started == [JobID(0)])
    }
}
