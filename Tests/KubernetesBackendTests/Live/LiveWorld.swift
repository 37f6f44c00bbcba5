import FleetModel
import KubernetesClient
import KubernetesFaults
import KubernetesJSON
import KubernetesObjects

/// Carries operations out on a real API server.
struct LiveWorld {
    let cluster: TestCluster
    let observer: ClusterObserver
    let namespaces: [String]
    private var numbers: [Int: Int] = [:]

    init(_ cluster: TestCluster, _ observer: ClusterObserver, _ namespaces: [String]) {
        (self.cluster, self.observer, self.namespaces) = (cluster, observer, namespaces)
    }

    private func pods(_ gang: LiveGang) -> [ClusterObserver.Seen] {
        observer.pods.filter { $0.gang == gang.name }
    }

    private func index(_ pod: ClusterObserver.Seen) -> Int {
        let parts = pod.key.name.split(separator: "-")
        return parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    }

    // MARK: Gangs

    /// The object that declares a gang, which has no controller here.
    func declare(_ gang: LiveGang) async throws {
        guard gang.isJob else { return }
        let body = """
            {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"\(gang.name)"},"spec":{
            "completionMode":"Indexed","completions":\(gang.count),"parallelism":\(gang.count),
            "template":{"spec":{"restartPolicy":"Never","containers":[{"name":"main",
            "image":"train:1"}]}}}}
            """
        _ = try await cluster.client.create(
            Job.resources[0], namespace: namespaces[gang.namespace], body: Array(body.utf8),
            of: ObjectIdentity.self
        ).get()
    }

    private func retract(_ gang: LiveGang) async {
        guard gang.isJob else { return }
        _ = try? await cluster.client.delete(
            ObjectPlace(
                Job.resources[0], namespace: namespaces[gang.namespace], name: gang.name))
    }

    mutating func create(_ gang: LiveGang, _ indexes: [Int]) async throws {
        var pods: [PodText] = []
        for index in indexes {
            numbers[gang.id, default: 0] += 1
            pods.append(gang.pod(index, number: numbers[gang.id] ?? 0))
        }
        try await cluster.createAtOnce(pods, namespace: namespaces[gang.namespace])
    }

    /// Makes the pods that are missing, as a controller would.
    mutating func complete(_ gang: LiveGang) async throws {
        let present = Set(
            pods(gang).filter { $0.phase == .succeeded || !$0.phase.isTerminal && !$0.isDeleting }
                .map { index($0) })
        try await create(gang, (0..<gang.count).filter { !present.contains($0) })
    }

    func delete(_ gang: LiveGang) async throws {
        await retract(gang)
        try await cluster.deleteAtOnce(
            pods(gang).map(\.key.name), namespace: namespaces[gang.namespace], grace: 1)
    }

    func deletePod(_ gang: LiveGang, _ index: Int) async throws {
        let own = pods(gang).filter { self.index($0) == index }.map(\.key.name)
        try await cluster.deleteAtOnce(own, namespace: namespaces[gang.namespace], grace: 1)
    }

    /// Pods that stand end, and go; so does what waits.
    func finish(_ gang: LiveGang) async throws {
        for pod in pods(gang) where pod.stands { await set("Succeeded", pod) }
        await retract(gang)
        try await cluster.deleteAtOnce(
            pods(gang).map(\.key.name), namespace: namespaces[gang.namespace])
    }

    func fail(_ gang: LiveGang, _ index: Int) async {
        for pod in pods(gang) where pod.stands && self.index(pod) == index {
            await set("Failed", pod)
        }
    }

    private func set(_ phase: String, _ pod: ClusterObserver.Seen) async {
        let place = ObjectPlace(
            TestCluster.pods, namespace: pod.key.namespace, name: pod.key.name,
            subresource: "status")
        let body = Array(#"{"status":{"phase":"\#(phase)"}}"#.utf8)
        _ = try? await cluster.client.patch(place, .merge, body: body, of: ObjectIdentity.self)
    }

    // MARK: Nodes

    func patch(node: Int, _ json: String) async {
        _ = try? await cluster.client.patch(
            ObjectPlace(TestCluster.nodes, name: "n\(node)"), .merge, body: Array(json.utf8),
            of: ObjectIdentity.self)
    }

    func removeNode(_ node: Int) async {
        _ = try? await cluster.client.delete(ObjectPlace(TestCluster.nodes, name: "n\(node)"))
    }

    func addNode(_ node: Int) async {
        guard (try? await cluster.addNode("n\(node)")) != nil else { return }
        await label(node, zone: node % 2)
    }

    func label(_ node: Int, zone: Int) async {
        await patch(node: node, #"{"metadata":{"labels":{"torture/zone":"z\#(zone)"}}}"#)
    }

    func cordon(_ node: Int, _ isClosed: Bool) async {
        await patch(node: node, #"{"spec":{"unschedulable":\#(isClosed)}}"#)
    }

    /// The collector of a cluster deletes pods whose node is not there.
    func collect(_ nodes: Set<String>) async throws {
        for pod in observer.pods {
            guard let node = pod.node, !nodes.contains(node) else { continue }
            try await cluster.deleteAtOnce([pod.key.name], namespace: pod.key.namespace)
        }
    }
}
