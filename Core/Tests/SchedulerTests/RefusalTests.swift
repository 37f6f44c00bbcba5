import FleetModel
import Testing

@testable import Scheduler

/// Why a job waits: one test per code, with its counts.
@Suite struct RefusalTests {
    static let tree = FleetDefinition.uniform(nodes: 4, devices: 8, groups: [2])
    static let leaf = LevelIndex(0)

    private static func harness(
        _ order: QueueOrder = .firstFit, tenants: [TenantSpec] = [TenantSpec(id: TenantID(0))]
    ) -> Harness {
        Harness(tree, policy: Policy(queueOrder: order), tenants: tenants)
    }

    @Test func capacity() {
        var h = Self.harness()
        h.submit(0, members: 3, gpus: 8)
        #expect(
            h.submit(1, members: 2, gpus: 8).refusal
                == Refusal(code: .capacity, unit: .gpuMilli, need: 16_000, have: 8_000))
    }

    @Test func capacityOfHosts() {
        var h = Self.harness()
        func hostOnly(_ spec: inout JobSpec) {
            spec.roles[0].request = MemberRequest(
                devices: 0, host: HostResources(cpuMilli: 192_000))
        }
        h.submit(0, members: 3, change: hostOnly)
        #expect(
            h.submit(1, members: 2, change: hostOnly).refusal
                == Refusal(code: .capacity, unit: .members, need: 2, have: 1))
    }

    @Test func fragmentation() {
        var h = Self.harness()
        for id in 0..<3 { h.submit(id, gpus: 5) }
        #expect(
            h.submit(3, members: 2, gpus: 8).refusal
                == Refusal(code: .fragmentation, unit: .members, need: 2, have: 1))
    }

    @Test func topology() {
        var h = Self.harness()
        h.submit(0, gpus: 8)
        h.apply(.drain(NodeID(2)))
        let refusal = h.submit(1, members: 2, gpus: 8) {
            $0.topology.preference = .required(Self.leaf)
        }.refusal
        #expect(
            refusal
                == Refusal(code: .topology, unit: .members, need: 2, have: 1, level: Self.leaf))
    }

    @Test func topologyOfOneHost() {
        var h = Self.harness()
        for id in 0..<4 { h.submit(id, gpus: 5) }
        let refusal = h.submit(4, members: 2, gpus: 2) {
            $0.topology.preference = .required(LevelIndex(1))
        }.refusal
        #expect(
            refusal
                == Refusal(
                    code: .topology, unit: .members, need: 2, have: 1, level: LevelIndex(1)))
    }

    @Test func pool() {
        var h = Self.harness()
        #expect(
            h.submit(0, members: 5, gpus: 8).refusal
                == Refusal(code: .pool, unit: .members, need: 5, have: 4))
        #expect(h.submit(1) { $0.pools = PoolSet(bits: 4) }.refusal?.have == 0)
        #expect(h.submit(2, gpus: 9).refusal?.code == .pool)
        let wide = h.submit(3, members: 3, gpus: 8) {
            $0.topology.preference = .required(Self.leaf)
        }
        #expect(
            wide.refusal
                == Refusal(code: .pool, unit: .members, need: 3, have: 2, level: Self.leaf))
    }

    @Test func health() {
        var h = Self.harness()
        h.apply(.setDeviceHealth(NodeID(0), unhealthy: 1))
        h.apply(.drain(NodeID(1)))
        #expect(
            h.submit(0, members: 3, gpus: 8).refusal
                == Refusal(code: .health, unit: .members, need: 3, have: 2))
    }

    @Test func quota() {
        let limited = QuotaSpec(kind: AcceleratorKindID(0), limitMilli: 10_000)
        var h = Self.harness(
            .fair,
            tenants: [
                TenantSpec(id: TenantID(0), quotas: [limited]),
                TenantSpec(id: TenantID(1), parent: TenantID(0)),
            ])
        h.submit(0, gpus: 8, tenant: 1)
        #expect(
            h.submit(1, gpus: 3, tenant: 1).refusal
                == Refusal(
                    code: .quota, unit: .gpuMilli, need: 3000, have: 2000, tenant: TenantID(0)))
    }

    @Test func quotaKeptBackForOthers() {
        let kept = QuotaSpec(
            kind: AcceleratorKindID(0), guaranteedMilli: 30_000, lendableMilli: 0)
        var h = Self.harness(
            .fair,
            tenants: [TenantSpec(id: TenantID(0)), TenantSpec(id: TenantID(1), quotas: [kept])])
        #expect(
            h.submit(0, gpus: 3).refusal
                == Refusal(code: .quota, unit: .gpuMilli, need: 3000, have: 2000))
    }

    @Test func reservation() {
        var h = Self.harness(.fifo)
        h.submit(0, members: 3, gpus: 8)
        h.submit(1, members: 2, gpus: 8)
        #expect(
            h.submit(2, gpus: 8).refusal
                == Refusal(
                    code: .reservation, unit: .gpuMilli, need: 8000, have: 0, job: JobID(1)))
    }

    @Test func dependency() {
        var h = Self.harness()
        h.submit(0)
        h.submit(1)
        h.finish(0)
        let refusal = h.submit(2) {
            $0.dependencies = [Dependency(job: JobID(0)), Dependency(job: JobID(1))]
        }.refusal
        #expect(
            refusal
                == Refusal(code: .dependency, unit: .jobs, need: 2, have: 1, job: JobID(1)))
    }

    @Test func held() {
        var h = Self.harness()
        #expect(
            h.submit(0) { $0.held = true }.refusal
                == Refusal(code: .held, unit: .jobs, need: 1, have: 0))
        h.seconds = 5
        #expect(
            h.submit(1) { $0.notBefore = .seconds(7) }.refusal
                == Refusal(
                    code: .held, unit: .instant, need: 7_000_000_000, have: 5_000_000_000))
    }

    @Test func fairShare() {
        var h = Self.harness(.fair, tenants: (0...1).map { TenantSpec(id: TenantID($0)) })
        h.submit(0, members: 4, gpus: 8)
        h.submit(1, gpus: 8)
        h.submit(2, gpus: 8, tenant: 1)
        let reasons = h.engine.explain(JobID(1))
        #expect(reasons.map(\.code) == [.capacity, .fairShare])
        #expect(
            reasons.last
                == Refusal(
                    code: .fairShare, unit: .gpuMilli, need: 32_000, have: 0, tenant: TenantID(1)))
    }

    @Test func theFirstReasonIsTheOneThatWasTold() {
        var h = Self.harness(.fair)
        h.submit(0)
        let told = h.submit(1, members: 9, gpus: 8) { spec in
            spec.held = true
            spec.dependencies = [Dependency(job: JobID(0))]
            spec.notBefore = .seconds(9)
        }.refusal
        let reasons = h.engine.explain(JobID(1))
        #expect(reasons.first == told)
        #expect(reasons.map(\.code) == [.dependency, .held, .held, .pool, .capacity])
        #expect(h.engine.explain(JobID(0)) == [], "it runs")
        #expect(h.engine.explain(JobID(7)) == [], "it is not")
    }

    @Test func aJobIsToldOnceEachTimeItBeginsToWaitForAPlace() {
        var h = Self.harness()
        h.submit(0, members: 4, gpus: 8) { $0.retries[.node] = 3 }
        h.submit(1, members: 4, gpus: 8)
        h.apply(.hold(JobID(1)))
        h.apply(.release(JobID(1)))
        h.fail(0, .node)
        let told = h.directives.filter { if case .wait = $0 { true } else { false } }
        #expect(told.count == 2, "when it came, and when it was released")
    }

    @Test func explanationsFollowTheFleet() {
        var h = Self.harness()
        h.submit(0, members: 4, gpus: 8)
        h.submit(1, members: 4, gpus: 8)
        for node in 0..<3 { h.apply(.removeNodes([NodeID(node)])) }
        h.confirmStop(0)
        #expect(h.engine.explain(JobID(1)).first?.have == 1)
        h.apply(.addNodes([Self.tree.nodes[0]]))
        #expect(h.engine.explain(JobID(1)).first?.have == 2)
    }
}
