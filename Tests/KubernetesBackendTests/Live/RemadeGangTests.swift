import FleetModel
import KubernetesBackend
import KubernetesObjects
import Testing

@testable import ControlPlane

extension ServerTests {
    /// Goal: pods that a controller makes anew, which are another job, keep off the node that
    /// failed those before them.
    @Suite("Gangs that are made anew", .timeLimit(.minutes(10)))
    struct RemadeGangTests {}
}

extension ServerTests.RemadeGangTests {
    @Test("a gang that is made anew keeps off the node that its predecessor blamed")
    func keepsOff() async throws {
        try await TestCluster.run(nodes: 3) { cluster in
            try await TestPlane.use { plane in
                try await cluster.create(PodText.gang("train", count: 2))
                #expect(try await cluster.wait { plane.states("train") == ["running"] } != nil)
                let pods = try await cluster.pods()
                let suspect = try #require(
                    pods.first { $0.metadata.name == "train-1" }?.nodeName)
                // The code by which a program says that its node is to blame.
                await cluster.kubelet.end("train-1", code: 76, at: "2026-07-01T12:00:10Z")
                await cluster.kubelet.end("train-0", code: 1, at: "2026-07-01T12:00:20Z")
                #expect(
                    try await cluster.wait { plane.states("train").contains("running") == false }
                        != nil)
                try await cluster.delete(["train-0", "train-1"])
                #expect(try await cluster.wait { try await cluster.pods().isEmpty } != nil)
                try await cluster.create(PodText.gang("train", count: 2))
                #expect(
                    try await cluster.wait {
                        try await cluster.pods().allSatisfy { $0.nodeName != nil }
                    } != nil)
                let places = try await cluster.pods().compactMap(\.nodeName)
                #expect(places.count == 2 && !places.contains(suspect), "\(places), \(suspect)")
            }
        }
    }
}
