import FleetModel
import Store

/// A job as people see it: what is kept of it, and what is known only while it is open.
public struct JobView: Sendable {
    /// What is kept.
    public var row: JobRow
    /// The members of the present attempt.
    public var members: [RankedMember] = []
    /// When the present attempt ran with all members.
    public var runningAt: Instant?
    /// When it is expected to start, while it waits.
    public var estimate: StartEstimate?
    /// Accelerator kinds that will do for its largest role.
    public var kinds = AcceleratorKindSet.all

    /// When it is likely to start, as far as that is ahead; nil when it does not wait, when nothing
    /// is known, and when all of the range is in the past.
    public func estimate(at now: Instant) -> StartEstimate? {
        guard row.state.isWaiting, var estimate, estimate.latest > now else { return nil }
        estimate.earliest = max(estimate.earliest, now)
        estimate.likely = max(estimate.likely, now)
        return estimate
    }

    /// Wraps a row.
    public init(row: JobRow) { self.row = row }

    /// Wraps the row of a job that is open.
    init(row: JobRow, spec: JobSpec?) {
        self.row = row
        let largest = spec?.roles.max { left, right in
            Int64(left.minimum) * left.request.gpuMilli
                < Int64(right.minimum) * right.request.gpuMilli
        }
        if let largest { kinds = largest.accelerators }
    }

    /// The nodes of the present attempt, each once, in order of rank; at most `limit`, and how many
    /// there are.
    public func nodes(limit: Int) -> (first: [NodeID], count: Int) {
        var seen: Set<NodeID> = []
        var first: [NodeID] = []
        for member in members where seen.insert(member.placement.node).inserted {
            if first.count < limit { first.append(member.placement.node) }
        }
        return (first, seen.count)
    }
}
