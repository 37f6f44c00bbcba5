import Documents
import FleetModel
import Health
import HealthSignals
import Qualification
import Stacks
import Store

/// How a control plane runs.
public struct ControlPlaneSettings: Sendable {
    /// How the engine decides, in a new data folder; an old one goes on as it was.
    public var policy = Policy(queueOrder: .muster)
    /// How hardware is taken in, watched, tested and repaired.
    public var health = HealthPolicy.trusting
    /// What faults mean at this site, over the published tables.
    public var faultRules = FaultRules()
    /// How many good nodes are kept free for large gangs, by pool.
    public var spares: [PoolSpares] = []
    /// How much worse than usual figures of tests may be.
    public var drops = DropRules()
    /// Fleet seconds per wall second.
    public var speed: Int64 = 1
    /// The quota tree as a file describes it, with a digest of the file; nil to keep what is
    /// recorded, or a single tenant `default` in a new folder.
    public var tenants: (source: String, digest: String)?
    /// The stacks that pools should have as a file describes them, with a digest of the file; nil
    /// to keep what is recorded.
    public var stacks: (catalogue: StackCatalogue, digest: UInt64)?
    /// How much of the past is kept.
    public var retention = Retention()
    /// Inputs after which a snapshot is made.
    public var snapshotInputs = 100_000
    /// Wall time after which a snapshot is made, if there was any input.
    public var snapshotSeconds: Int64 = 900
    /// The longest that a batch is decided upon before it is committed, in wall milliseconds.
    public var batchMilliseconds: Int64 = 25

    /// Is given the fleet's clock before the backend begins.
    public var clockIsReady: @Sendable (FleetClock) -> Void = { _ in }

    /// The defaults, which `docs/OPERATING.md` lists.
    public init() {}
}

extension HealthPolicy {
    /// The defaults for a fleet that nobody tests: whatever comes is admitted, unless something is
    /// known against it.
    public static let trusting = {
        var policy = HealthPolicy()
        policy.arrival.new = .admit
        policy.arrival.contradictory = .admit
        policy.suspicion.idleTestPeriod = nil
        return policy
    }()
}
