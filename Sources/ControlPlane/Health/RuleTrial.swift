import FleetModel
import HealthControl
import HealthSignals
import Journal
import Store

/// What other fault rules would have decided on the control plane's own past.
public struct RuleTrial: Sendable {
    /// The rules that are in force.
    public var before: FaultRules
    /// Since when the past is kept; nil when nothing is.
    public var since: Instant?
    /// Faults that were tried.
    public var faults: Int
    /// Faults beyond what is looked at.
    public var omitted: Int
    /// What came of it.
    public var run: RuleDryRun
}

extension ControlPlane {
    /// Tries rules on every fault that is kept, beside those that are in force. Changes nothing.
    /// O(what is kept).
    public func tryRules(_ rules: FaultRules) throws -> RuleTrial {
        let desk = view.health.desk
        var history = FaultHistory(kinds: desk)
        try store.read { reader in
            try reader.forEachFaultBatch { bytes in
                let batch: DeskBatch
                do throws(SealedRecordError) {
                    batch = try DeskBatch(bytes)
                } catch {
                    throw Recovery.damage("the history of faults: \(error.message)")
                }
                for record in batch.records { history.take(record) }
            }
        }
        return RuleTrial(
            before: desk.rules, since: history.begin, faults: history.faults.count,
            omitted: history.omitted,
            run: RuleDryRun(history: history.faults, before: desk.rules, after: rules))
    }
}
