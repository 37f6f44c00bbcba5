import Glibc

/// The processor time of this thread: on an idle machine what a clock on the wall shows, and the
/// same where other work takes turns with it.
enum ThreadClock {
    /// Nanoseconds so far.
    static var nanoseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// Latencies of repeated calls, in nanoseconds of ``ThreadClock``.
struct Latencies {
    private var values: [Int64] = []

    /// Times one call.
    mutating func measure<Result>(_ body: () -> Result) -> Result {
        let start = ThreadClock.nanoseconds
        let result = body()
        values.append(ThreadClock.nanoseconds - start)
        return result
    }

    /// Takes in what somebody else timed.
    mutating func add(_ nanoseconds: Int64) { values.append(nanoseconds) }

    /// The longest, in milliseconds.
    var longest: Double { percentile(100) }

    /// The value that `percent` of all values do not exceed (nearest rank), in milliseconds.
    func percentile(_ percent: Double) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        let rank = Int((percent / 100 * Double(sorted.count)).rounded(.up))
        return Double(sorted[max(0, rank - 1)]) / 1_000_000
    }

    /// Seconds over all calls.
    var totalSeconds: Double { Double(values.reduce(0, +)) / 1e9 }

    /// Calls.
    var count: Int { values.count }
}

/// Memory of this process, from `/proc/self/status`.
enum Memory {
    /// The largest resident size so far, in MiB; 0 where the file does not exist.
    static func peakResidentMiB() -> Double {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let text = String(decoding: bytes, as: UTF8.self)
            if text.hasPrefix("VmHWM:") {
                let digits = text.filter(\.isNumber)
                return (Double(digits) ?? 0) / 1024
            }
        }
        return 0
    }
}
