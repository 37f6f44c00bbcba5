import FleetModel
import Scheduler

/// What faults do to the simulated world.
extension SimulationRun {
    /// When the engine hears of what happens now.
    private var heard: Instant { max(now, busyUntil) }

    /// When the next fault strikes; never once nothing runs and nothing is to come that could.
    var nextFaultTime: Instant {
        guard recorder.runningJobs > 0 || nextSubmit < jobCount else { return .never }
        return faults?.nextTime ?? .never
    }

    /// Lets the next fault strike.
    mutating func strikeFault() {
        guard let (index, effects) = faults?.strike(), let kind = faults?.fault(index).kind else {
            return
        }
        recorder.struck(kind)
        for effect in effects { bringAbout(effect, of: index) }
    }

    /// Goes on with the life of a fault.
    mutating func happen(_ index: Int, _ step: FaultStep) {
        let instant = heard
        guard engine.openJobs > 0 || nextSubmit < jobCount,
            let effects = faults?.advance(index, step, at: instant)
        else { return }
        for effect in effects { bringAbout(effect, of: index) }
    }

    /// A gang that was started on a dead link gives up.
    mutating func breakOnLink(_ id: JobID, _ attempt: Attempt, _ fault: Int) {
        guard faults?.isActive(fault) == true, let node = faults?.fault(fault).nodes[0] else {
            return
        }
        fail(id.rawValue, attempt, .node, by: fault, suspect: node)
    }

    /// A gang has started: what waits for it on its nodes, and whether it should be there at all.
    mutating func meetFaults(_ id: JobID, _ members: [MemberPlacement], at instant: Instant) {
        guard faults != nil else { return }
        faults?.move(id.rawValue, from: [], to: members)
        for encounter in faults?.encounters(on: FaultWorld.nodes(of: members)) ?? [] {
            switch encounter {
            case .taints: progress[id.index].taint(at: instant)
            case .breaks(let fault, let span):
                events.schedule(
                    .breaks(id, progress[id.index].attempt, fault: fault), at: instant + span)
            }
        }
    }

    /// Tells the engine of what happens to nodes as planned, as far as faults let it.
    mutating func tell(planned event: Input) {
        guard let inputs = faults?.conditions.inputs(for: event) else {
            give(event)
            return
        }
        tell(inputs)
    }

    private mutating func bringAbout(_ effect: FaultEffect, of index: Int) {
        switch effect {
        case .hits(let nodes, let devices): blameFor(index, on: nodes, devices)
        case .changes(let inputs): tell(inputs)
        case .breaks(let node, let spanningOnly):
            let jobs = (faults?.jobs(on: [node]) ?? []).map { ($0, progress[Int($0)].attempt) }
            for (job, attempt) in jobs
            where !spanningOnly || progress[Int(job)].members.contains(where: { $0.node != node }) {
                fail(job, attempt, .node, by: index, suspect: node)
            }
        case .crashes(let job):
            // Not `application`, for which jobs have no retries unless they ask: this crash is not
            // the program's way of saying that it cannot succeed.
            fail(job.rawValue, progress[job.index].attempt, .start, by: index, suspect: nil)
        case .taints(let node):
            for job in faults?.jobs(on: [node]) ?? [] { progress[Int(job)].taint(at: heard) }
        case .changesSpeed(let node):
            for job in faults?.jobs(on: [node]) ?? [] {
                setMembers(JobID(rawValue: job), progress[Int(job)].members, at: heard)
            }
        case .evacuates(let node):
            for job in faults?.jobs(on: [node]) ?? [] {
                let attempt = progress[Int(job)].attempt
                faults?.blame(index, for: job, attempt, failedAt: nil)
            }
        case .continues(let step, let span):
            events.schedule(.fault(index, step), at: now + span)
        }
    }

    /// Ends an attempt that runs, for good or until its next one.
    private mutating func fail(
        _ job: Int32, _ attempt: Attempt, _ cause: FailureCause, by fault: Int, suspect: NodeID?
    ) {
        guard progress[Int(job)].life == .running, progress[Int(job)].attempt == attempt else {
            return
        }
        let failedAt = heard
        faults?.blame(fault, for: job, attempt, failedAt: failedAt)
        let id = JobID(rawValue: job)
        guard setup.stopDelay > .zero else {
            tellFailure(id, attempt, cause, suspect)
            return
        }
        progress[id.index].halt(at: failedAt)
        events.schedule(
            .failed(id, attempt, cause, suspect: suspect), at: now + setup.stopDelay)
    }

    /// Tells the engine that an attempt is over, with the node to blame if there is one.
    mutating func tellFailure(
        _ id: JobID, _ attempt: Attempt, _ cause: FailureCause, _ suspect: NodeID?
    ) {
        if let suspect {
            give(.failOn(id, attempt, cause, suspect: suspect))
        } else {
            give(.fail(id, attempt, cause))
        }
    }

    /// Remembers whom the fault hits; the engine will find the same jobs.
    private mutating func blameFor(_ index: Int, on nodes: [NodeID], _ devices: UInt64?) {
        let failedAt = heard
        for job in faults?.jobs(on: nodes) ?? []
        where progress[Int(job)].members.contains(where: { member in
            guard let devices else { return true }
            return nodes.contains(member.node) && member.devices & devices != 0
        }) {
            let attempt = progress[Int(job)].attempt
            faults?.blame(index, for: job, attempt, failedAt: failedAt)
        }
    }

    private mutating func tell(_ inputs: [Input]) {
        for input in inputs { give(input) }
    }
}
