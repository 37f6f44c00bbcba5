import FleetModel
import Testing

@testable import Health

/// Goal: a node that reaches nobody is found, and nobody is blamed where rules of the network let
/// nobody reach anybody.
@Suite struct ReachTests {
    /// A fleet of which some nodes have dead links, and pods of a namespace may or may not reach
    /// each other.
    private struct Fleet {
        var harness: HealthHarness
        var dead: Set<Int> = []
        var isForbidden = false

        /// Nodes that work, in domains of four.
        init(nodes: Int, _ change: (inout HealthPolicy) -> Void = { _ in }) {
            var policy = HealthHarness.trusting
            policy.suspicion.idleTestPeriod = nil
            harness = HealthHarness(policy)
            for node in 0..<nodes { harness.arrive(node, box: node, domain: node / 4) }
            policy.network = .standard
            policy.arrival.new = .qualify
            change(&policy)
            harness.tell(.setPolicy(policy))
        }

        mutating func arrive(_ node: Int, domain: Int = 0) {
            harness.arrive(node, box: node, domain: domain)
        }

        /// Answers what is outstanding as such a fleet would, once a minute, for so long.
        mutating func live(minutes: Int) {
            for _ in 0..<minutes {
                _ = harness.pass(60)
                for operation in harness.engine.operations { answer(operation) }
            }
        }

        private mutating func answer(_ operation: Operation) {
            guard harness.engine.isOutstanding(operation.id) else { return }
            var outcome = QualificationOutcome(
                verdict: .passed, level: .hour, isLoaded: true, components: .all, devices: .max)
            switch operation.kind {
            case .qualify: outcome.components.remove(.network)
            case .pair(let partner, let level):
                if isForbidden || !dead.isDisjoint(with: [operation.node.index, partner.index]) {
                    outcome = .unreached(level)
                }
            case .repair, .restack:
                harness.tell(.repaired(operation.node, operation.id, .done))
                return
            }
            harness.tell(.qualified(operation.node, operation.id, outcome))
        }

        var events: [HealthEvent] { harness.log.events }

        /// Nodes that ever left service, or never came to it, for their network.
        var blamed: Set<Int> {
            Set(
                events.compactMap {
                    if case .moved(let id, nil, _, .quarantined, _) = $0 { id.index } else { nil }
                })
        }
    }

    @Test func whoReachesNobodyFailsOnceOthersReachedHisPartners() {
        var fleet = Fleet(nodes: 8)
        fleet.dead = [8]
        fleet.arrive(8)
        fleet.live(minutes: 6)
        // It called nodes near and far, and nobody is blamed yet.
        #expect(fleet.harness.state(8) == .qualifying)
        #expect(fleet.blamed.isEmpty)
        #expect(fleet.harness.engine[NodeID(8)]?.network?.unreached.count == 4)
        for _ in 0..<40 where fleet.blamed.isEmpty { fleet.live(minutes: 1) }
        #expect(fleet.blamed == [8])
        #expect((0..<8).allSatisfy { fleet.harness.state($0) == .inService })
        let controls = fleet.events.filter { if case .controlled = $0 { true } else { false } }
        #expect(controls.count == 1)
        let blames = fleet.events.filter { if case .unreachable = $0 { true } else { false } }
        #expect(blames.count == 1)
        // The repair mended it.
        fleet.dead = []
        fleet.live(minutes: 60)
        #expect(fleet.harness.state(8) == .inService)
    }

    /// A small fleet under the default policy, which tests no idle nodes in fleets so small.
    @Test func fourNodesAreEnough() {
        var fleet = Fleet(nodes: 0)
        var policy = HealthPolicy()
        policy.arrival.new = .qualify
        policy.network = .standard
        fleet.harness.tell(.setPolicy(policy))
        for node in 1..<4 { fleet.arrive(node) }
        fleet.live(minutes: 10)
        #expect((1..<4).allSatisfy { fleet.harness.state($0) == .inService })
        fleet.dead = [0]
        fleet.arrive(0)
        for _ in 0..<40 where fleet.blamed.isEmpty { fleet.live(minutes: 1) }
        #expect(fleet.blamed == [0])
    }

    @Test func whoIsDeadWhileItWorksIsFoundWhenItIsTested() {
        var fleet = Fleet(nodes: 8)
        fleet.dead = [2]
        fleet.harness.tell(.stated(NodeID(2), .test))
        fleet.live(minutes: 40)
        #expect(fleet.blamed == [2])
        #expect((0..<8).allSatisfy { $0 == 2 || fleet.harness.state($0) == .inService })
    }

    @Test func aDeadPartnerIsSuspectAndFails() {
        var fleet = Fleet(nodes: 8)
        fleet.dead = [0]
        fleet.arrive(8)
        fleet.live(minutes: 4)
        #expect(fleet.harness.state(8) == .inService)
        fleet.live(minutes: 40)
        #expect(fleet.blamed == [0])
        #expect((1..<9).allSatisfy { fleet.harness.state($0) == .inService })
    }

    @Test func aRackWithoutALinkFailsAndTheRestDoesNot() {
        var fleet = Fleet(nodes: 8) { $0.network.heldMilli = 1000 }
        fleet.dead = [8, 9, 10, 11]
        for node in 8..<12 { fleet.arrive(node, domain: 2) }
        fleet.live(minutes: 90)
        #expect(fleet.blamed == [8, 9, 10, 11])
        #expect((0..<8).allSatisfy { fleet.harness.state($0) == .inService })
        #expect(!fleet.events.contains { if case .mute = $0 { true } else { false } })
    }

    /// A rack that lost its switch while it worked: its nodes look far before they are believed.
    @Test func aRackThatLosesItsSwitchIsNotTakenForTheFleet() {
        var fleet = Fleet(nodes: 12)
        fleet.dead = [0, 1, 2, 3]
        fleet.harness.tell(.stated(NodeID(0), .test))
        fleet.live(minutes: 60)
        #expect(fleet.blamed.contains(0))
        #expect(fleet.blamed.isSubset(of: fleet.dead))
        #expect(!fleet.events.contains { if case .mute = $0 { true } else { false } })
    }

    /// Two of a group that is dead are tested in a pool that has room for two controls, which go to
    /// those first that were called in vain: the dead ones. With racks, and where nothing is known
    /// of them.
    @Test(arguments: [4, 8, 1000], [false, true])
    func twoOfADeadGroupAreNotTakenForTheFleet(rack: Int, isLast: Bool) {
        var fleet = Fleet(nodes: 0)
        fleet.harness.tell(.setPolicy(HealthHarness.trusting))
        for node in 0..<104 { fleet.arrive(node, domain: node / rack) }
        var policy = HealthHarness.trusting
        policy.suspicion.idleTestPeriod = nil
        policy.network = .standard
        fleet.harness.tell(.setPolicy(policy))
        #expect(fleet.harness.engine.mostHeldPartners == 2)
        fleet.dead = isLast ? Set(96..<104) : Set(0..<8)
        let tested = isLast ? [96, 97] : [0, 1]
        for node in tested { fleet.harness.tell(.stated(NodeID(node), .test)) }
        fleet.live(minutes: 120)
        #expect(fleet.blamed.isSuperset(of: tested))
        #expect(fleet.blamed.isSubset(of: fleet.dead))
        #expect(!fleet.events.contains { if case .mute = $0 { true } else { false } })
    }

    @Test(arguments: [1, 2, 3, 8])
    func whereNobodyReachesAnybodyNobodyIsBlamed(nodes: Int) {
        var fleet = Fleet(nodes: nodes)
        fleet.isForbidden = true
        for round in 0..<6 {
            fleet.arrive(nodes + round)
            fleet.harness.tell(.stated(NodeID(0), .test))
            fleet.live(minutes: 120)
        }
        #expect(fleet.blamed.isEmpty)
        #expect((0..<nodes + 6).allSatisfy { fleet.harness.state($0) == .inService })
        #expect((0..<nodes).allSatisfy { fleet.harness.engine[NodeID($0)]?.suspicion == nil })
        let mutes = fleet.events.filter { if case .mute = $0 { true } else { false } }
        #expect(mutes.count <= 1 && (nodes < 3 || mutes.count == 1))
    }

    @Test func whatIsForbiddenIsToldOnceAndTriedAgainAfterADay() {
        var fleet = Fleet(nodes: 8)
        fleet.isForbidden = true
        fleet.arrive(8)
        fleet.live(minutes: 90)
        let told = fleet.events.filter { if case .mute = $0 { true } else { false } }
        #expect(told.count == 1)
        // Now nobody is paired any more, and nobody waits.
        let paired = fleet.events.count { if case .paired = $0 { true } else { false } }
        fleet.arrive(9)
        fleet.live(minutes: 3)
        #expect(fleet.harness.state(9) == .inService)
        #expect(fleet.events.count { if case .paired = $0 { true } else { false } } == paired)
        // Whoever comes after a day tries again; it is not told once more.
        _ = fleet.harness.pass(86_400)
        fleet.arrive(10)
        fleet.live(minutes: 10)
        #expect(fleet.harness.state(10) == .inService)
        #expect(fleet.events.count { if case .mute = $0 { true } else { false } } == 1)
        _ = fleet.harness.pass(86_400)
        fleet.isForbidden = false
        fleet.arrive(11)
        fleet.live(minutes: 10)
        #expect(fleet.events.count { if case .reachesAgain = $0 { true } else { false } } == 1)
        #expect(fleet.blamed.isEmpty && fleet.harness.engine.reaches.isEmpty)
    }

    /// Rules that come while nodes are tested: what others reached before says nothing.
    @Test func rulesThatComeBetweenTwoTestsBlameNobody() {
        for minute in 0..<24 {
            var fleet = Fleet(nodes: 8)
            fleet.arrive(8)
            fleet.arrive(9, domain: 1)
            fleet.live(minutes: minute / 4)
            fleet.isForbidden = true
            fleet.arrive(10)
            fleet.live(minutes: minute)
            fleet.arrive(11)
            fleet.live(minutes: 180)
            #expect(fleet.blamed.isEmpty)
        }
    }

    /// Rules that go while nodes wait for a proof: what comes after says nothing of before.
    @Test func rulesThatGoBlameNobody() {
        for minute in 0..<40 {
            var fleet = Fleet(nodes: 8)
            fleet.isForbidden = true
            fleet.arrive(8)
            fleet.arrive(9, domain: 1)
            fleet.live(minutes: minute)
            fleet.isForbidden = false
            fleet.arrive(10)
            fleet.live(minutes: 120)
            #expect(fleet.blamed.isEmpty)
            #expect((0..<11).allSatisfy { fleet.harness.state($0) == .inService })
        }
    }

    @Test func aBadPairAndOneThatWasNotReachedNeedAProofToo() {
        var fleet = Fleet(nodes: 8)
        fleet.arrive(8)
        var count = 0
        // Bad with the first, and nobody after it is reached.
        for _ in 0..<8 {
            _ = fleet.harness.pass(30)
            guard let operation = fleet.harness.operation(8) else { continue }
            guard operation.partner != nil else {
                fleet.live(minutes: 1)
                continue
            }
            var outcome = QualificationOutcome.unreached(.twoMinutes)
            if count == 0 { (outcome.verdict, outcome.isUnreached) = (.failed, false) }
            count += 1
            fleet.harness.tell(.qualified(NodeID(8), operation.id, outcome))
            #expect(fleet.blamed.isEmpty)
        }
        #expect(count >= 2)
        fleet.dead = [8]
        fleet.live(minutes: 40)
        #expect(fleet.blamed == [8])
    }
}
