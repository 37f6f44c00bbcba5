import FleetModel
import Testing

@testable import Health

/// Goal: what failed under an attempt is told from what failed beside it. Method: faults of a node
/// and of its devices, before, while and after it ran.
@Suite struct UsedHardwareTests {
    private func harness(isolates: Bool = true) -> HealthHarness {
        var policy = HealthHarness.trusting
        policy.repair.drainGrace = .seconds(3600)
        var h = HealthHarness(policy)
        var report = h.report(box: 0)
        report.isolatesDevices = isolates
        h.tell(.arrived(NodeID(0), Arrival(report: report, domains: [DomainID(0)])))
        h.arrive(1, box: 1)
        return h
    }

    private func causes(_ h: HealthHarness, _ devices: UInt64, from: Instant = .zero) -> [Int32] {
        let used = UsedHardware(node: NodeID(0), devices: devices)
        return h.engine.faults(of: used, from: from, until: h.now).map(\.cause.rawValue)
    }

    @Test func aNeighboursDeviceIsNotWhatFailed() {
        var h = harness()
        h.find(0, h.finding(.device(2), .reset))
        #expect(causes(h, 0b100) == [79])
        #expect(causes(h, 0b1011) == [])
        h.find(0, h.finding(.node, .reboot, cause: 80))
        #expect(causes(h, 0b1011) == [80])
    }

    @Test func anyDeviceMayBeWhatFailedWhereNobodyKnowsWhoseItIs() {
        var h = harness(isolates: false)
        h.find(0, h.finding(.device(2), .reset))
        #expect(causes(h, 0b1) == [79])
    }

    @Test func whatTakesNothingOutExplainsNothing() {
        var h = harness()
        h.find(0, h.finding(.device(0), .watch, cause: 1, severity: .warning))
        h.find(0, h.finding(.device(0), .replace, cause: 2, severity: .unknown))
        h.find(0, h.finding(.device(0), .restart, cause: 3))
        #expect(causes(h, 1) == [])
    }

    @Test func theFirstOfAllNodesIsNamed() {
        var h = harness()
        let began = h.now
        h.find(0, h.finding(.node, .reboot, cause: 1, age: 30))
        h.find(1, h.finding(.node, .reboot, cause: 2, age: 40))
        let used = [0, 1].map { UsedHardware(node: NodeID($0), devices: 1) }
        let first = h.engine.firstFault(of: used, from: .zero, until: h.now)
        #expect(first?.node == NodeID(1) && first?.cause == CauseID(2))
        #expect(h.engine.firstFault(of: used, from: began, until: h.now) == nil)
        #expect(h.engine.firstFault(of: [], from: .zero, until: h.now) == nil)
        let gone = [UsedHardware(node: NodeID(9), devices: 1)]
        #expect(h.engine.firstFault(of: gone, from: .zero, until: h.now) == nil)
    }
}
