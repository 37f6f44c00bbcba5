import AsyncHTTPClient
import FleetModel
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// Talks to one server.
///
/// A class, because it owns connections, which are closed once.
public final class APIClient: Sendable {
    /// Where the server is.
    public let server: ServerAddress
    private let token: String?
    /// For requests; the longest wait belongs to each.
    private let http: HTTPClient
    /// For streams of events, which are never silent for long.
    private let lively: HTTPClient

    /// The largest answer that is taken.
    private static let answerBytes = 256 << 20
    /// Attempts at a request that may be repeated.
    private static let attempts = 4
    /// A stream of events without a sign of life for so long is dead (docs/API.md).
    private static let silenceSeconds: Int64 = 30

    /// Prepares to talk; nothing is sent yet. Throws `M0101` for certificates that cannot be read,
    /// `M0501` for a token that no header can carry.
    public init(
        server: ServerAddress, token: String? = nil, authorities: String? = nil
    ) throws(OperatingError) {
        try APIClient.check(token: token)
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(5)))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        if let authorities {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates(try APIClient.certificates(authorities))
            configuration.tlsConfiguration = tls
        }
        self.server = server
        self.token = token
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        configuration.timeout.read = .seconds(APIClient.silenceSeconds)
        lively = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Throws `M0501` for an address or a token that could not be used.
    public static func check(server: String, token: String?) throws(OperatingError) {
        _ = try ServerAddress(server)
        try check(token: token)
    }

    private static func check(token: String?) throws(OperatingError) {
        guard let token else { return }
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw OperatingError(
                .usage, "the token has characters that no token has",
                detail: "expected: letters, digits and '_', without blanks")
        }
    }

    private static func certificates(
        _ path: String
    ) throws(OperatingError) -> [NIOSSLCertificate] {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(path)
            if !certificates.isEmpty { return certificates }
        } catch {}
        throw OperatingError(
            .fileAccess, "cannot read certificates from '\(path)'",
            detail: "expected: a readable file with certificates in PEM",
            hint: "--ca names the authority that signed the server's certificate")
    }

    /// Closes all connections. It does not wait for the other side, which may take its time to say
    /// good-bye under TLS.
    public func close() {
        for client in [http, lively] { client.shutdown { _ in } }
    }

    /// Whoever gives it up on the way of an error need not close it.
    deinit { close() }

    // MARK: Requests

    /// Sends a request and takes the whole answer. Throws the server's error, `M0801` when there is
    /// no answer, `M0803` for one that is none of a server of Muster.
    ///
    /// What may be repeated is, a few times: when the connection breaks and when the server asks to
    /// come again.
    public func send(_ request: APIRequest) async throws -> APIAnswer {
        for attempt in 1..<APIClient.attempts {
            var wait: Int64 = 1
            do {
                let response = try await execute(request, on: http)
                let status = Int(response.status.code)
                let isBusy = status == 429 || status == 503
                guard isBusy, request.isRepeatable || status == 429 else {
                    return try await whole(response, request)
                }
                wait = response.headers.first(name: "Retry-After").flatMap { Int64($0) } ?? 1
            } catch let error as OperatingError where error.code == .noServer {
                // A refused connection is not a broken one: nothing listens there.
                guard request.isRepeatable, !error.detail.contains("refused") || attempt > 1 else {
                    throw error
                }
            }
            try await Task.sleep(for: .seconds(min(max(wait, 1), 5)))
        }
        return try await whole(try await execute(request, on: http), request)
    }

    private func whole(
        _ response: HTTPClientResponse, _ request: APIRequest
    ) async throws -> APIAnswer {
        let bytes: [UInt8]
        do {
            let buffer = try await response.body.collect(upTo: APIClient.answerBytes)
            bytes = Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw OperatingError(
                .strangeAnswer, "the answer of \(url(request)) is too large",
                detail: "more than \(APIClient.answerBytes) bytes", hint: "ask for less at once")
        } catch {
            throw NoAnswer.error(error, from: server, sent: request.body?.bytes.count ?? 0)
        }
        try check(response, bytes, request)
        return APIAnswer(
            status: Int(response.status.code), bytes: bytes, source: url(request))
    }

    private func url(_ request: APIRequest) -> String {
        server.text + String(request.target.prefix { $0 != "?" })
    }

    /// Throws the error that an answer stands for, if it does.
    private func check(
        _ response: HTTPClientResponse, _ bytes: [UInt8], _ request: APIRequest
    ) throws(OperatingError) {
        let status = Int(response.status.code)
        let type = String(
            response.headers.first(name: "Content-Type")?.prefix { $0 != ";" } ?? "no media type")
        let isJSON = type == "application/json"
        if (200...299).contains(status) {
            let isExpected = isJSON || type == request.accept || bytes.isEmpty
            if isExpected { return }
        } else if isJSON,
            let envelope = try? JSONDecoder().decode(ErrorEnvelope.self, from: Data(bytes))
        {
            throw envelope.error
        }
        throw OperatingError(
            .strangeAnswer,
            "the answer of \(url(request)) is not understood: \(type) with the status \(status)",
            detail: "expected: \(request.accept)", hint: "is there a proxy in between?")
    }

    private func execute(
        _ request: APIRequest, on http: HTTPClient
    ) async throws -> HTTPClientResponse {
        var message = HTTPClientRequest(url: server.text + request.target)
        message.method = HTTPMethod(rawValue: request.method.rawValue)
        message.headers.add(name: "Accept", value: request.accept)
        message.headers.add(name: "User-Agent", value: "muster")
        if let token { message.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let key = request.idempotencyKey {
            message.headers.add(name: "Idempotency-Key", value: key)
        }
        if let body = request.body {
            message.headers.add(name: "Content-Type", value: body.type)
            message.body = .bytes(ByteBuffer(bytes: body.bytes))
        }
        do {
            return try await http.execute(message, timeout: .seconds(request.timeoutSeconds))
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw NoAnswer.error(error, from: server, sent: request.body?.bytes.count ?? 0)
        }
    }

    // MARK: Streams

    /// Sends a request whose answer has no end in sight, and gives it to `body` piece by piece;
    /// `opened` is called before the first, with the values of headers. Either may say stop. Throws
    /// as ``send(_:)`` does; `M0801` when the stream breaks.
    ///
    /// An `isLively` stream is taken for broken when it is silent for 30 s.
    public func stream(
        _ request: APIRequest, isLively: Bool = false,
        opened: ((String) -> String?) async throws -> Bool = { _ in true },
        _ body: ([UInt8]) async throws -> Bool
    ) async throws {
        var request = request
        request.timeoutSeconds = 365 * 86_400
        let response = try await execute(request, on: isLively ? lively : http)
        let isStream =
            response.headers.first(name: "Content-Type")?.hasPrefix(request.accept) ?? false
        guard response.status.code == 200, isStream else {
            _ = try await whole(response, request)
            return
        }
        let headers = response.headers
        guard try await opened({ headers.first(name: $0) }) else { return }
        var pieces = response.body.makeAsyncIterator()
        while true {
            let piece: ByteBuffer?
            do {
                piece = try await pieces.next()
            } catch {
                throw NoAnswer.error(error, from: server)
            }
            guard let piece, try await body(Array(piece.readableBytesView)) else { return }
        }
    }
}
