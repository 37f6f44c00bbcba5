import ControlPlane
import Documents
import FleetModel
import HealthControl
import KubernetesClient
import KubernetesJSON
import KubernetesObjects
import Logging

/// Where all that is seen, ordered and answered comes together, one at a time: the shell around
/// ``ClusterState``.
actor ClusterDesk {
    private var state: ClusterState
    private var book: GangBook
    private let naming: ResourceNaming
    private let schedulerName: String
    private let binder: Binder
    private let evictor: Evictor
    private let logs: LogReader
    private let carer: CareCaller?
    private let tell: AsyncStream<ClusterCall>.Continuation
    private let logger: Logger
    private let began = ContinuousClock.now
    private let origin = FleetClock.wall()
    private var reporter: (@Sendable (BackendReport) -> Void)?
    private var work: [Int: Task<Void, Never>] = [:]
    private var nextWork = 0
    /// Gangs whose logs are to be read, in order of coming, each with until when.
    private var unread: [UnreadLogs] = []
    private var readings = 0
    /// Gangs whose logs are read at a time.
    private static let readingsAtOnce = 8

    /// Types whose first list is not complete.
    private var unlisted: Set<ResourceType> = []
    private var failure: (any Error)?
    private var waiting: [CheckedContinuation<Void, any Error>] = []
    /// Pods and nodes of the list that is being read.
    private var listedPods: Set<PodKey>?
    private var listedNodes: Set<String>?

    init(
        state: ClusterState, book: GangBook, binder: Binder, evictor: Evictor, logs: LogReader,
        carer: CareCaller? = nil, tell: AsyncStream<ClusterCall>.Continuation, logger: Logger
    ) {
        self.state = state
        self.book = book
        (naming, schedulerName) = (book.settings.naming, book.settings.schedulerName)
        (self.binder, self.evictor, self.tell) = (binder, evictor, tell)
        (self.carer, self.logs) = (carer, logs)
        self.logger = logger
        self.state.dry.run = "\(origin.nanoseconds / 1_000_000)"
    }

    // MARK: Lists

    func expect(_ type: ResourceType) { unlisted.insert(type) }

    /// The first list of a type is complete, or never will be.
    func listed(_ type: ResourceType) {
        guard unlisted.remove(type) != nil, unlisted.isEmpty else { return }
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    /// A type cannot be followed.
    func fail(_ type: ResourceType, _ error: any Error) {
        failure = failure ?? error
        for continuation in waiting { continuation.resume(throwing: error) }
        waiting = []
    }

    /// Returns when everything was listed once. Throws what keeps it from that.
    func waitUntilListed() async throws {
        if let failure { throw failure }
        guard !unlisted.isEmpty else { return }
        try await withCheckedThrowingContinuation { waiting.append($0) }
    }

    /// The fleet as it is now.
    func fleet() -> FleetDefinition {
        collect()
        _ = state.flush()
        return state.nodes.fleet
    }

    // MARK: Events

    func take(_ events: [DeskEvent]) {
        for event in events { note(event) }
        guard state.hasBegun else { return }
        collect()
        flush()
    }

    private func note(_ event: DeskEvent) {
        switch event {
        case .node(let facts):
            listedNodes?.insert(facts.name)
            state.nodes.put(facts)
        case .nodeGone(let name): state.nodes.remove(name)
        case .nodesBegan: listedNodes = []
        case .nodesEnded:
            for name in Array(state.nodes.nodeNames) where listedNodes?.contains(name) == false {
                state.nodes.remove(name)
            }
            listedNodes = nil
        case .namespace(let namespace): state.put(namespace)
        case .tenant(let object): state.tenancy.put(object)
        case .tenantGone(let name): state.tenancy.remove(name)
        case .tenantsBegan: state.tenancy.listBegan()
        case .tenantsEnded: state.tenancy.listEnded()
        case .topology(let object): state.topologies?.put(object)
        case .topologyGone(let name):
            if let text = state.topologies?.remove(name) { state.complain(text) }
        case .topologiesBegan: state.topologies?.listBegan()
        case .topologiesEnded:
            for text in state.topologies?.listEnded() ?? [] { state.complain(text) }
        case .checkPod(let pod): state.see(pod)
        case .checkPodGone(let pod): state.lose(pod)
        case .checksBegan: state.care?.listBegan()
        case .checksEnded: state.checksListed()
        // They are nobody's gang; what they take is counted where it is known what they are for.
        case .object(.pod(let pod)) where isCheck(pod): break
        case .object(let event):
            look(at: event)
            book.note(event)
        }
    }

    private func isCheck(_ pod: Pod) -> Bool {
        pod.metadata.namespace == state.care?.settings.namespace
            && pod.metadata.labels[CheckPod.label] != nil
    }

    private func look(at event: ObjectEvent) {
        switch event {
        case .pod(let pod) where pod.schedulerName == schedulerName:
            let metadata = pod.metadata
            listedPods?.insert(
                PodKey(namespace: metadata.namespace, name: metadata.name, uid: metadata.uid))
            state.see(pod, naming: naming)
        case .podGone(let key): state.forget(key)
        case .listBegan(.pod): listedPods = []
        case .listEnded(.pod):
            for key in Array(state.sights.keys) where listedPods?.contains(key) == false {
                state.forget(key)
            }
            listedPods = nil
        default: break
        }
    }

    private func collect() {
        state.now = milliseconds
        var changes: [GangChange] = []
        book.collect(into: &changes)
        // Nodes first: the rules of new gangs are judged by them.
        state.take(changes)
    }

    private var milliseconds: Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - began).components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }

    // MARK: The driver

    func begin(
        expecting gangs: [ExpectedGang], tenants: [TenantFigures],
        reporting: @escaping @Sendable (BackendReport) -> Void
    ) {
        reporter = reporting
        state.take(tenants)
        collect()
        state.begin(expecting: gangs)
        flush()
    }

    func carryOut(_ order: BackendOrder) {
        if case .start(let launch) = order, state.rules.isDryRun { explain(launch) }
        state.now = milliseconds
        state.carryOut(order)
        flush()
    }

    func take(_ order: CareOrder, of hardware: HardwareFacts) {
        state.now = milliseconds
        state.take(order, of: hardware)
        flush()
    }

    func tick() {
        guard state.hasBegun else { return }
        state.now = milliseconds
        state.tick()
        flush()
    }

    /// Where the scheduler in charge does otherwise than Muster; nil when that is Muster.
    func differences() -> StartDifferences? {
        guard state.rules.isDryRun else { return nil }
        return state.dry.book.report(at: milliseconds, origin: origin)
    }

    /// Whether a pod still waits for its node.
    func isWaiting(_ pod: PodKey) -> Bool {
        guard let sight = state.sights[pod] else { return false }
        return sight.node == nil && state.nodes.hold(of: pod) == nil
    }

    /// A status was not taken by the server.
    func statusFailed(_ status: ObjectStatus) { state.statusFailed(status) }

    /// Ends what is under way.
    func stop() {
        reporter = nil
        for task in work.values { task.cancel() }
        tell.finish()
    }

    private func explain(_ launch: GangLaunch) {
        let places = launch.members.compactMap { state.nodes.node(of: $0.node) }
        logger.notice(
            "dry run: would bind the \(places.count) pods of \(launch.document.name.value)",
            metadata: ["nodes": "\(places.joined(separator: " "))"])
    }

    // MARK: Calls

    private func flush() {
        let (reports, calls) = state.flush()
        for complaint in state.takeComplaints() { logger.notice("\(complaint)") }
        if let reporter { for report in reports { reporter(report) } }
        for call in calls { perform(call) }
    }

    private func perform(_ call: ClusterCall) {
        switch call {
        case .bind(let job, let attempt, let bindings):
            run { desk, binder, _ in
                let outcome = await binder.bind(bindings)
                await desk.bindEnded(job, attempt, bindings, outcome)
            }
        case .evict(_, let pods, let eviction):
            run { _, _, evictor in await evictor.evict(pods, eviction) }
        case .readLogs(let job, let attempt, let requests):
            unread.append(
                UnreadLogs(
                    job: job, attempt: attempt, requests: requests, until: .now + logs.patience))
            readLogs()
        case .care(let call):
            guard let carer else { return }
            run { desk, _, _ in await desk.take(await carer.perform(call), to: call) }
        case .event, .condition, .nominate, .status: tell.yield(call)
        }
    }

    /// Those that must wait longer than they may are answered without when it is their turn, which
    /// comes when the first of the others are through: by then at the latest.
    private func readLogs() {
        while readings < ClusterDesk.readingsAtOnce, !unread.isEmpty {
            let next = unread.removeFirst()
            readings += 1
            run { [logs] desk, _, _ in
                let reading = await logs.read(next.requests, until: next.until)
                await desk.logsRead(next, reading)
            }
        }
    }

    private func logsRead(_ logs: UnreadLogs, _ reading: LogReader.Reading) {
        readings -= 1
        if let trouble = reading.trouble {
            logger.info("not all logs of the gang \(logs.job) were read: \(trouble)")
        }
        state.now = milliseconds
        state.logsRead(job: logs.job, logs.attempt, logs.requests, reading.evidence)
        flush()
        readLogs()
    }

    private func take(_ answer: CareAnswer, to call: CareCall) {
        state.now = milliseconds
        state.take(answer, to: call)
        flush()
    }

    private func run(
        _ body: @escaping @Sendable (ClusterDesk, Binder, Evictor) async -> Void
    ) {
        let number = nextWork
        nextWork += 1
        work[number] = Task { [binder, evictor] in
            await body(self, binder, evictor)
            self.work[number] = nil
        }
    }

    private func bindEnded(
        _ job: String, _ attempt: Attempt, _ bindings: [PodBinding], _ outcome: BindOutcome
    ) {
        if case .failed(let detail, _) = outcome {
            logger.warning("the gang \(job) was not bound whole: \(detail)")
        }
        state.now = milliseconds
        state.bindEnded(job: job, attempt, bindings, outcome)
        flush()
    }
}

/// Logs of a gang that wait for their turn.
private struct UnreadLogs {
    var job: String
    var attempt: Attempt
    var requests: [LogRequest]
    var until: ContinuousClock.Instant
}
