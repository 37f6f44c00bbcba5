/// Why a gang is told to stop.
public enum StopReason: UInt8, CaseIterable, Hashable, Sendable {
    /// Somebody cancelled the job.
    case cancelled
    /// The job reached its time limit.
    case timeLimit
    /// Some of its hardware is gone; the rest of the gang must end as well.
    case hardware
    /// Another job needs the capacity.
    case preemption
    /// Its node has to be empty by now.
    case maintenance
}

/// How a job ended for good.
public enum JobOutcome: UInt8, CaseIterable, Hashable, Sendable {
    /// It ran to its end.
    case succeeded
    /// It failed and has no retries left for the cause.
    case failed
    /// It was cancelled.
    case cancelled
    /// It ran into its time limit.
    case timedOut
    /// A job that had to succeed first did not.
    case dependencyFailed
}

/// What the engine asks the driver to do. Carrying one out twice is harmless: the job, the attempt
/// and the case identify it.
public enum Directive: Hashable, Sendable {
    /// Start every member; ranks are positions in the list, in topology order within each role.
    case start(JobID, Attempt, [MemberPlacement])
    /// Stop every member and confirm.
    case stop(JobID, Attempt, StopReason)
    /// The job waits, for this reason above all. Sent when it begins to wait, when it begins to
    /// wait for a place, and when it turns out that no present node could hold it.
    case wait(JobID, Refusal)
    /// The attempt is over and the job waits for its next one.
    case requeue(JobID, Attempt, FailureCause)
    /// The job is over.
    case end(JobID, JobOutcome)
    /// The submission was not accepted.
    case reject(JobID, RejectionReason)
    /// Send ``Input/wake(token:)`` at this time.
    case wake(at: Instant, token: Int64)
    /// Stop these members of a running gang, and confirm; the others go on.
    case shrink(JobID, Attempt, Resize, [MemberPlacement])
    /// Start these members beside those that run.
    case grow(JobID, Attempt, Resize, [MemberPlacement])
    /// The job that waits is expected to start within this range.
    case estimate(JobID, StartEstimate)
}
