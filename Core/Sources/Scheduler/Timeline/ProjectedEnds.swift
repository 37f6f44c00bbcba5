import FleetModel

/// Times at which something ends in a projection, soonest first: a binary heap.
struct ProjectedEnds {
    /// One end.
    struct Entry {
        /// When.
        var at: Int64
        /// What ends: an index that the projection gave it.
        var item: Int32

        @inline(__always) func precedes(_ other: Entry) -> Bool {
            at != other.at ? at < other.at : item < other.item
        }
    }

    private var heap: [Entry] = []

    /// The next time; nil when nothing is to end any more.
    var nextTime: Int64? { heap.first?.at }

    /// Adds an end. O(log n).
    mutating func add(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entry.precedes(heap[parent]) else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = entry
    }

    /// Takes the next end. O(log n).
    mutating func removeFirst() -> Entry {
        let first = heap[0]
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(last) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = last
        return first
    }
}
