import FleetModel
import Foundation
import KubernetesClient
import KubernetesFaults
import KubernetesJSON
import KubernetesObjects

/// The real API server with nodes and pods as a test wants them, and a kubelet.
struct TestCluster: Sendable {
    static let pods = Pod.resources[0]
    static let nodes = Node.resources[0]

    let client: KubernetesClient
    let namespace: String
    let kubelet: TestKubelet

    /// Begins with no nodes and a namespace of its own; leaves neither pods nor nodes.
    static func run(
        nodes: Int, gpus: Int = 8, hasKubelet: Bool = true,
        _ body: (TestCluster) async throws -> Void
    ) async throws {
        let client = KubernetesClient(configuration: try KubeTestServer.configuration())
        defer { client.close() }
        let namespace = "backend-" + UUID().uuidString.lowercased().prefix(8)
        let object = JSONWriter.object { object in
            object.member("apiVersion", "v1")
            object.member("kind", "Namespace")
            object.object("metadata") { $0.member("name", namespace) }
        }
        _ = try await client.create(
            Namespace.resources[0], body: object, of: ObjectIdentity.self
        ).get()
        let kubelet = TestKubelet(client: client, namespace: namespace)
        let cluster = TestCluster(client: client, namespace: namespace, kubelet: kubelet)
        try await cluster.removeNodes()
        try await cluster.removeAllPods()
        for index in 0..<nodes { try await cluster.addNode("n\(index)", gpus: gpus) }
        let task = Task { if hasKubelet { await kubelet.run() } }
        do {
            try await body(cluster)
        } catch {
            await cluster.leave(task)
            throw error
        }
        await cluster.leave(task)
    }

    private func leave(_ kubelet: Task<Void, Never>) async {
        kubelet.cancel()
        for pod in (try? await pods()) ?? [] {
            let place = ObjectPlace(
                TestCluster.pods, namespace: namespace, name: pod.metadata.name)
            _ = try? await client.delete(place, graceSeconds: 0)
        }
        try? await removeNodes()
        await kubelet.value
    }

    /// Tests that were cut off leave pods behind, which stand on nodes of these names.
    private func removeAllPods() async throws {
        var left: [ObjectMetadata] = []
        _ = try await client.list(TestCluster.pods, of: Pod.self) { part in
            if case .items(let items) = part { left += items.map(\.metadata) }
        }
        for pod in left {
            let place = ObjectPlace(TestCluster.pods, namespace: pod.namespace, name: pod.name)
            _ = try await client.delete(place, graceSeconds: 0)
        }
    }

    // MARK: Nodes

    func addNode(
        _ name: String, gpus: Int = 8, pods: Int = 110, labels: [String: String] = [:]
    ) async throws {
        let body = JSONWriter.object { node in
            node.member("apiVersion", "v1")
            node.member("kind", "Node")
            node.object("metadata") { metadata in
                metadata.member("name", name)
                metadata.member(
                    "labels", labels.merging(["kubernetes.io/hostname": name]) { $1 })
            }
        }
        _ = try await client.create(TestCluster.nodes, body: body, of: ObjectIdentity.self).get()
        // Admission taints new nodes until their kubelet is heard.
        let clean = Array(#"{"spec":{"taints":null}}"#.utf8)
        _ = try await client.patch(
            ObjectPlace(TestCluster.nodes, name: name), .merge, body: clean,
            of: ObjectIdentity.self
        ).get()
        let status = JSONWriter.object { node in
            node.object("status") { status in
                for side in ["capacity", "allocatable"] {
                    status.member(
                        side,
                        [
                            "cpu": "64", "memory": "512Gi", "pods": "\(pods)",
                            "nvidia.com/gpu": "\(gpus)",
                        ])
                }
                status.array("conditions") { conditions in
                    conditions.object { condition in
                        condition.member("type", "Ready")
                        condition.member("status", "True")
                        condition.member("reason", "KubeletReady")
                    }
                }
            }
        }
        _ = try await client.patch(
            ObjectPlace(TestCluster.nodes, name: name, subresource: "status"), .merge,
            body: status, of: ObjectIdentity.self
        ).get()
    }

    func removeNode(_ name: String) async throws {
        _ = try await client.delete(ObjectPlace(TestCluster.nodes, name: name)).get()
    }

    private func removeNodes() async throws {
        var names: [String] = []
        _ = try await client.list(TestCluster.nodes, of: Node.self) { part in
            if case .items(let items) = part { names += items.map(\.facts.name) }
        }
        for name in names { try await removeNode(name) }
    }

    // MARK: Pods

    func create(_ pods: [PodText]) async throws {
        for pod in pods {
            var pod = pod
            pod.namespace = namespace
            try await create(pod)
        }
    }

    private func create(_ pod: PodText) async throws {
        var refusal: APIRefusal?
        // Admission hears of a new PriorityClass a little after it was made.
        _ = try await wait(seconds: 60) {
            let answer = try await client.create(
                TestCluster.pods, namespace: namespace, body: pod.bytes, of: ObjectIdentity.self)
            guard case .failure(let failure) = answer else {
                refusal = nil
                return true
            }
            refusal = failure
            return !failure.message.contains("no PriorityClass with name")
        }
        if let refusal { throw refusal }
    }

    /// A class of priority that goes before others; answers its name.
    func priorityClass() async throws -> String {
        let type = PriorityClass.resources[0]
        let name = "urgent-" + namespace
        let body = JSONWriter.object { object in
            object.member("apiVersion", type.apiVersion)
            object.member("kind", type.kind)
            object.object("metadata") { $0.member("name", name) }
            object.member("value", 1000)
        }
        _ = try await client.create(type, body: body, of: ObjectIdentity.self).get()
        return name
    }

    /// A Job of two pods, which nobody makes; answers its uid.
    func createJob(_ name: String) async throws -> String {
        let type = Job.resources[0]
        let body = JSONWriter.object { job in
            job.member("apiVersion", type.apiVersion)
            job.member("kind", type.kind)
            job.object("metadata") { $0.member("name", name) }
            job.object("spec") { spec in
                spec.member("parallelism", 2)
                spec.member("completions", 2)
                spec.object("template") { template in
                    template.object("spec") { pod in
                        pod.member("restartPolicy", "Never")
                        pod.array("containers") { containers in
                            containers.object { container in
                                container.member("name", "main")
                                container.member("image", "sort:1")
                            }
                        }
                    }
                }
            }
        }
        return try await client.create(
            type, namespace: namespace, body: body, of: ObjectIdentity.self
        ).get().uid
    }

    func pods() async throws -> [Pod] {
        var found: [Pod] = []
        _ = try await client.list(TestCluster.pods, of: Pod.self, namespace: namespace) { part in
            switch part {
            case .began: found = []
            case .items(let items): found += items
            case .unreadable: break
            }
        }.get()
        return found
    }

    /// Has a node's plug-in give away so many GPUs.
    func allow(_ gpus: Int, on node: String) async throws {
        let body = Array(#"{"status":{"allocatable":{"nvidia.com/gpu":"\#(gpus)"}}}"#.utf8)
        _ = try await client.patch(
            ObjectPlace(TestCluster.nodes, name: node, subresource: "status"), .merge, body: body,
            of: ObjectIdentity.self
        ).get()
    }

    func delete(_ names: [String]) async throws {
        for name in names {
            _ = try await client.delete(
                ObjectPlace(TestCluster.pods, namespace: namespace, name: name))
        }
    }

    /// The nodes of a gang's pods, by the beginning of their names; nil for those that wait.
    func places(_ prefix: String) async throws -> [String?] {
        try await pods().filter { $0.metadata.name.hasPrefix(prefix) }.map(\.nodeName)
    }

    /// Notes of events, as `reason object: note`.
    func events() async throws -> [String] { try await events(in: namespace) }

    func events(in namespace: String) async throws -> [String] {
        let type = try await client.discover().get().eventType
        var notes: [String] = []
        _ = try await client.list(type, of: EventSample.self, namespace: namespace) { part in
            if case .items(let items) = part { notes += items.map(\.text) }
        }.get()
        return notes
    }

    /// Waits until something holds, at most so long; says how many seconds it took, nil when it
    /// did not.
    func wait(
        seconds: Double = 240, _ condition: () async throws -> Bool
    ) async throws -> Double? {
        let began = ContinuousClock.now
        while true {
            let took = (ContinuousClock.now - began) / .seconds(1)
            if try await condition() { return took }
            guard took < seconds else { return nil }
            try await Task.sleep(for: .milliseconds(30))
        }
    }
}

/// An event, as far as tests look at it.
struct EventSample: Decoded {
    var text = ""

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (reason, note, name) = ("", "", "")
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "reason": reason = try scanner.string()
            case "note": note = try scanner.string()
            case "regarding":
                try scanner.enterObject()
                while let key = try scanner.nextKey() {
                    if key == "name" {
                        name = try scanner.string()
                    } else {
                        try scanner.skipValue()
                    }
                }
            default: try scanner.skipValue()
            }
        }
        text = "\(reason) \(name): \(note)"
    }
}

/// Makes bound pods run, and those that are deleted go.
final class TestKubelet: Sendable {
    private let client: KubernetesClient
    private let namespace: String

    init(client: KubernetesClient, namespace: String) {
        self.client = client
        self.namespace = namespace
    }

    func run() async {
        var options = ReflectorOptions()
        options.namespace = namespace
        _ = try? await client.reflect(TestCluster.pods, of: Pod.self, options: options) { report in
            switch report {
            case .list(.items(let pods)): for pod in pods { await look(at: pod) }
            case .events(let events):
                for event in events {
                    switch event {
                    case .added(let pod), .modified(let pod): await look(at: pod)
                    default: break
                    }
                }
            default: break
            }
        }
    }

    private func look(at pod: Pod) async {
        let metadata = pod.metadata
        let place = ObjectPlace(TestCluster.pods, namespace: namespace, name: metadata.name)
        guard pod.nodeName != nil else { return }
        if metadata.isDeleting {
            _ = try? await client.delete(place, uid: metadata.uid, graceSeconds: 0)
        } else if pod.phase == .pending {
            // A pod that has ended meanwhile does not run again; whatever else has changed comes
            // as an event, with which this is tried again.
            await set("Running", of: metadata.name, version: metadata.resourceVersion)
        }
    }

    /// Ends a pod as kubelets do, by its container; well with code 0.
    func end(_ pod: String, code: Int, at time: String) async {
        let place = ObjectPlace(
            TestCluster.pods, namespace: namespace, name: pod, subresource: "status")
        let (phase, reason) = code == 0 ? ("Succeeded", "Completed") : ("Failed", "Error")
        let body = Array(
            #"""
            {"status":{"phase":"\#(phase)","containerStatuses":[{"name":"main","image":"train:1",\#
            "imageID":"","ready":false,"restartCount":0,"state":{"terminated":{\#
            "exitCode":\#(code),"reason":"\#(reason)","finishedAt":"\#(time)"}}}]}}
            """#.utf8)
        _ = try? await client.patch(place, .merge, body: body, of: ObjectIdentity.self)
    }

    /// Ends pods, well or badly.
    func set(_ phase: String, of pod: String, version: String? = nil) async {
        let place = ObjectPlace(
            TestCluster.pods, namespace: namespace, name: pod, subresource: "status")
        let condition = version.map { #""metadata":{"resourceVersion":"\#($0)"},"# } ?? ""
        let body = Array(#"{\#(condition)"status":{"phase":"\#(phase)"}}"#.utf8)
        _ = try? await client.patch(place, .merge, body: body, of: ObjectIdentity.self)
    }
}
