import FleetModel

/// Which table of names an id belongs to.
public enum NameKind: Int, Sendable {
    case node = 0
    case pool = 1
    case kind = 2
    case domain = 3
    case tenant = 4
    case family = 5
    case rule = 6
    case exclusive = 7
    /// Serial numbers and other identities of hardware.
    case identity = 8
    /// What goes wrong with hardware.
    case cause = 9
    /// Rules that classify faults.
    case faultRule = 10
    /// Versions of those rules.
    case rulesVersion = 11
    /// Tests of hardware.
    case test = 12
    /// Others who cordon nodes.
    case actor = 13
}

/// Inputs of one commit, as bytes of a journal.
public struct JournalBatch: Sendable {
    /// The number of the batch; consecutive.
    public var id: Int64
    /// The journal that its bytes belong to.
    public var segment: Int64
    /// Inputs in it.
    public var inputs: Int
    /// When the last of them was applied.
    public var at: Instant
    /// The bytes that the batch added to its segment.
    public var bytes: [UInt8]

    /// Gathers a batch.
    public init(id: Int64, segment: Int64, inputs: Int, at: Instant, bytes: [UInt8]) {
        self.id = id
        self.segment = segment
        self.inputs = inputs
        self.at = at
        self.bytes = bytes
    }
}

/// A snapshot of the engine that lies in a file of its own.
public struct SnapshotRow: Sendable {
    /// The number of the snapshot.
    public var id: Int64
    /// The engine's time.
    public var at: Instant
    /// The last batch that it contains.
    public var batch: Int64
    /// The segment that begins after it.
    public var segment: Int64
    /// The file's name within the folder of snapshots.
    public var file: String
    /// The hash of the engine's state.
    public var stateHash: UInt64
    /// The last batch for the health engine that it contains.
    public var healthBatch: Int64

    /// Gathers a snapshot.
    public init(
        id: Int64, at: Instant, batch: Int64, segment: Int64, file: String, stateHash: UInt64,
        healthBatch: Int64
    ) {
        self.id = id
        self.at = at
        self.batch = batch
        self.segment = segment
        self.file = file
        self.stateHash = stateHash
        self.healthBatch = healthBatch
    }
}

/// A directive that nobody has confirmed yet.
public struct OutboxRow: Sendable {
    /// The number of the directive; they are carried out in this order.
    public var id: Int64
    /// The directive as bytes.
    public var directive: [UInt8]
}

/// Where a job stands, as everybody but the engine sees it.
public enum JobState: Int, CaseIterable, Sendable {
    /// It waits for something other than a place.
    case blocked = 0
    /// It waits for a place.
    case queued = 1
    /// Its members are being started.
    case starting = 2
    /// Every member runs.
    case running = 3
    /// Its members are being stopped.
    case stopping = 4
    /// It ran to its end.
    case succeeded = 5
    /// It failed for good.
    case failed = 6
    /// Somebody cancelled it.
    case cancelled = 7
    /// It ran into its time limit.
    case timedOut = 8
    /// A job that it depends on did not succeed.
    case dependencyFailed = 9
    /// It was stopped for another job or for maintenance, and does not come back: what is made
    /// anew in its place is another job.
    case preempted = 10

    /// Whether the job is over.
    public var isOver: Bool { rawValue >= JobState.succeeded.rawValue }
    /// Whether the job waits.
    public var isWaiting: Bool { self == .blocked || self == .queued }
    /// Whether the job holds devices.
    public var isPlaced: Bool { !isOver && !isWaiting }

    /// The token used in output and in the API.
    public var name: String { String(describing: self) }

    /// The state of a token.
    public init?(name: String) {
        guard let state = JobState.allCases.first(where: { $0.name == name }) else { return nil }
        self = state
    }
}

/// A member of a gang with its rank.
public struct RankedMember: Hashable, Sendable {
    /// The rank.
    public var rank: Int32
    /// Where it runs.
    public var placement: MemberPlacement

    /// Gathers a member.
    public init(rank: Int32, placement: MemberPlacement) {
        self.rank = rank
        self.placement = placement
    }
}

/// A job as the read model keeps it. What is large stays in the database.
public struct JobRow: Sendable {
    /// Its number.
    public var id: JobID
    /// Its name.
    public var name: String
    /// The tenant.
    public var tenant: TenantID
    /// Who submitted it.
    public var owner: String
    /// Higher goes first within a tenant.
    public var priority: Int32
    /// Whether it may be stopped for others.
    public var isPreemptible: Bool
    /// Members of the present gang, or of the smallest that may start.
    public var members: Int32
    /// Thousandths of GPUs of the same.
    public var gpuMilli: Int64
    /// Where it stands.
    public var state: JobState
    /// Whether it waits until it is released.
    public var isHeld: Bool
    /// The attempt.
    public var attempt: Attempt
    /// When it was submitted.
    public var submittedAt: Instant
    /// When the last attempt was started.
    public var startedAt: Instant?
    /// When it ended.
    public var endedAt: Instant?
    /// Why it waits, and since when for this reason.
    public var reason: Refusal?
    /// Since when it waits for this reason.
    public var reasonAt: Instant?
    /// What it told of its progress.
    public var step: Int64?
    /// The step that it could resume from.
    public var checkpointedStep: Int64?
    /// When it told so.
    public var progressAt: Instant?
    /// How long it said that its last checkpoint held it up, in milliseconds.
    public var checkpointMilliseconds: Int64?
    /// When the present attempt wrote its last checkpoint.
    public var checkpointedAt: Instant?
    /// ``checkpointedStep`` when the present attempt began, in seconds.
    public var kept: TimeSpan
    /// GPU time that attempts lost: since their last checkpoints, in thousandths of GPU-seconds.
    public var lostMilliSeconds: Int64

    /// Describes a job that was just submitted.
    public init(spec: JobSpec, name: String, owner: String, at now: Instant) {
        id = spec.id
        self.name = name
        tenant = spec.tenant
        self.owner = owner
        priority = spec.priority
        isPreemptible = spec.preemptible
        members = Int32(spec.minimumMembers)
        gpuMilli = spec.minimumGPUMilli
        state = .queued
        isHeld = spec.held
        attempt = Attempt(0)
        submittedAt = now
        kept = .zero
        lostMilliSeconds = 0
    }
}

/// One attempt of a job.
public struct AttemptRow: Sendable {
    /// The job.
    public var job: JobID
    /// The attempt.
    public var attempt: Attempt
    /// When it was ordered to start.
    public var startedAt: Instant
    /// When every member ran.
    public var runningAt: Instant?
    /// When it ended.
    public var endedAt: Instant?
    /// How it ended: a token of the API.
    public var ending: String?
    /// More on how it ended, for people.
    public var detail: String
    /// The members.
    public var members: [RankedMember]
    /// How the members ended, as far as that is known.
    public var exits: [ExitRow]
    /// Who is to blame, where somebody looked.
    public var culprit: CulpritRow?

    /// Begins an attempt.
    public init(job: JobID, attempt: Attempt, startedAt: Instant, members: [RankedMember]) {
        self.job = job
        self.attempt = attempt
        self.startedAt = startedAt
        self.members = members
        detail = ""
        exits = []
    }
}

/// How one member ended.
public struct ExitRow: Hashable, Sendable {
    /// The rank.
    public var rank: Int32
    /// The exit code.
    public var code: Int32?
    /// The signal.
    public var signal: Int32?

    /// Gathers an exit.
    public init(rank: Int32, code: Int32?, signal: Int32?) {
        self.rank = rank
        self.code = code
        self.signal = signal
    }
}

/// Devices of one pool and kind that a job holds for an interval.
public struct AllocationRow: Sendable {
    /// Its number.
    public var id: Int64
    /// The job.
    public var job: JobID
    /// The attempt.
    public var attempt: Attempt
    /// The tenant.
    public var tenant: TenantID
    /// A pool.
    public var pool: PoolID
    /// -1 for members without devices.
    public var kind: Int32
    /// Thousandths of GPUs.
    public var gpuMilli: Int64
    /// When it began.
    public var startAt: Instant
    /// When it ended; nil while it lasts.
    public var endAt: Instant?

    /// Gathers an allocation.
    public init(
        id: Int64, job: JobID, attempt: Attempt, tenant: TenantID, pool: PoolID, kind: Int32,
        gpuMilli: Int64, startAt: Instant
    ) {
        self.id = id
        self.job = job
        self.attempt = attempt
        self.tenant = tenant
        self.pool = pool
        self.kind = kind
        self.gpuMilli = gpuMilli
        self.startAt = startAt
    }
}

/// Something that happened, for people.
public struct EventRow: Sendable {
    /// Its number.
    public var id: Int64
    /// When.
    public var at: Instant
    /// An accelerator kind, or what an event is about.
    public var kind: String
    /// The job.
    public var job: JobID?
    /// Its name.
    public var name: String?
    /// The tenant.
    public var tenant: String?
    /// A node.
    public var node: String?
    /// The attempt.
    public var attempt: Int32?
    /// What happened, in words.
    public var text: String

    /// Gathers an event; its number is given when it is kept.
    public init(
        kind: String, at: Instant, job: JobID? = nil, name: String? = nil, tenant: String? = nil,
        node: String? = nil, attempt: Int32? = nil, text: String
    ) {
        id = 0
        self.at = at
        self.kind = kind
        self.job = job
        self.name = name
        self.tenant = tenant
        self.node = node
        self.attempt = attempt
        self.text = text
    }
}

/// What is known of a node beside what runs on it.
public struct NodeRow: Sendable {
    /// The node as the engine was told of it.
    public var spec: NodeSpec
    /// Whether the backend has it now.
    public var isPresent: Bool
    /// Who closed it for new work by hand; nil when nobody did.
    public var cordonedBy: String?
    /// Why it was closed by hand.
    public var reason: String?
    /// Whether the backend closed it, and why.
    public var isClosed: Bool
    /// Why the backend closed it.
    public var closedFor: String?
    /// Since when it is as it is.
    public var since: Instant?
    /// When what still runs there is stopped, as whoever closed it by hand wants it; `.never` where
    /// it is to leave when it ends.
    public var cordonDeadline: Instant?
    /// When what still runs there is stopped, as the backend wants it.
    public var closedDeadline: Instant?
    /// Devices out of service, as the backend says.
    public var unhealthy: UInt64
    /// Whether the health engine keeps it from work, and why.
    public var isHeld = false
    /// Why the health engine keeps it from work.
    public var heldFor: String?
    /// When what still runs there is stopped, as the health engine wants it; `.never` where it is
    /// to leave when it ends.
    public var heldDeadline: Instant?
    /// Devices that the health engine keeps from work.
    public var withdrawn: UInt64 = 0

    /// Describes a node that has just come.
    public init(spec: NodeSpec, since: Instant) {
        self.spec = spec
        isPresent = true
        isClosed = false
        unhealthy = spec.unhealthyDevices
        self.since = since
    }

    /// When what still runs there is stopped: the earliest of all.
    public var deadline: Instant? {
        let byHand = cordonedBy == nil ? nil : cordonDeadline
        let byBackend = isClosed ? closedDeadline : nil
        let byHealth = isHeld ? heldDeadline : nil
        return [byHand, byBackend, byHealth].compactMap { $0 }.min()
    }

    /// Devices out of service, whoever says so.
    public var outOfService: UInt64 { unhealthy | withdrawn }
}

/// A token as it is kept: never itself, only its hash.
public struct TokenRow: Sendable {
    /// Its number.
    public var id: Int64
    /// Its name.
    public var name: String
    /// SHA-256 of the token in hexadecimal digits.
    public var digest: String
    /// The role.
    public var role: String
    /// The tenant.
    public var tenant: String?
    /// The one node that an agent may speak for; nil for any.
    public var node: String?
    /// When it was made.
    public var createdAt: Instant
    /// When it is worth nothing any more.
    public var expiresAt: Instant?
    /// When it was used last.
    public var lastUsedAt: Instant?

    /// Gathers a token.
    public init(
        id: Int64 = 0, name: String, digest: String, role: String, tenant: String?,
        node: String? = nil, createdAt: Instant, expiresAt: Instant?
    ) {
        self.id = id
        self.name = name
        self.digest = digest
        self.role = role
        self.tenant = tenant
        self.node = node
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// Who did what.
public struct AuditRow: Sendable {
    /// Its number.
    public var id: Int64
    /// When.
    public var at: Instant
    /// Who.
    public var who: String
    /// The role.
    public var role: String
    /// What was done.
    public var action: String
    /// To what.
    public var object: String
    /// More about it.
    public var detail: String
    /// What came of it.
    public var outcome: String
    /// From where.
    public var address: String

    /// Gathers an entry; its number is given when it is kept.
    public init(
        at: Instant, who: String, role: String, action: String, object: String, detail: String,
        outcome: String, address: String
    ) {
        id = 0
        self.at = at
        self.who = who
        self.role = role
        self.action = action
        self.object = object
        self.detail = detail
        self.outcome = outcome
        self.address = address
    }
}

/// Use of one tenant, or of the whole fleet, at one time, in thousandths of GPUs.
public struct UsageRow: Sendable {
    /// When.
    public var at: Instant
    /// Nil for the whole fleet.
    public var tenant: TenantID?
    /// What there was.
    public var capacityMilli: Int64
    /// What was in use.
    public var allocatedMilli: Int64
    /// What waiting jobs asked for.
    public var waitingMilli: Int64

    /// Gathers a sample.
    public init(
        at: Instant, tenant: TenantID?, capacityMilli: Int64, allocatedMilli: Int64,
        waitingMilli: Int64
    ) {
        self.at = at
        self.tenant = tenant
        self.capacityMilli = capacityMilli
        self.allocatedMilli = allocatedMilli
        self.waitingMilli = waitingMilli
    }
}
