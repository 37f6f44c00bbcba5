import FleetModel
import Glibc

/// The fleet's time: nanoseconds since the Unix epoch, running `speed` times as fast as the wall.
///
/// It never goes back. It follows the clock of the machine since boot, which nobody sets, so a
/// corrected wall clock neither repeats nor skips anything; after a restart it goes on from the
/// later of the wall clock and the last recorded instant.
public struct FleetClock: Sendable {
    /// Fleet seconds per wall second.
    public let speed: Int64
    private let anchor: Instant
    private let bootAnchor: Int64

    /// The highest speed: a week in ten seconds.
    public static let highestSpeed: Int64 = 60_480

    /// A clock that shows `instant` now.
    public init(startingAt instant: Instant, speed: Int64 = 1) {
        precondition(speed >= 1 && speed <= FleetClock.highestSpeed, "a speed out of range")
        self.speed = speed
        anchor = instant
        bootAnchor = FleetClock.sinceBoot()
    }

    /// What the clock shows now; it stands at the end of time, which at the highest speed comes
    /// after two days.
    public func now() -> Instant {
        let (span, isOver) = (FleetClock.sinceBoot() - bootAnchor)
            .multipliedReportingOverflow(by: speed)
        return isOver ? .never : anchor + TimeSpan(nanoseconds: span)
    }

    /// What it showed when the wall's clock showed an instant that is not far from now: time that
    /// others have taken down by the wall. Both clocks part when the wall's is set.
    public func time(ofWall instant: Instant) -> Instant {
        let age = Int128(FleetClock.wall().nanoseconds) - Int128(instant.nanoseconds)
        let shown = Int128(now().nanoseconds) - age * Int128(speed)
        return Instant(nanoseconds: max(0, Int64(clamping: shown)))
    }

    /// How long it takes by the wall until the clock shows `instant`, in nanoseconds; 0 when it
    /// has.
    public func wallNanoseconds(until instant: Instant) -> Int64 {
        let span = (instant.nanoseconds.subtractingReportingOverflow(now().nanoseconds))
        return span.overflow ? .max : max(0, span.partialValue) / speed
    }

    /// The wall clock.
    public static func wall() -> Instant { read(CLOCK_REALTIME) }

    /// Nanoseconds of a clock that only rises, for measuring how long something takes.
    public static func monotonic() -> Int64 { read(CLOCK_MONOTONIC).nanoseconds }

    private static func sinceBoot() -> Int64 { read(CLOCK_BOOTTIME).nanoseconds }

    private static func read(_ clock: clockid_t) -> Instant {
        var time = timespec()
        clock_gettime(clock, &time)
        return Instant(
            nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
