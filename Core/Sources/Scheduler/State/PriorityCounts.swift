/// How many running gangs there are of each priority; few priorities are in use at a time.
struct PriorityCounts: Sendable {
    private var entries: [(priority: Int32, count: Int)] = []

    /// The lowest priority that something runs at.
    var lowest: Int32? { entries.first?.priority }

    /// Counts a gang in (`change` 1) or out (-1).
    mutating func add(_ change: Int, at priority: Int32) {
        if let place = entries.firstIndex(where: { $0.priority == priority }) {
            entries[place].count += change
            precondition(entries[place].count >= 0, "more gangs ended than had started")
            if entries[place].count == 0 { entries.remove(at: place) }
            return
        }
        precondition(change > 0, "a gang ended at a priority that none runs at")
        let place = entries.firstIndex { $0.priority > priority } ?? entries.count
        entries.insert((priority, change), at: place)
    }
}

extension PriorityCounts: SnapshotValue {
    static var blank: PriorityCounts { PriorityCounts() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.list(&entries, blank: (0, 0)) { entry, coder in
            coder.field(&entry.priority)
            coder.field(&entry.count)
        }
    }
}
