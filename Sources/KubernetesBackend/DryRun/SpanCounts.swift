import FleetModel

/// How often spans of each length came, in bounded memory: four classes for each doubling, so that
/// a quantile is at most a quarter too small.
struct SpanCounts {
    private var counts = [Int](repeating: 0, count: 4 * 63 + 4)
    /// All of them.
    private(set) var count = 0

    /// Counts a span; below zero counts as zero.
    mutating func add(milliseconds: Int64) {
        counts[SpanCounts.index(of: max(0, milliseconds))] += 1
        count += 1
    }

    /// The span in milliseconds that so many percent do not exceed by class; nil without any.
    func quantile(percent: Int) -> Int64? {
        guard count > 0 else { return nil }
        let rank = max(1, (count * percent + 99) / 100)
        var seen = 0
        for (index, number) in counts.enumerated() where number > 0 {
            seen += number
            if seen >= rank { return SpanCounts.least(of: index) }
        }
        return nil
    }

    private static func index(of value: Int64) -> Int {
        guard value >= 4 else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        return 4 * (exponent - 1) + Int(value >> Int64(exponent - 2)) & 3
    }

    private static func least(of index: Int) -> Int64 {
        guard index >= 4 else { return Int64(index) }
        let exponent = index / 4 + 1
        return Int64(4 + index % 4) << Int64(exponent - 2)
    }
}

extension TimeSpan {
    /// So many thousandths of a second.
    static func milliseconds(_ count: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: count.multipliedReportingOverflow(by: 1_000_000).partialValue)
    }
}
