import FleetModel
import KubernetesBackend
import KubernetesClient
import KubernetesFaults
import Testing

extension ServerTests {
    /// Behind a proxy that does harm.
    @Suite("A cluster whose API server is hard to reach", .timeLimit(.minutes(10)))
    struct FaultyClusterTests {}
}

extension ServerTests.FaultyClusterTests {
    @Test("gangs are bound whole though half of all requests meet something", arguments: [1, 2])
    func bindsThroughFaults(_ seed: UInt64) async throws {
        try await TestCluster.run(nodes: 4) { cluster in
            let proxy = try FaultProxy(
                to: try KubeTestServer.configuration(), plan: .calm, seed: seed)
            try await proxy.run { configuration in
                let plane = try await TestPlane.start { settings in
                    settings.configuration = configuration
                    settings.halfBoundSeconds = 20
                }
                var plan = FaultPlan()
                // A watch without a sign of life is given up only after two and a half minutes.
                plan.stalled = 0
                proxy.follow(plan)
                for round in 0..<6 {
                    try await check(cluster, PodText.gang("r\(round)", count: 4))
                }
                proxy.follow(.calm)
                await plane.stop()
                plane.remove()
            }
            #expect(proxy.counts.values.reduce(0, +) > 0)
        }
    }

    /// A gang of the whole cluster is bound whole, and ends; if it was taken back, so that it has
    /// to be made anew, nothing of it stays.
    private func check(_ cluster: TestCluster, _ pods: [PodText]) async throws {
        try await cluster.create(pods)
        let prefix = pods[0].name.dropLast()
        let isSettled = try await cluster.wait {
            let places = try await cluster.places(String(prefix))
            return places.count < 4 || places.allSatisfy { $0 != nil }
        }
        #expect(isSettled != nil, "half a gang stays")
        for pod in pods { await cluster.kubelet.set("Succeeded", of: pod.name) }
        try await cluster.delete(pods.map(\.name))
        #expect(
            try await cluster.wait {
                try await cluster.places(String(prefix)).isEmpty
            } != nil)
    }
}
