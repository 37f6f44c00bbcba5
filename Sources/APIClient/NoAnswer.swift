import AsyncHTTPClient
import ClientWords
import FleetModel
import Foundation
import NIOCore

/// Why there is no answer, in words.
enum NoAnswer {
    private static let words = FailureWords(connectTimeout: "no connection within 5 s")

    /// Bytes of a body that may not be sent yet when its answer comes.
    private static let largeBody = 256 << 10

    /// Why, where so many bytes were to be sent.
    static func error(
        _ error: any Error, from server: ServerAddress, sent bytes: Int = 0
    ) -> OperatingError {
        if let error = error as? OperatingError { return error }
        let detail = words.of(error)
        // A server refuses a body that is too large before it is there, and its words are lost with
        // the connection when that breaks while the rest is sent.
        if bytes >= largeBody, isBroken(error) {
            return OperatingError(
                .requestTooLarge, "\(server.text) does not take the \(bytes) bytes that were sent",
                detail: "\(detail) before all of them were there",
                hint: "send less; if that is refused as well, look whether the server still runs")
        }
        return OperatingError(
            .noServer, "no answer from \(server.text)", detail: detail,
            hint: detail.hasPrefix("TLS")
                ? "name the authority of the server's certificate with --ca FILE"
                : "start one with `muster up`, or name another with --server or MUSTER_SERVER")
    }

    private static func isBroken(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError: error == .remoteConnectionClosed
        case let error as IOError: [EPIPE, ECONNRESET].contains(error.errnoCode)
        default: error is ChannelError
        }
    }
}
