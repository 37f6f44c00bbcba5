import FleetModel

/// What happens to a node that arrives.
public enum ArrivalAction: UInt8, CaseIterable, Hashable, Sendable {
    /// It takes work at once.
    case admit
    /// It is tested first.
    case qualify
    /// It is not taken in; people may accept it.
    case refuse
}

/// What happens on arrival, by what the ledger knows.
public struct ArrivalPolicy: Hashable, Sendable {
    /// Never seen, or never proved. 3 to 10 % of new machines are dead on arrival (SemiAnalysis).
    public var new = ArrivalAction.qualify
    /// Known, proved, nothing open.
    public var knownGood = ArrivalAction.admit
    /// With open faults, under the name that it had: it comes back from a repair.
    public var knownBad = ArrivalAction.qualify
    /// With open faults, under another name: the same bad box handed back.
    public var knownBadRenamed = ArrivalAction.refuse
    /// Contradicting what the ledger knows, with no other node to clear up first.
    public var contradictory = ArrivalAction.qualify
    /// The level of the test on arrival.
    public var level = QualificationLevel.twoMinutes
    /// How long a proof holds for an admission.
    public var proofLifetime = TimeSpan.seconds(7 * 86_400)

    /// The defaults.
    public init() {}
}

/// When a breaker that tripped closes.
public enum BreakerReset: Hashable, Sendable {
    /// When somebody says so.
    case manual
    /// After a time.
    case after(TimeSpan)
}

/// Limits on what may be taken out, and how often it may be tried.
public struct BreakerPolicy: Hashable, Sendable {
    /// The window in which what is taken out adds up.
    public var window = TimeSpan.seconds(3600)
    /// Thousandths of the fleet that may be taken out in a window.
    public var fleetMilli: Int32 = 50
    /// Thousandths of the fleet that may be out at a time.
    public var heldMilli: Int32 = 200
    /// Devices that may go whatever the shares say, so that a small fleet can lose a node.
    public var leastDevices: Int32 = 8
    /// Thousandths of a fault domain that may be taken out in a window.
    public var domainMilli: Int32 = 500
    /// Devices of a fault domain that may go whatever the share says.
    public var leastDomainDevices: Int32 = 16
    /// The topology level of fault domains, counted from the finest above the host (0).
    public var domainLevel: Int32 = 0
    /// How fleet and domain breakers close.
    public var reset = BreakerReset.after(.seconds(6 * 3600))
    /// Repairs that may run at a time.
    public var concurrentRepairs: Int32 = 8
    /// Repairs of one machine in a span of ``attemptWindow``.
    public var attemptsPerMachine: Int32 = 5
    /// Repairs of one machine for one cause in that span.
    public var attemptsPerCause: Int32 = 4
    /// The span in which attempts add up.
    public var attemptWindow = TimeSpan.seconds(7 * 86_400)
    /// How breakers of attempts close.
    public var attemptReset = BreakerReset.manual

    /// The defaults. The window and five remediations in seven days are near NVSentinel's; the
    /// share is far below its half of all nodes, and 20 % at a time is that of EKS and Karpenter.
    public init() {}
}

/// How faults are repaired and proved.
public struct RepairPolicy: Hashable, Sendable {
    /// How often each repair is tried before the next stronger one, by ``FaultAction``.
    public var tries: [Int32] = FaultAction.allCases.map { $0 == .reboot ? 2 : 1 }
    /// The level that proves each repair, by ``FaultAction``.
    public var levels: [QualificationLevel] = FaultAction.allCases.map {
        switch $0 {
        case .nothing, .restart, .watch, .prove, .reset: .twoMinutes
        case .reboot, .replace: .fifteenMinutes
        }
    }
    /// The strongest repair that is done without people; stronger ones are proposed.
    public var strongest = FaultAction.replace
    /// A fault that comes back within this time of its repair begins one rung higher.
    public var repeatWindow = TimeSpan.seconds(86_400)
    /// How long an operation of each kind may take before it is asked for again: tests by level.
    public var testTimeouts: [TimeSpan] = [
        .seconds(300), .seconds(900), .seconds(2700), .seconds(3 * 3600),
    ]
    /// The same for repairs, by ``FaultAction``. A replacement takes days.
    public var repairTimeouts: [TimeSpan] = FaultAction.allCases.map {
        switch $0 {
        case .reset: .seconds(900)
        case .reboot: .seconds(2700)
        case .replace: .seconds(14 * 86_400)
        case .nothing, .restart, .watch, .prove: .seconds(900)
        }
    }
    /// How often an operation is asked for before it counts as failed.
    public var asks: Int32 = 3
    /// Tests in a row without a usable answer before people are asked.
    public var fruitlessTests: Int32 = 3
    /// The pause before such a test is tried again; it doubles each time.
    public var testPause = TimeSpan.seconds(600)
    /// What a test that failed asks for, when nothing else does.
    public var afterFailedTest = FaultAction.reboot
    /// Gangs may stay so long on a node that is drained at once.
    public var drainGrace = TimeSpan.seconds(300)
    /// And so long on one that is drained after its jobs; no limit when it is nil.
    public var drainPatience: TimeSpan? = .seconds(3 * 86_400)
    /// Whether one bad device leaves the rest of the node in service, where the hardware allows.
    public var shrinksNodes = true
    /// Whether one device can be reset while the others work; otherwise a reset needs the node.
    public var resetsSingleDevices = true
    /// How long a node stays shrunk before it is drained for a repair that needs all of it.
    public var shrunkPatience = TimeSpan.seconds(86_400)

    /// The defaults.
    public init() {}
}

/// What makes a node suspect, and for how long.
public struct SuspicionPolicy: Hashable, Sendable {
    /// A fault that is told later than this after it was seen does not act.
    public var findingLifetime = TimeSpan.seconds(3600)
    /// A suspicion that nothing adds to ends after this time.
    public var lifetime = TimeSpan.seconds(86_400)
    /// An agent that was heard of and is silent for so long makes its node suspect.
    public var silence = TimeSpan.seconds(180)
    /// After this time of silence somebody is asked to look.
    public var longSilence = TimeSpan.seconds(1800)
    /// Whether suspects and lemons are tested as soon as they are idle.
    public var testsIdleSuspects = true
    /// The level of that test.
    public var idleLevel = QualificationLevel.fifteenMinutes
    /// The least time between two such tests of one node.
    public var idleTestInterval = TimeSpan.seconds(86_400)
    /// How old a proof may be before an idle node is tested though nothing is suspected of it; nil
    /// when that is not wanted. At most a tenth of what may be out is in such tests at a time.
    public var idleTestPeriod: TimeSpan? = .seconds(7 * 86_400)
    /// How far above the median of its peers a node is slow, in thousandths of the scaled MAD.
    public var peerDeviationMilli: Int64 = 5_000
    /// And in thousandths of the median, so that peers that are all alike accuse nobody.
    public var peerShareMilli: Int64 = 50
    /// The fewest peers that say anything.
    public var leastPeers: Int32 = 5
    /// Comparisons that a node must lose within ``lifetime`` to be suspect.
    public var peerLosses: Int32 = 3
    /// What the signals of lemons weigh.
    public var lemon = LemonPolicy()

    /// The defaults.
    public init() {}
}

/// Everything that the health engine's decisions depend on beside its inputs.
public struct HealthPolicy: Hashable, Sendable {
    /// What happens to nodes that arrive.
    public var arrival = ArrivalPolicy()
    /// Limits.
    public var breakers = BreakerPolicy()
    /// Repairs and proofs.
    public var repair = RepairPolicy()
    /// Suspicions.
    public var suspicion = SuspicionPolicy()
    /// Tests of the network between nodes.
    public var network = NetworkPolicy()
    /// Events of one machine or device that are kept in detail; counters are kept for ever.
    public var historyKept: Int32 = 16
    /// Decisions of the whole fleet that are kept.
    public var decisionsKept: Int32 = 4096

    /// The defaults.
    public init() {}
}
