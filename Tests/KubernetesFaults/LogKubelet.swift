import KubernetesClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The part of a kubelet that the API server asks for what containers wrote: HTTPS with the
/// certificate of the test server, which is of 127.0.0.1.
///
/// A class, because tests fill it while it serves.
public final class LogKubelet: Sendable {
    private let tls: NIOSSLContext
    private let state = Mutex(State())

    private struct State {
        var logs: [String: [UInt8]] = [:]
        var refusals = 0
        var reads: [String] = []
        var isSilent = false
    }

    /// Prepares; nothing listens yet.
    public init() throws {
        let folder = (KubeTestServer.folder ?? "") + "/certificates/"
        tls = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(folder + "serving.crt").map {
                    .certificate($0)
                },
                privateKey: .privateKey(
                    try NIOSSLPrivateKey(file: folder + "serving.key", format: .pem))))
    }

    /// What a pod has written.
    public func set(_ log: String, of pod: String) {
        state.withLock { $0.logs[pod] = Array(log.utf8) }
    }

    /// Answers so many requests with an error.
    public func refuse(_ count: Int) { state.withLock { $0.refusals = count } }

    /// Answers nobody from now on, and keeps connections open.
    public func fallSilent() { state.withLock { $0.isSilent = true } }

    /// The pods whose logs were asked for, in order.
    public var reads: [String] { state.withLock { $0.reads } }

    /// Listens while `body` runs, which gets the port.
    public func run<T: Sendable>(
        _ body: @escaping @Sendable (Int) async throws -> T
    ) async throws -> T {
        let tls = tls
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLServerHandler(context: tls))
                    try pipeline.configureHTTPServerPipeline()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        return try await LoopbackServer.run(server, each: { await self.serve($0) }, while: body)
    }

    private typealias Connection = LoopbackServer.Connection

    private func serve(_ connection: Connection) async {
        try? await connection.executeThenClose { parts, writer in
            for try await part in parts {
                guard case .head(let head) = part else { continue }
                let (status, body) = answer(to: head.uri)
                if state.withLock({ $0.isSilent }) { try await Task.sleep(for: .seconds(3600)) }
                var headers = HTTPHeaders()
                headers.add(name: "Content-Type", value: "text/plain")
                headers.add(name: "Content-Length", value: String(body.count))
                try await writer.write(
                    .head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
                try await writer.write(.body(.byteBuffer(ByteBuffer(bytes: body))))
                try await writer.write(.end(nil))
            }
        }
    }

    /// What kubelets answer: of so many last lines so many first bytes.
    private static func tail(of log: [UInt8], _ uri: String) -> [UInt8] {
        func number(_ name: String) -> Int? {
            let pairs = uri.split(separator: "?").last?.split(separator: "&") ?? []
            return pairs.first { $0.hasPrefix(name + "=") }
                .flatMap { Int($0.dropFirst(name.count + 1)) }
        }
        guard let count = number("tailLines") else { return log }
        var lines = log.split(separator: 10, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        let tail = lines.suffix(count).map { $0 + [10] }.joined()
        return Array(tail.prefix(number("limitBytes") ?? .max))
    }

    /// `/containerLogs/NAMESPACE/POD/CONTAINER?…`
    private func answer(to uri: String) -> (HTTPResponseStatus, [UInt8]) {
        let path = uri.prefix { $0 != "?" }.split(separator: "/")
        guard path.count == 4, path[0] == "containerLogs" else {
            return (.notFound, Array("no such path".utf8))
        }
        let pod = String(path[2])
        return state.withLock { state in
            guard state.refusals == 0 else {
                state.refusals -= 1
                return (.internalServerError, Array("the runtime does not answer".utf8))
            }
            state.reads.append(pod)
            guard let log = state.logs[pod] else {
                return (.notFound, Array("no such pod".utf8))
            }
            return (.ok, LogKubelet.tail(of: log, uri))
        }
    }
}
