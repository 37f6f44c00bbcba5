import FleetModel
import Health
import HealthControl
import Qualification

/// Who tests and repairs nodes: agents on them, the provider's API, a simulation.
///
/// An order comes at least once and is known by its id; carrying it out twice must be harmless. It
/// is answered with the backend's report `qualified` or `repaired` of the same id, sooner or later.
/// What cannot be done is answered so (`inconclusive`, `impossible`), and left to people.
public protocol NodeCare: Sendable {
    /// Whether nodes are brought to other stacks, so that people need not be asked to.
    var installsStacks: Bool { get }

    /// Begins what is ordered, some time soon. Must not block.
    func take(_ order: CareOrder)

    /// The same, with what the node told that it is made of: who has to name single devices, or to
    /// see that it tests the machine that is meant, needs it.
    func take(_ order: CareOrder, of hardware: HardwareFacts)
}

extension NodeCare {
    /// Who cares for nodes installs, unless it says otherwise.
    public var installsStacks: Bool { true }

    /// Who is on the machine itself need not be told what it is.
    public func take(_ order: CareOrder, of hardware: HardwareFacts) { take(order) }
}

/// What is to be done with a node, by the backend's id of it.
public enum CareOrder: Hashable, Sendable {
    /// Test it, or these devices of it, with these components under load.
    case qualify(
        NodeID, OperationID, QualificationLevel, devices: UInt64, components: ComponentSet)
    /// Test the network between it and this other node, which is kept free for that, as long as a
    /// test of this level does. Answered as a test: passed with the network as what was loaded
    /// where all is right, failed where something is wrong between the two, whichever it is, and
    /// *unreached* where the other one was ready to answer and the first found no way to it.
    /// Nothing of either node goes on when it has its answer or is dropped.
    case pair(NodeID, OperationID, QualificationLevel, with: NodeID)
    /// Repair it, or one device of it.
    case repair(NodeID, OperationID, FaultAction, device: Int32?)
    /// Bring it to a stack of versions, with all that takes, such as a reboot. Answered as a
    /// repair; `done` says that it is installed, and the test that follows whether it works.
    case restack(NodeID, OperationID, StackDeclaration)
    /// Nobody waits for this any more: it need not be carried out, and is not answered. Whoever
    /// asks others for it takes that back.
    case drop(NodeID, OperationID)

    /// The node.
    public var node: NodeID {
        switch self {
        case .qualify(let node, _, _, _, _), .repair(let node, _, _, _), .restack(let node, _, _),
            .drop(let node, _), .pair(let node, _, _, _):
            node
        }
    }

    /// The operation.
    public var id: OperationID {
        switch self {
        case .qualify(_, let id, _, _, _), .repair(_, let id, _, _), .restack(_, let id, _),
            .drop(_, let id), .pair(_, let id, _, _):
            id
        }
    }

    /// The order with the backend's ids of its nodes; nil when one of them is not there any more.
    func translated(_ backendID: (NodeID) -> NodeID?) -> CareOrder? {
        guard let node = backendID(node) else { return nil }
        switch self {
        case .qualify(_, let id, let level, let devices, let components):
            return .qualify(node, id, level, devices: devices, components: components)
        case .pair(_, let id, let level, let other):
            return backendID(other).map { .pair(node, id, level, with: $0) }
        case .repair(_, let id, let action, let device):
            return .repair(node, id, action, device: device)
        case .restack(_, let id, let stack): return .restack(node, id, stack)
        case .drop(_, let id): return .drop(node, id)
        }
    }
}

/// How a test of a node ended.
public struct QualificationAnswer: Hashable, Sendable {
    /// What it found; its list of failed tests is not used.
    public var outcome: QualificationOutcome
    /// The names of the tests that failed.
    public var failedTests: [String]
    /// The run that it is of, from which it is worked out anew; nil where there is none to be had.
    public var run: MachineRun?

    /// Gathers an answer.
    public init(outcome: QualificationOutcome, failedTests: [String] = []) {
        self.outcome = outcome
        self.failedTests = failedTests
    }

    /// The answer of a run.
    public init(_ run: MachineRun) {
        outcome = run.verdict.outcome
        failedTests = outcome.failedTests.compactMap { CheckID(rawValue: $0.rawValue)?.name }
        self.run = run
    }

    /// A test between two nodes whose other side was ready to answer and could not be reached.
    public static func unreached(_ level: QualificationLevel) -> QualificationAnswer {
        QualificationAnswer(outcome: .unreached(level))
    }

    /// A test that says nothing about the hardware.
    public static func noAnswer(_ level: QualificationLevel) -> QualificationAnswer {
        QualificationAnswer(outcome: .noAnswer(level))
    }
}
