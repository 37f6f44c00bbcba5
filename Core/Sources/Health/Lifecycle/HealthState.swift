import FleetModel

/// Where a node or a device is in its life.
public enum HealthState: UInt8, CaseIterable, Hashable, Sendable {
    /// It came, and nothing is proved yet.
    case unqualified
    /// It is being tested: on arrival, or because it is idle.
    case qualifying
    /// It takes work.
    case inService
    /// It takes work, and is watched.
    case suspect
    /// It takes no new work; what runs there goes on.
    case draining
    /// It takes no work, and nothing runs there.
    case quarantined
    /// A repair is under way.
    case repairing
    /// It is being tested under load after a fault.
    case proving
    /// It does not come back.
    case retired

    /// Whether work may be placed there.
    public var takesWork: Bool { self == .inService || self == .suspect }

    /// The name in reports.
    public var name: String {
        switch self {
        case .unqualified: "unqualified"
        case .qualifying: "qualifying"
        case .inService: "in service"
        case .suspect: "suspect"
        case .draining: "draining"
        case .quarantined: "quarantined"
        case .repairing: "repairing"
        case .proving: "proving"
        case .retired: "retired"
        }
    }
}

/// The moves that there are. Anything else is refused and counted, and nothing changes.
public enum TransitionTable {
    /// Where each state may go, in the order of ``HealthState``.
    ///
    /// Work comes only from a test (`qualifying`, `proving`) or, for a machine that is known and
    /// proved, from arrival (`unqualified`). What was taken out never goes back without one.
    public static let targets: [[HealthState]] = [
        // unqualified
        [.qualifying, .inService, .quarantined, .retired],
        // qualifying
        [.unqualified, .inService, .suspect, .quarantined, .retired],
        // inService
        [.qualifying, .suspect, .draining, .quarantined],
        // suspect
        [.qualifying, .inService, .draining, .quarantined],
        // draining
        [.quarantined],
        // quarantined
        [.repairing, .proving, .retired],
        // repairing
        [.quarantined, .proving, .retired],
        // proving
        [.quarantined, .inService, .retired],
        // retired
        [.unqualified],
    ]

    /// Whether something may go from one state to another.
    public static func allows(_ from: HealthState, _ to: HealthState) -> Bool {
        targets[Int(from.rawValue)].contains(to)
    }
}
