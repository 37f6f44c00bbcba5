import FleetModel

/// Events in order of time; among equals in the order in which they were scheduled.
public struct EventQueue<Event: Sendable>: Sendable {
    /// An event with its time.
    public struct Entry: Sendable {
        /// When it happens.
        public var at: Instant
        /// Its place among equals.
        @usableFromInline var sequence: Int64
        /// What happens.
        public var event: Event

        @inlinable init(at: Instant, sequence: Int64, event: Event) {
            self.at = at
            self.sequence = sequence
            self.event = event
        }

        @inlinable func precedes(_ other: Entry) -> Bool {
            at != other.at ? at < other.at : sequence < other.sequence
        }
    }

    @usableFromInline var heap: [Entry] = []
    @usableFromInline var sequence: Int64 = 0

    /// An empty queue.
    @inlinable public init() {}

    /// Events to come.
    @inlinable public var count: Int { heap.count }

    /// The next event's time.
    @inlinable public var nextTime: Instant? { heap.first?.at }

    /// Schedules an event. O(log n).
    @inlinable public mutating func schedule(_ event: Event, at instant: Instant) {
        sequence += 1
        heap.append(Entry(at: instant, sequence: sequence, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 4
            guard heap[child].precedes(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the next event. O(log n).
    @inlinable public mutating func next() -> Entry? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        sink(from: 0)
        return first
    }

    /// Forgets the events of which nothing would come. O(n).
    @inlinable public mutating func removeAll(where isVoid: (Event) -> Bool) {
        heap.removeAll { isVoid($0.event) }
        guard heap.count > 1 else { return }
        for parent in stride(from: (heap.count - 2) / 4, through: 0, by: -1) { sink(from: parent) }
    }

    @inlinable mutating func sink(from place: Int) {
        var parent = place
        while true {
            guard 4 * parent + 1 < heap.count else { break }
            let children = (4 * parent + 1)..<min(4 * parent + 5, heap.count)
            var least = children.lowerBound
            for child in children where heap[child].precedes(heap[least]) { least = child }
            guard heap[least].precedes(heap[parent]) else { break }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
