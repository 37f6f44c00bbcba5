import FleetModel

/// Repairs that the limit of repairs at a time holds back, those that have waited longest first.
///
/// It follows from the tracks of nodes and devices; places of those that wait no more are passed
/// over when their turn comes.
struct RepairQueue {
    /// One that waits.
    struct Place: Hashable {
        /// When it came into the state that it waits in, by the engine's clock.
        var since: Instant
        var node: NodeID
        /// The device; nil for the node.
        var device: Int32?
    }

    private var places: [Place] = []

    var first: Place? { places.first }

    private static func precedes(_ a: Place, _ b: Place) -> Bool {
        (a.since, a.node, a.device ?? -1) < (b.since, b.node, b.device ?? -1)
    }

    /// Adds one that waits; the same twice is one. O(places).
    mutating func insert(_ place: Place) {
        let index = places.firstIndex { !RepairQueue.precedes($0, place) } ?? places.count
        if index == places.count || places[index] != place { places.insert(place, at: index) }
    }

    mutating func removeFirst() { places.removeFirst() }
}
