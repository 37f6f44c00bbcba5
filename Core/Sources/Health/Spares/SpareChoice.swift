import FleetModel

/// A gang that is large enough for spares.
public struct SpareGang: Hashable, Sendable {
    /// The job.
    public var job: JobID
    /// Thousandths of GPUs that it has, on all of its nodes.
    public var gpuMilli: Int64

    /// Pairs both.
    public init(job: JobID, gpuMilli: Int64) {
        self.job = job
        self.gpuMilli = gpuMilli
    }
}

/// A node of a pool, as the choice of spares sees it.
public struct SpareCandidate: Hashable, Sendable {
    /// The node.
    public var node: NodeID
    /// Its domains, coarse to fine.
    public var domains: [DomainID]
    /// Whether it and all of its devices are in service, and it takes work of everybody.
    public var isGood: Bool
    /// Whether nothing of it is in use.
    public var isIdle: Bool
    /// The largest gang that stands on it of those that may have spares.
    public var gang: SpareGang?

    /// Gathers a candidate.
    public init(
        node: NodeID, domains: [DomainID], isGood: Bool, isIdle: Bool, gang: SpareGang? = nil
    ) {
        self.node = node
        self.domains = domains
        self.isGood = isGood
        self.isIdle = isIdle
        self.gang = gang
    }

    /// Whether it can be kept: a gang that has it needs no spare there any more.
    var isUsable: Bool { isGood && gang == nil }
}

/// Why fewer spares are kept than a policy asks for.
public enum SpareShortage: UInt8, CaseIterable, Hashable, Sendable {
    /// No node of the pool is there.
    case noPool
    /// Every good node is a spare or has a large gang.
    case noneLeft
    /// Half of the pool's good nodes are kept, and no more ever are.
    case halfKept
}

/// The spares of one pool: which nodes are kept from now on, and how that stands with what is
/// asked for.
public struct SpareChoice: Hashable, Sendable {
    /// Nodes that are to be kept.
    public private(set) var wanted: Int
    /// Nodes that are kept, in order.
    public private(set) var kept: [NodeID] = []
    /// How many of them still have small jobs on them.
    public private(set) var busy = 0
    /// Why they are fewer than are wanted; nil when they are not.
    public private(set) var shortage: SpareShortage?

    /// Chooses the spares of a pool. `candidates` are its present nodes with devices in order of
    /// id; `before` are the spares until now.
    ///
    /// A spare stays one while it can be: idle nodes are worth no exchange, since whoever left them
    /// leaves them to the next small job first. New ones are idle nodes, then others, which become
    /// empty as their jobs end; of these the nearest to the largest gang of the pool, because
    /// it is there that the scheduler looks for what the gang lost; then in order of id.
    /// O(candidates), and O(n log n) when one is missing.
    public init(
        _ policy: SparePolicy, among candidates: [SpareCandidate],
        before: (NodeID) -> Bool
    ) {
        wanted = policy.wanted(of: candidates.count)
        let good = candidates.count { $0.isGood }
        let most = min(wanted, good / 2)
        let usable = candidates.filter(\.isUsable)
        let old = usable.filter { before($0.node) }
        var chosen = old
        if old.count != most {
            let nearness = Nearness(candidates)
            let ranked = usable.map { one in
                (
                    key: (
                        before(one.node) ? 0 : 1, one.isIdle ? 0 : 1, -nearness.of(one),
                        one.node
                    ), one: one
                )
            }
            chosen = ranked.sorted { $0.key < $1.key }.prefix(most).map(\.one)
        }
        kept = chosen.map(\.node).sorted()
        busy = chosen.count { !$0.isIdle }
        if candidates.isEmpty {
            shortage = .noPool
        } else if kept.count < wanted {
            shortage = kept.count < most ? .noneLeft : .halfKept
        }
    }
}

/// How near nodes are to the largest gang of a pool.
private struct Nearness {
    /// Domains of that gang, by level; looked up and never iterated over.
    private var domains: [Set<DomainID>] = []

    init(_ candidates: [SpareCandidate]) {
        var largest: SpareGang?
        for gang in candidates.compactMap(\.gang) {
            let isLarger = largest.map {
                (gang.gpuMilli, $0.job) > ($0.gpuMilli, gang.job)
            }
            if isLarger ?? true { largest = gang }
        }
        guard let largest else { return }
        for one in candidates where one.gang?.job == largest.job {
            for (level, domain) in one.domains.enumerated() {
                if domains.count <= level { domains.append([]) }
                domains[level].insert(domain)
            }
        }
    }

    /// The finest level, counted from 1, at which a node shares a domain with the gang; 0 for none.
    func of(_ candidate: SpareCandidate) -> Int {
        for level in candidate.domains.indices.reversed() where level < domains.count {
            if domains[level].contains(candidate.domains[level]) { return level + 1 }
        }
        return 0
    }
}
