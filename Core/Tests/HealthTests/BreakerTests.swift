import FleetModel
import Testing

@testable import Health

/// Goal: a storm takes no more than its share, and says so.
@Suite struct BreakerTests {
    private func fleet(_ count: Int, _ change: (inout HealthPolicy) -> Void) -> HealthHarness {
        var policy = HealthHarness.trusting
        policy.breakers = BreakerPolicy()
        change(&policy)
        var harness = HealthHarness(policy)
        for node in 0..<count { harness.arrive(node, box: node, domain: node / 8) }
        return harness
    }

    private func out(_ harness: HealthHarness) -> Int {
        harness.engine.nodes.reduce(0) { $0 + ($1?.track.state.takesWork == false ? 1 : 0) }
    }

    @Test func aStormTakesItsShareAndTheRestIsProposed() {
        var harness = fleet(64) { $0.breakers.domainMilli = 1000 }
        for node in 0..<64 { harness.find(node, harness.finding(.node, .reboot)) }
        // Five per cent of 512 devices are 25: three nodes.
        #expect(out(harness) == 3)
        #expect(harness.log.tripped == [.fleetWindow])
        #expect(harness.log.proposals.count { $0 == .breaker(.fleetWindow) } == 61)
        #expect(harness.state(40) == .suspect)
        let breaker = harness.engine.breakers.tripped.first
        #expect(breaker?.blocked == 61)
        let gauges = harness.engine.breakerGauges
        #expect(gauges.map(\.guarded) == BreakerGauge.Guarded.allCases)
        #expect(gauges.map(\.have) == [24, 24, 3])
        #expect(gauges.map(\.limit) == [25, 102, 8])
        _ = harness.pass(3601)
        #expect(harness.engine.breakerGauges[0].have == 0)
    }

    @Test func aRackThatLosesPowerIsADomain() {
        var harness = fleet(64) {
            $0.breakers.fleetMilli = 1000
            $0.breakers.heldMilli = 1000
        }
        for node in 0..<8 { harness.find(node, harness.finding(.node, .reboot)) }
        #expect(out(harness) == 4)
        #expect(harness.log.tripped == [.domain(DomainID(0))])
        harness.find(8, harness.finding(.node, .reboot))
        #expect(harness.state(8)?.takesWork == false)
    }

    @Test func whatIsOutAtATimeIsBounded() {
        var harness = fleet(40) {
            $0.breakers.window = .seconds(60)
            $0.breakers.concurrentRepairs = 0
            $0.breakers.reset = .manual
        }
        for node in 0..<40 {
            _ = harness.pass(61)
            harness.find(node, harness.finding(.node, .reboot))
        }
        #expect(out(harness) == 8)
        #expect(harness.log.tripped == [.fleetHeld])
    }

    @Test func aBreakerClosesByTimeAndOldFaultsDoNotAct() {
        var harness = fleet(64) { $0.breakers.domainMilli = 1000 }
        for node in 0..<10 { harness.find(node, harness.finding(.node, .reboot)) }
        let answer = harness.pass(6 * 3600 + 60)
        #expect(answer.events.contains(.closed(.fleetWindow)))
        // The others are suspect, and tested in turn as long as they idle.
        let tested = (0..<64).count { harness.state($0) == .qualifying }
        #expect(out(harness) - tested == 3 && tested > 0)
        #expect(harness.engine.counters.staleFindings == 7)
        // The ledger keeps what was held back.
        #expect(harness.engine.ledger.machines[7].history.open.count == 1)
    }

    @Test func aBreakerThatIsClosedByHandLetsWhatItHeldBackAct() {
        var harness = fleet(64) { $0.breakers.domainMilli = 1000 }
        for node in 0..<10 { harness.find(node, harness.finding(.node, .reboot)) }
        _ = harness.pass(4000)
        harness.tell(.resetBreaker(.fleetWindow))
        #expect(out(harness) == 6)
        #expect(harness.log.tripped == [.fleetWindow, .fleetWindow])
    }

    @Test func repairsWaitForTheirTurn() {
        var harness = fleet(16) {
            $0.breakers.fleetMilli = 1000
            $0.breakers.heldMilli = 1000
            $0.breakers.concurrentRepairs = 2
        }
        for node in [0, 8, 9, 1] { harness.find(node, harness.finding(.node, .reboot)) }
        #expect(harness.engine.runningRepairs == 2)
        #expect(harness.state(9) == .quarantined)
        harness.succeed(0)
        #expect(harness.state(1) == .repairing)
        #expect(harness.engine.runningRepairs == 2)
    }

    @Test func attemptsAreCountedByMachineWhateverItsName() {
        var harness = fleet(16) {
            $0.breakers.fleetMilli = 1000
            $0.breakers.attemptsPerMachine = 2
            $0.repair.repeatWindow = .seconds(1)
            $0.arrival.knownBadRenamed = .qualify
        }
        for cause in 1...2 {
            harness.find(0, harness.finding(.node, .reset, cause: cause))
            harness.succeed(0)
            harness.succeed(0)
            _ = harness.pass(60)
        }
        harness.tell(.departed(NodeID(0)))
        harness.arrive(30, box: 0)
        harness.find(30, harness.finding(.node, .reset, cause: 3))
        #expect(harness.state(30) == .quarantined)
        #expect(harness.log.tripped == [.machine(MachineID(0))])
        harness.tell(.stated(NodeID(30), .forgiveAttempts))
        #expect(harness.state(30) == .repairing)
    }

    @Test func whatNeverWasInServiceCostsNothing() {
        var policy = HealthPolicy()
        policy.breakers.leastDevices = 0
        policy.breakers.fleetMilli = 0
        var harness = HealthHarness(policy)
        harness.arrive(0, box: 0)
        harness.fail(0)
        #expect(harness.state(0) == .repairing)
        #expect(harness.log.tripped == [])
    }

    @Test func everyMistakeOfAPolicyIsTold() {
        var policy = HealthPolicy()
        #expect(policy.mistakes() == [])
        policy.breakers.fleetMilli = 1001
        policy.breakers.window = .zero
        policy.repair.tries = []
        policy.repair.levels[Int(FaultAction.reboot.rawValue)] = .seconds
        policy.repair.afterFailedTest = .watch
        policy.arrival.knownBad = .admit
        policy.suspicion.leastPeers = 0
        policy.suspicion.lemon.signals.removeLast()
        let mistakes = policy.mistakes()
        #expect(mistakes.count == 8, "\(mistakes.map(\.message))")
        var harness = HealthHarness()
        harness.tell(.setPolicy(policy))
        #expect(harness.engine.policy == HealthPolicy())
        #expect(harness.log.events.contains(.policyRefused(mistakes: 8)))
    }
}
