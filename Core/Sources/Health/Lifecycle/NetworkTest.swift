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
    /// Partners that were ready to answer and that it could not reach, in order of meeting.
    public var unreached: [NetworkMiss] = []
    /// Nodes that were asked to show that its partners can be reached, in order of asking.
    public var controls: [NodeID] = []
    /// The pair test of another node under test that it takes part in.
    public var guest: OperationID?
    /// Whether it was told that it waits.
    public var isWaitTold = false

    /// Partners that are tried.
    static let mostPartners = 4
    /// Nodes that are asked to show that its partners can be reached.
    static let mostControls = 2
    /// Nodes that are under test themselves are waited for so long at most.
    static let shortPatience = TimeSpan.seconds(600)
    /// How often one that waits looks again, while nothing else has it look.
    static let pause = TimeSpan.seconds(30)

    /// Begins after a test that passed.
    public init(own: Operation, outcome: QualificationOutcome, until: Instant) {
        (self.own, self.outcome, self.until) = (own, outcome, until)
    }

    /// Whether nothing but a known good partner may be next.
    var isSecondPass: Bool { !bad.isEmpty || !unreached.isEmpty }
    /// Partners that it does not meet again.
    var met: [NodeID] {
        silent + bad + unreached.filter { !$0.isToBeRepeated }.map(\.partner)
    }
    /// How often it has met one.
    var meetings: Int { silent.count + bad.count + unreached.count }
    /// How many partners speak against it.
    var against: Int { Set(bad + unreached.map(\.partner)).count }
    /// Whether only what others can show of its partners is left to blame it.
    var awaitsProof: Bool { against >= 2 && unreached.contains { $0.isDialled } }
    /// Whether it is to blame: two partners speak against it, and one of them was reached by
    /// another node between two calls in vain, so that no rule of the network was the reason.
    var isUnreachable: Bool { against >= 2 && unreached.contains { $0.isRepeated } }
    /// Partners that it called in vain and that nobody has reached since.
    var doubtful: [NodeID] {
        unreached.filter { $0.isDialled && !$0.isRefuted }.map(\.partner)
    }
    /// Partners that others have reached since it called them in vain: it calls them once more.
    var toBeRepeated: [NodeID] {
        unreached.filter { $0.isToBeRepeated && !silent.contains($0.partner) }.map(\.partner)
    }
}

/// A partner that was ready to answer, and no connection came about.
public struct NetworkMiss: Hashable, Sendable {
    /// The partner.
    public var partner: NodeID
    /// Whether the tested node called it, and not the other way round.
    public var isDialled: Bool
    /// Whether another node has reached it since, so that it was not the reason.
    public var isRefuted = false
    /// Whether it was called in vain once more after that.
    public var isRepeated = false

    /// Whether it is to be called once more.
    var isToBeRepeated: Bool { isRefuted && !isRepeated }

    /// A miss that nothing is known of yet.
    public init(partner: NodeID, isDialled: Bool) {
        (self.partner, self.isDialled) = (partner, isDialled)
    }
}

/// A pool in which nodes could not reach each other, as where rules of the network forbid it.
public struct PoolReach: Hashable, Sendable {
    /// The pool.
    public var pool: PoolID?
    /// Nodes that worked, were to show that others can be reached, and reached nobody, since
    /// anybody was reached. In order of failing.
    public var failed: [NodeID] = []
    /// Whether nobody is taken to reach anybody, and people were told.
    public var isMute = false
    /// Until when no network is tested, by the engine's clock.
    public var mutedUntil = Instant.zero

    /// So many that fail say that it is none of them.
    static let mostFailed = 2
    /// How long no network is tested, before one node tries again.
    static let silence = TimeSpan.seconds(86_400)

    /// Nothing is known yet.
    public init(pool: PoolID?) { self.pool = pool }

    func fold(into hasher: inout StateHasher) {
        hasher.add(pool?.rawValue ?? -1)
        hasher.add(Int32(failed.count))
        for node in failed { hasher.add(node.rawValue) }
        hasher.add(Int32(isMute ? 1 : 0))
        hasher.add(mutedUntil.nanoseconds)
    }
}

/// Why the network of a node was not tested.
public enum NetworkGap: UInt8, CaseIterable, Hashable, Sendable {
    /// No other node is free for it.
    case noPartner
    /// It was bad with one, and there is no second that is known to be good.
    case noSecond
    /// No test with another node came to an end.
    case noAnswer
    /// It could not reach others, and nobody has shown that they can be reached.
    case unreached
    /// Nodes of its pool cannot reach each other.
    case mute
}
