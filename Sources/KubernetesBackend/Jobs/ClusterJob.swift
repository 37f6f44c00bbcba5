import ControlPlane
import FleetModel
import KubernetesObjects

/// Pods that are one job of the driver: those that a gang had when it was found.
struct ClusterJob {
    /// How far it is.
    enum Phase: Hashable {
        /// Nothing was ordered.
        case waiting
        /// Its pods are being bound.
        case starting
        /// All of them were bound.
        case running
        /// Its pods are being evicted.
        case stopping(StopReason)
        /// It could not be started whole; what was bound is being taken back.
        case undoing(String)
        /// All of its pods are over, and the logs of those that failed are being read.
        case reading(GangEnd)
        /// The driver does not take it, or has given it up.
        case refused
    }

    /// What the driver knows it by.
    let key: String
    /// The gang that its pods are of.
    let gang: GangKey
    /// The document that was made of it; the same text is the same shape.
    let text: String
    /// What each of its roles asks of nodes.
    var asks: [RoleAsk] = []
    /// The same as the driver was told it, with what those want who stood there then.
    var found: [FoundRole] = []
    /// Whether its only pod joined a gang that runs already.
    let isExtra: Bool
    /// What is said about it is said about this object.
    var subject: ObjectReference
    /// The driver's number for it.
    var number: JobID?
    /// The attempt that was ordered.
    var attempt = Attempt(0)
    var phase = Phase.waiting
    /// Requests to bind some of its pods that nobody has answered yet.
    var unanswered = 0
    /// ``ClusterState/growth`` when it was found.
    var growth = 0
    /// Whether somebody cancelled it in Muster, so that it is not tried again.
    var isCancelled = false
    /// Where it is going to start, which others are leaving now.
    var plan: ClearedPlace?
    /// The nodes that its pods were said to have then.
    var nominated: [PodKey: String] = [:]
    /// In a dry run, whether it stands where the scheduler in charge has put it.
    var isFollowed = false
    /// Its members in the order of ranks.
    var seats: [Seat]

    /// Names of the rules that the driver knows it by.
    var rules: [String] { found.compactMap(\.rule) }

    /// Pods of ours on nodes: they have to go before it has stopped.
    var standing: [PodKey] { seats.filter { $0.state == .bound }.compactMap(\.pod) }

    /// Whether it was started and nothing is known to be in its way.
    var isActive: Bool { phase == .starting || phase == .running }

    /// How its members ended, as far as that is known.
    var exits: [MemberExit] {
        seats.enumerated().compactMap { rank, seat in
            switch seat.state {
            case .succeeded: MemberExit(rank: rank, code: 0)
            case .failed: MemberExit(rank: rank, code: seat.end?.code, signal: seat.end?.signal)
            case .waiting, .bound, .gone: nil
            }
        }
    }
}
