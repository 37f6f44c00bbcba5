import FleetModel

/// A random fleet with its tenants and a policy: what a case begins with.
struct FleetSource {
    private var random: SplitMix
    /// The unit of time that everything in the case is drawn around.
    let unitSeconds: Int64
    let isLarge: Bool
    private(set) var setup: FuzzSetup
    private(set) var nodes: [NodeSpec] = []
    private(set) var tenants: [TenantSpec] = []
    let kinds: Int
    let pools: Int
    let hasHost: Bool

    /// Draws a fleet; `order` sets the queue order.
    init(seed: UInt64, order: QueueOrder?) {
        random = SplitMix(seed: seed)
        isLarge = random.below(16) == 0
        unitSeconds = [1, 10, 60, 600][random.below(4)]
        kinds = 1 + random.below(3) / 2 + random.below(6) / 5
        pools = 1 + random.below(4) / 3
        hasHost = random.below(3) == 0
        let names = ["zone", "spine", "leaf"].suffix(random.below(4))
        setup = FuzzSetup(
            topology: Topology(levels: names.map { TopologyLevel(name: $0) }), policy: Policy())
        setup.policy = makePolicy()
        if let order { setup.policy.queueOrder = order }
        makeNodes()
        tenants = makeTenants(like: nil)
    }

    /// Leaves of the quota tree.
    var leaves: [TenantID] {
        tenants.map(\.id).filter { id in !tenants.contains { $0.parent == id } }
    }

    private mutating func makePolicy() -> Policy {
        let orders: [QueueOrder] = [.muster, .muster, .muster, .muster, .fair, .easy, .firstFit]
        let order = random.below(16) == 0 ? .fifo : orders[random.below(orders.count)]
        let rules = PlacementRule.allCases
        return Policy(
            queueOrder: order,
            placement: random.below(2) == 0 ? .standard : rules[random.below(rules.count)],
            seed: random.next(), usageHalfLife: .seconds(1 + Int64(random.below(604_800))),
            entryPenalty: .seconds(Int64(random.below(600))),
            backfillDepth: [0, 1, 6, 100, 5_000][random.below(5)],
            domainTries: [64, 256][random.below(2)],
            shapeIndexes: [1, 2, 8, 1024][random.below(4)], timeline: makeTimeline())
    }

    private mutating func makeTimeline() -> TimelinePolicy {
        if random.below(6) == 0 { return TimelinePolicy() }
        let young = span()
        return TimelinePolicy(
            learnsDurations: random.below(3) > 0,
            reservationsPerTenant: [0, 1, 2, 4, 64][random.below(5)],
            reservations: [0, 1, 3, 64, 1024][random.below(5)], preempts: random.below(4) > 0,
            consolidates: random.below(3) > 0, youngSpan: young, veteranSpan: young + span(),
            youngWait: span(), minimumRunTime: span(), lossPercent: [0, 10, 100][random.below(3)],
            gangPatience: span(), singlePatience: span(),
            overdueGangPercent: [0, 25, 100][random.below(3)],
            overdueSinglePercent: [0, 10, 100][random.below(3)], overdueRunTime: span(),
            graceTime: span(), cheapRestart: span(),
            evictionsPerJob: [0, 1, 2, 16][random.below(4)],
            victimSteps: [0, 1, 5, 100, 20_000][random.below(5)],
            reviewPeriod: .seconds(max(1, unitSeconds * Int64([1, 5, 30][random.below(3)]))))
    }

    private mutating func span() -> TimeSpan {
        let units = [0, 0, 1, 5, 30, 200][random.below(6)]
        return .seconds(unitSeconds * Int64(units))
    }

    private mutating func makeNodes() {
        let groups = setup.topology.levels.map { _ in 1 + random.below(3) + (isLarge ? 4 : 0) }
        let usual = [1, 2, 4, 8][random.below(4)]
        let count = isLarge ? 40 + random.below(160) : 1 + random.below(12)
        let mixed = random.below(3) == 0
        for node in 0..<count {
            var domains: [DomainID] = []
            var index = node
            for level in (0..<setup.topology.domainLevelCount).reversed() {
                index /= groups[level]
                domains.insert(DomainID(1000 * level + index), at: 0)
            }
            let devices = mixed && random.below(3) == 0 ? random.below(9) : usual
            let host = HostResources(
                cpuMilli: hasHost ? 1000 * Int64(1 + random.below(8)) : 64_000,
                memoryMiB: hasHost ? 1024 * Int64(1 + random.below(8)) : 65_536, nics: 4,
                slots: hasHost ? Int64(1 + random.below(16)) : 110, exclusives: .all)
            nodes.append(
                NodeSpec(
                    id: NodeID(node), pool: PoolID(random.below(pools)),
                    kind: devices == 0 ? nil : AcceleratorKindID(random.below(kinds)),
                    devices: Int32(devices),
                    unhealthyDevices: random.below(16) == 0 ? UInt64(random.below(16)) : 0,
                    host: host, domains: domains))
        }
    }

    /// A quota tree; the numbers of `known` drawn anew when it is given.
    mutating func makeTenants(like known: [TenantSpec]?) -> [TenantSpec] {
        let total = nodes.reduce(0) { $0 + Int($1.devices) }
        let count = known?.count ?? 1 + random.below(6)
        let plain = random.below(3) == 0
        return (0..<count).map { id in
            var spec = known?[id] ?? TenantSpec(id: TenantID(id))
            if known == nil, id > 1, random.below(2) == 0 {
                spec.parent = TenantID(random.below(2))
            }
            spec.quotas = []
            spec.cells = []
            guard !plain else { return spec }
            for kind in 0..<kinds where random.below(2) == 0 {
                let guaranteed = 500 * Int64(random.below(2 * total / count + 2))
                let isLimited = random.below(2) == 0
                spec.quotas.append(
                    QuotaSpec(
                        kind: AcceleratorKindID(kind), guaranteedMilli: guaranteed,
                        limitMilli: isLimited
                            ? guaranteed + 500 * Int64(random.below(total + 2)) : nil,
                        lendableMilli: [nil, nil, 0, guaranteed / 2][random.below(4)],
                        weight: Int64(1 + random.below(3))))
            }
            if random.below(4) == 0 {
                spec.cells.append(
                    CellQuota(
                        kind: AcceleratorKindID(random.below(kinds)),
                        level: LevelIndex(random.below(setup.topology.levels.count)),
                        count: Int32(random.below(3))))
            }
            return spec
        }
    }
}
