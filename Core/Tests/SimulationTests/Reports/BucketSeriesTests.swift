import FleetModel
import Testing

@testable import Simulation

@Suite struct BucketSeriesTests {
    private func total(_ series: BucketSeries, _ channel: Int) -> Int128 {
        (0..<series.capacity).reduce(0) { $0 + series.integral(channel, bucket: $1) }
    }

    @Test func spreadsAStepOverBuckets() {
        var series = BucketSeries(
            channelCount: 1, capacity: 4, width: TimeSpan(nanoseconds: 10))
        series.begin(at: Instant(nanoseconds: 100))
        series.set(0, to: 3, at: Instant(nanoseconds: 105))
        series.set(0, to: 1, at: Instant(nanoseconds: 121))
        series.settleAll(to: Instant(nanoseconds: 133))
        #expect(series.bucketCount == 4)
        #expect((0..<4).map { series.integral(0, bucket: $0) } == [15, 30, 3 + 9, 3])
        #expect((0..<4).map { series.maximum(0, bucket: $0) } == [3, 3, 3, 1])
        #expect((0..<4).map { series.duration(ofBucket: $0) } == [10, 10, 10, 3])
    }

    @Test func mergesPairsWhenFull() {
        var series = BucketSeries(
            channelCount: 2, capacity: 4, width: TimeSpan(nanoseconds: 10))
        series.begin(at: .zero)
        series.set(0, to: 1, at: .zero)
        series.set(0, to: 7, at: Instant(nanoseconds: 40))
        #expect(series.width == 10)
        series.set(0, to: 0, at: Instant(nanoseconds: 41))
        #expect(series.width == 20)
        series.settleAll(to: Instant(nanoseconds: 41))
        #expect((0..<4).map { series.integral(0, bucket: $0) } == [20, 20, 7, 0])
        #expect((0..<4).map { series.maximum(0, bucket: $0) } == [1, 1, 7, 0])
        #expect(series.bucketCount == 3)
        #expect(total(series, 1) == 0)
    }

    @Test func valuesThatLastNoTimeLeaveNoTrace() {
        var series = BucketSeries(channelCount: 1, capacity: 2, width: .seconds(1))
        series.begin(at: .zero)
        series.set(0, to: 9, at: .seconds(1))
        series.set(0, to: 0, at: .seconds(1))
        series.settleAll(to: .seconds(2))
        #expect(total(series, 0) == 0)
        #expect(series.maximum(0, bucket: 1) == 0)
    }

    @Test func reachesTheEndOfTime() {
        var series = BucketSeries(channelCount: 1, capacity: 2, width: TimeSpan(nanoseconds: 1))
        series.begin(at: .zero)
        series.set(0, to: 2, at: .zero)
        series.settleAll(to: .never)
        #expect(total(series, 0) == 2 * Int128(Int64.max))
        #expect(series.bucketCount <= 2)
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func conservesIntegralsAndMaxima(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let capacity = 2 * (1 + random.below(8))
        var series = BucketSeries(
            channelCount: 3, capacity: capacity,
            width: TimeSpan(nanoseconds: Int64(1 + random.below(5))))
        series.begin(at: Instant(nanoseconds: -50))
        var now: Int64 = -50
        var values = [Int64](repeating: 0, count: 3)
        var expected = [Int128](repeating: 0, count: 3)
        var highest = [Int64](repeating: 0, count: 3)
        for _ in 0..<200 {
            let span = Int64(random.below(1 << random.below(12)))
            for channel in 0..<3 where span > 0 {
                expected[channel] += Int128(values[channel]) * Int128(span)
                highest[channel] = max(highest[channel], values[channel])
            }
            now += span
            let channel = random.below(3)
            values[channel] = Int64(random.below(1_000))
            series.set(channel, to: values[channel], at: Instant(nanoseconds: now))
        }
        series.settleAll(to: Instant(nanoseconds: now))
        for channel in 0..<3 {
            #expect(total(series, channel) == expected[channel])
            let maxima = (0..<capacity).map { series.maximum(channel, bucket: $0) }
            #expect(maxima.max() == highest[channel])
        }
        #expect(series.bucketCount <= capacity)
        #expect(series.bucketCount > capacity / 2 - 1)
        let covered = (0..<series.bucketCount).reduce(0) { $0 + series.duration(ofBucket: $1) }
        #expect(covered == now + 50)
    }
}
