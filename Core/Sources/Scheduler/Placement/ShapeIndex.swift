import FleetModel

/// For one request shape: how many members fit on each node and in each domain, and which node is
/// best for one member. It catches up with the fleet's change log when it is asked.
///
/// Counts and scores catch up apart: whether there may be room is asked of many shapes after every
/// end, which node is best only when there is. Counts cost O(levels) per changed node, scores
/// O(log n); questions O(1) to O(domains).
struct ShapeIndex: Sendable {
    /// The shape.
    let shape: Shape
    /// Members that fit, by position.
    private(set) var fit: [Int32] = []
    /// Members that fit, by domain.
    private(set) var domainFit: [Int] = []
    /// When the index was last asked, for eviction.
    var lastUse = 0

    /// A tournament over scores: the best below each vertex, and how many share it if the rule
    /// draws among them.
    private var best: [Int64] = []
    private var ties: [Int32] = []
    private var width = 0
    private var countCursor = -1
    private var countTopology = -1
    private var scoreCursor = -1
    private var scoreTopology = -1
    private var scoreVersion = -1

    /// The score of a node without room.
    static let noRoom = Int64.max

    init(shape: Shape) { self.shape = shape }

    /// Lets the counts catch up. Counts nodes looked at in `counters`.
    mutating func synchronizeCounts(
        fleet: FleetState, tree: DomainTree, counters: inout WorkCounters
    ) {
        if countTopology != tree.version || isBehind(countCursor, fleet, tree) {
            rebuildCounts(fleet: fleet, tree: tree)
            counters.nodesEvaluated += tree.nodeCount
        } else if countCursor < fleet.logEnd {
            for entry in (countCursor - fleet.logStart)..<fleet.log.count {
                let node = Int(fleet.log[entry])
                let position = Int(tree.positionOf[node])
                if position >= 0 { count(position, node: node, fleet: fleet, tree: tree) }
            }
            counters.nodesEvaluated += fleet.logEnd - countCursor
        }
        countCursor = fleet.logEnd
        countTopology = tree.version
    }

    /// Lets the scores catch up; the counts must have. Counts nodes looked at in `counters`.
    mutating func synchronizeScores(
        fleet: FleetState, tree: DomainTree, scorer: NodeScorer, counters: inout WorkCounters
    ) {
        if scoreTopology != tree.version || scoreVersion != scorer.version
            || isBehind(scoreCursor, fleet, tree)
        {
            rebuildScores(fleet: fleet, tree: tree, scorer: scorer)
            counters.nodesEvaluated += tree.nodeCount
        } else if scoreCursor < fleet.logEnd {
            for entry in (scoreCursor - fleet.logStart)..<fleet.log.count {
                let node = Int(fleet.log[entry])
                let position = Int(tree.positionOf[node])
                if position >= 0 {
                    setScore(position, rank(position, node, fleet: fleet, scorer: scorer))
                }
            }
            counters.nodesEvaluated += fleet.logEnd - scoreCursor
        }
        scoreCursor = fleet.logEnd
        scoreTopology = tree.version
        scoreVersion = scorer.version
    }

    /// The score of a position: lower is better, ``noRoom`` when nothing fits.
    @inline(__always) func score(_ position: Int) -> Int64 { best[width + position] }

    /// The position of the best node in the fleet; the first among equals.
    var bestPosition: Int? {
        guard width > 0, best[1] != ShapeIndex.noRoom else { return nil }
        var vertex = 1
        while vertex < width {
            vertex *= 2
            if best[vertex] != best[vertex / 2] { vertex += 1 }
        }
        return vertex - width
    }

    /// The position of the best node in the fleet, of equals the one that `draw` gives for their
    /// number. Only for rules that draw.
    func bestPosition(draw: (Int) -> Int) -> Int? {
        guard width > 0, best[1] != ShapeIndex.noRoom else { return nil }
        var rank = Int32(draw(Int(ties[1])))
        var vertex = 1
        while vertex < width {
            vertex *= 2
            guard best[vertex] == best[vertex / 2] else {
                vertex += 1
                continue
            }
            if rank >= ties[vertex], best[vertex + 1] == best[vertex / 2] {
                rank -= ties[vertex]
                vertex += 1
            }
        }
        return vertex - width
    }

    /// The position of the best node within a range of positions; the first among equals.
    func bestPosition(in range: Range<Int>) -> Int? {
        var low = range.lowerBound + width
        var high = range.upperBound + width
        var found = 0
        var right: [Int] = []
        while low < high {
            if low & 1 == 1 {
                if best[low] < (found == 0 ? ShapeIndex.noRoom : best[found]) { found = low }
                low += 1
            }
            if high & 1 == 1 {
                high -= 1
                right.append(high)
            }
            low /= 2
            high /= 2
        }
        for vertex in right.reversed()
        where best[vertex] < (found == 0 ? ShapeIndex.noRoom : best[found]) {
            found = vertex
        }
        guard found != 0, best[found] != ShapeIndex.noRoom else { return nil }
        while found < width { found = best[found * 2] == best[found] ? found * 2 : found * 2 + 1 }
        return found - width
    }
}

extension ShapeIndex {
    /// Whether the log does not reach back to the cursor, or replaying it costs more than starting
    /// anew.
    private func isBehind(_ cursor: Int, _ fleet: FleetState, _ tree: DomainTree) -> Bool {
        cursor < fleet.logStart || fleet.logEnd - cursor > tree.nodeCount
    }

    private mutating func count(
        _ position: Int, node: Int, fleet: FleetState, tree: DomainTree
    ) {
        let now = shape.fit(node, of: fleet)
        let change = now - fit[position]
        guard change != 0 else { return }
        fit[position] = now
        var domain = Int(tree.leafOf[position])
        while domain >= 0 {
            domainFit[domain] += Int(change)
            domain = Int(tree.parent[domain])
        }
    }

    private mutating func rebuildCounts(fleet: FleetState, tree: DomainTree) {
        fit = [Int32](repeating: 0, count: tree.nodeCount)
        domainFit = [Int](repeating: 0, count: tree.domainCount)
        for position in 0..<tree.nodeCount {
            let room = shape.fit(Int(tree.nodeAt[position]), of: fleet)
            fit[position] = room
            domainFit[Int(tree.leafOf[position])] += Int(room)
        }
        for domain in stride(from: tree.domainCount - 1, to: 0, by: -1) {
            domainFit[Int(tree.parent[domain])] += domainFit[domain]
        }
    }

    private func rank(
        _ position: Int, _ node: Int, fleet: FleetState, scorer: NodeScorer
    ) -> Int64 {
        fit[position] == 0
            ? ShapeIndex.noRoom : scorer.score(node, shape: shape, fleet: fleet)
    }

    private mutating func setScore(_ position: Int, _ value: Int64) {
        var vertex = width + position
        guard best[vertex] != value else { return }
        best[vertex] = value
        vertex /= 2
        while vertex >= 1 {
            pull(vertex)
            vertex /= 2
        }
    }

    private mutating func rebuildScores(
        fleet: FleetState, tree: DomainTree, scorer: NodeScorer
    ) {
        width = 1
        while width < tree.nodeCount { width *= 2 }
        best = [Int64](repeating: ShapeIndex.noRoom, count: 2 * width)
        ties = [Int32](repeating: 0, count: scorer.drawsTies ? 2 * width : 0)
        for position in 0..<tree.nodeCount {
            if scorer.drawsTies { ties[width + position] = 1 }
            best[width + position] = rank(
                position, Int(tree.nodeAt[position]), fleet: fleet, scorer: scorer)
        }
        for vertex in stride(from: width - 1, to: 0, by: -1) { pull(vertex) }
    }

    @inline(__always)
    private mutating func pull(_ vertex: Int) {
        let left = 2 * vertex
        let right = left + 1
        best[vertex] = min(best[left], best[right])
        guard !ties.isEmpty else { return }
        ties[vertex] =
            (best[left] == best[vertex] ? ties[left] : 0)
            + (best[right] == best[vertex] ? ties[right] : 0)
    }
}
