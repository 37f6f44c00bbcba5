import ControlPlane
import Documents
import FleetModel
import KubernetesObjects

@testable import KubernetesBackend

/// A cluster state with its gang book, and a driver that does as the test says.
struct StateBench {
    var state: ClusterState
    var book = GangBook(GangSettings())
    var reports: [BackendReport] = []
    var calls: [ClusterCall] = []
    /// Whether logs are read only when a test says so, and not at once with nothing in them.
    var holdsLogs = false

    init(nodes: Int = 2, levels: [TopologyLevel] = [], isDryRun: Bool = false) {
        var rules = ClusterState.Rules()
        rules.isDryRun = isDryRun
        state = ClusterState(
            NodeTranslation(topology: Topology(levels: levels)), rules: rules)
        for index in 0..<nodes { state.nodes.put(StateBench.node("n\(index)")) }
    }

    static func node(
        _ name: String, gpus: Int64 = 8, allocatable: Int64? = nil, cores: Int64 = 64,
        labels: LabelSet = [:]
    ) -> NodeFacts {
        var facts = NodeFacts(name: name, labels: labels)
        var amounts = ResourceAmounts()
        amounts.cpuMilli = cores * 1000
        amounts.memoryBytes = 1 << 40
        amounts.others["nvidia.com/gpu"] = gpus
        facts.capacity = amounts
        amounts.others["nvidia.com/gpu"] = allocatable ?? gpus
        facts.allocatable = amounts
        facts.conditions = [NodeFacts.Condition("Ready", "True")]
        return facts
    }

    mutating func begin(_ gangs: [ExpectedGang] = []) {
        _ = state.flush()
        var changes: [GangChange] = []
        book.collect(into: &changes)
        state.take(changes)
        state.begin(expecting: gangs)
        flush()
    }

    mutating func put(_ pods: [PodText]) {
        for pod in pods {
            let pod = pod.pod
            if pod.schedulerName == "muster" { state.see(pod, naming: ResourceNaming()) }
            book.note(.pod(pod))
        }
        collect()
    }

    mutating func remove(_ pods: [PodText]) {
        for pod in pods {
            state.forget(pod.key)
            book.note(.podGone(pod.key))
        }
        collect()
    }

    mutating func collect() {
        guard state.hasBegun else { return }
        var changes: [GangChange] = []
        book.collect(into: &changes)
        state.take(changes)
        flush()
    }

    mutating func flush() {
        let (reports, calls) = state.flush()
        self.reports += reports
        self.calls += calls
        if !holdsLogs { answerLogs() }
    }

    /// The logs that were to be read.
    var logRequests: [LogRequest] {
        calls.flatMap { call -> [LogRequest] in
            guard case .readLogs(_, _, let requests) = call else { return [] }
            return requests
        }
    }

    /// Answers what logs say, by rank.
    mutating func answerLogs(_ logs: [Int: String] = [:]) {
        let asked = calls
        calls.removeAll { if case .readLogs = $0 { true } else { false } }
        guard calls.count < asked.count else { return }
        for case .readLogs(let job, let attempt, let requests) in asked {
            var evidence = AttemptEvidence()
            for request in requests {
                evidence.read(log: (logs[request.rank] ?? "").utf8, of: request.rank)
            }
            state.logsRead(job: job, attempt, requests, evidence)
        }
        flush()
    }

    mutating func order(_ order: BackendOrder) {
        state.carryOut(order)
        flush()
    }

    mutating func clear() { (reports, calls) = ([], []) }

    /// The jobs that were found.
    var found: [FoundJob] {
        reports.compactMap { report in
            if case .found(let job) = report { return job }
            return nil
        }
    }

    /// Starts a job as number `id`, on nodes by their order.
    func launch(_ job: FoundJob, id: Int32, nodes: [Int], attempt: Int32 = 1) -> GangLaunch {
        var ranks: [MemberLaunch] = []
        var role = 0
        var left = Int(job.document.roles[0].minimum)
        for (rank, node) in nodes.enumerated() {
            while left == 0 {
                role += 1
                left = Int(job.document.roles[role].minimum)
            }
            left -= 1
            let devices = NodeBook.low(Int(job.document.roles[role].request.devices))
            ranks.append(
                MemberLaunch(rank: rank, role: role, node: NodeID(node), devices: devices))
        }
        return GangLaunch(
            job: JobID(rawValue: id), attempt: Attempt(attempt), document: job.document,
            tenant: "ml", members: ranks)
    }

    /// The pods that were to be bound, as `pod@node`.
    var bindings: [String] {
        calls.flatMap { call -> [String] in
            guard case .bind(_, _, let bindings) = call else { return [] }
            return bindings.map { "\($0.pod.name)@\($0.node)" }
        }
    }

    /// Answers all bindings.
    mutating func answer(_ outcome: BindOutcome = .bound) {
        let asked = calls
        calls = []
        for case .bind(let job, let attempt, let bindings) in asked {
            state.bindEnded(job: job, attempt, bindings, outcome)
        }
        flush()
    }

    /// Reports in a word each, without nodes and rules.
    var words: [String] {
        reports.compactMap { report in
            switch report {
            case .started(let job, _): "started \(job)"
            case .finished(let job, _, _): "finished \(job)"
            case .failed(let job, _, let cause, _, _, _, _): "failed \(job) \(cause)"
            case .stopped(let job, _, _): "stopped \(job)"
            case .evidence(let job, _, let told):
                "evidence \(job): \(told.signs.count)"
            case .found(let job):
                "found \(job.document.name.value)"
                    + (job.displaced.isEmpty ? "" : " in place of \(job.displaced.count)")
            case .vanished: "vanished"
            case .nodesLost(let nodes, _): "lost \(nodes.map(\.rawValue))"
            case .drain(let node, _, _): "drain \(node.rawValue)"
            case .resume(let node, _): "resume \(node.rawValue)"
            default: nil
            }
        }
    }
}
