import FleetModel

/// The shape indexes in use, at most a given number; the one not asked for longest makes room.
struct ShapeIndexStore: Sendable {
    private(set) var entries: [ShapeIndex] = []
    private var slots: [Shape: Int] = [:]
    private var clock = 0
    private let limit: Int

    init(limit: Int) { self.limit = max(1, limit) }

    /// The slot of the shape's index, its counts caught up with the fleet, and its scores if a
    /// scorer is given.
    mutating func slot(
        of shape: Shape, fleet: FleetState, tree: DomainTree, scorer: NodeScorer?,
        counters: inout WorkCounters
    ) -> Int {
        clock += 1
        let slot = slots[shape] ?? makeSlot(for: shape)
        entries[slot].lastUse = clock
        entries[slot].synchronizeCounts(fleet: fleet, tree: tree, counters: &counters)
        if let scorer {
            entries[slot].synchronizeScores(
                fleet: fleet, tree: tree, scorer: scorer, counters: &counters)
        }
        return slot
    }

    private mutating func makeSlot(for shape: Shape) -> Int {
        if entries.count < limit {
            entries.append(ShapeIndex(shape: shape))
            slots[shape] = entries.count - 1
            return entries.count - 1
        }
        var oldest = 0
        for slot in entries.indices where entries[slot].lastUse < entries[oldest].lastUse {
            oldest = slot
        }
        slots[entries[oldest].shape] = nil
        entries[oldest] = ShapeIndex(shape: shape)
        slots[shape] = oldest
        return oldest
    }
}
