import Documents
import FleetModel
import Health
import Logging
import Scheduler
import Store

/// Brings up a driver: recovers, compares the fleet with the backend's, and starts the backend.
struct DriverStart {
    let driver: Driver
    private let backend: any Backend
    private let store: Store
    private let logger: Logger
    private let outbox: [Directive]
    private let careOrders: [DriverOrder]

    init(
        store: Store, backend: any Backend, settings: ControlPlaneSettings, logger: Logger
    ) async throws {
        self.store = store
        self.backend = backend
        self.logger = logger
        let inventory: FleetDefinition
        do {
            inventory = try await backend.inventory()
        } catch {
            throw DriverStart.failure(error)
        }
        let recovery = Recovery(store: store)
        let isNew = try recovery.isNew()
        if isNew { try recovery.begin(topology: inventory.topology) }
        var state = try recovery.load(policy: settings.policy)
        let recorded = state.view.directory.fleet.topology
        guard recorded.levels.map(\.name) == inventory.topology.levels.map(\.name) else {
            throw OperatingError(
                .differentFleet, "the fleet has other topology levels than the data folder",
                detail: "recorded: \(recorded.levels.map(\.name).joined(separator: ", ")); now: "
                    + inventory.topology.levels.map(\.name).joined(separator: ", "),
                hint: "use another data folder, or the fleet that this one belongs to")
        }
        let clock = FleetClock(
            startingAt: isNew || settings.speed == 1
                ? max(FleetClock.wall(), state.now) : state.now, speed: settings.speed)
        settings.clockIsReady(clock)
        state.now = clock.now()
        if FleetClock.wall() + .seconds(60) < state.now, settings.speed == 1 {
            logger.warning("the wall clock is behind the last recorded time; time goes on from it")
        }
        driver = Driver(state, store: store, clock: clock)
        try driver.recallFigures(settings.drops)
        try driver.recallAgentFacts()
        driver.hasCare = backend.care != nil
        driver.assignsDevices = backend.assignsDevices
        driver.installsStacks = backend.care?.installsStacks ?? false
        driver.spares = settings.spares
        driver.beginHealth(settings.health, settings.faultRules, isNew: isNew)
        if let stacks = settings.stacks { driver.declare(stacks.catalogue, stacks.digest) }
        try driver.takeInventory(inventory, await backend.hardware())
        driver.takeFirst(await backend.versions())
        try driver.recallForeignTenants()
        // A file has no say about tenants that are objects of the backend.
        if driver.foreignTenants.named.isEmpty {
            try driver.takeTenants(settings.tenants, isNew: isNew, store: store)
        }
        driver.tellStart(replayed: state.replayed, isNew: isNew)
        driver.resumeHealth(settings.health, settings.faultRules)
        try driver.settleHealth()
        for standing in driver.view.spares where standing.choice.shortage == .noPool {
            let why = standing.shortageText(pools: driver.view.directory.fleet.pools.names) ?? ""
            logger.warning("no spares are kept for the pool '\(standing.pool)': \(why)")
        }
        driver.refreshSummary()
        _ = try driver.commit()
        // The outbox has what the engine decides upon the changed fleet, like everything else; what
        // the health engine asks for is nowhere else.
        careOrders = driver.orders.filter { if case .care = $0 { true } else { false } }
        driver.orders.removeAll()
        outbox = try recovery.outbox()
    }

    private static func failure(_ error: any Error) -> OperatingError {
        error as? OperatingError
            ?? OperatingError(
                .backendFailed, "the backend could not begin", detail: String(describing: error))
    }

    /// Starts the backend with what should run.
    func connect(
        _ dispatcher: Dispatcher, _ report: @escaping @Sendable (BackendReport) -> Void
    ) async throws {
        let expected = try driver.expectedGangs { job, attempt, members, facts in
            try dispatcher.launch(job, attempt, members, facts)
        }
        if backend.wantsTenants {
            dispatcher.send([.tenants(driver.view, absences: [:])])
            dispatcher.drain()
        }
        do {
            try await backend.start(expecting: expected, reporting: report)
        } catch {
            throw DriverStart.failure(error)
        }
    }

    /// The orders that nobody has confirmed. A backend that finds its jobs is told first which of
    /// them are known, so that it can say which are not there any more.
    func orders() -> [DriverOrder] {
        let known = driver.foundJobs.sorted { $0.value < $1.value }
        return known.map { .tell(key: $0.key, .accepted($0.value)) }
            + outbox.compactMap { driver.order(of: $0) } + careOrders
    }
}
