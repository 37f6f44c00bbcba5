import AsyncHTTPClient
import FleetModel
import KubernetesJSON
import NIOCore
import NIOHTTP1
import Synchronization

/// Sends requests: with credentials, within the throttle, and again where that makes sense.
///
/// A class, because it owns connections, which are closed once.
final class Transport: Sendable {
    let configuration: ClusterConfiguration
    let settings: ClientSettings
    let throttle: ClientThrottle
    let credentials: CredentialStore
    /// For requests whose answer ends.
    private let http: HTTPClient
    /// For watches, of which each keeps a connection.
    private let streams: HTTPClient
    private let base: String
    private let seeds: Mutex<SplitMix>

    /// The largest answer that is taken.
    static let answerBytes = 512 << 20
    /// Bytes of an answer that explain why nothing is done.
    private static let refusalBytes = 1 << 20

    init(
        configuration: ClusterConfiguration, settings: ClientSettings, throttle: ClientThrottle
    ) {
        self.configuration = configuration
        self.settings = settings
        self.throttle = throttle
        credentials = CredentialStore(
            configuration: configuration, environment: settings.environment)
        var http = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(
                connect: .seconds(settings.connectSeconds)))
        http.httpVersion = .http1Only
        http.connectionPool.retryConnectionEstablishment = false
        http.connectionPool.idleTimeout = .seconds(60)
        http.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit =
            throttle.limits.inFlight + 8
        let host = configuration.server.host
        if let name = configuration.serverName, name != host { http.dnsOverride = [name: host] }
        base = configuration.server.url(host: configuration.serverName ?? host)
        http.timeout.read = .milliseconds(settings.stallMilliseconds)
        self.http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: http)
        http.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1_024
        http.timeout.read = .milliseconds(settings.silenceMilliseconds)
        streams = HTTPClient(eventLoopGroupProvider: .singleton, configuration: http)
        seeds = Mutex(SplitMix(seed: settings.seed))
    }

    /// Closes all connections.
    func close() {
        for client in [http, streams] { client.shutdown { _ in } }
    }

    /// Whoever gives it up on the way of an error need not close it.
    deinit { close() }

    /// A number for something that draws at random.
    func seed() -> UInt64 { seeds.withLock { $0.next() } }

    // MARK: Requests

    /// Sends a request and takes the whole answer. Throws `M0902` for credentials, `M0903` when
    /// there is no answer, `M0904` for one that is none of an API server.
    ///
    /// The server's asking for patience is heeded by all requests. What may be repeated is, when
    /// the connection breaks; everything is, when the server did not do it and says to come again.
    func send(_ call: APICall) async throws -> Result<ByteBuffer, APIRefusal> {
        var backoff = Backoff(
            baseMilliseconds: 200, capMilliseconds: 5_000, seed: seed())
        var attempt = 1
        while true {
            // Whoever is in a hurry has a plan of its own for what fails.
            let isLast = call.isUrgent || attempt >= settings.attempts
            attempt += 1
            do {
                let answer = try await once(call)
                guard case .failure(let refusal) = answer, !isLast,
                    pauses(for: refusal)
                else { return answer }
            } catch let error as OperatingError {
                let isBroken = [.noKubernetes, .strangeKubernetes].contains(error.code)
                guard isBroken, call.isRepeatable, !isLast else { throw error }
                try await Task.sleep(for: .milliseconds(backoff.next()))
            }
        }
    }

    /// Whether the server asked to come again, which all requests heed then.
    private func pauses(for refusal: APIRefusal) -> Bool {
        // An eviction that a budget forbids is an answer, though it has the same status.
        guard refusal.status == 429 || refusal.status >= 500, !refusal.isDisruptionBudget,
            !refusal.isTooNew, let seconds = refusal.retryAfterSeconds ?? busySeconds(refusal)
        else { return false }
        throttle.pause(seconds: seconds)
        return true
    }

    private func busySeconds(_ refusal: APIRefusal) -> Int64? { refusal.status == 429 ? 1 : nil }

    private func once(_ call: APICall) async throws -> Result<ByteBuffer, APIRefusal> {
        if !call.isUrgent { try await throttle.enter() }
        defer { if !call.isUrgent { throttle.leave() } }
        var (response, used) = try await begin(call, on: http, timeout: call.timeoutSeconds)
        guard response != nil else { return .failure(.fenced) }
        if let first = response, first.status == .unauthorized {
            // The rest of the answer is read, so that the connection can be used again.
            _ = try? await first.body.collect(upTo: Transport.refusalBytes)
            let fresh = try await credentials.replacement(for: used)
            (response, used) = try await begin(
                call, on: http, timeout: call.timeoutSeconds, as: fresh)
            if response?.status == .unauthorized { throw await credentials.refuse(used) }
        }
        guard let response else { return .failure(.fenced) }
        return try await result(of: response, call)
    }

    private func result(
        of response: HTTPClientResponse, _ call: APICall
    ) async throws -> Result<ByteBuffer, APIRefusal> {
        let isDone = (200...299).contains(response.status.code)
        let most = isDone ? Transport.answerBytes : Transport.refusalBytes
        let buffer: ByteBuffer
        do {
            buffer = try await response.body.collect(upTo: most)
        } catch is NIOTooManyBytesError {
            throw strange(call, "it is larger than \(most) bytes", hint: "ask for less at once")
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw NoKubernetes.error(error, from: configuration)
        }
        return isDone ? .success(buffer) : .failure(Transport.refusal(response, buffer))
    }

    /// Sends the head and body; nil when the fence is closed.
    private func begin(
        _ call: APICall, on http: HTTPClient, timeout seconds: Int64, as fresh: Credentials? = nil
    ) async throws -> (HTTPClientResponse?, Credentials) {
        let used: Credentials
        if let fresh { used = fresh } else { used = try await credentials.credentials() }
        var message = HTTPClientRequest(url: base + call.target)
        message.method = call.method
        message.headers.add(name: "Accept", value: "application/json")
        message.headers.add(name: "User-Agent", value: settings.userAgent)
        if let authorization = used.authorization {
            message.headers.add(name: "Authorization", value: authorization)
        }
        if let body = call.body {
            message.headers.add(name: "Content-Type", value: body.type)
            message.body = .bytes(ByteBuffer(bytes: body.bytes))
        }
        message.tlsConfiguration = used.tls
        if let fence = call.fence, !fence() { return (nil, used) }
        do {
            return (try await http.execute(message, timeout: .seconds(seconds)), used)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw NoKubernetes.error(error, from: configuration)
        }
    }

    // MARK: Streams

    /// Opens a stream; its bytes come from the answer's body.
    func open(
        _ call: APICall
    ) async throws -> Result<HTTPClientResponse.Body, APIRefusal> {
        try await throttle.enter()
        // A stream counts only while it is opened: it costs the server little from then on.
        defer { throttle.leave() }
        var (response, used) = try await begin(call, on: streams, timeout: call.timeoutSeconds)
        if response?.status == .unauthorized {
            let fresh = try await credentials.replacement(for: used)
            (response, used) = try await begin(
                call, on: streams, timeout: call.timeoutSeconds, as: fresh)
            if response?.status == .unauthorized { throw await credentials.refuse(used) }
        }
        guard let response else { return .failure(.fenced) }
        if response.status == .ok { return .success(response.body) }
        let result = try await result(of: response, call)
        guard case .failure(let refusal) = result else {
            throw strange(call, "a watch answered with the status \(response.status.code)")
        }
        _ = pauses(for: refusal)
        return .failure(refusal)
    }

    // MARK: Answers

    /// The error for an answer that is not understood.
    func strange(
        _ call: APICall, _ what: String, hint: String = "is there a proxy in between?"
    ) -> OperatingError {
        OperatingError(
            .strangeKubernetes, "the answer of \(call.words) is not understood", detail: what,
            hint: hint)
    }

    private static func refusal(
        _ response: HTTPClientResponse, _ buffer: ByteBuffer
    ) -> APIRefusal {
        let bytes = Array(buffer.readableBytesView)
        var refusal: APIRefusal
        if let status = try? StatusObject(json: bytes), status.kind == "Status" {
            refusal = status.refusal
        } else {
            refusal = APIRefusal(
                status: 0, message: String(decoding: bytes.prefix(512), as: UTF8.self))
        }
        refusal.status = Int(response.status.code)
        if let seconds = response.headers.first(name: "Retry-After").flatMap({ Int64($0) }) {
            refusal.retryAfterSeconds = max(seconds, 0)
        }
        return refusal
    }
}
