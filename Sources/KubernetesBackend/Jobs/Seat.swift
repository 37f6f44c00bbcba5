import ControlPlane
import FleetModel
import KubernetesObjects

/// A member of a job: a place that one pod has, or its replacement after it.
struct Seat: Hashable {
    /// How far the pod that sits here is. It only ever goes forward.
    enum State: Hashable {
        /// It is not bound.
        case waiting
        /// It is bound, and not over.
        case bound
        /// It ended well.
        case succeeded
        /// It ended badly.
        case failed
        /// It is not there any more, and how it ended was not seen.
        case gone
    }

    /// The role, an index into the job's roles.
    var role: Int
    /// The role's name in the gang, which may have roles that the job has not.
    var roleName: String
    /// The pod.
    var pod: PodKey?
    /// The pod's place by its index labels.
    var index: PodIndex?
    /// Where it stands, since the job was started.
    var hold: DeviceHold?
    var state = State.waiting
    /// When its pod was over or gone, in milliseconds of the clock.
    var vacantAt: Int64?
    /// What its pod's status says of its end.
    var end: PodEnd?

    /// Whether its pod is over or gone, so that another may take the seat.
    var isVacant: Bool { state != .waiting && state != .bound }

    /// Who has its devices in a dry run once its pod is over, as long as the gang goes on.
    var leftover: PodKey? {
        pod.map { PodKey(namespace: $0.namespace, name: $0.name, uid: $0.uid + "/leftover") }
    }

    /// Takes in what is seen of its pod now; nil when the pod is not there.
    mutating func see(_ pod: PodSight?) {
        guard let pod else {
            if !isVacant { state = .gone }
            return
        }
        end = pod.end
        switch pod.phase {
        case .succeeded: state = .succeeded
        case .failed: state = .failed
        default: if state == .waiting, pod.node != nil { state = .bound }
        }
    }
}

/// What was last seen of a pod of ours. Gangs leave out pods that have been replaced, also while
/// they still stand on their nodes.
struct PodSight: Hashable {
    var node: String?
    var phase: Pod.Phase
    var end: PodEnd?
    /// Whether its program wants to report how far it is.
    var wantsTicket = false
}
