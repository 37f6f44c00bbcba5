import FleetModel

/// Why a job waits, in full.
public struct Explanation: Hashable, Sendable {
    /// The job.
    public var job: JobID
    /// Its tenant.
    public var tenant: TenantID
    /// When it was submitted.
    public var submittedAt: Instant
    /// When the question was asked.
    public var askedAt: Instant
    /// Every reason, the dominant one first; never empty.
    public var reasons: [Reason]
    /// The domains that come closest to holding the gang, the one with most room first: of the
    /// level that it requires, or the whole fleet.
    public var domains: [DomainOutlook]
    /// Tenants on its path, the leaf first, for each kind that the job accepts.
    public var quotas: [QuotaStanding]
    /// Who is before it in the queue.
    public var ahead: JobsAhead
    /// What is held for it.
    public var reservation: ReservationOutlook?
    /// What is out of service of the nodes that it accepts.
    public var outOfService: OutOfService
    /// When it is expected to start; nil when nothing is known.
    public var estimate: StartEstimate?

    /// The reason above all.
    public var dominant: Reason { reasons[0] }
}

/// One reason with those who are behind it.
public struct Reason: Hashable, Sendable {
    /// What is needed and what there is.
    public var refusal: Refusal
    /// Gangs that hold what the reason speaks of, the largest first; a few.
    public var holders: [HoldingGang]

    /// The reason that Kueue gives for the same state, if any.
    public var kueueReason: String? { refusal.code.kueueReason }
}

/// A gang that holds something that a waiting job could use.
public struct HoldingGang: Hashable, Sendable {
    /// The gang.
    public var job: JobID
    /// Who pays for it.
    public var tenant: TenantID
    /// Nodes on which it holds something, within the scope of the question.
    public var nodes: Int
    /// Thousandths of GPUs that it holds, within the scope of the question.
    public var gpuMilli: Int64
    /// When it is expected to end; nil when nobody knows.
    public var expectedEnd: Instant?
    /// Whether it may be stopped for another job.
    public var isPreemptible: Bool
}

/// One domain as a waiting gang sees it. Nodes of other pools and kinds do not count.
public struct DomainOutlook: Hashable, Sendable {
    /// Which part of the fleet.
    public enum Place: Hashable, Sendable {
        /// All of it.
        case fleet
        /// A domain at a level above the host.
        case domain(LevelIndex, DomainID)
        /// One node.
        case node(NodeID)
    }

    /// Which part of the fleet.
    public var place: Place
    /// Members of the gang's largest role that there is room for now.
    public var room: Int
    /// Members of that role that have to start together.
    public var need: Int
    /// Nodes that the gang accepts.
    public var nodes: Int
    /// Of those, nodes that take work and are wholly free.
    public var freeNodes: Int
    /// Of those, what is out of service.
    public var outOfService: OutOfService
    /// Gangs there that are expected to end first.
    public var nextToEnd: [HoldingGang]
}

/// Hardware that takes no new work.
public struct OutOfService: Hashable, Sendable {
    /// Drained nodes.
    public var drainedNodes = 0
    /// Other nodes with devices that are out of service.
    public var nodesWithDevicesOut = 0
    /// Devices out of service, those of drained nodes included.
    public var devicesOut = 0
    /// The first few of these nodes.
    public var examples: [NodeID] = []

    /// Whether everything takes work.
    public var isNone: Bool { drainedNodes == 0 && nodesWithDevicesOut == 0 }
}

/// Use and quota of one tenant for one kind, its descendants included.
public struct QuotaStanding: Hashable, Sendable {
    /// The tenant.
    public var tenant: TenantID
    /// The kind.
    public var kind: AcceleratorKindID
    /// Thousandths of GPUs in use.
    public var usedMilli: Int64
    /// Thousandths that it can always have.
    public var guaranteedMilli: Int64
    /// The most that it may use; nil for no limit of its own.
    public var limitMilli: Int64?
}

/// Jobs that are tried before another one and want some of the same nodes.
public struct JobsAhead: Hashable, Sendable {
    /// How many there are: in the whole queue under strict orders, else of the same tenant.
    public var count = 0
    /// The first few, in queue order.
    public var first: [JobID] = []
    /// Tenants with waiting jobs whose turn comes first, nearest to the fleet first.
    public var tenants: [TenantID] = []
}

/// What is held for a waiting gang.
public struct ReservationOutlook: Hashable, Sendable {
    /// When it is due; nil when nobody knows.
    public var due: Instant?
    /// Members whose place is not free yet.
    public var missingMembers: Int
    /// The first few of its nodes.
    public var nodes: [NodeID]
    /// All of its nodes, counted.
    public var nodeCount: Int
}
