import FleetModel
import Testing

@testable import Health

/// Goal: nothing that anybody says traps, grows without bound or quarantines.
@Suite struct HostileTests {
    private static let extremes: [Instant] = [
        Instant(nanoseconds: .min), Instant(nanoseconds: -1), .zero, Instant(nanoseconds: .max),
    ]

    @Test func timesAtTheEndsOfTheWorld() {
        for first in Self.extremes {
            for second in Self.extremes {
                var harness = HealthHarness(HealthHarness.trusting)
                harness.now = first
                harness.arrive(0, box: 0)
                harness.now = second
                for seen in Self.extremes {
                    var finding = harness.finding(.node, .watch)
                    finding.seenAt = seen
                    harness.find(0, finding)
                }
                harness.find(0, harness.finding(.node, .reboot))
                // The test of a suspect comes first, and is void once it has a fault.
                for _ in 0..<4 { harness.succeed(0) }
                harness.tell(.wake(token: .min))
                #expect(harness.state(0) == .inService)
            }
        }
    }

    @Test func idsThatNobodyHas() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 0)
        for raw in [-1, .min, 100_000, .max] as [Int32] {
            let node = NodeID(rawValue: raw)
            let report = harness.report(box: 3)
            harness.tell(.arrived(node, Arrival(report: report)))
            harness.tell(.departed(node))
            harness.tell(.found(node, harness.finding(.node, .replace)))
            harness.tell(.heard(node))
            harness.tell(.occupied(node, devices: .max, isBusy: true))
            harness.tell(.stated(node, .retire))
            harness.tell(.repaired(node, OperationID(.max), .done))
            harness.tell(
                .attemptEnded(AttemptEnd(job: JobID(0), nodes: [node, node], cause: .hang)))
            harness.find(0, harness.finding(.device(raw), .replace))
        }
        harness.tell(.resetBreaker(.cause(MachineID(rawValue: -4), CauseID(rawValue: -4))))
        #expect(harness.state(0) == .inService)
        #expect(harness.engine.counters.ignoredInputs > 20)
        #expect(harness.engine.nodes.count == 1)
    }

    @Test func reportsThatCannotBe() {
        var harness = HealthHarness()
        let devices = (Int32(-2)..<200).map {
            DeviceReport(index: $0 % 70, uuid: IdentityID(rawValue: $0), boardSerial: nil)
        }
        for count in [Int32.min, -1, 0, 64, 65, .max] {
            let report = HardwareReport(
                devices: devices, nics: (0..<500).map { IdentityID(1000 + $0) },
                deviceCount: count)
            harness.tell(.arrived(NodeID(0), Arrival(report: report)))
        }
        #expect(harness.engine[NodeID(0)]?.devices.count == 64)
        #expect(harness.engine.ledger.machines.count == 1)
        #expect(harness.engine.ledger.machines[0].nics.count == HardwareReport.nicsKept)
    }

    @Test func floodsStayBounded() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 0)
        var finding = harness.finding(.node, .reboot)
        finding.inputs = (0..<10_000).map { Int64($0) }
        for cause in 0..<300 {
            finding.cause = CauseID(cause)
            harness.find(0, finding)
            harness.tell(.stated(NodeID(0), .cordoned(by: ActorID(cause))))
        }
        let machine = harness.engine.ledger.machines[0]
        #expect(machine.history.faults.count == 16)
        #expect(machine.history.open.count == HardwareHistory.openKept)
        #expect(harness.engine[NodeID(0)]?.track.kept.count == HealthTrack.keptFindings)
        #expect(harness.engine[NodeID(0)]?.track.findingCount == 300)
        #expect(harness.engine[NodeID(0)]?.cordonedBy.count == 16)
    }
}
