import AsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL

/// Why a server gave no answer, in words.
public struct FailureWords: Sendable {
    /// What to say when no connection came about in time.
    private let connectTimeout: String
    /// What to say when the server refuses the handshake; nil to say it as the library does.
    private let alert: String?

    /// Chooses the words that differ between clients.
    public init(connectTimeout: String, alert: String? = nil) {
        self.connectTimeout = connectTimeout
        self.alert = alert
    }

    /// The words for an error of the HTTP client; those about TLS begin with `TLS`.
    public func of(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: return words(of: error)
        case let error as IOError:
            return error.errnoCode > 0
                ? SystemWords.of(error.errnoCode) : String(describing: error)
        case let error as NIOConnectionError:
            let failure = error.connectionErrors.first.map { of($0.error) }
            return failure ?? "the name \(error.host) does not resolve"
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: return "TLS: " + tls(error)
        case is ChannelError: return "the connection was closed"
        default: return String(describing: error)
        }
    }

    /// The library tells its reasons only as text.
    private func tls(_ error: any Error) -> String {
        let text = String(describing: error)
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return "the certificate is not trusted" }
        if text.contains("ailedToValidateHostname") {
            return "the certificate is for another name"
        }
        if text.contains("WRONG_VERSION_NUMBER") { return "the server does not speak it" }
        if let alert, text.contains("ALERT") { return alert }
        return text
    }

    private func words(of error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout: connectTimeout
        case .readTimeout, .deadlineExceeded: "no answer in time"
        case .remoteConnectionClosed: "the connection was closed"
        case .tlsHandshakeTimeout: "TLS: no handshake in time"
        default: error.shortDescription
        }
    }
}
