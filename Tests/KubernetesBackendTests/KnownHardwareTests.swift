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
    /// What the agent on a machine tells first.
    private func message(
        _ node: String, serial: String, stream: UInt64, at now: Instant,
        _ faults: [LogFault] = []
    ) -> AgentMessage {
        var message = AgentMessage(
            node: node, boot: BootID(high: 1, low: stream), stream: stream, number: 1, sentAt: now)
        var report = MachineReport()
        report.chassisSerial = serial
        report.devices = (0..<8).map { index in
            ReportedDevice(
                index: UInt8(index), uuid: "GPU-\(serial)-\(index)",
                address: PCIAddress(bus: UInt8(index + 1)))
        }
        report.devicesOnBus = 8
        message.isWhole = true
        message.report = report
        message.records = faults.map { AgentRecord(at: now, .fault($0)) }
        return message
    }

    /// As the server hands it on.
    private func tell(_ message: AgentMessage, _ plane: TestPlane) async throws {
        let roster = AgentRoster()
        let reception = try #require(roster.receive(message, at: message.sentAt))
        try await plane.plane.take(reception)
    }

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
                    try await tell(
                        message(
                            name, serial: "SN-\(name)", stream: UInt64(index),
                            at: plane.plane.clock.now()), plane)
                }
                try await cluster.create([PodText("first", gpus: 8)])
                #expect(try await cluster.wait { plane.states("first") == ["running"] } != nil)
                let bad = try #require(plane.nodes("first").first)
                let good = bad == "n0" ? "n1" : "n0"
                var fault = LogFault(.xid(79))
                fault.device = PCIAddress(bus: 3)
                try await tell(
                    message(
                        bad, serial: "SN-\(bad)", stream: 10, at: plane.plane.clock.now(), [fault]),
                    plane)
                #expect(isHeld(bad, plane) == true && isHeld(good, plane) == false)
                try await cluster.removeNode(bad)
                #expect(try await cluster.wait { isHeld(bad, plane) == nil } != nil)
                try await cluster.delete(["first"])
                try await cluster.addNode("n9")
                #expect(try await cluster.wait { isHeld("n9", plane) == false } != nil)
                try await tell(
                    message(
                        "n9", serial: "SN-\(bad)", stream: 11, at: plane.plane.clock.now()), plane)
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
