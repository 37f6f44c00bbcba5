import FleetModel

/// What the scheduler is told of how long jobs run, and whether it learns that itself.
public enum DurationKnowledge: String, CaseIterable, Hashable, Sendable {
    /// It is told the true run time.
    case exact
    /// It is told the time limit that was declared, if one was.
    case declared
    /// It is told nothing, and learns from the jobs that have ended.
    case predicted
    /// It is told nothing, and learns nothing.
    case none

    /// The policy under which the engine knows just so much.
    func applied(to policy: Policy) -> Policy {
        var policy = policy
        switch self {
        case .exact, .declared: break
        case .predicted: policy.timeline.learnsDurations = true
        case .none: policy.timeline.learnsDurations = false
        }
        return policy
    }

    /// The run time that is declared of a job.
    func declaration(of job: SimulatedJob) -> TimeSpan? {
        switch self {
        case .exact: TimeSpan(nanoseconds: max(1, job.runTime.nanoseconds))
        case .declared: job.spec.timeLimit ?? job.spec.expectedDuration
        case .predicted, .none: nil
        }
    }
}
