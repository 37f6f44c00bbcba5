import ControlPlane
import Documents
import FleetModel
import Simulation

/// What the simulated machines do as they are told.
extension SimulatedWorld {
    /// Begins to carry out an order, now. A repeated one does nothing, or says again what is so.
    mutating func execute(_ order: BackendOrder) {
        switch order {
        case .start(let launch): start(launch)
        case .stop(let job, let attempt, _): stop(job, attempt)
        case .shrink(let job, let attempt, let resize, let ranks):
            shrink(job, attempt, resize, ranks)
        case .grow(let job, let attempt, let resize, let launch, let ranks):
            grow(job, attempt, resize, launch, ranks)
        case .forget(let job): histories[job] = nil
        // It finds no jobs, and has no tenants of its own.
        case .tell, .sayRule, .tenants: break
        }
    }

    private mutating func start(_ launch: GangLaunch) {
        let job = launch.job
        if let known = gangs[job]?.attempt ?? histories[job]?.lastAttempt {
            if known >= launch.attempt { return }
            remove(job, "a later attempt has begun")
        }
        guard canHold(launch) else {
            report(
                .failed(
                    job, launch.attempt, .start, suspect: nil, retry: .byCause, exits: [],
                    detail: "a member was to start on a node or device that does not exist"))
            return
        }
        let begin = now + delays.start
        let kept = max(launch.progressKept, .work(ofSteps: launch.checkpointedStep ?? 0))
        histories[job, default: JobHistory(launch)].begins(launch, at: now)
        put(
            SimulatedGang(
                launch, kept: kept,
                runTime: RunTime.of(launch.document, job: job, seed: seed), from: begin),
            at: begin)
        reschedule(job)
    }

    private mutating func stop(_ job: JobID, _ attempt: Attempt) {
        guard let gang = gangs[job], gang.attempt == attempt else {
            report(.stopped(job, attempt, []))
            return
        }
        var until = now + delays.stop
        switch gang.phase {
        case .stopping: return
        case .breaking(let end, _): until = min(until, end)
        case .starting, .running, .stuck: break
        }
        gangs[job]?.halt(.stopping(until: until), at: now)
        reschedule(job)
    }

    private mutating func shrink(
        _ job: JobID, _ attempt: Attempt, _ resize: Resize, _ ranks: [Int]
    ) {
        guard let gang = gangs[job], gang.attempt == attempt else {
            report(.shrunk(job, attempt, resize))
            return
        }
        guard resize > gang.lastResize else {
            if !gang.leaves.contains(where: { $0.resize == resize }) {
                report(.shrunk(job, attempt, resize))
            }
            return
        }
        gangs[job]?.lastResize = resize
        gangs[job]?.remove(ranks: ranks)
        gangs[job]?.leaves.append(
            SimulatedGang.Leave(resize: resize, until: now + delays.stop))
        histories[job]?.leave(attempt, ranks: ranks)
        changeMembers(of: job, from: gang.placements)
    }

    private mutating func grow(
        _ job: JobID, _ attempt: Attempt, _ resize: Resize, _ launch: GangLaunch, _ ranks: [Int]
    ) {
        guard let gang = gangs[job], gang.attempt == attempt, resize > gang.lastResize,
            canHold(launch)
        else { return }
        let joining = Set(ranks)
        let new = launch.members.filter { joining.contains($0.rank) }
        gangs[job]?.lastResize = resize
        gangs[job]?.add(new)
        histories[job]?.join(attempt, new)
        changeMembers(of: job, from: gang.placements)
    }

    private mutating func changeMembers(of job: JobID, from old: [MemberPlacement]) {
        guard let placements = gangs[job]?.placements else { return }
        let speed = slowestSpeed(placements)
        gangs[job]?.setSpeed(of: speed, at: now)
        meetFaults(job, from: old)
        reschedule(job)
    }

    /// Whether every member has a node, a role and devices that exist.
    private func canHold(_ launch: GangLaunch) -> Bool {
        launch.members.allSatisfy { member in
            fleet.nodes.indices.contains(member.node.index)
                && launch.document.roles.indices.contains(member.role)
                && member.devices.leadingZeroBitCount
                    >= 64 - Int(fleet.nodes[member.node.index].devices)
        }
    }

    // MARK: Recovery

    /// Goes on with what the driver believes to run, and with nothing else.
    ///
    /// When a gang ends is a matter of its document and the time of its start, so that those that
    /// ran before the control plane was started again run on as if nothing had been.
    mutating func adopt(_ expected: [ExpectedGang]) {
        let known = Set(expected.map(\.launch.job))
        for job in gangs.keys.sorted() where !known.contains(job) {
            remove(job, "nobody knew of it any more")
        }
        for gang in expected.sorted(by: { $0.launch.job < $1.launch.job }) { adopt(gang) }
    }

    private mutating func adopt(_ expected: ExpectedGang) {
        let launch = expected.launch
        let job = launch.job
        if let gang = gangs[job] {
            if gang.attempt == launch.attempt {
                if case .running = gang.phase { report(.started(job, gang.attempt)) }
                return
            }
            remove(job, "another attempt was expected")
        }
        guard expected.phase != .starting else { return }
        guard canHold(launch) else {
            let stopped = BackendReport.stopped(job, launch.attempt, [])
            let lost = BackendReport.failed(
                job, launch.attempt, .node, suspect: nil, retry: .byCause, exits: [],
                detail: "it ran on a node that does not exist any more")
            report(expected.phase == .stopping ? stopped : lost)
            return
        }
        histories[job, default: JobHistory(launch)].begins(launch, at: expected.startedAt)
        let begin = expected.startedAt + delays.start
        let runTime = RunTime.of(launch.document, job: job, seed: seed)
        var gang = SimulatedGang(launch, kept: launch.progressKept, runTime: runTime, from: begin)
        gang.setSpeed(of: AttemptProgress.fullSpeed, at: begin)
        // What a checkpoint keeps was done, even if it was by more members than there are now.
        let behind = gang.steps(at: now).step
        if let step = launch.checkpointedStep, step > behind {
            let kept = launch.progressKept + .work(ofSteps: step - behind)
            gang = SimulatedGang(launch, kept: kept, runTime: runTime, from: begin)
        }
        if expected.phase == .stopping {
            gang.halt(.stuck, at: now)
        } else {
            gang.phase = .running
            gang.skipReports(until: now + reportGap)
            histories[job]?.runs(launch.attempt, at: min(now, begin))
        }
        put(gang, at: begin)
        if gang.isAlive, gangs[job]?.end ?? .never > now { report(.started(job, launch.attempt)) }
        reschedule(job)
    }
}
