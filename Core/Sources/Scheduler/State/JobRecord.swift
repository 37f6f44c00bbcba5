import FleetModel

/// Where a job stands.
enum JobPhase: UInt8, SnapshotValue, Sendable {
    /// It waits for something other than a place: a dependency, a release, a time.
    case blocked
    /// It waits for a place.
    case queued
    /// The driver was told to start it.
    case starting
    /// Every member runs.
    case running
    /// The driver was told to stop it.
    case stopping

    /// Whether it runs, or is about to.
    @inline(__always) var isUnderway: Bool { self == .running || self == .starting }
}

/// What becomes of a job when its members have stopped.
enum AfterStop: Hashable, Sendable {
    /// It ends.
    case end(JobOutcome)
    /// The attempt counts as failed.
    case fail(FailureCause)
    /// It is queued again, whatever its retries: the engine itself stopped it.
    case requeue(FailureCause)
}

/// Everything that the engine knows of one job.
struct JobRecord: Sendable {
    /// As submitted; in a what-if, as changed.
    var spec: JobSpec
    /// Where it stands.
    var phase = JobPhase.blocked
    /// The current attempt, or the last one while it waits.
    var attempt = Attempt(0)
    /// Its rank in the queue: of its first submission, so that a broken gang ranks before
    /// newcomers.
    private(set) var order: Int64
    /// When it was submitted.
    private(set) var submittedAt: Instant
    /// When the current attempt was started.
    var startedAt = Instant.zero
    /// Whether it is held.
    var isHeld: Bool
    /// When its topology wish is relaxed, once it has waited for a place.
    var relaxesAt: Instant?
    /// Whether its topology wish was relaxed.
    var isRelaxed = false
    /// Whether it may have spares for which it is too small, since it could never stand beside
    /// them; as it was when it was queued last.
    var needsSpares = false
    /// Whether the driver was told why it waits.
    var isWaitTold = false
    /// Dependencies that have not ended.
    var openDependencies: Int32 = 0
    /// Retries used, by cause.
    var retriesUsed: InlineArray<6, Int32> = InlineArray(repeating: 0)
    /// The wait class it is queued in; -1 when it is not queued.
    var waitClass: Int32 = -1
    /// What it holds, in rank order.
    var members: [PlacedMember] = []
    /// What becomes of it when it has stopped.
    var afterStop = AfterStop.end(.cancelled)

    /// How long its ended attempts ran.
    var attained = TimeSpan.zero
    /// When the attempt wrote its last checkpoint, as far as it was told.
    var checkpointedAt: Instant?
    /// Since when it waits for a place; when it was queued last.
    var waitsSince = Instant.zero
    /// How urgent it is among the jobs of its tenant and priority.
    var urgency = Urgency.young
    /// Whether it waited, or runs after it waited, longer than the policy's patience.
    var isOverdue = false
    /// Times that it was stopped in turn, for a higher priority or to be moved.
    var evictions: Int32 = 0
    /// Whether an owner called a cell back that it had borrowed: the next one it keeps for the
    /// policy's minimum run time.
    var wasCalledBack = false
    /// Jobs that it was stopped for; it never takes their place. They are not forgotten.
    var evictors: [JobID] = []
    /// Nodes that it does not go back to, the last one at the end.
    var suspects: [NodeID] = []
    /// Its reservation; -1 when it has none.
    var reservation: Int32 = -1
    /// The last change of its size in this attempt.
    var resize = Resize(0)
    /// Whether the attempt started on what a reservation holds, to make way when that is due.
    var hasSlippedIn = false
    /// Members that were told to stop while the others go on: indexes into ``members``.
    var leaving: [Int32] = []
    /// Whether the attempt stands where somebody else put it, or on nodes that have moved since, so
    /// that its topology wish may not be met.
    var standsAsIs = false

    /// What stands in a slot that is not taken.
    static let blank = JobRecord(
        spec: JobSpec(id: JobID(0), tenant: TenantID(0), roles: []), order: 0,
        submittedAt: .zero, isHeld: false)

    /// Whether it holds capacity.
    var isPlaced: Bool { !members.isEmpty }

    /// Whether a place is reserved for it; it goes on in the queue, and may start elsewhere first.
    var hasReservation: Bool { reservation >= 0 }
}

extension AfterStop: SnapshotValue {
    static var blank: AfterStop { .end(.cancelled) }

    mutating func pass(through coder: inout SnapshotCoder) {
        var (tag, outcome, cause) = (UInt8(0), JobOutcome.cancelled, FailureCause.application)
        switch self {
        case .end(let known): outcome = known
        case .fail(let known): (tag, cause) = (1, known)
        case .requeue(let known): (tag, cause) = (2, known)
        }
        coder.field(&tag)
        coder.field(&outcome)
        coder.field(&cause)
        guard coder.mode == .reading else { return }
        switch tag {
        case 0: self = .end(outcome)
        case 1: self = .fail(cause)
        case 2: self = .requeue(cause)
        default: coder.fail("\(tag) is nothing to do after a stop", expected: "0 to 2")
        }
    }
}

extension JobRecord: SnapshotValue {
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&spec)
        coder.field(&phase)
        coder.field(&attempt)
        coder.field(&order)
        coder.field(&submittedAt)
        coder.field(&startedAt)
        coder.field(&isHeld)
        coder.field(&relaxesAt)
        coder.field(&isRelaxed)
        coder.field(&needsSpares, since: 5)
        coder.field(&isWaitTold)
        coder.field(&openDependencies)
        coder.field(&retriesUsed)
        coder.field(&waitClass)
        coder.field(&members)
        coder.field(&afterStop)
        coder.field(&attained)
        coder.field(&checkpointedAt)
        coder.field(&waitsSince)
        coder.field(&urgency)
        coder.field(&isOverdue)
        coder.field(&evictions)
        coder.field(&wasCalledBack)
        coder.field(&evictors)
        coder.field(&suspects)
        coder.field(&reservation)
        coder.field(&resize)
        coder.field(&hasSlippedIn)
        coder.field(&leaving)
        coder.field(&standsAsIs, since: 2)
    }
}
