import FleetModel
import Testing

@testable import Health

/// Goal: the network of a node is proved with another one, nobody is blamed by a pair alone, and a
/// partner is held no longer than its test.
@Suite struct NetworkTests {
    /// A fleet that works, of eight nodes in two domains, and a node 8 that is new.
    private func fleet(
        _ change: (inout HealthPolicy) -> Void = { _ in }, nodes: Int = 8
    ) -> HealthHarness {
        var policy = HealthHarness.trusting
        policy.suspicion.idleTestPeriod = nil
        change(&policy)
        var harness = HealthHarness(policy)
        for node in 0..<nodes { harness.arrive(node, box: node, domain: node / 4) }
        policy.network.arrival = true
        policy.network.repair = true
        policy.network.idle = true
        policy.arrival.new = .qualify
        change(&policy)
        harness.tell(.setPolicy(policy))
        return harness
    }

    private func pair(_ harness: HealthHarness, _ node: Int) -> (id: OperationID, with: Int)? {
        guard let operation = harness.operation(node), let other = operation.partner else {
            return nil
        }
        return (operation.id, other.index)
    }

    private func answer(
        _ harness: inout HealthHarness, _ node: Int, _ verdict: QualificationVerdict
    ) {
        guard let pair = pair(harness, node) else {
            Issue.record("node \(node) is in no pair")
            return
        }
        harness.tell(
            .qualified(
                NodeID(node), pair.id,
                QualificationOutcome(
                    verdict: verdict, level: .twoMinutes, isLoaded: true,
                    components: verdict == .passed ? .network : [], devices: 0)))
    }

    /// A node's own test passes, and says nothing of its network.
    private func passAlone(_ harness: inout HealthHarness, _ node: Int) {
        guard let operation = harness.operation(node),
            case .qualify(let level, let devices, let components) = operation.kind
        else {
            Issue.record("node \(node) is not tested")
            return
        }
        harness.tell(
            .qualified(
                NodeID(node), operation.id,
                QualificationOutcome(
                    verdict: .passed, level: level, isLoaded: true,
                    components: components.subtracting(.network), devices: devices)))
    }

    @Test func anArrivalIsTestedWithTheNearestThatIsFree() {
        var harness = fleet()
        harness.tell(.occupied(NodeID(4), devices: 1, isBusy: true))
        harness.arrive(8, box: 8, domain: 1)
        passAlone(&harness, 8)
        #expect(harness.state(8) == .qualifying)
        // Node 4 has work; 5 is the next in the same domain.
        #expect(pair(harness, 8)?.with == 5)
        #expect(harness.engine[NodeID(5)]?.lentTo == NodeID(8))
        #expect(harness.engine[NodeID(5)]?.isCordoned == true && harness.state(5) == .inService)
        answer(&harness, 8, .passed)
        #expect(harness.state(8) == .inService)
        #expect(harness.engine[NodeID(5)]?.isCordoned == false)
        #expect(harness.engine[NodeID(5)]?.lentTo == nil && harness.engine.pairs.isEmpty)
    }

    @Test func aBadPairBlamesNobodyAndTheSecondDecides() {
        var harness = fleet()
        harness.arrive(8, box: 8, domain: 0)
        passAlone(&harness, 8)
        #expect(pair(harness, 8)?.with == 0)
        answer(&harness, 8, .failed)
        #expect(harness.state(8) == .qualifying && harness.state(0) == .inService)
        #expect(pair(harness, 8)?.with == 1)
        answer(&harness, 8, .passed)
        // It was the first partner: watched and tested, not taken out.
        #expect(harness.state(8) == .inService)
        _ = harness.pass(2)
        #expect(harness.engine[NodeID(0)]?.suspicion != nil)
        #expect(harness.state(0) == .qualifying)
        // Its network is bad with two others: now it fails.
        passAlone(&harness, 0)
        answer(&harness, 0, .failed)
        answer(&harness, 0, .failed)
        #expect(harness.state(0)?.takesWork == false && harness.state(0) != .qualifying)
        #expect(
            harness.log.events.contains {
                if case .moved(NodeID(0), nil, _, .quarantined, let decision) = $0 {
                    return decision.rule == .proofFailed
                }
                return false
            })
        #expect((1..<8).allSatisfy { harness.state($0) == .inService })
    }

    @Test func whoIsBadWithTwoFails() {
        var harness = fleet()
        harness.arrive(8, box: 8)
        passAlone(&harness, 8)
        answer(&harness, 8, .failed)
        answer(&harness, 8, .failed)
        #expect(harness.state(8) == .repairing)
        #expect((0..<8).allSatisfy { harness.engine[NodeID($0)]?.suspicion == nil })
        // After the repair it is proved with its network, and not without.
        harness.succeed(8)
        #expect(harness.state(8) == .proving)
        passAlone(&harness, 8)
        answer(&harness, 8, .passed)
        #expect(harness.state(8) == .inService)
    }

    @Test func withoutASecondNothingIsSaidOfTheNetwork() {
        var harness = fleet(nodes: 1)
        harness.arrive(8, box: 8)
        passAlone(&harness, 8)
        #expect(pair(harness, 8)?.with == 0)
        answer(&harness, 8, .failed)
        #expect(harness.state(8) == .qualifying && pair(harness, 8) == nil)
        _ = harness.pass(3700)
        #expect(
            harness.log.events.contains(.networkUntested(NodeID(8), .noSecond)))
        #expect(!harness.log.events.contains(.networkUntested(NodeID(8), .noPartner)))
        #expect(harness.state(0) == .inService && harness.state(8) != .inService)
        #expect(harness.state(8) != .quarantined && harness.state(8) != .repairing)
    }

    @Test func withoutAPartnerANewNodeGoesOnAndSaysSo() {
        var harness = fleet(nodes: 2)
        for node in 0..<2 {
            harness.tell(.occupied(NodeID(node), devices: 1, isBusy: true))
        }
        harness.arrive(8, box: 8)
        passAlone(&harness, 8)
        #expect(harness.state(8) == .inService)
        #expect(harness.log.events.contains(.networkUntested(NodeID(8), .noPartner)))
    }

    @Test func whatNeedsItsNetworkWaitsForAPartner() {
        var harness = fleet(nodes: 3)
        for node in 1..<3 { harness.tell(.occupied(NodeID(node), devices: 1, isBusy: true)) }
        harness.find(0, harness.finding(.node, .reset, components: .network))
        harness.succeed(0)
        #expect(harness.state(0) == .proving)
        passAlone(&harness, 0)
        #expect(harness.state(0) == .proving && pair(harness, 0) == nil)
        #expect(harness.log.events.contains(.waitsForPartner(NodeID(0))))
        _ = harness.pass(600)
        #expect(harness.state(0) == .proving && harness.operation(0) == nil)
        harness.tell(.occupied(NodeID(2), devices: 0, isBusy: false))
        _ = harness.pass(60)
        #expect(pair(harness, 0)?.with == 2)
        answer(&harness, 0, .passed)
        #expect(harness.state(0) == .inService)
        // With nobody for an hour it is told that nothing was proved, and tested again.
        harness.tell(.occupied(NodeID(2), devices: 1, isBusy: true))
        harness.now = harness.now + .seconds(10)
        harness.find(0, harness.finding(.node, .reset, components: .network))
        harness.succeed(0)
        passAlone(&harness, 0)
        _ = harness.pass(3700)
        #expect(harness.log.events.contains(.networkUntested(NodeID(0), .noPartner)))
        #expect(harness.state(0) == .proving)
    }

    @Test func workAndFaultsOfAPartnerEndTheTestAndAnotherIsTaken() throws {
        var harness = fleet()
        harness.arrive(8, box: 8)
        passAlone(&harness, 8)
        let first = try #require(pair(harness, 8))
        harness.tell(.occupied(NodeID(first.with), devices: 1, isBusy: true))
        #expect(!harness.engine.isOutstanding(first.id))
        #expect(harness.engine[NodeID(first.with)]?.isCordoned == false)
        let second = try #require(pair(harness, 8))
        #expect(second.with != first.with)
        harness.find(second.with, harness.finding(.node, .reset))
        #expect(!harness.engine.isOutstanding(second.id))
        #expect(harness.state(second.with) == .repairing)
        let third = try #require(pair(harness, 8))
        harness.tell(.departed(NodeID(third.with)))
        let fourth = try #require(pair(harness, 8))
        #expect(Set([first, second, third, fourth].map(\.with)).count == 4)
        // A late answer is nobody's, and the tested node may go, too.
        harness.tell(.departed(NodeID(8)))
        #expect(harness.engine.pairs.isEmpty && harness.engine.operations.count == 1)
        #expect(harness.engine[NodeID(fourth.with)]?.isCordoned == false)
    }

    @Test func silenceOfTheBackendFreesThePartner() {
        var harness = fleet()
        harness.arrive(8, box: 8)
        passAlone(&harness, 8)
        _ = harness.pass(4 * 3 * 900 + 100)
        #expect(harness.engine.pairs.isEmpty)
        #expect((0..<8).allSatisfy { harness.engine[NodeID($0)]?.isCordoned == false })
        // It was new and nothing was against its network.
        #expect(harness.state(8) == .inService)
        #expect(harness.log.events.contains(.networkUntested(NodeID(8), .noAnswer)))
    }

    @Test func aFaultOfTheTestedNodeVoidsWhatItPassed() {
        var harness = fleet()
        harness.arrive(8, box: 8)
        passAlone(&harness, 8)
        harness.find(8, harness.finding(.node, .prove))
        answer(&harness, 8, .passed)
        #expect(harness.state(8) != .inService && harness.engine.pairs.isEmpty)
    }

    @Test func twoUnderTestServeEachOther() {
        var harness = fleet({ $0.network.heldMilli = 0 })
        harness.arrive(8, box: 8)
        harness.arrive(9, box: 9)
        passAlone(&harness, 8)
        // Nobody may be held; the other is still under test.
        #expect(harness.state(8) == .qualifying && pair(harness, 8) == nil)
        passAlone(&harness, 9)
        #expect(pair(harness, 9)?.with == 8)
        answer(&harness, 9, .passed)
        #expect(harness.state(8) == .inService && harness.state(9) == .inService)
        #expect((0..<8).allSatisfy { harness.engine[NodeID($0)]?.lentTo == nil })
    }

    @Test func aShareOfTheFleetIsHeldAtATime() throws {
        var harness = fleet({ $0.network.heldMilli = 250 })
        for node in 8..<14 {
            harness.arrive(node, box: node)
            passAlone(&harness, node)
            // Those that wait would serve each other; nobody waits while partners can be held.
        }
        #expect(harness.engine.heldPartners == 2)
        #expect(harness.engine.pairs.allSatisfy { $0.node.index >= 8 })
        // Fewer work now, so that one may be held: who is held already stays that.
        for node in 0..<14 where harness.state(node) == .inService {
            guard harness.engine[NodeID(node)]?.lentTo == nil else { continue }
            harness.tell(.departed(NodeID(node)))
        }
        #expect(harness.engine.heldPartners == 2 && harness.engine.mostHeldPartners == 1)
        let restored = try HealthEngine.restored(from: harness.engine.snapshot)
        #expect(restored.stateHash() == harness.engine.stateHash())
    }

    @Test func workTakesAnIdleTestBackWithItsPartner() {
        var harness = fleet()
        harness.tell(.stated(NodeID(3), .test))
        passAlone(&harness, 3)
        #expect(pair(harness, 3) != nil)
        harness.tell(.occupied(NodeID(3), devices: 1, isBusy: true))
        #expect(harness.state(3) == .inService && harness.engine.pairs.isEmpty)
        #expect((0..<8).allSatisfy { harness.engine[NodeID($0)]?.isCordoned == false })
    }

    @Test func otherPoolsAreNoPartners() throws {
        var harness = fleet(nodes: 2)
        let report = harness.report(box: 8)
        harness.tell(.arrived(NodeID(8), Arrival(report: report, pool: PoolID(3))))
        passAlone(&harness, 8)
        #expect(harness.state(8) == .inService)
        #expect(harness.log.events.contains(.networkUntested(NodeID(8), .noPartner)))
    }

    @Test func aRestoredEngineHoldsAndAsksAgain() throws {
        var harness = fleet()
        harness.arrive(8, box: 8)
        passAlone(&harness, 8)
        let first = try #require(pair(harness, 8))
        var restored = try HealthEngine.restored(from: harness.engine.snapshot)
        #expect(restored.snapshot == harness.engine.snapshot)
        #expect(restored.stateHash() == harness.engine.stateHash())
        var answer: [HealthDirective] = []
        restored.apply(.resumed, at: harness.now, into: &answer)
        #expect(
            answer.contains(
                .pair(NodeID(8), first.id, .twoMinutes, with: NodeID(first.with))))
        #expect(answer.contains(.cordon(NodeID(first.with))))
    }

    @Test func whoIsTestedAnewBeginsWithItsOwnTest() {
        var harness = fleet()
        harness.arrive(8, box: 8)
        passAlone(&harness, 8)
        harness.tell(.stated(NodeID(8), .test))
        #expect(harness.engine.pairs.isEmpty && harness.engine[NodeID(8)]?.network == nil)
        #expect(pair(harness, 8) == nil && harness.operation(8) != nil)
    }

    /// A test blames one device and finds the rest in order.
    private func failOneDevice(_ harness: inout HealthHarness, _ node: Int) {
        guard let operation = harness.operation(node),
            case .qualify(let level, let devices, let components) = operation.kind
        else {
            Issue.record("node \(node) is not tested")
            return
        }
        harness.tell(
            .qualified(
                NodeID(node), operation.id,
                QualificationOutcome(
                    verdict: .failed, level: level, isLoaded: true,
                    components: components.subtracting(.network), devices: devices,
                    failedDevices: 4, failedTests: [TestID(2)])))
    }

    private func deviceStates(_ harness: HealthHarness, _ node: Int) -> [Int: HealthState] {
        var found: [Int: HealthState] = [:]
        for index in 0..<8 { found[index] = harness.device(node, index) }
        return found
    }

    @Test func whatIsLeftOfANodeIsTestedWithItsNetwork() {
        var harness = fleet()
        harness.arrive(8, box: 8)
        failOneDevice(&harness, 8)
        // The rest of it takes no work before its network is tested.
        #expect(harness.state(8) == .qualifying && pair(harness, 8)?.with == 0)
        #expect(harness.device(8, 2) == .quarantined)
        answer(&harness, 8, .passed)
        #expect(harness.state(8) == .inService)
        let states = deviceStates(harness, 8)
        #expect(states.allSatisfy { ($0.value == .inService) == ($0.key != 2) })
        #expect(harness.engine[NodeID(0)]?.isCordoned == false)
    }

    @Test func whatIsLeftOfANodeFailsForItsNetworkToo() {
        var harness = fleet()
        harness.arrive(8, box: 8)
        failOneDevice(&harness, 8)
        answer(&harness, 8, .failed)
        answer(&harness, 8, .failed)
        #expect(harness.state(8)?.takesWork == false && harness.state(8) != .qualifying)
        // With nobody to test with it is taken in as any other, without the device.
        var lonely = fleet(nodes: 0)
        lonely.arrive(8, box: 8)
        failOneDevice(&lonely, 8)
        #expect(lonely.state(8) == .inService && lonely.device(8, 2)?.takesWork == false)
        #expect(lonely.device(8, 1) == .inService)
    }

    @Test func whoWaitsForASecondCountsAsTested() throws {
        var policy = HealthPolicy()
        policy.suspicion.idleTestPeriod = .seconds(7 * 86_400)
        policy.breakers.heldMilli = 500
        policy.network.idle = true
        var harness = HealthHarness(policy)
        for node in 0..<16 {
            let report = harness.report(box: node)
            harness.tell(
                .arrived(NodeID(node), Arrival(report: report, pool: PoolID(node < 2 ? 0 : 1))))
            harness.succeed(node)
        }
        _ = harness.pass(7 * 86_400)
        func tested() -> [Int] { (0..<16).filter { harness.state($0) == .qualifying } }
        // A tenth of 64 devices that may be out is one node.
        #expect(tested() == [0])
        passAlone(&harness, 0)
        answer(&harness, 0, .failed)
        // The other node of its pool was the first. It waits, with nothing outstanding.
        #expect(pair(harness, 0) == nil && harness.engine[NodeID(0)]?.network != nil)
        _ = harness.pass(1800)
        #expect(tested() == [0])
        let restored = try HealthEngine.restored(from: harness.engine.snapshot)
        #expect(restored.networked == harness.engine.networked)
        _ = harness.pass(3600)
        #expect(!tested().isEmpty && !tested().contains(0))
    }
}
