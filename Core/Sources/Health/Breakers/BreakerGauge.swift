import FleetModel

/// How near something that a breaker or a bound guards is to its limit.
public struct BreakerGauge: Hashable, Sendable {
    /// What is guarded.
    public enum Guarded: UInt8, CaseIterable, Hashable, Sendable {
        /// Devices taken out of the fleet in a window.
        case fleetWindow
        /// Devices of the fleet that are out now.
        case fleetHeld
        /// Repairs that run now; replacements are not counted.
        case repairs
    }

    /// What.
    public var guarded: Guarded
    /// How many there are.
    public var have: Int64
    /// How many there may be.
    public var limit: Int64
}

extension HealthEngine {
    /// What of the fleet is out and being repaired, against what may be. O(operations + charges).
    public var breakerGauges: [BreakerGauge] {
        let figures = capacity.figures(for: nil)
        let limits = policy.breakers
        return [
            BreakerGauge(
                guarded: .fleetWindow, have: breakers.charged(within: limits, at: clock.engine),
                limit: limits.limit(figures.total, limits.fleetMilli, limits.leastDevices)),
            BreakerGauge(
                guarded: .fleetHeld, have: figures.out,
                limit: limits.limit(figures.total, limits.heldMilli, limits.leastDevices)),
            BreakerGauge(
                guarded: .repairs, have: Int64(runningRepairs),
                limit: Int64(limits.concurrentRepairs)),
        ]
    }
}

extension BreakerPolicy {
    /// A share of devices, but never less than a least number.
    func limit(_ total: Int64, _ milli: Int32, _ least: Int32) -> Int64 {
        max(Int64(least), total * Int64(milli) / 1000)
    }
}

extension BreakerPanel {
    /// Devices that were taken out in the window that ends now.
    func charged(within policy: BreakerPolicy, at now: Instant) -> Int64 {
        charges.reduce(0) { $0 + (now - $1.at > policy.window ? 0 : Int64($1.devices)) }
    }
}
