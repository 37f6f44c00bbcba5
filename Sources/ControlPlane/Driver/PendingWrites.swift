import Documents
import FleetModel
import HealthControl
import Store

/// What one batch changes in the database, gathered while it is decided.
struct PendingWrites {
    /// A change of the outbox, in order.
    enum OutboxChange {
        case put(id: Int64, job: JobID, attempt: Attempt, isStart: Bool, directive: [UInt8])
        case settleAttempt(JobID, Attempt)
        case settleStart(JobID, Attempt)
        case settleRow(Int64)
    }

    /// A change of the ledger, in order.
    enum LedgerChange {
        case open(AllocationRow)
        case close(id: Int64, at: Instant, lostMilliSeconds: Int64)
    }

    /// A name that was given an id.
    struct NewName {
        var kind: NameKind
        var id: Int
        var name: String
    }

    var inputs = 0
    /// What the health engine was told, in order.
    var health: [DeskRecord] = []
    /// What hardware went through, in order.
    var hardware: [HardwareRow] = []
    var newJobs: [(row: JobRow, document: String)] = []
    /// The documents of ``newJobs`` as they were read: what starts at once is not read again.
    var documents: [JobID: JobDocument] = [:]
    var changedJobs: Set<JobID> = []
    /// Jobs that left the view in this batch, as they are to be kept.
    var evicted: [JobID: JobRow] = [:]
    var attempts: [JobID: AttemptRow] = [:]
    var endedAttempts: [AttemptRow] = []
    var changedNodes: Set<NodeID> = []
    /// Shown otherwise than before, though nothing kept of them has changed.
    var touchedNodes: Set<NodeID> = []
    var touchedJobs: Set<JobID> = []
    var outbox: [OutboxChange] = []
    var ledger: [LedgerChange] = []
    var events: [EventRow] = []
    var names: [NewName] = []
    var hasNewTenants = false
    /// Keys of jobs that a backend found, with their jobs and whether it took them away again.
    var foundJobs: [String: (job: JobID, isWithdrawn: Bool)] = [:]
    /// Anything else, such as tokens and keys.
    var others: [(StoreTransaction) throws -> Void] = []

    /// Whether there is nothing to write.
    var isEmpty: Bool {
        inputs == 0 && newJobs.isEmpty && changedJobs.isEmpty && changedNodes.isEmpty
            && events.isEmpty && names.isEmpty && others.isEmpty && attempts.isEmpty
            && endedAttempts.isEmpty && outbox.isEmpty && ledger.isEmpty && foundJobs.isEmpty
            && health.isEmpty && hardware.isEmpty
    }
}
