import FleetModel

/// A job with what only the simulated world knows: when it comes and how long it really runs.
public struct SimulatedJob: Sendable {
    /// The job as the engine will be told of it; its id is its position in the workload.
    public var spec: JobSpec
    /// When it is submitted.
    public var submit: Instant
    /// How long it runs with all the members it may have, undisturbed.
    public var runTime: TimeSpan
    /// Its own program fails at the end of the first attempt, instead of succeeding.
    public var failsAtEnd: Bool
    /// It is cancelled this long after its submission, if it has not ended by then.
    public var cancelAfter: TimeSpan?

    /// Gathers a job; it succeeds and is not cancelled by default.
    public init(
        spec: JobSpec, submit: Instant, runTime: TimeSpan, failsAtEnd: Bool = false,
        cancelAfter: TimeSpan? = nil
    ) {
        self.spec = spec
        self.submit = submit
        self.runTime = runTime
        self.failsAtEnd = failsAtEnd
        self.cancelAfter = cancelAfter
    }
}

/// Jobs in order of submission, with the tenants they belong to and what happens to the fleet.
public struct Workload: Sendable {
    /// Jobs in order of submission; the id of each is its position.
    public var jobs: [SimulatedJob]
    /// The quota tree; every job's tenant is a leaf of it.
    public var tenants: TenantTree
    /// Job names by job id; empty when the jobs have none.
    public var names: [String]
    /// What happens to nodes, and to jobs beside their own lives; always in order of time, those of
    /// one instant in the order given.
    public var events: [FleetEvent] {
        didSet { events = FleetEvent.sorted(events) }
    }

    /// Gathers a workload; nothing happens to the fleet by default.
    public init(
        jobs: [SimulatedJob], tenants: TenantTree, names: [String] = [], events: [FleetEvent] = []
    ) {
        self.jobs = jobs
        self.tenants = tenants
        self.names = names
        self.events = FleetEvent.sorted(events)
    }
}
