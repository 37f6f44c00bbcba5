import FleetModel
import Testing

@testable import Scheduler

/// Whose turn it is under `fair`, and what quotas let start.
@Suite struct FairOrderTests {
    private static func tenants(_ quotas: [QuotaSpec?]) -> [TenantSpec] {
        quotas.enumerated().map { id, quota in
            TenantSpec(id: TenantID(id), quotas: quota.map { [$0] } ?? [])
        }
    }

    private static func quota(
        guaranteed: Int64 = 0, limit: Int64? = nil, lendable: Int64? = nil, weight: Int64 = 1
    ) -> QuotaSpec {
        QuotaSpec(
            kind: AcceleratorKindID(0), guaranteedMilli: guaranteed * 1000,
            limitMilli: limit.map { $0 * 1000 }, lendableMilli: lendable.map { $0 * 1000 },
            weight: weight)
    }

    /// One node of 8 GPUs that job 0 of tenant `holder` has whole.
    private static func full(_ quotas: [QuotaSpec?], holder: Int, policy: Policy) -> Harness {
        var h = Harness(
            .uniform(nodes: 1, devices: 8, groups: []), policy: policy, tenants: tenants(quotas))
        h.submit(0, gpus: 8, tenant: holder)
        return h
    }

    @Test func yesterdaysHogWaits() {
        let policy = Policy(usageHalfLife: .seconds(86_400))
        var h = Self.full([nil, nil], holder: 0, policy: policy)
        h.submit(1, gpus: 8, tenant: 0)
        h.submit(2, gpus: 8, tenant: 1)
        h.seconds = 86_400
        #expect(h.finish(0).started == [2], "tenant 1 has used nothing so far")
        h.submit(3, gpus: 8, tenant: 1)
        h.seconds = 86_400 * 2
        #expect(h.finish(2).started == [1], "half of the first day's use is forgotten")
    }

    @Test func aTenantBelowItsGuaranteeGoesFirst() {
        var h = Self.full([nil, Self.quota(guaranteed: 4), nil], holder: 2, policy: Policy())
        h.submit(1, gpus: 8, tenant: 0)
        h.submit(2, gpus: 4, tenant: 1)
        #expect(h.finish(0).started == [2])
    }

    @Test func sharesFollowWeights() {
        var h = Self.full(
            [Self.quota(weight: 3), Self.quota(weight: 1), nil], holder: 2,
            policy: Policy(entryPenalty: .zero))
        for id in 1...16 { h.submit(id, gpus: 1, tenant: id % 2) }
        let started = h.finish(0).started
        #expect(started.count == 8)
        #expect(started.count { $0 % 2 == 0 } == 6)
    }

    @Test func aBurstDoesNotTakeEverything() {
        // Both tenants have used nothing. Without the penalty, jobs that start and end at once
        // would leave no trace, and the first tenant by id would win every time.
        var h = Self.full([nil, nil, nil], holder: 2, policy: Policy())
        for id in 1...6 { h.submit(id, gpus: 8, tenant: id <= 3 ? 0 : 1) }
        var order = h.finish(0).started
        for _ in 0..<5 { order += h.finish(order[order.count - 1]).started }
        #expect(order.map { $0 <= 3 ? 0 : 1 } == [0, 1, 0, 1, 0, 1])
    }

    @Test func priorityCountsWithinATenantOnly() {
        var h = Self.full([nil, nil, nil], holder: 0, policy: Policy())
        h.submit(1, gpus: 8, tenant: 0) { $0.priority = 100 }
        h.submit(2, gpus: 8, tenant: 1)
        h.submit(3, gpus: 8, tenant: 1) { $0.priority = 1 }
        h.seconds = 1000
        #expect(h.finish(0).started == [3])
    }

    @Test func aLimitHoldsAJobBackUntilItsTenantHasRoom() {
        var h = Harness(
            .uniform(nodes: 1, devices: 8, groups: []),
            tenants: Self.tenants([Self.quota(limit: 4)]))
        h.submit(0, gpus: 3)
        let refusal = h.submit(1, gpus: 2).refusal
        #expect(
            refusal
                == Refusal(
                    code: .quota, unit: .gpuMilli, need: 2000, have: 1000, tenant: TenantID(0)))
        #expect(h.submit(2, gpus: 1).started == [2])
        #expect(h.finish(0).started == [1])
    }

    @Test func aRaisedLimitStartsWhatWaited() {
        var h = Harness(
            .uniform(nodes: 1, devices: 8, groups: []),
            tenants: Self.tenants([Self.quota(limit: 4)]))
        h.submit(0, gpus: 8)
        #expect(h.apply(.setTenants(Self.tenants([Self.quota(limit: 8)]))).started == [0])
    }

    /// Two nodes of 4 GPUs, one of kind A and one of kind B.
    private static let twoKinds: FleetDefinition = {
        var fleet = FleetDefinition(topology: Topology(levels: []))
        for kind in ["A", "B"] {
            fleet.addNode(
                name: kind, pool: "p", kind: kind, devices: 4, host: FleetDefinition.commonHost,
                path: [])
        }
        return fleet
    }()

    private static func limits(_ a: Int64?, _ b: Int64?) -> [QuotaSpec] {
        [a, b].enumerated().map { kind, limit in
            QuotaSpec(kind: AcceleratorKindID(kind), limitMilli: limit.map { $0 * 1000 })
        }
    }

    @Test func aRaisedLimitCountsForTheKindThatWasNotAllowed() {
        var h = Harness(
            Self.twoKinds,
            tenants: [TenantSpec(id: TenantID(0), quotas: Self.limits(0, 4))])
        h.submit(0, gpus: 4)
        #expect(h.directives.nodes == [1])
        #expect(h.submit(1, gpus: 4).started == [], "kind A is not allowed, kind B is full")
        let raised = [TenantSpec(id: TenantID(0), quotas: Self.limits(4, 4))]
        #expect(h.apply(.setTenants(raised)).started == [1])
    }

    @Test func useThatEndsAnywhereOnThePathFreesTheJob() {
        // Kind A is refused by the leaf, kind B by the parent, whose use another leaf gives back.
        var h = Harness(
            Self.twoKinds,
            tenants: [
                TenantSpec(id: TenantID(0), quotas: Self.limits(nil, 3)),
                TenantSpec(id: TenantID(1), parent: TenantID(0), quotas: Self.limits(1, nil)),
                TenantSpec(id: TenantID(2), parent: TenantID(0)),
            ])
        h.submit(0, gpus: 3, tenant: 2) { $0.roles[0].accelerators = AcceleratorKindSet(bits: 2) }
        #expect(h.submit(1, gpus: 2, tenant: 1).started == [])
        #expect(h.finish(0).started == [1])
    }

    @Test func quotasBindUnderFairOnly() {
        var h = Harness(
            .uniform(nodes: 1, devices: 8, groups: []), policy: Policy(queueOrder: .fifo),
            tenants: Self.tenants([Self.quota(limit: 1)]))
        #expect(h.submit(0, gpus: 8).started == [0])
    }
}
