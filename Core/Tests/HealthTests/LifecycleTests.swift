import FleetModel
import Testing

@testable import Health

/// Goal: each promise of the life of a node or device, by one small story.
@Suite struct LifecycleTests {
    @Test func theTableRefusesWhatItDoesNotHave() {
        for from in HealthState.allCases {
            for to in HealthState.allCases where TransitionTable.allows(from, to) {
                #expect(from != to)
            }
        }
        // Work comes from a test, or from an arrival that is known.
        let sources = HealthState.allCases.filter { TransitionTable.allows($0, .inService) }
        #expect(sources == [.unqualified, .qualifying, .suspect, .proving])
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        let before = harness.engine.stateHash()
        let isMoved = harness.engine.move(NodeID(0), to: .proving, .fault)
        #expect(!isMoved)
        #expect(harness.state(0) == .inService)
        #expect(harness.engine.counters.refusedMoves == 1)
        #expect(harness.engine.stateHash() != before)
    }

    @Test func aNodeIsRepairedAndProvedBeforeItReturns() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.tell(.occupied(NodeID(0), devices: 0xFF, isBusy: true))
        var answer = harness.find(0, harness.finding(.node, .reboot))
        #expect(harness.state(0) == .draining)
        #expect(answer.contains(.drain(NodeID(0), deadline: harness.now + .seconds(300))))
        answer = harness.tell(.occupied(NodeID(0), devices: 0, isBusy: false))
        #expect(harness.state(0) == .repairing)
        #expect(answer.contains(.repair(NodeID(0), OperationID(1), .reboot, device: nil)))
        harness.succeed(0)
        #expect(harness.state(0) == .proving)
        #expect(!harness.log.contains(.uncordon(NodeID(0))))
        answer = harness.succeed(0)
        #expect(harness.state(0) == .inService)
        #expect(answer.contains(.uncordon(NodeID(0))))
        #expect(harness.engine.ledger.machines[0].history.open == [])
    }

    @Test func aBadDeviceShrinksItsNode() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.tell(.occupied(NodeID(0), devices: 0b0011, isBusy: true))
        let answer = harness.find(0, harness.finding(.device(2), .reset))
        #expect(harness.state(0) == .inService)
        #expect(answer.contains(.setDevices(NodeID(0), unhealthy: 0b0100)))
        #expect(harness.device(0, 2) == .repairing)
        harness.succeed(0)
        #expect(harness.device(0, 2) == .proving)
        let back = harness.succeed(0)
        #expect(back.contains(.setDevices(NodeID(0), unhealthy: 0)))
        #expect(harness.device(0, 2) == .inService)
        #expect(!harness.log.contains(.cordon(NodeID(0))))
    }

    @Test func linksAndHardwareThatCannotIsolateTakeTheNode() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.find(0, harness.finding(.device(2), .reset, components: .deviceLink))
        #expect(harness.state(0) == .repairing)
        var report = harness.report(box: 2)
        report.isolatesDevices = false
        harness.tell(.arrived(NodeID(1), Arrival(report: report)))
        harness.find(1, harness.finding(.device(2), .reset))
        #expect(harness.state(1) == .repairing)
    }

    @Test(arguments: [FaultUrgency.now, .afterJob])
    func aNodeGoesWhenNothingKeepsWorkFromItsBadDevice(urgency: FaultUrgency) {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.tell(.occupied(NodeID(0), devices: 0xFF, isBusy: true))
        harness.find(0, harness.finding(.device(2), .reset, urgency: urgency))
        #expect(harness.state(0) == .inService)
        #expect(harness.device(0, 2) == (urgency == .now ? .quarantined : .draining))
        var report = harness.report(box: 1)
        report.isolatesDevices = false
        harness.tell(.arrived(NodeID(0), Arrival(report: report, domains: [DomainID(0)])))
        #expect(harness.state(0) == .draining)
        harness.tell(.occupied(NodeID(0), devices: 0, isBusy: false))
        #expect(harness.state(0) == .repairing)
        harness.succeed(0)
        harness.succeed(0)
        #expect(harness.state(0) == .inService && harness.device(0, 2) == .inService)
        // What says the same once more asks for nothing.
        harness.tell(.arrived(NodeID(0), Arrival(report: report, domains: [DomainID(0)])))
        #expect(harness.state(0) == .inService)
    }

    @Test func anotherDeviceInAPlaceTakesANodeThatIsolatesNone() {
        var harness = HealthHarness(HealthHarness.trusting)
        var report = harness.report(box: 1)
        report.isolatesDevices = false
        harness.tell(.arrived(NodeID(0), Arrival(report: report)))
        #expect(harness.state(0) == .inService)
        report.devices[3].uuid = harness.names.intern("GPU-OTHER")
        report.devices[3].boardSerial = nil
        harness.tell(.arrived(NodeID(0), Arrival(report: report)))
        #expect(harness.state(0) == .proving)
        harness.succeed(0)
        #expect(harness.state(0) == .inService && harness.device(0, 3) == .inService)
    }

    @Test func aDeviceThatNeedsARebootWaitsForItsNode() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.tell(.occupied(NodeID(0), devices: 0b1, isBusy: true))
        harness.find(0, harness.finding(.device(2), .reboot))
        #expect(harness.device(0, 2) == .quarantined)
        #expect(harness.state(0) == .inService)
        harness.tell(.occupied(NodeID(0), devices: 0, isBusy: false))
        #expect(harness.state(0) == .repairing)
        harness.succeed(0)
        harness.succeed(0)
        #expect(harness.state(0) == .inService)
        #expect(harness.device(0, 2) == .inService)
    }

    @Test func aFaultForAfterTheJobWaits() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.tell(.occupied(NodeID(0), devices: 0xFF, isBusy: true))
        harness.find(0, harness.finding(.device(1), .reset, urgency: .afterJob))
        #expect(harness.device(0, 1) == .draining)
        #expect(harness.engine[NodeID(0)]?.toldUnhealthy == 0)
        harness.tell(.occupied(NodeID(0), devices: 0b1101, isBusy: true))
        #expect(harness.device(0, 1) == .repairing)
        #expect(harness.engine[NodeID(0)]?.toldUnhealthy == 0b10)
    }

    @Test(arguments: [FaultAction.prove, .reset, .reboot, .replace])
    func unknownFaultsAreToldAndNothingElse(action: FaultAction) {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        let answer = harness.find(0, harness.finding(.node, action, severity: .unknown))
        #expect(harness.state(0) == .inService)
        #expect(harness.engine.counters.unknownFindings == 1)
        #expect(
            answer.events.contains { if case .unknownFault = $0 { true } else { false } })
        #expect(harness.engine.ledger.machines[0].history.counts.faults == 1)
    }

    @Test func aSuspicionNeverDrains() {
        var policy = HealthHarness.trusting
        policy.suspicion.testsIdleSuspects = false
        var harness = HealthHarness(policy)
        harness.arrive(0, box: 1)
        for _ in 0..<100 { harness.find(0, harness.finding(.node, .watch)) }
        #expect(harness.state(0) == .suspect)
        _ = harness.pass(2 * 86_400)
        #expect(harness.state(0) == .inService)
    }

    @Test func anIdleSuspectIsTestedAndCleared() {
        var harness = HealthHarness(HealthHarness.trusting)
        for node in 0..<2 { harness.arrive(node, box: node) }
        harness.tell(.occupied(NodeID(0), devices: 1, isBusy: true))
        harness.find(0, harness.finding(.node, .watch))
        #expect(harness.state(0) == .suspect)
        harness.tell(.occupied(NodeID(0), devices: 0, isBusy: false))
        #expect(harness.state(0) == .qualifying)
        harness.succeed(0)
        #expect(harness.state(0) == .inService)
        #expect(harness.engine[NodeID(0)]?.suspicion == nil)
    }

    @Test func aSecondFaultIsKeptAndTheTimeOfTheOutageStays() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.find(0, harness.finding(.node, .reset))
        let out = harness.engine[NodeID(0)]?.track.outSince
        _ = harness.pass(600)
        harness.find(0, harness.finding(.node, .replace, cause: 48))
        #expect(harness.engine[NodeID(0)]?.track.outSince == out)
        #expect(harness.engine[NodeID(0)]?.track.kept.count == 2)
        #expect(harness.engine[NodeID(0)]?.track.cause == CauseID(79))
        // The reset that is under way is not enough any more.
        harness.succeed(0)
        #expect(harness.state(0) == .repairing)
        guard case .repair(.replace) = harness.operation(0)?.kind else {
            Issue.record("\(String(describing: harness.operation(0)))")
            return
        }
    }

    @Test func whatWasSeenBeforeTheRepairDoesNotAct() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.find(0, harness.finding(.node, .reboot))
        _ = harness.pass(600)
        harness.succeed(0)
        harness.succeed(0)
        #expect(harness.state(0) == .inService)
        _ = harness.pass(60)
        harness.find(0, harness.finding(.node, .reboot, age: 300))
        #expect(harness.state(0) == .inService)
        harness.find(0, harness.finding(.node, .reboot, age: 7200))
        #expect(harness.state(0) == .inService)
        #expect(harness.engine.counters.staleFindings == 2)
        harness.find(0, harness.finding(.node, .reboot, cause: 119, age: 5))
        #expect(harness.state(0) == .repairing)
    }

    @Test func aTestThatProvesTooLittleProvesNothing() {
        for weakness in 0..<4 {
            var harness = HealthHarness(HealthHarness.trusting)
            harness.arrive(0, box: 1)
            harness.find(0, harness.finding(.node, .reboot, components: [.device, .network]))
            harness.succeed(0)
            guard let operation = harness.operation(0) else {
                Issue.record("nothing is asked for")
                return
            }
            var outcome = QualificationOutcome(
                verdict: .passed, level: .hour, isLoaded: true, components: .all, devices: 0xFF)
            switch weakness {
            case 0: outcome.isLoaded = false
            case 1: outcome.level = .twoMinutes
            case 2: outcome.components = [.device, .deviceMemory, .pcie]
            default: outcome.devices = 0x7F
            }
            let answer = harness.tell(.qualified(NodeID(0), operation.id, outcome))
            #expect(answer.events.contains(.weakProof(NodeID(0), operation.id)))
            #expect(harness.state(0) == .proving)
        }
    }

    @Test func theLadderGoesUpAndEndsWithAProposal() {
        var policy = HealthHarness.trusting
        policy.breakers.attemptsPerMachine = 64
        policy.breakers.attemptsPerCause = 64
        var harness = HealthHarness(policy)
        harness.arrive(0, box: 1)
        harness.find(0, harness.finding(.node, .reset, components: .network))
        var repairs: [FaultAction] = []
        for _ in 0..<20 {
            guard let operation = harness.operation(0) else { break }
            if case .repair(let action) = operation.kind {
                repairs.append(action)
                harness.succeed(0)
            } else {
                harness.fail(0)
            }
        }
        #expect(repairs == [.reset, .reboot, .reboot, .replace])
        #expect(harness.state(0) == .quarantined)
        #expect(harness.log.proposals == [.exhausted])
    }

    @Test func aTestThatBlamesOneDeviceShrinksTheNode() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.find(0, harness.finding(.node, .reboot))
        harness.succeed(0)
        let answer = harness.fail(0, devices: 0b100)
        #expect(harness.state(0) == .inService)
        #expect(harness.device(0, 2) == .repairing)
        #expect(answer.contains(.setDevices(NodeID(0), unhealthy: 0b100)))
    }

    @Test func operationsAreAskedAgainAndGivenUp() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.find(0, harness.finding(.node, .reset))
        var answer = harness.pass(901)
        #expect(answer.contains(.repair(NodeID(0), OperationID(1), .reset, device: nil)))
        answer = harness.pass(4000)
        #expect(answer.events.contains(.lostOperation(NodeID(0), OperationID(1))))
        // Given up counts as tried: the next rung.
        guard case .repair(.reboot) = harness.operation(0)?.kind else {
            Issue.record("\(String(describing: harness.operation(0)))")
            return
        }
        harness.tell(.repaired(NodeID(0), OperationID(1), .done))
        #expect(harness.engine.counters.lateAnswers == 1)
    }

    @Test func cordonsOfOthersStay() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.tell(.stated(NodeID(0), .cordoned(by: ActorID(4))))
        harness.find(0, harness.finding(.node, .reset))
        harness.succeed(0)
        let answer = harness.succeed(0)
        #expect(harness.engine[NodeID(0)]?.cordonedBy == [ActorID(4)])
        #expect(answer.events.contains(.cordonedByOthers(NodeID(0), [ActorID(4)])))
        // Muster's own is set again where somebody lifts it too early.
        _ = harness.pass(60)
        harness.find(0, harness.finding(.node, .reset, cause: 62))
        let lifted = harness.tell(.stated(NodeID(0), .liftedOurs(by: ActorID(4))))
        #expect(lifted.contains(.cordon(NodeID(0))))
    }

    @Test func aClockThatJumpsDoesNoHarm() {
        var harness = HealthHarness(HealthHarness.trusting)
        for node in 0..<40 { harness.arrive(node, box: node) }
        harness.find(0, harness.finding(.node, .replace))
        let operation = harness.operation(0)
        // A month ahead: nothing times out at once, no window is emptied.
        harness.now = harness.now + .seconds(30 * 86_400)
        harness.tell(.heard(NodeID(1)))
        #expect(harness.operation(0) == operation)
        #expect(harness.engine.breakers.charges.count == 1)
        // And back: what is seen now is not old.
        harness.now = Instant.seconds(1_764_000_000)
        harness.find(2, harness.finding(.node, .reset))
        #expect(harness.state(2) == .repairing)
        #expect(harness.engine.counters.clockJumps == 2)
        let answer = harness.tell(.wake(token: 0))
        for case .wake(let at, _) in answer {
            #expect(at > harness.now && at <= harness.now + .seconds(1800))
        }
    }

    @Test func everyDecisionSaysWhatItRestsOn() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 1)
        harness.find(0, harness.finding(.node, .reset))
        let decision = harness.engine[NodeID(0)]?.track.decisions.first {
            $0.to == .quarantined
        }
        #expect(decision?.rule == .fault)
        #expect(decision?.cause == CauseID(79))
        #expect(decision?.catalogueRule == RuleID(3))
        #expect(decision?.catalogueVersion == 7)
        #expect(decision?.inputs == [11, 12])
        let text = harness.engine.whyOut(NodeID(0), HealthNames()) ?? ""
        for part in ["repairing since", "cause #79", "rule #3 of version 7", "inputs 11 12"] {
            #expect(text.contains(part), "\(text)")
        }
    }
}
