import FleetModel
import Journal

/// The engine's own clock: it follows the wall's, never goes back, and never leaps.
///
/// A wall clock that is set ahead by a day must not empty the windows of the breakers, and one that
/// is set back must not make every fault that follows look old. So from one input to the next the
/// engine's clock goes on by what the wall's did, between nothing and ``longestStep``. The engine
/// asks to be woken more often than that, so that it loses nothing while it runs; of the time in
/// which the control plane is down at most that much counts.
public struct HealthClock: Hashable, Sendable {
    /// The most that one input may move it.
    public static let longestStep = TimeSpan.seconds(3600)

    /// The engine's time.
    public private(set) var engine = Instant.zero
    /// The wall's time as it was last told.
    public private(set) var wall = Instant.zero
    private var hasBegun = false

    /// Starts at the origin.
    public init() {}

    /// Both clocks.
    public var moment: Moment { Moment(engine: engine, wall: wall) }

    /// Goes on to what an input says; returns how far the wall's clock jumped, if it did.
    mutating func advance(to told: Instant) -> TimeSpan? {
        guard hasBegun else {
            hasBegun = true
            wall = told
            return nil
        }
        let (step, overflow) = told.nanoseconds.subtractingReportingOverflow(wall.nanoseconds)
        wall = told
        let most = HealthClock.longestStep.nanoseconds
        let delta = overflow ? (told.nanoseconds > 0 ? .max : .min) : step
        engine = engine + TimeSpan(nanoseconds: min(max(delta, 0), most))
        return delta < 0 || delta > most ? TimeSpan(nanoseconds: delta) : nil
    }

    /// How long ago something was seen by the wall's clock, in the engine's time. What lies ahead
    /// was seen just now.
    func engineTime(ofWall seen: Instant) -> Instant {
        let (age, overflow) = wall.nanoseconds.subtractingReportingOverflow(seen.nanoseconds)
        let known = overflow ? (wall > seen ? .max : 0) : max(0, age)
        let (time, isBefore) = engine.nanoseconds.subtractingReportingOverflow(known)
        return Instant(nanoseconds: isBefore ? .min : time)
    }

    /// What the wall's clock will say at a time of the engine's, if nobody sets it.
    public func wallTime(ofEngine time: Instant) -> Instant {
        guard time > engine else { return wall }
        return wall + (time - engine)
    }
}

extension HealthClock: RecordValue {
    package static var blank: HealthClock { HealthClock() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&engine)
        coder.field(&wall)
        coder.field(&hasBegun)
    }
}
