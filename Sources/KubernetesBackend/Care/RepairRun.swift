import FleetModel
import Health
import KubernetesObjects

/// A repair that was ordered, or another stack.
struct RepairRun {
    enum Phase: Hashable {
        /// For its turn.
        case waiting
        /// For the server's answer to its mark.
        case marking
        /// For whoever acts on the mark.
        case standing
        /// For the server's answer to taking the mark back.
        case clearing
    }

    let id: OperationID
    /// The engine's node, and that of the cluster.
    let part: NodeID
    let node: String
    let work: RepairWork
    /// The UUID of the device; nil for the node.
    let device: String?
    let mark: RepairMark

    var note: RepairNote?
    var phase = Phase.waiting
    /// Since when it is in its phase, in milliseconds.
    var since: Int64
    var retryAt: Int64 = 0
    /// Since when the server has not taken what it was asked for.
    var troubledSince: Int64?
    /// Whether the mark was seen on the node.
    var wasSeen = false
    /// How it ended, once the mark is away.
    var outcome: RepairOutcome?

    mutating func enter(_ phase: Phase, at now: Int64) {
        (self.phase, since, retryAt) = (phase, now, 0)
    }
}
