import AsyncHTTPClient
import FleetModel
import NIOCore
import NIOPosix
import NIOSSL

/// Why there is no answer, in words.
enum NoKubernetes {
    static func error(
        _ error: any Error, from configuration: ClusterConfiguration
    ) -> OperatingError {
        if let error = error as? OperatingError { return error }
        return OperatingError(
            .noKubernetes, "no answer from \(configuration.server)", detail: detail(of: error),
            hint: "is this the right cluster? it is from \(configuration.origin)")
    }

    private static func detail(of error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: return words(of: error)
        case let error as IOError:
            return error.errnoCode > 0
                ? SystemWords.of(error.errnoCode) : String(describing: error)
        case let error as NIOConnectionError:
            let failure = error.connectionErrors.first.map { detail(of: $0.error) }
            return failure ?? "the name \(error.host) does not resolve"
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: return "TLS: " + tls(error)
        case is ChannelError: return "the connection was closed"
        default: return String(describing: error)
        }
    }

    /// The library tells its reasons only as text.
    private static func tls(_ error: any Error) -> String {
        let text = String(describing: error)
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return "the certificate is not trusted" }
        if text.contains("ailedToValidateHostname") {
            return "the certificate is for another name"
        }
        if text.contains("WRONG_VERSION_NUMBER") { return "the server does not speak it" }
        if text.contains("ALERT") { return "the server does not take the client certificate" }
        return text
    }

    private static func words(of error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout: "no connection in time"
        case .readTimeout, .deadlineExceeded: "no answer in time"
        case .remoteConnectionClosed: "the connection was closed"
        case .tlsHandshakeTimeout: "TLS: no handshake in time"
        default: error.shortDescription
        }
    }
}
