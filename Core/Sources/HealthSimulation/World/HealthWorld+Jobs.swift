import FleetModel
import Health
import Scheduler
import Simulation

// Jobs, and what the scheduler says about them.
extension HealthWorld {
    /// The large one, which runs from beginning to end.
    static let gang = JobID(0)
    private static let meanSmallRun = TimeSpan.seconds(8 * 3600)
    /// Sizes of small jobs in GPUs, each as likely: 12 on average.
    private static let smallSizes: [Int64] = [1, 1, 2, 8, 8, 8, 16, 16, 32, 32]

    /// One kind of everything; the gang's tenant owns its size, the other whatever is over.
    mutating func setTenants() {
        let kind = AcceleratorKindID(0)
        let guaranteed = Int64(scenario.gangNodes * HealthScenario.devices) * 1000
        let large = QuotaSpec(kind: kind, guaranteedMilli: guaranteed)
        give(
            .setTenants([
                TenantSpec(id: TenantID(0), quotas: [large]), TenantSpec(id: TenantID(1)),
            ]))
    }

    private var retries: RetryLimits {
        RetryLimits(
            application: Int32(FleetLimits.retries), infrastructure: Int32(FleetLimits.retries))
    }

    mutating func submitGang() {
        let devices = Int32(HealthScenario.devices)
        jobs.append(
            JobRun(
                gpus: Int64(scenario.gangNodes * HealthScenario.devices),
                work: .seconds(scenario.days * 2 * 86_400)))
        give(
            .submit(
                JobSpec(
                    id: HealthWorld.gang, tenant: TenantID(0),
                    roles: [
                        RoleSpec(
                            count: Int32(scenario.gangNodes),
                            request: MemberRequest(devices: devices))
                    ],
                    checkpointPeriod: scenario.checkpointPeriod, restartCost: scenario.jobStart,
                    retries: retries)))
    }

    /// Small jobs come one after the other, so many that they fill their part of the fleet.
    mutating func submitSmall() {
        let size = HealthWorld.smallSizes[workLuck.below(HealthWorld.smallSizes.count)]
        let run = max(
            .seconds(600), exponential(mean: HealthWorld.meanSmallRun, &workLuck))
        let id = JobID(jobs.count)
        let devices = min(size, Int64(HealthScenario.devices))
        let members = max(1, size / Int64(HealthScenario.devices))
        jobs.append(JobRun(gpus: devices * members, work: run))
        give(
            .submit(
                JobSpec(
                    id: id, tenant: TenantID(1), preemptible: scenario.variant.smallJobsYield,
                    roles: [
                        RoleSpec(
                            count: Int32(members),
                            request: MemberRequest(devices: Int32(devices)))
                    ],
                    checkpointPeriod: scenario.checkpointPeriod, restartCost: scenario.jobStart,
                    retries: retries)))
        let gpus = Int64((scenario.nodes - scenario.gangNodes) * HealthScenario.devices)
        let sizes = HealthWorld.smallSizes.reduce(0, +)
        let mean =
            HealthWorld.meanSmallRun.nanoseconds / gpus * sizes * 1000
            / (scenario.smallLoadMilli * Int64(HealthWorld.smallSizes.count))
        after(exponential(mean: TimeSpan(nanoseconds: mean), &workLuck), .submit)
    }

    // MARK: The scheduler

    /// Tells the scheduler something and does what it says, until it has nothing more to say.
    mutating func give(_ input: Input) {
        pending.append(input)
        guard !isGiving else { return }
        isGiving = true
        var place = 0
        while place < pending.count {
            let input = pending[place]
            place += 1
            var directives: [Directive] = []
            scheduler.apply(input, at: now, into: &directives)
            for directive in directives { obey(directive) }
        }
        pending.removeAll(keepingCapacity: true)
        isGiving = false
    }

    private mutating func obey(_ directive: Directive) {
        switch directive {
        case .start(let id, let attempt, let members): start(id, attempt, members)
        case .stop(let id, let attempt, let reason): stop(id, attempt, reason)
        case .requeue(let id, _, let cause):
            endAttempt(id, cause)
            jobs[id.index].waitsSince = now
        case .end(let id, let outcome):
            precondition(outcome == .succeeded, "\(id) ended as \(outcome)")
            endAttempt(id, nil)
        case .wake(let at, let token): events.schedule(.schedulerWake(token: token), at: at)
        case .wait, .estimate: break
        case .reject, .shrink, .grow: preconditionFailure("no job here asks for it: \(directive)")
        }
    }

    private mutating func start(
        _ id: JobID, _ attempt: Attempt, _ members: [MemberPlacement]
    ) {
        let isGang = id == HealthWorld.gang
        if attempt.rawValue > 1 { noteRestart(id, members) }
        if isOut(members) { startedOnOut.append(id) }
        if let since = jobs[id.index].waitsSince, isGang {
            figures.lostGPUSeconds += (now - since).wholeSeconds * jobs[id.index].gpus
        }
        if isGang, figures.gangStartedAt == nil { figures.gangStartedAt = now }
        var progress = AttemptProgress(
            at: now, overhead: scenario.jobStart, period: scenario.checkpointPeriod)
        progress.setSize(
            gpuMilli: jobs[id.index].gpus * 1000, speed: AttemptProgress.fullSpeed,
            nodeSpeed: AttemptProgress.fullSpeed, at: now)
        events.schedule(.ends(id, attempt), at: progress.end(of: jobs[id.index].left))
        jobs[id.index].progress = progress
        jobs[id.index].attempt = attempt
        jobs[id.index].members = members
        jobs[id.index].startedAt = now
        jobs[id.index].isHalted = false
        (jobs[id.index].goneAt, jobs[id.index].hurtBy) = (nil, nil)
        jobs[id.index].waitsSince = nil
        for member in members {
            occupants[member.node.index].append(Occupant(job: id, devices: member.devices))
            occupancyChanges.append(member.node)
        }
        if isGang {
            areSparesStale = true
            after(scenario.jobStart, .works(id, attempt))
        }
        give(.confirmStart(id, attempt))
        // Where the network of a node is cut, a gang does not even get to its first step.
        let cut = members.map(\.node).first { node in
            slot(of: node).flatMap { box[$0] }.map { boxes[$0].isCut } ?? false
        }
        if let cut, members.count > 1 {
            fail(id, by: cut, after: HealthWorld.networkDelay, isHang: true)
        }
    }

    private mutating func stop(_ id: JobID, _ attempt: Attempt, _ reason: StopReason) {
        blame(id, reason)
        stall(id)
        after(scenario.stopDelay, .stopped(id, attempt))
    }

    /// Remembers which node is to blame for a gang that is being stopped, as the driver does.
    private mutating func blame(_ id: JobID, _ reason: StopReason) {
        switch reason {
        case .hardware: setSuspect(lostNode, of: id)
        case .maintenance:
            let drained = jobs[id.index].members.first { member in
                let node = health[member.node]
                return node?.track.state == .draining && node?.track.cause != nil
            }
            setSuspect(drained?.node, of: id)
        case .cancelled, .timeLimit, .preemption: break
        }
    }

    mutating func setSuspect(_ node: NodeID?, of id: JobID) {
        guard let node else { return }
        jobs[id.index].suspect = node
        jobs[id.index].suspectedAt = now
    }

    /// Nothing is done any more; what is held is lost.
    mutating func stall(_ id: JobID) {
        guard var progress = jobs[id.index].progress, !jobs[id.index].isHalted else { return }
        if jobs[id.index].failedAt == nil {
            jobs[id.index].failedAt = now
            jobs[id.index].checkpointAge = TimeSpan(
                nanoseconds: progress.done(at: now) - progress.kept(at: now))
        }
        progress.halt(at: now)
        jobs[id.index].progress = progress
        jobs[id.index].isHalted = true
    }

    mutating func endWell(_ id: JobID, _ attempt: Attempt) {
        let job = jobs[id.index]
        guard job.attempt == attempt, job.progress != nil, !job.isHalted else { return }
        give(.finish(id, attempt))
    }

    /// An attempt does its work again.
    mutating func works(_ id: JobID, _ attempt: Attempt) {
        let job = jobs[id.index]
        guard job.attempt == attempt, job.progress != nil, !job.isHalted else { return }
        guard let failedAt = job.failedAt else { return }
        figures.recoveries.append(
            Recovery(downtime: now - failedAt, checkpointAge: job.checkpointAge))
        jobs[id.index].failedAt = nil
    }

    /// An attempt is over; nil when its job is done. The health engine is told while it is still on
    /// its nodes.
    private mutating func endAttempt(_ id: JobID, _ cause: FailureCause?) {
        let job = jobs[id.index]
        guard let progress = job.progress else { return }
        let held = (now - job.startedAt).nanoseconds
        let kept = cause == nil ? job.left : progress.kept(at: now)
        let lost = max(0, held - kept) / 1_000_000_000 * job.gpus
        switch cause {
        case nil: break
        case .preemption: figures.preemptedGPUSeconds += lost
        default: figures.lostGPUSeconds += lost
        }
        if id == HealthWorld.gang {
            figures.gangKept += kept
            figures.gangStops += 1
        }
        jobs[id.index].left -= kept
        jobs[id.index].progress = nil
        jobs[id.index].goneAt = nil
        jobs[id.index].members = []
        if id != HealthWorld.gang { jobs[id.index].failedAt = nil }
        let suspect = job.suspectedAt >= job.startedAt ? job.suspect : nil
        if cause != nil, cause != .preemption, let culprit = job.hurtBy, suspect != culprit {
            figures.unexplainedEnds += 1
        }
        let known = suspect.flatMap { health[$0] }
        tell(
            .attemptEnded(
                AttemptEnd(
                    job: id, nodes: nodes(of: job.members),
                    cause: suspect == nil ? restartCause(cause) : .hardware, suspect: suspect,
                    fault: known?.track.cause, gpuSeconds: held / 1_000_000_000 * job.gpus,
                    lostGPUSeconds: lost)))
        for member in job.members {
            occupants[member.node.index].removeAll { $0.job == id }
            occupancyChanges.append(member.node)
        }
    }

    /// What an attempt's ending says about the cause, as the driver reads it.
    private func restartCause(_ cause: FailureCause?) -> RestartCause {
        switch cause {
        case nil: .done
        case .application: .application
        case .node, .device: .hardware
        case .start: .start
        case .preemption, .maintenance: .preemption
        }
    }

    private func nodes(of members: [MemberPlacement]) -> [NodeID] {
        var nodes: [NodeID] = []
        for node in members.map(\.node).sorted() where nodes.last != node { nodes.append(node) }
        return nodes
    }
}
