import AgentWire
import ControlPlane
import FleetModel
import HealthSignals
import KubernetesBackend
import KubernetesObjects
import Store
import Testing

extension ServerTests {
    /// Goal: a bad machine that comes back as another node takes no pod.
    @Suite("Machines that come back under another name", .timeLimit(.minutes(10)))
    struct KnownHardwareTests {}
}

extension ServerTests.KnownHardwareTests {
    private func isHeld(_ name: String, _ plane: TestPlane) -> Bool? {
        let view = plane.plane.view
        return view.directory.fleet.nodeNames.id(of: name)
            .flatMap { view.nodes[$0.index]?.row }
            .flatMap { $0.isPresent ? $0.isHeld : nil }
    }

    @Test("a gang leaves the node whose device fell off the bus, and no pod goes to its new name")
    func refuses() async throws {
        try await TestCluster.run(nodes: 2) { cluster in
            try await TestPlane.use { plane in
                for (index, name) in ["n0", "n1"].enumerated() {
                    try await plane.hear(name, serial: name, stream: UInt64(index))
                }
                try await cluster.create([PodText("first", gpus: 8)])
                #expect(try await cluster.wait { plane.states("first") == ["running"] } != nil)
                let bad = try #require(plane.nodes("first").first)
                let good = bad == "n0" ? "n1" : "n0"
                var fault = LogFault(.xid(79))
                fault.device = PCIAddress(bus: 3)
                try await plane.hear(bad, serial: bad, stream: 10, [fault])
                #expect(isHeld(bad, plane) == true && isHeld(good, plane) == false)
                try await cluster.removeNode(bad)
                #expect(try await cluster.wait { isHeld(bad, plane) == nil } != nil)
                try await cluster.delete(["first"])
                try await cluster.addNode("n9")
                #expect(try await cluster.wait { isHeld("n9", plane) == false } != nil)
                try await plane.hear("n9", serial: bad, stream: 11)
                #expect(isHeld("n9", plane) == true)
                try await cluster.create([PodText("a", gpus: 8), PodText("b", gpus: 8)])
                let bound = { try await cluster.pods().filter { $0.nodeName != nil } }
                #expect(
                    try await cluster.wait {
                        try await bound().contains { ["a", "b"].contains($0.metadata.name) }
                    } != nil)
                try await Task.sleep(for: .seconds(1))
                #expect(try await bound().allSatisfy { $0.nodeName == good })
                #expect(Set([plane.states("a"), plane.states("b")]) == [["running"], ["queued"]])
            }
        }
    }
}
