import Glibc

/// What this process has used, as the kernel counts it.
enum ProcessFigures {
    /// The most main memory held at any time since the process began, in MiB; it never falls.
    static var peakResidentMiB: Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return Double(usage.ru_maxrss) / 1024
    }

    /// Nanoseconds on a clock that never goes back.
    static var monotonicNanoseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
