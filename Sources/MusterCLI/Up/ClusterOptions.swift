import ArgumentParser
import FleetModel
import Foundation
import KubernetesBackend
import KubernetesClient

/// The lease that replicas compete for.
struct LeasePlace: Sendable {
    var namespace: String
    var name: String
    /// The replica's own pod, if it runs in one.
    var pod: String?
}

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

    @Flag(
        name: .customLong("leader-elect"),
        help: "Schedule only while this replica has the lease, and stand by otherwise.")
    var electsLeader = false

    @Option(
        name: .customLong("lease"),
        help: "Namespace and name of the lease; by default muster/muster.")
    var lease: String?

    /// Where the lease is; nil when there is nobody to compete with.
    func leasePlace() throws(Failure) -> LeasePlace? {
        guard electsLeader else {
            guard lease == nil else {
                throw Failure(usage: "--lease: nobody competes", expected: "--leader-elect")
            }
            return nil
        }
        let parts = (lease ?? "muster/muster").split(
            separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
            throw Failure(
                usage: "--lease: '\(lease ?? "")' is no place", expected: "NAMESPACE/NAME")
        }
        let pod = ProcessInfo.processInfo.environment["POD_NAME"]
        return LeasePlace(namespace: String(parts[0]), name: String(parts[1]), pod: pod)
    }

    /// An option that was given; nil for none.
    var given: String? {
        [
            ("--kubeconfig", kubeconfig != nil), ("--context", context != nil),
            ("--scheduler-name", schedulerName != nil), ("--topology", topology != nil),
            ("--dry-run", isDryRun), ("--leader-elect", electsLeader), ("--lease", lease != nil),
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
