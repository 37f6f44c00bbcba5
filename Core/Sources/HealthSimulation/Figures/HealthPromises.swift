import FleetModel
import Health

/// What every run must keep. Without qualification a suspect that comes back is nobody's suspect
/// any more, and without a ledger nobody knows a bad machine again: there the figures only count.
extension HealthFigures {
    /// Promises that were not kept, in words; empty when all were.
    public func brokenPromises(of scenario: HealthScenario) -> [String] {
        var broken = violations
        let breakers = scenario.healthPolicy.breakers
        if scenario.variant.hasProof, restartsOnSuspect > 0 {
            broken.append("\(restartsOnSuspect) restarts on the suspect")
        }
        if startsOnOut > 0 { broken.append("\(startsOnOut) starts on what is out of service") }
        if worstHourMilli > Int64(breakers.fleetMilli) {
            broken.append("\(worstHourMilli) thousandths were taken out in an hour")
        }
        if mostOutMilli > Int64(breakers.heldMilli) {
            broken.append("\(mostOutMilli) thousandths were out at a time")
        }
        if scenario.hasStorm, trips == 0 { broken.append("a storm tripped no breaker") }
        if scenario.variant.hasLedger, handedBackRefused != handedBack {
            broken.append("\(handedBack - handedBackRefused) bad machines came back unrefused")
        }
        return broken
    }

    /// The longest that the gang may be down at the median, beside the age of its checkpoint.
    public static let medianDowntimeAllowed = TimeSpan.seconds(300)

    /// Whether the gang is down no longer than that.
    public var recoversInTime: Bool {
        downtime(percent: 50).map { $0 <= HealthFigures.medianDowntimeAllowed } ?? false
    }
}
