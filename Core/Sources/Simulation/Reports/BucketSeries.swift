import FleetModel

/// Step functions of time, several channels side by side, in bounded memory.
///
/// Each bucket holds the exact integral of a channel over its time, and the highest value that
/// lasted for any time. When time outgrows the buckets their width doubles and pairs are merged,
/// which keeps every integral. Changing one channel costs O(buckets crossed); the whole life of a
/// channel costs O(changes + buckets × doublings).
struct BucketSeries: Sendable {
    /// Buckets per channel; even.
    let capacity: Int
    /// Channels.
    let channelCount: Int
    /// Nanoseconds per bucket.
    private(set) var width: Int64
    /// The start of the first bucket; nil until time begins.
    private(set) var origin: Instant?
    /// Nanoseconds from the origin to the end of what is settled in every channel.
    private(set) var length: Int64 = 0
    private var integrals: [Int128]
    private var maxima: [Int64]
    private var values: [Int64]
    private var settled: [Int64]

    /// Makes channels that are all zero.
    init(channelCount: Int, capacity: Int, width: TimeSpan) {
        precondition(capacity >= 2 && capacity % 2 == 0, "buckets are merged in pairs")
        precondition(width.nanoseconds > 0, "a bucket without time")
        self.capacity = capacity
        self.channelCount = channelCount
        self.width = width.nanoseconds
        integrals = [Int128](repeating: 0, count: channelCount * capacity)
        maxima = [Int64](repeating: 0, count: channelCount * capacity)
        values = [Int64](repeating: 0, count: channelCount)
        settled = [Int64](repeating: 0, count: channelCount)
    }

    /// Starts time; values set before are those at the start.
    mutating func begin(at instant: Instant) { origin = instant }

    /// The channel has `value` (zero or more) from `instant` on.
    mutating func set(_ channel: Int, to value: Int64, at instant: Instant) {
        guard values[channel] != value else { return }
        settle(channel, to: instant)
        values[channel] = value
    }

    /// Accounts for everything up to `instant` in every channel.
    mutating func settleAll(to instant: Instant) {
        guard let origin else { return }
        for channel in 0..<channelCount { settle(channel, to: instant) }
        length = max(length, (instant - origin).nanoseconds)
    }

    /// Buckets that hold any time, once all is settled.
    var bucketCount: Int { length == 0 ? 0 : Int((length - 1) / width + 1) }

    /// Nanoseconds of time in a bucket: its width, less for the last one.
    func duration(ofBucket bucket: Int) -> Int64 { min(width, length - Int64(bucket) * width) }

    /// Value × nanoseconds of one bucket.
    func integral(_ channel: Int, bucket: Int) -> Int128 { integrals[channel * capacity + bucket] }

    /// The highest value in one bucket.
    func maximum(_ channel: Int, bucket: Int) -> Int64 { maxima[channel * capacity + bucket] }

    private mutating func settle(_ channel: Int, to instant: Instant) {
        guard let origin else { return }
        let end = (instant - origin).nanoseconds
        var from = settled[channel]
        guard end > from else { return }
        settled[channel] = end
        while (end - 1) / width >= Int64(capacity) { mergePairs() }
        let value = values[channel]
        guard value != 0 else { return }
        let base = channel * capacity
        while from < end {
            let bucket = from / width
            let span = min(width - (from - bucket * width), end - from)
            integrals[base + Int(bucket)] += Int128(value) * Int128(span)
            maxima[base + Int(bucket)] = max(maxima[base + Int(bucket)], value)
            from += span
        }
    }

    private mutating func mergePairs() {
        width *= 2
        let half = capacity / 2
        for channel in 0..<channelCount {
            let base = channel * capacity
            for bucket in 0..<half {
                let pair = base + 2 * bucket
                integrals[base + bucket] = integrals[pair] + integrals[pair + 1]
                maxima[base + bucket] = max(maxima[pair], maxima[pair + 1])
            }
            for bucket in half..<capacity {
                integrals[base + bucket] = 0
                maxima[base + bucket] = 0
            }
        }
    }
}
