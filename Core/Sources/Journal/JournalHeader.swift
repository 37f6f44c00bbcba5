import FleetModel

/// What a replay must know before the first input.
public struct JournalHeader: Hashable, Sendable {
    /// The topology levels that inputs refer to by index.
    public var topology: Topology
    /// The policy of the engine that was recorded.
    public var policy: Policy

    /// Gathers a header.
    public init(topology: Topology, policy: Policy) {
        self.topology = topology
        self.policy = policy
    }

    /// The first bytes of every journal: `MUSTERJ1`.
    public static let magic: [UInt8] = Array("MUSTERJ1".utf8)

    /// The version of the format that this module writes, and the only one that it reads.
    public static let version: UInt32 = 3

    /// Bytes before the body, in every version: magic, version, length word and checksum.
    static let prefixBytes = 20
}
