import FleetModel
import Foundation
import KubernetesClient

/// The API server that tests may use: one that `scripts/kube-test-env` started.
///
/// `KUBECONFIG` alone is not enough, for it may be of a cluster that people work on.
public enum KubeTestServer {
    /// The folder of the server; nil when there is none.
    public static let folder: String? = {
        let folder = ProcessInfo.processInfo.environment["MUSTER_KUBE_FOLDER"] ?? ""
        return FileManager.default.fileExists(atPath: folder + "/kubeconfig") ? folder : nil
    }()

    /// Whether there is one.
    public static var isThere: Bool { folder != nil }

    /// What tests say that are skipped.
    public static let absence = "no API server: scripts/kube-test-env run -- swift test"

    /// How to reach it; with all rights, or as another user of its folder, as `muster`.
    public static func configuration(user: String? = nil) throws -> ClusterConfiguration {
        let file = (folder ?? "") + "/" + (user.map { $0 + ".kubeconfig" } ?? "kubeconfig")
        return try ClusterConfiguration.find(kubeconfig: file, environment: [:])
    }
}
