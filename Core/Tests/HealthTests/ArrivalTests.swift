import FleetModel
import Testing

@testable import Health

/// Goal: a bad machine is known again under any name, and no good one is kept out by mistake.
@Suite struct ArrivalTests {
    @Test func aBadMachineUnderANewNameIsRefusedWithEvidence() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.find(0, harness.finding(.node, .replace))
        harness.tell(.departed(NodeID(0)))
        _ = harness.pass(7200)
        let answer = harness.arrive(17, box: 1)
        let evidence = answer.compactMap { directive -> Evidence? in
            if case .refuse(NodeID(17), let evidence) = directive { evidence } else { nil }
        }
        #expect(evidence.first?.machine == MachineID(0))
        #expect(evidence.first?.history.faults.count == 1)
        #expect(harness.engine[NodeID(17)]?.hold == .refused)
        #expect(harness.engine[NodeID(17)]?.isCordoned == true)
        #expect(harness.operation(17) == nil)
        // People may take it in; it is tested first, as hard as what was open asks for.
        harness.tell(.stated(NodeID(17), .accept))
        guard case .qualify(let level, _, let components) = harness.operation(17)?.kind else {
            Issue.record("it is not tested")
            return
        }
        #expect(level == .fifteenMinutes)
        #expect(components.contains(.device))
        harness.succeed(17)
        #expect(harness.state(17) == .inService)
        #expect(harness.engine.ledger.reasons(against: MachineID(0)) == [])
    }

    @Test func itComesBackUnderItsOwnNameFromARepairAndIsTested() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.find(0, harness.finding(.node, .replace))
        harness.tell(.departed(NodeID(0)))
        harness.arrive(0, box: 1)
        #expect(harness.state(0) == .qualifying)
        harness.fail(0)
        #expect(harness.state(0) == .repairing)
    }

    @Test func aMachineThatALostJobIsPutDownToIsTestedBeforeItsProofIsOver() {
        var harness = HealthHarness()
        for node in 0..<2 {
            harness.arrive(node, box: node)
            harness.succeed(node)
        }
        // It crashes, and only then does the end of the gang arrive that it took along.
        harness.tell(.departed(NodeID(1)))
        harness.tell(
            .attemptEnded(
                AttemptEnd(
                    job: JobID(1), nodes: [NodeID(0), NodeID(1)], cause: .hardware,
                    suspect: NodeID(1))))
        let history = harness.engine.ledger.machines[1].history
        #expect(history.counts.blamedJobs == 1 && history.lastProof == nil)
        _ = harness.pass(900)
        harness.arrive(1, box: 1)
        #expect(harness.state(1) == .qualifying)
        harness.succeed(1)
        #expect(harness.state(1) == .inService)
        // The other one of the gang is known as well as before.
        harness.tell(.departed(NodeID(0)))
        harness.arrive(0, box: 0)
        #expect(harness.state(0) == .inService)
    }

    @Test func aProofLetsAMachineInAgainWhileItHolds() {
        var harness = HealthHarness()
        harness.arrive(0, box: 1)
        #expect(harness.state(0) == .qualifying)
        harness.succeed(0)
        harness.tell(.departed(NodeID(0)))
        harness.arrive(1, box: 1)
        #expect(harness.state(1) == .inService)
        harness.tell(.departed(NodeID(1)))
        _ = harness.pass(8 * 86_400)
        harness.arrive(2, box: 1)
        #expect(harness.state(2) == .qualifying)
    }

    @Test func aTestWithoutAnAnswerQuarantinesNothing() {
        var harness = HealthHarness()
        harness.arrive(0, box: 1)
        for _ in 0..<4 {
            guard let operation = harness.operation(0) else { break }
            harness.tell(
                .qualified(
                    NodeID(0), operation.id,
                    QualificationOutcome(
                        verdict: .inconclusive, level: .twoMinutes, isLoaded: false,
                        components: [], devices: 0)))
            for _ in 0..<40 where harness.operation(0) == nil { _ = harness.pass(60) }
        }
        #expect(harness.state(0) == .unqualified)
        #expect(harness.log.proposals == [.noProof])
        #expect(harness.engine.ledger.machines[0].history.open == [])
        harness.tell(.stated(NodeID(0), .test))
        #expect(harness.state(0) == .qualifying)
    }

    @Test func aNodeThatComesUpWithoutItsDevicesIsTheSameMachine() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.find(0, harness.finding(.node, .reboot))
        let bare = HardwareReport()
        harness.tell(.arrived(NodeID(0), Arrival(report: bare)))
        #expect(harness.engine[NodeID(0)]?.machine == MachineID(0))
        #expect(harness.state(0) == .repairing)
        harness.succeed(0)
        harness.succeed(0)
        // The host is proved; of devices that do not answer nothing is.
        #expect(harness.state(0) == .inService)
        #expect(harness.engine[NodeID(0)]?.toldUnhealthy == 0xFF)
    }

    @Test func aRetiredMachineIsRefusedUntilItIsReinstated() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.tell(.stated(NodeID(0), .retire))
        #expect(harness.state(0) == .retired)
        harness.tell(.departed(NodeID(0)))
        harness.arrive(0, box: 1)
        #expect(harness.engine[NodeID(0)]?.hold == .refused)
        harness.tell(.stated(NodeID(0), .accept))
        #expect(harness.engine[NodeID(0)]?.hold == .refused)
        harness.tell(.stated(NodeID(0), .reinstate))
        harness.tell(.stated(NodeID(0), .accept))
        #expect(harness.state(0) == .qualifying)
    }
}
