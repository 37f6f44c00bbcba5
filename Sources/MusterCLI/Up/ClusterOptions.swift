import ArgumentParser
import FleetModel
import Foundation
import KubernetesBackend
import KubernetesClient

/// What `muster up` is told about a cluster.
struct ClusterOptions: ParsableArguments {
    @Option(
        name: .long,
        help: "Kubeconfig; by default KUBECONFIG, ~/.kube/config, or the pod's own account.")
    var kubeconfig: String?

    @Option(name: .long, help: "Context of the kubeconfig; by default its current one.")
    var context: String?

    @Option(
        name: .customLong("scheduler-name"),
        help: "Take the pods with this schedulerName; muster by default.")
    var schedulerName: String?

    @Option(
        name: .long, help: "Preset of topology levels; by default found by the nodes' labels.")
    var topology: String?

    @Flag(
        name: .customLong("dry-run"),
        help: "Decide and show it, and bind, evict and say nothing in the cluster.")
    var isDryRun = false

    /// An option that was given; nil for none.
    var given: String? {
        [
            ("--kubeconfig", kubeconfig != nil), ("--context", context != nil),
            ("--scheduler-name", schedulerName != nil), ("--topology", topology != nil),
            ("--dry-run", isDryRun),
        ].first { $0.1 }?.0
    }

    /// How the cluster is to be scheduled.
    func settings() throws(Failure) -> KubernetesSettings {
        let environment = ProcessInfo.processInfo.environment
        do throws(OperatingError) {
            let configuration = try ClusterConfiguration.find(
                kubeconfig: kubeconfig, context: context, environment: environment)
            var settings = KubernetesSettings(configuration: configuration)
            settings.schedulerName = schedulerName ?? settings.schedulerName
            settings.isDryRun = isDryRun
            settings.instance = environment["HOSTNAME"] ?? settings.instance
            guard let topology else { return settings }
            guard let preset = Topology.preset(named: topology) else {
                let names = Topology.presets.map(\.name).joined(separator: ", ")
                throw OperatingError(
                    .invalidValue, "--topology: there is no preset '\(topology)'",
                    hint: "one of \(names)")
            }
            settings.topology = preset
            return settings
        } catch {
            throw Failure(operating: error)
        }
    }
}
