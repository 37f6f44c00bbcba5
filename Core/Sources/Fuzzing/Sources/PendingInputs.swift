import FleetModel

/// What the world will tell the engine by itself: confirmations, ends and due timers.
struct PendingInputs {
    private struct Entry {
        var due: Instant
        var order: Int
        var input: Input
    }

    private var entries: [Entry] = []
    private var added = 0

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }
    /// When the next is due.
    var due: Instant? { entries.first?.due }

    /// Adds one, in order of time and then of adding. O(log n) comparisons.
    mutating func add(_ input: Input, at due: Instant) {
        added += 1
        var child = entries.count
        entries.append(Entry(due: due, order: added, input: input))
        while child > 0, PendingInputs.isEarlier(entries[child], entries[(child - 1) / 2]) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the next one.
    mutating func next() -> (due: Instant, input: Input)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return (first.due, first.input) }
        entries[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if PendingInputs.isEarlier(entries[child], entries[least]) { least = child }
            }
            if least == parent { return (first.due, first.input) }
            entries.swapAt(parent, least)
            parent = least
        }
    }

    private static func isEarlier(_ left: Entry, _ right: Entry) -> Bool {
        (left.due, left.order) < (right.due, right.order)
    }
}
