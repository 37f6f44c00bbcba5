import KubernetesObjects
import Testing

extension ServerTests.ClusterBackendTests {
    /// Pods of a Deployment, each of which is a gang of its own.
    private func replicas(_ app: String, _ count: Int, by key: String) -> [PodText] {
        (0..<count).map { index in
            var pod = PodText("\(app)-\(index)", gpus: 1, labels: ["app": app])
            pod.affinity = PodText.neighbours("podAntiAffinity", "app", app, by: key)
            return pod
        }
    }

    @Test("replicas that exclude each other stand on nodes of their own, and one too many waits")
    func spreadsReplicas() async throws {
        try await run(nodes: 4) { cluster, plane in
            try await cluster.create(replicas("web", 5, by: "kubernetes.io/hostname"))
            func places() async throws -> [String] {
                try await cluster.places("web").compactMap { $0 }
            }
            #expect(try await cluster.wait { try await places().count == 4 } != nil)
            #expect(Set(try await places()).count == 4)
            #expect(
                try await cluster.wait { plane.states("web-4").last == "queued" } != nil)
            // Others may stand beside them.
            try await cluster.create([PodText("other", gpus: 7)])
            #expect(try await cluster.wait { try await allBound(cluster, "other", 1) } != nil)
            await cluster.kubelet.set("Succeeded", of: "web-2")
            #expect(try await cluster.wait { try await places().count == 5 } != nil)
        }
    }

    @Test("replicas are spread over racks as their rule wants it")
    func spreadsOverRacks() async throws {
        try await run(nodes: 0) { cluster, plane in
            for index in 0..<6 {
                try await cluster.addNode("n\(index)", labels: ["rack": "r\(index / 2)"])
            }
            try await cluster.create(replicas("web", 3, by: "rack"))
            #expect(
                try await cluster.wait { try await allBound(cluster, "web", 3) }
                    != nil)
            let racks = try await cluster.places("web").compactMap { $0?.last?.wholeNumberValue }
            #expect(Set(racks.map { $0 / 2 }).count == 3)
        }
    }

    @Test("ports of a node and its number of pods are kept")
    func countsPortsAndPods() async throws {
        try await run(nodes: 0) { cluster, plane in
            try await cluster.addNode("n0", pods: 3)
            try await cluster.addNode("n1", pods: 110)
            let served = ["a", "b", "c"].map { name in
                var pod = PodText("port-\(name)", gpus: 1)
                pod.ports = [8080]
                return pod
            }
            try await cluster.create(served)
            func bound(_ prefix: String) async throws -> [String] {
                try await cluster.places(prefix).compactMap { $0 }
            }
            #expect(try await cluster.wait { try await bound("port").count == 2 } != nil)
            #expect(Set(try await bound("port")).count == 2)
            try await cluster.create(
                (0..<9).map { index in
                    var pod = PodText("small-\(index)", gpus: 0)
                    pod.selector = ["kubernetes.io/hostname": "n0"]
                    return pod
                })
            #expect(try await cluster.wait { try await bound("small").count == 2 } != nil)
            try await Task.sleep(for: .milliseconds(500))
            #expect(try await bound("small").count == 2)
        }
    }
}
