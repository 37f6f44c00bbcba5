import FleetModel
import Health
import HealthSignals
import Qualification

/// What a health file says.
public struct HealthFile: Sendable {
    /// How hardware is taken in, watched, tested and repaired.
    public var policy: HealthPolicy
    /// What faults mean at this site; none where the file is silent, or names another file.
    public var rules = FaultRules()
    /// The file with the rules, as it is named; nil where they stand in the health file itself.
    public var rulesFile: Located<String>?
    /// How many nodes are kept as spares, by pool.
    public var spares: [PoolSpares] = []
    /// How much worse than usual figures of tests may be.
    public var drops = DropRules()
}
