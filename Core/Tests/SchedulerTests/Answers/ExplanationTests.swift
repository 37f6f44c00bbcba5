import FleetModel
import Testing

@testable import Scheduler

/// What is said about a job that waits, beside its reasons.
@Suite struct ExplanationTests {
    static let leaf = LevelIndex(0)
    static let gpu = AcceleratorKindID(0)

    private static func harness(
        _ order: QueueOrder = .firstFit, nodes: Int = 4,
        tenants: [TenantSpec] = [TenantSpec(id: TenantID(0))]
    ) -> Harness {
        Harness(
            FleetDefinition.uniform(nodes: nodes, devices: 8, groups: [2]),
            policy: Policy(queueOrder: order), tenants: tenants)
    }

    @Test func saysNothingOfJobsThatDoNotWait() {
        var h = Self.harness()
        h.submit(0)
        #expect(h.engine.explained(0) == nil)
        #expect(h.engine.explained(9) == nil)
        #expect(h.engine.standing(of: JobID(9)) == .unknown)
        #expect(h.engine.standing(of: JobID(0)) == .running(since: .zero, nodes: 1))
        h.finish(0)
        #expect(h.engine.standing(of: JobID(0)) == .ended(.succeeded))
    }

    @Test func namesTheLargestHoldersFirst() throws {
        var h = Self.harness()
        h.submit(0, gpus: 2)
        h.submit(1, members: 3, gpus: 8)
        h.submit(2, members: 2, gpus: 8)
        let found = try #require(h.engine.explained(2))
        #expect(found.dominant.refusal.code == .capacity)
        #expect(found.dominant.refusal.have == 6000)
        #expect(found.dominant.holders.map(\.job) == [JobID(1), JobID(0)])
        #expect(found.dominant.holders.map(\.gpuMilli) == [24_000, 2000])
        #expect(found.dominant.holders.map(\.nodes) == [3, 1])
        #expect(found.domains.map(\.place) == [.fleet])
        #expect(found.domains[0].room == 0)
        #expect(found.domains[0].need == 2)
    }

    @Test func describesTheDomainsOfTheLevel() throws {
        var h = Self.harness(nodes: 8)
        for id in 0..<3 {
            h.submit(id, gpus: 8) { spec in
                spec.expectedDuration = .seconds(100 * Int64(3 - id))
            }
        }
        h.apply(.drain(NodeID(3)))
        h.apply(.drain(NodeID(7)))
        h.apply(.setDeviceHealth(NodeID(4), unhealthy: 3))
        h.submit(3, members: 2, gpus: 8) { $0.topology.preference = .required(Self.leaf) }
        let found = try #require(h.engine.explained(3))
        #expect(found.dominant.refusal.code == .topology)
        #expect(found.dominant.refusal.have == 1)
        #expect(found.domains.count == 4)
        let third = try #require(found.domains.first)
        #expect(third.place == .domain(Self.leaf, h.fleet.nodes[5].domains[0]))
        #expect(third.room == 1)
        #expect(third.freeNodes == 2, "the devices that are in service are free")
        #expect(third.outOfService.devicesOut == 2)
        let first = try #require(found.domains.dropFirst(2).first)
        #expect(first.nextToEnd.map(\.job) == [JobID(1), JobID(0)])
        #expect(first.nextToEnd.map(\.expectedEnd) == [.seconds(200), .seconds(300)])
        #expect(found.outOfService.drainedNodes == 2)
        #expect(found.outOfService.nodesWithDevicesOut == 1)
        #expect(found.outOfService.examples == [NodeID(3), NodeID(4), NodeID(7)])
    }

    @Test func nodesOfOtherPoolsDoNotCount() throws {
        var fleet = FleetDefinition(topology: Topology(levels: []))
        for node in 0..<4 {
            fleet.addNode(
                name: "n\(node)", pool: node < 2 ? "train" : "serve", kind: "GPU", devices: 8,
                host: FleetDefinition.commonHost, path: [])
        }
        var h = Harness(fleet, policy: Policy(queueOrder: .firstFit))
        h.submit(0, gpus: 8) { $0.pools = PoolSet([PoolID(0)]) }
        let refusal = h.submit(1, members: 2, gpus: 8) { $0.pools = PoolSet([PoolID(0)]) }.refusal
        #expect(
            refusal == Refusal(code: .capacity, unit: .gpuMilli, need: 16_000, have: 8000))
        let found = try #require(h.engine.explained(1))
        #expect(found.domains[0].nodes == 2)
        #expect(found.domains[0].freeNodes == 1)
    }

    @Test func kindsAreNotMixedInOneRole() {
        var fleet = FleetDefinition(topology: Topology(levels: []))
        for node in 0..<4 {
            fleet.addNode(
                name: "n\(node)", pool: "p", kind: node < 2 ? "A" : "B", devices: 8,
                host: FleetDefinition.commonHost, path: [])
        }
        var h = Harness(fleet, policy: Policy(queueOrder: .firstFit))
        h.submit(0, gpus: 8) { $0.roles[0].accelerators = AcceleratorKindSet(bits: 1) }
        h.submit(1, gpus: 8) { $0.roles[0].accelerators = AcceleratorKindSet(bits: 2) }
        #expect(
            h.submit(2, members: 2, gpus: 8).refusal
                == Refusal(code: .capacity, unit: .gpuMilli, need: 16_000, have: 8000))
    }

    @Test func countsMembersThatFitTogether() {
        var h = Self.harness()
        h.submit(0, gpus: 8)
        // Three nodes are free, but just one leaf holds a whole slice.
        let refusal = h.submit(1, members: 4, gpus: 6) {
            $0.topology.slice = TopologySlice(members: 2, level: Self.leaf)
        }.refusal
        #expect(refusal?.have == 3, "by counts per node alone")
        h.finish(0)
        h.apply(.cancel(JobID(1)))
        h.submit(2, gpus: 3)
        h.submit(3, gpus: 3) { $0.roles[0].request.host.cpuMilli = 190_000 }
        let sliced = h.submit(4, members: 6, gpus: 4) {
            $0.topology.slice = TopologySlice(members: 3, level: LevelIndex(1))
        }.refusal
        #expect(sliced?.code == .topology || sliced?.code == .pool)
        #expect((sliced?.have ?? 9) < 6)
    }

    @Test func rolesThatDoNotFitTogetherAreCounted() {
        var h = Self.harness(nodes: 2)
        let refusal = h.submit(0) { spec in
            spec.roles = [
                RoleSpec(count: 2, request: MemberRequest(devices: 5)),
                RoleSpec(count: 1, request: MemberRequest(devices: 6)),
            ]
        }.refusal
        #expect(refusal == Refusal(code: .topology, unit: .members, need: 3, have: 1))
    }

    @Test func tellsTheQuotaPathAndItsHolders() throws {
        var tenants = [
            TenantSpec(
                id: TenantID(0), quotas: [QuotaSpec(kind: Self.gpu, limitMilli: 16_000)]),
            TenantSpec(
                id: TenantID(1), parent: TenantID(0),
                quotas: [QuotaSpec(kind: Self.gpu, guaranteedMilli: 4000, weight: 2)]),
        ]
        tenants.append(TenantSpec(id: TenantID(2), parent: TenantID(0)))
        var h = Self.harness(.fair, tenants: tenants)
        h.submit(0, gpus: 8, tenant: 2)
        h.submit(1, gpus: 2, tenant: 1)
        h.submit(2, members: 2, gpus: 8, tenant: 1)
        let found = try #require(h.engine.explained(2))
        #expect(found.dominant.refusal.code == .quota)
        #expect(found.dominant.kueueReason == "WaitingForQuota")
        #expect(found.dominant.refusal.tenant == TenantID(0))
        #expect(found.dominant.refusal.have == 6000)
        #expect(found.dominant.holders.map(\.job) == [JobID(0), JobID(1)])
        #expect(
            found.quotas == [
                QuotaStanding(
                    tenant: TenantID(1), kind: Self.gpu, usedMilli: 2000, guaranteedMilli: 4000,
                    limitMilli: nil),
                QuotaStanding(
                    tenant: TenantID(0), kind: Self.gpu, usedMilli: 10_000, guaranteedMilli: 0,
                    limitMilli: 16_000),
            ])
    }

    @Test func takesTurnsByTheTree() throws {
        // Tenant 3 waits under tenant 1; what matters is the share of tenant 1, not its own.
        let tenants = [
            TenantSpec(id: TenantID(0)), TenantSpec(id: TenantID(1)),
            TenantSpec(id: TenantID(2), parent: TenantID(0)),
            TenantSpec(id: TenantID(3), parent: TenantID(1)),
            TenantSpec(id: TenantID(4), parent: TenantID(1)),
        ]
        var h = Self.harness(.fair, tenants: tenants)
        h.submit(0, gpus: 8, tenant: 2)
        h.submit(1, members: 3, gpus: 8, tenant: 4)
        h.submit(2, gpus: 8, tenant: 2)
        h.submit(3, gpus: 8, tenant: 3)
        let low = try #require(h.engine.explained(3))
        #expect(low.reasons.map(\.refusal.code) == [.capacity, .fairShare])
        #expect(low.reasons.last?.refusal.tenant == TenantID(0))
        #expect(low.reasons.last?.refusal.need == 24_000)
        #expect(low.ahead.tenants == [TenantID(0)])
        let high = try #require(h.engine.explained(2))
        #expect(high.reasons.map(\.refusal.code) == [.capacity], "it is its turn")
    }

    @Test func countsThoseAhead() throws {
        var h = Self.harness(.easy)
        h.submit(0, members: 4, gpus: 8) { $0.expectedDuration = .seconds(100) }
        h.submit(1, members: 4, gpus: 8)
        h.submit(2, members: 3, gpus: 8)
        h.submit(3, members: 2, gpus: 8) { $0.priority = 5 }
        let found = try #require(h.engine.explained(2))
        #expect(found.ahead.count == 2)
        #expect(found.ahead.first == [JobID(3), JobID(1)])
        let head = try #require(h.engine.explained(3))
        #expect(head.ahead.count == 0)
        #expect(head.reservation?.due == .seconds(100))
        #expect(found.reservation == nil)
    }
}
