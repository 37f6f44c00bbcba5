import FleetModel

/// Nodes that are kept free for large gangs, and how large these must be.
///
/// No node is closed by that: what a shape may have says so, so that spares cost an index only the
/// nodes that change, and go together with whatever rule a role has.
struct SpareNodes: Hashable, Sendable {
    /// Those nodes, in order.
    private(set) var nodes: [NodeID] = []
    /// How large gangs must be, by pool and in its order.
    private(set) var gangs: [SpareGangs] = []
    /// Whether a node is one of them; as long as its last needs.
    private var isKept: [Bool] = []

    init() {}

    /// Takes the nodes and sizes in any order; none when a number is outside of its limits, or a
    /// pool is named twice.
    init?(_ nodes: [NodeID], _ gangs: [SpareGangs]) {
        guard nodes.allSatisfy({ $0.rawValue >= 0 && $0.index < FleetLimits.nodes }),
            gangs.allSatisfy({
                (0..<FleetLimits.pools).contains($0.pool.index) && $0.leastMilli >= 0
            })
        else { return nil }
        self.gangs = gangs.sorted { $0.pool < $1.pool }
        guard zip(self.gangs, self.gangs.dropFirst()).allSatisfy({ $0.pool < $1.pool }) else {
            return nil
        }
        isKept = [Bool](repeating: false, count: nodes.reduce(0) { max($0, $1.index + 1) })
        for node in nodes { isKept[node.index] = true }
        self.nodes = isKept.indices.filter { isKept[$0] }.map { NodeID($0) }
    }

    /// Whether a node is kept.
    @inline(__always) func contains(_ node: Int) -> Bool { node < isKept.count && isKept[node] }

    /// The pools whose spares a gang may have, as bits; those that nothing is said of are for
    /// everybody.
    func pools(forGangOf gpuMilli: Int64) -> UInt64 {
        var bits = UInt64.max
        for entry in gangs where gpuMilli < entry.leastMilli {
            bits &= ~(1 << UInt64(entry.pool.rawValue))
        }
        return bits
    }
}

extension SpareGangs: SnapshotValue {
    static var blank: SpareGangs { SpareGangs(pool: .blank, leastMilli: 0) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&pool)
        coder.field(&leastMilli)
    }
}

extension SpareNodes: SnapshotValue {
    static var blank: SpareNodes { SpareNodes() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&nodes)
        coder.field(&gangs)
        coder.field(&isKept)
    }
}
