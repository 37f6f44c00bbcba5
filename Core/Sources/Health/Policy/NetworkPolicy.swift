import FleetModel

/// When the network of a node is tested against another node, and how much that may take.
///
/// Nobody is paired unless it is said.
public struct NetworkPolicy: Hashable, Sendable {
    /// With the test on arrival.
    public var arrival = false
    /// With the test after a fault or repair.
    public var repair = false
    /// With tests of idle nodes.
    public var idle = false
    /// Thousandths of the nodes in service that may be held as partners at a time; one node in any
    /// case, unless it is 0. Nodes that are under test themselves are not counted.
    public var heldMilli: Int32 = 20
    /// How long a node waits for a partner whose proof needs the network.
    public var patience = TimeSpan.seconds(3600)

    /// Nobody is paired.
    public init() {}

    /// Pairs on every occasion.
    public static var standard: NetworkPolicy {
        var policy = NetworkPolicy()
        (policy.arrival, policy.repair, policy.idle) = (true, true, true)
        return policy
    }
}
