import FleetModel
import Scheduler

/// What faults do to the simulated world.
extension SimulationRun {
    /// From the start of a gang on a dead link until it gives up.
    static let deadLinkTimeout = TimeSpan.seconds(60)
    /// From the deadline of a drain until the node is taken out, whoever is still there.
    static let drainSlack = TimeSpan.seconds(300)

    /// When the engine hears of what happens now.
    private var heard: Instant { max(now, busyUntil) }

    /// When the next fault strikes; never once nothing runs and nothing is to come that could.
    var nextFaultTime: Instant {
        guard let next = faults?.schedule.next, recorder.runningJobs > 0 || nextSubmit < jobCount
        else { return .never }
        return next.at
    }

    /// Lets the next fault strike.
    mutating func strikeFault() {
        guard let index = faults?.strike(), let fault = faults?.struck[index].fault else { return }
        recorder.struck(fault.kind)
        switch fault.kind {
        case .node, .rack:
            breakJobs(by: index) { _ in true }
            tell(faults?.conditions.setOut(fault.nodes, true))
            schedule(index, .ends, after: fault.repair)
        case .device: strikeDevice(fault, index)
        case .link: strikeLink(fault, index)
        case .software:
            guard let jobs = faults?.jobs(on: fault.nodes), !jobs.isEmpty else { return }
            let job = jobs[Int(fault.draw % UInt64(jobs.count))]
            // Not `application`, for which jobs have no retries unless they ask: this crash is not
            // the program's way of saying that it cannot succeed.
            fail(job, progress[Int(job)].attempt, .start, by: index, suspect: nil)
        case .corruption:
            for job in faults?.jobs(on: fault.nodes) ?? [] {
                progress[Int(job)].taint(at: heard)
            }
            schedule(index, .noticed, after: fault.detection)
        case .slowNode:
            changeSpeeds(on: fault.nodes)
            schedule(index, .noticed, after: fault.detection)
        }
    }

    /// Goes on with the life of a fault.
    mutating func happen(_ index: Int, _ step: FaultStep) {
        guard engine.openJobs > 0 || nextSubmit < jobCount,
            let fault = faults?.struck[index].fault
        else { return }
        switch step {
        case .noticed: notice(fault, index)
        case .repairBegins:
            breakJobs(by: index) { _ in true }
            tell(faults?.conditions.setOut(fault.nodes, true))
            schedule(index, .ends, after: fault.repair)
        case .ends:
            faults?.end(index)
            switch fault.kind {
            case .node, .rack: tell(faults?.conditions.setOut(fault.nodes, false))
            case .device: tell(faults?.conditions.setBroken(fault.nodes[0], 0))
            case .link, .corruption: tell(faults?.conditions.setClosed(fault.nodes[0], false))
            case .slowNode:
                tell(faults?.conditions.setClosed(fault.nodes[0], false))
                tell(faults?.conditions.setOut(fault.nodes, false))
            case .software: break
            }
        }
    }

    /// A gang that was started on a dead link gives up.
    mutating func breakOnLink(_ id: JobID, _ attempt: Attempt, _ fault: Int) {
        guard let active = faults?.struck[fault], active.isActive else { return }
        fail(id.rawValue, attempt, .node, by: fault, suspect: active.fault.nodes[0])
    }

    /// A gang has started: what waits for it on its nodes, and whether it should be there at all.
    mutating func meetFaults(_ id: JobID, _ members: [MemberPlacement], at instant: Instant) {
        guard faults != nil else { return }
        faults?.move(id.rawValue, from: [], to: members)
        let nodes = FaultWorld.nodes(of: members)
        for node in nodes {
            guard let (index, kind) = faults?.fault(on: node) else { continue }
            if kind == .corruption { progress[id.index].taint(at: instant) }
            if kind == .link, nodes.count > 1 {
                events.schedule(
                    .breaks(id, progress[id.index].attempt, fault: index),
                    at: instant + SimulationRun.deadLinkTimeout)
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

    private mutating func strikeDevice(_ fault: Fault, _ index: Int) {
        let node = fault.nodes[0]
        guard let count = faults?.conditions.devices(of: node), count > 0 else { return }
        let device: UInt64 = 1 << (fault.draw % UInt64(count))
        breakJobs(by: index) { $0.node == node && $0.devices & device != 0 }
        tell(faults?.conditions.setBroken(node, device))
        schedule(index, .ends, after: fault.repair)
    }

    private mutating func strikeLink(_ fault: Fault, _ index: Int) {
        schedule(index, .noticed, after: faults?.model.diagnosis ?? .zero)
        let jobs = (faults?.jobs(on: fault.nodes) ?? []).map { ($0, progress[Int($0)].attempt) }
        for (job, attempt) in jobs
        where progress[Int(job)].members.contains(where: { $0.node != fault.nodes[0] }) {
            fail(job, attempt, .node, by: index, suspect: fault.nodes[0])
        }
    }

    private mutating func notice(_ fault: Fault, _ index: Int) {
        let node = fault.nodes[0]
        switch fault.kind {
        case .link:
            tell(faults?.conditions.setClosed(node, true))
            schedule(index, .ends, after: fault.repair)
        case .corruption:
            tell(faults?.conditions.setClosed(node, true))
            let jobs = (faults?.jobs(on: [node]) ?? []).map { ($0, progress[Int($0)].attempt) }
            for (job, attempt) in jobs { fail(job, attempt, .node, by: index, suspect: node) }
            schedule(index, .ends, after: fault.repair)
        case .slowNode:
            for job in faults?.jobs(on: [node]) ?? [] {
                let attempt = progress[Int(job)].attempt
                faults?.blame(index, for: job, attempt, failedAt: nil)
            }
            let grace = faults?.model.drainGrace ?? .zero
            let deadline = heard + grace
            tell(faults?.conditions.setClosed(node, true, by: deadline))
            schedule(index, .repairBegins, after: grace + setup.stopDelay + Self.drainSlack)
        case .device, .node, .rack, .software: break
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
    private mutating func breakJobs(
        by index: Int, where isHit: (MemberPlacement) -> Bool
    ) {
        guard let nodes = faults?.struck[index].fault.nodes else { return }
        let failedAt = heard
        for job in faults?.jobs(on: nodes) ?? []
        where progress[Int(job)].members.contains(where: isHit) {
            let attempt = progress[Int(job)].attempt
            faults?.blame(index, for: job, attempt, failedAt: failedAt)
        }
    }

    private mutating func changeSpeeds(on nodes: [NodeID]) {
        for job in faults?.jobs(on: nodes) ?? [] {
            setMembers(JobID(rawValue: job), progress[Int(job)].members, at: heard)
        }
    }

    private mutating func schedule(_ index: Int, _ step: FaultStep, after span: TimeSpan) {
        events.schedule(.fault(index, step), at: now + span)
    }

    private mutating func tell(_ inputs: [Input]?) {
        for input in inputs ?? [] { give(input) }
    }
}
