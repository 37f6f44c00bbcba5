import FleetModel
import KubernetesObjects

@testable import KubernetesBackend

// What users, machines, kubelets and controllers do.
extension TortureRun {
    func happen() throws {
        switch below(20) {
        case 0...6: makeWorkload()
        case 7: if let workload = openWorkload() { delete(workload) }
        case 8:
            if let pod = pick(cluster.sortedPods.filter { $0.workload != nil }) {
                note("user deletes \(pod.text.name)")
                cluster.delete(pod.text.uid)
            }
        case 9, 10, 11: if let workload = openWorkload() { finish(workload) }
        case 12: failPod()
        case 13: loseNode()
        case 14: returnNode()
        case 15, 16: changeNode()
        case 17: try comeForeign()
        default: goForeign()
        }
    }

    private func openWorkload() -> ModelWorkload? {
        pick(cluster.workloads.values.filter { !$0.isOver }.sorted { $0.id < $1.id })
    }

    // MARK: Workloads

    private func makeWorkload() {
        guard cluster.workloads.values.filter({ !$0.isOver }).count < 14 else { return }
        let kind = ModelWorkload.Kind.allCases[below(ModelWorkload.Kind.allCases.count)]
        let count = kind == .singles ? 1 + below(3) : 2 + below(4)
        var workload = ModelWorkload(
            id: cluster.nextWorkload, kind: kind, namespace: namespaces[below(2)], count: count,
            minimum: count, gpus: [1, 1, 2, 4][below(4)], priority: below(3) * 100,
            zone: chance(20) ? ModelCluster.zones[below(2)] : nil, isRestarted: chance(60))
        // A zone of three nodes has to do.
        if workload.zone != nil { workload.gpus = min(workload.gpus, 2) }
        if kind == .podGroup { workload.minimum = count - below(2) }
        if kind == .singles { workload.minimum = 1 }
        cluster.nextWorkload += 1
        cluster.workloads[workload.id] = workload
        note("new \(workload.name) \(kind) of \(count), \(workload.gpus) GPUs")
        if let declaration = workload.declaration {
            cluster.declarations.append(.declared(declaration))
        }
        let atOnce = chance(60) ? count : below(count)
        for _ in 0..<atOnce { makePod(workload.id) }
    }

    /// The next pod of a workload that it never had.
    private func makePod(_ id: Int) {
        guard let workload = cluster.workloads[id], workload.made < workload.count else { return }
        cluster.workloads[id]!.made += 1
        make(workload, workload.made)
    }

    private func make(_ workload: ModelWorkload, _ index: Int) {
        cluster.put(
            ModelPod(
                text: workload.pod(index, uid: cluster.uid()), workload: workload.id, index: index))
    }

    func delete(_ workload: ModelWorkload) {
        note("delete \(workload.name)")
        cluster.workloads[workload.id]!.isDeleted = true
        cluster.workloads[workload.id]!.isOver = true
        if let declared = workload.declaration {
            cluster.declarations.append(.undeclared(declared.key, uid: declared.uid))
        }
        for pod in cluster.pods(of: workload.id) { cluster.delete(pod.text.uid) }
    }

    /// What stands of it ends, well for the most part.
    func finish(_ workload: ModelWorkload, isGood: Bool = true) {
        let standing = cluster.pods(of: workload.id).filter(\.stands)
        guard standing.count >= workload.minimum, !workload.isOver else { return }
        reach("ended gangs")
        note("\(workload.name) ends")
        for pod in standing {
            cluster.change(pod.text.uid) { $0.text.phase = "Succeeded" }
        }
        cluster.workloads[workload.id]!.isOver = true
    }

    private func failPod() {
        let standing = cluster.sortedPods.filter { $0.stands && $0.workload != nil }
        guard let pod = pick(standing) else { return }
        reach("failed pods")
        note("\(pod.text.name) fails")
        cluster.change(pod.text.uid) {
            $0.text.phase = "Failed"
            $0.text.ends = [PodText.End(code: 1)]
        }
    }

    // MARK: Nodes

    private func loseNode() {
        guard cluster.nodes.count > 2, let name = pick(cluster.nodes.keys.sorted()) else { return }
        reach("lost nodes")
        note("\(name) is gone")
        cluster.removeNode(name)
    }

    private func returnNode() {
        let names = (0..<7).map { "n\($0)" }.filter { cluster.nodes[$0] == nil }
        guard let name = pick(names) else { return }
        note("\(name) comes")
        cluster.put(ModelCluster.node(name, zone: ModelCluster.zones[below(2)]))
    }

    private func changeNode() {
        guard let name = pick(cluster.nodes.keys.sorted()), var facts = cluster.nodes[name] else {
            return
        }
        switch below(4) {
        case 0: facts.isUnschedulable.toggle()
        case 1: facts.labels = ["zone": ModelCluster.zones[below(2)]]
        case 2:
            let isReady = facts.conditions.first?.status == "True"
            facts.conditions = [NodeFacts.Condition("Ready", isReady ? "Unknown" : "True")]
        default:
            // A device plug-in starts anew.
            let isWhole = facts.allocatable.others["nvidia.com/gpu"] > 0
            facts.allocatable.others["nvidia.com/gpu"] = isWhole ? 0 : Int64(ModelCluster.gpus)
        }
        note("\(name) changes")
        cluster.put(facts)
    }

    // MARK: Others

    /// Another scheduler takes what is free, as far as it can see.
    private func comeForeign() throws {
        // It would take the same devices as we do if it did not wait for what is under way.
        guard plane.bindings.isEmpty, plane.orders.isEmpty, plane.inbox.isEmpty,
            let name = pick(cluster.nodes.keys.sorted())
        else { return }
        let free = ModelCluster.gpus - cluster.use(of: name).count
        guard free > 0 else { return }
        var pod = PodText("other-\(cluster.nextUID)", gpus: 1 + below(free))
        pod.uid = "u\(1_000_000 + cluster.uid())"
        pod.scheduler = "default-scheduler"
        (pod.node, pod.phase) = (name, "Running")
        note("another scheduler puts \(pod.gpus) GPUs on \(name)")
        cluster.put(ModelPod(text: pod))
        // Its pods do not run into ours: that would be nobody's fault.
        deliverPods(.max)
        for _ in 0..<3 { try plane.drive(at: now) }
    }

    private func goForeign() {
        guard let pod = pick(cluster.sortedPods.filter { $0.workload == nil }) else { return }
        cluster.remove(pod.text.uid)
    }

    // MARK: Kubelets and controllers

    /// Kubelets run and end pods, controllers make missing ones, the collector removes what is
    /// over or stands nowhere.
    func tend() {
        guard let pod = pick(cluster.sortedPods) else { return tendWorkload() }
        if chance(40) { return tendWorkload() }
        tend(pod)
    }

    func tend(_ pod: ModelPod) {
        let uid = pod.text.uid
        let isHomeless = pod.node.map { cluster.nodes[$0] == nil } ?? false
        if pod.text.isDeleting || isHomeless {
            cluster.remove(uid)
        } else if pod.stands, pod.text.phase == "Pending" {
            cluster.change(uid) { $0.text.phase = "Running" }
        } else if pod.isOver, pod.workload.flatMap({ cluster.workloads[$0]?.isOver }) ?? true {
            cluster.remove(uid)
        }
    }

    private func tendWorkload() {
        let open = cluster.workloads.values.filter { !$0.isOver || !pods(of: $0).isEmpty }
        if let workload = pick(open.sorted(by: { $0.id < $1.id })) { tend(workload) }
    }

    private func pods(of workload: ModelWorkload) -> [ModelPod] { cluster.pods(of: workload.id) }

    func tend(_ workload: ModelWorkload) {
        guard !workload.isOver else { return }
        if workload.made < workload.count { return makePod(workload.id) }
        let own = pods(of: workload)
        let missing = (0..<workload.count).filter { index in
            !own.contains { $0.index == index && ($0.text.phase == "Succeeded" || !$0.isOver) }
        }
        guard let index = missing.first else { return }
        if workload.isRestarted {
            reach("replaced pods")
            note("\(workload.name) makes pod \(index) anew")
            make(workload, index)
        } else if missing.count == workload.count {
            cluster.workloads[workload.id]!.isOver = true
        }
    }
}
