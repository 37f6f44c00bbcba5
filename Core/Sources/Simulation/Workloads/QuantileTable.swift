import FleetModel

/// A distribution given by ten of its quantiles, with a straight line between the logarithms of
/// neighbours; the form in which trace studies publish durations.
struct QuantileTable: Sendable {
    /// The percentiles that a table gives, in per mille of the whole.
    static let perMille: [Int64] = [0, 10, 100, 250, 500, 750, 900, 950, 990, 1000]

    private let logarithms: [Int64]

    /// Takes the p0, p1, p10, p25, p50, p75, p90, p95, p99 and p100, in seconds, 1 or more.
    init(_ seconds: [Int64]) {
        precondition(seconds.count == Self.perMille.count, "a quantile table of the wrong length")
        precondition(zip(seconds, seconds.dropFirst()).allSatisfy { $0 <= $1 }, "not in order")
        logarithms = seconds.map { FixedPoint.log2(UInt64($0) * 1000) }
    }

    /// A random duration in milliseconds.
    func sampleMilliseconds(_ random: inout SplitMix) -> Int64 {
        milliseconds(at: Int64(random.next() >> 32))
    }

    /// The duration in milliseconds of which the share `quantile` of 2^32 is not longer.
    func milliseconds(at quantile: Int64) -> Int64 {
        var upper = 1
        while upper < Self.perMille.count - 1, position(upper) <= quantile { upper += 1 }
        let start = position(upper - 1)
        let width = position(upper) - start
        let rise = Int128(logarithms[upper] - logarithms[upper - 1])
        let logarithm =
            logarithms[upper - 1] + Int64(rise * Int128(quantile - start) / Int128(width))
        return Int64(FixedPoint.exp2(logarithm))
    }

    private func position(_ index: Int) -> Int64 { Self.perMille[index] * FixedPoint.one / 1000 }
}
