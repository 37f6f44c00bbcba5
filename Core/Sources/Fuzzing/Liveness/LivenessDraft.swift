import FleetModel

/// Draws the parts of a liveness plan.
struct LivenessDraft {
    private var random: SplitMix
    let setup: FuzzSetup
    let longest: TimeSpan
    let delay: TimeSpan
    let largeMembers: Int
    private(set) var nodes: [NodeSpec] = []
    private(set) var tenants: [TenantSpec] = []
    private(set) var items: [LivenessPlan.Item] = []
    private let perNode: Int
    private let hasQuotas: Bool
    private let knowledge: Knowledge
    private var nextJob = 0

    /// What is said of run times.
    private enum Knowledge { case exact, none, over, wrong }

    /// The longest run in nanoseconds.
    private var day: Int { Int(longest.nanoseconds) }

    init(seed: UInt64, order: QueueOrder?) {
        random = SplitMix(seed: SplitMix.mix(seed &+ 9))
        longest = .seconds(Int64([60, 600, 7200][random.below(3)]))
        delay = TimeSpan(nanoseconds: longest.nanoseconds / 50)
        let orders = LivenessPlan.orders
        let drawn = orders[random.below(orders.count)]
        let all: [Knowledge] = [.exact, .none, .over, .wrong]
        let known = all[random.below(4)]
        // A strict queue trusts what it is told: who ends later than declared delays its head.
        let order = order ?? drawn
        knowledge = order == .easy && known == .wrong ? .exact : known
        let part = TimeSpan(nanoseconds: longest.nanoseconds / 4)
        let patience = longest.nanoseconds * Int64([1, 4][random.below(2)])
        let timeline = TimelinePolicy(
            learnsDurations: random.below(2) == 0,
            reservationsPerTenant: [1, 4][random.below(2)], preempts: random.below(2) == 0,
            consolidates: random.below(2) == 0, youngSpan: [.zero, part][random.below(2)],
            veteranSpan: part + part, youngWait: [.zero, part][random.below(2)],
            minimumRunTime: [.zero, part][random.below(2)],
            gangPatience: TimeSpan(nanoseconds: patience),
            singlePatience: TimeSpan(nanoseconds: patience), overdueRunTime: part,
            graceTime: [.zero, part][random.below(2)], cheapRestart: part,
            evictionsPerJob: [0, 2, 16][random.below(3)], reviewPeriod: part)
        let levels = random.below(2) == 0 ? [] : [TopologyLevel(name: "leaf")]
        setup = FuzzSetup(
            topology: Topology(levels: levels),
            policy: Policy(queueOrder: order, timeline: timeline))
        perNode = [1, 2, 4, 8][random.below(4)]
        hasQuotas = random.below(2) == 0
        largeMembers = 2 + random.below(3)
        let count = largeMembers * (1 + random.below(3))
        for node in 0..<count {
            nodes.append(
                NodeSpec(
                    id: NodeID(node), pool: PoolID(0), kind: AcceleratorKindID(0),
                    devices: Int32(perNode), host: FleetDefinition.commonHost,
                    domains: levels.isEmpty ? [] : [DomainID(node / largeMembers)]))
        }
        // With quotas a gang must fit into what its tenant is sure of.
        let leaves = 1 + random.below(hasQuotas ? max(1, count / largeMembers) : 4)
        for leaf in 0..<leaves {
            let sure = Int64(count / leaves * perNode) * 1000
            tenants.append(
                TenantSpec(
                    id: TenantID(leaf),
                    quotas: hasQuotas
                        ? [QuotaSpec(kind: AcceleratorKindID(0), guaranteedMilli: sure)] : []))
        }
    }

    /// Draws the stream, the gangs and the outages.
    mutating func fill() {
        let devices = nodes.count * perNode
        let horizon = Int64(24 * day)
        // On average a job has a device and a half and runs for half of the longest time.
        let gap = day * 3 / 4 * 10 / (devices * (8 + random.below(6)))
        var at: Int64 = 0
        while at < horizon, nextJob < 900 {
            at += Int64(random.below(2 * gap) + 1)
            add(small(), at: at)
        }
        for _ in 0..<(1 + random.below(3)) { add(large(), at: Int64(random.below(3 * day))) }
        guard random.below(2) == 0 else { return }
        for _ in 0..<(1 + random.below(3)) { addOutage(at: Int64(random.below(10 * day))) }
    }

    private mutating func add(_ spec: JobSpec, at time: Int64) {
        var spec = spec
        let tenths = day / 100_000_000
        let run = TimeSpan(
            nanoseconds: 100_000_000 * Int64(tenths / 10 + random.below(tenths - tenths / 10)))
        switch knowledge {
        case .exact: spec.expectedDuration = run + delay
        case .none: break
        case .over:
            spec.expectedDuration =
                TimeSpan(
                    nanoseconds: min(longest.nanoseconds, run.nanoseconds * 2)) + delay
        case .wrong:
            spec.expectedDuration = TimeSpan(
                nanoseconds: 100_000_000 * Int64(1 + random.below(tenths)))
        }
        if random.below(2) == 0 { spec.family = FamilyID(random.below(3)) }
        items.append(
            LivenessPlan.Item(
                at: Instant(nanoseconds: time / 1_000_000 * 1_000_000),
                event: .arrival(spec, run: run)))
    }

    private mutating func small() -> JobSpec {
        let devices = 1 + (perNode > 1 ? random.below(2) : 0)
        var role = RoleSpec(count: 1, request: MemberRequest(devices: Int32(devices)))
        if random.below(8) == 0 { role.maximum = 2 }
        return job(role)
    }

    private mutating func large() -> JobSpec {
        let leaves = hasQuotas ? tenants.count : 1
        let most = nodes.count / leaves
        let members = largeMembers + random.below(max(1, most - largeMembers + 1))
        var spec = job(
            RoleSpec(
                count: Int32(members), request: MemberRequest(devices: Int32(perNode))))
        if setup.topology.domainLevelCount > 0, members == largeMembers, random.below(2) == 0 {
            spec.topology.preference = .required(LevelIndex(0))
        }
        return spec
    }

    private mutating func job(_ role: RoleSpec) -> JobSpec {
        defer { nextJob += 1 }
        var spec = JobSpec(
            id: JobID(nextJob), tenant: TenantID(random.below(tenants.count)),
            preemptible: random.below(2) == 0, roles: [role],
            retries: RetryLimits(infrastructure: 100))
        if random.below(2) == 0 {
            spec.checkpointPeriod = TimeSpan(nanoseconds: Int64(day / 8))
            spec.restartCost = TimeSpan(nanoseconds: Int64(day / 40))
        }
        return spec
    }

    private mutating func addOutage(at time: Int64) {
        let node = nodes[random.below(nodes.count)]
        let start = Instant(nanoseconds: time)
        let end = start + TimeSpan(nanoseconds: Int64(1 + random.below(day / 2)))
        let (down, up): (Input, Input) =
            switch random.below(4) {
            case 0: (.drain(node.id), .resume(node.id))
            case 1: (.drainBy(node.id, deadline: start + delay), .resume(node.id))
            case 2:
                (
                    .setDeviceHealth(node.id, unhealthy: 1),
                    .setDeviceHealth(node.id, unhealthy: 0)
                )
            default: (.removeNodes([node.id]), .addNodes([node]))
            }
        items.append(LivenessPlan.Item(at: start, event: .outage(down)))
        items.append(LivenessPlan.Item(at: end, event: .repair(up)))
    }
}
