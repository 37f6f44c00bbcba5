import FleetModel
import Testing

@testable import Scheduler

/// Limits, guarantees, lending, shares and their memory.
@Suite struct QuotaTreeTests {
    static let gpu = AcceleratorKindID(0)

    private static func tenant(
        _ id: Int, parent: Int? = nil, guaranteed: Int64 = 0, limit: Int64? = nil,
        lendable: Int64? = nil, weight: Int64 = 1
    ) -> TenantSpec {
        TenantSpec(
            id: TenantID(id), parent: parent.map { TenantID($0) },
            quotas: [
                QuotaSpec(
                    kind: gpu, guaranteedMilli: guaranteed * 1000,
                    limitMilli: limit.map { $0 * 1000 },
                    lendableMilli: lendable.map { $0 * 1000 }, weight: weight)
            ])
    }

    private static func tree(
        _ tenants: [TenantSpec], policy: Policy = Policy()
    ) -> QuotaTree {
        var tree = QuotaTree(policy: policy)
        let isTaken = tree.replace(with: tenants, inUse: [], at: .zero)
        #expect(isTaken)
        return tree
    }

    /// What each tenant is left with of 16 GPUs when tenant 1 uses some.
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var tenants: [TenantSpec]
        var used: Int64
        var leftToUser: Int64
        var leftToOther: Int64
        var testDescription: String { name }
    }

    static let rows = [
        Row(
            name: "nothing binds: all that is free", tenants: [tenant(1), tenant(2)],
            used: 4, leftToUser: .max, leftToOther: .max),
        Row(
            name: "a limit binds its own tenant only", tenants: [tenant(1, limit: 6), tenant(2)],
            used: 4, leftToUser: 2, leftToOther: .max),
        Row(
            name: "a lent guarantee may be used up by others",
            tenants: [tenant(1, limit: 16), tenant(2, guaranteed: 8)],
            used: 4, leftToUser: 12, leftToOther: .max),
        Row(
            name: "a guarantee that is kept back is nobody else's",
            tenants: [tenant(1), tenant(2, guaranteed: 8, lendable: 0)],
            used: 4, leftToUser: 4, leftToOther: .max),
        Row(
            name: "half is kept back", tenants: [tenant(1), tenant(2, guaranteed: 8, lendable: 4)],
            used: 4, leftToUser: 8, leftToOther: .max),
        Row(
            name: "one's own guarantee is not kept from oneself",
            tenants: [tenant(1, guaranteed: 8, lendable: 0), tenant(2)],
            used: 4, leftToUser: .max, leftToOther: 8),
        Row(
            name: "the parent's limit counts both children",
            tenants: [tenant(0, limit: 10), tenant(1, parent: 0), tenant(2, parent: 0)],
            used: 4, leftToUser: 6, leftToOther: 6),
        Row(
            name: "within the parent's limit a sibling keeps back",
            tenants: [
                tenant(0, limit: 10), tenant(1, parent: 0),
                tenant(2, parent: 0, guaranteed: 5, lendable: 0),
            ], used: 4, leftToUser: 1, leftToOther: 6),
        Row(
            name: "the parent keeps back for its children",
            tenants: [tenant(0, guaranteed: 10, lendable: 0), tenant(1), tenant(2, parent: 0)],
            used: 4, leftToUser: 2, leftToOther: .max),
        Row(
            name: "parent and child keep the same GPUs back, not twice",
            tenants: [
                tenant(0, guaranteed: 10, lendable: 0), tenant(1),
                tenant(2, parent: 0, guaranteed: 6, lendable: 0),
            ], used: 4, leftToUser: 2, leftToOther: .max),
    ]

    @Test(arguments: rows)
    func whatIsLeft(row: Row) {
        var tree = Self.tree(row.tenants)
        tree.charge(TenantID(1), column: 0, amount: row.used * 1000, sign: 1, at: .zero)
        func left(_ id: Int) -> Int64 {
            let milli = tree.left(TenantID(id), column: 0, capacity: 16_000).milli
            return milli == .max ? .max : milli / 1000
        }
        #expect(left(1) == row.leftToUser)
        #expect(left(2) == row.leftToOther)
        tree.charge(TenantID(1), column: 0, amount: row.used * 1000, sign: -1, at: .zero)
        #expect(tree.totalUsage(column: 0) == 0)
    }

    @Test func sharesAreWeighted() {
        var tree = Self.tree(
            [Self.tenant(0, weight: 1), Self.tenant(1, weight: 3)],
            policy: Policy(entryPenalty: .zero))
        tree.charge(TenantID(0), column: 0, amount: 2000, sign: 1, at: .zero)
        tree.charge(TenantID(1), column: 0, amount: 6000, sign: 1, at: .zero)
        let shares = (0...1).map { tree.share($0, column: 0, capacity: 16_000, at: .zero) }
        #expect(shares == [1 << 41, 1 << 41])
    }

    @Test func yesterdaysUseLosesHalfItsWeightPerHalfLife() {
        let policy = Policy(usageHalfLife: .seconds(1000), entryPenalty: .zero)
        var tree = Self.tree([Self.tenant(0)], policy: policy)
        tree.charge(TenantID(0), column: 0, amount: 8000, sign: 1, at: .zero)
        func share(_ time: Int64) -> Int64 {
            tree.share(0, column: 0, capacity: 16_000, at: .seconds(time))
        }
        #expect(share(0) == 1 << 43)
        #expect(share(1000) == 3 << 42, "use now, and half of it as past use")
        tree.charge(TenantID(0), column: 0, amount: 8000, sign: -1, at: .seconds(1000))
        #expect(share(1000) == 1 << 42)
        #expect(share(2000) == 1 << 41)
        #expect(share(3000) == 1 << 40)
        #expect(share(1_000_000) == 0)
    }

    @Test func aStartCountsAtOnce() {
        let policy = Policy(usageHalfLife: .seconds(1000), entryPenalty: .seconds(1000))
        var tree = Self.tree([Self.tenant(0)], policy: policy)
        tree.charge(TenantID(0), column: 0, amount: 8000, sign: 1, at: .zero)
        tree.charge(TenantID(0), column: 0, amount: 8000, sign: -1, at: .zero)
        #expect(tree.share(0, column: 0, capacity: 16_000, at: .zero) == 1 << 42)
    }

    @Test func aShareOfNoCapacityIsTheLargest() {
        var tree = Self.tree([Self.tenant(0)], policy: Policy(entryPenalty: .zero))
        tree.charge(
            TenantID(0), column: QuotaTree.hostColumn, amount: 10_000_000_000, sign: 1, at: .zero)
        let share = tree.share(0, column: QuotaTree.hostColumn, capacity: 0, at: .zero)
        #expect(share == .max)
    }

    @Test func aNewTreeKeepsUseAndHistory() {
        let policy = Policy(usageHalfLife: .seconds(1000), entryPenalty: .zero)
        var tree = Self.tree([Self.tenant(0), Self.tenant(1, parent: 0)], policy: policy)
        tree.charge(TenantID(1), column: 0, amount: 4000, sign: 1, at: .zero)
        let moved = [Self.tenant(2), Self.tenant(1, parent: 2, limit: 5)]
        let isTaken = tree.replace(with: moved, inUse: [false, true], at: .seconds(1000))
        #expect(isTaken)
        #expect(tree.usage(TenantID(1), column: 0) == 4000)
        #expect(tree.usage(TenantID(2), column: 0) == 4000)
        #expect(tree.totalUsage(column: 0) == 4000)
        for id in 1...2 {
            let share = tree.share(id, column: 0, capacity: 16_000, at: .seconds(1000))
            #expect(share == 3 << 41)
        }
        #expect(tree.left(TenantID(1), column: 0, capacity: 16_000).milli == 1000)
    }

    @Test func treesThatMakeNoSenseChangeNothing() {
        let negative = TenantSpec(id: TenantID(3), parent: TenantID(rawValue: -2))
        let deep = (0...FleetLimits.tenantDepth).map {
            Self.tenant($0, parent: $0 == 0 ? nil : $0 - 1)
        }
        let huge = (0...3).map { Self.tenant($0, guaranteed: .max / 1000, lendable: 0) }
        for wrong in [
            [negative], deep, huge, [Self.tenant(1), Self.tenant(1)],
            [Self.tenant(1, parent: 1)], [Self.tenant(1, parent: 2), Self.tenant(2)],
            [Self.tenant(1, guaranteed: 2, limit: 1)], [Self.tenant(1, weight: 0)],
            [Self.tenant(1, guaranteed: 1, lendable: 2)], [Self.tenant(-1)],
        ] {
            var h = Harness(.uniform(nodes: 2, devices: 8, groups: []))
            h.apply(.setTenants(wrong))
            #expect(h.submit(0).started == [0], "tenant 0 is still there after \(wrong)")
        }
    }

    @Test(arguments: [QueueOrder.fifo, .fair])
    func aTenantWithWaitingJobsStaysALeaf(order: QueueOrder) {
        var h = Harness(
            .uniform(nodes: 2, devices: 8, groups: []), policy: Policy(queueOrder: order))
        h.submit(0, members: 2, gpus: 8)
        h.submit(1, gpus: 8)
        h.finish(0)
        h.submit(2, members: 2, gpus: 8)
        h.apply(.setTenants([Self.tenant(1)]))
        h.apply(.setTenants([Self.tenant(0), Self.tenant(1, parent: 0)]))
        #expect(h.submit(3, tenant: 1).rejection == .unknownTenant)
        h.apply(.setTenants([Self.tenant(0), Self.tenant(1)]))
        #expect(h.finish(1).started == [2])
        h.finish(2)
        h.apply(.setTenants([Self.tenant(1)]))
        #expect(h.submit(4).rejection == .unknownTenant)
    }
}
