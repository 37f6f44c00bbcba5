import FleetModel

/// How long something takes, at random or not.
public enum SpanDistribution: Hashable, Sendable {
    /// Always as long.
    case fixed(TimeSpan)
    /// The p0, p1, p10, p25, p50, p75, p90, p95, p99 and p100 in seconds, 1 or more and rising,
    /// with a straight line between the logarithms of neighbours.
    case quantiles([Int64])

    /// Minutes to an hour for nine in ten, whom nobody has to touch: a reset, a reboot, a
    /// qualification. Hours to four days for those that people mend by hand.
    public static let repairs = SpanDistribution.quantiles(
        [300, 330, 480, 720, 1200, 2100, 3600, 14_400, 172_800, 345_600])
    /// Ten minutes to a day, for a whole rack.
    public static let rackRepairs = SpanDistribution.quantiles(
        [600, 660, 1200, 1800, 3600, 7200, 14_400, 28_800, 57_600, 86_400])
    /// Half an hour to half a day, for what no log tells of.
    public static let detections = SpanDistribution.quantiles(
        [1800, 1900, 2700, 3600, 7200, 14_400, 21_600, 28_800, 36_000, 43_200])

    /// Whether every figure is one to work with.
    public var isWellFormed: Bool {
        switch self {
        case .fixed(let span): span >= .zero && span <= .seconds(FleetLimits.seconds)
        case .quantiles(let seconds):
            seconds.count == QuantileTable.perMille.count
                && zip(seconds, seconds.dropFirst()).allSatisfy { $0 <= $1 }
                && seconds.allSatisfy { (1...FleetLimits.seconds).contains($0) }
        }
    }

    /// The span of which the share `draw` / 2^64 is not longer.
    func span(at draw: UInt64) -> TimeSpan {
        switch self {
        case .fixed(let span): span
        case .quantiles(let seconds):
            TimeSpan(
                nanoseconds: QuantileTable(seconds).milliseconds(at: Int64(draw >> 32))
                    * 1_000_000)
        }
    }
}
