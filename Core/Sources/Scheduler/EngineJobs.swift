import FleetModel

extension Engine {
    mutating func submit(_ spec: JobSpec, _ directives: inout [Directive]) {
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
                Shape(request: role.request, kinds: role.accelerators, pools: spec.pools),
                members: Int64(role.minimum))
        }
        if let time = spec.notBefore, time > now {
            directives.append(.wake(at: time, token: token(slot, .startTime)))
        }
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
        let after = jobs[slot].afterStop
        vacate(slot)
        switch after {
        case .end(let outcome): end(slot, outcome, &directives)
        case .fail(let cause): retry(slot, cause, &directives)
        }
    }

    mutating func finish(_ id: JobID, _ attempt: Attempt, _ directives: inout [Directive]) {
        guard let slot = current(id, attempt), jobs[slot].isPlaced else { return }
        learnDuration(slot)
        vacate(slot)
        end(slot, .succeeded, &directives)
    }

    mutating func fail(
        _ id: JobID, _ attempt: Attempt, _ cause: FailureCause, _ directives: inout [Directive]
    ) {
        guard let slot = current(id, attempt), jobs[slot].isPlaced else { return }
        let isStopping = jobs[slot].phase == .stopping
        let after = jobs[slot].afterStop
        vacate(slot)
        if isStopping, case .end(let outcome) = after {
            end(slot, outcome, &directives)
        } else if isStopping, case .fail(let known) = after {
            retry(slot, known, &directives)
        } else {
            retry(slot, cause, &directives)
        }
    }

    mutating func wake(_ token: Int64, _ directives: inout [Directive]) {
        let timer = Timer(token: token)
        if timer.purpose == .estimates { return tellEstimates(&directives) }
        guard let slot = jobs.slot(of: timer.job) else { return }
        switch timer.purpose {
        case .estimates: break
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
        if reservation?.order == record.order { reservation = nil }
        let gang = room.gangClass(gangRequest(record))
        let index = room.waitClass(
            tenant: record.spec.tenant, priority: record.spec.priority, gang: gang)
        jobs[slot].phase = .queued
        jobs[slot].waitClass = Int32(index)
        let entry = JobQueue.Entry(order: record.order, slot: Int32(slot))
        if room.enqueue(entry, in: index) { hasNewReady = true }
        if let seen = reservation?.examinedBefore, record.order < seen {
            reservation?.examinedBefore = 0
        }
    }

    /// Takes a job out of the queue, if it is in one.
    mutating func dequeue(_ slot: Int) {
        guard jobs[slot].waitClass >= 0 else { return }
        room.dequeue(order: jobs[slot].order, from: Int(jobs[slot].waitClass))
        jobs[slot].waitClass = -1
        hasNewReady = true
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
        let roles = record.spec.roles.map { role in
            let kinds = role.request.devices > 0 ? role.accelerators : .all
            return RoleRequest(
                shape: Shape(request: role.request, kinds: kinds, pools: record.spec.pools),
                minimum: role.minimum, maximum: role.maximum)
        }
        return GangRequest(roles: roles, topology: topology)
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

    private func rejection(of spec: JobSpec) -> RejectionReason? {
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
