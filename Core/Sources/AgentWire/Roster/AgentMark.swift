import FleetModel

/// How far one stream of a node has been taken.
public struct StreamMark: Hashable, Sendable {
    /// The stream.
    public var stream: UInt64
    /// The place of the last record that was taken; 0 before the first.
    public var sequence: UInt64
    /// The number of the newest message whose state was taken.
    public var number: UInt64

    /// Gathers a mark.
    public init(stream: UInt64, sequence: UInt64, number: UInt64) {
        self.stream = stream
        self.sequence = sequence
        self.number = number
    }
}

/// What a receiver has to remember of a node, so that nothing counts twice: kept in the same
/// transaction as what follows from the records.
public struct AgentMark: Hashable, Sendable {
    /// The node.
    public var node: String
    /// Its streams, the one that was heard last at the end; at most ``AgentLimits/streams``.
    public var streams: [StreamMark]
    /// When it was heard last, by the receiver's clock.
    public var heardAt: Instant

    /// Gathers a mark.
    public init(node: String, streams: [StreamMark], heardAt: Instant) {
        self.node = node
        self.streams = streams
        self.heardAt = heardAt
    }
}

/// What follows from a message.
public enum AgentEvent: Hashable, Sendable {
    /// The machine says what it is made of.
    case arrived(MachineReport, boot: BootID)
    /// Records of the node are lost: it had no room for them while nobody listened.
    case lost(UInt64)
    /// Something happened; times are by the receiver's clock.
    case record(AgentRecord)
    /// Values that changed. If they are whole, there are no others.
    case samples([AgentSample], isWhole: Bool)
    /// The node lives.
    case heard
}

/// A message as it was taken: what follows from it, and what to remember and answer once that is
/// done.
public struct AgentReception: Hashable, Sendable {
    /// What follows, in order.
    public var events: [AgentEvent]
    /// What to remember.
    public var mark: AgentMark
    /// What to answer.
    public var acknowledgement: AgentAcknowledgement
    /// Whether the whole state of the node is known now.
    var isWhole: Bool

    /// Its node.
    public var node: String { mark.node }
    /// When it was received.
    public var at: Instant { mark.heardAt }
}
