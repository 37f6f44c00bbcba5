import FleetModel

/// The test of a node's network, which follows when the node itself has passed. Until it is over
/// the node is neither proved nor in service.
public struct NetworkTest: Hashable, Sendable {
    /// The test that the node has passed, and of what.
    public var own: Operation
    /// What that test found.
    public var outcome: QualificationOutcome
    /// Until when it waits for a partner that is not to be had, by the engine's clock.
    public var until: Instant
    /// Partners that a test with did not come to an end with, in order of meeting.
    public var silent: [NodeID] = []
    /// Partners that it was bad with, in order of meeting. Two of them blame it.
    public var bad: [NodeID] = []
    /// The pair test of another node under test that it takes part in.
    public var guest: OperationID?
    /// Whether it was told that it waits.
    public var isWaitTold = false

    /// Partners that are tried.
    static let mostPartners = 4
    /// Nodes that are under test themselves are waited for so long at most.
    static let shortPatience = TimeSpan.seconds(600)
    /// How often one that waits looks again, while nothing else has it look.
    static let pause = TimeSpan.seconds(30)

    /// Begins after a test that passed.
    public init(own: Operation, outcome: QualificationOutcome, until: Instant) {
        (self.own, self.outcome, self.until) = (own, outcome, until)
    }

    /// Whether nothing but a known good partner may be next.
    var isSecondPass: Bool { !bad.isEmpty }
    /// Partners that it has met.
    var met: [NodeID] { silent + bad }
}

/// Why the network of a node was not tested.
public enum NetworkGap: UInt8, CaseIterable, Hashable, Sendable {
    /// No other node is free for it.
    case noPartner
    /// It was bad with one, and there is no second that is known to be good.
    case noSecond
    /// No test with another node came to an end.
    case noAnswer
}
