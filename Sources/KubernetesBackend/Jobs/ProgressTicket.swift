import ControlPlane
import FleetModel
import KubernetesObjects

/// As which member of which attempt the program of a pod reports how far it is. A pod that asks for
/// it by an annotation is bound with others that say so, which its environment can refer to.
struct ProgressTicket: Hashable {
    /// The annotation with which a pod asks, with the value `true`.
    static let wishKey = "muster/progress"
    static let numberKey = "muster/job-number"
    static let rankKey = "muster/rank"
    static let tokenKey = "muster/progress-token"

    var job: JobID
    var attempt: Attempt
    var rank: Int

    /// Whether a pod asks for one.
    static func isWished(_ annotations: LabelSet) -> Bool { annotations[wishKey] == "true" }

    /// The annotations of the pod, with the attempt's token.
    func annotations(token: String) -> [String: String] {
        [
            ProgressTicket.numberKey: "\(job)", ProgressTicket.rankKey: "\(rank)",
            ProgressTicket.tokenKey: token,
        ]
    }
}

extension ClusterJob {
    /// The ticket of a member whose pod asks for one.
    func ticket(seat: Int, _ sight: PodSight?) -> ProgressTicket? {
        guard let number, sight?.wantsTicket == true else { return nil }
        return ProgressTicket(job: number, attempt: attempt, rank: seat)
    }
}
