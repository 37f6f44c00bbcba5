import ClientWords
import FleetModel

/// Why there is no answer, in words.
enum NoKubernetes {
    private static let words = FailureWords(
        connectTimeout: "no connection in time",
        alert: "the server does not take the client certificate")

    static func error(
        _ error: any Error, from configuration: ClusterConfiguration
    ) -> OperatingError {
        if let error = error as? OperatingError { return error }
        return OperatingError(
            .noKubernetes, "no answer from \(configuration.server)", detail: words.of(error),
            hint: "is this the right cluster? it is from \(configuration.origin)")
    }
}
