import FleetModel
import Testing

@testable import Scheduler

/// A driver for tests: numbers inputs, keeps directives, checks every invariant after every step.
struct Harness {
    var engine: Engine
    var directives: [Directive] = []
    var seconds: Int64 = 0
    let fleet: FleetDefinition

    init(
        _ fleet: FleetDefinition, policy: Policy = Policy(),
        tenants: [TenantSpec] = [
            TenantSpec(id: TenantID(0))
        ]
    ) {
        self.fleet = fleet
        engine = Engine(topology: fleet.topology, policy: policy)
        apply(.setTenants(tenants))
        apply(.addNodes(fleet.nodes))
    }

    @discardableResult
    mutating func apply(_ input: Input) -> [Directive] {
        var new: [Directive] = []
        engine.apply(input, at: .seconds(seconds), into: &new)
        directives += new
        let broken = engine.checkInvariants()
        #expect(broken.isEmpty, "after \(input): \(broken)")
        return new
    }

    /// Submits a job of `members` members with `gpus` devices each.
    @discardableResult
    mutating func submit(
        _ id: Int, members: Int32 = 1, gpus: Int32 = 1, tenant: Int = 0,
        change: (inout JobSpec) -> Void = { _ in }
    ) -> [Directive] {
        var spec = JobSpec(
            id: JobID(id), tenant: TenantID(tenant),
            roles: [RoleSpec(count: members, request: MemberRequest(devices: gpus))])
        change(&spec)
        return apply(.submit(spec))
    }
}

extension [Directive] {
    /// Ids of the jobs that were started.
    var started: [Int] {
        compactMap { if case .start(let id, _, _) = $0 { id.index } else { nil } }
    }

    /// The members of the first start.
    var members: [MemberPlacement] {
        for case .start(_, _, let members) in self { return members }
        return []
    }

    /// The code of the first reason to wait.
    var waitCode: RefusalCode? {
        for case .wait(_, let refusal) in self { return refusal.code }
        return nil
    }
}

@Suite struct EngineTests {
    static let small = FleetDefinition.uniform(nodes: 4, devices: 8, groups: [2])

    @Test func startsAndFinishes() {
        var h = Harness(Self.small)
        #expect(h.submit(0, members: 4, gpus: 8).started == [0])
        #expect(h.submit(1).waitCode == .capacity)
        let done = h.apply(.finish(JobID(0), Attempt(1)))
        #expect(done.started == [1])
    }

    @Test func gangTakesTheTightestLeaf() {
        var h = Harness(Self.small)
        #expect(h.submit(0, gpus: 8).members.map(\.node.index) == [0])
        #expect(h.submit(1, members: 2, gpus: 8).members.map(\.node.index) == [2, 3])
        #expect(h.submit(2, gpus: 4).members.map(\.node.index) == [1])
        #expect(h.submit(3, gpus: 4).members.map(\.node.index) == [1])
    }

    @Test func requiredLevelWaitsForTopology() {
        var h = Harness(Self.small)
        h.submit(0, gpus: 8)
        h.submit(1, gpus: 8) { $0.topology.preference = .closest }
        let refused = h.submit(2, members: 3, gpus: 8) {
            $0.topology.preference = .required(LevelIndex(0))
        }
        #expect(refused.waitCode == .pool)
    }

    @Test func failureRequeuesAheadOfNewcomers() {
        var h = Harness(Self.small)
        h.submit(0, members: 4, gpus: 8)
        h.submit(1, members: 4, gpus: 8)
        let lost = h.apply(.removeNodes([NodeID(3)]))
        #expect(lost.contains(.stop(JobID(0), Attempt(1), .hardware)))
        h.apply(.confirmStop(JobID(0), Attempt(1)))
        let back = h.apply(.addNodes([h.fleet.nodes[3]]))
        #expect(back.started == [0])
    }
}
