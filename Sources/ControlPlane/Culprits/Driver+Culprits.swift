import Culprits
import FleetModel
import Health
import HealthControl
import HealthSignals
import Store

extension Driver {
    /// The cause of watching a node that a hang was put down to without a fault of hardware.
    private static let hangCause = "named as the culprit of a hang"
    /// The rule that says so.
    private static let hangRule = "culprit"
    private static let byHand = "quarantined by hand"

    /// Asks who is to blame for an attempt that has just failed, where there is any evidence that
    /// it hung: the node that its end is put down to, if one is. A backend that names one itself
    /// is believed.
    func attribute(
        _ job: JobID, _ attempt: Attempt, _ cause: FailureCause, _ suspect: NodeID?
    ) -> NodeID? {
        let key = CaseKey(job, attempt)
        guard cause == .application, suspect == nil, let open = openAttempts[job] else {
            return nil
        }
        // After a restart only what was found is there, not what it rested on.
        guard cases[key] != nil || open.culprit != nil else { return nil }
        now = max(now, clock.now())
        if cases[key] != nil {
            openAttempts[job]?.culprit = judge(open, at: now)
            pending.attempts[job] = openAttempts[job]
        }
        guard let culprit = openAttempts[job]?.culprit, let row = view.jobs[job.index]?.row else {
            return nil
        }
        tell(event("culprit", row, text: culprit.text))
        watch(culprit)
        return culprit.suspect
    }

    /// Who is to blame for an attempt, by all that is known now.
    func judge(_ attempt: AttemptRow, at end: Instant) -> CulpritRow {
        let told = cases[CaseKey(attempt.job, attempt.attempt)] ?? AttemptEvidence()
        let members = attempt.members.sorted { $0.rank < $1.rank }
        let ranks = members.map(\.rank)
        var nodes: [NodeID] = []
        for node in members.map(\.placement.node).sorted() where nodes.last != node {
            nodes.append(node)
        }
        // Of an attempt that is long over nobody knows whose agent was silent then.
        let isFresh = now - end <= HangCase.after
        let given = HangCase(
            members: members.map(\.placement.node),
            nodes: nodes.map { sign(of: $0, isFresh: isFresh) },
            hardware: nodes.flatMap(faults), endedAt: end,
            signs: told.signs.compactMap { sign in
                ranks.firstIndex(of: sign.member).map {
                    MemberSign(member: Int32($0), sign.fault)
                }
            }, evidence: told.evidence)
        let finding = given.judge()
        return CulpritRow(finding, isSpread: nodes.count > 1, told)
    }

    private func sign(of node: NodeID, isFresh: Bool) -> NodeSign {
        let name = view.directory.node(node)
        guard isFresh, let heard = desk.engine[node]?.lastHeard else {
            return NodeSign(node: node, name: name)
        }
        let clock = desk.engine.clock
        let silence = clock.engine - heard
        return NodeSign(
            node: node, name: name,
            lastHeard: Instant(nanoseconds: clock.wall.nanoseconds - silence.nanoseconds),
            isSilent: silence >= desk.engine.policy.suspicion.silence)
    }

    /// Faults of a node and its devices that take hardware out, as the ledger keeps them. What
    /// people said and what was concluded from other hangs is none.
    private func faults(of node: NodeID) -> [HardwareSign] {
        guard let known = desk.engine[node] else { return [] }
        let ledger = desk.engine.ledger
        var records = ledger.machines[known.machine.index].history.faults
        for part in known.parts.compactMap({ $0 }) {
            records += ledger.parts[part.index].history.faults
        }
        var signs: [HardwareSign] = []
        for record in records where record.node == node && record.action.takesOut {
            let cause = desk.names.cause(record.cause)
            guard record.severity != .unknown, cause != Driver.byHand else { continue }
            let sign = HardwareSign(node: node, cause: cause, at: record.seenAt)
            if !signs.contains(sign) { signs.append(sign) }
        }
        return signs
    }

    /// The culprit of an attempt whose node, or a device of it, went out of service, or that blames
    /// its node itself.
    func lostPlace(_ node: NodeID) -> CulpritRow {
        let name = view.directory.node(node)
        let cause = desk.engine[node]?.track.cause.map { ", " + desk.names.cause($0) } ?? ""
        return CulpritRow(
            verdict: "named", reason: CulpritReason.hardwareFault.name,
            text: "it had to leave node \(name)" + cause, nodes: [node], suspect: node,
            cause: RestartCause.hardware.rawValue)
    }

    /// Has nodes watched that a hang was put down to: a suspicion, which is tested when they are
    /// idle, and never a reason to take them out. A fault of hardware is in the ledger already.
    func watch(_ culprit: CulpritRow) {
        guard culprit.suspect != nil, culprit.reason != CulpritReason.hardwareFault.name else {
            return
        }
        let finding = Finding(
            scope: .node, cause: desk.names.cause(named: Driver.hangCause), severity: .warning,
            action: .watch, urgency: .afterJob, components: [],
            rule: desk.names.rule(named: Driver.hangRule), version: 0, seenAt: now)
        for node in culprit.nodes { tellHealth(.engine(.found(node, finding))) }
        showsHealth = true
    }

    /// Under what an attempt's loss is counted, where its culprit says so: only of one that failed,
    /// not of one that was stopped for something else.
    func culpritCause(of attempt: AttemptRow, _ ending: String) -> RestartCause? {
        let isFailure =
            ending == JobOutcome.failed.ending || ending == FailureCause.node.ending
        guard isFailure, let culprit = attempt.culprit else { return nil }
        return culprit.cause.flatMap { RestartCause(rawValue: $0) }
    }
}

extension CulpritRow {
    /// Keeps a finding. Ranks of an attempt that is on one node accuse that node of nothing, since
    /// it is the only one.
    init(_ finding: CulpritFinding, isSpread: Bool, _ told: AttemptEvidence) {
        self.init(verdict: "", reason: "", text: finding.text, grounds: finding.grounds)
        onset = finding.onset
        switch finding.verdict {
        case .named(let suspects, let reason):
            verdict = "named"
            self.reason = reason.name
            nodes = finding.nodes
            ranks = suspects.compactMap(\.rank)
            if isSpread || reason.isOfNode { suspect = nodes.first }
            cause = (reason.isOfNode ? RestartCause.hardware : .hang).rawValue
        case .program(let reason):
            verdict = "program"
            self.reason = reason.name
            cause = RestartCause.application.rawValue
        case .notAttributable(let reason):
            verdict = "notAttributable"
            self.reason = reason.name
            cause = told.restartCause?.rawValue
        }
    }
}

extension CulpritReason {
    /// Whether it is about the node itself, and not about a rank that may only be slow.
    fileprivate var isOfNode: Bool {
        switch self {
        case .hardwareFault, .deviceError, .silentNode: true
        case .lostProcess, .missingAtFront, .noRecord, .notStarted, .notEnded, .behind: false
        }
    }
}

extension AttemptEvidence {
    /// What ended an attempt that nobody is to blame for; nil when it says nothing of the kind.
    fileprivate var restartCause: RestartCause? {
        let kinds = signs.map(\.fault.kind)
        if !evidence.isEmpty || kinds.contains(.collectiveTimeout) || kinds.contains(.watchdogStuck)
        {
            return .hang
        }
        return signs.contains { $0.fault.points == .elsewhere } ? .network : nil
    }
}
