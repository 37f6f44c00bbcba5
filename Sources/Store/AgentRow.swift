import FleetModel

/// How far what a node's agent tells was taken.
public struct AgentRow: Hashable, Sendable {
    /// The node's name.
    public var node: String
    /// When it was heard last.
    public var heardAt: Instant
    /// Its streams, as bytes.
    public var streams: [UInt8]

    /// Gathers a row.
    public init(node: String, heardAt: Instant, streams: [UInt8]) {
        self.node = node
        self.heardAt = heardAt
        self.streams = streams
    }
}
