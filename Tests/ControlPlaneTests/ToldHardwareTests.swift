import FleetModel
import Health
import HealthControl
import Store
import Testing

@testable import ControlPlane

/// Goal: what an agent has read of a machine holds beside the backend's shorter word, in whatever
/// order they speak, and after a restart.
@Suite("What backend and agent say of hardware")
struct ToldHardwareTests {
    /// What a backend reads: UUIDs, and the chassis where it may.
    private static func backend(
        chassis: String = "", uuids: [String] = ["GPU-0", "GPU-1"]
    ) -> HardwareFacts {
        HardwareFacts(
            chassis: chassis,
            devices: uuids.enumerated().map { .init(index: Int32($0.offset), uuid: $0.element) })
    }

    /// What an agent reads beside that.
    private static let agent = HardwareFacts(
        chassis: "SN-1",
        devices: (0..<2).map {
            .init(
                index: Int32($0), uuid: "GPU-\($0)", boardSerial: "B-\($0)",
                slot: "0000:0\($0 + 1):00.0")
        }, nics: ["0001", "0002"], deviceCount: 3)

    private func known(_ bench: Bench) async throws -> HardwareFacts {
        try await bench.plane.perform { driver in
            driver.desk.engine[NodeID(0)].map { driver.desk.names.facts($0.report) }
                ?? HardwareFacts()
        }
    }

    private func tell(
        _ facts: HardwareFacts, _ bench: Bench, from source: HardwareSource
    ) async throws {
        try await bench.plane.perform { driver in
            driver.take(facts, of: NodeID(0), from: source)
            guard source == .agent else { return }
            let name = driver.view.directory.node(NodeID(0))
            let row = AgentRow(node: name, heardAt: driver.now, streams: [])
            driver.pending.others.append { try $0.putAgent(row) }
        }
    }

    @Test("the agent's word outlives restarts of the control plane")
    func survives() async throws {
        let bench = try await Bench("1x2/1")
        bench.facts = [NodeID(0): Self.backend()]
        try await bench.restart()
        let short = try await known(bench)
        #expect(short.chassis == "" && short.nics == [])
        try await tell(Self.agent, bench, from: .agent)
        let told = try await known(bench)
        #expect(told == Self.agent)
        let machine = try await bench.plane.perform { $0.desk.engine[NodeID(0)]?.machine }
        for _ in 0..<2 {
            try await bench.restart()
            #expect(try await known(bench) == told)
            try await bench.crash()
            #expect(try await known(bench) == told)
        }
        // What the backend says while it runs is no more than at its start.
        try await tell(Self.backend(), bench, from: .backend)
        #expect(try await known(bench) == told)
        #expect(try await bench.plane.perform { $0.desk.engine[NodeID(0)]?.machine } == machine)
        await bench.plane.stop()
    }

    @Test("the backend fills in what the agent could not read")
    func fills() async throws {
        let bench = try await Bench("1x2/1")
        bench.facts = [NodeID(0): Self.backend(chassis: "SN-1")]
        try await bench.restart()
        var agent = Self.agent
        agent.chassis = ""
        try await tell(agent, bench, from: .agent)
        #expect(try await known(bench) == Self.agent)
        try await bench.restart()
        #expect(try await known(bench) == Self.agent)
        await bench.plane.stop()
    }

    @Test("what answers is the newest word, and another machine is not filled up with the old one")
    func newest() async throws {
        let bench = try await Bench("1x2/1")
        try await tell(Self.agent, bench, from: .agent)
        // One of the devices does not answer any more when the control plane comes back.
        bench.facts = [NodeID(0): Self.backend(uuids: ["GPU-0"])]
        try await bench.restart()
        let left = try await known(bench)
        #expect(left.devices == [Self.agent.devices[0]] && left.deviceCount == 3)
        #expect(left.chassis == "SN-1" && left.nics == Self.agent.nics)
        // Others stand there.
        bench.facts = [NodeID(0): Self.backend(uuids: ["GPU-8", "GPU-9"])]
        try await bench.restart()
        let other = try await known(bench)
        #expect(other.devices.map(\.uuid) == ["GPU-8", "GPU-9"] && other.nics == [])
        #expect(other.chassis == "" && other.devices.allSatisfy { $0.boardSerial.isEmpty })
        await bench.plane.stop()
    }

    @Test("without an agent the newest word of the backend is all")
    func withoutAgent() async throws {
        let bench = try await Bench("1x2/1")
        try await tell(Self.agent, bench, from: .backend)
        bench.facts = [NodeID(0): Self.backend()]
        try await bench.restart()
        #expect(try await known(bench).nics == [])
        await bench.plane.stop()
    }
}
