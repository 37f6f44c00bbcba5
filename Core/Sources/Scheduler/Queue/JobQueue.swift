/// Jobs of one wait class in queue order. Newcomers go to the end in O(1); the rest is O(n) at
/// most.
struct JobQueue: Sendable {
    /// A job by its rank and slot.
    struct Entry: Hashable, Sendable {
        /// Rank in the queue.
        var order: Int64
        /// Slot in the job table.
        var slot: Int32
    }

    private var entries: [Entry] = []
    private var head = 0

    /// Jobs in the queue.
    var count: Int { entries.count - head }

    /// Whether no job is in the queue.
    var isEmpty: Bool { head == entries.count }

    /// The job at a place counted from the head.
    subscript(place: Int) -> Entry { entries[head + place] }

    /// The first job.
    var first: Entry? { isEmpty ? nil : entries[head] }

    /// The last job.
    var last: Entry? { isEmpty ? nil : entries[entries.count - 1] }

    /// The place, counted from the head, of the first job of this rank or a later one.
    func place(from order: Int64) -> Int { place(of: order) - head }

    /// Puts a job at its rank.
    mutating func insert(_ entry: Entry) {
        if let last = entries.last, head < entries.count, last.order > entry.order {
            entries.insert(entry, at: place(of: entry.order))
        } else {
            entries.append(entry)
        }
    }

    /// Takes the job with this rank out; it must be there.
    mutating func remove(order: Int64) {
        let place = place(of: order)
        precondition(place < entries.count && entries[place].order == order, "job not in its queue")
        if place == head {
            head += 1
            if head > 64 && head * 2 > entries.count {
                entries.removeFirst(head)
                head = 0
            }
        } else {
            entries.remove(at: place)
        }
    }

    private func place(of order: Int64) -> Int {
        var low = head
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].order < order { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension JobQueue.Entry: SnapshotValue {
    static var blank: Self { JobQueue.Entry(order: 0, slot: 0) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&order)
        coder.field(&slot)
    }
}

extension JobQueue: SnapshotValue {
    static var blank: JobQueue { JobQueue() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&entries)
        coder.field(&head)
    }
}
