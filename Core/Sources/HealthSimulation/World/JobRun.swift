import FleetModel
import Simulation

/// What of a node a job has.
struct Occupant: Hashable, Sendable {
    var job: JobID
    var devices: UInt64
}

/// A job as it really fares.
struct JobRun: Sendable {
    let gpus: Int64
    /// Nanoseconds of work that are left; kept work is taken off.
    var left: Int64
    var attempt = Attempt(0)
    /// Where the present attempt stands; empty between two.
    var members: [MemberPlacement] = []
    var progress: AttemptProgress?
    var startedAt = Instant.zero
    /// Nothing is done any more, and the end of the attempt is near.
    var isHalted = false
    /// What really stands in the way of the attempt, and since when; no engine ever sees it.
    var hurtBy: NodeID?
    var hurtAt = Instant.zero
    /// When the program was gone, while it is not known yet why.
    var goneAt: Instant?
    /// Whom the end of the attempt is put down to, and when.
    var suspect: NodeID?
    var suspectedAt = Instant.zero
    /// When work stopped that has not begun again, and how old the last checkpoint was then.
    var failedAt: Instant?
    var checkpointAge = TimeSpan.zero
    /// When the last attempt ended, if another is to come.
    var waitsSince: Instant?

    init(gpus: Int64, work: TimeSpan) {
        self.gpus = gpus
        left = work.nanoseconds
    }
}
