import ControlPlane
import Documents
import FleetModel
import KubernetesObjects

/// Everything that is known of the cluster, and what follows from it: events, orders and answers go
/// in, reports to the driver and calls to the API server come out. No I/O and no clock.
struct ClusterState {
    /// What it has to know beside the objects.
    struct Rules {
        var tenants = TenantMapping()
        /// Whether nothing is bound and nobody is told anything.
        var isDryRun = false
        /// How long a gang may be half bound, in milliseconds.
        var halfBoundMilliseconds: Int64 = 30_000
        /// How long a gang that nobody sized must have been the same before it is taken.
        var settleMilliseconds: Int64 = 1_000
        /// How long a gang that is not whole must have been the same before its pods are told:
        /// controllers make pods one after the other.
        var formingMilliseconds: Int64 = 5_000
        /// How long jobs that were refused wait until they are tried again; when nodes come they
        /// are tried at once.
        var refusedMilliseconds: Int64 = 300_000
        /// The same for jobs whose pods stand already: whether anybody knows of half a gang has to
        /// be clear before it is taken back.
        var standingMilliseconds: Int64 { halfBoundMilliseconds / 3 }
    }

    let rules: Rules
    var nodes: NodeBook
    var ruleBook = RuleBook()
    var words = WordBook()
    var gangs: [GangKey: ClusterGang] = [:]
    var jobs: [String: ClusterJob] = [:]
    var jobsOfGang: [GangKey: [String]] = [:]
    var keys: [JobID: String] = [:]
    var marks: [PodKey: PodMark] = [:]
    var sights: [PodKey: PodSight] = [:]
    var namespaces: [String: Namespace] = [:]
    var tenancy: ClusterTenancy
    /// Nil where no topologies are served.
    var topologies: TopologyBook?
    var tenantStatuses = StatusBook()
    var topologyStatuses = StatusBook()
    /// Jobs that are over, by gang: their keys are not used again.
    var pastKeys: [GangKey: Set<String>] = [:]
    /// Since when gangs are half bound without anybody working on it.
    var halfBound: [GangKey: Int64] = [:]
    /// Gangs whose pods may still be coming, and since when they are as they are.
    var settling: [GangKey: Int64] = [:]
    /// Gangs that are not whole yet, and since when they are as they are.
    var forming: [GangKey: Int64] = [:]
    /// Pods that stood at the beginning though others had come in their place.
    var superseded: Set<PodKey> = []
    /// Pods that were told what keeps their gang from being a job, with the words.
    var toldBlocked: [PodKey: String] = [:]
    /// Since when pods of gangs wait for the seats of those that they replace.
    var replaced: [GangKey: Int64] = [:]
    /// When to try jobs again that were refused.
    var refused: [String: Int64] = [:]
    /// Jobs with bindings that have to be asked for again.
    var unsettled: [String: Attempt] = [:]
    /// How often nodes have come or grown.
    var growth = 0
    /// The tests of nodes; nil where nobody tests them.
    var care: CareBook?
    /// The repairs of nodes that others carry out; nil where nobody does.
    var repairs: RepairBook?
    /// What a dry run knows beside the rest.
    var dry = DryRun()
    /// Whether the driver listens.
    var hasBegun = false
    /// Milliseconds of a clock that only goes forward.
    var now: Int64 = 0

    private(set) var reports: [BackendReport] = []
    private(set) var calls: [ClusterCall] = []
    /// What is odd about nodes, each once, for the log.
    private(set) var complaints: [String] = []
    private var nodeProblems: Set<FieldProblem> = []

    init(_ translation: NodeTranslation, rules: Rules = Rules()) {
        self.rules = rules
        tenancy = ClusterTenancy(rules.tenants)
        nodes = NodeBook(translation)
    }

    /// What is odd about nodes since the last time.
    mutating func takeComplaints() -> [String] {
        defer { complaints = [] }
        return complaints
    }

    var topology: Topology { nodes.translation.topology }

    mutating func report(_ report: BackendReport) { reports.append(report) }

    /// Asks for something, unless all of this is only for show.
    mutating func call(_ call: ClusterCall) {
        if !rules.isDryRun { calls.append(call) }
    }

    /// What came of it all since the last time: nodes and rules first, which jobs refer to.
    mutating func flush() -> (reports: [BackendReport], calls: [ClusterCall]) {
        var problems: [FieldProblem] = []
        let news = nodes.collect(problems: &problems)
        ruleBook.look(at: news.changed, nodes.neighbours.takeNews(), nodes)
        noteNodes(news)
        if tenancy.staleness == .wrong { readTenants() }
        for problem in problems where nodeProblems.insert(problem).inserted {
            complaints.append(problem.message)
        }
        guard hasBegun else { return ([], []) }
        lose(news.lost)
        if news.hasGrown {
            growth += 1
            for (key, _) in refused.sorted(by: { $0.key < $1.key }) { retry(key) }
        }
        // What pods on nodes that came or went make of the devices of others.
        let more = nodes.collect(problems: &problems)
        ruleBook.look(at: more.changed, nodes.neighbours.takeNews(), nodes)
        if let terms = ruleBook.forgetIdle() { nodes.neighbours.keep(terms) }
        // Quotas first: what comes next may start somebody.
        let tenants = tenancy.takeReport().map { [$0] } ?? []
        // Where nodes are new, who stands there cannot be told first.
        let isSameFleet = !news.hasGrown && news.lost.isEmpty
        let followed =
            rules.isDryRun && isSameFleet ? ClusterState.takeFollowed(from: &reports) : []
        let all = tenants + followed + news.reports + more.reports + ruleBook.collect() + reports
        let asked = calls
        (reports, calls) = ([], [])
        return (all, asked)
    }

    /// The engine gives what stood on nodes that are gone for lost. Where pods still stand when
    /// such a node comes back, they have its devices without the engine's knowing.
    private mutating func lose(_ parts: [NodeID]) {
        let pods = Set(parts.flatMap { nodes.holders(of: $0) })
        guard !pods.isEmpty else { return }
        for pod in pods { nodes.setHold(pod, nil) }
        let jobs = jobs.values.filter { job in
            job.seats.contains { $0.pod.map { pods.contains($0) } ?? false }
        }
        for gang in Set(jobs.map(\.gang)).sorted() { look(at: gang) }
    }

    // MARK: Objects

    /// Takes in a pod of ours, before the gang that it is of.
    mutating func see(_ pod: Pod, naming: ResourceNaming) {
        let metadata = pod.metadata
        let key = PodKey(
            namespace: metadata.namespace, name: metadata.name, uid: metadata.uid)
        sights[key] = PodSight(
            node: pod.nodeName, phase: pod.phase, end: PodEnd(pod),
            wantsTicket: ProgressTicket.isWished(metadata.annotations))
        let request = PodRequest(pod.resources, hostPorts: pod.hostPorts, naming: naming)
        let resident = Resident(
            namespace: key.namespace, labels: metadata.labels, rules: pod.rules.neighbours)
        nodes.neighbours.describe(key, PodProfile(resident: resident, request: request))
        if pod.phase.isTerminal, superseded.remove(key) != nil { nodes.setUse(key, nil) }
        guard let mark = PodMark(metadata.annotations) else { return }
        marks[key] = mark
        // Until the driver has said what it knows, the marks tell who has which devices.
        guard !hasBegun, !rules.isDryRun, let node = pod.nodeName else { return }
        let part = nodes.part(node: node, resource: request.accelerator?.name)
        let hold = part.map { DeviceHold(part: $0, devices: mark.devices) }
        nodes.setHold(key, pod.phase.isTerminal ? nil : hold)
    }

    /// A pod is not there any more.
    mutating func forget(_ pod: PodKey) {
        guard sights.removeValue(forKey: pod) != nil else { return }
        marks[pod] = nil
        nodes.setUse(pod, nil)
        // In a dry run its seat is looked at first: what it had may stay its gang's.
        if !rules.isDryRun { nodes.setHold(pod, nil) }
        nodes.neighbours.describe(pod, nil)
        superseded.remove(pod)
        toldBlocked[pod] = nil
    }

    mutating func put(_ namespace: Namespace) {
        let name = namespace.metadata.name
        let old = namespaces.updateValue(namespace, forKey: name)
        nodes.neighbours.setNamespace(name, namespace.metadata.labels)
        let mapping = tenancy.mapping
        guard hasBegun,
            old.flatMap({ mapping.named(by: $0.metadata) })
                != mapping.named(by: namespace.metadata)
        else { return }
        for gang in gangs.values.filter({ $0.namespace == name }).map(\.key) { look(at: gang) }
    }

    /// Takes in what has changed of gangs and pods.
    mutating func take(_ changes: [GangChange]) {
        if tenancy.staleness == .wrong { readTenants() }
        // What others have first: a pod may be about to come to where they are.
        for change in changes {
            switch change {
            case .foreign(let use):
                nodes.neighbours.describe(
                    use.key, PodProfile(resident: use.resident, request: use.request))
                nodes.setUse(use.key, NodeUse(node: use.node, request: use.request))
            case .foreignGone(let key):
                nodes.setUse(key, nil)
                nodes.neighbours.describe(key, nil)
            case .changed, .gone, .problem: break
            }
        }
        for change in changes {
            switch change {
            case .changed(let gang):
                let isSame = gangs.updateValue(gang, forKey: gang.key) == gang
                if !isSame, gang.sizeSource == .observed, gang.key.kind != .pod {
                    settling[gang.key] = now
                }
                if hasBegun { look(at: gang.key) }
            case .gone(let key):
                let last = gangs.removeValue(forKey: key)
                if hasBegun { lose(key, last) }
            case .problem(let subject, let problem): say(problem, about: subject)
            case .foreign, .foreignGone: break
            }
        }
    }

    private mutating func lose(_ key: GangKey, _ last: ClusterGang?) {
        for job in jobsOfGang[key] ?? [] { see(job) }
        let now = now
        dry.book.note(key, at: now) { $0.ends(at: now) }
        (dry.decided[key], dry.wholeSince[key], dry.refusals[key]) = (nil, nil, nil)
        for pod in last?.roles.flatMap(\.pods) ?? [] { nodes.setUse(pod.key, nil) }
        (pastKeys[key], halfBound[key], settling[key], replaced[key]) = (nil, nil, nil, nil)
        forming[key] = nil
    }

    /// Says something in the log.
    mutating func complain(_ text: String) { complaints.append(text) }

    /// Says what is wrong with an object.
    mutating func say(_ problem: GangProblem, about subject: ObjectReference) {
        call(
            .event(
                EventText(
                    subject: subject, isWarning: true, reason: problem.code.rawValue,
                    action: "Reading",
                    note: "\(problem.field): \(problem.message); \(problem.remedy)")))
    }

    /// Says to pods what keeps their gang from being a job.
    mutating func say(_ problem: GangProblem, to pods: [PodKey]) {
        _ = say("\(problem.field): \(problem.message); \(problem.remedy)", to: pods)
    }

    /// Says something to pods; each once in the same words. Says whether it was new to some.
    mutating func say(_ text: String, to pods: [PodKey]) -> Bool {
        let news = pods.prefix(ClusterCall.mostPods).filter { toldBlocked[$0] != text }
        guard !news.isEmpty else { return false }
        for pod in news { toldBlocked[pod] = text }
        call(.condition(news, reason: "SchedulingGated", message: text))
        return true
    }

    /// Does what is due by the clock. To be called about twice a second.
    mutating func tick() {
        for gang in due(settling, after: rules.settleMilliseconds) {
            settling[gang] = nil
            look(at: gang)
        }
        for gang in due(halfBound, after: rules.halfBoundMilliseconds) {
            halfBound[gang] = nil
            takeBack(gang)
        }
        for gang in due(replaced, after: rules.halfBoundMilliseconds) {
            replaced[gang] = nil
            look(at: gang)
        }
        for gang in due(forming, after: rules.formingMilliseconds) {
            forming[gang] = nil
            sayMissing(gang)
        }
        repeatUnsettled()
        for key in refused.filter({ now >= $0.value }).keys.sorted() { retry(key) }
        if rules.isDryRun { tickDry() }
        readTenants()
        speakOfObjects()
        tendCare()
    }

    /// The gangs whose time has come, in an order that is the same in every run.
    func due(_ times: [GangKey: Int64], after span: Int64) -> [GangKey] {
        times.filter { now - $0.value >= span }.keys.sorted()
    }
}

extension GangKey: Comparable {
    /// An order that is the same in every run.
    public static func < (left: GangKey, right: GangKey) -> Bool {
        (left.namespace, left.name, left.part, left.kind.title, left.uid)
            < (right.namespace, right.name, right.part, right.kind.title, right.uid)
    }
}
