import ArgumentParser
import FleetModel
import Foundation
import Health
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

    @Option(
        name: .customLong("check-image"),
        help: "Test nodes with pods of this image; without it nobody tests them.")
    var checkImage: String?

    @Option(
        name: .customLong("check-namespace"),
        help: "Where those pods are; by default muster-checks.")
    var checkNamespace: String?

    @Option(
        name: .customLong("check-runtime-class"),
        help: "RuntimeClass of NVIDIA's runtime, where that is not the default.")
    var checkRuntimeClass: String?

    @Option(
        name: .customLong("checks-at-once"),
        help: "Nodes that are tested at a time; by default one in twenty, and 32 in any case.")
    var checksAtOnce: Int?

    @Option(
        name: .customLong("repair"),
        help: ArgumentHelp(
            "How to ask for a repair on the node, where others carry it out; may be repeated.",
            valueName: "reset|reboot|replace=label|annotation|condition:KEY=VALUE"))
    var repair: [String] = []

    @Option(
        name: .customLong("install"),
        help: ArgumentHelp(
            "How to ask for a stack of versions on the node, where others install it.",
            valueName: "label|condition:KEY=VALUE"))
    var install: String?

    @Option(
        name: .customLong("installed"),
        help: "The label's value when it is done; by default when the label is gone or another.")
    var installed: String?

    /// How stacks are asked for.
    private func installation() throws(Failure) -> RepairMark? {
        guard let install else {
            guard installed == nil else {
                throw Failure(usage: "--installed: nobody installs", expected: "--install")
            }
            return nil
        }
        guard var mark = RepairMark(install), mark.suitsInstallation else {
            throw Failure(
                usage: "--install: '\(install)' does not say how a stack is asked for",
                expected: "label:KEY=VALUE or condition:TYPE=True, with {stack} for its name")
        }
        mark.done = installed
        guard mark.suitsInstallation, installed?.isEmpty != true, mark.done != mark.value else {
            throw Failure(
                usage: "--installed: '\(installed ?? "")' cannot say that it is done",
                expected: "another value of the label of --install")
        }
        return mark
    }

    /// How repairs are asked for.
    private func repairs() throws(Failure) -> [FaultAction: RepairMark] {
        var repairs: [FaultAction: RepairMark] = [:]
        for text in repair {
            let cut = text.firstIndex(of: "=") ?? text.endIndex
            let action = RepairMark.actions.first { "\($0)" == text[..<cut] }
            let mark = RepairMark(String(text[cut...].dropFirst()))
            guard let action, let mark, mark.suits(action), repairs[action] == nil else {
                throw Failure(
                    usage: "--repair: '\(text)' does not say how a repair is asked for",
                    expected: "each of reset, reboot and replace once, as "
                        + "reboot=label:KEY=VALUE, replace=annotation:KEY=VALUE or "
                        + "reset=condition:TYPE=True; no annotation for reset")
            }
            repairs[action] = mark
        }
        return repairs
    }

    /// How nodes are tested; nil where nobody tests them.
    private func checks() throws(Failure) -> CheckSettings? {
        guard let checkImage else {
            for (name, isGiven) in [
                ("--check-namespace", checkNamespace != nil),
                ("--check-runtime-class", checkRuntimeClass != nil),
                ("--checks-at-once", checksAtOnce != nil),
            ] where isGiven {
                throw Failure(usage: "\(name): nobody tests nodes", expected: "--check-image")
            }
            return nil
        }
        var checks = CheckSettings(image: checkImage)
        checks.namespace = checkNamespace ?? checks.namespace
        checks.runtimeClass = checkRuntimeClass
        if let checksAtOnce {
            guard checksAtOnce > 0 else {
                throw Failure(
                    usage: "--checks-at-once: \(checksAtOnce) is out of range",
                    expected: "at least 1")
            }
            checks.mostAtOnce = checksAtOnce
        }
        return checks
    }

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
            ("--check-image", checkImage != nil), ("--check-namespace", checkNamespace != nil),
            ("--check-runtime-class", checkRuntimeClass != nil),
            ("--checks-at-once", checksAtOnce != nil), ("--repair", !repair.isEmpty),
            ("--install", install != nil), ("--installed", installed != nil),
        ].first { $0.1 }?.0
    }

    /// How the cluster is to be scheduled.
    func settings() throws(Failure) -> KubernetesSettings {
        let environment = ProcessInfo.processInfo.environment
        let (checks, repairs, installation) = (try checks(), try repairs(), try installation())
        do throws(OperatingError) {
            let configuration = try ClusterConfiguration.find(
                kubeconfig: kubeconfig, context: context, environment: environment)
            var settings = KubernetesSettings(configuration: configuration)
            settings.schedulerName = schedulerName ?? settings.schedulerName
            settings.isDryRun = isDryRun
            settings.checks = checks
            settings.repairs = repairs
            settings.installation = installation
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
