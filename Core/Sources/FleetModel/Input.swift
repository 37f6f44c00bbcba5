/// Which attempt of a job something refers to; the first is 1.
@frozen public struct Attempt: Hashable, Comparable, Sendable {
    /// The number, counted from 1; 0 before the first start.
    public var rawValue: Int32

    /// Wraps a number.
    @inlinable public init(_ rawValue: Int32) { self.rawValue = rawValue }

    /// Orders by number.
    @inlinable public static func < (left: Attempt, right: Attempt) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Which change of the size of a running gang something refers to; the first of an attempt is 1.
@frozen public struct Resize: Hashable, Comparable, Sendable {
    /// The number, counted from 1 in every attempt.
    public var rawValue: Int32

    /// Wraps a number.
    @inlinable public init(_ rawValue: Int32) { self.rawValue = rawValue }

    /// Orders by number.
    @inlinable public static func < (left: Resize, right: Resize) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A member shape and how often it occurs, for placement rules that look at fragmentation.
public struct WorkloadClass: Hashable, Sendable {
    /// What one member asks.
    public var request: MemberRequest
    /// The kinds it accepts.
    public var accelerators: AcceleratorKindSet
    /// How often it occurs, relative to the other classes.
    public var weight: Int64

    /// Gathers a class.
    public init(request: MemberRequest, accelerators: AcceleratorKindSet, weight: Int64) {
        self.request = request
        self.accelerators = accelerators
        self.weight = weight
    }
}

/// What the engine is told. Everything that it knows came in as one of these.
public enum Input: Hashable, Sendable {
    /// Nodes joined the fleet, or came back; known ids must be absent at the time.
    case addNodes([NodeSpec])
    /// Nodes are gone; gangs on them fail with cause ``FailureCause/node``.
    case removeNodes([NodeID])
    /// No new work for the node; what runs there goes on.
    case drain(NodeID)
    /// The node takes work again.
    case resume(NodeID)
    /// Which devices of the node are out of service from now on; gangs that hold one fail.
    case setDeviceHealth(NodeID, unhealthy: UInt64)
    /// The whole quota tree, parents before children. Tenants with jobs must stay leaves.
    case setTenants([TenantSpec])
    /// A job to run.
    case submit(JobSpec)
    /// The job is not wanted any more, whatever its state.
    case cancel(JobID)
    /// The job shall not start until it is released.
    case hold(JobID)
    /// The job may start.
    case release(JobID)
    /// Every member of the gang runs.
    case confirmStart(JobID, Attempt)
    /// No member of the gang runs any more, as the directive to stop asked.
    case confirmStop(JobID, Attempt)
    /// The gang ended by itself, with success.
    case finish(JobID, Attempt)
    /// The gang ended by itself, badly, and none of its members runs any more.
    case fail(JobID, Attempt, FailureCause)
    /// The time asked for by a directive `wake` has come.
    case wake(token: Int64)
    /// Shapes to expect, for placement rules that weigh fragmentation.
    case expectWorkload([WorkloadClass])
    /// As ``drain(_:)``; what still runs there at the deadline is stopped and queued again.
    case drainBy(NodeID, deadline: Instant)
    /// As ``fail(_:_:_:)``, with the node that is to blame: the job does not go back there.
    case failOn(JobID, Attempt, FailureCause, suspect: NodeID)
    /// The gang has written a checkpoint just now.
    case checkpointed(JobID, Attempt)
    /// The members that a directive to shrink named do not run any more.
    case confirmShrink(JobID, Attempt, Resize)
    /// Present nodes have other pools, domains or host resources than before; what runs there goes
    /// on. Other devices count only where nobody holds any.
    case updateNodes([NodeSpec])
    /// The nodes that a rule admits from now on, present or not; what runs elsewhere goes on.
    case setRule(NodeRuleID, nodes: [NodeID])
    /// The nodes that a rule would rather have from now on: a gang whose roles all find room on
    /// nodes that their rules prefer stands there, and wherever it may otherwise.
    case preferNodes(NodeRuleID, nodes: [NodeID])
    /// A gang that runs already, at these places, in rank order: it is taken in as running,
    /// whatever quotas and topology say. Refused when it is malformed, depends on others, or
    /// stands on devices that are not there or not free.
    case adopt(JobSpec, Attempt, [MemberPlacement])
    /// As ``adopt(_:_:_:)``, in place of jobs that are not any more, whether they waited or had a
    /// place: they end as cancelled, whatever becomes of the gang, and what they leave is given to
    /// nobody before the gang has its place.
    case replace([JobID], JobSpec, Attempt, [MemberPlacement])
    /// As ``submit(_:)``, of a job that goes on with what another one began: it keeps off these
    /// nodes, which are to blame for that one's end, as after ``failOn(_:_:_:suspect:)``. Nodes
    /// that never were are passed over.
    case resubmit(JobSpec, suspects: [NodeID])
    /// The node is to blame for the end of what a job that waits goes on with: it keeps off it, as
    /// after ``failOn(_:_:_:suspect:)``. Of no effect on jobs that do not wait; one that has waited
    /// for longer than a job keeps off a suspect goes there when nothing else is left.
    case suspect(JobID, NodeID)
    /// The nodes that are kept as spares from now on, present or not, and how large a gang must be
    /// to be put there; what runs there goes on.
    case keepSpares([NodeID], gangs: [SpareGangs])
}
