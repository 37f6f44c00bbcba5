import Glibc

/// Latencies of repeated calls, in nanoseconds.
struct Latencies {
    private var values: [Int64] = []

    /// Times one call.
    mutating func measure<Result>(_ body: () -> Result) -> Result {
        let clock = ContinuousClock()
        let start = clock.now
        let result = body()
        let elapsed = (clock.now - start).components
        values.append(elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000)
        return result
    }

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
