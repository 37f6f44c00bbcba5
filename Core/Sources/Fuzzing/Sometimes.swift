/// States that a torture run must come through, or it proves little.
public enum Sometimes: Int, CaseIterable, Hashable, Sendable {
    case started, startedWholeFleet, startedFraction, startedSlices, startedSeveralRoles
    case startedHostOnly, startedOlderWaits, succeeded, failed, timedOut, cancelled
    case dependencyFailed, rejected
    case requeuedApplication, requeuedNode, requeuedDevice, requeuedStart
    case requeuedPreemption, requeuedMaintenance
    case waitQuota, waitCapacity, waitTopology, waitFragmentation, waitPool, waitHealth
    case waitReservation, waitDependency, waitHeld
    case stoppedHardware, nodeBackWhileHeld, nodeLostWithGang, staleConfirmation
    case endedWhileStopping, relaxed
    case preempted, reclaimedAcrossTenants, evictorStarted, drainedByDeadline
    case shrunk, shrinkConfirmed, endedWhileShrinking, grown
    case survivorsKept, restartedOffSuspect, estimated
    case limitHit, settled, replayed, placeMissed, stoppedInVain
    case reservationMade, reservedStart, backfilled, evicted, reclaimed, consolidated
    case graceHeld, spareFound, cellCalledBack, reviewed
    case nodeChangedWhileHeld, adopted, adoptionRefused, replaced
    case startedOnSpare, waitSpares

    /// The name in output.
    public var name: String { String(describing: self) }

    /// Whether a long run must come through it. What no part of the engine brings about yet is
    /// counted without being demanded.
    public var isRequired: Bool {
        switch self {
        case .placeMissed, .stoppedInVain, .estimated: false
        default: true
        }
    }
}

/// How often each state was reached.
public struct SometimesCounts: Hashable, Sendable {
    private var counts = [Int](repeating: 0, count: Sometimes.allCases.count)

    /// Starts at zero.
    public init() {}

    /// The count of one state.
    public subscript(state: Sometimes) -> Int {
        get { counts[state.rawValue] }
        set { counts[state.rawValue] = newValue }
    }

    /// Counts one more.
    public mutating func note(_ state: Sometimes) { counts[state.rawValue] += 1 }

    /// Adds another run's counts.
    public mutating func add(_ other: SometimesCounts) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    /// Required states that were never reached.
    public var unreached: [Sometimes] {
        Sometimes.allCases.filter { $0.isRequired && self[$0] == 0 }
    }

    /// A table of all states, in columns.
    public func table() -> String {
        var lines: [String] = []
        for state in Sometimes.allCases {
            let name = state.name + String(repeating: " ", count: max(1, 26 - state.name.count))
            let count = String(self[state])
            let pad = String(repeating: " ", count: max(0, 10 - count.count))
            let mark = self[state] == 0 ? (state.isRequired ? "  NEVER" : "  (never)") : ""
            lines.append("  \(name)\(pad)\(count)\(mark)")
        }
        return lines.joined(separator: "\n")
    }
}
