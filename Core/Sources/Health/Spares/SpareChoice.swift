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
    /// Whether nothing of it is in use or reserved.
    public var isIdle: Bool
    /// Whether it is in doubt for a while at most: it is tested because it idles, or is watched.
    public var isBriefly: Bool
    /// Whether the largest gangs here could stand on it as far as kind and rules go.
    public var suitsGangs: Bool
    /// The kind of its devices.
    public var kind: AcceleratorKindID?
    /// The largest gang that stands on it of those that may have spares.
    public var gang: SpareGang?

    /// Gathers a candidate.
    public init(
        node: NodeID, domains: [DomainID], isGood: Bool, isIdle: Bool, isBriefly: Bool = false,
        suitsGangs: Bool = true, kind: AcceleratorKindID? = nil, gang: SpareGang? = nil
    ) {
        self.node = node
        self.domains = domains
        self.isGood = isGood
        self.isIdle = isIdle
        self.isBriefly = isBriefly
        self.suitsGangs = suitsGangs
        self.kind = kind
        self.gang = gang
    }

    /// Whether it can be kept: a gang that has it needs no spare there any more.
    func isUsable(isSpare: Bool) -> Bool { gang == nil && (isGood || isSpare && isBriefly) }
}

/// Why fewer spares are kept than a policy asks for.
public enum SpareShortage: UInt8, CaseIterable, Hashable, Sendable {
    /// No node of the pool is there.
    case noPool
    /// No node is in order.
    case noneGood
    /// Every good node is a spare or has a large gang.
    case noneLeft
    /// Half of the pool's good nodes of a kind are kept, and no more ever are.
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
    /// Every kind of device gets its part of the number, by its nodes. A spare stays one while it
    /// can be, also while it is tested because it idles, but for two exchanges: one that the
    /// pool's largest gang could not use for one that it could, and one in use for an idle one.
    /// New ones are idle nodes, then others, which become empty as their jobs end; of these
    /// the nearest to the largest gang, because it is there that the scheduler looks for what
    /// the gang lost; then in order of id. O(candidates), and O(n log n) when something is to be
    /// exchanged or added.
    public init(
        _ policy: SparePolicy, among candidates: [SpareCandidate],
        before: (NodeID) -> Bool
    ) {
        wanted = policy.wanted(of: candidates.count)
        var isHalfKept = false
        for (part, nodes) in SpareChoice.parts(wanted, candidates) {
            let good = nodes.count { $0.isGood || $0.isBriefly && before($0.node) }
            let most = min(part, good / 2)
            if most < part { isHalfKept = true }
            let chosen = SpareChoice.choose(most, nodes, before)
            kept += chosen.map(\.node)
            busy += chosen.count { !$0.isIdle }
            if chosen.count < most { shortage = .noneLeft }
        }
        kept.sort()
        if candidates.isEmpty {
            shortage = .noPool
        } else if !candidates.contains(where: \.isGood), kept.count < wanted {
            shortage = .noneGood
        } else if isHalfKept, shortage == nil {
            shortage = .halfKept
        }
    }

    /// The nodes of each kind, with what of a number falls on it: in proportion, and what is left
    /// over goes to the largest fractions.
    private static func parts(
        _ wanted: Int, _ candidates: [SpareCandidate]
    ) -> [(part: Int, nodes: [SpareCandidate])] {
        let kinds = Set(candidates.map { $0.kind?.index ?? -1 }).sorted()
        guard kinds.count > 1 else { return [(wanted, candidates)] }
        var parts = kinds.map { kind in
            let nodes = candidates.filter { $0.kind?.index ?? -1 == kind }
            return (part: wanted * nodes.count / candidates.count, nodes: nodes)
        }
        let rest = parts.indices.sorted {
            let a = wanted * parts[$0].nodes.count % candidates.count
            let b = wanted * parts[$1].nodes.count % candidates.count
            return a != b ? a > b : $0 < $1
        }
        let left = wanted - parts.reduce(0) { $0 + $1.part }
        for index in rest.prefix(left) { parts[index].part += 1 }
        return parts
    }

    private static func choose(
        _ most: Int, _ nodes: [SpareCandidate], _ before: (NodeID) -> Bool
    ) -> [SpareCandidate] {
        let usable = nodes.filter { $0.isUsable(isSpare: before($0.node)) }
        let old = usable.filter { before($0.node) }
        if old.count == most, old.allSatisfy({ $0.isIdle && $0.suitsGangs }) { return old }
        let nearness = Nearness(nodes)
        let ranked = usable.map { one in
            (
                key: (
                    one.suitsGangs ? 0 : 1, one.isIdle ? 0 : 1, before(one.node) ? 0 : 1,
                    -nearness.of(one), one.node
                ), one: one
            )
        }
        return ranked.sorted { $0.key < $1.key }.prefix(most).map(\.one)
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
