import FleetModel

/// The rule by which the engine moved something from one state to another.
public enum DecisionRule: UInt8, CaseIterable, Hashable, Sendable {
    /// A node came that is to be tested first.
    case arrivalTested
    /// A node came that is known and proved.
    case arrivalAdmitted
    /// A fault asks for it.
    case fault
    /// A fault of a device that leaves the rest of the node in service.
    case partialFault
    /// A device waits for a repair that needs the whole node.
    case deviceNeedsNode
    /// A suspicion, which is watched.
    case suspicion
    /// A suspicion that nothing came of, or that somebody cleared.
    case suspicionEnded
    /// An idle node is tested because of a suspicion or a statement.
    case idleTest
    /// What ran there has ended.
    case drained
    /// A repair begins.
    case repairBegins
    /// A repair was carried out.
    case repairDone
    /// A repair did not work or had no answer.
    case repairFailed
    /// Somebody repaired it by hand.
    case repairedByHand
    /// Other hardware stands in its place.
    case hardwareReplaced
    /// A test passed that proves enough.
    case proofPassed
    /// A test failed.
    case proofFailed
    /// A fault was seen while it was being tested.
    case faultInProof
    /// Tests brought no answer.
    case noAnswer
    /// It was repaired or proved along with its node.
    case withNode
    /// Somebody retired it.
    case retired
    /// Somebody reinstated it.
    case reinstated
    /// Somebody accepted it.
    case accepted
    /// It is to be brought to another stack of versions.
    case restack
    /// Another stack of versions is installed.
    case restacked
}

/// Why something is in the state that it is in.
public struct Decision: Hashable, Sendable {
    /// The number, counted from 1 over the life of the engine.
    public var number: Int64
    /// When it was made.
    public var at: Moment
    /// Of which node.
    public var node: NodeID
    /// Of which device; nil for the node.
    public var device: Int32?
    /// The state before.
    public var from: HealthState
    /// The state after.
    public var to: HealthState
    /// The engine's rule.
    public var rule: DecisionRule
    /// The fault that it goes back to, if there is one.
    public var cause: CauseID?
    /// The rule that classified the fault.
    public var catalogueRule: RuleID?
    /// The version of those rules.
    public var catalogueVersion: Int32
    /// The version of the policy: how often it was set.
    public var policyVersion: Int32
    /// What it was read from: lines of the fault, or the number of the operation.
    public var inputs: [Int64]

    /// At most so many of a finding's inputs are kept in a decision.
    public static let inputsKept = 8
}
