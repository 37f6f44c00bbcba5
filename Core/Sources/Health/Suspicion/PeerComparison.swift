import FleetModel

/// Which nodes of a job are slow, by the nodes of the same job.
///
/// Median and median absolute deviation (MAD): half of the nodes may be slow before either moves.
/// A job runs as fast as its slowest member, so that only who costs more than its peers is named.
public struct PeerComparison: Hashable, Sendable {
    /// The median cost.
    public var median: Int64
    /// The median distance from it.
    public var deviation: Int64
    /// The slow ones, in the order in which they were given.
    public var slow: [PeerSample]

    /// The largest cost that counts; larger ones count as this.
    static let largestCost: Int64 = 1 << 40

    /// Compares; nil when there are too few to say anything.
    ///
    /// A MAD is 0.6745 of a standard deviation of a normal distribution, so that 1.4826 of it is
    /// one (Rousseeuw and Croux, "Alternatives to the median absolute deviation", JASA 1993).
    public init?(_ samples: [PeerSample], policy: SuspicionPolicy) {
        guard samples.count >= Int(policy.leastPeers) else { return nil }
        let costs = samples.map { min(max($0.cost, 0), PeerComparison.largestCost) }
        let middle = RobustStatistics.median(costs)
        let spread = RobustStatistics.median(costs.map { abs($0 - middle) })
        median = middle
        deviation = spread
        slow = zip(samples, costs).compactMap { sample, cost in
            let excess = cost - middle
            let isFar =
                Int128(excess) * 10_000 * 1_000
                > Int128(spread) * 14_826 * Int128(policy.peerDeviationMilli)
            let isMuch = Int128(excess) * 1_000 > Int128(middle) * Int128(policy.peerShareMilli)
            return isFar && isMuch ? sample : nil
        }
    }
}

/// Statistics that outliers do not move, in whole numbers.
public enum RobustStatistics {
    /// The middle value; of an even count the lower of the two in the middle. 0 of nothing.
    public static func median(_ values: [Int64]) -> Int64 {
        guard !values.isEmpty else { return 0 }
        return values.sorted()[(values.count - 1) / 2]
    }
}
