import FleetModel
import Testing

@testable import Simulation

@Suite struct TraceShapeTests {
    static let fleet = FleetDefinition.uniform(nodes: 4, devices: 8, groups: [2])

    private func traced(
        _ gpus: Int, line: Int = 2, _ change: (inout TraceJob) -> Void = { _ in }
    )
        -> TraceJob
    {
        var job = TraceJob(
            line: line, name: "j\(line)", submitNanoseconds: 5, durationNanoseconds: 7, gpus: gpus)
        change(&job)
        return job
    }

    private func fit(
        _ jobs: [TraceJob], fleet: FleetDefinition = fleet, skips: Bool = false
    ) -> Result<Workload, DiagnosticList> {
        var fitting = TraceFitting(fleet: fleet, file: "t.csv", skipsUnplaceable: skips)
        return fitting.fit(jobs)
    }

    private func role(_ job: TraceJob, fleet: FleetDefinition = fleet) throws -> RoleSpec {
        try fit([job], fleet: fleet).get().jobs[0].spec.roles[0]
    }

    @Test(arguments: [
        (0, 1, 0), (1, 1, 1), (7, 1, 7), (8, 1, 8), (9, 3, 3), (10, 2, 5), (12, 2, 6), (13, 13, 1),
        (14, 2, 7), (16, 2, 8), (24, 3, 8), (31, 31, 1), (32, 4, 8),
    ])
    func shapes(_ gpus: Int, _ members: Int32, _ devices: Int32) throws {
        let role = try role(traced(gpus))
        #expect(role.minimum == members)
        #expect(role.maximum == members)
        #expect(role.request.devices == devices)
        #expect(role.request.deviceMilli == 1000)
        #expect(role.accelerators == .all)
    }

    @Test func largestDivisors() {
        for number in 1...130 {
            for bound in [1, 2, 7, 8, 64] {
                let expected = (1...bound).last { number % $0 == 0 }
                #expect(TraceFitting.largestDivisor(of: number, upTo: bound) == expected)
            }
        }
        #expect(TraceFitting.largestDivisor(of: 0, upTo: 8) == 1)
    }

    @Test func hostSharesAreRoundedUp() throws {
        let role = try role(
            traced(24) {
                $0.cpuMilli = 10
                $0.memoryMiB = 9
            })
        #expect(role.request.host == HostResources(cpuMilli: 4, memoryMiB: 3))
        let least = try self.role(
            traced(24) {
                $0.cpuMilli = 1
                $0.memoryMiB = 0
            })
        #expect(least.request.host == HostResources(cpuMilli: 1, memoryMiB: 0))
        let whole = try self.role(traced(0) { $0.cpuMilli = 4000 })
        #expect(whole.request.host.cpuMilli == 4000)
    }

    @Test func partsOfADevice() throws {
        #expect(try role(traced(1) { $0.gpuMilli = 250 }).request.isFractional)
        #expect(try role(traced(2) { $0.gpuMilli = 250 }).request.deviceMilli == 1000)
    }

    private var mixed: FleetDefinition {
        var fleet = FleetDefinition(topology: Topology(levels: []))
        for (place, node) in [("A", 8), ("A", 4), ("B", 2), ("B", 2)].enumerated() {
            fleet.addNode(
                name: "n\(place)", pool: "p", kind: node.0, devices: node.1, host: .zero, path: [])
        }
        return fleet
    }

    @Test func kindsDecideTheShape() throws {
        let onB = try role(traced(4) { $0.kinds = ["B"] }, fleet: mixed)
        #expect(onB.minimum == 2 && onB.request.devices == 2)
        #expect(onB.accelerators == AcceleratorKindSet([AcceleratorKindID(1)]))
        let either = try role(traced(4) { $0.kinds = ["B", "A", "C"] }, fleet: mixed)
        #expect(either.minimum == 1 && either.request.devices == 4)
        #expect(either.accelerators.bits == 0b11)
        let without = try role(traced(0) { $0.kinds = ["C"] }, fleet: mixed)
        #expect(without.request.devices == 0)
    }

    @Test func largerThanTheFleet() {
        let jobs = [
            traced(32, line: 2), traced(33, line: 3), traced(1, line: 4),
            traced(1, line: 9) { $0.kinds = ["H100", "B200"] },
        ]
        let found = diagnostics(fit(jobs))
        #expect(found.map(\.line) == [3, 9])
        #expect(found.allSatisfy { $0.code == .unplaceable && $0.file == "t.csv" })
        #expect(found.first?.message == "the job asks for 33 GPUs, more than the fleet has")
        #expect(found.first?.expected == "at most 32")
        #expect(found.last?.message.contains("kind H100 or B200") == true)
        #expect(found.last?.expected == "one of GPU")
        #expect(found.allSatisfy { !$0.hint.isEmpty })
        let onB = diagnostics(fit([traced(5) { $0.kinds = ["B"] }], fleet: mixed))
        #expect(onB.first?.expected == "at most 4")
    }

    @Test func manyMistakesAreCounted() {
        let hundred = diagnostics(fit((0..<100).map { traced(99, line: $0 + 2) }))
        #expect(hundred.count == 100)
        #expect(hundred.map(\.line) == Array(2...101))
        let more = diagnostics(fit((0..<107).map { traced(99, line: $0 + 2) }))
        #expect(more.count == 101)
        #expect(more.last?.message == "and 7 more such jobs")
        #expect(more.last?.file == "t.csv")
    }

    @Test func unplaceableJobsAreRefusedByTheEngineOnRequest() throws {
        let jobs = [
            traced(33), traced(8), traced(99_991), traced(0) { $0.kinds = ["H100"] },
        ]
        let workload = try fit(jobs, skips: true).get()
        #expect(workload.jobs.count == 4)
        let run = HandRun(
            SimulationRun.Setup(fleet: Self.fleet, workload: workload, policy: Policy()))
        #expect(run.report.counts.refused == 2)
        #expect(run.report.counts.succeeded == 2)
        #expect(run.run.settledJobs == 4)
    }

    @Test func tooManyMembersAreAMistake() {
        let fleet = FleetDefinition.uniform(nodes: 3200, devices: 64, groups: [])
        // A prime number of GPUs, each a member of its own.
        let found = diagnostics(fit([traced(100_003)], fleet: fleet))
        #expect(found.map(\.message) == ["the job has 100003 members"])
        #expect(found.map(\.expected) == ["at most 100000"])
    }

    @Test func tenantsAreFoundOrAdded() throws {
        var tree = TenantTree()
        _ = tree.leaf(named: "x")
        tree.tenants[0].quotas = [QuotaSpec(kind: AcceleratorKindID(0), guaranteedMilli: 1)]
        var fitting = TraceFitting(fleet: Self.fleet, file: "", tenants: tree)
        let jobs = ["y", "x", "", "y", "default"].map { name in traced(1) { $0.tenant = name } }
        let workload = try fitting.fit(jobs).get()
        #expect(workload.jobs.map(\.spec.tenant.index) == [1, 0, 2, 1, 2])
        #expect(workload.tenants.names.names == ["x", "y", "default"])
        #expect(workload.tenants.tenants[0].quotas.count == 1)
        #expect(workload.tenants.tenants.count == 3)
    }

    @Test func nothingToFit() throws {
        let workload = try fit([]).get()
        #expect(workload.jobs.isEmpty)
        #expect(workload.tenants.names.names == ["default"])
    }

    @Test func everythingElseIsKept() throws {
        let traits = JobTraits(
            preemptible: true, checkpointPeriod: .seconds(1), restartCost: .seconds(2),
            minimumRunTime: .seconds(3))
        var fitting = TraceFitting(
            fleet: Self.fleet, file: "", traits: { $0.family == "f" ? traits : nil })
        let jobs = try fitting.fit([
            traced(1) {
                $0.limitNanoseconds = 9
                $0.priority = -4
                $0.family = "f"
            },
            traced(1) {
                $0.durationNanoseconds = -1
                $0.family = "g"
                $0.limitNanoseconds = 0
            },
            traced(1),
        ]).get()
        #expect(jobs.jobs.map(\.spec.id.index) == [0, 1, 2])
        #expect(jobs.jobs.map(\.spec.family?.index) == [0, 1, nil])
        #expect(jobs.jobs.map(\.spec.timeLimit?.nanoseconds) == [9, nil, nil])
        #expect(jobs.jobs.map(\.spec.priority) == [-4, 0, 0])
        #expect(jobs.jobs.map(\.runTime.nanoseconds) == [7, 0, 7])
        #expect(jobs.jobs[0].submit.nanoseconds == 5)
        #expect(jobs.jobs[0].spec.preemptible && !jobs.jobs[1].spec.preemptible)
        #expect(jobs.jobs[0].spec.checkpointPeriod == .seconds(1))
        #expect(jobs.jobs[0].spec.restartCost == .seconds(2))
        #expect(jobs.jobs[0].spec.minimumRunTime == .seconds(3))
        #expect(jobs.names == ["j2", "j2", "j2"])
    }
}
