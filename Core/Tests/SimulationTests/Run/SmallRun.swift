import FleetModel

@testable import Simulation

/// A run on a few nodes of eight GPUs in one leaf, with jobs of one tenant that are written down
/// in a line each.
struct SmallRun {
    /// The workload so far; jobs must be added in order of submission.
    var workload: Workload
    /// The fleet.
    var fleet: FleetDefinition
    /// The order of the queue.
    var order = QueueOrder.fair
    /// What deciding costs.
    var cost = DecisionCost.free

    init(nodes: Int) {
        fleet = FleetDefinition.uniform(nodes: nodes, devices: 8, groups: [nodes])
        var tenants = TenantTree()
        _ = tenants.leaf(named: "team")
        workload = Workload(jobs: [], tenants: tenants)
    }

    /// Adds a gang of members with eight GPUs each, or as many as said.
    @discardableResult
    mutating func job(
        members: Int32 = 1, gpus: Int32 = 8, at minute: Int64 = 0, minutes: Int64,
        checkpoint: Int64? = nil, restart: Int64 = 0, held: Bool = false, fails: Bool = false,
        retries: Int32 = 0, cancelAfter: Int64? = nil
    ) -> JobID {
        let id = JobID(workload.jobs.count)
        let role = RoleSpec(count: members, request: MemberRequest(devices: gpus))
        let spec = JobSpec(
            id: id, tenant: TenantID(0), roles: [role],
            checkpointPeriod: checkpoint.map { .seconds($0 * 60) },
            restartCost: .seconds(restart * 60),
            retries: RetryLimits(application: retries), held: held)
        workload.jobs.append(
            SimulatedJob(
                spec: spec, submit: .seconds(minute * 60), runTime: .seconds(minutes * 60),
                failsAtEnd: fails, cancelAfter: cancelAfter.map { .seconds($0 * 60) }))
        return id
    }

    /// Plans an event.
    mutating func event(at minute: Int64, _ input: Input) {
        workload.events.append(FleetEvent(at: .seconds(minute * 60), input: input))
    }

    /// Takes a node away and, if said, brings it back.
    mutating func remove(_ node: Int, at minute: Int64, until back: Int64? = nil) {
        event(at: minute, .removeNodes([NodeID(node)]))
        if let back { event(at: back, .addNodes([fleet.nodes[node]])) }
    }

    /// The run, not begun.
    func prepared(isJournalled: Bool = false) -> SimulationRun {
        SimulationRun(
            SimulationRun.Setup(
                fleet: fleet, workload: workload, policy: Policy(queueOrder: order),
                decisionCost: cost, isJournalled: isJournalled))
    }

    /// Runs to the end.
    func report() -> RunReport { SmallRun.finish(prepared()) }

    /// Runs the rest of a run.
    static func finish(_ run: SimulationRun) -> RunReport {
        var run = run
        while run.step() {}
        return run.finish(
            identity: RunIdentity(policy: "test"),
            effort: RunEffort(wallSeconds: 0, peakResidentMiB: 0))
    }
}

extension RunReport {
    /// Minutes of the window.
    var makespanMinutes: Double { makespanSeconds / 60 }

    /// Minutes that the time series cover.
    var seriesMinutes: Double { series.lengthSeconds / 60 }
}
