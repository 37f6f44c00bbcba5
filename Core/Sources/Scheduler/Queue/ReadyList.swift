/// Wait classes that are to be tried, by priority and by the rank of their first job.
struct ReadyList: Sendable {
    /// One class with the key under which it is listed.
    struct Entry: Hashable, Sendable {
        /// Priority of the class.
        var priority: Int32
        /// The class.
        var waitClass: Int32
        /// Rank of its first job when it was listed.
        var order: Int64

        /// Whether this class is tried before `other`.
        @inline(__always) func precedes(_ other: Entry) -> Bool {
            priority != other.priority ? priority > other.priority : order < other.order
        }
    }

    /// In order of trial.
    private(set) var entries: [Entry] = []

    /// The class to try first.
    var first: Entry? { entries.first }

    /// Lists a class.
    mutating func insert(_ entry: Entry) { entries.insert(entry, at: place(of: entry)) }

    /// Takes a class off the list; the entry must be the one that was inserted.
    mutating func remove(_ entry: Entry) {
        let place = place(of: entry)
        precondition(place < entries.count && entries[place] == entry, "class not on its list")
        entries.remove(at: place)
    }

    private func place(of entry: Entry) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].precedes(entry) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension ReadyList.Entry: SnapshotValue {
    static var blank: Self { ReadyList.Entry(priority: 0, waitClass: 0, order: 0) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&priority)
        coder.field(&waitClass)
        coder.field(&order)
    }
}

extension ReadyList: SnapshotValue {
    static var blank: ReadyList { ReadyList() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&entries)
    }
}
