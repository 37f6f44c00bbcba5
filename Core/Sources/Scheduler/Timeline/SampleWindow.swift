import FleetModel

/// The last so many of a stream of numbers, in order of size.
struct SampleWindow: Hashable, Sendable {
    /// In order of arrival, from `oldest` on when it is full.
    private var arrivals: [Int64] = []
    private var oldest = 0
    /// In order of size.
    private(set) var sorted: [Int64] = []

    /// Samples kept.
    var count: Int { sorted.count }

    /// Takes a number in and, when there are `limit`, lets the oldest go. O(limit).
    mutating func add(_ value: Int64, limit: Int) {
        if arrivals.count < limit {
            arrivals.append(value)
        } else {
            sorted.remove(at: place(of: arrivals[oldest]))
            arrivals[oldest] = value
            oldest = (oldest + 1) % limit
        }
        sorted.insert(value, at: place(of: value))
    }

    /// The first place in the order of size whose number is not below `value`.
    func place(of value: Int64) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The quantile of the numbers that are not below `least`; nil when there are none. O(log
    /// limit).
    func quantile(_ percent: Int32, from least: Int64) -> Int64? {
        let first = place(of: least)
        let left = sorted.count - first
        guard left > 0 else { return nil }
        let rank = (left * Int(percent) + 99) / 100
        return sorted[first + min(left, max(1, rank)) - 1]
    }

    /// Folds the numbers and their order of arrival into a digest.
    func fold(into hasher: inout StateHasher) {
        hasher.add(oldest)
        hasher.add(arrivals.count)
        for value in arrivals { hasher.add(value) }
    }
}

extension SampleWindow: SnapshotValue {
    static var blank: SampleWindow { SampleWindow() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&arrivals)
        coder.field(&oldest)
        coder.field(&sorted)
    }
}
