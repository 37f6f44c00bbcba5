import ControlPlane
import Documents
import FleetModel
import Simulation
import Store

/// Writes jobs as the API shows them.
public struct JobJSON {
    private let view: FleetView
    private let words: VerdictText

    /// Names that a list shows of a job's nodes; `nodeCount` says how many there are.
    public static let listedNodes = 16

    /// Names come from `view`.
    public init(_ view: FleetView) {
        self.view = view
        words = VerdictText(names: view.answerNames, width: 100)
    }

    /// A job as lists and events show it.
    public func write(_ job: JobView, to json: inout JSONBytes) {
        json.object { json in members(job, &json) }
    }

    /// The members of the object of ``write(_:to:)``.
    func members(_ job: JobView, _ json: inout JSONBytes) {
        let row = job.row
        json.member("id", row.id.rawValue)
        json.member("name", row.name)
        json.member("tenant", view.directory.tenant(row.tenant))
        json.member("owner", row.owner)
        json.member("state", row.state.name)
        json.member("priority", row.priority)
        json.member("preemptible", row.isPreemptible)
        json.member("members", row.members)
        json.member("gpus", milli: row.gpuMilli)
        json.member("attempt", row.attempt.rawValue)
        json.member("submittedAt", time: row.submittedAt)
        json.member("startedAt", time: row.startedAt)
        json.member("endedAt", time: row.endedAt)
        let nodes = job.nodes(limit: JobJSON.listedNodes)
        json.member("nodes", nodes.first.map { view.directory.node($0) })
        json.member("nodeCount", nodes.count)
        json.key("reason")
        if row.state.isWaiting, let reason = row.reason {
            write(reason, since: row.reasonAt, to: &json)
        } else {
            json.null()
        }
        json.key("estimate")
        JobJSON.write(job.estimate(at: view.now), to: &json)
        json.key("progress")
        if let step = row.step {
            json.object { json in
                json.member("step", step)
                json.member("checkpointedStep", row.checkpointedStep)
                json.member("checkpointMilliseconds", row.checkpointMilliseconds)
                json.member("at", time: row.progressAt)
            }
        } else {
            json.null()
        }
        json.member("held", row.isHeld)
    }

    private func write(_ reason: Refusal, since: Instant?, to json: inout JSONBytes) {
        json.object { json in
            json.member("code", reason.code.name)
            json.member("text", words.sentence(reason))
            json.key("need")
            JobJSON.need(reason, &json)
            json.key("have")
            JobJSON.amount(reason.have, reason.unit, &json)
            json.member("since", time: since)
        }
    }

    /// What a job needs by a refusal; for spares the GPUs of a gang that may have them.
    static func need(_ reason: Refusal, _ json: inout JSONBytes) {
        let isOfSpares = reason.unit == .spareNodes
        amount(reason.need, isOfSpares ? .gpuMilli : reason.unit, &json)
    }

    /// A count of a refusal in its own unit.
    static func amount(_ value: Int64, _ unit: RefusalUnit, _ json: inout JSONBytes) {
        switch unit {
        case .gpuMilli: json.milli(value)
        case .members, .jobs, .spareNodes: json.integer(value)
        case .instant: json.null()
        }
    }

    /// A range, or `null`.
    public static func write(_ estimate: StartEstimate?, to json: inout JSONBytes) {
        guard let estimate else { return json.null() }
        json.object { json in
            json.member("earliest", time: estimate.earliest)
            json.member("likely", time: estimate.likely)
            json.member("latest", time: estimate.latest)
            json.member("basis", String(describing: estimate.basis))
        }
    }

    // MARK: One job in full

    /// What the page of one job shows beside the list's.
    public struct Detail {
        /// The job as it was submitted.
        public var document: JobDocument?
        /// Its text; nil where the caller may not see it.
        public var text: String?
        /// Its attempts, the last ones.
        public var attempts: [AttemptRow]
        /// What it depends on.
        public var dependencies: [(job: JobID, mustSucceed: Bool)]
        /// GPU time so far, in thousandths of GPU-seconds.
        public var gpuMilliSeconds: Int64

        /// Gathers what is shown.
        public init(
            document: JobDocument?, text: String?, attempts: [AttemptRow],
            dependencies: [(job: JobID, mustSucceed: Bool)], gpuMilliSeconds: Int64
        ) {
            self.document = document
            self.text = text
            self.attempts = attempts
            self.dependencies = dependencies
            self.gpuMilliSeconds = gpuMilliSeconds
        }
    }

    /// One job with everything that is known of it.
    public func write(_ job: JobView, _ detail: Detail, to json: inout JSONBytes) {
        json.object { json in
            members(job, &json)
            json.key("roles")
            json.array(detail.document?.roles ?? []) { json, role in
                json.object { write(role, to: &$0) }
            }
            json.member("topology", detail.document.map { JobJSON.text($0.topology) } ?? "closest")
            json.key("pools")
            if let pools = detail.document?.pools {
                json.array(pools) { $0.string($1.value) }
            } else {
                json.null()
            }
            json.key("timeLimitSeconds")
            json.seconds(detail.document?.timeLimit)
            json.key("expectedDurationSeconds")
            json.seconds(detail.document?.expectedDuration)
            json.key("placements")
            json.array(job.members) { json, member in
                json.object { write(member, of: detail.document, to: &$0) }
            }
            json.key("attempts")
            json.array(detail.attempts) { json, attempt in
                json.object { write(attempt, to: &$0) }
            }
            json.key("dependsOn")
            json.array(detail.dependencies) { json, dependency in
                json.object { json in
                    json.member("job", dependency.job.rawValue)
                    json.member("name", view.jobs[dependency.job.index]?.row.name ?? "")
                    json.member("mustSucceed", dependency.mustSucceed)
                }
            }
            json.member("document", detail.text)
            json.member("gpuSeconds", milli: detail.gpuMilliSeconds)
            json.member("lostGpuSeconds", milli: job.row.lostMilliSeconds)
        }
    }

    private func write(_ role: RoleEntry, to json: inout JSONBytes) {
        json.member("name", role.name)
        json.member("minimum", role.minimum)
        json.member("maximum", role.maximum)
        json.member("gpus", milli: role.request.gpuMilli)
        json.member("cpu", milli: role.request.host.cpuMilli)
        json.member("memoryMiB", role.request.host.memoryMiB)
        json.key("accelerators")
        if let kinds = role.accelerators {
            json.array(kinds) { $0.string($1.value) }
        } else {
            json.null()
        }
    }

    private func write(
        _ member: RankedMember, of document: JobDocument?, to json: inout JSONBytes
    ) {
        json.member("rank", member.rank)
        let roles = document?.roles ?? []
        let role = Int(member.placement.role)
        json.member("role", role < roles.count ? roles[role].name : "")
        json.member("node", view.directory.node(member.placement.node))
        json.key("devices")
        json.array(JobJSON.bits(member.placement.devices)) { $0.integer($1) }
    }

    private func write(_ attempt: AttemptRow, to json: inout JSONBytes) {
        json.member("attempt", attempt.attempt.rawValue)
        json.member("startedAt", time: attempt.startedAt)
        json.member("runningAt", time: attempt.runningAt)
        json.member("endedAt", time: attempt.endedAt)
        json.member("end", attempt.endedAt == nil ? nil : attempt.ending)
        json.member("detail", attempt.detail)
        json.member("members", attempt.members.count)
        var seen: Set<NodeID> = []
        let nodes = attempt.members.map(\.placement.node).filter { seen.insert($0).inserted }
        json.member("nodes", nodes.map { view.directory.node($0) })
        json.key("exits")
        json.array(attempt.exits) { json, exit in
            json.object { json in
                json.member("rank", exit.rank)
                json.member("code", exit.code)
                json.member("signal", exit.signal)
            }
        }
        json.key("culprit")
        write(attempt.culprit, to: &json)
    }

    /// Who is to blame for the end of an attempt; null where nobody looked.
    public func write(_ culprit: CulpritRow?, to json: inout JSONBytes) {
        guard let culprit else { return json.null() }
        json.object { json in
            json.member("verdict", culprit.verdict)
            json.member("reason", culprit.reason)
            json.member("text", culprit.text)
            json.member("grounds", culprit.grounds)
            json.key("ranks")
            json.array(culprit.ranks) { $0.integer(Int64($1)) }
            json.member("nodes", culprit.nodes.map { view.directory.node($0) })
            json.member("suspect", culprit.suspect.map { view.directory.node($0) })
            json.member("onset", time: culprit.onset)
        }
    }

    /// The indexes of the bits that are set.
    static func bits(_ word: UInt64) -> [Int64] {
        (0..<64).filter { word & (1 << UInt64($0)) != 0 }
    }

    private static func text(_ topology: TopologyEntry) -> String {
        let preference =
            switch topology.preference {
            case .closest: "closest"
            case .required(let level): "required:\(level.value)"
            case .preferred(let level): "preferred:\(level.value)"
            case .relaxing(let level, _, let then):
                "prefer:\(level.value),then:\(then?.value ?? "any")"
            }
        guard let slice = topology.slice else { return preference }
        return preference + ",slice:\(slice.members.value)@\(slice.level.value)"
    }
}
