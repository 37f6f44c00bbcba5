import FleetModel

/// When a node has to be looked at again. A node may have old ones in the queue of them, which are
/// passed over.
struct DueLook: Hashable, Comparable, Sendable {
    var at: Instant
    var node: NodeID

    static func < (left: DueLook, right: DueLook) -> Bool {
        left.at != right.at ? left.at < right.at : left.node < right.node
    }
}
