import FleetModel
import Testing

@testable import Scheduler

/// Same inputs, same decisions: twice in a row, in debug and release, on every machine.
@Suite struct DeterminismTests {
    /// What is left of a long run, in two numbers.
    struct Trace: Hashable {
        var state: UInt64
        var directives: UInt64
        var starts: Int
    }

    /// Inputs of one source, drawn by running an engine on them.
    private static func inputs(
        seed: UInt64, count: Int, policy: Policy
    ) -> (steps: [InputSource.Step], topology: Topology) {
        var source = InputSource(seed: seed, hostile: true, roles: true)
        var engine = Engine(topology: source.world.topology, policy: policy)
        var steps: [InputSource.Step] = []
        for _ in 0..<count {
            let step = source.next()
            var answer: [Directive] = []
            engine.apply(step.input, at: step.at, into: &answer)
            source.note(answer)
            steps.append(step)
        }
        return (steps, source.world.topology)
    }

    /// Plays inputs; directives are gathered over `batch` inputs at a time.
    private static func play(
        _ steps: [InputSource.Step], _ topology: Topology, _ policy: Policy, batch: Int
    ) -> Trace {
        var engine = Engine(topology: topology, policy: policy)
        var digest = DirectiveDigest()
        for start in stride(from: 0, to: steps.count, by: batch) {
            var answer: [Directive] = []
            for step in steps[start..<min(steps.count, start + batch)] {
                engine.apply(step.input, at: step.at, into: &answer)
            }
            for directive in answer { digest.add(directive) }
        }
        return Trace(
            state: engine.stateHash(), directives: digest.digest, starts: engine.counters.starts)
    }

    @Test(arguments: QueueOrder.allCases, PlacementRule.allCases)
    func theSameInputsGiveTheSameDecisions(order: QueueOrder, rule: PlacementRule) {
        let policy = Policy(queueOrder: order, placement: rule)
        for seed in UInt64(500)..<504 {
            let (steps, topology) = Self.inputs(seed: seed, count: 80, policy: policy)
            let once = Self.play(steps, topology, policy, batch: 1)
            for batch in [1, 7, 80] {
                #expect(Self.play(steps, topology, policy, batch: batch) == once)
            }
        }
    }

    @Test func aCopyGoesItsOwnWay() {
        let policy = Policy()
        let (steps, topology) = Self.inputs(seed: 3, count: 120, policy: policy)
        var engine = Engine(topology: topology, policy: policy)
        var ignored: [Directive] = []
        for step in steps.prefix(60) { engine.apply(step.input, at: step.at, into: &ignored) }
        let before = engine.stateHash()
        var copy = engine
        for step in steps.dropFirst(60) { copy.apply(step.input, at: step.at, into: &ignored) }
        #expect(engine.stateHash() == before)
        for step in steps.dropFirst(60) { engine.apply(step.input, at: step.at, into: &ignored) }
        #expect(engine.stateHash() == copy.stateHash())
    }

    /// The outcome of 3,000 inputs on 64 nodes of 8 GPUs, by hand and not by ``InputSource``, so
    /// that it changes only when decisions do. A change of decisions is meant to change it.
    @Test(arguments: [
        (PlacementRule.standard, "e426a69bea57ee55", "039803ffba1954d0"),
        (PlacementRule.bestFit, "e426a69bea57ee55", "20f0ff0e84b82186"),
    ])
    func aLongRunEndsWhereItAlwaysEnded(rule: PlacementRule, state: String, decisions: String) {
        let fleet = FleetDefinition.uniform(nodes: 64, devices: 8, groups: [8, 4])
        var engine = Engine(topology: fleet.topology, policy: Policy(placement: rule))
        var random = SplitMix(seed: 2026)
        var running: [(JobID, Attempt)] = []
        var second: Int64 = 0
        var digest = DirectiveDigest()
        func apply(_ input: Input) {
            second += Int64(random.below(50))
            var answer: [Directive] = []
            engine.apply(input, at: .seconds(second), into: &answer)
            for directive in answer {
                digest.add(directive)
                if case .start(let job, let attempt, _) = directive {
                    running.append((job, attempt))
                }
            }
        }
        apply(.setTenants((0..<4).map { TenantSpec(id: TenantID($0)) }))
        apply(.addNodes(fleet.nodes))
        for id in 0..<1500 {
            var request = MemberRequest(devices: [1, 1, 2, 4, 8][random.below(5)])
            if random.below(5) == 0 { request = MemberRequest(devices: 1, deviceMilli: 250) }
            request.host = HostResources(cpuMilli: 4000 * Int64(request.devices))
            let role = RoleSpec(count: Int32(1 << random.below(5)), request: request)
            let levels: [TopologyPreference] = [
                .closest, .required(LevelIndex(1)), .preferred(LevelIndex(0)),
            ]
            apply(
                .submit(
                    JobSpec(
                        id: JobID(id), tenant: TenantID(random.below(4)), roles: [role],
                        topology: TopologyConstraint(preference: levels[random.below(3)]))))
            guard !running.isEmpty else { continue }
            let ending = running.remove(at: random.below(running.count))
            apply(.finish(ending.0, ending.1))
        }
        #expect(engine.counters.starts > 1400)
        #expect(engine.checkInvariants() == [])
        #expect(StateHasher.hexadecimal(engine.stateHash()) == state)
        #expect(StateHasher.hexadecimal(digest.digest) == decisions)
    }
}
