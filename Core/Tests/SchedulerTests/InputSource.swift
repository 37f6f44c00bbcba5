import FleetModel

@testable import Scheduler

/// Draws inputs that mostly make sense, from what the engine asked for so far.
struct InputSource {
    /// An input with its time.
    struct Step {
        var at: Instant
        var input: Input
    }

    private(set) var world: SmallWorld
    private var random: SplitMix
    private let isHostile: Bool
    private var now = Instant.zero
    private var nextJob = 0
    private var running: [(job: JobID, attempt: Attempt)] = []
    private var stopping: [(job: JobID, attempt: Attempt)] = []
    private var shrinking: [(job: JobID, attempt: Attempt, resize: Resize)] = []
    private var timers: [(at: Instant, token: Int64)] = []
    private var absent: [NodeSpec] = []
    private var present: [NodeSpec]
    private var prelude: [Input]

    /// Draws from a seed; a hostile source also sends what no driver should.
    init(seed: UInt64, hostile: Bool, roles: Bool) {
        world = SmallWorld(seed: seed, roles: roles)
        random = SplitMix(seed: SplitMix.mix(seed &+ 77))
        isHostile = hostile
        present = world.nodes
        prelude = [.addNodes(world.nodes), .setTenants(world.tenants)]
    }

    /// The next input.
    mutating func next() -> Step {
        if let input = prelude.popLast() { return Step(at: now, input: input) }
        let later = now + TimeSpan(nanoseconds: Int64(random.below(3_000_000_000)) + 1)
        if let due = timers.indices.min(by: { timers[$0].at < timers[$1].at }),
            timers[due].at <= later
        {
            let timer = timers.remove(at: due)
            now = max(now, timer.at)
            return Step(at: now, input: .wake(token: timer.token))
        }
        now = later
        if isHostile, random.below(8) == 0 {
            let back = TimeSpan(nanoseconds: -Int64(random.below(2_000_000_000)))
            return Step(at: random.below(4) == 0 ? now + back : now, input: hostileInput())
        }
        return Step(at: now, input: sensibleInput())
    }

    /// Takes note of what the engine asked for.
    mutating func note(_ directives: [Directive]) {
        for directive in directives {
            switch directive {
            case .start(let job, let attempt, _): running.append((job, attempt))
            case .stop(let job, let attempt, _):
                running.removeAll { $0.job == job }
                stopping.append((job, attempt))
            case .end(let job, _), .requeue(let job, _, _):
                running.removeAll { $0.job == job }
                stopping.removeAll { $0.job == job }
                shrinking.removeAll { $0.job == job }
            case .wake(let at, let token): timers.append((at, token))
            case .shrink(let job, let attempt, let resize, _):
                shrinking.append((job, attempt, resize))
            case .wait, .reject, .grow, .estimate: break
            }
        }
    }

    private mutating func sensibleInput() -> Input {
        switch random.below(100) {
        case 0..<34: return submission()
        case 34..<50: if let pick = pick(running) { return .finish(pick.job, pick.attempt) }
        case 50..<56: if let pick = pick(running) { return failure(pick.job, pick.attempt) }
        case 56..<58: if let pick = pick(running) { return .checkpointed(pick.job, pick.attempt) }
        case 58..<62: if let pick = pick(running) { return .confirmStart(pick.job, pick.attempt) }
        case 62..<66 where !shrinking.isEmpty:
            let pick = shrinking.remove(at: random.below(shrinking.count))
            return .confirmShrink(pick.job, pick.attempt, pick.resize)
        case 62..<74: if let pick = pick(stopping) { return .confirmStop(pick.job, pick.attempt) }
        case 74..<77: return .cancel(anyJob())
        case 77..<80: return .hold(anyJob())
        case 80..<84: return .release(anyJob())
        default: return nodeInput()
        }
        return submission()
    }

    private mutating func failure(_ job: JobID, _ attempt: Attempt) -> Input {
        let cause = FailureCause.allCases[random.below(FailureCause.allCases.count)]
        guard random.below(2) == 0 else { return .fail(job, attempt, cause) }
        let suspect = world.nodes[random.below(world.nodes.count)].id
        return .failOn(job, attempt, cause, suspect: suspect)
    }

    private mutating func nodeInput() -> Input {
        let node = world.nodes[random.below(world.nodes.count)].id
        switch random.below(9) {
        case 0: return .drain(node)
        case 8:
            let span = TimeSpan(nanoseconds: Int64(random.below(12) - 2) * 1_000_000_000)
            return .drainBy(node, deadline: now + span)
        case 1, 2: return .resume(node)
        case 3: return .setDeviceHealth(node, unhealthy: UInt64(random.below(16)))
        case 4: return .setDeviceHealth(node, unhealthy: 0)
        case 5:
            let leaving = (0...random.below(2)).compactMap { _ in
                present.isEmpty ? nil : present.remove(at: random.below(present.count))
            }
            absent += leaving
            return .removeNodes(leaving.map(\.id))
        default:
            defer { (present, absent) = (present + absent, []) }
            return .addNodes(absent)
        }
    }

    private mutating func hostileInput() -> Input {
        let stale = Attempt(Int32(random.below(4)) - 1)
        switch random.below(16) {
        case 0: return .finish(anyJob(), stale)
        case 1: return .fail(anyJob(), stale, .application)
        case 2: return .confirmStop(anyJob(), stale)
        case 3: return .confirmStart(anyJob(), stale)
        case 4: return .wake(token: Int64(bitPattern: random.next() >> 27))
        case 5: return .addNodes([changedNode()])
        case 6: return .drain(NodeID(rawValue: Int32(random.below(30)) - 5))
        case 7: return .removeNodes([NodeID(rawValue: -1), NodeID(40), NodeID(40)])
        case 8: return .setTenants(changedTenants())
        case 9: return .submit(malformedJob())
        case 10: return .expectWorkload(expectation())
        case 11: return .confirmShrink(anyJob(), stale, Resize(Int32(random.below(4)) - 1))
        case 12: return .checkpointed(anyJob(), stale)
        case 13:
            let suspect = NodeID(rawValue: Int32(random.below(30)) - 5)
            return .failOn(anyJob(), stale, .node, suspect: suspect)
        case 14:
            let deadline = Instant(nanoseconds: [.min, -1, 0, .max][random.below(4)])
            return .drainBy(NodeID(rawValue: Int32(random.below(30)) - 5), deadline: deadline)
        default: return .setDeviceHealth(NodeID(random.below(14)), unhealthy: .max)
        }
    }

    /// A node as it may come back: with other devices, in another pool, or broken.
    private mutating func changedNode() -> NodeSpec {
        let known = absent.isEmpty ? world.nodes : absent
        var node = known[random.below(known.count)]
        switch random.below(8) {
        case 0: node.devices += 1
        case 1: node.domains.append(DomainID(0))
        case 2: node.kind = nil
        case 3: node.host = HostResources(cpuMilli: 10)
        case 4: node.host.memoryMiB = .max
        case 5: node.pool = PoolID(rawValue: 64)
        case 6: node.kind = AcceleratorKindID(rawValue: 70)
        default: node.unhealthyDevices = 1
        }
        return node
    }

    private mutating func changedTenants() -> [TenantSpec] {
        var tenants = world.makeTenants()
        switch random.below(8) {
        case 0: tenants[0].parent = TenantID(rawValue: -3)
        case 1: tenants[0].parent = tenants[0].id
        case 2: tenants.append(tenants[0])
        case 3:
            let huge = QuotaSpec(
                kind: AcceleratorKindID(0), guaranteedMilli: .max, lendableMilli: 0)
            for index in tenants.indices { tenants[index].quotas = [huge] }
        case 4: tenants.removeLast()
        default: break
        }
        return tenants
    }

    private mutating func malformedJob() -> JobSpec {
        var spec = world.makeJob(id: JobID(nextJob), at: now)
        switch random.below(12) {
        case 0: spec = world.makeJob(id: JobID(0), at: now)
        case 1: spec.tenant = TenantID(rawValue: Int32(random.below(30)) - 10)
        case 2: spec.roles = []
        case 3: spec.roles[0].minimum = -1
        case 4: spec.roles[0].maximum = .max
        case 5: spec.roles[0].request.devices = 65
        case 6: spec.roles[0].request.deviceMilli = 0
        case 7: spec.pools = PoolSet(bits: 0)
        case 8: spec.topology.preference = .required(LevelIndex(9))
        case 9: spec.topology.slice = TopologySlice(members: 0, level: LevelIndex(0))
        case 10: spec.retries.counts = [1]
        default: spec.dependencies = [Dependency(job: JobID(nextJob))]
        }
        return spec
    }

    private mutating func expectation() -> [WorkloadClass] {
        (0..<random.below(4)).map { _ in
            WorkloadClass(
                request: MemberRequest(devices: Int32(random.below(3))), accelerators: .all,
                weight: Int64(random.below(5)))
        }
    }

    private mutating func submission() -> Input {
        nextJob += 1
        return .submit(world.makeJob(id: JobID(nextJob - 1), at: now))
    }

    private mutating func anyJob() -> JobID { JobID(random.below(nextJob + 1)) }

    private mutating func pick(
        _ list: [(job: JobID, attempt: Attempt)]
    ) -> (job: JobID, attempt: Attempt)? {
        list.isEmpty ? nil : list[random.below(list.count)]
    }
}
