import FleetModel
import Journal

/// Makes inputs with every field at random, extremes more often than chance would have them.
struct RandomInputs {
    private var random: SplitMix

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    static let kinds = 28

    mutating func below(_ bound: Int) -> Int { random.below(bound) }

    mutating func word() -> UInt64 {
        switch random.below(6) {
        case 0: 0
        case 1: .max
        case 2: 1 << UInt64(random.below(64))
        default: random.next() >> UInt64(random.below(64))
        }
    }

    mutating func header() -> JournalHeader {
        let count = random.below(FleetLimits.topologyLevels)
        let levels = (0..<count).map { _ in TopologyLevel(name: name(), label: name()) }
        return JournalHeader(
            topology: Topology(levels: levels + [TopologyLevel(name: "host", label: name())]),
            policy: Policy(
                queueOrder: QueueOrder.allCases[random.below(QueueOrder.allCases.count)],
                placement: PlacementRule.allCases[random.below(PlacementRule.allCases.count)],
                seed: word(), usageHalfLife: span(), entryPenalty: span(),
                backfillDepth: int32(), domainTries: int32(), shapeIndexes: int32(),
                timeline: timeline()))
    }

    private mutating func timeline() -> TimelinePolicy {
        TimelinePolicy(
            learnsDurations: coin(), reservationsPerTenant: int32(), reservations: int32(),
            preempts: coin(), consolidates: coin(), youngSpan: span(), veteranSpan: span(),
            youngWait: span(), minimumRunTime: span(), lossPercent: int32(),
            gangPatience: span(), singlePatience: span(), overdueGangPercent: int32(),
            overdueSinglePercent: int32(), overdueRunTime: span(), graceTime: span(),
            cheapRestart: span(), evictionsPerJob: int32(), victimSteps: int32(),
            promptSteps: int32(), reviewPeriod: span(), estimatePeriod: span())
    }

    mutating func input(kind: Int) -> Input {
        switch kind {
        case 0: .addNodes(some(4) { $0.node() })
        case 1: .removeNodes(some(5) { $0.id() })
        case 2: .drain(id())
        case 3: .resume(id())
        case 4: .setDeviceHealth(id(), unhealthy: word())
        case 5: .setTenants(some(4) { $0.tenant() })
        case 6: .submit(job())
        case 7: .cancel(id())
        case 8: .hold(id())
        case 9: .release(id())
        case 10: .confirmStart(id(), Attempt(int32()))
        case 11: .confirmStop(id(), Attempt(int32()))
        case 12: .finish(id(), Attempt(int32()))
        case 13: .fail(id(), Attempt(int32()), cause())
        case 14: .wake(token: int64())
        case 15: .expectWorkload(some(4) { $0.workloadClass() })
        case 16: .drainBy(id(), deadline: instant())
        case 17: .failOn(id(), Attempt(int32()), cause(), suspect: id())
        case 18: .checkpointed(id(), Attempt(int32()))
        case 19: .updateNodes(some(4) { $0.node() })
        case 20: .setRule(id(), nodes: some(5) { $0.id() })
        case 21:
            .adopt(
                job(), Attempt(int32()),
                some(5) {
                    MemberPlacement(node: $0.id(), role: $0.int32(), devices: $0.word())
                })
        case 24:
            .replace(
                some(3) { $0.id() }, job(), Attempt(int32()),
                some(5) {
                    MemberPlacement(node: $0.id(), role: $0.int32(), devices: $0.word())
                })
        case 22: .preferNodes(id(), nodes: some(5) { $0.id() })
        case 23:
            .keepSpares(
                some(5) { $0.id() },
                gangs: some(3) { SpareGangs(pool: $0.smallID(), leastMilli: $0.int64()) })
        case 25: .resubmit(job(), suspects: some(5) { $0.id() })
        case 26: .suspect(id(), id())
        default: .confirmShrink(id(), Attempt(int32()), Resize(int32()))
        }
    }

    mutating func instant() -> Instant { Instant(nanoseconds: int64()) }

    mutating func job() -> JobSpec {
        var job = JobSpec(id: id(), tenant: id(), roles: some(4) { $0.role() })
        job.priority = int32()
        job.preemptible = coin()
        job.topology = TopologyConstraint(
            preference: preference(),
            slice: coin() ? TopologySlice(members: int32(), level: level()) : nil)
        job.pools = PoolSet(bits: word())
        job.timeLimit = coin() ? span() : nil
        job.expectedDuration = coin() ? span() : nil
        job.checkpointPeriod = coin() ? span() : nil
        job.restartCost = span()
        job.minimumRunTime = span()
        for cause in FailureCause.allCases { job.retries[cause] = int32() }
        job.dependencies = some(4) { Dependency(job: $0.id(), mustSucceed: $0.coin()) }
        job.held = coin()
        job.notBefore = coin() ? instant() : nil
        job.family = coin() ? id() : nil
        return job
    }

    private mutating func cause() -> FailureCause {
        FailureCause.allCases[random.below(FailureCause.allCases.count)]
    }

    private mutating func coin() -> Bool { random.below(2) == 0 }

    private mutating func int64() -> Int64 {
        switch random.below(8) {
        case 0: .min
        case 1: .max
        default: Int64(bitPattern: word()) &* (coin() ? 1 : -1)
        }
    }

    mutating func int32() -> Int32 {
        switch random.below(8) {
        case 0: .min
        case 1: .max
        default: Int32(truncatingIfNeeded: int64())
        }
    }

    private mutating func span() -> TimeSpan { TimeSpan(nanoseconds: int64()) }

    private mutating func id<ID: DenseID>() -> ID { ID(rawValue: int32() & .max) }

    private mutating func smallID<ID: DenseID>() -> ID { ID(random.below(64)) }

    private mutating func level() -> LevelIndex { LevelIndex(random.below(256)) }

    private mutating func name() -> String {
        let alphabet = ["a", "rack", "/", "é", "e\u{301}", "\u{1F680}", "\0", "node.io/x-1"]
        return some(6) { alphabet[$0.random.below(alphabet.count)] }.joined()
    }

    private mutating func some<T>(_ most: Int, _ make: (inout RandomInputs) -> T) -> [T] {
        (0..<random.below(most + 1)).map { _ in make(&self) }
    }

    private mutating func host() -> HostResources {
        var host = HostResources(
            cpuMilli: int64(), memoryMiB: int64(), diskMiB: int64(), nics: int64())
        if random.below(2) == 0 {
            host.slots = int64()
            host.exclusives = Exclusives(
                ones: UInt64(bitPattern: int64()), signs: UInt64(bitPattern: int64()))
        }
        if random.below(16) == 0 { host.nics = .min }
        return host
    }

    private mutating func request() -> MemberRequest {
        var request = MemberRequest(devices: int32(), host: host())
        request.deviceMilli = int32()
        return request
    }

    private mutating func node() -> NodeSpec {
        NodeSpec(
            id: id(), pool: smallID(), kind: coin() ? smallID() : nil,
            devices: Int32(random.below(65)), unhealthyDevices: word(), host: host(),
            domains: some(5) { $0.id() })
    }

    private mutating func tenant() -> TenantSpec {
        TenantSpec(
            id: id(), parent: coin() ? id() : nil,
            quotas: some(3) {
                QuotaSpec(
                    kind: $0.smallID(), guaranteedMilli: $0.int64(),
                    limitMilli: $0.coin() ? $0.int64() : nil,
                    lendableMilli: $0.coin() ? $0.int64() : nil, weight: $0.int64())
            },
            cells: some(3) {
                CellQuota(kind: $0.smallID(), level: $0.level(), count: $0.int32())
            })
    }

    private mutating func role() -> RoleSpec {
        RoleSpec(
            count: int32(), maximum: int32(), request: request(),
            accelerators: AcceleratorKindSet(bits: word()), rule: coin() ? id() : nil)
    }

    private mutating func workloadClass() -> WorkloadClass {
        WorkloadClass(
            request: request(), accelerators: AcceleratorKindSet(bits: word()), weight: int64())
    }

    private mutating func preference() -> TopologyPreference {
        switch random.below(5) {
        case 0: .closest
        case 1: .required(level())
        case 2: .preferred(level())
        case 3: .relaxing(level(), after: span(), then: nil)
        default: .relaxing(level(), after: span(), then: level())
        }
    }
}
