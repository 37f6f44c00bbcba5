import FleetModel
import Health

/// A fleet with one large gang and many small jobs, and everything that a run of it depends on.
public struct HealthScenario: Hashable, Sendable {
    /// What goes wrong.
    public var mix: HealthMix
    /// What is switched off.
    public var variant: HealthVariant
    /// The seed of everything random.
    public var seed: UInt64
    /// Nodes of eight GPUs.
    public var nodes = 256
    /// Nodes of the gang, which runs from beginning to end and is never preempted.
    public var gangNodes = 128
    /// Nodes that are kept free, where spares are: 3 % of the fleet, of published 2 to 10 %.
    public var spares = 8
    /// How long.
    public var days: Int64 = 90
    /// Nodes per leaf switch, which is the fault domain.
    public var nodesPerLeaf = 32
    /// Whether 700 of 1000 nodes tell of a fault that is none within ten minutes, half way.
    public var hasStorm = false
    /// Time between checkpoints, which are written in the background.
    public var checkpointPeriod = TimeSpan.seconds(1800)
    /// From the start of an attempt until it works: loading, connecting, reading the checkpoint. An
    /// assumption near the 105 s of AWS; the job's own, no scheduler changes it.
    public var jobStart = TimeSpan.seconds(120)
    /// From the order to stop a gang until nothing of it runs any more.
    public var stopDelay = TimeSpan.seconds(15)
    /// The part of what the gang leaves that small jobs ask for, in thousandths.
    public var smallLoadMilli: Int64 = 850

    /// Gathers a scenario; by default 2,048 GPUs, half of them one gang's, for 90 days.
    public init(mix: HealthMix, variant: HealthVariant = .whole, seed: UInt64) {
        self.mix = mix
        self.variant = variant
        self.seed = seed
    }

    /// Devices of a node.
    static let devices = 8
    /// The first instant: the health engine reads the wall's clock.
    static let beginning = Instant.seconds(1_764_000_000)

    /// The limits of the health engine.
    public var healthPolicy: HealthPolicy {
        var policy = HealthPolicy()
        if !variant.hasProof {
            policy.arrival.new = .admit
            policy.arrival.contradictory = .admit
            policy.suspicion.testsIdleSuspects = false
            policy.suspicion.idleTestPeriod = nil
        }
        if !variant.hasLemonScore { policy.suspicion.lemon.threshold = 1_000_000 }
        return policy
    }

    /// The limits of the scheduler. Small jobs do not take turns, so that what they lose they lose
    /// to faults and to the gang; estimates are told to nobody here.
    public var schedulerPolicy: Policy {
        Policy(
            queueOrder: .muster,
            timeline: TimelinePolicy(youngSpan: .zero, estimatePeriod: .zero))
    }
}
