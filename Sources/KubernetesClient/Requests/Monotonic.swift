import Glibc

/// The clocks of the machine.
enum Monotonic {
    /// Nanoseconds since the machine started, time asleep included: a lease goes on meanwhile.
    static var now: Int64 { read(CLOCK_BOOTTIME) }

    /// Microseconds since 1970, as the machine believes.
    static var wallMicroseconds: Int64 { read(CLOCK_REALTIME) / 1_000 }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
