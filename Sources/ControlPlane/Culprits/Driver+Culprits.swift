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

    /// Asks who is to blame for an attempt that has failed by its program: the node that its end is
    /// put down to, if one is. A backend that names one itself is believed. Where nothing says that
    /// it hung, hardware that failed under it and agents that went silent are asked alone.
    func attribute(
        _ job: JobID, _ attempt: Attempt, _ cause: FailureCause, _ suspect: NodeID?,
        at end: Instant
    ) -> NodeID? {
        let key = CaseKey(job, attempt)
        guard cause == .application, suspect == nil, let open = openAttempts[job] else {
            return nil
        }
        // After a restart only what was found is there, not what it rested on.
        if cases[key] != nil || open.culprit == nil {
            let found = judge(open, at: end)
            guard cases[key] != nil || found.suspect != nil else { return nil }
            openAttempts[job]?.culprit = found
            pending.attempts[job] = openAttempts[job]
        }
        guard let culprit = openAttempts[job]?.culprit, let row = view.jobs[job.index]?.row else {
            return nil
        }
        tell(event("culprit", row, text: culprit.text))
        watch(culprit)
        return culprit.suspect
    }

    /// Whether agents may still say why an attempt failed by its program: nothing names anybody
    /// yet, and it had devices, real ones, on a node that is watched by one.
    func mayBeExplained(_ attempt: AttemptRow, at end: Instant) -> Bool {
        let hasAgent = used(by: attempt).contains { used in
            guard used.devices != 0, let node = desk.engine[used.node] else { return false }
            return node.lastHeard != nil && node.parts.contains { $0 != nil }
        }
        return hasAgent && attempt.culprit == nil && judge(attempt, at: end).isOpen
    }

    /// Who is to blame for an attempt, by all that is known now.
    func judge(_ attempt: AttemptRow, at end: Instant) -> CulpritRow {
        let told = cases[CaseKey(attempt.job, attempt.attempt)]
        let members = attempt.members.sorted { $0.rank < $1.rank }
        let ranks = members.map(\.rank)
        let used = used(by: attempt)
        // Of an attempt that is long over nobody knows whose agent was silent then.
        let isFresh = now - end <= HangCase.after
        // A program that does not hang is not ended by what was before it.
        let from = told == nil ? attempt.startedAt : .zero
        let given = HangCase(
            members: members.map(\.placement.node),
            nodes: used.map { sign(of: $0.node, isFresh: isFresh) },
            hardware: used.flatMap { faults(of: $0, from: from) }, endedAt: end,
            signs: (told?.signs ?? []).compactMap { sign in
                ranks.firstIndex(of: sign.member).map {
                    MemberSign(member: Int32($0), sign.fault)
                }
            }, evidence: told?.evidence ?? Evidence())
        let finding = given.judge()
        return CulpritRow(finding, isSpread: used.count > 1, told ?? AttemptEvidence())
    }

    /// What an attempt has of each node.
    private func used(by attempt: AttemptRow) -> [UsedHardware] {
        var used: [UsedHardware] = []
        for member in attempt.members.map(\.placement).sorted(by: { $0.node < $1.node }) {
            if let last = used.last, last.node == member.node {
                used[used.count - 1].devices |= member.devices
            } else {
                used.append(UsedHardware(node: member.node, devices: member.devices))
            }
        }
        return used
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

    /// Faults that took out hardware which an attempt used. What people said and what was concluded
    /// from other hangs is none.
    private func faults(of used: UsedHardware, from: Instant) -> [HardwareSign] {
        var signs: [HardwareSign] = []
        for record in desk.engine.faults(of: used, from: from, until: .never) {
            let cause = desk.names.cause(record.cause)
            let sign = HardwareSign(node: used.node, cause: cause, at: record.seenAt)
            if cause != Driver.byHand, !signs.contains(sign) { signs.append(sign) }
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
    /// Whether more may be heard that names somebody.
    fileprivate var isOpen: Bool { verdict == "notAttributable" }

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
