import FleetModel
import Journal
import Scheduler
import Store

extension Driver {
    /// Keeps the books about a directive, and notes the order that follows from it.
    func carryOut(_ directive: Directive) {
        switch directive {
        case .start(let job, let attempt, let members):
            begin(job, attempt, members, directive)
        case .stop(let job, let attempt, let reason): stop(job, attempt, reason, directive)
        case .wait(let job, let refusal): noteWait(job, refusal)
        case .requeue(let job, let attempt, let cause): noteRequeue(job, attempt, cause)
        case .end(let job, let outcome): noteEnd(job, outcome)
        case .reject: break
        case .wake(let at, let token): timers.push(at: at, token: token)
        case .shrink(let job, let attempt, let resize, let members):
            shrink(job, attempt, resize, members, directive)
        case .grow(let job, let attempt, let resize, let members):
            grow(job, attempt, resize, members, directive)
        case .estimate(let job, let estimate):
            view.jobs.modify(job.index) { view in
                if view.row.state.isWaiting { view.estimate = estimate }
            }
            pending.touchedJobs.insert(job)
        }
    }

    private func keep(_ directive: Directive, _ job: JobID, _ attempt: Attempt, isStart: Bool) {
        do throws(DirectiveError) {
            pending.outbox.append(
                .put(
                    id: nextOutbox, job: job, attempt: attempt, isStart: isStart,
                    directive: try DirectiveCodec.bytes(of: directive)))
            nextOutbox += 1
        } catch {
            preconditionFailure("a directive that cannot be written: \(error.message)")
        }
    }

    /// What a launch needs beside what is kept of the job's document.
    func facts(_ row: JobRow) -> LaunchFacts {
        LaunchFacts(
            tenant: view.directory.tenant(row.tenant),
            deadline: engine.specification(of: row.id)?.timeLimit.map {
                (row.startedAt ?? now) + $0
            },
            checkpointedStep: row.checkpointedStep, kept: row.kept,
            document: pending.documents[row.id])
    }

    private func begin(
        _ job: JobID, _ attempt: Attempt, _ placements: [MemberPlacement], _ directive: Directive
    ) {
        guard let before = view.jobs[job.index] else { return }
        let members = placements.enumerated().map {
            RankedMember(rank: Int32($0.offset), placement: $0.element)
        }
        let now = now
        if before.row.attempt.rawValue == 0 {
            view.latencies.waits.add(
                seconds: Double((now - before.row.submittedAt).nanoseconds) / 1e9)
        }
        change(job) { view in
            view.row.state = .starting
            view.row.attempt = attempt
            view.row.startedAt = now
            view.row.reason = nil
            view.row.reasonAt = nil
            view.row.checkpointedAt = nil
            view.estimate = nil
            view.runningAt = nil
        }
        openAttempts[job] = AttemptRow(
            job: job, attempt: attempt, startedAt: now, members: members)
        setMembers(job, members)
        keep(directive, job, attempt, isStart: true)
        guard let row = view.jobs[job.index]?.row else { return }
        orders.append(.start(job, attempt, members: members, facts: facts(row)))
        let nodes = Set(placements.map(\.node))
        let place =
            nodes.count == 1
            ? nodes.first.map { view.directory.node($0) } ?? "" : counted(nodes.count, "node")
        tell(
            event(
                "started", row,
                text: "attempt \(attempt.rawValue) starts with "
                    + "\(counted(members.count, "member")) on \(place)"))
    }

    private func stop(
        _ job: JobID, _ attempt: Attempt, _ reason: StopReason, _ directive: Directive
    ) {
        guard let present = view.jobs[job.index] else { return }
        change(job) { $0.row.state = .stopping }
        // A job that is doomed has stopped already: the engine is only told so in its own way.
        guard !doomed.contains(job) else { return }
        let departed = departures[job]?.ending
        openAttempts[job]?.ending = departed ?? reason.ending
        blame(job, reason)
        var words = departed == nil ? reason.words : "others ended it"
        if reason == .preemption, let asker = engine.evictors(of: job).last {
            words = "\(named(asker)) needs the place"
            openAttempts[job]?.detail = "for \(named(asker))"
            if foundKeys[asker] != nil { askers[asker, default: []].append(present.row.name) }
        }
        pending.attempts[job] = openAttempts[job]
        keep(directive, job, attempt, isStart: false)
        orders.append(.stop(job, attempt, reason))
        tell(event("stopping", present.row, text: "stops: \(words)"))
    }

    func noteWait(_ job: JobID, _ refusal: Refusal) {
        guard let present = view.jobs[job.index] else { return }
        let now = now
        let isSame = present.row.reason?.code == refusal.code
        change(job) { view in
            view.row.state =
                refusal.code == .held || refusal.code == .dependency ? .blocked : .queued
            view.row.reason = refusal
            if !isSame { view.row.reasonAt = now }
        }
        if let key = foundKeys[job] {
            orders.append(.tell(key: key, .waits(refusal.code, sentence(refusal))))
        }
        guard !isSame else { return }
        tell(event("waiting", present.row, text: "waits: " + sentence(refusal)))
    }

    private func noteRequeue(_ job: JobID, _ attempt: Attempt, _ cause: FailureCause) {
        guard let present = view.jobs[job.index] else { return }
        let lost = closeAttempt(job, ending: cause.ending, countsLoss: true)
        if cause == .preemption { view.latencies.preemptions += 1 }
        if cause == .node || cause == .device { view.latencies.hardwareFailures += 1 }
        change(job) { $0.row.state = $0.row.isHeld ? .blocked : .queued }
        let hours = AnswerAmount.gpuHours(milliSeconds: lost)
        tell(
            event(
                "requeued", present.row,
                text: "attempt \(attempt.rawValue) is over (\(cause.words)), "
                    + (lost > 0 ? "\(hours) GPU-hours are lost, " : "") + "and waits again"))
    }

    private func noteEnd(_ job: JobID, _ outcome: JobOutcome) {
        guard let present = view.jobs[job.index] else { return }
        let departure = departures[job]
        let countsLoss = outcome == .failed || departure?.countsLoss ?? false
        let detail = openAttempts[job]?.detail ?? ""
        if present.row.state.isPlaced {
            let ending = doomed.contains(job) ? JobOutcome.failed.ending : outcome.ending
            _ = closeAttempt(job, ending: ending, countsLoss: countsLoss)
        }
        pending.outbox.append(.settleAttempt(job, present.row.attempt))
        let now = now
        let isDoomed = doomed.remove(job) != nil
        change(job) { view in
            view.row.state = isDoomed ? .failed : departure?.state ?? outcome.state
            view.row.endedAt = now
            view.row.reason = nil
            view.row.reasonAt = nil
            view.estimate = nil
        }
        view.openJobs -= 1
        lineages.remove(job)
        if let key = foundKeys.removeValue(forKey: job) {
            (foundJobs[key], exclusions[job]) = (nil, nil)
            forgetUses(of: job)
            if departure == nil {
                orders.append(.tell(key: key, .ended(isDoomed ? .failed : outcome, detail)))
            }
        }
        ended.append(job)
        if ended.count - endedStart > Driver.rememberedJobs {
            let old = ended[endedStart]
            if let row = view.jobs[old.index]?.row {
                view.counts[row.state.rawValue] -= 1
                if pending.changedJobs.contains(old) { pending.evicted[old] = row }
            }
            view.jobs[old.index] = nil
            endedStart += 1
            if endedStart > Driver.rememberedJobs {
                ended.removeFirst(endedStart)
                endedStart = 0
            }
        }
        tell(
            event(
                "ended", present.row,
                text: isDoomed
                    ? JobOutcome.failed.words : departure?.words(detail) ?? outcome.words))
    }

    /// Ends the present attempt, and gives the GPU time that no checkpoint keeps.
    private func closeAttempt(_ job: JobID, ending: String, countsLoss: Bool) -> Int64 {
        guard let present = view.jobs[job.index], var attempt = openAttempts[job] else { return 0 }
        var lost: Int64 = 0
        if let from = attempt.runningAt {
            let saved = max(from, present.row.checkpointedAt ?? from)
            if countsLoss {
                let span = (now - saved).nanoseconds
                lost = Int64(
                    clamping: Int128(span) * Int128(present.row.gpuMilli) / 1_000_000_000)
            }
        }
        closeAllocations(job, lostMilliSeconds: lost)
        attempt.culprit = attempt.culprit ?? suspects[job].map(lostPlace)
        noteEnd(of: attempt, present, ending: attempt.ending ?? ending, lostMilliSeconds: lost)
        setMembers(job, [])
        stepBooks[job] = nil
        attempt.endedAt = now
        attempt.ending = attempt.ending ?? ending
        attempt.members = present.members
        pending.attempts[job] = nil
        pending.endedAttempts.append(attempt)
        openAttempts[job] = nil
        leaving[job] = nil
        pending.outbox.append(.settleAttempt(job, attempt.attempt))
        let spec = engine.specification(of: job)
        change(job) { view in
            view.row.lostMilliSeconds += lost
            view.row.kept = .work(ofSteps: view.row.checkpointedStep ?? 0)
            view.row.checkpointedAt = nil
            view.runningAt = nil
            guard let spec else { return }
            view.row.members = Int32(spec.minimumMembers)
            view.row.gpuMilli = spec.minimumGPUMilli
        }
        return lost
    }

    private func shrink(
        _ job: JobID, _ attempt: Attempt, _ resize: Resize, _ placements: [MemberPlacement],
        _ directive: Directive
    ) {
        guard let present = view.jobs[job.index] else { return }
        let ranks = Driver.ranks(of: placements, among: present.members)
        leaving[job] = Leaving(resize: resize, ranks: ranks, row: nextOutbox)
        keep(directive, job, attempt, isStart: false)
        orders.append(.shrink(job, attempt, resize, ranks: ranks.map { Int($0) }))
        tell(
            event(
                "resized", present.row,
                text: "\(counted(placements.count, "member")) make way for others"))
    }

    private func grow(
        _ job: JobID, _ attempt: Attempt, _ resize: Resize, _ placements: [MemberPlacement],
        _ directive: Directive
    ) {
        guard let present = view.jobs[job.index] else { return }
        let first = (present.members.map(\.rank).max() ?? -1) + 1
        let added = placements.enumerated().map {
            RankedMember(rank: first + Int32($0.offset), placement: $0.element)
        }
        let members = present.members + added
        setMembers(job, members)
        keep(directive, job, attempt, isStart: false)
        guard let row = view.jobs[job.index]?.row else { return }
        orders.append(
            .grow(
                job, attempt, resize, members: members, ranks: added.map { Int($0.rank) },
                facts: facts(row)))
        tell(
            event("resized", row, text: "\(counted(placements.count, "member")) join"))
    }

    /// The ranks of members by their places; of equal ones the last.
    static func ranks(
        of placements: [MemberPlacement], among members: [RankedMember]
    ) -> [Int32] {
        var left = members
        return placements.compactMap { placement in
            guard let index = left.lastIndex(where: { $0.placement == placement }) else {
                return nil
            }
            return left.remove(at: index).rank
        }
    }
}
