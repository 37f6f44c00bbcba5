import FleetModel

/// Wake-ups that the engine asked for, the earliest first; those of one instant in order of asking.
struct TimerHeap: Sendable {
    /// One wake-up.
    struct Entry: Hashable, Sendable {
        var at: Instant
        var token: Int64
        var order: Int64
    }

    private(set) var entries: [Entry] = []
    private var nextOrder: Int64 = 0

    /// The earliest.
    var first: Entry? { entries.first }

    /// Asks for one.
    mutating func push(at: Instant, token: Int64) {
        entries.append(Entry(at: at, token: token, order: nextOrder))
        nextOrder += 1
        var child = entries.count - 1
        while child > 0, precedes(child, (child - 1) / 2) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the earliest.
    mutating func pop() -> Entry? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && precedes(child, least) {
                least = child
            }
            guard least != parent else { return first }
            entries.swapAt(parent, least)
            parent = least
        }
    }

    /// Takes the wake-up that a replayed input was: the earliest with this token that was due.
    mutating func remove(token: Int64, at now: Instant) {
        if let first, first.token == token {
            _ = pop()
            return
        }
        let index = entries.indices.filter { entries[$0].token == token && entries[$0].at <= now }
            .min { entries[$0].order < entries[$1].order }
        guard let index else { return }
        var rest = entries
        rest.remove(at: index)
        rest.sort { ($0.at, $0.order) < ($1.at, $1.order) }
        entries = rest
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (entries[left].at, entries[left].order) < (entries[right].at, entries[right].order)
    }
}
