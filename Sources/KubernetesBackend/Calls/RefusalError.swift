import FleetModel
import KubernetesClient

extension Result where Failure == APIRefusal {
    /// The value; a refusal becomes an error that says what was refused.
    func orThrow(_ what: String) throws(OperatingError) -> Success {
        switch self {
        case .success(let value): return value
        case .failure(let refusal):
            throw OperatingError(
                .backendFailed, "the API server does not show \(what)", detail: refusal.message,
                hint: "docs/KUBERNETES.md lists the rights that Muster needs")
        }
    }
}
