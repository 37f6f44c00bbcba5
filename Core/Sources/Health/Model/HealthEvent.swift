import FleetModel

/// Why something is proposed rather than done.
public enum HoldReason: Hashable, Sendable {
    /// A breaker is tripped, or would be.
    case breaker(BreakerID)
    /// As many repairs as may run at a time are running.
    case concurrentRepairs
    /// Every kind of repair was tried as often as it may be.
    case exhausted
    /// Tests ended without an answer, or with one that proves too little, as often as they may.
    case noProof
    /// The policy leaves it to people.
    case policy
    /// Nobody but people can do it.
    case byHand
}

/// Something that people may want to know. The decision behind it has the details.
public enum HealthEvent: Hashable, Sendable {
    /// A node or device went from one state to another.
    case moved(NodeID, device: Int32?, from: HealthState, to: HealthState, Decision)
    /// A fault that asks for nothing, or for a restart of the program only.
    case noted(NodeID, Finding)
    /// A fault whose code nobody knows.
    case unknownFault(NodeID, Finding)
    /// A fault that was seen before the last repair, or too long ago.
    case staleFinding(NodeID, Finding)
    /// A node came, and this is what the ledger knows of it.
    case arrived(NodeID, MachineID, Standing)
    /// What a node reports about itself contradicts something else.
    case contradiction(NodeID, Contradiction)
    /// Another device stands in the place of one; nothing is proved of it yet.
    case deviceReplaced(NodeID, Int32)
    /// A breaker tripped: from now on what it guards is proposed only.
    case tripped(BreakerID)
    /// A breaker closed.
    case closed(BreakerID)
    /// As many repairs as may run at a time are running, and others wait: they are proposed.
    case repairsWait(limit: Int32)
    /// No repair waits for another one any more.
    case repairsGoOn
    /// An operation has had no answer for too long and is asked for once more.
    case askedAgain(NodeID, OperationID, asks: Int32)
    /// An operation never had an answer and counts as failed.
    case lostOperation(NodeID, OperationID)
    /// An answer to an operation that nobody waits for.
    case lateAnswer(NodeID, OperationID)
    /// A test passed that proves too little: its level, load, devices or components.
    case weakProof(NodeID, OperationID)
    /// The network of a node is tested with another one from now on.
    case paired(NodeID, OperationID, with: NodeID)
    /// The network between two nodes was tested; an inconclusive verdict is no answer.
    case pairTested(NodeID, OperationID, with: NodeID, QualificationVerdict)
    /// A node waits for another one that its network can be tested with.
    case waitsForPartner(NodeID)
    /// A node was tested without its network.
    case networkUntested(NodeID, NetworkGap)
    /// A node could not reach another one, which was ready to answer.
    case unreached(NodeID, NodeID)
    /// A node is tested with its network to show whether others can be reached that this one could
    /// not reach.
    case controlled(NodeID, for: NodeID)
    /// A node reached none of these, of which another node has reached one since: it fails.
    case unreachable(NodeID, partners: [NodeID])
    /// Nodes of a pool cannot reach each other, as this one of it showed last: their network is not
    /// tested for now.
    case mute(NodeID)
    /// Nodes of a pool reach each other again, as this one of it showed.
    case reachesAgain(NodeID)
    /// The deadline of a drain has passed and something still runs there.
    case drainOverdue(NodeID)
    /// The agent of a node is silent.
    case silent(NodeID, since: Instant)
    /// Muster is done with a node, and somebody else's cordon keeps it from work.
    case cordonedByOthers(NodeID, [ActorID])
    /// Somebody lifted Muster's cordon of a node that is not proved; it is set again.
    case cordonRestored(NodeID, by: ActorID)
    /// A node is slower than its peers.
    case slowerThanPeers(NodeID, JobID, cost: Int64, median: Int64)
    /// A node fails more often than others.
    case lemon(NodeID, MachineID, score: Int32)
    /// The clock was set back or leapt.
    case clockJumped(by: TimeSpan)
    /// A node is proved on the stack that was ordered for it.
    case restacked(NodeID, StackID)
    /// A policy was not taken, because of this many mistakes.
    case policyRefused(mistakes: Int)
}
