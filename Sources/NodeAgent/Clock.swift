import FleetModel
import Glibc

/// The clocks of the host.
enum Clock {
    /// Time since the machine's start, without the time that it slept; only goes forward.
    static func monotonic() -> Instant { read(CLOCK_MONOTONIC) }

    /// Time since the Unix epoch.
    static func wall() -> Instant { read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> Instant {
        var time = timespec()
        clock_gettime(clock, &time)
        return Instant(
            nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
