import FleetModel

extension Engine {
    mutating func submit(
        _ spec: JobSpec, suspects: [NodeID] = [], _ directives: inout [Directive]
    ) {
        if let reason = rejection(of: spec) {
            directives.append(.reject(spec.id, reason))
            return
        }
        var record = JobRecord(
            spec: spec, order: nextOrder, submittedAt: now, isHeld: spec.held)
        nextOrder += 1
        var isDoomed = false
        for dependency in spec.dependencies {
            switch jobs.outcome(of: dependency.job) {
            case .none: record.openDependencies += 1
            case .some(let outcome):
                if dependency.mustSucceed && outcome != .succeeded { isDoomed = true }
            }
        }
        let slot = jobs.insert(record)
        for dependency in spec.dependencies where jobs.outcome(of: dependency.job) == nil {
            jobs.addDependent(spec.id, of: dependency.job)
        }
        if isDoomed {
            end(slot, .dependencyFailed, &directives)
            return
        }
        for role in spec.roles {
            placer.observe(
                Shape(role, pools: spec.pools),
                members: Int64(role.minimum))
        }
        if let time = spec.notBefore, time > now {
            directives.append(.wake(at: time, token: token(slot, .startTime)))
        }
        for node in suspects where isKnown(node) { suspect(node, slot) }
        expectForgiveness(slot)
        enqueueOrTell(slot)
    }

    mutating func cancel(_ id: JobID, _ directives: inout [Directive]) {
        guard let slot = jobs.slot(of: id) else { return }
        switch jobs[slot].phase {
        case .blocked, .queued:
            dequeue(slot)
            end(slot, .cancelled, &directives)
        case .starting, .running:
            stop(slot, reason: .cancelled, then: .end(.cancelled), &directives)
        case .stopping: jobs[slot].afterStop = .end(.cancelled)
        }
    }

    /// Ends a job that is not any more: nobody has to stop it.
    mutating func dismiss(_ id: JobID, _ directives: inout [Directive]) {
        guard let slot = jobs.slot(of: id) else { return }
        switch jobs[slot].phase {
        case .blocked, .queued: dequeue(slot)
        case .starting, .running, .stopping: vacate(slot)
        }
        end(slot, .cancelled, &directives)
    }

    mutating func hold(_ id: JobID) {
        guard let slot = jobs.slot(of: id), !jobs[slot].isHeld else { return }
        jobs[slot].isHeld = true
        if jobs[slot].phase == .queued {
            dequeue(slot)
            jobs[slot].phase = .blocked
        }
    }

    mutating func release(_ id: JobID) {
        guard let slot = jobs.slot(of: id), jobs[slot].isHeld else { return }
        jobs[slot].isHeld = false
        enqueueIfUnblocked(slot)
    }

    mutating func confirmStart(_ id: JobID, _ attempt: Attempt) {
        guard let slot = current(id, attempt), jobs[slot].phase == .starting else { return }
        jobs[slot].phase = .running
    }

    mutating func confirmStop(
        _ id: JobID, _ attempt: Attempt, _ directives: inout [Directive]
    ) {
        guard let slot = current(id, attempt), jobs[slot].phase == .stopping else { return }
        switch jobs[slot].afterStop {
        case .end(let outcome):
            vacate(slot)
            end(slot, outcome, &directives)
        case .fail(let cause): breakUp(slot, cause, &directives)
        case .requeue(let cause):
            vacate(slot)
            requeue(slot, cause, &directives)
        }
    }

    /// Lets a gang go whose attempt failed, and sees to its next one.
    private mutating func breakUp(
        _ slot: Int, _ cause: FailureCause, _ directives: inout [Directive]
    ) {
        let former = jobs[slot].members
        let isHardware = cause == .node || cause == .device
        guard hasTimeline, isHardware else {
            vacate(slot)
            retry(slot, cause, &directives)
            return
        }
        let id = jobs[slot].spec.id
        for member in former where !isSound(member.grant) {
            suspect(member.grant.node, slot)
        }
        vacate(slot, isKept: true)
        jobs[slot].urgency = .first
        retry(slot, cause, &directives)
        if jobs.slot(of: id) == slot { regather(slot, former: former, &directives) }
        for member in former { absorb(on: member.grant.node) }
    }

    /// Whether the hardware under a member is in service.
    private func isSound(_ grant: Grant) -> Bool {
        let node = grant.node.index
        return placer.fleet.present[node] && grant.devices & placer.fleet.unhealthy[node] == 0
    }

    mutating func finish(_ id: JobID, _ attempt: Attempt, _ directives: inout [Directive]) {
        guard let slot = current(id, attempt), jobs[slot].isPlaced else { return }
        learnDuration(slot)
        vacate(slot)
        end(slot, .succeeded, &directives)
    }

    mutating func fail(
        _ id: JobID, _ attempt: Attempt, _ cause: FailureCause, suspect: NodeID? = nil,
        _ directives: inout [Directive]
    ) {
        guard let slot = current(id, attempt), jobs[slot].isPlaced else { return }
        if let node = suspect, jobs[slot].members.contains(where: { $0.grant.node == node }) {
            self.suspect(node, slot)
        }
        if jobs[slot].phase == .stopping {
            confirmStop(id, attempt, &directives)
        } else {
            breakUp(slot, cause, &directives)
        }
    }

    mutating func wake(_ token: Int64, _ directives: inout [Directive]) {
        let timer = Timer(token: token)
        switch timer.purpose {
        case .review:
            review()
            return
        case .estimates:
            tellEstimates(&directives)
            return
        case .planning:
            planAhead(&directives)
            return
        case .drainDeadline:
            emptyNode(NodeID(rawValue: timer.job.rawValue), &directives)
            return
        case .forgiving:
            if hasTimeline { forgiveSuspects() }
            return
        case .startTime, .relaxing, .timeLimit: break
        }
        guard let slot = jobs.slot(of: timer.job) else { return }
        switch timer.purpose {
        case .startTime: enqueueIfUnblocked(slot)
        case .relaxing:
            guard !jobs[slot].isRelaxed,
                let time = jobs[slot].relaxesAt, time <= now
            else { return }
            jobs[slot].isRelaxed = true
            if jobs[slot].phase == .queued {
                dequeue(slot)
                jobs[slot].phase = .blocked
                enqueueIfUnblocked(slot)
            }
        case .timeLimit:
            guard jobs[slot].attempt == timer.attempt, let limit = jobs[slot].spec.timeLimit,
                jobs[slot].startedAt + limit <= now
            else { return }
            guard jobs[slot].phase == .starting || jobs[slot].phase == .running else { return }
            stop(slot, reason: .timeLimit, then: .end(.timedOut), &directives)
        case .review, .drainDeadline, .estimates, .planning, .forgiving: break
        }
    }

    /// Puts a job in the queue, or sees to it that the driver is told what must happen first.
    private mutating func enqueueOrTell(_ slot: Int) {
        enqueueIfUnblocked(slot)
        guard jobs[slot].phase == .blocked else { return }
        jobs[slot].isWaitTold = false
        untold.append(jobs[slot].spec.id)
    }

    /// Puts a job in the queue unless something else must happen first.
    mutating func enqueueIfUnblocked(_ slot: Int) {
        let record = jobs[slot]
        guard record.phase == .blocked, !record.isHeld, record.openDependencies == 0,
            (record.spec.notBefore ?? .zero) <= now
        else { return }
        if record.relaxesAt == nil,
            case .relaxing(_, let span, _) = record.spec.topology.preference
        {
            jobs[slot].relaxesAt = now + span
            timers.append(.wake(at: now + span, token: token(slot, .relaxing)))
        }
        jobs[slot].isWaitTold = false
        untold.append(record.spec.id)
        // What was reserved for the job was reserved for what it asked before.
        if headReservation?.order == record.order { headReservation = nil }
        jobs[slot].waitsSince = now
        jobs[slot].phase = .queued
        if hasTimeline {
            jobs[slot].urgency = urgency(of: slot)
            newcomers.append(Int32(slot))
            expectForgiveness(slot)
            wantsReservations = true
        }
        join(slot)
        if record.reservation >= 0, reservations[Int(record.reservation)].missing == 0 {
            complete.append(record.reservation)
        }
        if let seen = headReservation?.examinedBefore, record.order < seen {
            headReservation?.examinedBefore = 0
        }
    }

    /// Puts a queued job where those like it wait.
    mutating func join(_ slot: Int) {
        let spec = jobs[slot].spec
        jobs[slot].needsSpares = false
        jobs[slot].needsSpares = !fitsBesideSpares(gangRequest(jobs[slot]))
        let gang = room.gangClass(gangRequest(jobs[slot]))
        let index = room.waitClass(
            tenant: spec.tenant, priority: spec.priority, urgency: jobs[slot].urgency, gang: gang)
        jobs[slot].waitClass = Int32(index)
        let entry = JobQueue.Entry(order: jobs[slot].order, slot: Int32(slot))
        if room.enqueue(entry, in: index) { hasNewReady = true }
    }

    /// Takes a job out of the queue, if it is in one.
    mutating func dequeue(_ slot: Int) {
        dropReservation(of: slot)
        guard jobs[slot].waitClass >= 0 else { return }
        room.dequeue(order: jobs[slot].order, from: Int(jobs[slot].waitClass))
        jobs[slot].waitClass = -1
        hasNewReady = true
    }

    /// How urgent a job is that begins to wait.
    private func urgency(of slot: Int) -> Urgency {
        if jobs[slot].urgency == .first { return .first }
        let youngSpan = policy.timeline.youngSpan
        guard youngSpan > .zero, !jobs[slot].isOverdue else { return .young }
        return jobs[slot].attained < youngSpan ? .young : .old
    }

    /// What the job asks now: its topology wish as relaxed so far.
    func gangRequest(_ record: JobRecord) -> GangRequest {
        var topology = record.spec.topology
        if case .relaxing(let level, _, let then) = topology.preference {
            if record.isRelaxed {
                topology.preference = then.map { .required($0) } ?? .closest
            } else {
                topology.preference = .required(level)
            }
        }
        let zones = zones(for: record)
        let sparePools =
            record.needsSpares
            ? .max : placer.fleet.spares.pools(forGangOf: record.spec.minimumGPUMilli)
        let roles = record.spec.roles.map { role in
            let kinds = role.request.devices > 0 ? role.accelerators : .all
            return RoleRequest(
                shape: Shape(
                    request: role.request, kinds: kinds, pools: record.spec.pools,
                    zones: zones.all, rule: role.rule?.rawValue ?? -1, sparePools: sparePools),
                minimum: role.minimum, maximum: role.maximum)
        }
        return GangRequest(
            roles: roles, topology: topology, avoided: hasTimeline ? record.suspects.sorted() : [],
            zoneSteps: zones.all == .max && cells.isEmpty
                ? [] : zones.own == 0 ? [1] : [zones.own, zones.own | 1])
    }

    /// The slot of a job if it is in this attempt.
    private func current(_ id: JobID, _ attempt: Attempt) -> Int? {
        guard let slot = jobs.slot(of: id), jobs[slot].attempt == attempt else { return nil }
        return slot
    }

    private mutating func retry(
        _ slot: Int, _ cause: FailureCause, _ directives: inout [Directive]
    ) {
        let used = jobs[slot].retriesUsed[Int(cause.rawValue)]
        guard used < jobs[slot].spec.retries[cause] else {
            end(slot, .failed, &directives)
            return
        }
        jobs[slot].retriesUsed[Int(cause.rawValue)] = used + 1
        requeue(slot, cause, &directives)
    }

    /// Lets a job whose attempt is over wait for its next one.
    private mutating func requeue(
        _ slot: Int, _ cause: FailureCause, _ directives: inout [Directive]
    ) {
        jobs[slot].phase = .blocked
        directives.append(.requeue(jobs[slot].spec.id, jobs[slot].attempt, cause))
        enqueueOrTell(slot)
    }

    private mutating func end(
        _ slot: Int, _ outcome: JobOutcome, _ directives: inout [Directive]
    ) {
        var ending = [(jobs[slot].spec.id, outcome)]
        while let (id, outcome) = ending.popLast() {
            guard let slot = jobs.slot(of: id) else { continue }
            // The end of another dependency may have queued a job that is doomed.
            dequeue(slot)
            clearOverdue(slot)
            forgetSuspicion(slot)
            directives.append(.end(id, outcome))
            for waiting in jobs.remove(slot, outcome: outcome) {
                guard let dependent = jobs.slot(of: waiting) else { continue }
                jobs[dependent].openDependencies -= 1
                let isDoomed =
                    outcome != .succeeded
                    && jobs[dependent].spec.dependencies.contains {
                        $0.job == id && $0.mustSucceed
                    }
                if isDoomed {
                    ending.append((waiting, .dependencyFailed))
                } else {
                    enqueueIfUnblocked(dependent)
                }
            }
        }
    }

    func rejection(of spec: JobSpec) -> RejectionReason? {
        if jobs.slot(of: spec.id) != nil || jobs.outcome(of: spec.id) != nil {
            return .duplicateJob
        }
        guard spec.tenant.rawValue >= 0, quota.isLeaf(spec.tenant) else { return .unknownTenant }
        guard spec.isWellFormed(levels: topology.levels.count) else { return .malformed }
        for dependency in spec.dependencies
        where jobs.slot(of: dependency.job) == nil && jobs.outcome(of: dependency.job) == nil {
            return .unknownDependency
        }
        return nil
    }
}
