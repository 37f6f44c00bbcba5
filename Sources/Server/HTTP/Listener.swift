import FleetModel
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle

/// How requests come in: the address, TLS, and what is asked of connections.
struct Listener {
    private let settings: ServerSettings
    private let logger: Logger

    init(_ settings: ServerSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// What listens once it is run. Answers that are under way have so long to be finished when it
    /// is to stop. `running` is called with the port once requests are taken. Throws `M0707` for
    /// unusable files of TLS.
    func services(
        _ responder: some HTTPResponder<CallContext>, _ connections: ConnectionBook,
        patience: Duration, running: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> ServiceGroup {
        let (head, body) = (settings.headSeconds, settings.bodySeconds)
        let stall = settings.stallSeconds
        let http = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [
                    ConnectionGuard(connections, stallSeconds: stall),
                    RequestDeadline(headSeconds: head, bodySeconds: body), ParserRefusal(),
                ],
                httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                    maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10,
                    maxHeaderFieldCount: 100)))
        let application = Application(
            responder: responder, server: try secured(http),
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), serverName: "muster",
                availableConnectionsDelegate: MaximumAvailableConnections(settings.connections)),
            onServerRunning: { channel in running(channel.localAddress?.port ?? 0) },
            logger: logger)
        var group = ServiceGroupConfiguration(services: [application], logger: logger)
        group.maximumGracefulShutdownDuration = patience
        return ServiceGroup(configuration: group)
    }

    /// Runs them. Throws `M0706` when the address is not to be had.
    static func run(_ services: ServiceGroup, _ settings: ServerSettings) async throws {
        do {
            try await services.run()
        } catch let error as IOError {
            throw OperatingError(
                .addressInUse, "cannot listen on \(settings.host):\(settings.port)",
                detail: String(describing: error),
                hint: "stop what listens there, or choose another address with --listen")
        }
    }

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
}
