import Foundation
import KubernetesJSON
import KubernetesObjects

/// A pod as text: what a test says of it, and the rest as it usually is.
struct PodText {
    var name: String
    var namespace = "ml"
    var uid = ""
    var scheduler = "muster"
    var labels: [String: String] = [:]
    var annotations: [String: String] = [:]
    var owner: (apiVersion: String, kind: String, name: String, uid: String)?
    var node: String?
    var phase = "Pending"
    /// How its containers ended.
    var ends: [End] = []
    /// The word in its status for why it ended as a whole, and that in other words.
    var reason: String?
    var message: String?
    /// Who else ends it, by the condition `DisruptionTarget`, and since which second.
    var disruption: (reason: String, second: Int)?
    var gpus = 8
    var priority: Int?
    var priorityClass: String?
    var selector: [String: String] = [:]
    var isDeleting = false
    /// Ports of the node.
    var ports: [Int] = []
    /// What stands in `spec.affinity`.
    var affinity = ""
    /// More resources.
    var extra: [String: String] = [:]

    /// How a container ended, at so many seconds of some minute.
    struct End {
        var code: Int
        var reason = "Error"
        var second: Int?
        var name = "main"
        var isInit = false
    }

    init(
        _ name: String, gpus: Int = 8, labels: [String: String] = [:],
        annotations: [String: String] = [:]
    ) {
        self.name = name
        self.gpus = gpus
        self.labels = labels
        self.annotations = annotations
    }

    /// Pods of one gang of Kueue's, which needs no object.
    static func gang(_ name: String, count: Int, gpus: Int = 8) -> [PodText] {
        (0..<count).map { index in
            PodText(
                "\(name)-\(index)", gpus: gpus,
                labels: [
                    "kueue.x-k8s.io/pod-group-name": name,
                    "apps.kubernetes.io/pod-index": "\(index)",
                ], annotations: ["kueue.x-k8s.io/pod-group-total-count": "\(count)"])
        }
    }

    /// A required rule on pods with this label: `podAffinity` or `podAntiAffinity`.
    static func neighbours(
        _ kind: String, _ key: String, _ value: String, by topology: String
    ) -> String {
        """
        {"\(kind)":{"requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":\
        {"matchLabels":{"\(key)":"\(value)"}},"topologyKey":"\(topology)"}]}}
        """
    }

    var key: PodKey {
        PodKey(namespace: namespace, name: name, uid: uid.isEmpty ? "uid-\(name)" : uid)
    }

    var bytes: [UInt8] {
        JSONWriter.object { pod in
            pod.member("apiVersion", "v1")
            pod.member("kind", "Pod")
            pod.object("metadata") { write(metadata: &$0) }
            pod.object("spec") { write(spec: &$0) }
            pod.object("status") { write(status: &$0) }
        }
    }

    private func write(status: inout JSONWriter) {
        status.member("phase", phase)
        if let reason { status.member("reason", reason) }
        if let message { status.member("message", message) }
        if let disruption {
            status.array("conditions") { conditions in
                conditions.object { condition in
                    condition.member("type", "DisruptionTarget")
                    condition.member("status", "True")
                    condition.member("reason", disruption.reason)
                    condition.member("lastTransitionTime", PodText.time(disruption.second))
                }
            }
        }
        for isInit in [true, false] where ends.contains(where: { $0.isInit == isInit }) {
            status.array(isInit ? "initContainerStatuses" : "containerStatuses") { containers in
                for end in ends where end.isInit == isInit { write(end, &containers) }
            }
        }
    }

    private func write(_ end: End, _ containers: inout JSONWriter) {
        containers.object { container in
            container.member("name", end.name)
            container.object("state") { state in
                state.object("terminated") { terminated in
                    terminated.member("exitCode", Int64(end.code))
                    terminated.member("reason", end.reason)
                    if let second = end.second {
                        terminated.member("finishedAt", PodText.time(second))
                    } else {
                        terminated.key("finishedAt")
                        terminated.null()
                    }
                }
            }
        }
    }

    private static func time(_ second: Int) -> String {
        "2026-07-01T12:00:\(second < 10 ? "0" : "")\(second)Z"
    }

    private func write(metadata: inout JSONWriter) {
        metadata.member("name", name)
        metadata.member("namespace", namespace)
        metadata.member("uid", key.uid)
        metadata.member("labels", labels)
        metadata.member("annotations", annotations)
        if isDeleting { metadata.member("deletionTimestamp", "2026-07-01T13:00:00Z") }
        guard let owner else { return }
        metadata.array("ownerReferences") { owners in
            owners.object { reference in
                reference.member("apiVersion", owner.apiVersion)
                reference.member("kind", owner.kind)
                reference.member("name", owner.name)
                reference.member("uid", owner.uid)
                reference.member("controller", true)
            }
        }
    }

    private func write(spec: inout JSONWriter) {
        spec.member("schedulerName", scheduler)
        if let node { spec.member("nodeName", node) }
        if let priority { spec.member("priority", Int64(priority)) }
        if let priorityClass { spec.member("priorityClassName", priorityClass) }
        if !selector.isEmpty { spec.member("nodeSelector", selector) }
        if !affinity.isEmpty {
            spec.key("affinity")
            spec.raw(Array(affinity.utf8))
        }
        spec.array("containers") { containers in
            containers.object { container in
                container.member("name", "main")
                container.member("image", "train:1")
                container.object("resources") { resources in
                    for side in ["requests", "limits"] {
                        var amounts = ["cpu": "1", "memory": "1Gi"]
                        if gpus > 0 { amounts["nvidia.com/gpu"] = "\(gpus)" }
                        resources.member(side, amounts.merging(extra) { $1 })
                    }
                }
                guard !ports.isEmpty else { return }
                container.array("ports") { list in
                    for port in ports {
                        list.object {
                            $0.member("containerPort", Int64(port))
                            $0.member("hostPort", Int64(port))
                        }
                    }
                }
            }
        }
    }

    var pod: Pod {
        do {
            return try Pod(json: bytes)
        } catch {
            preconditionFailure("a pod of the tests is not readable: \(error)")
        }
    }
}
