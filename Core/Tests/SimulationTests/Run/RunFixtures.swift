import FleetModel
import Journal

@testable import Simulation

/// A job of whole-device members; ids are positions, times are in seconds.
func handJob(
    _ id: Int, at submit: Int64, runs seconds: Int64, gpus: Int32 = 8, members: Int32 = 1,
    tenant: Int = 0, _ change: (inout SimulatedJob) -> Void = { _ in }
) -> SimulatedJob {
    var job = SimulatedJob(
        spec: JobSpec(
            id: JobID(id), tenant: TenantID(tenant),
            roles: [RoleSpec(count: members, request: MemberRequest(devices: gpus))]),
        submit: .seconds(submit), runTime: .seconds(seconds))
    change(&job)
    return job
}

/// A run that is over, with what the recorder knows of each job.
struct HandRun {
    static let node = FleetDefinition.uniform(nodes: 1, devices: 8, groups: [])

    let run: SimulationRun
    let report: RunReport
    /// All that was written to the journal, if one was kept.
    let journal: [UInt8]

    init(
        _ jobs: [SimulatedJob], fleet: FleetDefinition = node, order: QueueOrder = .fifo,
        durations: DurationKnowledge = .exact, cost: DecisionCost = .free, until: Int64? = nil,
        isJournalled: Bool = false
    ) {
        var tenants = TenantTree()
        _ = tenants.leaf(named: "a")
        _ = tenants.leaf(named: "b")
        self.init(
            SimulationRun.Setup(
                fleet: fleet, workload: Workload(jobs: jobs, tenants: tenants),
                policy: Policy(queueOrder: order), durations: durations, decisionCost: cost,
                until: until.map { .seconds($0) }, isJournalled: isJournalled))
    }

    init(_ setup: SimulationRun.Setup) {
        var run = SimulationRun(setup)
        while run.step() {}
        report = run.finish(
            identity: RunIdentity(policy: setup.policy.queueOrder.name),
            effort: RunEffort(wallSeconds: 0, peakResidentMiB: 0))
        journal = run.journal?.takeBytes() ?? []
        self.run = run
    }

    /// When each job first started, in seconds; -1 when it did not.
    var starts: [Double] {
        run.recorder.jobs.map { $0.firstStart < 0 ? -1 : Double($0.firstStart) / 1e9 }
    }

    /// When each job ended, in seconds; 0 when it did not.
    var ends: [Double] { run.recorder.jobs.map { Double($0.end) / 1e9 } }
}

/// A generated workload that is fitted to `fleet`.
func fittedWorkload(
    _ preset: WorkloadGenerator.Preset, seed: UInt64, jobs: Int, load: Int = 90,
    fleet: FleetDefinition
) throws -> Workload {
    let trace = try generated(
        preset, seed: seed, jobs: jobs, gpus: Int(fleet.deviceCount), load: load)
    var fitting = TraceFitting(
        fleet: fleet, file: "", traits: { WorkloadGenerator.traits(of: $0) })
    return try fitting.fit(trace).get()
}
