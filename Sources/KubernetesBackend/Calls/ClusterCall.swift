import ControlPlane
import FleetModel
import KubernetesObjects

/// Something to be asked of the API server.
enum ClusterCall: Hashable {
    /// Bind these pods; what became of it is told to the job.
    case bind(job: String, Attempt, [PodBinding])
    /// Make these pods go, for a reason.
    case evict(job: String, [PodKey], Eviction)
    /// Read the ends of these logs; what they say is told to the job.
    case readLogs(job: String, Attempt, [LogRequest])
    /// Tell something about an object.
    case event(EventText)
    /// Say in the pods' status why they wait.
    case condition([PodKey], reason: String, message: String)
    /// Say in the pods' status which nodes they will have.
    case nominate([PodNomination])
    /// Write the status of an object of Muster's own.
    case status(ObjectStatus)
    /// Something for the test of a node.
    case care(CareCall)

    /// Pods of one gang whose status says something of it; all of them share one event.
    static let mostPods = 256
}

/// A pod and the node that it will have.
struct PodNomination: Hashable {
    /// The pod.
    var pod: PodKey
    /// The node; nil to take back what was said.
    var node: String?
}

/// A pod and its node.
struct PodBinding: Hashable {
    /// The seat of its job.
    var seat: Int
    /// The pod.
    var pod: PodKey
    /// The node.
    var node: String
    /// What the pod is marked with, so that whoever comes next knows what it is part of.
    var mark: PodMark
    /// As whom its program may report, where it asked for that.
    var ticket: ProgressTicket?
}

/// Why pods are made to go.
struct Eviction: Hashable {
    /// A word for the condition `DisruptionTarget`.
    var reason: String
    /// A sentence for it.
    var message: String
    /// Whether a disruption budget that stays in the way is passed over in the end.
    var mayDelete: Bool
}

/// An event before it is sent.
struct EventText: Hashable {
    var subject: ObjectReference
    var isWarning: Bool
    var reason: String
    var action: String
    var note: String
}

/// What a bound pod is marked with, in annotations that come with the binding.
struct PodMark: Hashable {
    static let jobKey = "muster/job"
    static let devicesKey = "muster/devices"

    /// The key of its job.
    var job: String
    /// Its devices, bit by bit.
    var devices: UInt64

    init(job: String, devices: UInt64) {
        self.job = job
        self.devices = devices
    }

    /// The mark of a pod; nil when it has none.
    init?(_ annotations: LabelSet) {
        guard let job = annotations[PodMark.jobKey] else { return nil }
        self.job = job
        devices = annotations[PodMark.devicesKey].flatMap { UInt64($0, radix: 16) } ?? 0
    }

    var annotations: [String: String] {
        [PodMark.jobKey: job, PodMark.devicesKey: String(devices, radix: 16)]
    }
}
