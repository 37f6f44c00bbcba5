import FleetModel
import KubernetesObjects

@testable import KubernetesBackend

/// The truth of a cluster: what the API server has, what kubelets and controllers do, and what is
/// still to be told to those who watch.
struct ModelCluster {
    enum PodEvent {
        case seen(PodText)
        case gone(PodKey)
    }
    enum NodeEvent {
        case seen(NodeFacts)
        case gone(String)
    }

    var nodes: [String: NodeFacts] = [:]
    /// By their uids, which grow: the order is that of their making.
    var pods: [String: ModelPod] = [:]
    var workloads: [Int: ModelWorkload] = [:]
    var nextUID = 0
    var nextWorkload = 0

    // What watchers have not been told: one stream for each type.
    var podEvents: [PodEvent] = []
    var nodeEvents: [NodeEvent] = []
    var declarations: [ObjectEvent] = []

    static let gpus = 4
    static let zones = ["a", "b"]

    var sortedPods: [ModelPod] { pods.keys.sorted().map { pods[$0]! } }
    func pods(of workload: Int) -> [ModelPod] { sortedPods.filter { $0.workload == workload } }

    // MARK: Nodes

    mutating func put(_ facts: NodeFacts) {
        nodes[facts.name] = facts
        nodeEvents.append(.seen(facts))
    }

    static func node(_ name: String, zone: String) -> NodeFacts {
        StateBench.node(name, gpus: Int64(gpus), labels: ["zone": zone])
    }

    mutating func removeNode(_ name: String) {
        guard nodes.removeValue(forKey: name) != nil else { return }
        nodeEvents.append(.gone(name))
    }

    // MARK: Pods

    mutating func put(_ pod: ModelPod) {
        pods[pod.text.uid] = pod
        podEvents.append(.seen(pod.text))
    }

    mutating func change(_ uid: String, _ body: (inout ModelPod) -> Void) {
        guard var pod = pods[uid] else { return }
        body(&pod)
        put(pod)
    }

    mutating func remove(_ uid: String) {
        guard let pod = pods.removeValue(forKey: uid) else { return }
        podEvents.append(.gone(pod.key))
    }

    /// Somebody deletes a pod: one that stands nowhere goes at once.
    mutating func delete(_ uid: String) {
        guard let pod = pods[uid] else { return }
        if pod.stands {
            if !pod.text.isDeleting { change(uid) { $0.text.isDeleting = true } }
        } else {
            remove(uid)
        }
    }

    mutating func uid() -> Int {
        nextUID += 1
        return nextUID
    }

    // MARK: Bindings

    /// What the API server says to a binding: nil when it was done, or was done before.
    mutating func bind(_ binding: PodBinding) -> String? {
        guard let pod = pods[binding.pod.uid] else { return "pod is gone" }
        if let node = pod.node { return node == binding.node ? nil : "pod stands on \(node)" }
        guard !pod.text.isDeleting, !pod.isOver else { return "pod was deleted" }
        change(binding.pod.uid) { pod in
            pod.text.node = binding.node
            pod.text.annotations.merge(binding.mark.annotations) { $1 }
        }
        noteWhole(pod.workload)
        return nil
    }

    /// Marks the pods of a workload that is bound as far as it has to be.
    private mutating func noteWhole(_ id: Int?) {
        guard let id, let workload = workloads[id] else { return }
        let own = pods.filter { $0.value.workload == id }
        let indexes = Set(
            own.values.filter { $0.stands || $0.text.phase == "Succeeded" }.map(\.index))
        guard indexes.count >= workload.minimum else { return }
        for uid in own.keys where pods[uid]!.stands { pods[uid]!.wasWhole = true }
    }

    /// Whether a part of a gang stands that was never a whole one.
    func isHalfBound(_ workload: ModelWorkload) -> Bool {
        let own = pods.values.filter { $0.workload == workload.id && $0.stands }
        return !own.isEmpty && own.allSatisfy { !$0.wasWhole && !$0.text.isDeleting }
    }

    /// GPUs of pods on a node, and which of them two pods have.
    func use(of node: String) -> (count: Int, doubled: UInt64) {
        var count = 0
        var (seen, doubled) = (UInt64(0), UInt64(0))
        for pod in pods.values where pod.node == node && !pod.isOver {
            count += pod.text.gpus
            guard let mask = pod.mark?.devices else { continue }
            doubled |= seen & mask
            seen |= mask
        }
        return (count, doubled)
    }
}
