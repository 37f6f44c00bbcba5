/// Tells how long a request has to wait so that there are at most `perSecond` of them, with bursts:
/// the generic cell rate algorithm (ITU-T I.371), which is a token bucket without a timer.
public struct TokenBucket: Sendable {
    private let intervalNanoseconds: Int64
    private let burstNanoseconds: Int64
    /// When the next request is due if all come evenly.
    private var due: Int64 = .min

    /// Full. `perSecond` and `burst` are at least 1.
    public init(perSecond: Int, burst: Int) {
        intervalNanoseconds = 1_000_000_000 / Int64(min(max(perSecond, 1), 1_000_000_000))
        burstNanoseconds = intervalNanoseconds * Int64(min(max(burst, 1), 1_000_000) - 1)
    }

    /// Takes a token and says how many nanoseconds later it is there; 0 for now. O(1).
    public mutating func take(at now: Int64) -> Int64 {
        let begin = max(due, now)
        due = begin + intervalNanoseconds
        return max(begin - burstNanoseconds - now, 0)
    }
}
