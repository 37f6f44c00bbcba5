/// How long something takes, as a histogram with buckets of powers of two from 16 µs up.
public struct LatencyHistogram: Sendable {
    /// Upper bounds in seconds.
    public static let bounds: [Double] = (0..<20).map { 0.000_016 * Double(1 << $0) }
    /// Counts by bucket; the last one is for all that took longer.
    public private(set) var counts = [Int64](repeating: 0, count: bounds.count + 1)
    /// Seconds in all.
    public private(set) var sum = 0.0
    /// How often.
    public var count: Int64 { counts.reduce(0, +) }

    /// A histogram without values.
    public init() {}

    /// Adds one.
    public mutating func add(seconds: Double) {
        let bucket = LatencyHistogram.bounds.firstIndex { seconds <= $0 }
        counts[bucket ?? LatencyHistogram.bounds.count] += 1
        sum += seconds
    }
}

/// Waits of jobs from their submission to their first start, from a second to a week.
public struct WaitHistogram: Sendable {
    /// Upper bounds in seconds.
    public static let bounds: [Double] = [
        1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86_400, 3 * 86_400, 7 * 86_400,
    ]
    /// Counts by bucket; the last one is for all that took longer.
    public private(set) var counts = [Int64](repeating: 0, count: bounds.count + 1)
    /// Seconds in all.
    public private(set) var sum = 0.0

    /// A histogram without values.
    public init() {}

    /// Adds one.
    public mutating func add(seconds: Double) {
        let bucket = WaitHistogram.bounds.firstIndex { seconds <= $0 }
        counts[bucket ?? WaitHistogram.bounds.count] += 1
        sum += seconds
    }
}

/// What the driver measures of itself.
public struct Latencies: Sendable {
    /// The engine's answer to one input.
    public var decisions = LatencyHistogram()
    /// One commit with everything in it.
    public var commits = LatencyHistogram()
    /// Waits for the first start.
    public var waits = WaitHistogram()
    /// Inputs so far, by this process.
    public var inputs: Int64 = 0
    /// Commits so far, by this process.
    public var commitCount: Int64 = 0
    /// Attempts that were preempted.
    public var preemptions: Int64 = 0
    /// Attempts that lost their hardware.
    public var hardwareFailures: Int64 = 0

    /// Nothing measured yet.
    public init() {}
}
