import FleetModel
import Health
import HealthControl
import HealthSignals
import Store
import Testing

@testable import ControlPlane

/// Goal: what other tools say of a node makes it suspect in their words, ends with what they say,
/// and is told once, whatever happens to the control plane in between.
@Suite("Statements of other tools in the control plane")
struct StatementInDriverTests {
    private let condition = ToolStatement(
        .eksDevice,
        words: "EKS node monitoring agent: AcceleratedHardwareReady is False (NvidiaXID79Error)")

    private func desk(_ bench: Bench) async throws -> HealthDesk {
        try await bench.plane.perform { $0.desk }
    }

    @Test("a condition makes a node suspect until it is good again")
    func comesAndGoes() async throws {
        let bench = try await Bench("2x8/1")
        try await bench.submit("{name: a, gpus: 8}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        let node = try #require(bench.plane.view.jobs[0]?.members.first?.placement.node)
        try await bench.report(.statements(node, [condition]))
        var desk = try await desk(bench)
        #expect(desk.engine[node]?.track.state == .suspect)
        #expect(desk.lines(of: node).map(\.text) == [condition.words])
        let cause = desk.engine[node]?.suspicion?.cause.map(desk.names.cause)
        #expect(cause == "eksDevice")
        // It is not drained for that.
        #expect(bench.plane.view.nodes[node.index]?.row.isHeld != true)
        #expect(bench.backend.orders == ["start 0/1"])
        // After a restart and a crash the same is no news, and ends as it would have.
        for isCrash in [false, true] {
            if isCrash { try await bench.crash() } else { try await bench.restart() }
            try await bench.report(.statements(node, [condition]))
            desk = try await self.desk(bench)
            #expect(desk.lines(of: node).count == 1)
            #expect(desk.engine[node]?.suspicion?.count == 1)
        }
        try await bench.report(.statements(node, []))
        desk = try await self.desk(bench)
        #expect(desk.engine[node]?.suspicion == nil)
        #expect(desk.statements(of: node).isEmpty)
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("another machine under the name has it said anew, and nobody else's node anything")
    func otherMachine() async throws {
        let bench = try await Bench("2x8/1")
        try await bench.report(.hardware(NodeID(0), HardwareFacts(chassis: "C1")))
        try await bench.report(.statements(NodeID(0), [condition]))
        #expect(try await desk(bench).lines(of: NodeID(0)).count == 1)
        try await bench.report(.hardware(NodeID(0), HardwareFacts(chassis: "C2")))
        let desk = try await desk(bench)
        #expect(desk.statements(of: NodeID(0)) == [.eksDevice])
        #expect(desk.lines(of: NodeID(0)).count == 1)
        // The watch is the new machine's.
        let machine = desk.engine[NodeID(0)]?.machine
        let faults = machine.map { desk.engine.ledger.machines[$0.index].history.faults }
        #expect(faults?.count == 1)
        try await bench.report(.statements(NodeID(77), [condition]))
        #expect(try await self.desk(bench).statements(of: NodeID(77)).isEmpty)
        await bench.plane.stop()
    }
}
