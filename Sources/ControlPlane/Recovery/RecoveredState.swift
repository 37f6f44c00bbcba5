import FleetModel
import HealthControl
import Journal
import Scheduler
import Store

/// Everything that a driver begins with.
struct RecoveredState {
    var engine: Engine
    var view: FleetView
    var timers: TimerHeap
    var digest: DirectiveDigest
    var journal: JournalWriter
    var segment: Int64
    var lastBatch: Int64
    var nextJob: Int32
    var nextEvent: Int64
    var nextAllocation: Int64
    var nextOutbox: Int64
    var openAttempts: [JobID: AttemptRow]
    var openAllocations: [JobID: [AllocationRow]]
    var leaving: [JobID: Leaving] = [:]
    var foundJobs: [String: JobID] = [:]
    var desk: HealthDesk
    var lastHealthBatch: Int64
    var ended: [JobID]
    var now: Instant
    var nodeOfBackend: [NodeID] = []
    var backendOfNode: [NodeID: NodeID] = [:]
    /// Inputs that were replayed.
    var replayed = 0
}
