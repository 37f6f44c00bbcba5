import FleetModel

/// A node that comes, with the hardware that it is.
public struct Arrival: Hashable, Sendable {
    /// What the node reports to be made of.
    public var report: HardwareReport
    /// Its domain at each topology level above the host, coarse to fine.
    public var domains: [DomainID]
    /// Its pool; nil where that is not known.
    public var pool: PoolID?

    /// Gathers an arrival.
    public init(report: HardwareReport, domains: [DomainID] = [], pool: PoolID? = nil) {
        self.report = report
        self.domains = domains
        self.pool = pool
    }
}

/// What people and other tools say about a node.
public enum Statement: Hashable, Sendable {
    /// Somebody else has cordoned it. Only that same one lifts it.
    case cordoned(by: ActorID)
    /// Somebody has lifted the cordon that was his own.
    case uncordoned(by: ActorID)
    /// Somebody has lifted the cordon that is Muster's.
    case liftedOurs(by: ActorID)
    /// It has been repaired by hand; it returns with a proof.
    case repairedByHand
    /// It is to be tested; a node that nothing is known against when it is idle.
    case test
    /// A refused or contested arrival may be qualified.
    case accept
    /// The identities that it shares with other nodes name nothing: they are forgotten.
    case identitiesAreShared
    /// Nothing is to be suspected of it any more.
    case cleared
    /// It is not to come back.
    case retire
    /// A retired node may be qualified again.
    case reinstate
    /// The counts of attempts on it begin anew.
    case forgiveAttempts
    /// It is to be brought to a stack of versions.
    case restack(RestackOrder)
    /// It was brought to the stack that was ordered, by hand; it returns with a proof.
    case restacked
    /// It is not to be brought to a stack any more, unless somebody has begun with it.
    case withdrawRestack
    /// What was told of it under this code, and made it suspect, is not so any more.
    case withdrawn(CauseID)
    /// What breakers or the limit of repairs hold back of it is done now, once.
    case proceed
}

/// How one node fared in a job, for comparison with its peers.
public struct PeerSample: Hashable, Sendable {
    /// The node.
    public var node: NodeID
    /// Microseconds per step, or anything else of which more is worse.
    public var cost: Int64

    /// Pairs a node with its cost.
    public init(node: NodeID, cost: Int64) {
        self.node = node
        self.cost = cost
    }
}

/// How an attempt of a job ended, for the ledger, the lemon scores and the arithmetic of recovery.
public struct AttemptEnd: Hashable, Sendable {
    /// The job.
    public var job: JobID
    /// The nodes of its members, each once.
    public var nodes: [NodeID]
    /// Why it ended.
    public var cause: RestartCause
    /// The node that is to blame, if one is.
    public var suspect: NodeID?
    /// The root code of the fault that is to blame, if there is one.
    public var fault: CauseID?
    /// Nodes that the job asked not to get.
    public var excluded: [NodeID]
    /// GPU-seconds that it held.
    public var gpuSeconds: Int64
    /// GPU-seconds of work that are lost: since the last checkpoint, and until it ran again.
    public var lostGPUSeconds: Int64

    /// Gathers an end.
    public init(
        job: JobID, nodes: [NodeID], cause: RestartCause, suspect: NodeID? = nil,
        fault: CauseID? = nil, excluded: [NodeID] = [], gpuSeconds: Int64 = 0,
        lostGPUSeconds: Int64 = 0
    ) {
        self.job = job
        self.nodes = nodes
        self.cause = cause
        self.suspect = suspect
        self.fault = fault
        self.excluded = excluded
        self.gpuSeconds = gpuSeconds
        self.lostGPUSeconds = lostGPUSeconds
    }
}

/// What the health engine is told. Everything that it knows came in as one of these.
public enum HealthInput: Hashable, Sendable {
    /// A node came, came back, or reports other hardware than before.
    case arrived(NodeID, Arrival)
    /// A node is gone.
    case departed(NodeID)
    /// A fault was classified.
    case found(NodeID, Finding)
    /// The node's agent is alive.
    case heard(NodeID)
    /// So long, until now, whoever listens could not hear what agents told: it is nobody's silence.
    case deaf(TimeSpan)
    /// What of the node is in use: bit `i` for device `i`, and whether anything runs there at all.
    case occupied(NodeID, devices: UInt64, isBusy: Bool)
    /// A qualification ended.
    case qualified(NodeID, OperationID, QualificationOutcome)
    /// A repair ended.
    case repaired(NodeID, OperationID, RepairOutcome)
    /// Somebody says something about a node.
    case stated(NodeID, Statement)
    /// An attempt of a job ended.
    case attemptEnded(AttemptEnd)
    /// How the nodes of one job fare, side by side.
    case compared(JobID, [PeerSample])
    /// A tripped breaker may close.
    case resetBreaker(BreakerID)
    /// The limits are others from now on; refused when they are not well formed.
    case setPolicy(HealthPolicy)
    /// The driver has started again: everything outstanding is asked for once more.
    case resumed
    /// The time asked for by a directive `wake` has come.
    case wake(token: Int64)
}
