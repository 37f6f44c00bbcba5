import FleetModel
import Testing

@testable import Scheduler

/// The smallest changes that start a job now; each is proved by making it.
@Suite struct RemedyTests {
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

    private func actions(_ h: Harness, _ id: Int) -> [Remedy.Action] {
        h.engine.remedies(for: JobID(id)).map(\.action)
    }

    @Test func nothingForJobsThatDoNotWait() {
        var h = Self.harness()
        h.submit(0)
        #expect(actions(h, 0) == [])
        #expect(actions(h, 5) == [])
    }

    @Test func theLargestCountOfMembersThatStarts() {
        var h = Self.harness()
        h.submit(0, gpus: 8)
        h.submit(1, members: 4, gpus: 8)
        let found = actions(h, 1)
        #expect(found.first == .members(3))
        #expect(found.contains(.stop(JobID(0), lostGPUSeconds: 8)))
        #expect(found.count == 2)
    }

    @Test func aLooserTopology() {
        var h = Self.harness()
        h.submit(0, gpus: 8)
        h.submit(1, gpus: 8) { $0.topology.preference = .closest }
        h.submit(2, gpus: 8)
        h.submit(3, gpus: 2)
        h.finish(1)
        h.submit(4, members: 2, gpus: 6) { $0.topology.preference = .required(LevelIndex(1)) }
        #expect(actions(h, 4).contains(.members(1)))
        h.apply(.cancel(JobID(4)))
        h.submit(5, members: 2, gpus: 6) { $0.topology.preference = .required(Self.leaf) }
        #expect(actions(h, 5).contains(.topology(.preferred(Self.leaf))))
    }

    @Test func anotherKindAndAnotherPool() {
        var fleet = FleetDefinition(topology: Topology(levels: []))
        for node in 0..<4 {
            fleet.addNode(
                name: "n\(node)", pool: node < 2 ? "p" : "q", kind: node % 2 == 0 ? "A" : "B",
                devices: 8, host: FleetDefinition.commonHost, path: [])
        }
        var h = Harness(fleet, policy: Policy(queueOrder: .firstFit))
        func picky(_ spec: inout JobSpec) {
            spec.pools = PoolSet([PoolID(0)])
            spec.roles[0].accelerators = AcceleratorKindSet([AcceleratorKindID(0)])
        }
        h.submit(0, gpus: 8, change: picky)
        h.submit(1, gpus: 8, change: picky)
        let found = actions(h, 1)
        #expect(found.contains(.accelerator(AcceleratorKindID(1))))
        #expect(found.contains(.pool(PoolID(1))))
    }

    @Test func aHigherPriorityInAStrictQueue() {
        var h = Self.harness(.fifo)
        h.submit(0, members: 3, gpus: 8)
        h.submit(1, members: 4, gpus: 8) { $0.priority = 3 }
        h.submit(2, gpus: 8)
        #expect(actions(h, 2).contains(.priority(4)))
    }

    @Test func everyLimitOnThePathIsRaised() {
        let tenants = [
            TenantSpec(
                id: TenantID(0), quotas: [QuotaSpec(kind: Self.gpu, limitMilli: 16_000)]),
            TenantSpec(
                id: TenantID(1), parent: TenantID(0),
                quotas: [QuotaSpec(kind: Self.gpu, limitMilli: 8000)]),
        ]
        var h = Self.harness(.fair, tenants: tenants)
        h.submit(0, gpus: 4, tenant: 1)
        h.submit(1, members: 2, gpus: 8, tenant: 1)
        let found = actions(h, 1)
        #expect(
            found.contains(
                .raiseLimits([
                    RaisedLimit(tenant: TenantID(1), kind: Self.gpu, byMilli: 12_000),
                    RaisedLimit(tenant: TenantID(0), kind: Self.gpu, byMilli: 4000),
                ])))
        #expect(!found.contains { if case .stop = $0 { true } else { false } })
    }

    @Test func theCheapestStopThatIsEnough() {
        var h = Self.harness()
        h.submit(0, members: 2, gpus: 8)
        h.seconds = 3600
        h.submit(1, gpus: 8) { $0.checkpointPeriod = .seconds(600) }
        h.submit(2, gpus: 8)
        h.seconds = 4000
        h.submit(3, members: 1, gpus: 8)
        let stop = actions(h, 3).last
        #expect(stop == .stop(JobID(1), lostGPUSeconds: 400 * 8))
        h.apply(.cancel(JobID(3)))
        h.submit(4, members: 2, gpus: 8)
        #expect(
            actions(h, 4).contains(.stop(JobID(0), lostGPUSeconds: 4000 * 16)),
            "no smaller one is enough")
    }

    @Test func theFewestNodesThatAreBroughtBack() {
        var h = Self.harness(nodes: 6)
        h.apply(.drain(NodeID(0)))
        h.apply(.drain(NodeID(1)))
        h.apply(.setDeviceHealth(NodeID(2), unhealthy: 4))
        h.submit(0, members: 4, gpus: 8)
        let found = h.engine.remedies(for: JobID(0))
        #expect(found.map(\.action) == [.members(3), .bringBack([NodeID(0)])])
        #expect(found.last?.changes == [.resume(NodeID(0))])
        h.apply(.cancel(JobID(0)))
        h.submit(1, members: 2, gpus: 8) { $0.topology.preference = .required(Self.leaf) }
        h.submit(2, members: 2, gpus: 8) { $0.topology.preference = .required(Self.leaf) }
        #expect(actions(h, 2).contains(.bringBack([NodeID(2)])))
    }

    @Test func aHeldJobIsReleased() {
        var h = Self.harness()
        h.submit(0) { $0.held = true }
        #expect(actions(h, 0) == [.release])
        h.submit(1) { $0.dependencies = [Dependency(job: JobID(0))] }
        #expect(actions(h, 1) == [])
    }
}
