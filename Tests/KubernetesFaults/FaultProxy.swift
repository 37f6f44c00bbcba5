import AsyncHTTPClient
import FleetModel
import KubernetesClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Stands between a client and an API server and does harm, by a seed: the n-th request meets the
/// same fault in every run.
///
/// It listens on the loopback without TLS, and talks to the server with the credentials of the
/// configuration, which have to be in the kubeconfig itself.
public final class FaultProxy: Sendable {
    private let upstream: String
    private let tls: TLSConfiguration
    private let authorization: String?
    private let http: HTTPClient
    private let state: Mutex<State>

    private struct State {
        var plan: FaultPlan
        var random: SplitMix
        var counts: [String: Int] = [:]
        var connections: [ObjectIdentifier: any Channel] = [:]
    }

    /// Prepares; nothing listens yet.
    public init(to configuration: ClusterConfiguration, plan: FaultPlan, seed: UInt64) throws {
        upstream = configuration.server.description
        var tls = TLSConfiguration.makeClientConfiguration()
        if case .authorities(.bytes(let pem)) = configuration.trust {
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(pem))
        }
        if let identity = configuration.identity,
            case .bytes(let certificate) = identity.certificate,
            case .bytes(let key) = identity.key
        {
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(certificate).map {
                .certificate($0)
            }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem))
        }
        if case .token(let token) = configuration.credential {
            authorization = "Bearer " + token
        } else {
            authorization = nil
        }
        self.tls = tls
        var settings = HTTPClient.Configuration()
        settings.httpVersion = .http1Only
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 512
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        state = Mutex(State(plan: plan, random: SplitMix(seed: seed)))
    }

    deinit { http.shutdown { _ in } }

    /// What happened, by kind of fault.
    public var counts: [String: Int] { state.withLock { $0.counts } }

    /// Other faults from here on.
    public func follow(_ plan: FaultPlan) { state.withLock { $0.plan = plan } }

    /// Closes all connections, so that those who watch miss what happens until they are back.
    public func cut() {
        let open = state.withLock { Array($0.connections.values) }
        for channel in open { channel.close(promise: nil) }
    }

    /// Listens while `body` runs, which gets a configuration that leads here.
    public func run<T: Sendable>(
        _ body: @escaping @Sendable (ClusterConfiguration) async throws -> T
    ) async throws -> T {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.autoRead, value: true)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        return try await LoopbackServer.run(server, each: { await self.serve($0) }) { port in
            let address = APIServerAddress(isSecure: false, host: "127.0.0.1", port: port)
            return try await body(
                ClusterConfiguration(server: address, origin: "a proxy with faults"))
        }
    }

    private typealias Connection = LoopbackServer.Connection
    private typealias Writer = NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>

    private func serve(_ connection: Connection) async {
        let id = ObjectIdentifier(connection.channel)
        state.withLock { $0.connections[id] = connection.channel }
        defer { state.withLock { $0.connections[id] = nil } }
        try? await connection.executeThenClose { parts, writer in
            var head: HTTPRequestHead?
            var body = ByteBuffer()
            for try await part in parts {
                switch part {
                case .head(let next):
                    head = next
                    body.clear()
                case .body(var piece): body.writeBuffer(&piece)
                case .end:
                    guard let head, try await answer(head, body, writer) else { return }
                }
            }
        }
    }

    // MARK: One request

    /// Whether the connection stays open.
    private func answer(
        _ head: HTTPRequestHead, _ body: ByteBuffer, _ writer: Writer
    ) async throws -> Bool {
        let fault = state.withLock { state in
            let fault = state.plan.draw(&state.random)
            state.counts[FaultProxy.word(fault), default: 0] += 1
            return fault
        }
        switch fault {
        case .dropRequest: return false
        case .status(let status):
            try await refuse(status, writer)
            return true
        case .delay(let milliseconds):
            try await Task.sleep(for: .milliseconds(milliseconds))
        case .none, .dropAnswer, .truncate, .garble, .stall: break
        }
        var request = HTTPClientRequest(url: upstream + head.uri)
        request.method = head.method
        request.headers = head.headers
        request.headers.remove(name: "Host")
        request.headers.remove(name: "Content-Length")
        request.headers.remove(name: "Transfer-Encoding")
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        request.tlsConfiguration = tls
        if body.readableBytes > 0 { request.body = .bytes(body) }
        let response = try await http.execute(request, timeout: .hours(1))
        if fault == .dropAnswer { return false }
        try await writer.write(
            .head(
                HTTPResponseHead(
                    version: .http1_1, status: response.status, headers: response.headers)))
        return try await pass(response, fault, writer)
    }

    /// Passes the body on, with a fault in it.
    private func pass(
        _ response: HTTPClientResponse, _ fault: Fault, _ writer: Writer
    ) async throws -> Bool {
        var passed = 0
        for try await piece in response.body {
            var piece = piece
            let end = passed + piece.readableBytes
            switch fault {
            case .truncate(let bytes) where end > bytes:
                piece.moveWriterIndex(to: piece.readerIndex + max(bytes - passed, 0))
                try await writer.write(.body(.byteBuffer(piece)))
                return false
            case .stall(let bytes) where end > bytes:
                piece.moveWriterIndex(to: piece.readerIndex + max(bytes - passed, 0))
                try await writer.write(.body(.byteBuffer(piece)))
                try await Task.sleep(for: .seconds(3_600))
                return false
            case .garble(let bytes) where passed <= bytes && end > bytes:
                let place = piece.readerIndex + bytes - passed
                let byte = piece.getInteger(at: place, as: UInt8.self) ?? 0
                // Not by another letter of a name, which no client could notice.
                piece.setInteger(byte == 0x01 ? 0x02 : 0x01 as UInt8, at: place)
            default: break
            }
            passed = end
            try await writer.write(.body(.byteBuffer(piece)))
        }
        // Short answers are cut, too.
        if case .truncate = fault { return false }
        try await writer.write(.end(nil))
        return true
    }

    private func refuse(_ status: Int, _ writer: Writer) async throws {
        let reasons = [409: "Conflict", 410: "Expired", 429: "TooManyRequests"]
        let reason = reasons[status] ?? "InternalError"
        let text =
            #"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"a fault","#
            + #""reason":"\#(reason)","code":\#(status)}"#
        var headers = HTTPHeaders([("Content-Type", "application/json")])
        headers.add(name: "Content-Length", value: String(text.utf8.count))
        if status == 429 { headers.add(name: "Retry-After", value: "1") }
        try await writer.write(
            .head(
                HTTPResponseHead(
                    version: .http1_1, status: HTTPResponseStatus(statusCode: status),
                    headers: headers)))
        try await writer.write(.body(.byteBuffer(ByteBuffer(string: text))))
        try await writer.write(.end(nil))
    }

    private static func word(_ fault: Fault) -> String {
        switch fault {
        case .none: "none"
        case .delay: "delay"
        case .dropRequest: "dropRequest"
        case .dropAnswer: "dropAnswer"
        case .truncate: "truncate"
        case .garble: "garble"
        case .status(let status): "status \(status)"
        case .stall: "stall"
        }
    }
}
