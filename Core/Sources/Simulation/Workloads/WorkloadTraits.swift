import FleetModel

/// What a trace does not say of a job and a scheduler wants to know.
public struct JobTraits: Hashable, Sendable {
    /// Whether it may be stopped for another job and started again.
    public var preemptible: Bool
    /// Time between its checkpoints; nil when it writes none.
    public var checkpointPeriod: TimeSpan?
    /// Time lost by each start.
    public var restartCost: TimeSpan
    /// Once started it is not preempted before this.
    public var minimumRunTime: TimeSpan

    /// Gathers traits.
    public init(
        preemptible: Bool, checkpointPeriod: TimeSpan?, restartCost: TimeSpan,
        minimumRunTime: TimeSpan
    ) {
        self.preemptible = preemptible
        self.checkpointPeriod = checkpointPeriod
        self.restartCost = restartCost
        self.minimumRunTime = minimumRunTime
    }
}

/// A tenant of a generated workload.
public struct WorkloadTenant: Hashable, Sendable {
    /// The name, as in ``TraceJob/tenant``.
    public var name: String
    /// What it is entitled to, relative to the others; 0 for one that may only borrow.
    public var weight: Int

    /// Names a tenant.
    public init(name: String, weight: Int) {
        self.name = name
        self.weight = weight
    }
}

extension WorkloadGenerator {
    /// The traits of a generated job, by its family; nil when its preset says nothing of them.
    ///
    /// The figures are made up, in the usual order of size: pretraining writes a checkpoint each
    /// half hour and takes minutes to start; evaluations are short and simply run again; notebooks
    /// are people at work.
    public static func traits(of job: TraceJob) -> JobTraits? {
        if WorkloadShape.pretrainingFamilies.contains(job.family) {
            return JobTraits(
                preemptible: true, checkpointPeriod: .seconds(1800), restartCost: .seconds(600),
                minimumRunTime: .seconds(3600))
        }
        if WorkloadShape.tuningFamilies.contains(job.family) {
            return JobTraits(
                preemptible: true, checkpointPeriod: .seconds(900), restartCost: .seconds(180),
                minimumRunTime: .seconds(900))
        }
        if WorkloadShape.evaluationFamilies.contains(job.family) {
            return JobTraits(
                preemptible: true, checkpointPeriod: nil, restartCost: .seconds(60),
                minimumRunTime: .zero)
        }
        if WorkloadShape.interactiveFamilies.contains(job.family) {
            return JobTraits(
                preemptible: false, checkpointPeriod: nil, restartCost: .seconds(30),
                minimumRunTime: .zero)
        }
        return nil
    }
}

extension WorkloadGenerator.Preset {
    /// The tenants of the preset's jobs, in a fixed order, with what they are entitled to; none for
    /// a preset whose jobs have no tenant.
    public var tenants: [WorkloadTenant] {
        switch self {
        case .itp: []
        case .philly: phillyTenants
        case .openb:
            [("LS", 60), ("BE", 20), ("Burstable", 20)].map(WorkloadTenant.init)
        case .llm:
            [("pretraining", 60), ("tuning", 25), ("evaluation", 10), ("research", 5)].map(
                WorkloadTenant.init)
        }
    }

    private var phillyTenants: [WorkloadTenant] {
        var tenants = WorkloadShape.phillyNodes.map {
            WorkloadTenant(name: $0.cluster, weight: $0.nodes)
        }
        for kind in shape.classes where !tenants.contains(where: { $0.name == kind.tenant }) {
            tenants.append(WorkloadTenant(name: kind.tenant, weight: 0))
        }
        return tenants
    }
}
