import ControlPlane
import Documents
import FleetModel
import Foundation
import KubernetesObjects
import Logging
import Scheduler
import Store

@testable import ControlPlane
@testable import KubernetesBackend

/// A control plane without threads, clocks and sockets: the real state, driver and database, and
/// calls to the API server that the test carries out.
final class ModelPlane {
    /// A binding of several pods under way.
    struct Binding {
        var job: String
        var attempt: Attempt
        var bindings: [PodBinding]
        var next = 0
        var bound: [Int] = []
        var trouble: String?
    }

    /// An eviction of a pod under way.
    struct Removal {
        var pod: PodKey
        var eviction: Eviction
    }

    /// Logs that are being read.
    struct Reading {
        var job: String
        var attempt: Attempt
        var requests: [LogRequest]
    }

    private(set) var state: ClusterState
    private var book: GangBook
    let driver: Driver
    let store: Store
    private let dispatcher: Dispatcher
    private var listedPods: Set<PodKey>?
    var inbox: [BackendReport] = []
    var orders: [BackendOrder] = []
    var bindings: [Binding] = []
    var removals: [Removal] = []
    var readings: [Reading] = []
    /// Reports and orders, for who looks for a defect.
    var log: ((String) -> Void)?

    /// Breaches of quotas.
    var broken: [String] = []
    /// Whether this batch takes in what runs already, which no quota can prevent.
    private var hasAdopted = false

    private static let naming = ResourceNaming()

    /// Lists the cluster, and begins with what the folder has.
    init(
        _ cluster: ModelCluster, folder: String, at now: Int64, log: ((String) -> Void)?
    ) throws {
        self.log = log
        var rules = ClusterState.Rules()
        rules.refusedMilliseconds = 60_000
        state = ClusterState(NodeTranslation(topology: Topology(levels: [])), rules: rules)
        state.now = now
        book = GangBook(GangSettings(watched: [.job, .coschedulingPodGroup]))
        store = try Store(folder: folder)
        let recovery = Recovery(store: store)
        let isNew = try recovery.isNew()
        if isNew { try recovery.begin(topology: Topology(levels: [])) }
        var policy = Policy(queueOrder: .muster)
        policy.timeline.minimumRunTime = .zero
        var recovered = try recovery.load(policy: policy)
        recovered.now = max(recovered.now, ModelPlane.instant(now))
        driver = Driver(recovered, store: store, clock: FleetClock(startingAt: .zero))
        var logger = Logger(label: "torture")
        logger.logLevel = .critical
        dispatcher = Dispatcher(
            store: store, backend: NoBackend(), inbox: try DriverInbox(), logger: logger)
        list(cluster)
        var changes: [GangChange] = []
        book.collect(into: &changes)
        state.take(changes)
        _ = state.flush()
        driver.beginHealth(.trusting, isNew: isNew)
        try driver.takeInventory(state.nodes.fleet)
        try driver.takeTenants(nil, isNew: isNew, store: store)
        driver.resumeHealth(.trusting)
        try driver.settleHealth()
        _ = try driver.commit()
        driver.orders.removeAll()
        dispatcher.translate(driver.backendOfNode)
        driver.hasNewTranslation = false
        let outbox = try recovery.outbox()
        let expected = try driver.expectedGangs { try self.dispatcher.launch($0, $1, $2, $3) }
        for each in expected {
            log?("expected \(each.phase): \(ModelPlane.word(.start(each.launch)))")
        }
        state.begin(expecting: expected)
        flush()
        driver.orders =
            driver.foundJobs.sorted { $0.value < $1.value }
            .map { .tell(key: $0.key, .accepted($0.value)) }
            + outbox.compactMap { driver.order(of: $0) }
        // Limits may have changed since these starts were decided.
        hasAdopted = true
        try takeOrders()
    }

    static func instant(_ milliseconds: Int64) -> Instant {
        // Beyond what the real clock, which begins at zero, shows within a test.
        Instant(nanoseconds: 1_000_000_000_000_000 + milliseconds * 1_000_000)
    }

    private func list(_ cluster: ModelCluster) {
        for workload in cluster.workloads.values.sorted(by: { $0.id < $1.id }) {
            if let declared = workload.declaration, !workload.isDeleted {
                book.note(.declared(declared))
            }
        }
        for name in cluster.nodes.keys.sorted() { state.nodes.put(cluster.nodes[name]!) }
        listPods(cluster)
    }

    // MARK: The cluster

    /// A new list of all pods; what was still to be told is passed over.
    func listPods(_ cluster: ModelCluster) {
        let pods = cluster.sortedPods
        book.note(.listBegan(.pod))
        let listed = Set(pods.map(\.key))
        for pod in pods { see(.seen(pod.text)) }
        for key in Array(state.sights.keys) where !listed.contains(key) { state.forget(key) }
        book.note(.listEnded(.pod))
        collect()
    }

    func listNodes(_ cluster: ModelCluster) {
        for name in cluster.nodes.keys.sorted() { state.nodes.put(cluster.nodes[name]!) }
        for name in Array(state.nodes.nodeNames).sorted() where cluster.nodes[name] == nil {
            state.nodes.remove(name)
        }
        collect()
    }

    func take(pods: [ModelCluster.PodEvent]) {
        for event in pods { see(event) }
        collect()
    }

    func take(nodes: [ModelCluster.NodeEvent]) {
        for event in nodes {
            switch event {
            case .seen(let facts): state.nodes.put(facts)
            case .gone(let name): state.nodes.remove(name)
            }
        }
        collect()
    }

    func take(objects: [ObjectEvent]) {
        for event in objects { book.note(event) }
        collect()
    }

    private func see(_ event: ModelCluster.PodEvent) {
        switch event {
        case .seen(let text):
            let pod = text.pod
            if pod.schedulerName == "muster" { state.see(pod, naming: ModelPlane.naming) }
            book.note(.pod(pod))
        case .gone(let key):
            state.forget(key)
            book.note(.podGone(key))
        }
    }

    private func collect() {
        guard state.hasBegun else { return }
        var changes: [GangChange] = []
        book.collect(into: &changes)
        state.take(changes)
        flush()
    }

    func tick(at now: Int64) {
        state.now = now
        state.tick()
        flush()
    }

    private func flush() {
        let (reports, calls) = state.flush()
        for report in reports { log?("report \(ModelPlane.word(report))") }
        inbox += reports
        for call in calls {
            switch call {
            case .bind(let job, let attempt, let asked):
                log?("bind \(job) \(asked.map { "\($0.pod.name)@\($0.node)" })")
                bindings.append(Binding(job: job, attempt: attempt, bindings: asked))
            case .evict(let job, let pods, let eviction):
                log?("evict \(job) \(pods.map(\.name)) \(eviction.reason)")
                removals += pods.map { Removal(pod: $0, eviction: eviction) }
            case .event(let event): log?("event \(event.reason) \(event.note)")
            case .readLogs(let job, let attempt, let requests):
                readings.append(Reading(job: job, attempt: attempt, requests: requests))
            case .condition, .nominate, .status, .care: break
            }
        }
    }

    /// The answer to a binding under way.
    func end(_ binding: Binding, _ outcome: BindOutcome) {
        log?("bound \(binding.job) \(outcome)")
        state.bindEnded(job: binding.job, binding.attempt, binding.bindings, outcome)
        flush()
    }

    /// The answer to logs that were read: nothing that anybody knows.
    func end(_ reading: Reading) {
        log?("read \(reading.job)")
        state.logsRead(
            job: reading.job, reading.attempt, reading.requests, AttemptEvidence())
        flush()
    }

    // MARK: The driver

    /// One batch of the driver, with its commit.
    func drive(at now: Int64) throws {
        driver.now = max(driver.now, ModelPlane.instant(now))
        let reports = inbox
        inbox = []
        for report in reports {
            if case .found(let job) = report, !job.members.isEmpty { hasAdopted = true }
            try driver.take(report.translated { self.driver.own($0) })
        }
        while try driver.wake(limit: 100) {}
        driver.wakeHealth()
        try commit()
    }

    func commit() throws {
        try driver.settleHealth()
        _ = try driver.commit()
        if driver.hasNewTranslation {
            dispatcher.translate(driver.backendOfNode)
            driver.hasNewTranslation = false
        }
        try takeOrders()
    }

    /// Tenants that may start nothing as they are now, and did.
    private func checkQuotas() {
        let view = driver.view
        let started = Set(
            driver.orders.compactMap { order -> TenantID? in
                guard case .start(let job, _, _, _) = order else { return nil }
                return view.jobs[job.index]?.row.tenant
            })
        for tenant in view.directory.tenants.tenants where started.contains(tenant.id) {
            guard let limit = tenant.quotas.first?.limitMilli else { continue }
            var used: Int64 = 0
            view.jobs.forEach { job in
                if job.row.tenant == tenant.id, job.row.state.isPlaced { used += job.row.gpuMilli }
                return true
            }
            if used > limit { broken.append("\(used) of \(limit) are used after a start") }
        }
    }

    private func takeOrders() throws {
        if !hasAdopted { checkQuotas() }
        hasAdopted = false
        for order in driver.orders {
            switch order {
            case .start(let job, let attempt, let members, let facts):
                orders.append(.start(try dispatcher.launch(job, attempt, members, facts)))
            case .stop(let job, let attempt, let reason):
                orders.append(.stop(job, attempt, reason))
            case .tell(let key, let news): orders.append(.tell(key: key, news))
            case .sayRule(let name): orders.append(.sayRule(name))
            case .shrink, .grow, .forget, .tenants, .care: break
            }
        }
        driver.orders.removeAll()
    }

    func carryOut(_ count: Int, at now: Int64) {
        state.now = now
        for order in orders.prefix(count) {
            log?("order \(ModelPlane.word(order))")
            state.carryOut(order)
        }
        orders.removeFirst(min(count, orders.count))
        flush()
    }

    /// Ends the process, in good order or not.
    func leave() { store.close() }

    // MARK: Words

    private static func word(_ report: BackendReport) -> String {
        switch report {
        case .found(let job):
            "found \(job.key) \(job.members.map { "\($0.node):\($0.devices)" })"
        case .nodes(let nodes):
            "nodes \(nodes.map { "\($0.name):\(String($0.unhealthy, radix: 2))" })"
        case .failed(let job, let attempt, let cause, _, let retry, _, let detail):
            "failed \(job) \(attempt) \(cause) \(retry) \(detail)"
        default: "\(report)"
        }
    }

    private static func word(_ order: BackendOrder) -> String {
        switch order {
        case .start(let launch):
            "start \(launch.job) \(launch.attempt) \(launch.document.name.value) "
                + "\(launch.members.map { "\($0.node):\($0.devices)" })"
        default: "\(order)"
        }
    }
}

/// The dispatcher of a model only reads documents.
private struct NoBackend: Backend {
    var name: String { "model" }
    func inventory() -> FleetDefinition { FleetDefinition(topology: Topology(levels: [])) }
    func start(
        expecting gangs: [ExpectedGang], reporting: @escaping @Sendable (BackendReport) -> Void
    ) {}
    func execute(_ order: BackendOrder) {}
    func stop() {}
    func log(of member: MemberKey) -> (any MemberLog)? { nil }
}
