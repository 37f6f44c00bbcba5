import FleetModel
import Testing

@testable import Health

/// Goal: peers and the past accuse whom they should, and nobody is taken out for that alone.
@Suite struct SuspicionTests {
    private func samples(_ costs: [Int64]) -> [PeerSample] {
        costs.enumerated().map { PeerSample(node: NodeID($0.offset), cost: $0.element) }
    }

    @Test func theMedianNeedsAMajorityToMove() {
        let policy = SuspicionPolicy()
        let slow = PeerComparison(
            samples([1000, 1002, 998, 1001, 999, 1003, 1400]), policy: policy)
        #expect(slow?.slow.map(\.node) == [NodeID(6)])
        #expect(slow?.median == 1001)
        // Three of seven slow: they are still the outliers.
        let three = PeerComparison(
            samples([1000, 1001, 999, 1000, 1500, 1500, 1500]), policy: policy)
        #expect(three?.slow.count == 3)
        // All alike, and a little apart: nobody.
        #expect(PeerComparison(samples([5, 5, 5, 5, 5, 5]), policy: policy)?.slow == [])
        let close = PeerComparison(
            samples([1000, 1000, 1000, 1000, 1000, 1030]), policy: policy)
        #expect(close?.slow == [])
        // A fast one is no suspect; too few say nothing.
        let fast = PeerComparison(samples([1000, 1000, 1001, 1002, 10]), policy: policy)
        #expect(fast?.slow == [])
        #expect(PeerComparison(samples([1, 2, 3, 900]), policy: policy) == nil)
        #expect(
            PeerComparison(samples([.max, .min, 0, .max, .max, 1]), policy: policy) != nil)
    }

    @Test func aNodeThatLosesOftenEnoughIsSuspectAndStays() {
        var policy = HealthHarness.trusting
        policy.suspicion.testsIdleSuspects = false
        var harness = HealthHarness(policy)
        for node in 0..<7 { harness.arrive(node, box: node) }
        for round in 0..<40 {
            harness.tell(
                .compared(JobID(1), samples([1000, 1002, 998, 1001, 999, 1003, 1400])))
            #expect(harness.state(6) == (round < 2 ? .inService : .suspect))
        }
        #expect((0..<6).allSatisfy { harness.state($0) == .inService })
    }

    @Test func workThatStartsTakesAnIdleTestBack() throws {
        var harness = HealthHarness(HealthHarness.trusting)
        for node in 0..<16 { harness.arrive(node, box: node) }
        harness.tell(.stated(NodeID(3), .test))
        #expect(harness.state(3) == .qualifying)
        let asked = try #require(harness.operation(3))
        harness.tell(.occupied(NodeID(3), devices: 1, isBusy: true))
        #expect(harness.state(3) == .inService)
        #expect(harness.engine[NodeID(3)]?.isCordoned == false)
        #expect(!harness.engine.isOutstanding(asked.id))
        // Its answer says nothing any more; the node is tested once it idles.
        harness.tell(
            .qualified(
                NodeID(3), asked.id,
                QualificationOutcome(
                    verdict: .failed, level: .hour, isLoaded: true, components: .host, devices: 0)))
        #expect(harness.state(3) == .inService)
        harness.tell(.occupied(NodeID(3), devices: 0, isBusy: false))
        #expect(harness.state(3) == .qualifying)
        harness.succeed(3)
        #expect(harness.state(3) == .inService && harness.operation(3) == nil)
    }

    @Test func idleNodesAreTestedOnceTheirProofIsOld() {
        var policy = HealthPolicy()
        policy.suspicion.idleTestPeriod = .seconds(7 * 86_400)
        policy.breakers.heldMilli = 500
        var harness = HealthHarness(policy)
        for node in 0..<16 {
            harness.arrive(node, box: node)
            harness.succeed(node)
        }
        harness.tell(.occupied(NodeID(2), devices: 3, isBusy: true))
        _ = harness.pass(6 * 86_400)
        #expect((0..<16).allSatisfy { harness.state($0) == .inService })
        // A tenth of 64 devices that may be out is one node.
        _ = harness.pass(86_400)
        func tested() -> [Int] { (0..<16).filter { harness.state($0) == .qualifying } }
        var seen: Set<Int> = []
        while let node = tested().first {
            #expect(tested().count == 1)
            seen.insert(node)
            harness.succeed(node)
            _ = harness.pass(601)
        }
        #expect(seen == Set(0..<16).subtracting([2]))
        harness.tell(.occupied(NodeID(2), devices: 0, isBusy: false))
        _ = harness.pass(601)
        #expect(tested() == [2])
    }

    /// Half of what may be out is less than a node there.
    @Test(arguments: [1, 4, 16]) func smallFleetsTestOneNodeAtATime(nodes: Int) {
        var policy = HealthHarness.trusting
        policy.suspicion.idleTestPeriod = .seconds(7 * 86_400)
        policy.breakers = BreakerPolicy()
        var harness = HealthHarness(policy)
        for node in 0..<nodes { harness.arrive(node, box: node) }
        func tested() -> [Int] { (0..<nodes).filter { harness.state($0) == .qualifying } }
        // What people ask for is done, also of two nodes at a time.
        for node in 0..<min(nodes, 2) { harness.tell(.stated(NodeID(node), .test)) }
        #expect(tested() == Array(0..<min(nodes, 2)))
        for node in tested() { harness.succeed(node) }
        _ = harness.pass(7 * 86_400)
        var seen: Set<Int> = []
        while let node = tested().first {
            #expect(tested().count == 1)
            seen.insert(node)
            harness.succeed(node)
            _ = harness.pass(601)
        }
        #expect(seen.count == nodes)
        guard nodes > 3 else { return }
        _ = harness.pass(86_401)
        // While something is out suspects are tested as far as so much may be out, others are not.
        harness.find(0, harness.finding(.node, .replace, cause: 79))
        #expect(harness.state(0) == .repairing)
        for node in [1, 2] { harness.find(node, harness.finding(.node, .watch, cause: 94)) }
        #expect(tested().count == (nodes == 16 ? 1 : 0))
        _ = harness.pass(7 * 86_400)
        #expect(tested().count <= 1)
    }

    @Test func aProgramThatCannotBeStartedMakesNoLemon() {
        var policy = HealthHarness.trusting
        policy.suspicion.testsIdleSuspects = false
        var harness = HealthHarness(policy)
        harness.arrive(0, box: 0)
        for job in 0..<12 {
            harness.tell(
                .attemptEnded(AttemptEnd(job: JobID(job), nodes: [NodeID(0)], cause: .start)))
        }
        #expect(harness.engine.lemonScore(of: MachineID(0)) == 0)
        var mistaken = HealthPolicy()
        mistaken.suspicion.lemon.leastSoloJobs = 0
        #expect(mistaken.mistakes().count == 1)
    }

    @Test func aNodeIsComparedOnceWhateverIsSaidOfIt() {
        var harness = HealthHarness(HealthHarness.trusting)
        for node in 0..<7 { harness.arrive(node, box: node) }
        let slow = PeerSample(node: NodeID(6), cost: 1400)
        harness.tell(
            .compared(
                JobID(1), samples([1000, 1002, 998, 1001, 999, 1003]) + [slow, slow, slow]))
        #expect(harness.state(6) == .inService)
        #expect(harness.engine[NodeID(6)]?.peerLosses.count == 1)
    }

    @Test func aLemonIsToldByWhatItDidToItsJobs() {
        var policy = HealthHarness.trusting
        policy.suspicion.testsIdleSuspects = false
        var harness = HealthHarness(policy)
        harness.arrive(0, box: 0)
        harness.arrive(1, box: 1)
        for job in 0..<12 {
            harness.tell(
                .attemptEnded(
                    AttemptEnd(
                        job: JobID(job), nodes: [NodeID(0), NodeID(1)], cause: .hardware,
                        suspect: NodeID(1), excluded: job % 2 == 0 ? [NodeID(1)] : [])))
            _ = harness.pass(3600)
        }
        #expect(harness.state(1) == .suspect)
        #expect(harness.state(0) == .inService)
        #expect(harness.engine.lemons(3).map(\.machine) == [MachineID(1)])
        // 6 gang failures at 20 points count, and 6 exclusions at 5.
        #expect(harness.engine.lemonScore(of: MachineID(1)) == 150)
        _ = harness.pass(30 * 86_400)
        #expect(harness.engine.lemonScore(of: MachineID(1)) == 0)
    }

    @Test func sevenSignalsCount() {
        var signals = LemonSignals()
        let policy = LemonPolicy()
        let now = Instant.seconds(5 * 86_400)
        for _ in 0..<10 { signals.note(.soloJobs, at: now) }
        for count in LemonSignals.Count.allCases where count != .soloJobs {
            signals.note(count, at: now)
        }
        signals.note(fault: CauseID(1), at: now)
        signals.note(fault: CauseID(2), at: now)
        signals.note(fault: CauseID(1), at: now)
        #expect(signals.values(policy, at: now) == [1, 2, 1, 1, 1, 1, 10])
        #expect(signals.score(policy, at: now) == 5 + 16 + 12 + 12 + 20 + 10 + 10)
    }

    @Test func silenceIsASuspicionAndAProposal() {
        var harness = HealthHarness(HealthHarness.trusting)
        harness.arrive(0, box: 0)
        harness.tell(.occupied(NodeID(0), devices: 1, isBusy: true))
        harness.tell(.heard(NodeID(0)))
        let answer = harness.pass(3600)
        #expect(harness.state(0) == .suspect)
        #expect(answer.proposals == [.policy])
        #expect(!answer.contains(.cordon(NodeID(0))))
    }
}
