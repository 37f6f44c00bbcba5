import FleetModel
import Testing

@testable import Health

/// Goal: what a breaker or the limit of repairs holds back is proposed, says by what it is held and
/// what would release it, and goes on when people let it, for that node alone.
@Suite struct ProposalTests {
    private func fleet(
        _ count: Int, _ change: (inout HealthPolicy) -> Void
    ) -> HealthHarness {
        var policy = HealthHarness.trusting
        policy.breakers = BreakerPolicy()
        policy.breakers.fleetMilli = 1000
        policy.breakers.heldMilli = 1000
        policy.breakers.domainMilli = 1000
        policy.repair.repeatWindow = .seconds(1)
        change(&policy)
        var harness = HealthHarness(policy)
        for node in 0..<count { harness.arrive(node, box: node, domain: node / 8) }
        return harness
    }

    private func proposals(_ harness: HealthHarness, of node: Int) -> [Proposal] {
        harness.engine.proposals.filter { $0.node == NodeID(node) }
    }

    private func limited(_ limit: Int32 = 2) -> HealthHarness {
        fleet(16) { $0.breakers.concurrentRepairs = limit }
    }

    @Test func theLimitOfRepairsSaysWhenItHoldsAndWhenItDoesNot() {
        var harness = limited()
        for node in [0, 8] { harness.find(node, harness.finding(.node, .reboot)) }
        #expect(!harness.log.events.contains(.repairsWait(limit: 2)))
        let answer = harness.find(9, harness.finding(.node, .reboot))
        #expect(answer.events.contains(.repairsWait(limit: 2)))
        #expect(answer.proposals == [.concurrentRepairs])
        #expect(
            harness.engine.proposals == [
                Proposal(
                    node: NodeID(9), device: nil, action: .repair(.reboot),
                    why: .concurrentRepairs)
            ])
        let words = harness.engine.releaseText(.concurrentRepairs)
        #expect(words.contains("by itself") && words.contains("`proceed`"))
        // One more that waits is a proposal, and no other beginning.
        let more = harness.find(10, harness.finding(.node, .reboot))
        #expect(more.proposals == [.concurrentRepairs])
        #expect(!more.events.contains(.repairsWait(limit: 2)))
        let first = harness.succeed(0)
        #expect(harness.state(9) == .repairing && harness.state(10) == .quarantined)
        #expect(!first.events.contains(.repairsGoOn))
        let last = harness.succeed(8)
        #expect(harness.state(10) == .repairing && last.events.contains(.repairsGoOn))
        #expect(harness.engine.proposals == [])
    }

    @Test func whoWaitsLongestIsNextAndNobodyIsProposedTwice() {
        var harness = limited(1)
        harness.find(0, harness.finding(.node, .reboot))
        for node in [12, 3, 7] {
            _ = harness.pass(10)
            harness.find(node, harness.finding(.node, .reboot))
        }
        for next in [12, 3, 7] {
            let running = (0..<16).first { harness.state($0) == .repairing }
            let answer = harness.succeed(running ?? 0)
            #expect(harness.state(next) == .repairing)
            #expect(answer.proposals == [])
        }
        #expect(harness.log.proposals.count == 3)
    }

    @Test func whatIsAcceptedBeginsBeyondTheLimitAndAlone() {
        var harness = limited()
        for node in [0, 8, 9, 10] { harness.find(node, harness.finding(.node, .reboot)) }
        harness.tell(.stated(NodeID(10), .proceed))
        #expect(harness.state(10) == .repairing && harness.state(9) == .quarantined)
        #expect(harness.engine.runningRepairs == 3)
        // Beyond the limit nobody follows by himself.
        harness.succeed(0)
        #expect(harness.engine.runningRepairs == 2 && harness.state(9) == .quarantined)
        harness.succeed(8)
        #expect(harness.state(9) == .repairing)
    }

    @Test func whoWaitsGoesOnWaitingAfterARestart() throws {
        var harness = limited()
        for node in [0, 8, 9, 10] { harness.find(node, harness.finding(.node, .reboot)) }
        harness.engine = try HealthEngine.restored(from: harness.engine.snapshot)
        let answer = harness.tell(.resumed)
        #expect(!answer.events.contains(.repairsWait(limit: 2)))
        #expect(answer.proposals == [])
        harness.succeed(0)
        harness.succeed(8)
        #expect(harness.state(9) == .repairing && harness.state(10) == .repairing)
        #expect(harness.log.events.contains(.repairsGoOn))
    }

    @Test func aLimitThatIsRaisedLetsThoseGoThatWait() {
        var harness = limited(0)
        for node in [0, 8] { harness.find(node, harness.finding(.node, .reboot)) }
        #expect(harness.engine.runningRepairs == 0)
        var policy = harness.engine.policy
        policy.breakers.concurrentRepairs = 8
        let answer = harness.tell(.setPolicy(policy))
        #expect(harness.engine.runningRepairs == 2)
        #expect(answer.events.contains(.repairsGoOn))
    }

    /// Each breaker of capacity: the step is proposed, and `proceed` takes out that node alone.
    @Test(arguments: ["fleetWindow", "fleetHeld", "domain-0"])
    func aBreakerOfCapacityProposesAndLetsOneGo(_ name: String) throws {
        var harness = fleet(16) {
            switch name {
            case "fleetWindow": ($0.breakers.fleetMilli, $0.breakers.leastDevices) = (0, 8)
            case "fleetHeld": ($0.breakers.heldMilli, $0.breakers.leastDevices) = (0, 8)
            default: ($0.breakers.domainMilli, $0.breakers.leastDomainDevices) = (0, 8)
            }
        }
        for node in 0..<3 { harness.find(node, harness.finding(.node, .reboot)) }
        #expect(harness.engine.breakers.tripped.map(\.id.wireName) == [name])
        #expect(harness.engine.proposals.map(\.action) == [.takeOut, .takeOut])
        let why = try #require(harness.engine.proposals.first?.why)
        #expect(why.breakerName == name && why.isOpenToAcceptance)
        let closes = try #require(harness.engine.closes(harness.engine.breakers.tripped[0].id))
        #expect(closes == harness.now + .seconds(6 * 3600))
        let words = harness.engine.releaseText(why)
        #expect(words.contains("by itself at \(closes.utcText)") && words.contains(name))
        // Also when what was found would be too old to act by now.
        _ = harness.pass(4000)
        let before = harness.engine.breakers.charges.count
        harness.tell(.stated(NodeID(2), .proceed))
        #expect(harness.state(2) == .repairing && harness.state(1) == .suspect)
        // It counts like any other, and the breaker stays open.
        #expect(harness.engine.breakers.charges.count == before + 1)
        #expect(harness.engine.breakers.tripped.count == 1)
    }

    @Test func aDeviceThatIsHeldBackGoesAlone() throws {
        var harness = fleet(16) { ($0.breakers.fleetMilli, $0.breakers.leastDevices) = (0, 0) }
        harness.find(4, harness.finding(.device(3), .reset, urgency: .afterJob))
        let proposal = try #require(proposals(harness, of: 4).first)
        #expect(proposal.action == .takeOutDevices(1 << 3) && proposal.device == 3)
        harness.tell(.stated(NodeID(4), .proceed))
        #expect(harness.device(4, 3)?.takesWork == false)
        #expect(harness.state(4)?.takesWork == true)
    }

    /// Each breaker of attempts: the repair is proposed, and `proceed` begins one more.
    @Test(arguments: [true, false])
    func aBreakerOfAttemptsProposesAndLetsOneBegin(_ isForOneCause: Bool) throws {
        var harness = fleet(16) {
            $0.breakers.attemptsPerMachine = isForOneCause ? 8 : 2
            $0.breakers.attemptsPerCause = isForOneCause ? 2 : 8
        }
        for turn in 1...3 {
            let cause = isForOneCause ? 1 : turn
            harness.find(5, harness.finding(.node, .reset, cause: cause))
            guard turn < 3 else { break }
            harness.succeed(5)
            harness.succeed(5)
            _ = harness.pass(60)
        }
        let proposal = try #require(proposals(harness, of: 5).first)
        #expect(proposal.action == .repair(.reset))
        #expect(proposal.why.breakerName == (isForOneCause ? "cause-5-1" : "machine-5"))
        let words = harness.engine.releaseText(proposal.why)
        #expect(words.contains("not by itself") && words.contains("forgives its attempts"))
        harness.tell(.stated(NodeID(5), .proceed))
        #expect(harness.state(5) == .repairing && harness.engine.proposals == [])
        #expect(harness.engine.breakers.tripped.count == 1)
    }

    @Test func whatNoCountHoldsBackDoesNotProceed() throws {
        var harness = fleet(4) { $0.repair.strongest = .reset }
        harness.find(0, harness.finding(.node, .reboot))
        let proposal = try #require(proposals(harness, of: 0).first)
        #expect(proposal.why == .policy && !proposal.why.isOpenToAcceptance)
        harness.tell(.stated(NodeID(0), .proceed))
        #expect(harness.state(0) == .quarantined)
        #expect(proposals(harness, of: 0) == [proposal])
    }
}
