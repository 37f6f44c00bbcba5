import FleetModel
import Health
import HealthControl
import Stacks
import Store

// What the health engine is told of the fleet and its jobs.
extension Driver {
    /// Adds nodes to the fleet. One that is closed, or that the health engine does not take in,
    /// comes without anything that could be given away, until the engine knows that it is closed.
    func add(_ specs: [NodeSpec]) throws {
        for spec in specs { arrive(spec.id) }
        var first = specs
        var closed: [NodeSpec] = []
        for index in specs.indices {
            let id = specs[index].id
            if assignsDevices {
                first[index].unhealthyDevices |= desk.engine[id]?.toldUnhealthy ?? 0
            }
            let isHeld = desk.engine[id]?.isCordoned ?? false
            guard isHeld || view.nodes[id.index]?.isClosed ?? false else { continue }
            closed.append(first[index])
            first[index].unhealthyDevices = view.nodes[id.index]?.allDevices ?? 0
            first[index].host = .zero
        }
        try apply(.addNodes(first))
        for spec in closed {
            try apply(.closing(spec.id, deadline: view.nodes[spec.id.index]?.row.deadline))
            try apply(.updateNodes([spec]))
            try apply(.setDeviceHealth(spec.id, unhealthy: spec.unhealthyDevices))
        }
    }

    /// Tells the health engine of a node that is here, unless it knows the same already.
    func arrive(_ node: NodeID) {
        guard let row = view.nodes[node.index]?.row, row.isPresent else { return }
        let kind = row.spec.kind.map { view.directory.fleet.kinds[$0] } ?? ""
        if desk.kind(of: node) != kind { tellHealth(.kind(node, kind)) }
        place(node, in: view.directory.fleet.pools[row.spec.pool])
        let isolates = isolatesDevices(node)
        var facts = hardware[node] ?? .unknown(devices: row.spec.devices)
        // Who cannot say what a node is made of does not take back what was known.
        if hardware[node] == nil, let known = desk.engine[node] {
            if known.report.isolatesDevices == isolates { return }
            facts = toldHardware(of: node)
        }
        facts.isolatesDevices = facts.isolatesDevices && isolates
        if facts.devices.isEmpty {
            facts.devices = HardwareFacts.unknown(devices: row.spec.devices).devices
        }
        facts.deviceCount = max(
            facts.deviceCount ?? 0, Int32(clamping: facts.devices.count), row.spec.devices)
        let report = desk.names.report(facts)
        if let known = desk.engine[node], known.report == report,
            known.domains == row.spec.domains, known.pool == row.spec.pool
        {
            return
        }
        let arrival = Arrival(report: report, domains: row.spec.domains, pool: row.spec.pool)
        tellHealth(.engine(.arrived(node, arrival)))
        occupancyChanges.insert(node)
        tellStatements(of: node)
    }

    /// Tells the health engine that a node is gone. What it kept from work is nobody's now: of what
    /// comes under that name it decides anew.
    func departFromHealth(_ node: NodeID) {
        tellHealth(.engine(.departed(node)))
        metrics.forget(node)
        hearing.forget(node)
        statements[node] = nil
        withheld[node] = nil
        changeNode(node) { view in
            view.row.isHeld = false
            view.row.heldFor = nil
            view.row.heldDeadline = nil
            view.row.withdrawn = 0
        }
    }

    /// Takes in how a test ended.
    func take(_ answer: QualificationAnswer, to id: OperationID, of node: NodeID) {
        now = max(now, clock.now())
        var outcome = answer.outcome
        outcome.failedTests = answer.failedTests.prefix(Decision.inputsKept).map {
            desk.names.test(named: $0)
        }
        tellHealth(.engine(.qualified(node, id, outcome)))
    }

    /// Tells that somebody else closed a node, or opened it again.
    func noteCordon(of node: NodeID, by who: String, isOn: Bool) {
        guard desk.engine[node] != nil else { return }
        let who = desk.names.who(named: who)
        tellHealth(.engine(.stated(node, isOn ? .cordoned(by: who) : .uncordoned(by: who))))
    }

    /// Remembers which node is to blame for a gang that is being stopped.
    func blame(_ job: JobID, _ reason: StopReason) {
        switch reason {
        case .hardware: suspects[job] = lostNode
        case .maintenance:
            // A node that is emptied because of a fault: nobody planned that.
            let members = view.jobs[job.index]?.members ?? []
            suspects[job] =
                members.first { member in
                    let node = desk.engine[member.placement.node]
                    return node?.track.state == .draining && node?.track.cause != nil
                }?.placement.node
        case .cancelled, .timeLimit, .preemption: break
        }
    }

    /// Tells how an attempt of a job ended; it is still on its nodes.
    func noteEnd(
        of attempt: AttemptRow, _ job: JobView, ending: String, lostMilliSeconds: Int64
    ) {
        let suspect = suspects.removeValue(forKey: job.row.id)
        if let suspect { lineages.blame(suspect, for: job.row.id, at: now) }
        var nodes: [NodeID] = []
        var seen: Set<NodeID> = []
        for member in job.members where seen.insert(member.placement.node).inserted {
            nodes.append(member.placement.node)
        }
        let span = attempt.runningAt.map { now - $0 } ?? .zero
        let held = Int128(span.nanoseconds) * Int128(job.row.gpuMilli) / 1_000_000_000_000
        let known = suspect.flatMap { desk.engine[$0] }
        let cause =
            culpritCause(of: attempt, ending)
            ?? (suspect == nil ? self.cause(of: ending, job.row.id) : .hardware)
        noteUse(of: job, span: span, cause: cause, suspect: suspect)
        tellHealth(
            .engine(
                .attemptEnded(
                    AttemptEnd(
                        job: job.row.id, nodes: nodes,
                        cause: cause, suspect: suspect, fault: known?.track.cause,
                        excluded: exclusions.removeValue(forKey: job.row.id) ?? [],
                        gpuSeconds: Int64(clamping: held),
                        lostGPUSeconds: lostMilliSeconds / 1000))))
    }

    /// What an attempt's ending, as the API names it, says about the cause. Of a job that failed
    /// since its retries are used up, what the last attempt failed of.
    private func cause(of ending: String, _ job: JobID) -> RestartCause {
        let isFailure = ending == JobOutcome.failed.ending
        return switch isFailure ? failures[job]?.ending ?? ending : ending {
        case JobOutcome.failed.ending: .application
        case FailureCause.node.ending: .hardware
        case FailureCause.start.ending: .start
        case FailureCause.preemption.ending, FailureCause.maintenance.ending: .preemption
        case JobOutcome.succeeded.ending, JobOutcome.cancelled.ending, JobOutcome.timedOut.ending:
            .done
        default: .unknown
        }
    }
}
