/// How often something took how long, in buckets.
public struct Histogram: Sendable {
    /// Upper bounds in seconds.
    public let bounds: [Double]
    /// Counts by bucket; the last one is for all that took longer.
    public private(set) var counts: [Int64]
    /// Seconds in all.
    public private(set) var sum = 0.0

    /// Powers of two from 16 µs up: decisions and commits.
    public static let latencyBounds: [Double] = (0..<20).map { 0.000_016 * Double(1 << $0) }
    /// From a second to a week: waits of jobs.
    public static let waitBounds: [Double] = [
        1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86_400, 3 * 86_400, 7 * 86_400,
    ]

    /// A histogram without values.
    public init(bounds: [Double]) {
        self.bounds = bounds
        counts = [Int64](repeating: 0, count: bounds.count + 1)
    }

    /// Adds one.
    public mutating func add(seconds: Double) {
        counts[bounds.firstIndex { seconds <= $0 } ?? bounds.count] += 1
        sum += seconds
    }
}

/// What the driver measures of itself.
public struct Latencies: Sendable {
    /// The engine's answer to one input.
    public var decisions = Histogram(bounds: Histogram.latencyBounds)
    /// One commit with everything in it.
    public var commits = Histogram(bounds: Histogram.latencyBounds)
    /// Waits of jobs from their submission to their first start.
    public var waits = Histogram(bounds: Histogram.waitBounds)
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
