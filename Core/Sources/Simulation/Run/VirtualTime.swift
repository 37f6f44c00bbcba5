import FleetModel

/// Something that comes of what happened in the simulated world before.
enum WorldEvent: Hashable, Sendable {
    /// A gang has run as long as it had to, unless its speed has changed since.
    case runEnds(JobID, Attempt, revision: Int32)
    /// Nothing of a gang runs any more, as it was told.
    case stopped(JobID, Attempt)
    /// Nothing of a gang runs any more that broke by itself.
    case failed(JobID, Attempt, FailureCause, suspect: NodeID?)
    /// A gang breaks that was started on what a fault had broken.
    case breaks(JobID, Attempt, fault: Int)
    /// A fault goes on to the next step of its life.
    case fault(Int, FaultStep)
    /// A user gives a job up.
    case giveUp(JobID)
    /// The engine asked to be woken.
    case wake(token: Int64)
}
