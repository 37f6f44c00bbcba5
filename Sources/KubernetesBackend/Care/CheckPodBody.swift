import FleetModel
import Health
import KubernetesJSON
import KubernetesObjects
import Qualification

/// Writes the pod of a test.
struct CheckPodBody {
    let order: CheckOrder
    let share: CheckOrder.Share
    let settings: CheckSettings
    /// What it has to do with another node.
    var role = Role.alone

    /// What a pod has to do with another node.
    enum Role: Hashable {
        /// Nothing: it tests its own.
        case alone
        /// It answers the pod that tests the network, and stands on the other node.
        case listens
        /// It tests the network with the pod of this address.
        case asks(String)
    }

    /// Where the disk check writes.
    private static let folder = "/checks"

    var bytes: [UInt8] {
        JSONWriter.object { pod in
            pod.member("apiVersion", "v1")
            pod.member("kind", "Pod")
            pod.object("metadata") { write(metadata: &$0) }
            pod.object("spec") { write(spec: &$0) }
        }
    }

    private func write(metadata: inout JSONWriter) {
        let listener = role == .listens ? order.listenerName : nil
        metadata.member("name", listener ?? order.podName)
        metadata.member("namespace", settings.namespace)
        metadata.member(
            "labels",
            [
                "app.kubernetes.io/name": "muster", "app.kubernetes.io/component": "check",
                CheckPod.label: "\(order.id.rawValue)",
            ])
        // One that listens says nothing of hardware.
        guard role != .listens else { return }
        metadata.member(
            "annotations",
            [
                CheckPod.levelKey: order.level.name,
                CheckPod.devicesKey: String(order.devices, radix: 16),
                CheckPod.componentsKey: String(order.components.rawValue, radix: 16),
            ])
    }

    private func write(spec: inout JSONWriter) {
        // No scheduler is asked: the kubelet of the node takes it or refuses it.
        let partner = role == .listens ? order.partner?.node : nil
        spec.member("nodeName", partner ?? order.node)
        spec.member("schedulerName", "muster-checks")
        spec.member("restartPolicy", "Never")
        spec.member("automountServiceAccountToken", false)
        spec.member("enableServiceLinks", false)
        spec.member("terminationGracePeriodSeconds", 10)
        spec.member("activeDeadlineSeconds", CheckOrder.startSeconds + order.runSeconds)
        if let name = settings.runtimeClass { spec.member("runtimeClassName", name) }
        // A node that is cordoned, tainted or ill is the one to be tested.
        spec.array("tolerations") { list in list.object { $0.member("operator", "Exists") } }
        spec.array("containers") { list in list.object { write(container: &$0) } }
        spec.array("volumes") { list in
            list.object { volume in
                volume.member("name", "disk")
                volume.object("emptyDir") { _ in }
            }
        }
    }

    private var arguments: [String] {
        let only = (order.checks(share) ?? []).flatMap { ["--only", $0.name] }
        let alone =
            ["check", "--level", order.level.name, "--folder", CheckPodBody.folder, "--json"] + only
        switch role {
        case .alone: return alone
        case .listens: return ["check", "--listen", ":\(CheckOrder.listenerPort)"]
        case .asks(let address):
            let host = address.contains(":") ? "[\(address)]" : address
            return alone + ["--peer", "\(host):\(CheckOrder.listenerPort)"]
        }
    }

    private func write(container: inout JSONWriter) {
        container.member("name", CheckPod.container)
        container.member("image", settings.image)
        container.member("imagePullPolicy", "IfNotPresent")
        container.member("command", ["/usr/local/bin/muster"])
        container.member("args", arguments)
        container.array("env") { list in
            if case .named(let uuids) = share {
                variable("NVIDIA_VISIBLE_DEVICES", uuids.joined(separator: ","), &list)
            }
            variable("NVIDIA_DRIVER_CAPABILITIES", "compute,utility", &list)
        }
        if case .all(let resource, let count) = share {
            container.object("resources") { resources in
                for side in ["requests", "limits"] {
                    resources.member(side, [resource: "\(count)"])
                }
            }
        }
        if role == .listens { write(probe: &container) }
        container.object("securityContext") { security in
            // Only root may read the serial number of the chassis.
            security.member("runAsUser", 0)
            security.member("runAsGroup", 0)
            security.member("allowPrivilegeEscalation", false)
            security.object("capabilities") { $0.member("drop", ["ALL"]) }
        }
        container.array("volumeMounts") { list in
            list.object { mount in
                mount.member("name", "disk")
                mount.member("mountPath", CheckPodBody.folder)
            }
        }
    }

    /// The kubelet of the node itself looks whether it listens: that says nothing of the way from
    /// the other node.
    private func write(probe container: inout JSONWriter) {
        container.object("readinessProbe") { probe in
            probe.object("tcpSocket") { $0.member("port", Int64(CheckOrder.listenerPort)) }
            probe.member("periodSeconds", Int64(2))
            probe.member("timeoutSeconds", Int64(2))
            probe.member("failureThreshold", Int64(3))
        }
    }

    private func variable(_ name: String, _ value: String, _ list: inout JSONWriter) {
        list.object { variable in
            variable.member("name", name)
            variable.member("value", value)
        }
    }
}
