/// The reason that a job did not start now. A value, never an error.
public enum RefusalCode: UInt8, CaseIterable, Hashable, Sendable {
    /// A tenant on the job's path is at its limit, or what is left is kept for others.
    case quota
    /// Another tenant is further below its share.
    case fairShare
    /// Not enough of what the job asks is free.
    case capacity
    /// Enough is free, but not within one domain of the required level.
    case topology
    /// Enough is free in sum, but in pieces too small for a member.
    case fragmentation
    /// No node of the pools, kinds and sizes that the job accepts exists.
    case pool
    /// It would fit if devices or nodes out of service came back, or if it went back to nodes that
    /// are to blame for its end.
    case health
    /// What it needs is kept for a job ahead of it.
    case reservation
    /// A job that it depends on has not ended.
    case dependency
    /// It is held, or its start time has not come.
    case held
    /// What is free for it is kept as spares for larger gangs.
    case spares

    /// The token used in output and in the API.
    public var name: String {
        switch self {
        case .quota: "quota"
        case .fairShare: "fairShare"
        case .capacity: "capacity"
        case .topology: "topology"
        case .fragmentation: "fragmentation"
        case .pool: "pool"
        case .health: "health"
        case .reservation: "reservation"
        case .dependency: "dependency"
        case .held: "held"
        case .spares: "spares"
        }
    }

    /// The reason that Kueue gives for the same state (`kueue.x-k8s.io`, KEP-10852), if any.
    public var kueueReason: String? {
        switch self {
        case .quota: "WaitingForQuota"
        case .topology: "TopologyPlacementFailed"
        case .pool: "NoMatchingFlavor"
        case .held: "Suspended"
        case .fairShare, .capacity, .fragmentation, .health, .reservation, .dependency, .spares:
            nil
        }
    }
}

/// What the two counts of a refusal count.
public enum RefusalUnit: UInt8, CaseIterable, Hashable, Sendable {
    /// Thousandths of GPUs.
    case gpuMilli
    /// Members of the gang.
    case members
    /// Jobs.
    case jobs
    /// Nanoseconds since the origin.
    case instant
    /// What is needed are thousandths of GPUs, of a gang that may have spares; what there is are
    /// spares with room.
    case spareNodes
}

/// One reason with its numbers.
public struct Refusal: Hashable, Sendable {
    /// The reason.
    public var code: RefusalCode
    /// What `need` and `have` count.
    public var unit: RefusalUnit
    /// What the job needs.
    public var need: Int64
    /// What there is for it.
    public var have: Int64
    /// The topology level that the reason speaks of.
    public var level: LevelIndex?
    /// The tenant whose quota the reason speaks of.
    public var tenant: TenantID?
    /// The job that is in the way: a dependency, or the holder of a reservation.
    public var job: JobID?

    /// Gathers a reason.
    public init(
        code: RefusalCode, unit: RefusalUnit, need: Int64, have: Int64,
        level: LevelIndex? = nil, tenant: TenantID? = nil, job: JobID? = nil
    ) {
        self.code = code
        self.unit = unit
        self.need = need
        self.have = have
        self.level = level
        self.tenant = tenant
        self.job = job
    }
}

/// Why a submission was not accepted at all. The door should have caught it.
public enum RejectionReason: UInt8, CaseIterable, Hashable, Sendable {
    /// A job with this id exists.
    case duplicateJob
    /// The tenant does not exist or is not a leaf.
    case unknownTenant
    /// No roles, or counts, sizes, levels or spans outside their limits.
    case malformed
    /// A dependency names a job that was never submitted.
    case unknownDependency
    /// A gang to be adopted stands where it cannot: absent nodes, devices that others hold.
    case misplaced
}
