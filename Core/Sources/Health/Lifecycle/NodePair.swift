import FleetModel

/// A test between two nodes that is outstanding, as it was asked for.
struct NodePair: Hashable, Sendable {
    /// The operation.
    var id: OperationID
    /// The node that is tested.
    var node: NodeID
    /// Its partner.
    var partner: NodeID
}
