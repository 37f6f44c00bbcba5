import Synchronization

/// Limits how many requests come from one address or token: a bucket for each, filled evenly.
final class RateLimit: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: Int64
    }

    private let perSecond: Double
    private let burst: Double
    private let buckets = Mutex<[String: Bucket]>([:])

    /// Callers that are remembered; more than these and the fullest buckets are forgotten.
    private static let remembered = 10_000

    init(perSecond: Double, burst: Double) {
        self.perSecond = perSecond
        self.burst = burst
    }

    /// Takes one request of a caller; nil when it may go on, else the seconds to wait.
    func take(_ caller: String, nanoseconds now: Int64) -> Int? {
        buckets.withLock { buckets in
            if buckets.count > RateLimit.remembered {
                buckets = buckets.filter { filled($0.value, now) < burst }
            }
            var bucket = buckets[caller] ?? Bucket(tokens: burst, at: now)
            bucket.tokens = filled(bucket, now)
            bucket.at = now
            defer { buckets[caller] = bucket }
            guard bucket.tokens >= 1 else {
                return max(1, Int(((1 - bucket.tokens) / perSecond).rounded(.up)))
            }
            bucket.tokens -= 1
            return nil
        }
    }

    /// The seconds until a caller has a request to take; nil when it has one. Takes none.
    func wait(_ caller: String, nanoseconds now: Int64) -> Int? {
        buckets.withLock { buckets in
            guard let bucket = buckets[caller] else { return nil }
            let tokens = filled(bucket, now)
            return tokens >= 1 ? nil : max(1, Int(((1 - tokens) / perSecond).rounded(.up)))
        }
    }

    private func filled(_ bucket: Bucket, _ now: Int64) -> Double {
        min(burst, bucket.tokens + Double(now - bucket.at) / 1e9 * perSecond)
    }
}
