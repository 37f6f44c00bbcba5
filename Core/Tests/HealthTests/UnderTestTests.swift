import FleetModel
import Testing

@testable import Health

/// Goal: whatever happens while something is tested or repaired, it comes back with a proof only.
@Suite struct UnderTestTests {
    private func idle(_ change: (inout HealthPolicy) -> Void = { _ in }) -> HealthHarness {
        var policy = HealthHarness.trusting
        change(&policy)
        var harness = HealthHarness(policy)
        for node in 0..<8 { harness.arrive(node, box: node) }
        return harness
    }

    @Test func aFaultThatHangsAnIdleTestKeepsTheNodeOut() {
        var harness = idle()
        harness.tell(.stated(NodeID(0), .test))
        #expect(harness.state(0) == .qualifying)
        _ = harness.pass(60)
        harness.find(0, harness.finding(.node, .reboot))
        // The test never answers, and is given up after three times its time.
        _ = harness.pass(3 * 2700 + 60)
        #expect(harness.state(0)?.takesWork == false)
        #expect(harness.engine.ledger.machines[0].history.counts.repairs == 0)
        #expect(harness.state(0) == .repairing)
    }

    @Test func aFaultBetweenTwoTestsIsRepairedFirst() {
        var harness = idle()
        harness.find(0, harness.finding(.node, .prove, cause: 13))
        #expect(harness.state(0) == .proving)
        let first = harness.operation(0)
        harness.tell(
            .qualified(
                NodeID(0), first?.id ?? OperationID(0),
                QualificationOutcome(
                    verdict: .inconclusive, level: .twoMinutes, isLoaded: false, components: [],
                    devices: 0)))
        #expect(harness.state(0) == .proving && harness.operation(0) == nil)
        harness.find(0, harness.finding(.node, .reset, cause: 48))
        #expect(harness.state(0) == .repairing)
        harness.succeed(0)
        #expect(harness.state(0) == .proving)
        _ = harness.pass(1200)
        harness.succeed(0)
        #expect(harness.state(0) == .inService)
        #expect(harness.engine.ledger.machines[0].history.counts.repairs == 1)
    }

    @Test func whoeverIsRetiredWaitsForNothing() throws {
        var harness = idle()
        harness.find(0, harness.finding(.device(3), .reset))
        #expect(harness.device(0, 3) == .repairing)
        harness.find(0, harness.finding(.node, .reboot, cause: 62))
        harness.tell(.stated(NodeID(0), .retire))
        #expect(harness.state(0) == .retired)
        #expect(harness.engine.operations.isEmpty)
        #expect(harness.device(0, 3) == .quarantined)
        let again = try HealthEngine.restored(from: harness.engine.snapshot)
        #expect(again.stateHash() == harness.engine.stateHash())
        harness.tell(.stated(NodeID(0), .reinstate))
        harness.succeed(0)
        #expect(harness.state(0) == .inService)
    }

    @Test func whatABreakerHeldBackUntilItWasOldIsWatched() {
        var harness = idle {
            $0.breakers.fleetMilli = 0
            $0.breakers.leastDevices = 0
            $0.breakers.reset = .after(.seconds(7200))
            $0.suspicion.testsIdleSuspects = false
        }
        harness.find(0, harness.finding(.node, .reboot))
        #expect(harness.state(0) == .suspect && harness.engine[NodeID(0)]?.track.held != nil)
        _ = harness.pass(7300)
        #expect(harness.state(0) == .suspect)
        #expect(harness.engine[NodeID(0)]?.suspicion != nil)
        // It is suspect for as long as any suspect is, and not for ever.
        _ = harness.pass(2 * 86_400)
        #expect(harness.state(0) == .inService)
    }
}
