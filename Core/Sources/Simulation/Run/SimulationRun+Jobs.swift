import FleetModel

/// What the simulated world does with jobs as the engine says.
extension SimulationRun {
    mutating func start(
        _ id: JobID, _ attempt: Attempt, _ members: [MemberPlacement], at: Instant
    ) {
        let spec = setup.workload.jobs[id.index].spec
        progress[id.index].start(
            attempt, of: spec, on: members,
            nodeSpeed: faults?.speed(of: members) ?? AttemptProgress.fullSpeed, at: at)
        recorder.started(
            Int32(id.index), attempt: attempt, gpuMilli: progress[id.index].gpuMilli,
            domainsPerLevel: domainCounts(members), at: at,
            isOnSuspect: faults?.isOnSuspect(id.rawValue, members) ?? false)
        meetFaults(id, members, at: at)
        pending.append(.confirmStart(id, attempt))
        scheduleEnd(of: id)
    }

    mutating func stop(_ id: JobID, _ attempt: Attempt, at: Instant) {
        progress[id.index].halt(at: at)
        if setup.stopDelay > .zero {
            events.schedule(.stopped(id, attempt), at: at + setup.stopDelay)
        } else {
            pending.append(.confirmStop(id, attempt))
        }
    }

    /// The gang goes on with other members, or on nodes of another speed.
    mutating func setMembers(_ id: JobID, _ members: [MemberPlacement], at: Instant) {
        let old = progress[id.index].members
        progress[id.index].change(
            of: setup.workload.jobs[id.index].spec, to: members,
            nodeSpeed: faults?.speed(of: members) ?? AttemptProgress.fullSpeed, at: at)
        if members.count != old.count {
            faults?.move(id.rawValue, from: old, to: members)
            recorder.resized(Int32(id.index), gpuMilli: progress[id.index].gpuMilli, at: at)
        }
        scheduleEnd(of: id)
    }

    private mutating func scheduleEnd(of id: JobID) {
        let state = progress[id.index]
        guard state.end < .never else { return }
        events.schedule(
            .runEnds(id, state.attempt, revision: state.revision), at: state.end)
    }

    mutating func interrupt(_ id: JobID, _ cause: FailureCause, at: Instant) {
        let state = progress[id.index]
        faults?.move(id.rawValue, from: state.members, to: [])
        let blame = faults?.takeBlame(id.rawValue, state.attempt)
        faults?.setBreaker(blame?.fault, of: id.rawValue)
        let losses = progress[id.index].interrupt(cause, at: at)
        recorder.interrupted(
            Int32(id.index), kind(of: blame) ?? InterruptionCause(cause), losses,
            failedAt: blame?.failedAt ?? at, at: at)
    }

    private func kind(of blame: FaultWorld.Blame?) -> InterruptionCause? {
        guard let blame, let faults else { return nil }
        return InterruptionCause(faults.struck[blame.fault].fault.kind)
    }

    mutating func end(_ id: JobID, _ outcome: JobOutcome, at: Instant) {
        let state = progress[id.index]
        guard state.life != .refused else { return }
        if state.life == .running {
            faults?.move(id.rawValue, from: state.members, to: [])
            let blame = faults?.takeBlame(id.rawValue, state.attempt)
            if outcome == .failed, let cause = kind(of: blame) {
                let losses = progress[id.index].interrupt(.node, at: at)
                recorder.brokeForGood(Int32(id.index), cause, losses, at: at)
            } else {
                recorder.settle(Int32(id.index), progress[id.index].finish(at: at))
            }
        }
        progress[id.index].life = .over
        recorder.ended(Int32(id.index), outcome: outcome, at: at)
        settledJobs += 1
    }

    mutating func refuse(_ id: JobID) {
        guard progress[id.index].life != .refused else { return }
        progress[id.index].life = .refused
        recorder.refused(Int32(id.index))
        settledJobs += 1
        pending.append(.cancel(id))
    }
}
