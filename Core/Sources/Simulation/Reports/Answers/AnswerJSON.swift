import FleetModel
import Scheduler

/// Answers of the engine as one JSON object; ids are names, times seconds since the start.
public struct AnswerJSON {
    private let names: AnswerNames

    /// Names ids after these tables.
    public init(names: AnswerNames) { self.names = names }

    /// An object with the verdict, the difference, or both.
    public func text(
        at instant: Instant, verdict: (explanation: Explanation, remedies: [Remedy])?,
        difference: WhatIfAnswer?
    ) -> String {
        var json = JSONWriter()
        json.object { json in
            json.member("atSeconds", AnswerNames.seconds(instant), decimals: 3)
            if let verdict {
                json.member("explain") { self.write(verdict.explanation, verdict.remedies, &$0) }
            }
            if let difference { json.member("whatIf") { self.write(difference, &$0) } }
        }
        return json.text + "\n"
    }

    private func write(
        _ explanation: Explanation, _ remedies: [Remedy], _ json: inout JSONWriter
    ) {
        json.member("job", names.job(explanation.job))
        json.member("tenant", names.tenant(explanation.tenant))
        let waited = explanation.askedAt - explanation.submittedAt
        json.member("waitingSeconds", Double(waited.nanoseconds) / 1e9, decimals: 3)
        list("reasons", explanation.reasons, &json) { self.write($0, &$1) }
        list("domains", explanation.domains, &json) { self.write($0, &$1) }
        list("quotas", explanation.quotas, &json) { standing, json in
            json.member("tenant", self.names.tenant(standing.tenant))
            json.member("kind", self.names.kind(standing.kind))
            json.member("usedGPUs", self.gpus(standing.usedMilli), decimals: 3)
            json.member("guaranteedGPUs", self.gpus(standing.guaranteedMilli), decimals: 3)
            json.member("limitGPUs", standing.limitMilli.map(self.gpus), decimals: 3)
        }
        json.member("ahead") { json in
            json.member("jobs", explanation.ahead.count)
            self.list("first", explanation.ahead.first, &json) {
                $1.member("job", self.names.job($0))
            }
            self.list("tenants", explanation.ahead.tenants, &json) {
                $1.member("tenant", self.names.tenant($0))
            }
        }
        if let reservation = explanation.reservation {
            json.member("reservation") { json in
                json.member("dueSeconds", reservation.due.flatMap(self.seconds), decimals: 3)
                json.member("nodes", reservation.nodeCount)
            }
        }
        if let estimate = explanation.estimate {
            json.member("estimate") { self.write(estimate, &$0) }
        }
        list("remedies", remedies, &json) { remedy, json in
            self.write(remedy.action, &json)
            self.list("stops", remedy.stopped, &json) { $1.member("job", self.names.job($0)) }
        }
    }

    private func write(_ reason: Reason, _ json: inout JSONWriter) {
        let refusal = reason.refusal
        json.member("code", refusal.code.name)
        if let kueue = reason.kueueReason { json.member("kueueReason", kueue) }
        json.member("unit", refusal.unit.name)
        json.member("need", Int(refusal.need))
        json.member("have", Int(refusal.have))
        if let level = refusal.level { json.member("level", names.level(level)) }
        if let tenant = refusal.tenant { json.member("tenant", names.tenant(tenant)) }
        if let job = refusal.job { json.member("job", names.job(job)) }
        list("holders", reason.holders, &json) { self.write($0, &$1) }
    }

    private func write(_ holder: HoldingGang, _ json: inout JSONWriter) {
        json.member("job", names.job(holder.job))
        json.member("tenant", names.tenant(holder.tenant))
        json.member("nodes", holder.nodes)
        json.member("gpus", gpus(holder.gpuMilli), decimals: 3)
        json.member("expectedEndSeconds", holder.expectedEnd.flatMap(seconds), decimals: 3)
    }

    private func write(_ outlook: DomainOutlook, _ json: inout JSONWriter) {
        switch outlook.place {
        case .fleet: json.member("place", "fleet")
        case .domain(let level, let domain):
            json.member("place", names.domain(domain))
            json.member("level", names.level(level))
        case .node(let node):
            json.member("place", names.node(node))
            json.member("level", Topology.hostName)
        }
        json.member("roomMembers", outlook.room)
        json.member("needMembers", outlook.need)
        json.member("nodes", outlook.nodes)
        json.member("freeNodes", outlook.freeNodes)
        json.member("drainedNodes", outlook.outOfService.drainedNodes)
        json.member("devicesOut", outlook.outOfService.devicesOut)
        list("outOfService", outlook.outOfService.examples, &json) {
            $1.member("node", self.names.node($0))
        }
        list("nextToEnd", outlook.nextToEnd, &json) { self.write($0, &$1) }
    }

    private func write(_ estimate: StartEstimate, _ json: inout JSONWriter) {
        json.member("earliestSeconds", seconds(estimate.earliest), decimals: 3)
        json.member("likelySeconds", seconds(estimate.likely), decimals: 3)
        json.member("latestSeconds", seconds(estimate.latest), decimals: 3)
        json.member("basis", estimate.basis.name)
    }

    private func write(_ action: Remedy.Action, _ json: inout JSONWriter) {
        switch action {
        case .release: json.member("action", "release")
        case .members(let count):
            json.member("action", "members")
            json.member("members", Int(count))
        case .topology(let preference):
            json.member("action", "topology")
            if let level = preference.level { json.member("level", names.level(level)) }
            if case .preferred = preference { json.member("kind", "preferred") }
            if case .required = preference { json.member("kind", "required") }
        case .noSlices: json.member("action", "noSlices")
        case .accelerator(let kind):
            json.member("action", "accelerator")
            json.member("accelerator", names.kind(kind))
        case .pool(let pool):
            json.member("action", "pool")
            json.member("pool", names.pool(pool))
        case .priority(let priority):
            json.member("action", "priority")
            json.member("priority", Int(priority))
        case .preemptible: json.member("action", "preemptible")
        case .raiseLimits(let limits):
            json.member("action", "raiseLimits")
            list("limits", limits, &json) { limit, json in
                json.member("tenant", self.names.tenant(limit.tenant))
                json.member("kind", self.names.kind(limit.kind))
                json.member("byGPUs", self.gpus(limit.byMilli), decimals: 3)
            }
        case .stop(let job, let lost):
            json.member("action", "cancel")
            json.member("job", names.job(job))
            json.member("lostGPUHours", Double(lost) / 3600, decimals: 3)
        case .bringBack(let nodes):
            json.member("action", "bringBack")
            list("nodes", nodes, &json) { $1.member("node", self.names.node($0)) }
        case .freeSpares(let nodes):
            json.member("action", "freeSpares")
            list("nodes", nodes, &json) { $1.member("node", self.names.node($0)) }
        }
    }

    private func write(_ answer: WhatIfAnswer, _ json: inout JSONWriter) {
        list("starts", answer.started, &json) { $1.member("job", self.names.job($0)) }
        list("stops", answer.stopped, &json) { stopped, json in
            json.member("job", self.names.job(stopped.job))
            json.member("reason", stopped.reason.name)
        }
        json.member("waitingBefore", answer.waitingBefore)
        json.member("waitingAfter", answer.waitingAfter)
        list("jobs", answer.comparisons, &json) { comparison, json in
            json.member("job", self.names.job(comparison.job))
            json.member("before") { self.write(comparison.before, &$0) }
            json.member("after") { self.write(comparison.after, &$0) }
        }
    }

    private func write(_ outlook: WaitComparison.Outlook, _ json: inout JSONWriter) {
        switch outlook {
        case .runs: json.member("state", "runs")
        case .absent: json.member("state", "absent")
        case .waits(let estimate):
            json.member("state", "waits")
            if let estimate { json.member("estimate") { self.write(estimate, &$0) } }
        }
    }

    private func list<Item>(
        _ name: String, _ items: [Item], _ json: inout JSONWriter,
        _ body: @escaping (Item, inout JSONWriter) -> Void
    ) {
        json.key(name)
        json.array { json in
            for item in items {
                json.element()
                json.object { body(item, &$0) }
            }
        }
    }

    private func gpus(_ milli: Int64) -> Double { Double(milli) / 1000 }

    private func seconds(_ instant: Instant) -> Double? {
        instant == .never ? nil : AnswerNames.seconds(instant)
    }
}

extension RefusalUnit {
    /// The token used in output.
    fileprivate var name: String {
        switch self {
        case .gpuMilli: "gpuMilli"
        case .members: "members"
        case .jobs: "jobs"
        case .instant: "nanoseconds"
        case .spareNodes: "spareNodes"
        }
    }
}

extension TopologyPreference {
    /// The level that it names.
    fileprivate var level: LevelIndex? {
        switch self {
        case .closest: nil
        case .required(let level), .preferred(let level), .relaxing(let level, _, _): level
        }
    }
}
