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
