/// A process that NCCL's RAS has lost.
public struct RASProcess: Hashable, Sendable {
    /// Its rank in the largest communicator that misses it; nil where only the process is named.
    public var rank: Int32?
    /// Its host, as NCCL names it: mostly an address.
    public var host: String
    /// Its process id.
    public var process: Int64
    /// Whether it was silent for a minute, and is not asked any more.
    public var isDead: Bool
}

/// A rank with fewer operations than the others of its communicator, or with an error.
public struct RASRank: Hashable, Sendable {
    /// Its rank in the communicator.
    public var rank: Int32
    /// Its host.
    public var host: String
    /// Operations that it has launched.
    public var launched: Int64
    /// NCCL's result for what it did since; 0 for none.
    public var error: Int32
}

/// What NCCL's RAS says of one communicator.
public struct RASCommunicator: Hashable, Sendable {
    /// Its hash.
    public var hash: String
    /// Its ranks, those that are lost included.
    public var size: Int32
    /// The ranks that answered. Of a report as text only those that stand out.
    public var ranks: [RASRank] = []
    /// Operations that most of its ranks have launched; nil where that is not told.
    public var launchedByMost: Int64?
    /// Ranks that did not answer.
    public var missing: [Int32] = []
}

/// What `ncclras` prints: as JSON since NCCL 2.28.7, as text since 2.24.
public struct RASReport: Hashable, Sendable {
    /// NCCL's version; empty where it is not told.
    public var version = ""
    /// The communicators.
    public var communicators: [RASCommunicator] = []
    /// Processes that did not answer or are dead, each once.
    public var lost: [RASProcess] = []

    /// The ranks of the largest communicator: the job's, as a rule.
    public var size: Int32 { communicators.map(\.size).max() ?? 0 }
}
