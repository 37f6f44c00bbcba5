/// In which order waiting jobs are tried.
public enum QueueOrder: UInt8, CaseIterable, Hashable, Sendable {
    /// Strictly by priority and submission: nothing passes a job that cannot start.
    case fifo
    /// By priority and submission, whatever fits starts.
    case firstFit
    /// As `fifo`, but a job may pass the first one that waits if it does not delay it (Lifka,
    /// "The ANL/IBM SP scheduling system", JSSPP 1995).
    case easy
    /// By the quota tree: guaranteed first, then least weighted dominant share.
    case fair
    /// As `fair`, with the timeline: reservations, backfill, preemption, consolidation, cells.
    case muster

    /// Whether tenants take turns by the quota tree.
    public var isByTenant: Bool { self == .fair || self == .muster }

    /// The name on the command line and in reports.
    public var name: String {
        switch self {
        case .fifo: "fifo"
        case .firstFit: "first-fit"
        case .easy: "easy"
        case .fair: "fair"
        case .muster: "muster"
        }
    }
}

/// How a node is chosen among those with room for a gang of one member.
///
/// Gangs of several members go by the topology under every rule, in the tightest domain of the
/// finest level with room; the rule then decides between nodes with equal room.
public enum PlacementRule: UInt8, CaseIterable, Hashable, Sendable {
    /// Muster's own: topology first, then fragmentation, then tightest fit.
    case standard
    /// Least CPU and GPU left over (FGD's `BestFit`).
    case bestFit
    /// Nodes that already run GPU work first, fullest first (FGD's `GpuPacking`).
    case packing
    /// Any node with room, by the seeded generator.
    case random
    /// Least growth of fragmentation (Weng et al., "Beware of Fragmentation", ATC 2023).
    case fgd

    /// The name on the command line and in reports.
    public var name: String {
        switch self {
        case .standard: "default"
        case .bestFit: "best-fit"
        case .packing: "packing"
        case .random: "random"
        case .fgd: "fgd"
        }
    }
}

/// Everything that the engine's decisions depend on beside its inputs.
public struct Policy: Hashable, Sendable {
    /// In which order jobs are tried.
    public var queueOrder: QueueOrder
    /// How nodes are chosen.
    public var placement: PlacementRule
    /// Seed of the engine's own generator, used by random ties only.
    public var seed: UInt64
    /// Time in which a tenant's past usage loses half its weight.
    public var usageHalfLife: TimeSpan
    /// A start counts at once as if the gang had already run this long, so that bursts pay.
    public var entryPenalty: TimeSpan
    /// How many waiting jobs a cycle looks at behind a blocked first job (`easy`).
    public var backfillDepth: Int32
    /// How many domains a gang with several roles is tried in before it is refused.
    public var domainTries: Int32
    /// How many request shapes keep an index of the fleet at the same time.
    public var shapeIndexes: Int32
    /// How `muster` looks ahead; other orders ignore it, but for what they know of run times.
    public var timeline: TimelinePolicy

    /// A policy with Muster's defaults.
    ///
    /// The half-life of a week is Slurm's `PriorityDecayHalfLife` default; backfill depth is ten
    /// times Slurm's `bf_max_job_test`, which bounds a scan of seconds, not of milliseconds.
    public init(
        queueOrder: QueueOrder = .fair, placement: PlacementRule = .standard, seed: UInt64 = 1,
        usageHalfLife: TimeSpan = .seconds(7 * 86_400), entryPenalty: TimeSpan = .seconds(600),
        backfillDepth: Int32 = 5_000, domainTries: Int32 = 64, shapeIndexes: Int32 = 1024,
        timeline: TimelinePolicy = TimelinePolicy()
    ) {
        self.queueOrder = queueOrder
        self.placement = placement
        self.seed = seed
        self.usageHalfLife = usageHalfLife
        self.entryPenalty = entryPenalty
        self.backfillDepth = backfillDepth
        self.domainTries = domainTries
        self.shapeIndexes = shapeIndexes
        self.timeline = timeline
    }

    /// Whether every number is one that the engine can work with; files may hold others.
    public var isWellFormed: Bool {
        let longest = TimeSpan.seconds(FleetLimits.seconds)
        return usageHalfLife > .zero && usageHalfLife <= longest && entryPenalty >= .zero
            && entryPenalty <= longest && backfillDepth >= 0 && domainTries >= 1
            && shapeIndexes >= 1 && shapeIndexes <= 1 << 16
            && timeline.isWellFormed
    }
}
