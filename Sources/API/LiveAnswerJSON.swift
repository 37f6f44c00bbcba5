import ControlPlane
import FleetModel
import Scheduler
import Simulation
import Store

/// Writes verdicts and what-ifs.
public struct LiveAnswerJSON {
    private let view: FleetView
    private let names: AnswerNames
    /// Columns of the text in an answer.
    private static let width = 100

    /// Names come from `view`.
    public init(_ view: FleetView) {
        self.view = view
        names = view.answerNames
    }

    private func name(_ job: JobID) -> String { view.jobs[job.index]?.row.name ?? "job \(job)" }

    // MARK: Why

    /// Why a job waits, and what the end of its last attempt is put down to.
    public func write(
        _ answer: VerdictAnswer, of job: JobView, after last: AttemptRow?,
        to json: inout JSONBytes
    ) {
        let explanation = answer.explanation
        let words = VerdictText(names: names, width: LiveAnswerJSON.width)
        json.object { json in
            head(job, at: explanation.askedAt, &json)
            json.member("text", words.text(explanation, answer.remedies) + blame(last))
            json.member("verdict", words.headline(explanation))
            json.key("reasons")
            json.array(explanation.reasons) { write($1, words, to: &$0) }
            json.key("domains")
            json.array(explanation.domains) { write($1, to: &$0) }
            json.key("quotas")
            json.array(explanation.quotas) { write($1, to: &$0) }
            json.key("ahead")
            json.object { json in
                json.member("count", explanation.ahead.count)
                json.key("jobs")
                json.array(explanation.ahead.first) { link($1, to: &$0) }
                json.member(
                    "tenants", explanation.ahead.tenants.map { view.directory.tenant($0) })
            }
            json.key("reservation")
            if let reservation = explanation.reservation {
                json.object { json in
                    json.member("due", time: reservation.due)
                    json.member("missingMembers", reservation.missingMembers)
                    json.member("nodes", reservation.nodes.map { view.directory.node($0) })
                    json.member("nodeCount", reservation.nodeCount)
                }
            } else {
                json.null()
            }
            json.key("estimate")
            JobJSON.write(explanation.estimate, to: &json)
            json.key("remedies")
            json.array(answer.remedies) { json, remedy in
                RemedyJSON(view, name(job.row.id)).write(remedy, words, to: &json)
            }
        }
    }

    /// What an attempt's end is put down to, as a line; nothing where nobody looked.
    private func blame(_ attempt: AttemptRow?) -> String {
        guard let attempt, let culprit = attempt.culprit else { return "" }
        let whom =
            switch culprit.verdict {
            case "program": "the program"
            case "named":
                culprit.suspect.map { "node \(view.directory.node($0))" }
                    ?? "rank " + culprit.ranks.map(String.init).joined(separator: ", ")
            default: "nobody"
            }
        let keepsOff =
            culprit.suspect == nil
            ? "" : ". The job keeps off it until it was tested, or nothing else is left"
        return "The end of attempt \(attempt.attempt.rawValue) is put down to \(whom): "
            + culprit.text + keepsOff + "\n"
    }

    /// The same for a job that does not wait.
    public func writeNotWaiting(
        _ job: JobView, after last: AttemptRow?, to json: inout JSONBytes
    ) {
        let text: String =
            switch job.row.state {
            case .starting, .running:
                "\(job.row.name): does not wait, it runs on "
                    + "\(AnswerWords.count(job.nodes(limit: 0).count, "node"))"
            case .stopping: "\(job.row.name): does not wait, it is being stopped"
            case .blocked, .queued: "\(job.row.name): is about to start"
            default: "\(job.row.name): does not wait, it is over: \(job.row.state.name)"
            }
        json.object { json in
            head(job, at: view.now, &json)
            json.member("text", text + "\n" + blame(last))
            json.member("verdict", text)
            for key: StaticString in ["reasons", "domains", "quotas"] {
                json.key(key)
                json.array([Int64]()) { $0.integer($1) }
            }
            json.key("ahead")
            json.object { json in
                json.member("count", 0)
                json.member("jobs", [String]())
                json.member("tenants", [String]())
            }
            json.key("reservation")
            json.null()
            json.key("estimate")
            json.null()
            json.member("remedies", [String]())
        }
    }

    private func head(_ job: JobView, at now: Instant, _ json: inout JSONBytes) {
        json.member("job", job.row.id.rawValue)
        json.member("name", job.row.name)
        json.member("tenant", view.directory.tenant(job.row.tenant))
        json.member("state", job.row.state.name)
        json.member("askedAt", time: now)
        json.member("submittedAt", time: job.row.submittedAt)
        json.key("waitingSeconds")
        json.seconds(job.row.state.isWaiting ? now - job.row.submittedAt : .zero)
    }

    private func link(_ job: JobID, to json: inout JSONBytes) {
        json.object { json in
            json.member("job", job.rawValue)
            json.member("name", name(job))
        }
    }

    private func write(_ reason: Reason, _ words: VerdictText, to json: inout JSONBytes) {
        let refusal = reason.refusal
        json.object { json in
            json.member("code", refusal.code.name)
            json.member("text", words.sentence(refusal))
            json.key("need")
            JobJSON.need(refusal, &json)
            json.key("have")
            JobJSON.amount(refusal.have, refusal.unit, &json)
            json.member("unit", AnswerWords.unit(refusal.unit))
            json.member(
                "level",
                refusal.level.map { view.directory.fleet.topology.levels[$0.index].name })
            json.member("tenant", refusal.tenant.map { view.directory.tenant($0) })
            json.member("job", refusal.job?.rawValue)
            json.key("holders")
            json.array(reason.holders) { json, holder in
                json.object { json in
                    json.member("job", holder.job.rawValue)
                    json.member("name", name(holder.job))
                    json.member("tenant", view.directory.tenant(holder.tenant))
                    json.member("gpus", milli: holder.gpuMilli)
                    json.member("nodes", holder.nodes)
                    json.member("expectedEnd", time: holder.expectedEnd)
                }
            }
        }
    }

    private func write(_ outlook: DomainOutlook, to json: inout JSONBytes) {
        json.object { json in
            let place =
                switch outlook.place {
                case .fleet: "fleet"
                case .domain(_, let domain): view.directory.fleet.domains[domain]
                case .node(let node): view.directory.node(node)
                }
            json.member("name", place)
            json.member("room", outlook.room)
            json.member("need", outlook.need)
            json.member("nodes", outlook.nodes)
            json.member("freeNodes", outlook.freeNodes)
            json.member("drainedNodes", outlook.outOfService.drainedNodes)
            json.member("devicesOut", outlook.outOfService.devicesOut)
            json.key("nextToEnd")
            json.array(outlook.nextToEnd) { json, holder in
                json.object { json in
                    json.member("job", holder.job.rawValue)
                    json.member("name", name(holder.job))
                    json.member("nodes", holder.nodes)
                    json.member("expectedEnd", time: holder.expectedEnd)
                }
            }
        }
    }

    private func write(_ standing: QuotaStanding, to json: inout JSONBytes) {
        json.object { json in
            json.member("tenant", view.directory.tenant(standing.tenant))
            json.member("kind", view.directory.fleet.kinds[standing.kind])
            json.member("used", milli: standing.usedMilli)
            json.member("guaranteed", milli: standing.guaranteedMilli)
            json.key("limit")
            if let limit = standing.limitMilli { json.milli(limit) } else { json.null() }
        }
    }

    // MARK: What if

    /// What some changes would bring; jobs from `firstNew` on are those that they submit.
    public func write(
        _ answer: WhatIfAnswer, submitted: [String] = [], firstNew: JobID? = nil,
        to json: inout JSONBytes
    ) {
        let view = view
        let first = firstNew?.index ?? .max
        func name(_ job: JobID) -> String {
            let new = job.index - first
            return submitted.indices.contains(new) ? submitted[new] : self.name(job)
        }
        let names = AnswerNames(
            fleet: view.directory.fleet, tenants: view.directory.tenants, now: view.now,
            jobNamed: { job in
                let new = job.index - first
                return submitted.indices.contains(new)
                    ? submitted[new] : view.jobs[job.index]?.row.name
            })
        func link(_ job: JobID, _ json: inout JSONBytes) {
            json.member("job", job.index >= first ? nil : job.rawValue)
            json.member("name", name(job))
        }
        json.object { json in
            json.key("started")
            json.array(answer.started) { json, job in json.object { link(job, &$0) } }
            json.key("stopped")
            json.array(answer.stopped) { json, stopped in
                json.object { json in
                    link(stopped.job, &json)
                    json.member("reason", String(describing: stopped.reason))
                }
            }
            json.member("waitingBefore", answer.waitingBefore)
            json.member("waitingAfter", answer.waitingAfter)
            json.member("isCutOff", answer.isCutOff)
            json.key("comparisons")
            json.array(answer.comparisons) { json, comparison in
                json.object { json in
                    link(comparison.job, &json)
                    json.key("before")
                    outlook(comparison.before, &json)
                    json.key("after")
                    outlook(comparison.after, &json)
                }
            }
            json.member("text", WhatIfText(names: names, width: LiveAnswerJSON.width).text(answer))
        }
    }

    private func outlook(_ outlook: WaitComparison.Outlook, _ json: inout JSONBytes) {
        json.object { json in
            switch outlook {
            case .runs:
                json.member("kind", "runs")
                json.member("estimate", nil as String?)
            case .absent:
                json.member("kind", "absent")
                json.member("estimate", nil as String?)
            case .waits(let estimate):
                json.member("kind", "waits")
                json.key("estimate")
                JobJSON.write(estimate, to: &json)
            }
        }
    }
}

/// Small words of answers.
enum AnswerWords {
    static func unit(_ unit: RefusalUnit) -> String {
        switch unit {
        case .gpuMilli: "gpus"
        case .members: "members"
        case .jobs: "jobs"
        case .instant: "time"
        case .spareNodes: "spares"
        }
    }

    static func count(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
