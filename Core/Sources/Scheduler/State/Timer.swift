import FleetModel

/// What a wake-up is for; packed into its token, so that the engine keeps no list of timers.
struct Timer: Hashable, Sendable {
    /// What shall happen.
    enum Purpose: Int64 {
        /// The job's start time has come.
        case startTime
        /// The job's topology wish is relaxed.
        case relaxing
        /// The job's time limit is reached.
        case timeLimit
        /// What waits is looked at again; no job.
        case review
        /// A drained node has to be empty; the node's index stands for the job.
        case drainDeadline
        /// Estimates of starts are due; about no job.
        case estimates
        /// Blocked gangs are to get reservations; about no job.
        case planning
        /// The job may go back to nodes that it suspects, if there is no other place.
        case forgiving
    }

    /// The job.
    var job: JobID
    /// The attempt that it was set in.
    var attempt: Attempt
    /// What shall happen.
    var purpose: Purpose

    init(job: JobID, attempt: Attempt, purpose: Purpose) {
        self.job = job
        self.attempt = attempt
        self.purpose = purpose
    }

    /// Reads a token; any number reads as some timer, and one for a job that is not is ignored.
    init(token: Int64) {
        job = JobID(rawValue: Int32(truncatingIfNeeded: token >> 32))
        attempt = Attempt(Int32(truncatingIfNeeded: (token & 0xFFFF_FFFF) >> 3))
        purpose = Purpose(rawValue: token & 7) ?? .startTime
    }

    /// The timer in one number.
    var token: Int64 {
        Int64(job.rawValue) << 32 | Int64(attempt.rawValue) << 3 | purpose.rawValue
    }
}

extension Engine {
    /// Asks to be woken for something that is about no job.
    mutating func askToBeWoken(at time: Instant, for purpose: Timer.Purpose) {
        let token = Timer(job: JobID(0), attempt: Attempt(0), purpose: purpose).token
        timers.append(.wake(at: time, token: token))
    }

    /// The token of a timer for a job in its current attempt.
    func token(_ slot: Int, _ purpose: Timer.Purpose) -> Int64 {
        Timer(job: jobs[slot].spec.id, attempt: jobs[slot].attempt, purpose: purpose).token
    }
}
