import Glibc
import KubernetesJSON
import Testing

/// How fast lists are read, by the processor time of the thread that reads: tests run beside
/// others. Limits are far below what was measured.
@Suite(.serialized) struct JSONSpeedTests {
    /// MiB a second of the fastest of three rounds.
    private func speed(_ bytes: [UInt8], _ body: () throws -> Void) rethrows -> Double {
        var best = Duration.seconds(1_000)
        for _ in 0..<3 {
            let start = JSONSpeedTests.processorTime()
            try body()
            best = min(best, JSONSpeedTests.processorTime() - start)
        }
        let seconds = Double(best.components.seconds) + Double(best.components.attoseconds) / 1e18
        return Double(bytes.count) / 1_048_576 / seconds
    }

    private static func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    @Test func listOfPods() throws {
        #if DEBUG
        let count = 200
        #else
        let count = 100_000
        #endif
        var generator = SyntheticPods(seed: 1)
        let bytes = generator.list(count)
        var list: PodSampleList?
        let decoding = try speed(bytes) { list = try PodSampleList(json: bytes) }
        let skipping = try speed(bytes) { _ = try Passed(json: bytes) }
        let pods = try #require(list?.items)
        #expect(pods.count == count)
        #expect(pods.allSatisfy { $0.isOurs && $0.containers.count == 1 && $0.created != nil })
        print(
            "\(count) pods, \(bytes.count >> 20) MiB: decoded at \(Int(decoding)) MiB/s,",
            "passed over at \(Int(skipping)) MiB/s")
        #if !DEBUG
        // Measured: 658 and 1,789 MiB/s on one core of a busy machine with two. A third of that is
        // the alarm, and above the goal of 200.
        #expect(decoding > 210)
        #expect(skipping > 600)
        #endif
    }
}
