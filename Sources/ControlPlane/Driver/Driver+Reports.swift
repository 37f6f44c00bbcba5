import FleetModel
import Health
import HealthControl
import Stacks
import Store

extension Driver {
    /// Takes in what the backend has seen, node ids translated already.
    func take(_ report: BackendReport) throws {
        if let id = report.answeredCare { careOrders[id] = nil }
        switch report {
        case .started(let job, let attempt): try apply(.confirmStart(job, attempt))
        case .finished(let job, let attempt, let exits):
            noteExits(job, attempt, exits, detail: "")
            try apply(.finish(job, attempt))
        case .failed(let job, let attempt, let cause, let suspect, let advice, let exits, let text):
            noteExits(job, attempt, exits, detail: text)
            // Of a node that nobody knows there is nothing to remember.
            let known = suspect.flatMap { view.nodes[$0.index] == nil ? nil : $0 }
            guard isCurrent(job, attempt) else { break }
            if cause == .application, known == nil, advice == .byCause, awaitsWord(job) {
                return openEnds.add(job, attempt, at: now)
            }
            openEnds.remove(job)
            try takeFailure(job, attempt, cause, known, advice, at: now)
        case .evidence(let job, let attempt, let told):
            if isCurrent(job, attempt) { cases.add(told, to: CaseKey(job, attempt)) }
        case .stopped(let job, let attempt, let exits):
            noteExits(job, attempt, exits, detail: "")
            try apply(.confirmStop(job, attempt))
        case .shrunk(let job, let attempt, let resize):
            try apply(.confirmShrink(job, attempt, resize))
        case .progress(let job, let attempt, let progress):
            try takeProgress(job, attempt, progress)
        case .nodesJoined(let nodes): try join(nodes)
        case .nodesLost(let nodes, let detail): try lose(nodes, detail: detail)
        case .deviceHealth(let node, let unhealthy, let detail):
            try setHealth(node, unhealthy, detail: detail)
        case .drain(let node, let deadline, let detail):
            try close(node, deadline: deadline, detail: detail)
        case .resume(let node, let detail): try reopen(node, detail: detail)
        case .nodes(let reports): try takeNodes(reports)
        case .rule(let name, let admitted, let preferred):
            try takeRule(name, admits: admitted, prefers: preferred)
        case .found(let job): try take(found: job)
        case .vanished(let key, let departure):
            try settleEnd(of: foundJobs[key])
            try takeVanished(key, departure)
        case .tenants(let report): try takeTenants(report)
        case .hardware(let node, let facts): take(facts, of: node, from: .backend)
        case .qualified(let node, let id, let told):
            let isAwaited = desk.engine.isOutstanding(id)
            let answer = judged(told, of: node)
            if isAwaited { weighVersions(answer, of: node) }
            take(answer, to: id, of: node)
            // What is told once more was told and learned before.
            guard isAwaited else { break }
            tellFaults(of: answer, node)
            learn(from: answer, to: id, of: node)
        case .versions(let node, let versions): note(versions, of: node, from: .watcher)
        case .repaired(let node, let id, let outcome):
            now = max(now, clock.now())
            tellHealth(.engine(.repaired(node, id, outcome)))
        case .tested(let node, let id, let test):
            take(test, to: id, of: node)
        case .remarked(let node, _, let words):
            now = max(now, clock.now())
            tell("health", node, String(words.prefix(1000)))
        case .statements(let node, let said): take(said, of: node)
        case .withheld(let node, let devices): note(withheld: devices, of: node)
        }
    }

    private func isCurrent(_ job: JobID, _ attempt: Attempt) -> Bool {
        guard let row = view.jobs[job.index]?.row else { return false }
        return row.attempt == attempt && row.state.isPlaced
    }

    private func noteExits(
        _ job: JobID, _ attempt: Attempt, _ exits: [MemberExit], detail: String
    ) {
        guard isCurrent(job, attempt), openAttempts[job]?.attempt == attempt else { return }
        openAttempts[job]?.exits = exits.map {
            ExitRow(rank: Int32($0.rank), code: $0.code, signal: $0.signal)
        }
        if !detail.isEmpty { openAttempts[job]?.detail = String(detail.prefix(1000)) }
        pending.attempts[job] = openAttempts[job]
    }

    /// Whether the end of an attempt is to wait for what agents say.
    private func awaitsWord(_ job: JobID) -> Bool {
        now = max(now, clock.now())
        return openAttempts[job].map { mayBeExplained($0, at: now) } ?? false
    }

    /// Takes ends in that have waited long enough, or that an agent has explained.
    func settleEnds() throws {
        guard !openEnds.isEmpty else { return }
        now = max(now, clock.now())
        let hasNews = openEnds.hasNews
        openEnds.hasNews = false
        for end in openEnds.all {
            guard let open = openAttempts[end.job], isCurrent(end.job, end.attempt) else {
                openEnds.remove(end.job)
                continue
            }
            let isExplained = hasNews && !mayBeExplained(open, at: end.at)
            if isExplained || end.until <= now { try settleEnd(of: end.job) }
        }
    }

    /// Takes in the end of a job's attempt that waits, if there is one.
    private func settleEnd(of job: JobID?) throws {
        guard let job, let end = openEnds.all.first(where: { $0.job == job }) else { return }
        openEnds.remove(job)
        guard isCurrent(job, end.attempt) else { return }
        try takeFailure(job, end.attempt, .application, nil, .byCause, at: end.at)
    }

    private func takeFailure(
        _ job: JobID, _ attempt: Attempt, _ cause: FailureCause, _ suspect: NodeID?,
        _ advice: RetryAdvice, at end: Instant
    ) throws {
        let culprit = attribute(job, attempt, cause, suspect, at: end)
        try carryOutHealth()
        suspects[job] = suspect ?? culprit
        if advice == .never {
            doomed.insert(job)
            try apply(.cancel(job))
            return try apply(.confirmStop(job, attempt))
        }
        // Where a machine is to blame the program did nothing wrong: as if it had been lost.
        let blamed = suspect ?? culprit
        let told = advice == .elsewhere || culprit != nil ? .node : cause
        failures[job] = told
        defer { failures[job] = nil }
        if let blamed {
            // Before the place is free for those who wait.
            try keepOthers(off: blamed, of: job)
            try apply(.failOn(job, attempt, told, suspect: blamed))
        } else {
            try apply(.fail(job, attempt, told))
        }
    }

    /// Has jobs of the lineage that wait keep off a node that is to blame: a controller may make
    /// pods anew before it is known why the old ones ended.
    private func keepOthers(off node: NodeID, of job: JobID) throws {
        for other in lineages.others(of: job)
        where view.jobs[other.index]?.row.state.isWaiting == true {
            try apply(.suspect(other, node))
        }
    }

    /// Takes in how far a job is. What goes back within an attempt is passed over.
    func takeProgress(_ job: JobID, _ attempt: Attempt, _ told: JobProgress) throws {
        let (step, checkpointedStep) = (told.step, told.checkpointedStep)
        guard isCurrent(job, attempt), let present = view.jobs[job.index]?.row else { return }
        let hasSaved = (checkpointedStep ?? -1) > (present.checkpointedStep ?? -1)
        let now = max(now, clock.now())
        change(job) { view in
            view.row.step = max(step, checkpointedStep ?? step)
            if hasSaved { view.row.checkpointedStep = checkpointedStep }
            if let took = told.checkpointMilliseconds { view.row.checkpointMilliseconds = took }
            view.row.progressAt = now
        }
        if hasSaved { try apply(.checkpointed(job, attempt)) }
    }

    // MARK: Nodes

    func changeNode(_ node: NodeID, _ body: (inout NodeView) -> Void) {
        let now = now
        var isSpare = false
        view.nodes.modify(node.index) { view in
            let before = view.state
            body(&view)
            if view.state != before { view.row.since = now }
            isSpare = view.isSpare
        }
        noteSpares(isUrgent: isSpare)
        pending.changedNodes.insert(node)
    }

    func tell(_ kind: String, _ node: NodeID, _ text: String) {
        tell(EventRow(kind: kind, at: now, node: view.directory.node(node), text: text))
    }

    private func join(_ nodes: [NodeID]) throws {
        let absent = nodes.filter { view.nodes[$0.index].map { !$0.row.isPresent } ?? false }
        guard !absent.isEmpty else { return }
        let specs = absent.compactMap { node -> NodeSpec? in
            guard let row = view.nodes[node.index]?.row else { return nil }
            var spec = row.spec
            spec.unhealthyDevices = row.unhealthy
            return spec
        }
        for node in absent { changeNode(node) { $0.row.isPresent = true } }
        try add(specs)
        for node in absent { tell("nodeJoined", node, "is there again") }
    }

    /// Tells the engine that the node takes no new work, and by when it must be empty.
    func closeInEngine(_ node: NodeID) throws {
        guard let row = view.nodes[node.index]?.row, row.isPresent else { return }
        try apply(.closing(node, deadline: row.deadline))
    }

    private func lose(_ nodes: [NodeID], detail: String) throws {
        let present = nodes.filter { view.nodes[$0.index]?.row.isPresent ?? false }
        guard !present.isEmpty else { return }
        for node in present {
            changeNode(node) { $0.row.isPresent = false }
            tell("nodeLost", node, detail.isEmpty ? "is lost" : "is lost: \(detail)")
        }
        lostNode = present.count == 1 ? present.first : nil
        defer { lostNode = nil }
        try apply(.removeNodes(present))
        for node in present { departFromHealth(node) }
    }

    private func setHealth(_ node: NodeID, _ unhealthy: UInt64, detail: String) throws {
        guard let present = view.nodes[node.index], present.row.unhealthy != unhealthy else {
            return
        }
        let isWorse = unhealthy & ~present.row.unhealthy != 0
        changeNode(node) { $0.row.unhealthy = unhealthy }
        reviewWithdrawn(of: node)
        let out = (0..<64).filter { unhealthy & (1 << UInt64($0)) != 0 }.map(String.init)
        let text =
            out.isEmpty
            ? "all devices are in service"
            : "out of service: device \(out.joined(separator: ", "))"
        tell(
            isWorse ? "deviceLost" : "deviceBack", node,
            detail.isEmpty ? text : "\(text) (\(detail))")
        try setDevicesInEngine(node)
    }

    /// Tells the engine which devices of a node are out of service, whoever says so.
    func setDevicesInEngine(_ node: NodeID) throws {
        guard let row = view.nodes[node.index]?.row, row.isPresent else { return }
        lostNode = node
        defer { lostNode = nil }
        try apply(.setDeviceHealth(node, unhealthy: row.outOfService))
    }

    private func close(_ node: NodeID, deadline: Instant?, detail: String) throws {
        guard view.nodes[node.index] != nil else { return }
        changeNode(node) { view in
            view.row.isClosed = true
            view.row.closedFor = detail
            view.row.closedDeadline = deadline
        }
        tell("nodeDraining", node, "takes no new work: \(detail)")
        try closeInEngine(node)
    }

    private func reopen(_ node: NodeID, detail: String) throws {
        guard let present = view.nodes[node.index], present.row.isClosed else { return }
        changeNode(node) { view in
            view.row.isClosed = false
            view.row.closedFor = nil
            view.row.closedDeadline = nil
        }
        guard let now = view.nodes[node.index], !now.isClosed else {
            return try closeInEngine(node)
        }
        tell("nodeReady", node, detail.isEmpty ? "takes work again" : detail)
        if present.row.isPresent { try apply(.resume(node)) }
    }

    /// Closes a node for new work by hand; with a deadline what is there then is stopped, with
    /// `.never` it is to leave when it ends.
    func cordon(_ node: NodeID, by who: String, reason: String, deadline: Instant?) throws {
        changeNode(node) { view in
            view.row.cordonedBy = who
            view.row.reason = reason
            view.row.cordonDeadline = deadline
        }
        tell(
            deadline == nil ? "nodeCordoned" : "nodeDraining", node,
            "takes no new work: \(reason) (\(who))")
        noteCordon(of: node, by: who, isOn: true)
        try closeInEngine(node)
    }

    /// Takes back what was done by hand; what the backend closed stays closed.
    func uncordon(_ node: NodeID, by who: String, reason: String) throws {
        if let other = view.nodes[node.index]?.row.cordonedBy {
            noteCordon(of: node, by: other, isOn: false)
        }
        changeNode(node) { view in
            view.row.cordonedBy = nil
            view.row.reason = nil
            view.row.cordonDeadline = nil
        }
        guard let present = view.nodes[node.index], !present.isClosed else {
            return try closeInEngine(node)
        }
        tell(
            "nodeReady", node,
            "takes work again" + (reason.isEmpty ? "" : ": \(reason)") + " (\(who))")
        if present.row.isPresent { try apply(.resume(node)) }
    }
}

extension Input {
    /// Closes a node to new work. What runs there is stopped at a deadline; with none, or `.never`,
    /// it stays until it ends.
    static func closing(_ node: NodeID, deadline: Instant?) -> Input {
        guard let deadline, deadline != .never else { return .drain(node) }
        return .drainBy(node, deadline: deadline)
    }
}

extension BackendReport {
    /// The test or repair that it is the answer to.
    fileprivate var answeredCare: OperationID? {
        switch self {
        case .qualified(_, let id, _), .tested(_, let id, _), .repaired(_, let id, _): id
        default: nil
        }
    }
}
