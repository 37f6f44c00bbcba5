import ClientWords
import FleetModel

/// Why there is no answer, in words.
enum NoAnswer {
    private static let words = FailureWords(connectTimeout: "no connection within 5 s")

    static func error(_ error: any Error, from server: ServerAddress) -> OperatingError {
        if let error = error as? OperatingError { return error }
        let detail = words.of(error)
        return OperatingError(
            .noServer, "no answer from \(server.text)", detail: detail,
            hint: detail.hasPrefix("TLS")
                ? "name the authority of the server's certificate with --ca FILE"
                : "start one with `muster up`, or name another with --server or MUSTER_SERVER")
    }
}
