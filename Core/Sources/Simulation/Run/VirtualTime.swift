import FleetModel

/// Something that comes of what happened in the simulated world before.
enum WorldEvent: Hashable, Sendable {
    /// A gang has run as long as it had to, unless its speed has changed since.
    case runEnds(JobID, Attempt, revision: Int32)
    /// Nothing of a gang runs any more, as it was told.
    case stopped(JobID, Attempt)
    /// Nothing of a gang runs any more that broke by itself.
    case failed(JobID, Attempt, FailureCause, suspect: NodeID?)
    /// A gang breaks that was started on what a fault had broken.
    case breaks(JobID, Attempt, fault: Int)
    /// A fault goes on to the next step of its life.
    case fault(Int, FaultStep)
    /// A user gives a job up.
    case giveUp(JobID)
    /// The engine asked to be woken.
    case wake(token: Int64)
}

/// Events in order of time; among equals in the order in which they were scheduled.
struct EventQueue: Sendable {
    /// An event with its time.
    struct Entry: Sendable {
        /// When it happens.
        var at: Instant
        /// Its place among equals.
        var sequence: Int64
        /// What happens.
        var event: WorldEvent

        func precedes(_ other: Entry) -> Bool {
            at != other.at ? at < other.at : sequence < other.sequence
        }
    }

    private var heap: [Entry] = []
    private var sequence: Int64 = 0

    /// Events to come.
    var count: Int { heap.count }

    /// The next event's time.
    var nextTime: Instant? { heap.first?.at }

    /// Schedules an event. O(log n).
    mutating func schedule(_ event: WorldEvent, at instant: Instant) {
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
    mutating func next() -> Entry? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            guard 4 * parent + 1 < heap.count else { break }
            let children = (4 * parent + 1)..<min(4 * parent + 5, heap.count)
            var least = children.lowerBound
            for child in children where heap[child].precedes(heap[least]) { least = child }
            guard heap[least].precedes(heap[parent]) else { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return first
    }
}
