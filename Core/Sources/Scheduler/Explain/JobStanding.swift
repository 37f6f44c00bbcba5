import FleetModel

/// Where a job stands, for people who ask about one that does not wait.
public enum JobStanding: Hashable, Sendable {
    /// The engine has not heard of it, or its end was too long ago to be remembered.
    case unknown
    /// It waits since this time, of its submission.
    case waiting(since: Instant)
    /// It was started at this time and holds devices on so many nodes.
    case running(since: Instant, nodes: Int)
    /// It was told to stop and has not confirmed it.
    case stopping(since: Instant)
    /// It is over.
    case ended(JobOutcome)
}

extension Engine {
    /// Where a job stands. O(members).
    public func standing(of id: JobID) -> JobStanding {
        guard let slot = jobs.slot(of: id) else {
            return jobs.outcome(of: id).map { .ended($0) } ?? .unknown
        }
        switch jobs[slot].phase {
        case .blocked, .queued: return .waiting(since: jobs[slot].submittedAt)
        case .starting, .running:
            return .running(since: jobs[slot].startedAt, nodes: nodeCount(of: slot))
        case .stopping: return .stopping(since: jobs[slot].startedAt)
        }
    }

    /// Jobs that one that has not ended was stopped for, in order: it never takes their place.
    public func evictors(of id: JobID) -> [JobID] {
        jobs.slot(of: id).map { jobs[$0].evictors } ?? []
    }

    /// The change of a running gang's size that nobody has confirmed; nil when there is none.
    public func pendingShrink(of id: JobID) -> Resize? {
        guard let slot = jobs.slot(of: id), !jobs[slot].leaving.isEmpty else { return nil }
        return jobs[slot].resize
    }

    /// Whether the job is open, or ended so lately that others may still depend on it.
    public func knows(_ id: JobID) -> Bool {
        jobs.slot(of: id) != nil || jobs.outcome(of: id) != nil
    }

    /// What the engine was told of a job that has not ended.
    public func specification(of id: JobID) -> JobSpec? {
        jobs.slot(of: id).map { jobs[$0].spec }
    }

    /// Distinct nodes that a gang holds something of.
    func nodeCount(of slot: Int) -> Int {
        var nodes = jobs[slot].members.map(\.grant.node)
        nodes.sort()
        return nodes.indices.count { $0 == 0 || nodes[$0] != nodes[$0 - 1] }
    }
}
