import FleetModel
import Foundation
import Journal
import Logging
import Scheduler
import Store
import Synchronization

/// The live control plane: one engine, one journal, one backend.
///
/// Everything that changes something goes through ``perform(_:)`` to the driver's one thread, and
/// is answered after its commit. Readers take ``view``, which is never behind an answer.
public final class ControlPlane: Sendable {
    /// What the control plane can do now.
    public enum Phase: Sendable {
        /// It recovers.
        case starting
        /// It works.
        case ready
        /// The storage takes nothing; it goes on by itself once that is mended.
        case stalled(OperatingError)
        /// It has ended, or is about to.
        case stopped
    }

    /// The database.
    public let store: Store
    /// Where work runs.
    public let backend: any Backend
    /// The fleet's time.
    public let clock: FleetClock
    /// Who follows what happens.
    public let feed = FleetFeed()

    let settings: ControlPlaneSettings
    let logger: Logger
    let inbox: DriverInbox
    private let viewBox: Mutex<FleetView>
    private let phaseBox = Mutex(Phase.starting)
    private let ending = Mutex<[CheckedContinuation<Void, Never>]>([])
    let dispatcher: Dispatcher
    let snapshots: SnapshotWriter
    let estimates: EstimateRefresher

    /// Recovers what the folder of `store` holds, or begins anew, and starts the backend. Throws
    /// what keeps it from starting.
    public init(
        store: Store, backend: any Backend, settings: ControlPlaneSettings, logger: Logger
    ) async throws {
        self.store = store
        self.backend = backend
        self.settings = settings
        self.logger = logger
        let start: DriverStart
        do {
            inbox = try DriverInbox()
            start = try await DriverStart(
                store: store, backend: backend, settings: settings, logger: logger)
        } catch {
            // What it has begun, such as to follow a cluster, would go on for nobody.
            await backend.stop()
            throw error
        }
        clock = start.driver.clock
        dispatcher = Dispatcher(
            store: store, backend: backend, inbox: inbox, logger: logger)
        snapshots = SnapshotWriter(store: store, inbox: inbox, logger: logger)
        estimates = EstimateRefresher(inbox: inbox)
        viewBox = Mutex(start.driver.view)
        dispatcher.translate(start.driver.backendOfNode)
        let inbox = inbox
        do {
            try await start.connect(dispatcher) { report in inbox.add(report) }
            dispatcher.send(start.orders())
            dispatcher.send(try forgottenJobs().map { .forget($0) })
        } catch {
            await backend.stop()
            throw error
        }
        publish(start.driver.view)
        setPhase(.ready)
        // The driver goes to its thread and is used nowhere else from here on.
        nonisolated(unsafe) let driver = start.driver
        let thread = Thread { [self] in
            DriverLoop(self, driver).run()
            finish()
        }
        thread.name = "muster-driver"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Jobs that the backend keeps something of though nothing is known of them any more, as after
    /// a crash between their deletion and the order to forget them.
    private func forgottenJobs() throws -> [JobID] {
        let strangers = backend.keptJobs().filter { view.jobs[$0.index] == nil }
        return try store.read { reader in try strangers.filter { try reader.job($0) == nil } }
    }

    /// What readers see now.
    public var view: FleetView { viewBox.withLock { $0 } }

    /// What the control plane can do now.
    public var phase: Phase { phaseBox.withLock { $0 } }

    func publish(_ view: FleetView) { viewBox.withLock { $0 = view } }

    func setPhase(_ phase: Phase) { phaseBox.withLock { $0 = phase } }

    /// Runs `body` on the driver's thread, within a batch, and returns after its commit.
    ///
    /// Throws what `body` throws; `M0612` when the commit failed, then nothing has happened.
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (Driver) throws -> Value
    ) async throws -> Value {
        if case .stalled(let error) = phase { throw error }
        let result = Mutex<Result<Value, any Error>?>(nil)
        return try await withCheckedThrowingContinuation { continuation in
            let command = DriverInbox.Command(
                run: { driver in
                    let value = Result { try body(driver) }
                    result.withLock { $0 = value }
                },
                finish: { error in
                    if let error {
                        continuation.resume(throwing: error)
                    } else if let value = result.withLock({ $0 }) {
                        continuation.resume(with: value)
                    }
                })
            do {
                try inbox.add(command)
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Commits what waits, makes a snapshot, and lets go of the backend and the database. What
    /// runs goes on where the backend can do that.
    public func stop() async {
        inbox.close()
        await withCheckedContinuation { continuation in
            let isOver = ending.withLock { waiting in
                if case .stopped = phase { return true }
                waiting.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
        dispatcher.drain()
        await backend.stop()
        feed.close()
        store.close()
    }

    /// Ends all that follows ``feed``, so that a server can close.
    public func endStreams() { feed.close() }

    private func finish() {
        let waiting = ending.withLock { waiting in
            setPhase(.stopped)
            defer { waiting = [] }
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
