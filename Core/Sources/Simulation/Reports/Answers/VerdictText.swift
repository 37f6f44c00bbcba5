import FleetModel
import Scheduler

/// Why a job waits and what would start it, for a terminal.
public struct VerdictText {
    private let names: AnswerNames
    private let width: Int

    /// Lines are broken at `width` columns.
    public init(names: AnswerNames, width: Int) {
        self.names = names
        self.width = max(40, width)
    }

    /// The whole verdict.
    public func text(_ explanation: Explanation, _ remedies: [Remedy]) -> String {
        var lines = [TerminalText.hanging("", headline(explanation), to: width)]
        lines += explanation.domains.map { row("", domain($0)) }
        if !explanation.dominant.holders.isEmpty {
            let holders = explanation.dominant.holders.map(holder)
            lines.append(row("held by", holders.joined(separator: ", ")))
        }
        for standing in explanation.quotas { lines.append(row("quota", quota(standing))) }
        lines.append(row("ahead", ahead(explanation.ahead)))
        for reason in explanation.reasons.dropFirst() {
            lines.append(row("also", reason.refusal.code.name + ": " + sentence(reason.refusal)))
        }
        if let reservation = explanation.reservation {
            lines.append(row("reserved", self.reservation(reservation)))
        }
        lines.append(heading("Starts", explanation.estimate.map(estimate) ?? "not known"))
        for (place, remedy) in remedies.enumerated() {
            lines.append(heading(place == 0 ? "Sooner" : "", self.remedy(remedy)))
        }
        if remedies.isEmpty { lines.append(heading("Sooner", "no small change starts it now")) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The first line by itself.
    public func headline(_ explanation: Explanation) -> String {
        let waited = AnswerNames.span(explanation.askedAt - explanation.submittedAt)
        let refusal = explanation.dominant.refusal
        let kueue = refusal.code.kueueReason.map { " (\($0))" } ?? ""
        return "\(names.job(explanation.job)): waiting \(waited), \(refusal.code.name)\(kueue): "
            + sentence(refusal)
    }

    private func row(_ label: String, _ text: String) -> String {
        TerminalText.hanging("  " + TerminalText.left(label, 9) + " ", text, to: width)
    }

    private func heading(_ label: String, _ text: String) -> String {
        TerminalText.hanging(TerminalText.left(label, 9) + "   ", text, to: width)
    }

    /// One reason in words.
    public func sentence(_ refusal: Refusal) -> String {
        let isOfSpares = refusal.unit == .spareNodes
        let need = amount(refusal.need, isOfSpares ? .gpuMilli : refusal.unit)
        let have = amount(refusal.have, refusal.unit)
        switch refusal.code {
        case .quota:
            let who = refusal.tenant.map { "\(names.tenant($0)) may use" } ?? "others leave it"
            return "\(who) \(have) more; it needs \(need)"
        case .fairShare:
            let who = refusal.tenant.map(names.tenant) ?? "another tenant"
            return "\(who) goes first: it uses \(have), this side \(need)"
        case .capacity: return "it needs \(need); \(have) free for it"
        case .topology:
            let place = refusal.level.map { "no \(names.level($0)) has" } ?? "no place has"
            return "\(place) room for \(need) together; the most is \(refusal.have)"
        case .fragmentation: return "what is free lies apart: room for \(have) of \(need)"
        case .pool: return "no nodes that it accepts could hold \(need); at most \(have)"
        case .health: return "too much is out of service: it needs \(need); at most \(have)"
        case .reservation:
            return "what it needs is kept for " + (refusal.job.map(names.job) ?? "a job ahead")
        case .dependency:
            let job = refusal.job.map { ", such as \(names.job($0))" } ?? ""
            return "\(refusal.have) of the \(need) that it depends on have ended"
                + (job.isEmpty ? "" : "; it waits for others" + job)
        case .spares:
            return
                "\(have) with room for it \(refusal.have == 1 ? "is" : "are") kept as "
                + "\(refusal.have == 1 ? "a spare" : "spares") for gangs of ≥ \(need)"
        case .held:
            return refusal.unit == .instant
                ? "it must not start before \(need)" : "it is held until somebody releases it"
        }
    }

    private func amount(_ value: Int64, _ unit: RefusalUnit) -> String {
        switch unit {
        case .gpuMilli: "\(AnswerNames.gpus(value)) GPU\(value == 1000 ? "" : "s")"
        case .members: AnswerNames.count(Int(value), "member")
        case .jobs: AnswerNames.count(Int(value), "job")
        case .spareNodes: AnswerNames.count(Int(value), "node")
        case .instant: names.time(Instant(nanoseconds: value))
        }
    }

    private func domain(_ outlook: DomainOutlook) -> String {
        var parts = [
            "room for \(outlook.room) of \(AnswerNames.count(outlook.need, "member"))",
            "\(outlook.freeNodes) of \(AnswerNames.count(outlook.nodes, "node")) free",
        ]
        if !outlook.outOfService.isNone { parts.append(out(outlook.outOfService)) }
        if !outlook.nextToEnd.isEmpty {
            parts.append("next to end: " + outlook.nextToEnd.map(ending).joined(separator: ", "))
        }
        return place(outlook.place) + ": " + parts.joined(separator: "; ")
    }

    private func place(_ place: DomainOutlook.Place) -> String {
        switch place {
        case .fleet: "fleet"
        case .domain(_, let domain): names.domain(domain)
        case .node(let node): names.node(node)
        }
    }

    private func out(_ out: OutOfService) -> String {
        var parts: [String] = []
        if out.drainedNodes > 0 {
            parts.append(AnswerNames.count(out.drainedNodes, "node") + " drained")
        }
        if out.devicesOut > 0 {
            parts.append(AnswerNames.count(out.devicesOut, "device") + " out of service")
        }
        return parts.joined(separator: ", ")
            + " (" + out.examples.map(names.node).joined(separator: ", ") + ")"
    }

    private func ending(_ holder: HoldingGang) -> String {
        "\(names.job(holder.job)) (\(AnswerNames.count(holder.nodes, "node"))) "
            + (holder.expectedEnd.map(names.time) ?? "at a time that nobody knows")
    }

    private func holder(_ holder: HoldingGang) -> String {
        "\(names.job(holder.job)) (\(amount(holder.gpuMilli, .gpuMilli)))"
    }

    private func quota(_ standing: QuotaStanding) -> String {
        let used = AnswerNames.gpus(standing.usedMilli)
        let kind = names.kind(standing.kind)
        let limit = standing.limitMilli.map { " of \(AnswerNames.gpus($0))" } ?? ""
        return "\(names.tenant(standing.tenant)): \(used)\(limit) \(kind) in use, "
            + "\(AnswerNames.gpus(standing.guaranteedMilli)) guaranteed"
            + (limit.isEmpty ? ", no limit" : "")
    }

    private func ahead(_ ahead: JobsAhead) -> String {
        guard ahead.count > 0 || !ahead.tenants.isEmpty else {
            return "nothing competes for these nodes"
        }
        var parts: [String] = []
        if ahead.count > 0 {
            let more = ahead.count > ahead.first.count ? ", …" : ""
            parts.append(
                AnswerNames.count(ahead.count, "job") + ": "
                    + ahead.first.map(names.job).joined(separator: ", ") + more)
        }
        if !ahead.tenants.isEmpty {
            parts.append(
                "turns of " + ahead.tenants.map(names.tenant).joined(separator: ", "))
        }
        return parts.joined(separator: "; ")
    }

    private func reservation(_ reservation: ReservationOutlook) -> String {
        let nodes = reservation.nodes.map(names.node).joined(separator: ", ")
        return AnswerNames.count(reservation.nodeCount, "node")
            + (nodes.isEmpty ? "" : " (\(nodes))") + ", due "
            + (reservation.due.map(names.time) ?? "at a time that nobody knows")
    }

    /// A range in words.
    public func estimate(_ estimate: StartEstimate) -> String {
        let late = estimate.latest == .never ? "no bound" : names.time(estimate.latest)
        return "\(names.time(estimate.earliest)) – \(late) (80 %), "
            + "likely \(names.time(estimate.likely)); by \(estimate.basis.name)"
    }

    /// A remedy in words.
    public func remedy(_ remedy: Remedy) -> String {
        let stopped = remedy.stopped.filter { stopped in
            if case .stop(stopped, _) = remedy.action { false } else { true }
        }
        return "now, " + action(remedy.action)
            + (stopped.isEmpty
                ? "" : "; stops " + stopped.map(names.job).joined(separator: ", "))
    }

    private func action(_ action: Remedy.Action) -> String {
        switch action {
        case .release: return "if it is released"
        case .members(let count): return "with \(AnswerNames.count(Int(count), "member"))"
        case .topology(let preference): return topology(preference)
        case .noSlices: return "without groups of members that stand together"
        case .accelerator(let kind): return "on \(names.kind(kind)) as well"
        case .pool(let pool): return "in the pool \(names.pool(pool)) as well"
        case .priority(let priority): return "with priority \(priority)"
        case .preemptible: return "if it may be preempted"
        case .raiseLimits(let limits):
            return "with "
                + limits.map {
                    "\(AnswerNames.gpus($0.byMilli)) \(names.kind($0.kind)) more for "
                        + names.tenant($0.tenant)
                }.joined(separator: " and ")
        case .stop(let job, let lost):
            let hours = NumberText.fixed(Double(lost) / 3600, decimals: 1)
            return "if \(names.job(job)) is cancelled, which loses \(hours) GPU-hours of work"
        case .bringBack(let nodes):
            let shown = nodes.prefix(4).map(names.node).joined(separator: ", ")
            return "if \(AnswerNames.count(nodes.count, "node")) came back into service ("
                + shown + (nodes.count > 4 ? ", …)" : ")")
        case .freeSpares(let nodes):
            let shown = nodes.prefix(4).map(names.node).joined(separator: ", ")
            return "if there were \(AnswerNames.count(nodes.count, "spare")) fewer ("
                + shown + (nodes.count > 4 ? ", …)" : ")")
        }
    }

    private func topology(_ preference: TopologyPreference) -> String {
        switch preference {
        case .closest: "anywhere"
        case .required(let level): "in one \(names.level(level))"
        case .preferred(let level): "across \(names.level(level)) borders"
        case .relaxing(let level, _, _): "in one \(names.level(level))"
        }
    }
}
