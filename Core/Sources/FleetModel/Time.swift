/// A point in time, in nanoseconds since an origin that the driver chooses.
///
/// The engine never reads a clock: every input carries its instant.
@frozen public struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the origin.
    public var nanoseconds: Int64

    /// Wraps nanoseconds since the origin.
    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// An instant whole seconds after the origin.
    @inlinable public static func seconds(_ seconds: Int64) -> Instant {
        Instant(nanoseconds: seconds * 1_000_000_000)
    }

    /// The origin.
    @inlinable public static var zero: Instant { Instant(nanoseconds: 0) }

    /// An instant after every instant in use.
    @inlinable public static var never: Instant { Instant(nanoseconds: .max) }

    /// Orders by time.
    @inlinable public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The instant `span` later; saturates at ``never``.
    @inlinable public static func + (instant: Instant, span: TimeSpan) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(span.nanoseconds)
        return overflow ? .never : Instant(nanoseconds: sum)
    }

    /// The time from `right` to `left`.
    @inlinable public static func - (left: Instant, right: Instant) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
}

/// A length of time, in nanoseconds.
@frozen public struct TimeSpan: Hashable, Comparable, Sendable {
    /// Nanoseconds.
    public var nanoseconds: Int64

    /// Wraps nanoseconds.
    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// A span of whole seconds.
    @inlinable public static func seconds(_ seconds: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: seconds * 1_000_000_000)
    }

    /// No time at all.
    @inlinable public static var zero: TimeSpan { TimeSpan(nanoseconds: 0) }

    /// Whole seconds, rounded down.
    @inlinable public var wholeSeconds: Int64 { nanoseconds / 1_000_000_000 }

    /// Orders by length.
    @inlinable public static func < (left: TimeSpan, right: TimeSpan) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The sum of two spans.
    @inlinable public static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds + right.nanoseconds)
    }
}
