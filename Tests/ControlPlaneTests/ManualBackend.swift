import ControlPlane
import FleetModel
import Health
import HealthControl
import Qualification
import Synchronization

/// A backend that does nothing by itself: tests read its orders and report for it.
final class ManualBackend: Backend {
    private struct State {
        var orders: [BackendOrder] = []
        var expected: [ExpectedGang] = []
        var report: (@Sendable (BackendReport) -> Void)?
    }

    let name = "manual"
    let wantsTenants = true
    private let fleet: FleetDefinition
    private let state = Mutex(State())

    private let kept: [JobID]
    let care: (any NodeCare)?
    private let notes: CareNotes?

    /// What it says at the start that nodes are made of.
    private let facts: [NodeID: HardwareFacts]
    let assignsDevices: Bool

    init(
        _ fleet: FleetDefinition, keptJobs: [JobID] = [], cares: Bool = false,
        facts: [NodeID: HardwareFacts] = [:], assignsDevices: Bool = true
    ) {
        self.fleet = fleet
        self.facts = facts
        self.assignsDevices = assignsDevices
        kept = keptJobs
        notes = cares ? CareNotes() : nil
        care = notes
    }

    /// What it was asked to test and repair.
    var careOrders: [CareOrder] { notes?.orders.withLock { $0 } ?? [] }

    func inventory() async throws -> FleetDefinition { fleet }
    func hardware() async -> [NodeID: HardwareFacts] { facts }

    func start(
        expecting gangs: [ExpectedGang], reporting: @escaping @Sendable (BackendReport) -> Void
    ) async throws {
        state.withLock { state in
            state.expected = gangs
            state.report = reporting
        }
    }

    func execute(_ order: BackendOrder) { state.withLock { $0.orders.append(order) } }
    func stop() async {}
    func keptJobs() -> [JobID] { kept }
    func log(of member: MemberKey) -> (any MemberLog)? { nil }

    /// The gangs that the driver believed to run at the start.
    var expected: [ExpectedGang] { state.withLock { $0.expected } }

    /// Tells the driver something.
    func report(_ report: BackendReport) { state.withLock { $0.report }?(report) }

    /// Orders so far, in words: `start 0/1`, `stop 3/2`.
    var orders: [String] {
        state.withLock { state in
            state.orders.compactMap { order in
                switch order {
                case .start(let launch): "start \(launch.job)/\(launch.attempt.rawValue)"
                case .stop(let job, let attempt, _): "stop \(job)/\(attempt.rawValue)"
                case .shrink(let job, let attempt, _, let ranks):
                    "shrink \(job)/\(attempt.rawValue) \(ranks)"
                case .grow(let job, let attempt, _, _, let ranks):
                    "grow \(job)/\(attempt.rawValue) \(ranks)"
                case .forget(let job): "forget \(job)"
                case .tell(let key, .accepted(let job)): "\(key) is \(job)"
                case .tell(let key, .refused(let text)): "\(key) is refused: \(text)"
                case .tell(let key, .waits(let code, _)): "\(key) waits: \(code)"
                case .tell(let key, .planned(let place)):
                    "\(key) goes to \(place?.members.map(\.node.rawValue) ?? [])"
                        + " when \(place?.stops ?? []) stop"
                case .tell(let key, .ended(let outcome, _)): "\(key) ended: \(outcome)"
                case .sayRule(let name): "say rule \(name)"
                case .tenants: nil
                case .tell(let key, .spent): "\(key) is spent"
                }
            }
        }
    }

    /// What it was told of tenants, each time.
    var tenants: [[TenantFigures]] {
        state.withLock { state in
            state.orders.compactMap { if case .tenants(let figures) = $0 { figures } else { nil } }
        }
    }

    /// The launch of a job's attempt.
    func launch(_ job: JobID, _ attempt: Int32) -> GangLaunch? {
        state.withLock { state in
            for case .start(let launch) in state.orders
            where launch.job == job && launch.attempt.rawValue == attempt {
                return launch
            }
            return nil
        }
    }
}

/// Notes what nodes are to be tested and repaired; tests answer.
private final class CareNotes: NodeCare {
    let orders = Mutex<[CareOrder]>([])

    func take(_ order: CareOrder) { orders.withLock { $0.append(order) } }
}

extension CareOrder {
    /// `repair 3 reboot 1`: what, the node, which, and the operation.
    var words: String {
        switch self {
        case .qualify(let node, let id, let level, _, _):
            "qualify \(node) \(level) \(id.rawValue)"
        case .repair(let node, let id, let action, _): "repair \(node) \(action) \(id.rawValue)"
        case .restack(let node, let id, let stack): "restack \(node) \(stack.name) \(id.rawValue)"
        case .pair(let node, let id, _, let other): "pair \(node) \(other) \(id.rawValue)"
        case .drop(let node, let id): "drop \(node) \(id.rawValue)"
        }
    }
}
