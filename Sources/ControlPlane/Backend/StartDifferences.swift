import FleetModel

/// Where another scheduler, which is in charge of a cluster, starts gangs otherwise than Muster
/// decides.
public struct StartDifferences: Sendable {
    /// Since when both are compared.
    public var since: Instant
    /// Figures of all gangs since then.
    public var totals: Totals
    /// Gangs in detail, those that differ most first: the open ones and the last of the others.
    public var gangs: [StartDifference]

    /// Gathers differences.
    public init(since: Instant, totals: Totals, gangs: [StartDifference]) {
        self.since = since
        self.totals = totals
        self.gangs = gangs
    }

    /// Figures of all gangs that asked for accelerators.
    public struct Totals: Hashable, Sendable {
        /// Gangs that were seen.
        public var gangs = 0
        /// Gangs that started whole, within a few seconds of when Muster would have started them,
        /// with their wishes kept and nobody stopped.
        public var agreed = 0
        /// Gangs that have not started whole and are still there.
        public var open = 0
        /// Gangs that went before they had started whole.
        public var gone = 0
        /// Gangs that Muster would have started earlier.
        public var earlier = 0
        /// By how much, in the middle; nil without any.
        public var earlierMedian: TimeSpan?
        /// By how much at most, of nine in ten; nil without any.
        public var earlierP90: TimeSpan?
        /// Gangs that the other started while Muster would have let them wait, by the reason.
        public var waits: [RefusalCode: Int] = [:]
        /// Gangs that the other started and Muster would not have taken.
        public var refused = 0
        /// Gangs for which Muster would have stopped others.
        public var preempting = 0
        /// Jobs that it would have stopped for them.
        public var stops = 0
        /// Gangs that stood half started for longer than a start takes.
        public var halfStarted = 0
        /// GPU time that was held idle by them, in thousandths of GPU-seconds.
        public var idleGPUMilliSeconds: Int64 = 0
        /// Gangs that the other placed against a topology that they require.
        public var requiredBroken = 0
        /// Gangs that the other placed against a topology that they prefer, and Muster not.
        public var preferredBroken = 0

        /// Nothing yet.
        public init() {}
    }
}

/// How one gang started, and how Muster would have started it.
public struct StartDifference: Hashable, Sendable {
    /// A place for a whole gang.
    public struct Place: Hashable, Sendable {
        /// Names of nodes, sorted, at most 16.
        public var nodes: [String]
        /// All of its nodes, counted.
        public var nodeCount: Int
        /// Domains that it touches at each level, coarse to fine; the last level is the host.
        public var domains: [Int]
        /// Whether the gang's wish for a topology is kept there.
        public var keepsWish: Bool

        /// Gathers a place.
        public init(nodes: [String], nodeCount: Int, domains: [Int], keepsWish: Bool) {
            self.nodes = nodes
            self.nodeCount = nodeCount
            self.domains = domains
            self.keepsWish = keepsWish
        }
    }

    /// A wish for a topology.
    public struct Wish: Hashable, Sendable {
        /// The level, an index into those of the fleet.
        public var level: Int
        /// The level's name.
        public var name: String
        /// Whether it must be kept.
        public var isRequired: Bool
        /// Members that stand together each; nil for all of them.
        public var slice: Int?

        /// Gathers a wish.
        public init(level: Int, name: String, isRequired: Bool, slice: Int?) {
            self.level = level
            self.name = name
            self.isRequired = isRequired
            self.slice = slice
        }
    }

    /// What Muster has decided.
    public enum Decision: Hashable, Sendable {
        /// Nothing: the gang was never complete.
        case none
        /// To start it then and there.
        case starts(at: Instant, Place)
        /// To let it wait; a sentence for people.
        case waits(RefusalCode, String)
        /// Not to take it; what is wrong, for people.
        case refuses(String)
    }

    /// The gang's name.
    public var name: String
    /// Who pays for it.
    public var tenant: String
    /// Its pods.
    public var pods: Int
    /// Accelerators of all of them.
    public var gpus: Int64
    /// Where it wants to stand; nil without a wish.
    public var wish: Wish?
    /// When all of its pods were there; nil before that.
    public var completeAt: Instant?
    /// What Muster has decided.
    public var decision = Decision.none
    /// Names of the jobs that Muster would have stopped for it.
    public var stops: [String] = []
    /// When its first pod was bound.
    public var firstBoundAt: Instant?
    /// Accelerators of its bound pods.
    public var boundGPUs: Int64 = 0
    /// When as many pods were bound as have to start together.
    public var wholeAt: Instant?
    /// Where they were bound.
    public var place: Place?
    /// How long it stood half started; nil when no longer than a start takes.
    public var halfStarted: TimeSpan?
    /// GPU time that it held idle meanwhile, in thousandths of GPU-seconds.
    public var idleGPUMilliSeconds: Int64 = 0
    /// By how much Muster would have started it earlier, up to now when it has not started; nil
    /// when the difference is no more than a start takes.
    public var earlier: TimeSpan?
    /// When it was over or gone.
    public var endedAt: Instant?

    /// Begins a description.
    public init(name: String, tenant: String, pods: Int, gpus: Int64, wish: Wish?) {
        self.name = name
        self.tenant = tenant
        self.pods = pods
        self.gpus = gpus
        self.wish = wish
    }

    /// Whether the other has not kept a wish that Muster keeps, or that must be kept.
    public var breaksWish: Bool {
        guard let place, let wish, !place.keepsWish else { return false }
        if case .starts(_, let own) = decision { return wish.isRequired || own.keepsWish }
        return wish.isRequired
    }

    /// Whether it was started while Muster would have let it wait, or not taken it.
    public var wasHeldBack: Bool {
        switch decision {
        case .waits, .refuses: wholeAt != nil
        case .none, .starts: false
        }
    }

    /// Whether both have done the same.
    public var agrees: Bool {
        guard case .starts = decision, wholeAt != nil else { return false }
        return earlier == nil && halfStarted == nil && !breaksWish && stops.isEmpty
    }
}
