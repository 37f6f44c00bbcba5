import FleetModel
import HealthControl
import Logging
import Store

/// The life of the driver's thread: take what waits, decide, commit, show, tell.
final class DriverLoop {
    private let plane: ControlPlane
    private var driver: Driver
    private var ticked: Int64 = 0
    private var sampled = Instant.zero
    private var inputsAtSnapshot: Int64 = 0
    private var snapshotAt = FleetClock.monotonic()

    /// Entries that one batch takes at most.
    private static let batchEntries = 4096
    /// Wake-ups that one batch takes at most.
    private static let batchWakes = 2000
    private static let second: Int64 = 1_000_000_000

    init(_ plane: ControlPlane, _ driver: Driver) {
        self.plane = plane
        self.driver = driver
    }

    /// What comes after a batch.
    private enum Next {
        /// Wait for the next.
        case wait
        /// There is more to do at once.
        case goOn
        /// The state in memory is not what is kept, and there is no time left to mend that.
        case giveUp
    }

    /// Runs until the inbox is closed and empty.
    func run() {
        var next = Next.wait
        while true {
            if next == .wait { plane.inbox.wait(nanoseconds: pause()) }
            let cameUntil = driver.clock.now()
            let entries = plane.inbox.takeAll()
            if entries.isEmpty, plane.inbox.isClosed { break }
            next = handle(entries, cameUntil: cameUntil)
            // Nothing may be kept of it. What the backend reported it says again at the next start.
            if next == .giveUp { return }
        }
        plane.snapshots.writeNow(driver)
    }

    /// How long there is nothing to do, if nobody comes.
    private func pause() -> Int64 {
        let tick = ticked + DriverLoop.second - FleetClock.monotonic()
        let wakes = [driver.timers.first?.at, driver.nextHealthWake, driver.openEnds.due]
            .compactMap { $0 }
        guard let wake = wakes.min() else { return max(0, tick) }
        return max(0, min(tick, driver.clock.wallNanoseconds(until: wake)))
    }

    /// One batch, of all that had come by a time of the fleet's clock.
    private func handle(_ entries: [DriverInbox.Entry], cameUntil: Instant) -> Next {
        let began = FleetClock.monotonic()
        let limit = began + plane.settings.batchMilliseconds * 1_000_000
        var finished: [DriverInbox.Command] = []
        var taken = 0
        let openEnds = driver.openEnds
        do {
            driver.now = max(driver.now, driver.clock.now())
            driver.listen()
            for entry in entries.prefix(DriverLoop.batchEntries) {
                taken += 1
                switch entry {
                case .command(let command):
                    finished.append(command)
                    try command.run(driver)
                case .report(let report):
                    try driver.take(report.translated { driver.own($0) })
                }
                if FleetClock.monotonic() > limit { break }
            }
            let isLate = try driver.wake(limit: DriverLoop.batchWakes)
            driver.wakeHealth()
            try driver.settleEnds()
            try tick()
            try driver.settleHealth()
            driver.tellClearedPlaces()
            let delta = try driver.commit()
            plane.inbox.putBack(Array(entries.dropFirst(taken)))
            if taken == entries.count { driver.hearing.clear(at: cameUntil) }
            show(delta)
            for command in finished { command.finish(nil) }
            snapshotIfDue()
            return isLate || taken < entries.count ? .goOn : .wait
        } catch {
            let failure =
                error as? OperatingError
                ?? OperatingError(
                    .storageFailed, "the batch could not be kept",
                    detail: String(describing: error))
            for command in finished { command.finish(failure) }
            // Reports are facts; they are taken in again once the state before them is back.
            driver.openEnds = openEnds
            let rest = entries.prefix(taken).filter { entry in
                if case .report = entry { return true }
                return false
            }
            plane.inbox.putBack(rest + entries.dropFirst(taken))
            return standStill(failure) ? .goOn : .giveUp
        }
    }

    private func show(_ delta: FleetDelta) {
        plane.publish(delta.view)
        if driver.hasNewTranslation {
            plane.dispatcher.translate(driver.backendOfNode)
            driver.hasNewTranslation = false
        }
        if !driver.orders.isEmpty {
            plane.dispatcher.send(driver.orders)
            driver.orders.removeAll(keepingCapacity: true)
        }
        plane.feed.send(delta)
    }

    private func tick() throws {
        let now = FleetClock.monotonic()
        guard now >= ticked + DriverLoop.second else { return }
        ticked = now
        driver.now = max(driver.now, driver.clock.now())
        try driver.settleForeignTenants()
        if plane.backend.wantsTenants { driver.tellTenants(at: now) }
        driver.refreshSummary()
        if driver.hasSpareNews { driver.hasStaleSpares = true }
        plane.estimates.refresh(driver)
        if driver.now - sampled >= .seconds(60) || driver.now < sampled {
            sampled = driver.now
            driver.sampleUsage()
            driver.prune(plane.settings.retention)
        } else if driver.hasMoreToPrune {
            driver.prune(plane.settings.retention)
        }
    }

    private func snapshotIfDue() {
        let inputs = driver.view.latencies.inputs
        guard inputs > inputsAtSnapshot, !plane.snapshots.isBusy else { return }
        let now = FleetClock.monotonic()
        let isOld = now - snapshotAt > plane.settings.snapshotSeconds * DriverLoop.second
        guard isOld || inputs - inputsAtSnapshot >= Int64(plane.settings.snapshotInputs) else {
            return
        }
        inputsAtSnapshot = inputs
        snapshotAt = now
        plane.snapshots.begin(driver)
    }

    /// The state in memory is ahead of what is kept: waits until the storage takes something
    /// again, and goes back to what it holds. Says whether it did: not when it is to end before.
    private func standStill(_ error: OperatingError) -> Bool {
        plane.logger.error(
            "standing still: \(error.message)",
            metadata: ["code": "\(error.code.rawValue)", "detail": "\(error.detail)"])
        plane.setPhase(.stalled(error))
        let mapping = (driver.nodeOfBackend, driver.backendOfNode)
        let tenants = driver.foreignTenants
        let (hardware, hasCare) = (driver.hardware, driver.hasCare)
        let (assignsDevices, withheld) = (driver.assignsDevices, driver.withheld)
        let (toldFacts, installsStacks) = (driver.toldFacts, driver.installsStacks)
        let (careOrders, openEnds) = (driver.careOrders, driver.openEnds)
        while !plane.inbox.isClosed {
            plane.inbox.failCommands(error)
            plane.inbox.wait(nanoseconds: DriverLoop.second)
            do {
                try plane.store.write { try $0.setMeta(Recovery.Fact.probe, "") }
                var state = try Recovery(store: plane.store).load(policy: plane.settings.policy)
                (state.nodeOfBackend, state.backendOfNode) = mapping
                let latencies = driver.view.latencies
                driver = Driver(state, store: plane.store, clock: plane.clock)
                driver.view.latencies = latencies
                try driver.recallFigures(plane.settings.drops)
                driver.takeOver(tenants)
                (driver.hardware, driver.hasCare) = (hardware, hasCare)
                (driver.assignsDevices, driver.withheld) = (assignsDevices, withheld)
                (driver.toldFacts, driver.installsStacks) = (toldFacts, installsStacks)
                (driver.careOrders, driver.openEnds) = (careOrders, openEnds)
                driver.spares = plane.settings.spares
                driver.resumeHealth(plane.settings.health, plane.settings.faultRules)
                plane.publish(driver.view)
                plane.feed.reset()
                plane.setPhase(.ready)
                plane.logger.notice("going on: the storage takes data again")
                return true
            } catch {
                plane.logger.debug("still standing still: \(error)")
            }
        }
        plane.inbox.failCommands(error)
        return false
    }
}
