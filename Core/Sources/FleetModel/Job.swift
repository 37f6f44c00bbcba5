/// Replicas of one kind of member within a job.
public struct RoleSpec: Hashable, Sendable {
    /// The fewest members that are of use; they start together or not at all.
    public var minimum: Int32
    /// The most members; equal to `minimum` unless the role is elastic.
    public var maximum: Int32
    /// What each member asks of its node.
    public var request: MemberRequest
    /// Accelerator kinds that will do. Ignored for members without devices.
    public var accelerators: AcceleratorKindSet
    /// The rule that its nodes must meet; nil when every node will do. A rule that was never told
    /// admits no node.
    public var rule: NodeRuleID?

    /// Gathers a role; not elastic and content with every kind and node by default.
    public init(
        count: Int32, maximum: Int32? = nil, request: MemberRequest,
        accelerators: AcceleratorKindSet = .all, rule: NodeRuleID? = nil
    ) {
        self.rule = rule
        self.minimum = count
        self.maximum = maximum ?? count
        self.request = request
        self.accelerators = accelerators
    }
}

/// Why an attempt of a job ended badly.
public enum FailureCause: UInt8, CaseIterable, Hashable, Sendable {
    /// The job's own program failed.
    case application
    /// A node was lost.
    case node
    /// A device was lost.
    case device
    /// The backend could not start every member.
    case start
    /// It was stopped for the sake of another job.
    case preemption
    /// It was stopped because its node had to be empty by a deadline.
    case maintenance
}

/// How often a job is started again, counted separately for each cause.
public struct RetryLimits: Hashable, Sendable {
    /// Retries by ``FailureCause/rawValue``.
    public var counts: [Int32]

    /// Sets the same limit for every cause of infrastructure and one for the program's own.
    public init(application: Int32 = 0, infrastructure: Int32 = 10) {
        counts = FailureCause.allCases.map { $0 == .application ? application : infrastructure }
    }

    /// The limit for one cause.
    public subscript(cause: FailureCause) -> Int32 {
        get { counts[Int(cause.rawValue)] }
        set { counts[Int(cause.rawValue)] = newValue }
    }
}

/// A job that must end before another may start.
public struct Dependency: Hashable, Sendable {
    /// The job waited for.
    public var job: JobID
    /// Whether it must have succeeded; otherwise any end will do.
    public var mustSucceed: Bool

    /// Names the job waited for; it must succeed by default.
    public init(job: JobID, mustSucceed: Bool = true) {
        self.job = job
        self.mustSucceed = mustSucceed
    }
}

/// A job as the engine is told of it.
public struct JobSpec: Hashable, Sendable {
    /// The job.
    public var id: JobID
    /// The leaf of the quota tree that pays.
    public var tenant: TenantID
    /// Higher goes first within a tenant.
    public var priority: Int32
    /// Whether it may be stopped for another job and started again.
    public var preemptible: Bool
    /// Its roles, one or more.
    public var roles: [RoleSpec]
    /// Where its members may stand relative to each other.
    public var topology: TopologyConstraint
    /// Pools it may use; never empty.
    public var pools: PoolSet
    /// The longest it may run; it is stopped then.
    public var timeLimit: TimeSpan?
    /// How long it is expected to run, as far as anybody knows.
    public var expectedDuration: TimeSpan?
    /// Time between its checkpoints; nil when it writes none.
    public var checkpointPeriod: TimeSpan?
    /// Time lost by each start but the first: loading, compiling, reading the checkpoint.
    public var restartCost: TimeSpan
    /// Once started it is not preempted before this.
    public var minimumRunTime: TimeSpan
    /// How often it is started again.
    public var retries: RetryLimits
    /// Jobs that must end first.
    public var dependencies: [Dependency]
    /// Whether it waits until it is released.
    public var held: Bool
    /// It does not start before this.
    public var notBefore: Instant?
    /// Jobs that are likely to run as long as this one; nil when it is like no other.
    public var family: FamilyID?

    /// Describes a job; every property but the id, the tenant and the roles has a default.
    public init(
        id: JobID, tenant: TenantID, priority: Int32 = 0, preemptible: Bool = false,
        roles: [RoleSpec], topology: TopologyConstraint = TopologyConstraint(),
        pools: PoolSet = .all, timeLimit: TimeSpan? = nil, expectedDuration: TimeSpan? = nil,
        checkpointPeriod: TimeSpan? = nil, restartCost: TimeSpan = .zero,
        minimumRunTime: TimeSpan = .zero, retries: RetryLimits = RetryLimits(),
        dependencies: [Dependency] = [], held: Bool = false, notBefore: Instant? = nil,
        family: FamilyID? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.priority = priority
        self.preemptible = preemptible
        self.roles = roles
        self.topology = topology
        self.pools = pools
        self.timeLimit = timeLimit
        self.expectedDuration = expectedDuration
        self.checkpointPeriod = checkpointPeriod
        self.restartCost = restartCost
        self.minimumRunTime = minimumRunTime
        self.retries = retries
        self.dependencies = dependencies
        self.held = held
        self.notBefore = notBefore
        self.family = family
    }

    /// Thousandths of GPUs of the smallest gang that may start.
    public var minimumGPUMilli: Int64 {
        roles.reduce(0) { $0 + Int64($1.minimum) * $1.request.gpuMilli }
    }

    /// Members of the smallest gang that may start.
    public var minimumMembers: Int { roles.reduce(0) { $0 + Int($1.minimum) } }
}
