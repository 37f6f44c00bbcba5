import FleetModel
import Testing

@testable import Health

/// Goal: what a running node says of its devices takes out what is gone or another one, and nothing
/// that is merely not told.
@Suite struct DeviceChangeTests {
    private func node(_ policy: HealthPolicy = HealthPolicy()) -> HealthHarness {
        var harness = HealthHarness(policy)
        for node in 0..<8 {
            harness.arrive(node, box: node)
            harness.succeed(node)
        }
        harness.tell(.occupied(NodeID(0), devices: 0xFF, isBusy: true))
        return harness
    }

    private func tell(_ harness: inout HealthHarness, _ change: (inout HardwareReport) -> Void) {
        var report = harness.report(box: 0)
        change(&report)
        harness.tell(.arrived(NodeID(0), Arrival(report: report, domains: [DomainID(0)])))
    }

    @Test func devicesThatSayNothingYetAreThoseThatWereThere() {
        var harness = node()
        let parts = harness.engine[NodeID(0)]?.parts
        tell(&harness) { report in
            for index in report.devices.indices {
                report.devices[index].uuid = nil
                report.devices[index].boardSerial = nil
            }
        }
        #expect(harness.engine[NodeID(0)]?.parts == parts)
        #expect(harness.engine[NodeID(0)]?.toldUnhealthy == 0)
        tell(&harness) { _ in }
        #expect(harness.engine[NodeID(0)]?.parts == parts)
        #expect(harness.engine[NodeID(0)]?.toldUnhealthy == 0)
        #expect(harness.engine.ledger.parts.count == 64)
        // One that says who it is, and is another one, is.
        let other = harness.names.intern("GPU-other")
        tell(&harness) { $0.devices[2].uuid = other }
        #expect(harness.device(0, 2) == .unqualified)
        #expect(harness.engine[NodeID(0)]?.toldUnhealthy == 4)
    }

    @Test func aDeviceThatAnswersNoMoreGoesOutAfterItsJobAndIsProvedWhenItAnswers() {
        var harness = node()
        tell(&harness) { $0.devices.remove(at: 5) }
        #expect(harness.device(0, 5) == .draining)
        #expect(harness.state(0) == .inService)
        harness.tell(.occupied(NodeID(0), devices: 0xDF, isBusy: true))
        #expect(harness.device(0, 5) == .quarantined)
        #expect(harness.engine[NodeID(0)]?.toldUnhealthy == 1 << 5)
        _ = harness.pass(7200)
        #expect(harness.device(0, 5) == .quarantined)
        tell(&harness) { _ in }
        #expect(harness.device(0, 5) == .proving)
        harness.succeed(0)
        #expect(harness.device(0, 5) == .inService)
        #expect(harness.engine[NodeID(0)]?.toldUnhealthy == 0)
    }

    @Test func aFleetThatNobodyTestsPutsUpWithIt() {
        var policy = HealthPolicy()
        policy.arrival.contradictory = .admit
        var harness = node(policy)
        tell(&harness) { $0.devices.remove(at: 5) }
        #expect(harness.device(0, 5) == .inService)
    }

    @Test func aDeviceThatComesDuringATestIsNotProvedByIt() {
        var harness = node()
        harness.tell(.occupied(NodeID(0), devices: 0, isBusy: false))
        harness.find(0, harness.finding(.node, .prove))
        #expect(harness.state(0) == .proving)
        _ = harness.pass(10)
        let other = harness.names.intern("GPU-new")
        tell(&harness) { $0.devices[3].uuid = other }
        harness.succeed(0)
        #expect(harness.state(0) == .inService)
        #expect(harness.engine[NodeID(0)]?.toldUnhealthy == 1 << 3)
        #expect(harness.device(0, 3) == .qualifying)
        harness.succeed(0)
        #expect(harness.device(0, 3) == .inService)
    }

    @Test func aResetOfADeviceThatIsGoneIsNobodysAnyMore() throws {
        var harness = node()
        harness.tell(.occupied(NodeID(0), devices: 0, isBusy: false))
        harness.find(0, harness.finding(.device(3), .reset))
        #expect(harness.device(0, 3) == .repairing)
        let reset = try #require(harness.operation(0))
        let (uuid, board) = (harness.names.intern("GPU-new"), harness.names.intern("BOARD-new"))
        tell(&harness) {
            $0.devices[3].uuid = uuid
            $0.devices[3].boardSerial = board
        }
        #expect(!harness.engine.isOutstanding(reset.id))
        #expect(harness.device(0, 3) == .qualifying)
    }

    @Test func aBadDeviceInAnotherNodeIsStillBad() throws {
        var harness = node()
        harness.tell(.occupied(NodeID(0), devices: 0, isBusy: false))
        harness.find(7, harness.finding(.device(2), .replace))
        harness.tell(.departed(NodeID(7)))
        let bad = harness.report(box: 7).devices[2]
        tell(&harness) {
            $0.devices[4].uuid = bad.uuid
            $0.devices[4].boardSerial = bad.boardSerial
        }
        // It asks for what was asked for there: of a device that is a repair of its node.
        #expect(harness.device(0, 4) == .quarantined)
        #expect(harness.engine[NodeID(0)]?.devices[4].wanted == .replace)
    }
}
