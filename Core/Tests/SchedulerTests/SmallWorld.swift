import FleetModel

/// A small random fleet with its tenants, and random jobs that nearly fit it.
struct SmallWorld {
    var random: SplitMix
    let topology: Topology
    private(set) var nodes: [NodeSpec] = []
    private(set) var tenants: [TenantSpec] = []
    private(set) var leaves: [TenantID] = []
    private let kinds: Int
    private let pools: Int
    private let hasRoles: Bool
    private let hasHost: Bool
    private var submitted: [JobID] = []

    /// Draws a world; with `roles`, some jobs have several roles.
    init(seed: UInt64, roles: Bool) {
        random = SplitMix(seed: seed)
        hasRoles = roles
        topology = Topology(
            levels: ["zone", "spine", "leaf"].suffix(random.below(4))
                .map { TopologyLevel(name: $0) })
        kinds = 1 + random.below(2)
        pools = 1 + random.below(2)
        hasHost = random.below(3) == 0
        makeNodes()
        tenants = makeTenants()
        leaves = SmallWorld.leaves(of: tenants)
    }

    /// Tenants without children.
    static func leaves(of tenants: [TenantSpec]) -> [TenantID] {
        tenants.map(\.id).filter { id in !tenants.contains { $0.parent == id } }
    }

    private mutating func makeNodes() {
        let groups = topology.levels.map { _ in 1 + random.below(3) }
        let usual = 1 + random.below(4)
        for node in 0..<(1 + random.below(12)) {
            var domains: [DomainID] = []
            var index = node
            for level in (0..<topology.domainLevelCount).reversed() {
                index /= groups[level]
                domains.insert(DomainID(100 * level + index), at: 0)
            }
            let devices = random.below(4) == 0 ? random.below(5) : usual
            let host = HostResources(
                cpuMilli: hasHost ? 1000 * Int64(1 + random.below(8)) : 64_000,
                memoryMiB: hasHost ? 1024 * Int64(1 + random.below(8)) : 65_536, nics: 4,
                slots: hasHost ? Int64(1 + random.below(8)) : 0,
                exclusives: hasHost ? .all : .none)
            nodes.append(
                NodeSpec(
                    id: NodeID(node), pool: PoolID(random.below(pools)),
                    kind: devices == 0 ? nil : AcceleratorKindID(random.below(kinds)),
                    devices: Int32(devices),
                    unhealthyDevices: random.below(8) == 0 ? UInt64(random.below(16)) : 0,
                    host: host, domains: domains))
        }
    }

    /// A quota tree of one to six tenants with limits, guarantees and lending.
    mutating func makeTenants() -> [TenantSpec] {
        let total = nodes.reduce(0) { $0 + Int($1.devices) }
        var result: [TenantSpec] = []
        for id in 0..<(1 + random.below(6)) {
            var spec = TenantSpec(id: TenantID(id))
            if id > 1, random.below(2) == 0 { spec.parent = TenantID(random.below(2)) }
            for kind in 0..<kinds where random.below(2) == 0 {
                let guaranteed = 500 * Int64(random.below(total + 1))
                let isLimited = random.below(2) == 0
                let isKept = random.below(2) == 0
                spec.quotas.append(
                    QuotaSpec(
                        kind: AcceleratorKindID(kind), guaranteedMilli: guaranteed,
                        limitMilli: isLimited ? guaranteed + 500 * Int64(random.below(8)) : nil,
                        lendableMilli: isKept ? guaranteed / 2 : nil,
                        weight: Int64(1 + random.below(3))))
            }
            if hasRoles, random.below(4) == 0 {
                spec.cells = [
                    CellQuota(
                        kind: AcceleratorKindID(random.below(kinds)), level: makeLevel(),
                        count: Int32(random.below(3)))
                ]
            }
            result.append(spec)
        }
        return result
    }

    /// A timeline in the seconds that jobs of this world run, and not in hours.
    mutating func makeTimeline() -> TimelinePolicy {
        let young = span()
        return TimelinePolicy(
            reservationsPerTenant: Int32(random.below(4)),
            reservations: [0, 1, 3, 64][random.below(4)], preempts: random.below(4) > 0,
            consolidates: random.below(4) > 0, youngSpan: young, veteranSpan: young + span(),
            youngWait: span(), minimumRunTime: span(), lossPercent: [0, 10, 100][random.below(3)],
            gangPatience: span(), singlePatience: span(), overdueRunTime: span(),
            graceTime: span(), cheapRestart: span(),
            evictionsPerJob: [0, 1, 2, 16][random.below(4)],
            victimSteps: [0, 5, 100, 20_000][random.below(4)],
            promptSteps: [0, 20, 8_192][random.below(3)],
            reviewPeriod: .seconds([1, 5, 30][random.below(3)]), estimatePeriod: span())
    }

    private mutating func span() -> TimeSpan { .seconds([0, 1, 5, 30][random.below(4)]) }

    /// A job with the next id.
    mutating func makeJob(id: JobID, at now: Instant) -> JobSpec {
        var roles = [makeRole()]
        if hasRoles { while random.below(4) == 0 { roles.append(makeRole()) } }
        var spec = JobSpec(
            id: id, tenant: leaves[random.below(leaves.count)],
            priority: Int32(random.below(4) == 0 ? random.below(3) : 0), roles: roles,
            retries: RetryLimits(
                application: Int32(random.below(3)), infrastructure: Int32(1 + random.below(4))))
        if random.below(4) == 0 { spec.pools = PoolSet(bits: UInt64(1 + random.below(3))) }
        if topology.domainLevelCount > 0 || random.below(6) == 0 {
            spec.topology.preference = makePreference()
        }
        if random.below(4) == 0 {
            let size = Int32(1 + random.below(3))
            spec.topology.slice = TopologySlice(members: size, level: makeLevel())
            for role in spec.roles.indices {
                let groups = 1 + spec.roles[role].minimum / size
                spec.roles[role].minimum = groups * size
                spec.roles[role].maximum = max(spec.roles[role].maximum, groups * size)
            }
        }
        addLifecycle(to: &spec, at: now)
        submitted.append(id)
        return spec
    }

    private mutating func addLifecycle(to spec: inout JobSpec, at now: Instant) {
        spec.preemptible = random.below(2) == 0
        if random.below(2) == 0 { spec.family = FamilyID(random.below(4)) }
        if random.below(2) == 0 { spec.checkpointPeriod = .seconds(Int64(1 + random.below(10))) }
        if random.below(3) == 0 { spec.restartCost = .seconds(Int64(random.below(5))) }
        if random.below(4) == 0 { spec.minimumRunTime = .seconds(Int64(random.below(10))) }
        spec.held = random.below(12) == 0
        if random.below(10) == 0 { spec.timeLimit = .seconds(Int64(1 + random.below(30))) }
        if random.below(2) == 0 { spec.expectedDuration = .seconds(Int64(1 + random.below(30))) }
        if random.below(15) == 0 {
            // The job's own nanoseconds make every start time one of a kind.
            let span = TimeSpan(
                nanoseconds: Int64(random.below(20)) * 1_000_000_000 + Int64(spec.id.rawValue))
            spec.notBefore = now + span
        }
        while !submitted.isEmpty, random.below(8) == 0 {
            let job = submitted[random.below(submitted.count)]
            spec.dependencies.append(Dependency(job: job, mustSucceed: random.below(2) == 0))
        }
    }

    private mutating func makeRole() -> RoleSpec {
        var request = MemberRequest(devices: Int32(random.below(4)))
        if random.below(3) == 0 {
            request = MemberRequest(
                devices: 1, deviceMilli: [250, 300, 500, 700, 1][random.below(5)])
        } else if random.below(3) > 0, request.devices == 0 {
            request.devices = 1
        }
        if hasHost || request.devices == 0 {
            request.host.cpuMilli = 500 * Int64(random.below(5))
            request.host.memoryMiB = 512 * Int64(random.below(4))
            request.host.nics = Int64(random.below(2))
            if hasHost {
                request.host.slots = Int64(random.below(2))
                request.host.exclusives = Exclusives(UInt64(max(0, random.below(16) - 12)))
            }
        }
        let count = Int32(1 + random.below(random.below(4) == 0 ? 12 : 4))
        var role = RoleSpec(count: count, request: request)
        if random.below(4) == 0 { role.maximum += Int32(random.below(5)) }
        if random.below(2) == 0 {
            role.accelerators = AcceleratorKindSet(bits: UInt64(1 + random.below(3)))
        }
        return role
    }

    private mutating func makeLevel() -> LevelIndex {
        LevelIndex(random.below(topology.levels.count))
    }

    private mutating func makePreference() -> TopologyPreference {
        switch random.below(6) {
        case 0, 1: return .closest
        case 2, 3: return .required(makeLevel())
        case 4: return .preferred(makeLevel())
        default:
            let level = makeLevel()
            let then = random.below(level.index + 2) - 1
            return .relaxing(
                level, after: .seconds(Int64(1 + random.below(20))),
                then: then < 0 ? nil : LevelIndex(then))
        }
    }
}
