import FleetModel
import Health

/// One input with the time that the driver gives it.
public struct HealthStep: Hashable, Sendable {
    /// The wall's time; may be earlier than that of the step before.
    public var at: Instant
    /// What the engine is told.
    public var input: HealthInput

    /// Pairs an input with its time.
    public init(at: Instant, input: HealthInput) {
        self.at = at
        self.input = input
    }
}

/// States that a torture run must come through, or it proves little.
public enum HealthSometimes: Int, CaseIterable, Hashable, Sendable {
    case admitted, arrivalTested, refused, contested, contestEnded, movedDevice, sharedChassis
    case replacedDevice, drained, tookOutNode, tookOutDevice, deviceNeededNode, repaired
    case repairFailed, proved, provedPartly, proofFailed, faultInProof, weakProof, retired
    case reinstated, idleTested, suspicionEnded, silent, slowPeer, lemon, unknownFault, stale
    case trippedFleet, trippedHeld, trippedDomain, trippedAttempts, closed, concurrentRepairs
    case exhausted, noProof, askedAgain, lostOperation, lateAnswer, cordonRestored
    case cordonedByOthers, clockJumped, policyRefused, overdue, repairedByHand, settled, replayed
    case restored, restackBegun, restacked, restackFailed, restackByHand
    case paired, pairPassed, pairFailed, awaitedPartner, networkUntested, mateFound
    case unreached, controlled, unreachable, mute, reachesAgain
    case accepted, repairsGoOn, deaf

    /// The name in output.
    public var name: String { String(describing: self) }
}

/// How often each state was reached.
public struct HealthSometimesCounts: Hashable, Sendable {
    private var counts = [Int](repeating: 0, count: HealthSometimes.allCases.count)

    /// Starts at zero.
    public init() {}

    /// The count of one state.
    public subscript(state: HealthSometimes) -> Int { counts[state.rawValue] }

    /// Counts one more.
    public mutating func note(_ state: HealthSometimes) { counts[state.rawValue] += 1 }

    /// Adds another run's counts.
    public mutating func add(_ other: HealthSometimesCounts) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    /// States that were never reached.
    public var unreached: [HealthSometimes] {
        HealthSometimes.allCases.filter { self[$0] == 0 }
    }
}
