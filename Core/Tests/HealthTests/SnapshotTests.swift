import FleetModel
import Testing

@testable import Health

/// Goal: a snapshot is the whole state, and one that cannot be is refused.
@Suite struct HealthSnapshotTests {
    private func story() -> HealthHarness {
        var harness = HealthHarness(HealthHarness.trusting)
        for node in 0..<4 { harness.arrive(node, box: node) }
        harness.tell(.occupied(NodeID(2), devices: 1, isBusy: true))
        harness.find(0, harness.finding(.node, .reboot))
        harness.find(1, harness.finding(.device(3), .reset))
        harness.find(2, harness.finding(.node, .watch))
        return harness
    }

    @Test func aRestoredEngineGoesOnAsTheOther() throws {
        var first = story()
        var second = first
        second.engine = try HealthEngine.restored(from: first.engine.snapshot)
        #expect(second.engine.stateHash() == first.engine.stateHash())
        for seconds in [10, 901, 4000, 90_000] as [Int64] {
            let (one, other) = (first.pass(seconds), second.pass(seconds))
            #expect(one == other)
            first.succeed(0)
            second.succeed(0)
            #expect(second.engine.snapshot == first.engine.snapshot)
        }
    }

    @Test func whatIsOutstandingIsAskedForAgainUnderItsId() {
        var harness = story()
        let asked = harness.engine.operations.map(\.directive)
        #expect(asked.count == 2)
        let answer = harness.tell(.resumed)
        for directive in asked { #expect(answer.contains(directive)) }
        #expect(answer.contains(.cordon(NodeID(0))))
        #expect(answer.contains(.setDevices(NodeID(1), unhealthy: 0b1000)))
    }

    @Test func aSnapshotThatCannotBeIsRefused() {
        let whole = story().engine.snapshot
        var changes: [HealthSnapshot] = []
        var other = whole
        other.version = 9
        changes.append(other)
        other = whole
        other.policy.repair.tries = []
        changes.append(other)
        other = whole
        other.operations.removeLast()
        changes.append(other)
        other = whole
        other.nodes[0]?.machine = MachineID(77)
        changes.append(other)
        other = whole
        other.nodes[0]?.track.state = .inService
        changes.append(other)
        other = whole
        other.machines[0].parts[0] = PartID(9999)
        changes.append(other)
        for change in changes {
            #expect(throws: DiagnosticList.self) {
                _ = try HealthEngine.restored(from: change)
            }
        }
    }
}
