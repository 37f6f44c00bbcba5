/// The figures by which a set of measurements is reported.
///
/// Percentiles are by nearest rank on the exact, sorted values: the smallest value that at least
/// the given part of all values does not exceed. No interpolation, so each is a real measurement.
public struct Distribution: Equatable, Sendable {
    /// How many measurements there are; all other figures are zero without any.
    public var count: Int
    /// The arithmetic mean.
    public var mean: Double
    /// The median.
    public var p50: Double
    /// The 90th percentile.
    public var p90: Double
    /// The 99th percentile.
    public var p99: Double
    /// The highest value.
    public var maximum: Double

    /// Measures spans of time; the figures are in seconds. O(n log n).
    public init(nanoseconds: [Int64]) {
        let sorted = nanoseconds.sorted()
        let sum = sorted.reduce(Int128(0)) { $0 + Int128($1) }
        self.init(count: sorted.count, sum: Double(sum) / 1e9) { Double(sorted[$0]) / 1e9 }
    }

    /// Measures plain numbers, all of them finite. O(n log n).
    public init(values: [Double]) {
        let sorted = values.sorted()
        self.init(count: sorted.count, sum: sorted.reduce(0, +)) { sorted[$0] }
    }

    private init(count: Int, sum: Double, sorted: (Int) -> Double) {
        func rank(_ percent: Int) -> Double {
            count == 0 ? 0 : sorted((percent * count + 99) / 100 - 1)
        }
        self.count = count
        mean = count == 0 ? 0 : sum / Double(count)
        p50 = rank(50)
        p90 = rank(90)
        p99 = rank(99)
        maximum = rank(100)
    }
}
