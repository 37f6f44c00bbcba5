import FleetModel
import Testing

@testable import Scheduler

/// Jobs that no state of the present nodes could hold.
@Suite struct ImpossibleTests {
    static let small = FleetDefinition.uniform(nodes: 4, devices: 8, groups: [2])

    @Test(arguments: QueueOrder.allCases)
    func theyBlockNobody(order: QueueOrder) {
        var h = Harness(Self.small, policy: Policy(queueOrder: order))
        #expect(h.submit(0, members: 5, gpus: 8).waitCode == .pool)
        #expect(h.submit(1, members: 4, gpus: 8).started == [1])
    }

    @Test(arguments: QueueOrder.allCases)
    func theyStartWhenEnoughNodesJoined(order: QueueOrder) {
        var h = Harness(Self.small, policy: Policy(queueOrder: order))
        h.submit(0, members: 5, gpus: 8)
        var fifth = Self.small.nodes[0]
        fifth.id = NodeID(4)
        #expect(h.apply(.addNodes([fifth])).started == [0])
    }

    @Test(arguments: [QueueOrder.fifo, .easy])
    func aLeavingNodeUnblocksThoseBehind(order: QueueOrder) {
        var h = Harness(Self.small, policy: Policy(queueOrder: order))
        h.submit(0, members: 3, gpus: 8)
        h.submit(1, members: 4, gpus: 8)
        #expect(h.submit(2, gpus: 8).started == [])
        #expect(h.apply(.removeNodes([NodeID(3)])).started == [], "node 3 was the free one")
        h.apply(.addNodes([Self.small.nodes[3]]))
        h.apply(.removeNodes([NodeID(0)]))
        #expect(h.directives.started == [0, 2])
    }

    @Test func membersOfOneRoleDoNotMixKinds() {
        var mixed = FleetDefinition(topology: Topology(levels: []))
        for node in 0..<4 {
            mixed.addNode(
                name: "\(node)", pool: "p", kind: node < 2 ? "A" : "B", devices: 4,
                host: FleetDefinition.commonHost, path: [])
        }
        var h = Harness(mixed, policy: Policy(queueOrder: .fifo))
        let refusal = h.submit(0, members: 3, gpus: 4).refusal
        #expect(refusal == Refusal(code: .pool, unit: .members, need: 3, have: 2))
        #expect(h.submit(1, members: 2, gpus: 4).started == [1])
    }
}
