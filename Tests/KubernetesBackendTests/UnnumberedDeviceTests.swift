import AgentWire
import ControlPlane
import FleetModel
import Health
import HealthSignals
import KubernetesBackend
import KubernetesClient
import KubernetesJSON
import KubernetesObjects
import Store
import Testing

extension ServerTests {
    /// Goal: a kubelet gives away whichever device it likes, so that Muster's numbers of devices
    /// blame no pod, and a bad device counts as out only when the kubelet gives it to nobody.
    @Suite("Devices that kubelets give away", .timeLimit(.minutes(10)))
    struct UnnumberedDeviceTests {}
}

extension ServerTests.UnnumberedDeviceTests {
    private func tell(
        _ plane: TestPlane, _ node: String, stream: UInt64, badDevice: Int? = nil
    ) async throws {
        var faults: [LogFault] = []
        if let badDevice {
            var fault = LogFault(.xid(48))
            fault.device = PCIAddress(bus: UInt8(badDevice + 1))
            faults = [fault]
        }
        try await plane.hear(node, serial: node, stream: stream, faults)
    }

    private func row(_ name: String, _ plane: TestPlane) -> NodeRow? {
        let view = plane.plane.view
        return view.directory.fleet.nodeNames.id(of: name).flatMap { view.nodes[$0.index]?.row }
    }

    private func use(_ body: (TestPlane) async throws -> Void) async throws {
        var health = ControlPlaneSettings().health
        health.repair.drainGrace = .zero
        let plane = try await TestPlane.start(health: health)
        defer { plane.remove() }
        do {
            try await body(plane)
        } catch {
            await plane.stop()
            throw error
        }
        await plane.stop()
    }

    @Test("both pods of a node leave it, whichever has the bad device, and none goes back")
    func drains() async throws {
        try await TestCluster.run(nodes: 2) { cluster in
            try await use { try await drain(cluster, $0) }
        }
    }

    private func drain(_ cluster: TestCluster, _ plane: TestPlane) async throws {
        for (index, name) in ["n0", "n1"].enumerated() {
            try await tell(plane, name, stream: UInt64(index))
        }
        try await cluster.create([PodText("a", gpus: 4), PodText("b", gpus: 4)])
        let areRunning = try await cluster.wait {
            plane.states("a") == ["running"] && plane.states("b") == ["running"]
        }
        #expect(areRunning != nil)
        let bad = try #require(plane.nodes("a").first)
        #expect(plane.nodes("b") == [bad])
        // By Muster's count device 2 is of the first pod; the kubelet may have given it to the
        // other one.
        try await tell(plane, bad, stream: 10, badDevice: 2)
        #expect(try await cluster.wait { try await cluster.pods().isEmpty } != nil)
        #expect(isHeld(bad, plane) == true)
        #expect(row(bad, plane)?.withdrawn == 0)
        try await cluster.create([PodText("c", gpus: 4), PodText("d", gpus: 8)])
        #expect(try await cluster.wait { !plane.states("c").isEmpty } != nil)
        let isPlaced = try await cluster.wait {
            plane.states("c") == ["running"] || plane.states("d") == ["running"]
        }
        #expect(isPlaced != nil)
        #expect(plane.nodes("c") != [bad] && plane.nodes("d") != [bad])
    }

    @Test("a device that the kubelet withholds is taken off once, and its node works on")
    func shrinks() async throws {
        try await TestCluster.run(nodes: 1) { cluster in
            try await use { try await shrink(cluster, $0) }
        }
    }

    private func shrink(_ cluster: TestCluster, _ plane: TestPlane) async throws {
        try await tell(plane, "n0", stream: 1)
        try await cluster.create([PodText("a", gpus: 4)])
        #expect(try await cluster.wait { plane.states("a") == ["running"] } != nil)
        try await cluster.allow(7, on: "n0")
        #expect(try await cluster.wait { devicesOut(plane) == 1 } != nil)
        try await tell(plane, "n0", stream: 2, badDevice: 2)
        #expect(isHeld("n0", plane) == false && devicesOut(plane) == 1)
        try await cluster.create([PodText("b", gpus: 3)])
        #expect(try await cluster.wait { plane.states("b") == ["running"] } != nil)
        try await cluster.create([PodText("c", gpus: 1)])
        #expect(try await cluster.wait { plane.states("c") == ["queued"] } != nil)
        #expect(plane.states("a") == ["running"])
        // The plug-in starts anew and gives away what it took for bad before.
        try await cluster.allow(8, on: "n0")
        #expect(try await cluster.wait { isHeld("n0", plane) == true } != nil)
        #expect(try await cluster.wait { plane.states("a") != ["running"] } != nil)
    }

    private func devicesOut(_ plane: TestPlane) -> Int? {
        row("n0", plane)?.outOfService.nonzeroBitCount
    }

    private func isHeld(_ name: String, _ plane: TestPlane) -> Bool? { row(name, plane)?.isHeld }
}
