import API
import ControlPlane
import FleetModel
import Hummingbird
import Logging
import ServiceLifecycle
import Synchronization

/// The HTTP side of a control plane: API, events, metrics, dashboard.
public final class MusterServer: Sendable {
    let plane: ControlPlane
    let settings: ServerSettings
    let logger: Logger
    let tokens: TokenBook
    let gate: Gate
    let dashboard = Dashboard()
    let events: EventHub
    let live: LiveHub
    let figures: FigureCache
    let agents: AgentDesk
    private let services = Mutex<ServiceGroup?>(nil)
    let streams: StreamBook
    let connections: ConnectionBook
    /// What-ifs and fresh estimates that run at the same time.
    let questions = Turnstile(places: 2, waiting: 16)

    /// Throws `M0708` for an address that others can reach while there is no TLS, or no token.
    public init(_ plane: ControlPlane, settings: ServerSettings, logger: Logger) throws {
        try settings.checkExposure()
        self.plane = plane
        self.settings = settings
        self.logger = logger
        tokens = try TokenBook(plane)
        gate = Gate(settings, tokens)
        agents = AgentDesk(settings.agentEvents)
        events = EventHub(plane)
        figures = FigureCache(plane)
        streams = StreamBook(most: settings.streamsPerCaller)
        connections = ConnectionBook(most: settings.connectionsPerAddress)
        live = LiveHub(plane, figures, Self.surroundings(plane, settings))
        guard settings.isLoopback || !tokens.isEmpty else {
            throw OperatingError(
                .exposedWithoutTokens, "others can reach \(settings.host), and there are no tokens",
                hint:
                    "start it on loopback and make one: muster tokens add --role admin NAME"
            )
        }
    }

    static func surroundings(
        _ plane: ControlPlane, _ settings: ServerSettings
    ) -> FleetJSON.Surroundings {
        FleetJSON.Surroundings(
            version: settings.version, backend: plane.backend.name, message: settings.message,
            speed: plane.clock.speed)
    }

    /// Listens until the surrounding task is cancelled or the service group stops. `running` is
    /// called once requests are taken. Throws `M0706` when the address is not to be had, `M0707`
    /// for unusable files of TLS.
    public func run(running: @escaping @Sendable (Int) -> Void) async throws {
        let services = try Listener(settings, logger: logger).services(
            Responder(server: self), connections, patience: MusterServer.patience,
            running: running)
        self.services.withLock { $0 = services }
        try await Listener.run(services, settings)
    }

    /// Takes no more connections and lets the answers that are under way be finished, for a short
    /// while. ``run(running:)`` returns then.
    public func stop() async {
        await services.withLock { $0 }?.triggerGracefulShutdown()
    }

    /// Takes in the body of a message of an agent that this program started itself, as if it had
    /// come over HTTP; gives the status and body of the answer.
    public func takeFromOwnAgent(
        _ body: [UInt8], of node: String
    ) async -> (status: Int, body: [UInt8]) {
        do {
            return (200, try await agents.receive(body, from: node, at: plane.clock.now()))
        } catch let error as OperatingError {
            return (error.code.status(hasDiagnostics: false).code, [])
        } catch {
            return (500, [])
        }
    }

    /// How long answers may take to be finished when the server stops.
    private static let patience = Duration.seconds(2)

    /// Ends streams whose token counts no more, each second, and notes now and then which tokens
    /// were used. Runs until it is cancelled.
    public func runHousekeeping() async {
        var seconds = 0
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            let now = FleetClock.wall()
            streams.sweep { $0.token.map { tokens.counts($0, now: now) } ?? true }
            seconds += 1
            if seconds % 60 == 0 { await tokens.flushUse() }
        }
    }
}
