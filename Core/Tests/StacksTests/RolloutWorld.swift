import FleetModel
import Health
import HealthControl
import Qualification

@testable import Stacks

/// A random world around a desk: nodes with a driver, jobs, people, faults, and a control plane
/// that dies. It keeps its own books and judges by them.
struct RolloutWorld {
    struct Node {
        var driver = "570.1"
        var isHere = true
        /// Whether a loaded test passed since the driver changed.
        var isProved = true
        /// Whether a rollout took it out.
        var isOut = false
        var isFaulty = false
        var isBusy = false
    }

    enum Pending {
        case test(NodeID, OperationID, QualificationLevel, UInt64, ComponentSet)
        case restack(NodeID, OperationID, StackID)
        case repair(NodeID, OperationID)

        var id: OperationID {
            switch self {
            case .test(_, let id, _, _, _), .restack(_, let id, _), .repair(_, let id): id
            }
        }
    }

    var random: SplitMix
    var desk: HealthDesk
    var nodes: [Node]
    var pending: [Pending] = []
    var now = Instant.seconds(1_700_000_000)
    var inputs: [(DeskInput, Instant)] = []
    var failures: [String] = []
    var seen: Set<String> = []
    let policy: HealthPolicy
    /// Whether nobody but people installs.
    let isByHand: Bool
    /// Of a hundred installations and tests on the new stack, so many fail.
    let misfortune: Int
    /// Whether installers say that they did what they did not.
    let hasLiars: Bool

    init(seed: UInt64) {
        random = SplitMix(seed: SplitMix.mix(seed &+ 0x57AC))
        var policy = HealthPolicy()
        policy.arrival.new = .admit
        policy.breakers.leastDevices = Int32([2, 8, 64][random.below(3)])
        policy.repair.asks = 2
        self.policy = policy
        desk = HealthDesk(policy: policy)
        isByHand = random.below(4) == 0
        misfortune = [0, 10, 40][random.below(3)]
        hasLiars = random.below(4) == 0
        nodes = [Node](repeating: Node(), count: 3 + random.below(10))
        let file = StackCatalogue(
            stacks: ["570.1", "580.1"].map { driver in
                StackDeclaration(
                    name: "d" + driver, rules: [.init(.driver, .same(Version(driver)))])
            },
            pools: random.below(8) == 0 ? [] : [PoolStack(pool: "p", stack: "d570.1")])
        tell(.stack(.declared(file, digest: 1)))
        for index in nodes.indices { arrive(NodeID(index)) }
    }

    var rollout: Rollout? { desk.stacks.rollouts.last }

    mutating func fail(_ text: String) {
        if failures.count < 3 { failures.append("step \(inputs.count): \(text)") }
    }

    mutating func tell(_ input: DeskInput) {
        inputs.append((input, now))
        var output: [HealthDirective] = []
        desk.apply(input, at: now, into: &output)
        for news in desk.takeStackNews() where news.text.contains("does not count") {
            seen.insert("objection")
        }
        for directive in output { carryOut(directive) }
        judge()
    }

    private mutating func arrive(_ node: NodeID) {
        nodes[node.index].isHere = true
        let identity = Int32(node.index) * 10
        let devices = (0..<2).map {
            DeviceReport(index: Int32($0), uuid: IdentityID(rawValue: identity + $0))
        }
        tell(.stack(.placed(node, pool: "p")))
        tell(.engine(.arrived(node, Arrival(report: HardwareReport(devices: devices)))))
        tellDriver(node)
    }

    private mutating func tellDriver(_ node: NodeID) {
        let driver = FoundVersion(.driver, nodes[node.index].driver, at: "")
        tell(.stack(.told(node, .watcher, [driver])))
    }

    // MARK: Directives

    private mutating func carryOut(_ directive: HealthDirective) {
        switch directive {
        case .qualify(let id, let operation, let level, let devices, let components):
            take(.test(id, operation, level, devices, components))
        case .restack(let id, let operation, let stack):
            if nodes[id.index].isBusy { fail("node \(id): a new stack under jobs") }
            take(.restack(id, operation, stack))
        case .repair(let id, let operation, _, _): take(.repair(id, operation))
        case .tell(.moved(let id, nil, let from, let to, let decision)):
            if from.takesWork, decision.rule == .restack { nodes[id.index].isOut = true }
            if to == .inService, !from.takesWork { returned(id, decision.rule) }
            if to == .retired { nodes[id.index].isOut = false }
        default: break
        }
    }

    /// Who carries out an order knows it by its id.
    private mutating func take(_ order: Pending) {
        if !pending.contains(where: { $0.id == order.id }) { pending.append(order) }
    }

    private mutating func returned(_ id: NodeID, _ rule: DecisionRule) {
        let node = nodes[id.index]
        nodes[id.index].isOut = false
        nodes[id.index].isFaulty = false
        guard rule != .arrivalAdmitted else { return }
        if !node.isProved { fail("node \(id) returns without a test since its driver changed") }
    }

    // MARK: Judging

    private mutating func judge() {
        guard let rollout else { return }
        let out = nodes.indices.filter { index in
            let health = desk.engine[NodeID(index)]
            let isStuck = health?.track.held != nil && health?.restack == nil
            return nodes[index].isOut && nodes[index].isHere && !nodes[index].isFaulty && !isStuck
        }
        if !rollout.phase.isOver, out.count > Int(rollout.mostOut) {
            let steps = rollout.members.map { "\($0.node) \($0.step) \($0.note)" }
            fail("\(out) are out, of \(rollout.mostOut): \(steps)")
        }
        for member in rollout.members where member.step == .done {
            guard let goal = rollout.goal(of: member), let stack = desk.stacks[goal],
                desk.engine[member.node]?.restack == nil, nodes[member.node.index].isHere
            else { continue }
            let driver = nodes[member.node.index].driver
            if "d" + driver != stack.name {
                fail("node \(member.node) is done with \(driver) for \(stack.name)")
            }
        }
        guard rollout.phase.isOver else { return }
        seen.insert(rollout.phase.name)
        for member in rollout.members {
            if rollout.phase == .rolledBack, member.isChanged, !member.goesBack,
                member.step != .left
            {
                fail("node \(member.node) was changed, and did not go back")
            }
            if member.step.isInMotion { fail("node \(member.node) is under way when it is over") }
        }
    }

    /// A desk that is restored from its bytes goes on as the other.
    mutating func cut() {
        do {
            let bytes = try desk.snapshotBytes()
            let other = try HealthDesk(snapshot: bytes, names: desk.names)
            if try other.snapshotBytes() != bytes || other.stateHash() != desk.stateHash() {
                fail("a restored desk is another one")
            }
            desk = other
        } catch {
            fail("not restored: \(error)")
        }
        pending = []
        seen.insert("restored")
        tell(.engine(.resumed))
    }

    /// Tells a new desk the same.
    mutating func replay() {
        var other = HealthDesk(policy: policy)
        var output: [HealthDirective] = []
        for (input, at) in inputs { other.apply(input, at: at, into: &output) }
        if other.stateHash() != desk.stateHash() { fail("a replay ends in another state") }
    }

    // MARK: What happens

    mutating func step() {
        now = now + .seconds(Int64([5, 60, 600, 3000][random.below(4)]))
        if !pending.isEmpty, random.below(3) != 0 { return answer(random.below(pending.count)) }
        let node = NodeID(random.below(nodes.count))
        switch random.below(24) {
        case 0..<7: occupy(node)
        case 7: if random.below(3) == 0 { harm(node) }
        case 8: comeAndGo(node)
        case 9..<11: byPeople()
        case 11: cut()
        case 12: order()
        default: tell(.engine(.wake(token: HealthDesk.rolloutToken)))
        }
    }

    private mutating func occupy(_ node: NodeID) {
        guard let health = desk.engine[node] else { return }
        let isBusy = !nodes[node.index].isBusy && health.track.state.takesWork
        nodes[node.index].isBusy = isBusy
        tell(.engine(.occupied(node, devices: isBusy ? 1 : 0, isBusy: isBusy)))
    }

    private mutating func harm(_ node: NodeID) {
        guard nodes[node.index].isHere else { return }
        nodes[node.index].isFaulty = true
        tell(
            .engine(
                .found(
                    node,
                    Finding(
                        scope: .node, cause: CauseID(rawValue: 1), severity: .error,
                        action: random.below(2) == 0 ? .prove : .reboot, rule: RuleID(rawValue: 0),
                        version: 1, seenAt: now))))
    }

    private mutating func comeAndGo(_ node: NodeID) {
        guard nodes[node.index].isHere else { return arrive(node) }
        guard random.below(2) == 0 else { return }
        nodes[node.index].isHere = false
        nodes[node.index].isOut = false
        nodes[node.index].isBusy = false
        pending.removeAll {
            switch $0 {
            case .test(node, _, _, _, _), .restack(node, _, _), .repair(node, _): true
            default: false
            }
        }
        tell(.engine(.departed(node)))
    }

    private mutating func byPeople() {
        for member in rollout?.members ?? [] where desk.engine[member.node] != nil {
            let order = desk.engine[member.node]?.restack
            guard let order, let stack = desk.stacks[order.stack] else { continue }
            if order.phase == .impossible {
                seen.insert("by hand")
                install(member.node, String(stack.name.dropFirst()))
            } else if order.phase == .failed, random.below(3) == 0 {
                tell(.engine(.stated(member.node, .forgiveAttempts)))
            }
        }
    }

    private mutating func install(_ node: NodeID, _ driver: String) {
        if nodes[node.index].driver != driver { nodes[node.index].isProved = false }
        nodes[node.index].driver = driver
        tellDriver(node)
    }

    mutating func order() {
        guard let rollout, !rollout.phase.isOver else {
            guard random.below(2) == 0 else { return }
            var plan = RolloutPlan()
            plan.waves = [[.nodes(1)], [.nodes(1), .percent(40)], []][random.below(3)]
            plan.soak = .seconds([0, 600, 3600][random.below(3)])
            plan.failures = Int32(random.below(3))
            plan.mostOut = random.below(2) == 0 ? nil : plan.failures + 1 + Int32(random.below(3))
            plan.level = .twoMinutes
            let stack = random.below(3) == 0 ? "d570.1" : "d580.1"
            // What an earlier one has left out is nothing that this one took.
            for index in nodes.indices { nodes[index].isOut = false }
            return tell(
                .stack(.begin(RolloutRequest(pool: "p", stack: stack, plan: plan, by: "me"))))
        }
        let command = RolloutCommand.allCases[random.below(4)]
        guard command != .cancel || random.below(4) == 0,
            command != .rollBack || random.below(3) == 0
        else { return }
        if command == .pause { seen.insert("paused") }
        tell(.stack(.command(pool: "p", command, by: "me")))
    }

    // MARK: Answers

    private mutating func answer(_ index: Int) {
        switch pending.remove(at: index) {
        case .repair(let node, let id): tell(.engine(.repaired(node, id, .done)))
        case .restack(let node, let id, let stack): install(node, id, stack)
        case .test(let node, let id, let level, let devices, let components):
            let isNew = nodes[node.index].driver == "580.1"
            let isBad = isNew && random.below(100) < misfortune
            if !isBad { nodes[node.index].isProved = true }
            let verdict = isBad ? QualificationVerdict.failed : .passed
            tell(
                .engine(
                    .qualified(
                        node, id,
                        QualificationOutcome(
                            verdict: verdict, level: level, isLoaded: true, components: components,
                            devices: devices))))
        }
    }

    private mutating func install(_ node: NodeID, _ id: OperationID, _ stack: StackID) {
        guard !isByHand else { return tell(.engine(.repaired(node, id, .impossible))) }
        let driver = String((desk.stacks[stack]?.name ?? "").dropFirst())
        guard random.below(100) >= misfortune else {
            seen.insert("not installed")
            return tell(.engine(.repaired(node, id, .failed)))
        }
        if !hasLiars || random.below(3) != 0 { install(node, driver) }
        tell(.engine(.repaired(node, id, .done)))
    }

    /// From here on everything goes well.
    mutating func settle() {
        for index in nodes.indices where !nodes[index].isHere { arrive(NodeID(index)) }
        tell(.stack(.command(pool: "p", .resume, by: "me")))
        for _ in 0..<600 where rollout?.phase.isOver == false && failures.isEmpty {
            now = now + .seconds(600)
            for index in nodes.indices where nodes[index].isBusy { occupy(NodeID(index)) }
            byPeople()
            for member in rollout?.members ?? [] {
                let order = desk.engine[member.node]?.restack
                if order?.phase == .installed,
                    let stack = (order?.stack).flatMap({ desk.stacks[$0] })
                {
                    install(member.node, String(stack.name.dropFirst()))
                }
                if desk.engine[member.node]?.track.held == .noProof {
                    tell(.engine(.stated(member.node, .test)))
                }
            }
            for breaker in desk.engine.breakers.tripped {
                tell(.engine(.resetBreaker(breaker.id)))
            }
            while let last = pending.indices.last { answer(last) }
            tell(.engine(.wake(token: 0)))
        }
        if let rollout, !rollout.phase.isOver {
            let steps = rollout.members.map { "\($0.node) \($0.step) \($0.note)" }
            fail("it never ends: \(rollout.phase), \(steps)")
        }
    }
}
