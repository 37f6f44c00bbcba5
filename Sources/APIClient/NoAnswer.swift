import AsyncHTTPClient
import FleetModel
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// Why there is no answer, in words.
enum NoAnswer {
    static func error(_ error: any Error, from server: ServerAddress) -> OperatingError {
        if let error = error as? OperatingError { return error }
        let detail = detail(of: error)
        return OperatingError(
            .noServer, "no answer from \(server.text)", detail: detail,
            hint: detail.hasPrefix("TLS")
                ? "name the authority of the server's certificate with --ca FILE"
                : "start one with `muster up`, or name another with --server or MUSTER_SERVER")
    }

    private static func detail(of error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: return words(of: error)
        case let error as IOError: return words(of: error)
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
        return text
    }

    private static func words(of error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout: "no connection within 5 s"
        case .readTimeout, .deadlineExceeded: "no answer in time"
        case .remoteConnectionClosed: "the connection was closed"
        case .tlsHandshakeTimeout: "TLS: no handshake in time"
        default: error.shortDescription
        }
    }

    private static func words(of error: IOError) -> String {
        guard error.errnoCode > 0 else { return String(describing: error) }
        let text = String(cString: strerror(error.errnoCode))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
