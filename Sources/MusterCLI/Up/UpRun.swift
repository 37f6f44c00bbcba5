import ControlPlane
import Dispatch
import FleetModel
import Foundation
import KubernetesBackend
import LocalBackend
import Logging
import Server
import SimulatedBackend
import Store
import Synchronization

/// One run of the control plane, from start to stop.
struct UpRun {
    private let plan: UpPlan
    private let logger: Logger
    private let stop = StopSignal()

    init(_ plan: UpPlan) {
        self.plan = plan
        var logger = Logger(label: "muster") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = plan.logLevel
        self.logger = logger
    }

    /// Runs until a signal asks it to stop, or until another replica leads.
    func run() async throws(Failure) {
        do {
            guard case .kubernetes(var settings, let place?) = plan.machines else {
                return try await serve(nil)
            }
            settings.logger = logger
            let leadership = Leadership(
                settings, namespace: place.namespace, name: place.name, pod: place.pod)
            try await lead(leadership)
        } catch let error as Failure {
            throw error
        } catch let error as OperatingError {
            throw Failure(operating: error)
        } catch {
            throw Failure(
                operating: OperatingError(
                    .backendFailed, "the control plane ended", detail: String(describing: error)))
        }
    }

    /// Waits for the lease, and serves while it is held.
    private func lead(_ leadership: Leadership) async throws {
        let logger = logger
        let standby = StandbyServer(plan.server, logger: logger)
        try plan.server.checkExposure()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await leadership.run()
                return false
            }
            group.addTask {
                let isStopped = try await standby.run {
                    await withTaskGroup(of: Bool.self) { either in
                        either.addTask { (try? await leadership.lead()) == nil }
                        either.addTask {
                            await stop.wait()
                            return true
                        }
                        defer { either.cancelAll() }
                        return await either.next() ?? true
                    }
                }
                if !isStopped { try await serve(leadership) }
                return true
            }
            let isAsked = try await group.next() ?? true
            group.cancelAll()
            guard isAsked else {
                throw OperatingError(
                    .backendFailed, "another replica leads now",
                    hint: "start again to stand by; the Deployment does so by itself")
            }
        }
    }

    private func serve(_ leadership: Leadership?) async throws {
        guard UserFolders.make(absolute(plan.folder)) else {
            throw OperatingError(
                .storageFailed, "the data folder '\(plan.folder)' cannot be made or written",
                detail: String(cString: strerror(errno)),
                hint: "choose a folder on a local disk with --data")
        }
        let store = try Store(folder: absolute(plan.folder))
        var settings = plan.plane
        let clock = ClockBox()
        settings.clockIsReady = { clock.set($0) }
        let tokens = try AttemptTokens.ofFolder(store.folder)
        let place = PlaceBox(plan.server)
        let (backend, message) = makeBackend(clock, store, leadership, tokens) { launch in
            let key = AttemptKey(job: launch.job, attempt: launch.attempt)
            return place.variables(of: key, token: tokens.text(of: key))
        }
        let plane = try await ControlPlane(
            store: store, backend: backend, settings: settings, logger: logger)
        do {
            try await listen(plane, message: message, tokens, place)
        } catch {
            await plane.stop()
            throw error
        }
        await plane.stop()
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    private func makeBackend(
        _ clock: ClockBox, _ store: Store, _ leadership: Leadership?, _ tokens: AttemptTokens,
        _ variables: @escaping @Sendable (GangLaunch) -> [String: String]
    ) -> (any Backend, message: String?) {
        switch plan.machines {
        case .local(let devices):
            var settings = LocalSettings(folder: store.folder + "/members", devices: devices)
            settings.logger = logger
            settings.variables = variables
            let backend = LocalBackend(settings)
            return (backend, backend.message)
        case .simulated(let fleet, let faults, _):
            let backend = SimulatedBackend(
                fleet: fleet, faults: faults, seed: plan.seed, speed: Double(plan.plane.speed),
                clock: { clock.now() })
            return (
                backend,
                "This fleet is simulated: its machines, its time"
                    + (plan.plane.speed > 1 ? " (\(plan.plane.speed) times as fast)" : "")
                    + " and its faults are not real."
            )
        case .kubernetes(var settings, _):
            settings.logger = logger
            settings.progressToken = { tokens.text(of: AttemptKey(job: $0, attempt: $1)) }
            if let leadership { settings.fence = { leadership.isLeader } }
            let backend = KubernetesBackend(settings)
            return (backend, backend.message)
        }
    }

    // MARK: Serving

    private func listen(
        _ plane: ControlPlane, message: String?, _ tokens: AttemptTokens, _ place: PlaceBox
    ) async throws {
        var settings = plan.server
        settings.message = message
        settings.attemptTokens = tokens
        settings.agentEvents = plane
        let token = try AdminToken(folder: plane.store.folder).prepare(plane)
        let server = try MusterServer(plane, settings: settings, logger: logger)
        let registry = ServerRegistry(folder: plane.store.folder)
        defer { registry.leave() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await server.run { port in
                    place.set(port: port)
                    registry.enter(port: port)
                    greet(port: port, token: token, message: message, plane)
                }
            }
            group.addTask { await server.runHousekeeping() }
            if case .simulated(_, _, demo: true) = plan.machines {
                let traffic = DemoUsers(plane, seed: plan.seed, logger: logger)
                group.addTask { await traffic.run() }
            }
            if let agent = agent(server, plane) { group.addTask { await agent.run() } }
            group.addTask { await stop.wait() }
            // The first to end is the signal, or a server that cannot listen.
            try await group.next()
            plane.endStreams()
            await server.stop()
            // Nothing else ends by itself.
            try await group.next()
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }

    /// The agent of this machine, where the fleet is this machine.
    private func agent(_ server: MusterServer, _ plane: ControlPlane) -> EmbeddedAgent? {
        guard let options = plan.agentOptions else { return nil }
        let fleet = plane.view.directory.fleet
        guard let node = fleet.nodes.first else { return nil }
        return EmbeddedAgent(
            server, node: fleet.nodeNames[node.id], folder: plane.store.folder + "/agent",
            options: options, logger: logger)
    }

    private func greet(port: Int, token: String?, message: String?, _ plane: ControlPlane) {
        let scheme = plan.server.tls == nil ? "http" : "https"
        let place = ServerSettings.authority(plan.server.host, port)
        let devices = plane.view.directory.fleet.deviceCount
        let nodes = plane.view.directory.fleet.nodes.count
        Console.say("muster \(MusterVersion.number), backend \(plane.backend.name)")
        Console.say(
            "  fleet      \(nodes) node\(nodes == 1 ? "" : "s"), \(devices) device"
                + "\(devices == 1 ? "" : "s")")
        if let message { Console.say("  note       \(message)") }
        Console.say("  data       \(plane.store.folder)")
        Console.say(
            "  dashboard  \(scheme)://\(place)/" + (token.map { "#token=\($0)" } ?? ""))
        Console.say("  stop       Ctrl-C")
    }
}

/// The fleet's clock, which is known only once the data folder is read.
final class ClockBox: Sendable {
    private let clock = Mutex<FleetClock?>(nil)

    func set(_ clock: FleetClock) { self.clock.withLock { $0 = clock } }
    func now() -> Instant { clock.withLock { $0?.now() } ?? .zero }
}

/// Where members find the server. The port may be known only once it listens.
final class PlaceBox: Sendable {
    private let scheme: String
    private let host: String
    private let port: Mutex<Int>

    init(_ settings: ServerSettings) {
        scheme = settings.tls == nil ? "http" : "https"
        // What listens everywhere listens on this machine.
        switch settings.host {
        case "0.0.0.0": host = "127.0.0.1"
        case "::", "[::]": host = "::1"
        default: host = settings.host
        }
        port = Mutex(settings.port)
    }

    func set(port: Int) { self.port.withLock { $0 = port } }

    /// What an attempt is told: where the server is, and how to report its progress there.
    func variables(of key: AttemptKey, token: String) -> [String: String] {
        let port = port.withLock { $0 }
        guard port > 0 else { return [:] }
        let server = "\(scheme)://\(ServerSettings.authority(host, port))"
        return [
            "MUSTER_SERVER": server,
            "MUSTER_PROGRESS_URL": "\(server)/v1/jobs/\(key.job.rawValue)/progress",
            "MUSTER_PROGRESS_TOKEN": token,
        ]
    }
}
