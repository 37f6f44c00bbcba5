import FleetModel
import Testing

@testable import Scheduler

@Suite struct EngineTests {
    static let small = FleetDefinition.uniform(nodes: 4, devices: 8, groups: [2])

    @Test func startsAndFinishes() {
        var h = Harness(Self.small)
        #expect(h.submit(0, members: 4, gpus: 8).started == [0])
        #expect(h.submit(1).waitCode == .capacity)
        let done = h.apply(.finish(JobID(0), Attempt(1)))
        #expect(done.started == [1])
    }

    @Test func gangTakesTheTightestLeaf() {
        var h = Harness(Self.small)
        #expect(h.submit(0, gpus: 8).members.map(\.node.index) == [0])
        #expect(h.submit(1, members: 2, gpus: 8).members.map(\.node.index) == [2, 3])
        #expect(h.submit(2, gpus: 4).members.map(\.node.index) == [1])
        #expect(h.submit(3, gpus: 4).members.map(\.node.index) == [1])
    }

    @Test func requiredLevelWaitsForTopology() {
        var h = Harness(Self.small)
        h.submit(0, gpus: 8)
        h.submit(1, gpus: 8) { $0.topology.preference = .closest }
        let refused = h.submit(2, members: 3, gpus: 8) {
            $0.topology.preference = .required(LevelIndex(0))
        }
        #expect(refused.waitCode == .pool)
    }

    @Test func failureRequeuesAheadOfNewcomers() {
        var h = Harness(Self.small)
        h.submit(0, members: 4, gpus: 8)
        h.submit(1, members: 4, gpus: 8)
        let lost = h.apply(.removeNodes([NodeID(3)]))
        #expect(lost.contains(.stop(JobID(0), Attempt(1), .hardware)))
        h.apply(.confirmStop(JobID(0), Attempt(1)))
        let back = h.apply(.addNodes([h.fleet.nodes[3]]))
        #expect(back.started == [0])
    }
}
