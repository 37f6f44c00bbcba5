import FleetModel
import Scheduler
import Store

extension Driver {
    /// Keeps the books about what an input says by itself.
    func note(_ input: Input) {
        switch input {
        case .confirmStart(let job, let attempt): noteStart(job, attempt)
        case .hold(let job): noteHold(job, true)
        case .release(let job): noteHold(job, false)
        case .checkpointed(let job, let attempt):
            change(job) { view in
                guard view.row.attempt == attempt, view.row.state == .running else { return }
                view.row.checkpointedAt = now
            }
        case .confirmShrink(let job, let attempt, let resize):
            noteShrink(job, attempt, resize)
        case .adopt(let spec, let attempt, let places),
            .replace(_, let spec, let attempt, let places):
            noteAdoption(spec, attempt, places)
        default: break
        }
    }

    /// Changes a job in the view, and remembers to write it.
    func change(_ job: JobID, _ body: (inout JobView) -> Void) {
        guard view.jobs[job.index] != nil else { return }
        var state: JobState?
        var after: JobState?
        view.jobs.modify(job.index) { view in
            state = view.row.state
            usage.remove(view)
            body(&view)
            usage.add(view)
            after = view.row.state
        }
        if let state, let after, state != after {
            view.counts[state.rawValue] -= 1
            view.counts[after.rawValue] += 1
        }
        pending.changedJobs.insert(job)
    }

    /// Keeps the books of a gang that ran before we heard of it, unless the engine refused it.
    private func noteAdoption(
        _ spec: JobSpec, _ attempt: Attempt, _ places: [MemberPlacement]
    ) {
        if directives.contains(where: { if case .reject = $0 { true } else { false } }) { return }
        let members = places.enumerated().map {
            RankedMember(rank: Int32($0.offset), placement: $0.element)
        }
        let now = now
        change(spec.id) { view in
            view.row.state = .running
            view.row.attempt = attempt
            view.row.startedAt = now
            view.runningAt = now
        }
        var row = AttemptRow(job: spec.id, attempt: attempt, startedAt: now, members: members)
        row.runningAt = now
        openAttempts[spec.id] = row
        setMembers(spec.id, members)
        pending.attempts[spec.id] = openAttempts[spec.id]
        guard let present = view.jobs[spec.id.index]?.row else { return }
        tell(
            event(
                "running", present,
                text: "was found running with \(counted(members.count, "member"))"))
    }

    private func noteStart(_ job: JobID, _ attempt: Attempt) {
        guard let present = view.jobs[job.index], present.row.attempt == attempt,
            present.row.state == .starting
        else { return }
        let now = now
        change(job) { view in
            view.row.state = .running
            view.runningAt = now
        }
        openAttempts[job]?.runningAt = now
        pending.attempts[job] = openAttempts[job]
        pending.outbox.append(.settleStart(job, attempt))
        tell(
            event(
                "running", present.row, text: "all \(counted(present.members.count, "member")) run")
        )
    }

    private func noteHold(_ job: JobID, _ isHeld: Bool) {
        guard let present = view.jobs[job.index], !present.row.state.isOver,
            present.row.isHeld != isHeld
        else { return }
        change(job) { view in
            view.row.isHeld = isHeld
            if isHeld, view.row.state == .queued { view.row.state = .blocked }
            if !isHeld, view.row.state == .blocked, view.row.reason?.code != .dependency {
                view.row.state = .queued
            }
        }
        tell(event(isHeld ? "held" : "released", present.row, text: isHeld ? "held" : "released"))
    }

    private func noteShrink(_ job: JobID, _ attempt: Attempt, _ resize: Resize) {
        guard let present = view.jobs[job.index], present.row.attempt == attempt,
            let leaving = leaving[job], leaving.resize == resize,
            // Whoever is stopped meanwhile gives everything back when it has.
            present.row.state == .starting || present.row.state == .running
        else { return }
        self.leaving[job] = nil
        pending.outbox.append(.settleRow(leaving.row))
        let gone = Set(leaving.ranks)
        setMembers(job, present.members.filter { !gone.contains($0.rank) })
        tell(
            event(
                "resized", present.row,
                text: "\(counted(leaving.ranks.count, "member")) left"))
    }

    /// The gang has these members from now on; the ledger and the nodes follow.
    func setMembers(_ job: JobID, _ members: [RankedMember]) {
        guard let before = view.jobs[job.index] else { return }
        let spec = engine.specification(of: job)
        occupancyChanges.formUnion(before.members.map(\.placement.node))
        occupancyChanges.formUnion(members.map(\.placement.node))
        for node in Set(before.members.map(\.placement.node)) {
            view.nodes.modify(node.index) { $0.occupants.removeAll { $0.job == job } }
            pending.touchedNodes.insert(node)
        }
        var isOnSpare = false
        for member in members {
            guard let spec else { break }
            let request = spec.roles[Int(member.placement.role)].request
            view.nodes.modify(member.placement.node.index) {
                $0.occupants.append(
                    NodeOccupant(
                        job: job, devices: member.placement.devices,
                        deviceMilli: request.deviceMilli, host: request.host))
                if $0.isSpare { isOnSpare = true }
            }
            pending.touchedNodes.insert(member.placement.node)
        }
        noteSpares(isUrgent: isOnSpare)
        closeAllocations(job, lostMilliSeconds: 0)
        if let spec, !members.isEmpty { openAllocations(job, spec, members) }
        change(job) { view in
            view.members = members
            guard let spec, !members.isEmpty else { return }
            view.row.members = Int32(members.count)
            view.row.gpuMilli = members.reduce(0) {
                $0 + spec.roles[Int($1.placement.role)].request.gpuMilli
            }
        }
        if openAttempts[job] != nil, !members.isEmpty {
            openAttempts[job]?.members = members
            pending.attempts[job] = openAttempts[job]
        }
    }

    private func openAllocations(_ job: JobID, _ spec: JobSpec, _ members: [RankedMember]) {
        guard let row = view.jobs[job.index]?.row else { return }
        var sums: [(pool: PoolID, kind: Int32, milli: Int64)] = []
        for member in members {
            guard let node = view.nodes[member.placement.node.index]?.row.spec else { continue }
            let request = spec.roles[Int(member.placement.role)].request
            let kind = request.devices > 0 ? node.kind?.rawValue ?? -1 : -1
            let index = sums.firstIndex { $0.pool == node.pool && $0.kind == kind }
            if let index {
                sums[index].milli += request.gpuMilli
            } else {
                sums.append((node.pool, kind, request.gpuMilli))
            }
        }
        for sum in sums {
            let allocation = AllocationRow(
                id: nextAllocation, job: job, attempt: row.attempt, tenant: row.tenant,
                pool: sum.pool, kind: sum.kind, gpuMilli: sum.milli, startAt: now)
            nextAllocation += 1
            openAllocations[job, default: []].append(allocation)
            pending.ledger.append(.open(allocation))
        }
    }

    /// Ends what the job holds in the ledger; the loss goes to the first row.
    func closeAllocations(_ job: JobID, lostMilliSeconds: Int64) {
        guard let open = openAllocations.removeValue(forKey: job) else { return }
        for (index, allocation) in open.enumerated() {
            pending.ledger.append(
                .close(
                    id: allocation.id, at: now,
                    lostMilliSeconds: index == 0 ? lostMilliSeconds : 0))
        }
    }

    /// An event about a job.
    func event(_ kind: String, _ row: JobRow, text: String) -> EventRow {
        EventRow(
            kind: kind, at: now, job: row.id, name: row.name,
            tenant: view.directory.tenant(row.tenant),
            attempt: row.attempt.rawValue > 0 ? row.attempt.rawValue : nil, text: text)
    }

    /// A count with its noun.
    func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
