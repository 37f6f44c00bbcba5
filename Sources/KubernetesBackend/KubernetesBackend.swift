import ControlPlane
import FleetModel
import HealthControl
import KubernetesClient
import KubernetesJSON
import KubernetesObjects
import Logging
import Synchronization

/// A cluster of Kubernetes: its nodes are the fleet, its pods the jobs. Muster binds them.
///
/// All state is in one actor; this class only connects it to the driver. docs/KUBERNETES.md says
/// what becomes a job, and what is done to whom.
public final class KubernetesBackend: Backend {
    private struct Connection {
        var desk: ClusterDesk
        var tasks: [Task<Void, Never>]
    }

    /// What it is called.
    public let name = "kubernetes"
    /// Queues may be called like tenants, and Tenant objects say what they use.
    public let wantsTenants = true

    private let settings: KubernetesSettings
    private let client: KubernetesClient
    private let connection = Mutex<Connection?>(nil)
    /// The tenants before the start.
    private let firstTenants = Mutex<[TenantFigures]>([])
    private let orders: AsyncStream<BackendOrder>
    private let order: AsyncStream<BackendOrder>.Continuation
    private let cares: AsyncStream<(CareOrder, HardwareFacts)>
    private let careOrder: AsyncStream<(CareOrder, HardwareFacts)>.Continuation

    /// How often what is due by the clock is looked at.
    private static let beat = Duration.milliseconds(500)

    /// Prepares to talk to a cluster; nothing is sent yet.
    public init(_ settings: KubernetesSettings) {
        self.settings = settings
        client = KubernetesClient(
            configuration: settings.configuration, throttle: ClientThrottle(settings.throttle),
            logger: settings.logger)
        (orders, order) = AsyncStream.makeStream(of: BackendOrder.self)
        (cares, careOrder) = AsyncStream.makeStream(of: (CareOrder, HardwareFacts).self)
    }

    /// What those who look at the fleet should know; nil for nothing out of the ordinary.
    public var message: String? {
        settings.isDryRun
            ? "This is a dry run: what Muster decides is shown here, and not done; muster "
                + "differences says where the scheduler in charge does otherwise." : nil
    }

    /// The nodes of the cluster, after all that matters of it was listed once and is followed.
    ///
    /// Throws `M0902` to `M0904` when the API server cannot be used, `M0705` when it shows no nodes
    /// or pods.
    public func inventory() async throws -> FleetDefinition {
        let discovery = try await client.discover().orThrow("what the API server serves")
        let choice = try await TopologyFinder(
            client: client, discovery: discovery, logger: settings.logger
        ).find(settings.topology)
        settings.logger.notice(
            "cluster \(client.configuration.server), Kubernetes \(discovery.serverVersion)",
            metadata: [
                "levels": "\(choice.topology.levels.map(\.name).joined(separator: " "))",
                "by": "\(choice.source)",
            ])
        let connection = await connect(discovery, choice)
        self.connection.withLock { $0 = connection }
        try await connection.desk.waitUntilListed()
        return await connection.desk.fleet()
    }

    private func connect(_ discovery: Discovery, _ choice: TopologyChoice) async -> Connection {
        var types: [ObjectKind: ResourceType] = [.pod: Pod.resources[0]]
        for declaring in WorkloadTypes.all {
            for (kind, type) in discovery.declaring(declaring.resources) { types[kind] = type }
        }
        let gangs = GangSettings(
            schedulerName: settings.schedulerName, watched: Set(types.keys).subtracting([.pod]))
        types[.tenant] = discovery.served(TenantObject.resources)
        types[.topology] = choice.type
        var rules = ClusterState.Rules()
        rules.tenants = settings.tenants
        rules.isDryRun = settings.isDryRun
        rules.halfBoundMilliseconds = settings.halfBoundSeconds * 1_000
        let options = WriteOptions(fence: settings.fence)
        let (calls, tell) = AsyncStream.makeStream(of: ClusterCall.self)
        var state = ClusterState(
            NodeTranslation(topology: choice.topology, naming: gangs.naming), rules: rules)
        state.topologies = choice.type.map { _ in TopologyBook(choice) }
        let checks = settings.isDryRun ? nil : settings.checks
        state.care = checks.map { CareBook($0) }
        if care != nil, settings.isRepaired {
            state.repairs = RepairBook(settings.repairs, installation: settings.installation)
        }
        let desk = ClusterDesk(
            state: state,
            book: GangBook(gangs),
            binder: Binder(
                client: client, options: options, limit: .seconds(settings.halfBoundSeconds),
                token: settings.progressToken),
            evictor: Evictor(
                client: client, options: options, version: discovery.evictionVersion,
                patience: .seconds(settings.evictionSeconds)),
            logs: LogReader(client: client, patience: .seconds(settings.logSeconds)),
            carer: care.map { _ in
                CareCaller(
                    client: client, options: options, namespace: checks?.namespace ?? "")
            },
            tell: tell, logger: settings.logger)
        let teller = Teller(
            client: client, options: options, eventType: discovery.eventType, types: types,
            instance: settings.instance, logger: settings.logger)
        var tasks = await ClusterWatch(
            client: client, discovery: discovery, desk: desk, topologies: choice.type,
            checks: checks?.namespace, logger: settings.logger
        ).start()
        tasks.append(
            Task {
                await teller.run(calls) {
                    await desk.isWaiting($0)
                } failed: {
                    await desk.statusFailed($0)
                }
            })
        return Connection(desk: desk, tasks: tasks)
    }

    /// Compares what the driver believes with the pods, and reports from then on.
    public func start(
        expecting gangs: [ExpectedGang], reporting: @escaping @Sendable (BackendReport) -> Void
    ) async throws {
        guard let desk = connection.withLock({ $0?.desk }) else {
            throw OperatingError(.backendFailed, "the cluster was not looked at yet")
        }
        await desk.begin(
            expecting: gangs, tenants: firstTenants.withLock { $0 }, reporting: reporting)
        let (orders, cares) = (orders, cares)
        let tasks = [
            Task { for await order in orders { await desk.carryOut(order) } },
            Task { for await (order, hardware) in cares { await desk.take(order, of: hardware) } },
            Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: KubernetesBackend.beat)
                    await desk.tick()
                }
            },
        ]
        connection.withLock { $0?.tasks += tasks }
    }

    /// Takes an order; it is carried out in its turn.
    public func execute(_ order: BackendOrder) {
        if case .tenants(let figures) = order { firstTenants.withLock { $0 = figures } }
        self.order.yield(order)
    }

    /// Stops to follow the cluster. Pods go on.
    public func stop() async {
        order.finish()
        careOrder.finish()
        let last = connection.withLock { connection in
            defer { connection = nil }
            return connection
        }
        if let last {
            await last.desk.stop()
            for task in last.tasks { task.cancel() }
            for task in last.tasks { await task.value }
        }
        client.close()
    }

    /// Who tests and repairs its nodes; nobody in a dry run, nor where neither an image for tests
    /// nor anybody who repairs is named.
    public var care: (any NodeCare)? {
        settings.isDryRun || settings.checks == nil && !settings.isRepaired
            ? nil
            : ClusterCare(
                orders: careOrder, installsStacks: settings.installation != nil)
    }

    /// It does not: kubelets give devices away, and Kubernetes does not say which.
    public var assignsDevices: Bool { false }

    /// In a dry run, where the scheduler in charge does otherwise than Muster decides.
    public func differences() async -> StartDifferences? {
        await connection.withLock { $0?.desk }?.differences()
    }

    /// Nothing: the logs of pods are read with kubectl.
    public func log(of member: MemberKey) -> (any MemberLog)? { nil }
}
