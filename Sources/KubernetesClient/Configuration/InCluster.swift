import FleetModel

/// The cluster that this process runs in, by what Kubernetes puts into every pod.
///
/// Contract: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
public enum InCluster {
    /// Where the kubelet puts the credentials of a service account.
    public static let folder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// Whether this process runs in a pod.
    public static func isInside(_ environment: [String: String]) -> Bool {
        !(environment["KUBERNETES_SERVICE_HOST"] ?? "").isEmpty
    }

    /// The configuration. The kubelet replaces the token well before it expires, so it is read
    /// again from time to time; so are the authorities.
    ///
    /// Throws `M0901` when something that belongs to it is not there.
    public static func configuration(
        _ environment: [String: String], folder: String = InCluster.folder
    ) throws(OperatingError) -> ClusterConfiguration {
        let host = environment["KUBERNETES_SERVICE_HOST"] ?? ""
        let portText = environment["KUBERNETES_SERVICE_PORT"] ?? ""
        guard !host.isEmpty, let port = Int(portText), (1...65_535).contains(port) else {
            throw unusable(
                "KUBERNETES_SERVICE_HOST is '\(host)' and KUBERNETES_SERVICE_PORT '\(portText)'",
                hint: "Kubernetes sets both in every pod; outside of one set KUBECONFIG")
        }
        for name in ["token", "ca.crt"] {
            let outcome = SmallFile.read("\(folder)/\(name)")
            guard case .bytes(let bytes) = outcome, !bytes.isEmpty else {
                let trouble = SmallFile.trouble(outcome)
                throw unusable(
                    "\(folder)/\(name): \(trouble.isEmpty ? "it is empty" : trouble)",
                    hint: "the pod needs a service account, and automountServiceAccountToken")
            }
        }
        var namespace = "default"
        if case .bytes(let bytes) = SmallFile.read("\(folder)/namespace"), !bytes.isEmpty {
            namespace = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        }
        return ClusterConfiguration(
            server: APIServerAddress(host: host, port: port),
            trust: .authorities(.file("\(folder)/ca.crt")),
            credential: .tokenFile("\(folder)/token"), namespace: namespace,
            origin: "the service account of this pod")
    }

    private static func unusable(_ detail: String, hint: String) -> OperatingError {
        OperatingError(
            .kubeconfig, "the credentials of this pod cannot be used", detail: detail, hint: hint)
    }
}
