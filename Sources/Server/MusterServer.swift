import API
import ControlPlane
import FleetModel
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
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
        let (head, body) = (settings.headSeconds, settings.bodySeconds)
        let (book, stall) = (connections, settings.stallSeconds)
        let http = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [
                    ConnectionGuard(book, stallSeconds: stall),
                    RequestDeadline(headSeconds: head, bodySeconds: body), ParserRefusal(),
                ],
                httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                    maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10,
                    maxHeaderFieldCount: 100)))
        let application = Application(
            responder: Responder(server: self), server: try secured(http),
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), serverName: "muster",
                availableConnectionsDelegate: MaximumAvailableConnections(settings.connections)),
            onServerRunning: { channel in running(channel.localAddress?.port ?? 0) },
            logger: logger)
        var group = ServiceGroupConfiguration(services: [application], logger: logger)
        group.maximumGracefulShutdownDuration = MusterServer.patience
        let services = ServiceGroup(configuration: group)
        self.services.withLock { $0 = services }
        do {
            try await services.run()
        } catch let error as IOError {
            throw OperatingError(
                .addressInUse, "cannot listen on \(settings.host):\(settings.port)",
                detail: String(describing: error),
                hint: "stop what listens there, or choose another address with --listen")
        }
    }

    /// Takes no more connections and lets the answers that are under way be finished, for a short
    /// while. ``run(running:)`` returns then.
    public func stop() async {
        await services.withLock { $0 }?.triggerGracefulShutdown()
    }

    /// How long answers may take to be finished when the server stops.
    private static let patience = Duration.seconds(2)

    private func secured(_ http: HTTPServerBuilder) throws -> HTTPServerBuilder {
        guard let tls = settings.tls else { return http }
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(tls.certificate)
            let key = try NIOSSLPrivateKey(file: tls.key, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            return try .tls(http, tlsConfiguration: configuration)
        } catch {
            throw OperatingError(
                .tlsFiles, "the files for TLS are not usable", detail: String(describing: error),
                hint: "give the certificate chain and the key that belongs to it, both in PEM")
        }
    }

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
