import FleetModel

/// When which node has to be looked at again: a binary heap by time, then node.
struct DueQueue: Sendable {
    /// One entry; a node may have old ones, which are passed over.
    struct Entry: Hashable, Sendable {
        var at: Instant
        var node: NodeID

        func isBefore(_ other: Entry) -> Bool {
            at != other.at ? at < other.at : node < other.node
        }
    }

    private var heap: [Entry] = []

    var first: Entry? { heap.first }

    mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> Entry? {
        guard let top = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return top }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            guard least != parent else { return top }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
