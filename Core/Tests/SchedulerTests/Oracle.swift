import FleetModel

@testable import Scheduler

/// A naive scheduler: it keeps nodes and jobs as lists, recounts everything for every question, and
/// judges what the engine started. Written from the design, not from the engine.
struct Oracle {
    struct Job {
        let spec: JobSpec
        var isWaiting = false
        var isHeld: Bool
        var isRelaxed = false
        var attempt = Attempt(0)
        var openDependencies: [Dependency] = []
        var retriesUsed = [Int32](repeating: 0, count: FailureCause.allCases.count)
        /// What it holds; empty while it waits.
        var members: [MemberPlacement] = []
        /// What follows when it has stopped; nil while it is not stopping.
        var afterStop: AfterStop?

        var role: RoleSpec { spec.roles[0] }

        /// Whether both ask for devices of the same kinds, or both for none: only then is it the
        /// tenant's own order that counts, and not what it is guaranteed of each kind.
        func isAfterTheSameKinds(as other: Job) -> Bool {
            let isHostOnly = role.request.devices == 0
            guard isHostOnly == (other.role.request.devices == 0) else { return false }
            return isHostOnly || role.accelerators == other.role.accelerators
        }
    }

    struct Node {
        var spec: NodeSpec
        var isPresent = true
        var isDrained = false
        /// When it has to be empty; nil while nothing is due.
        var deadline: Instant?
    }

    let order: QueueOrder
    let topology: Topology
    private(set) var nodes: [Node] = []
    /// Jobs that have not ended, in order of submission.
    private(set) var jobs: [Job] = []
    private(set) var tenants: [TenantSpec] = []
    private var outcomes: [JobID: JobOutcome] = [:]
    private var now = Instant.zero

    init(order: QueueOrder, topology: Topology) {
        self.order = order
        self.topology = topology
    }

    /// Ids of jobs that hold something.
    var running: [JobID] { jobs.filter { !$0.members.isEmpty }.map(\.spec.id) }

    /// Takes an input, and complains if the engine's answer is not what it should be.
    mutating func apply(_ input: Input, at now: Instant, answer: [Directive]) -> [String] {
        self.now = now
        let stoppedBefore = stopping
        update(input)
        let stops = answer.stops
        guard stops == stopping.subtracting(stoppedBefore) else {
            return ["told to stop: \(stops.sorted())"]
        }
        var starts: [(id: JobID, members: [MemberPlacement])] = []
        for case .start(let id, _, let members) in answer { starts.append((id, members)) }
        return order == .fair ? judgeFair(starts) : judgeInOrder(starts)
    }

    /// Ids of jobs that have been told to stop.
    private var stopping: Set<JobID> {
        Set(jobs.filter { $0.afterStop != nil }.map(\.spec.id))
    }

    private mutating func judgeInOrder(
        _ starts: [(id: JobID, members: [MemberPlacement])]
    ) -> [String] {
        var pending = starts[...]
        for id in queue {
            guard let index = find(id) else { continue }
            guard canPlace(jobs[index]) else {
                // A job that nothing could ever hold blocks nobody.
                if order == .fifo, canPlace(jobs[index], onEmptyFleet: true) { break }
                continue
            }
            guard let start = pending.popFirst(), start.id == id else {
                return ["job \(id) should start next; started: \(starts.map(\.id))"]
            }
            let faults = faults(of: start.members, for: jobs[index])
            guard faults.isEmpty else { return faults }
            run(index, start.members)
        }
        return pending.isEmpty ? [] : ["started out of turn: \(pending.map(\.id))"]
    }

    private mutating func judgeFair(
        _ starts: [(id: JobID, members: [MemberPlacement])]
    ) -> [String] {
        for start in starts {
            guard let index = find(start.id), jobs[index].isWaiting else {
                return ["job \(start.id) was started but does not wait"]
            }
            let tenant = jobs[index].spec.tenant
            for other in queue.prefix(while: { $0 != start.id }) {
                guard let other = find(other), jobs[other].spec.tenant == tenant,
                    jobs[other].isAfterTheSameKinds(as: jobs[index])
                else { continue }
                if canPlace(jobs[other], isWithinQuota: true) {
                    return ["job \(start.id) passed \(jobs[other].spec.id) of its own tenant"]
                }
            }
            var faults = faults(of: start.members, for: jobs[index])
            if let kind = nodes[start.members[0].node.index].spec.kind,
                jobs[index].role.request.devices > 0
            {
                let amount = Int64(start.members.count) * jobs[index].role.request.gpuMilli
                if amount > left(tenant, kind) { faults.append("job \(start.id) breaks a quota") }
            }
            guard faults.isEmpty else { return faults }
            run(index, start.members)
        }
        return jobs.filter { $0.isWaiting && canPlace($0, isWithinQuota: true) }
            .map { "job \($0.spec.id) could run but waits" }
    }

    private mutating func run(_ index: Int, _ members: [MemberPlacement]) {
        jobs[index].members = members
        jobs[index].isWaiting = false
        jobs[index].attempt = Attempt(jobs[index].attempt.rawValue + 1)
    }

    /// Waiting jobs by priority, then by submission.
    private var queue: [JobID] {
        let waiting = jobs.enumerated().filter { $0.element.isWaiting }
        return waiting.sorted {
            let (left, right) = ($0.element.spec.priority, $1.element.spec.priority)
            return left != right ? left > right : $0.offset < $1.offset
        }.map(\.element.spec.id)
    }

    private func find(_ id: JobID) -> Int? { jobs.firstIndex { $0.spec.id == id } }
}

// What becomes of jobs and nodes.
extension Oracle {
    private mutating func update(_ input: Input) {
        switch input {
        case .addNodes(let specs): specs.forEach { add($0) }
        case .removeNodes(let ids):
            for id in ids where isPresent(id) {
                nodes[id.index].isPresent = false
                stopGangs(.fail(.node)) { $0.node == id }
            }
        case .drain(let id): setDrained(id, true, by: nil)
        case .drainBy(let id, let deadline): setDrained(id, true, by: deadline)
        case .resume(let id): setDrained(id, false, by: nil)
        case .setDeviceHealth(let id, let bits):
            guard isPresent(id) else { return }
            nodes[id.index].spec.unhealthyDevices = bits
            stopGangs(.fail(.device)) { $0.node == id && $0.devices & bits != 0 }
        case .setTenants(let specs): tenants = specs
        case .submit(let spec): submit(spec)
        case .cancel(let id): cancel(id)
        case .hold(let id): setHeld(id, true)
        case .release(let id): setHeld(id, false)
        case .confirmStop(let id, let attempt):
            guard let index = current(id, attempt), let after = jobs[index].afterStop else {
                return
            }
            settle(index, after)
        case .finish(let id, let attempt):
            if let index = current(id, attempt) { settle(index, .end(.succeeded)) }
        // The orders judged here keep no job off a node.
        case .fail(let id, let attempt, let cause), .failOn(let id, let attempt, let cause, _):
            guard let index = current(id, attempt) else { return }
            settle(index, jobs[index].afterStop ?? .fail(cause))
        case .wake(let token): wake(Timer(token: token))
        case .checkpointed(let id, let attempt):
            guard let index = current(id, attempt), !jobs[index].members.isEmpty,
                jobs[index].afterStop == nil
            else { return }
            for cause in [FailureCause.node, .device] {
                jobs[index].retriesUsed[Int(cause.rawValue)] = 0
            }
        case .confirmStart, .expectWorkload, .confirmShrink: break
        case .updateNodes, .setRule, .preferNodes, .adopt, .replace, .keepSpares, .resubmit,
            .suspect:
            preconditionFailure("not in the worlds that are judged here")
        }
    }

    private func isPresent(_ id: NodeID) -> Bool {
        nodes.indices.contains(id.index) && nodes[id.index].isPresent
    }

    private mutating func setDrained(_ id: NodeID, _ isDrained: Bool, by deadline: Instant?) {
        guard isPresent(id) else { return }
        (nodes[id.index].isDrained, nodes[id.index].deadline) = (isDrained, deadline)
    }

    private mutating func empty(_ id: NodeID) {
        guard isPresent(id), let deadline = nodes[id.index].deadline, deadline <= now else {
            return
        }
        nodes[id.index].deadline = nil
        stopGangs(.requeue(.maintenance)) { $0.node == id }
    }

    private mutating func add(_ spec: NodeSpec) {
        if spec.id.index == nodes.count {
            nodes.append(Node(spec: spec))
        } else if !nodes[spec.id.index].isPresent {
            nodes[spec.id.index] = Node(spec: spec)
        }
    }

    private mutating func submit(_ spec: JobSpec) {
        func isOpen(_ id: JobID) -> Bool { find(id) != nil }
        guard spec.dependencies.allSatisfy({ isOpen($0.job) || outcomes[$0.job] != nil }) else {
            return
        }
        var job = Job(spec: spec, isHeld: spec.held)
        job.openDependencies = spec.dependencies.filter { isOpen($0.job) }
        jobs.append(job)
        let isDoomed = spec.dependencies.contains {
            $0.mustSucceed && !isOpen($0.job) && outcomes[$0.job] != .succeeded
        }
        isDoomed ? end(spec.id, .dependencyFailed) : refresh(spec.id)
    }

    private mutating func refresh(_ id: JobID) {
        guard let index = find(id), jobs[index].members.isEmpty else { return }
        jobs[index].isWaiting =
            !jobs[index].isHeld && jobs[index].openDependencies.isEmpty
            && (jobs[index].spec.notBefore ?? .zero) <= now
    }

    private mutating func cancel(_ id: JobID) {
        guard let index = find(id) else { return }
        if jobs[index].members.isEmpty { return end(id, .cancelled) }
        jobs[index].afterStop = .end(.cancelled)
    }

    private mutating func setHeld(_ id: JobID, _ isHeld: Bool) {
        guard let index = find(id) else { return }
        jobs[index].isHeld = isHeld
        refresh(id)
    }

    private mutating func wake(_ timer: Timer) {
        if timer.purpose == .drainDeadline { return empty(NodeID(timer.job.index)) }
        guard let index = find(timer.job) else { return }
        switch timer.purpose {
        case .startTime: refresh(timer.job)
        case .relaxing: jobs[index].isRelaxed = true
        case .timeLimit:
            guard jobs[index].attempt == timer.attempt, !jobs[index].members.isEmpty else { return }
            jobs[index].afterStop = jobs[index].afterStop ?? .end(.timedOut)
        case .review, .drainDeadline, .estimates, .planning, .forgiving: break
        }
    }

    private mutating func stopGangs(_ after: AfterStop, isHit: (MemberPlacement) -> Bool) {
        for index in jobs.indices where jobs[index].members.contains(where: isHit) {
            jobs[index].afterStop = jobs[index].afterStop ?? after
        }
    }

    private func current(_ id: JobID, _ attempt: Attempt) -> Int? {
        guard let index = find(id), jobs[index].attempt == attempt else { return nil }
        return jobs[index].members.isEmpty ? nil : index
    }

    private mutating func settle(_ index: Int, _ after: AfterStop) {
        let id = jobs[index].spec.id
        (jobs[index].members, jobs[index].afterStop) = ([], nil)
        switch after {
        case .end(let outcome): end(id, outcome)
        case .requeue: refresh(id)
        case .fail(let cause):
            jobs[index].retriesUsed[Int(cause.rawValue)] += 1
            if jobs[index].retriesUsed[Int(cause.rawValue)] > jobs[index].spec.retries[cause] {
                end(id, .failed)
            } else {
                refresh(id)
            }
        }
    }

    private mutating func end(_ id: JobID, _ outcome: JobOutcome) {
        jobs.removeAll { $0.spec.id == id }
        outcomes[id] = outcome
        for waiting in jobs.map(\.spec.id) {
            guard let index = find(waiting) else { continue }
            let met = jobs[index].openDependencies.filter { $0.job == id }
            guard !met.isEmpty else { continue }
            jobs[index].openDependencies.removeAll { $0.job == id }
            if outcome != .succeeded, met.contains(where: \.mustSucceed) {
                end(waiting, .dependencyFailed)
            } else {
                refresh(waiting)
            }
        }
    }
}

extension [Directive] {
    /// Ids of the jobs that were told to stop.
    fileprivate var stops: Set<JobID> {
        Set(compactMap { if case .stop(let id, _, _) = $0 { id } else { nil } })
    }
}
