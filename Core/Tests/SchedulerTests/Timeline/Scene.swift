import FleetModel

@testable import Scheduler

extension Harness {
    /// A small fleet under `muster`, told no estimates, with short times: a gang may be stopped for
    /// another after 100 seconds, and what waits is looked at every 10.
    ///
    /// Nobody takes turns and nothing is moved unless `tune` says so.
    static func muster(
        nodes: Int, devices: Int = 8, groups: [Int] = [],
        tenants: [TenantSpec] = [TenantSpec(id: TenantID(0))],
        tune: (inout TimelinePolicy) -> Void = { _ in }
    ) -> Harness {
        var timeline = TimelinePolicy(
            consolidates: false, youngSpan: .zero, minimumRunTime: .seconds(100),
            reviewPeriod: .seconds(10), estimatePeriod: .zero)
        tune(&timeline)
        return Harness(
            .uniform(nodes: nodes, devices: devices, groups: groups),
            policy: Policy(queueOrder: .muster, timeline: timeline), tenants: tenants)
    }

    /// Submits a job and says that it runs, if it started.
    @discardableResult
    mutating func run(
        _ id: Int, members: Int32 = 1, gpus: Int32 = 1, tenant: Int = 0,
        change: (inout JobSpec) -> Void = { _ in }
    ) -> [Directive] {
        let answer = submit(id, members: members, gpus: gpus, tenant: tenant, change: change)
        return answer + (answer.started.contains(id) ? confirmStart(id) : [])
    }

    /// Says that every member of the job's current attempt runs.
    @discardableResult
    mutating func confirmStart(_ id: Int) -> [Directive] {
        apply(.confirmStart(JobID(id), attempt(id)))
    }

    /// Says that the job's current attempt has written a checkpoint.
    mutating func checkpoint(_ id: Int) { apply(.checkpointed(JobID(id), attempt(id))) }

    /// Says that the members that were told to stop do not run any more.
    @discardableResult
    mutating func confirmShrink(_ id: Int, resize: Int32) -> [Directive] {
        apply(.confirmShrink(JobID(id), attempt(id), Resize(resize)))
    }

    /// Says that the job's current attempt failed because of a node.
    @discardableResult
    mutating func fail(_ id: Int, _ cause: FailureCause, suspect: Int) -> [Directive] {
        apply(.failOn(JobID(id), attempt(id), cause, suspect: NodeID(suspect)))
    }

    /// When reviews are asked for that have not come.
    var reviewsAhead: [Int64] {
        timers.filter { Timer(token: $0.token).purpose == .review }
            .map { $0.at.nanoseconds / 1_000_000_000 }
    }

    /// The due time of a job's reservation in seconds; nil when it has none or nobody knows.
    func due(_ id: Int) -> Int64? {
        guard let slot = engine.jobs.slot(of: JobID(id)), engine.jobs[slot].hasReservation
        else { return nil }
        return engine.reservations[Int(engine.jobs[slot].reservation)].due.map {
            $0.nanoseconds / 1_000_000_000
        }
    }

    /// The nodes that a job's reservation is on, in rank order.
    func reserved(_ id: Int) -> [Int] {
        guard let slot = engine.jobs.slot(of: JobID(id)), engine.jobs[slot].hasReservation
        else { return [] }
        return engine.reservations[Int(engine.jobs[slot].reservation)].members.map {
            $0.grant.node.index
        }
    }
}

/// A job that ends after so many seconds, as far as anybody knows.
func lasting(_ seconds: Int64) -> (inout JobSpec) -> Void {
    { $0.expectedDuration = .seconds(seconds) }
}

/// A job that may be stopped, loses nothing that is older than `period` and starts again at once.
func cheap(_ period: Int64 = 60, priority: Int32 = 0) -> (inout JobSpec) -> Void {
    { spec in
        spec.preemptible = true
        spec.checkpointPeriod = .seconds(period)
        spec.priority = priority
    }
}

/// A job of this priority that may not be stopped.
func ranking(_ priority: Int32) -> (inout JobSpec) -> Void {
    { $0.priority = priority }
}

/// A job of this priority that may be stopped and writes no checkpoints by itself.
func preemptible(_ priority: Int32 = 0) -> (inout JobSpec) -> Void {
    { spec in
        spec.preemptible = true
        spec.priority = priority
    }
}

extension [Directive] {
    /// What is done, one line each: `start 4 on 0 1`, `stop 2 for preemption`, `requeue 2 after
    /// preemption`, `end 1 succeeded`, `shrink 0 off 3`, `grow 0 on 3`. Nodes are in rank order.
    /// What only tells or asks for time is left out.
    var acts: [String] {
        compactMap { directive in
            switch directive {
            case .start(let id, _, let members): "start \(id.index) on \(members.nodeList)"
            case .stop(let id, _, let reason): "stop \(id.index) for \(reason)"
            case .requeue(let id, _, let cause): "requeue \(id.index) after \(cause)"
            case .end(let id, let outcome): "end \(id.index) \(outcome)"
            case .reject(let id, let reason): "reject \(id.index): \(reason)"
            case .shrink(let id, _, _, let members): "shrink \(id.index) off \(members.nodeList)"
            case .grow(let id, _, _, let members): "grow \(id.index) on \(members.nodeList)"
            case .wait, .wake, .estimate: nil
            }
        }
    }
}

extension [MemberPlacement] {
    fileprivate var nodeList: String {
        map { "\($0.node.index)" }.joined(separator: " ")
    }
}
