import FleetModel

/// Draws jobs that nearly fit a fleet.
struct JobSource {
    private var random: SplitMix
    private let topology: Topology
    private let unitSeconds: Int64
    private let hasHost: Bool
    private let kinds: Int
    private let leaves: [TenantID]
    private let largest: Int
    private let devices: Int
    private var submitted: [JobID] = []

    /// Draws for a fleet.
    init(seed: UInt64, fleet: FleetSource) {
        random = SplitMix(seed: seed)
        topology = fleet.setup.topology
        unitSeconds = fleet.unitSeconds
        hasHost = fleet.hasHost
        kinds = fleet.kinds
        leaves = fleet.leaves
        devices = fleet.nodes.map { Int($0.devices) }.max() ?? 0
        largest = max(1, fleet.nodes.count)
    }

    /// A job with this id.
    mutating func next(id: JobID, at now: Instant) -> JobSpec {
        var roles = [makeRole()]
        while random.below(6) == 0 { roles.append(makeRole()) }
        var spec = JobSpec(
            id: id, tenant: leaves[random.below(leaves.count)],
            priority: Int32(random.below(4) == 0 ? random.below(3) : 0),
            preemptible: random.below(2) == 0, roles: roles,
            retries: RetryLimits(
                application: Int32(random.below(3)), infrastructure: Int32(random.below(8))))
        if random.below(6) == 0 { spec.pools = PoolSet(bits: UInt64(1 + random.below(3))) }
        if topology.domainLevelCount > 0 || random.below(6) == 0 {
            spec.topology.preference = makePreference()
        }
        if random.below(6) == 0 {
            let size = Int32(1 + random.below(3))
            spec.topology.slice = TopologySlice(members: size, level: makeLevel())
            for role in spec.roles.indices {
                let groups = 1 + spec.roles[role].minimum / size
                spec.roles[role].minimum = groups * size
                spec.roles[role].maximum = max(spec.roles[role].maximum, groups * size)
            }
        }
        addTimes(to: &spec)
        addConditions(to: &spec, at: now)
        submitted.append(id)
        return spec
    }

    private mutating func addTimes(to spec: inout JobSpec) {
        if random.below(10) == 0 { spec.timeLimit = span(longest: 30) }
        if random.below(2) == 0 { spec.expectedDuration = span(longest: 40) }
        if random.below(2) == 0 { spec.family = FamilyID(random.below(4)) }
        if random.below(3) == 0 { spec.checkpointPeriod = span(longest: 20) }
        if random.below(3) == 0 { spec.restartCost = span(longest: 10) }
        if random.below(5) == 0 { spec.minimumRunTime = span(longest: 20) }
    }

    private mutating func addConditions(to spec: inout JobSpec, at now: Instant) {
        spec.held = random.below(20) == 0
        if random.below(20) == 0 {
            // The job's own nanoseconds make every start time one of a kind.
            spec.notBefore = now + span(longest: 20)
            spec.notBefore?.nanoseconds += Int64(spec.id.rawValue)
        }
        while !submitted.isEmpty, random.below(12) == 0 {
            let recent = min(submitted.count, 30)
            let job = submitted[submitted.count - 1 - random.below(recent)]
            spec.dependencies.append(Dependency(job: job, mustSucceed: random.below(2) == 0))
        }
    }

    private mutating func span(longest units: Int) -> TimeSpan {
        .seconds(unitSeconds * Int64(1 + random.below(units)))
    }

    private mutating func makeRole() -> RoleSpec {
        var request = MemberRequest(devices: Int32(1 + random.below(max(1, devices))))
        switch random.below(8) {
        case 0:
            request = MemberRequest(
                devices: 1, deviceMilli: [250, 300, 500, 700, 1][random.below(5)])
        case 1: request.devices = 0
        case 2: request.devices = Int32(devices)
        case 3, 4: request.devices = 1
        default: break
        }
        if hasHost || request.devices == 0 {
            request.host.cpuMilli = 500 * Int64(random.below(5))
            request.host.memoryMiB = 512 * Int64(random.below(4))
            request.host.nics = Int64(random.below(2))
        }
        let most = random.below(4) == 0 ? largest : 3
        var role = RoleSpec(count: Int32(1 + random.below(most)), request: request)
        if random.below(3) == 0 { role.maximum += Int32(random.below(6)) }
        if random.below(12) == 0 { role.minimum = min(role.minimum, 1) }
        if random.below(4) == 0 {
            role.accelerators = AcceleratorKindSet(bits: UInt64(1 + random.below(1 << kinds)))
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
                level, after: span(longest: 20), then: then < 0 ? nil : LevelIndex(then))
        }
    }
}
