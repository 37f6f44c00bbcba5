import ControlPlane
import FleetModel
import KubernetesBackend
import KubernetesClient
import KubernetesJSON
import KubernetesObjects
import Testing

extension ServerTests {
    @Suite("Pods that wait", .timeLimit(.minutes(10)))
    struct WaitingPodTests {}
}

extension ServerTests.WaitingPodTests {
    private func run(
        nodes: Int, _ body: (TestCluster, TestPlane) async throws -> Void
    ) async throws {
        try await TestCluster.run(nodes: nodes) { cluster in
            try await TestPlane.use { try await body(cluster, $0) }
        }
    }

    /// Keeps pods from being evicted.
    private func protect(_ cluster: TestCluster, _ label: String) async throws {
        let type = ResourceType(
            group: "policy", version: "v1beta1", plural: "poddisruptionbudgets",
            kind: "PodDisruptionBudget", isNamespaced: true)
        let body = JSONWriter.object { object in
            object.member("apiVersion", type.apiVersion)
            object.member("kind", type.kind)
            object.object("metadata") { $0.member("name", label) }
            object.object("spec") { spec in
                spec.member("minAvailable", 1)
                spec.object("selector") { $0.member("matchLabels", ["keep": label]) }
            }
        }
        _ = try await cluster.client.create(
            type, namespace: cluster.namespace, body: body, of: ObjectIdentity.self
        ).get()
    }

    @Test("pods name the nodes that victims are leaving for them, until they have others")
    func nominates() async throws {
        try await run(nodes: 2) { cluster, plane in
            try await protect(cluster, "low")
            var low = PodText.gang("low", count: 2)
            for index in low.indices { low[index].labels["keep"] = "low" }
            try await cluster.create(low)
            #expect(try await cluster.wait { plane.states("low") == ["running"] } != nil)
            var high = PodText.gang("high", count: 2)
            let name = try await cluster.priorityClass()
            for index in high.indices { high[index].priorityClass = name }
            // The API server takes a while to know the class.
            #expect(
                try await cluster.wait { (try? await cluster.create([high[0]])) != nil } != nil)
            try await cluster.create([high[1]])
            func nominated() async throws -> [String] {
                try await cluster.pods().filter { $0.metadata.name.hasPrefix("high") }
                    .compactMap(\.nominatedNodeName).sorted()
            }
            // A budget keeps the victims, so that the plan stands for a while.
            #expect(try await cluster.wait { try await nominated() == ["n0", "n1"] } != nil)
            #expect(try await cluster.places("high").allSatisfy { $0 == nil })
            // Nobody needs the plan any more that has a place elsewhere.
            try await cluster.addNode("n2")
            try await cluster.addNode("n3")
            #expect(
                try await cluster.wait {
                    try await Set(cluster.places("high")) == ["n2", "n3"]
                } != nil)
        }
    }

    @Test("what is cancelled while it waits says what is to be done, and new pods are taken")
    func saysCancelled() async throws {
        try await run(nodes: 1) { cluster, plane in
            try await cluster.create([PodText("first")])
            #expect(try await cluster.wait { plane.states("first") == ["running"] } != nil)
            try await cluster.create([PodText("second")])
            #expect(try await cluster.wait { plane.states("second") == ["queued"] } != nil)
            try await plane.cancel("second")
            let said = try await cluster.wait {
                let pod = try await cluster.pods().first { $0.metadata.name == "second" }
                return pod?.scheduled?.reason == "SchedulingGated"
                    && pod?.scheduled?.message.contains("create it again") == true
            }
            #expect(said != nil)
            #expect(
                try await cluster.wait {
                    try await cluster.events().contains { $0.hasPrefix("Cancelled second: ") }
                } != nil)
            await cluster.kubelet.set("Succeeded", of: "first")
            #expect(try await cluster.wait { plane.states("first") == ["succeeded"] } != nil)
            #expect(plane.states("second") == ["cancelled"])
            try await cluster.delete(["second"])
            var again = PodText("second")
            again.uid = "again"
            try await cluster.create([again])
            #expect(
                try await cluster.wait { plane.states("second") == ["cancelled", "running"] } != nil
            )
        }
    }
}
