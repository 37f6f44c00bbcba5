import FleetModel

/// What one member holds of one node: the unit of allocation and of undo.
struct Grant: Hashable, Sendable {
    /// The node.
    var node: NodeID
    /// Thousandths taken of each device in `devices`.
    var deviceMilli: Int32
    /// Bit `i`: device `i` of the node.
    var devices: UInt64
    /// What it takes of the host.
    var host: HostResources
}

extension Grant: SnapshotValue {
    static var blank: Grant { Grant(node: NodeID(0), deviceMilli: 0, devices: 0, host: .zero) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&node)
        coder.field(&deviceMilli)
        coder.field(&devices)
        coder.field(&host)
    }
}
