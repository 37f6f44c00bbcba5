/// Something that might be different from how it is.
public enum Change: Hashable, Sendable {
    /// A job is described like this instead; it keeps its rank. Of a job that holds devices only
    /// the priority, the time limit and whether it is preemptible can be other than they are.
    case respecify(JobSpec)
    /// A job is submitted.
    case submit(JobSpec)
    /// A job is cancelled; a running one stops at once.
    case cancel(JobID)
    /// A held job is released.
    case release(JobID)
    /// The whole quota tree is another one.
    case tenants([TenantSpec])
    /// One tenant's numbers for one kind are others.
    case quota(TenantID, QuotaSpec)
    /// Nodes are there that are not.
    case addNodes([NodeSpec])
    /// Nodes are gone.
    case removeNodes([NodeID])
    /// A node takes no new work.
    case drain(NodeID)
    /// A drained node takes work.
    case resume(NodeID)
    /// These devices of a node are out of service and no others.
    case setDeviceHealth(NodeID, unhealthy: UInt64)
    /// These nodes are kept as spares no more.
    case freeSpares([NodeID])
    /// The engine decides differently.
    case policy(Policy)

    /// The job that it is about.
    public var job: JobID? {
        switch self {
        case .respecify(let spec), .submit(let spec): spec.id
        case .cancel(let job), .release(let job): job
        case .tenants, .quota, .addNodes, .removeNodes, .drain, .resume, .setDeviceHealth,
            .freeSpares, .policy:
            nil
        }
    }
}

/// Why a change could not be made.
public enum InapplicableReason: Hashable, Sendable {
    /// No job that has not ended has the id.
    case unknownJob
    /// The job holds devices, and the change would concern them.
    case jobRuns
    /// The job is not held.
    case notHeld
    /// The submission would be refused.
    case rejected(RejectionReason)
    /// The fleet has no such node.
    case unknownNode
    /// The node is in the fleet already, or something of it is outside its limits.
    case unacceptableNode
    /// The tenant does not exist.
    case unknownTenant
    /// The engine would refuse the quota tree.
    case unacceptableTenants
    /// The policy has numbers outside their limits.
    case malformedPolicy
}

/// A change that could not be made.
public struct InapplicableChange: Hashable, Sendable {
    /// Which one, counted from 0.
    public var index: Int
    /// Why.
    public var reason: InapplicableReason

    /// Says that a change could not be made.
    public init(index: Int, reason: InapplicableReason) {
        self.index = index
        self.reason = reason
    }
}
