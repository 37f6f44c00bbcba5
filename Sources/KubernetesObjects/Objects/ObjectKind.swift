/// The kinds of objects that gangs are made of or declared by, and those that rule over them.
public enum ObjectKind: UInt8, CaseIterable, Hashable, Sendable {
    /// A pod.
    case pod
    /// `batch` Job.
    case job
    /// `jobset.x-k8s.io` JobSet.
    case jobSet
    /// `leaderworkerset.x-k8s.io` LeaderWorkerSet.
    case leaderWorkerSet
    /// Kubeflow's PyTorchJob.
    case pyTorchJob
    /// Kubeflow's TFJob.
    case tfJob
    /// Kubeflow's XGBoostJob.
    case xgBoostJob
    /// Kubeflow's PaddleJob.
    case paddleJob
    /// Kubeflow's JAXJob.
    case jaxJob
    /// MPIJob, of the training operator (v1) or of the MPI operator (v2beta1).
    case mpiJob
    /// `trainer.kubeflow.org` TrainJob, which becomes a JobSet.
    case trainJob
    /// RayCluster.
    case rayCluster
    /// RayJob, which makes a RayCluster.
    case rayJob
    /// `scheduling.x-k8s.io` PodGroup (scheduler-plugins).
    case coschedulingPodGroup
    /// `scheduling.volcano.sh` PodGroup.
    case volcanoPodGroup
    /// `scheduling.run.ai` PodGroup (KAI).
    case kaiPodGroup
    /// `scheduling.k8s.io` PodGroup (Kubernetes 1.36 and later).
    case nativePodGroup
    /// `scheduling.k8s.io` Workload (Kubernetes 1.35 and later).
    case nativeWorkload
    /// A group of plain pods by Kueue's labels; no object of its own.
    case kueuePodGroup
    /// PersistentVolumeClaim.
    case volumeClaim
    /// PersistentVolume; not in a namespace.
    case volume
    /// PriorityClass; not in a namespace.
    case priorityClass
    /// Muster's Tenant; not in a namespace.
    case tenant
    /// Topology, Muster's, Kueue's or KAI's; not in a namespace.
    case topology

    /// The API group and the kind, as owner references name them.
    public var groupAndKind: (group: String, kind: String) {
        switch self {
        case .pod: ("", "Pod")
        case .job: ("batch", "Job")
        case .jobSet: ("jobset.x-k8s.io", "JobSet")
        case .leaderWorkerSet: ("leaderworkerset.x-k8s.io", "LeaderWorkerSet")
        case .pyTorchJob: ("kubeflow.org", "PyTorchJob")
        case .tfJob: ("kubeflow.org", "TFJob")
        case .xgBoostJob: ("kubeflow.org", "XGBoostJob")
        case .paddleJob: ("kubeflow.org", "PaddleJob")
        case .jaxJob: ("kubeflow.org", "JAXJob")
        case .mpiJob: ("kubeflow.org", "MPIJob")
        case .trainJob: ("trainer.kubeflow.org", "TrainJob")
        case .rayCluster: ("ray.io", "RayCluster")
        case .rayJob: ("ray.io", "RayJob")
        case .coschedulingPodGroup: ("scheduling.x-k8s.io", "PodGroup")
        case .volcanoPodGroup: ("scheduling.volcano.sh", "PodGroup")
        case .kaiPodGroup: ("scheduling.run.ai", "PodGroup")
        case .nativePodGroup: ("scheduling.k8s.io", "PodGroup")
        case .nativeWorkload: ("scheduling.k8s.io", "Workload")
        case .kueuePodGroup: ("", "Pod")
        case .volumeClaim: ("", "PersistentVolumeClaim")
        case .volume: ("", "PersistentVolume")
        case .priorityClass: ("scheduling.k8s.io", "PriorityClass")
        case .tenant: (MusterResources.group, "Tenant")
        case .topology: (MusterResources.group, "Topology")
        }
    }

    /// What people call it: `PyTorchJob`, `PodGroup`.
    public var title: String { groupAndKind.kind }

    /// The kind that an owner reference names, if Muster knows it.
    public init?(apiVersion: String, kind: String) {
        let slash = apiVersion.utf8.firstIndex(of: UInt8(ascii: "/"))
        let group = slash.map { apiVersion[..<$0] } ?? ""
        // Pods, Jobs and the like are owners far more often than the rest, which stands behind.
        for candidate in ObjectKind.allCases where candidate != .kueuePodGroup {
            let known = candidate.groupAndKind
            if known.kind == kind, known.group == group {
                self = candidate
                return
            }
        }
        return nil
    }

    /// Whether it declares a group of pods, and nothing else.
    public var isPodGroup: Bool {
        switch self {
        case .coschedulingPodGroup, .volcanoPodGroup, .kaiPodGroup, .nativePodGroup,
            .nativeWorkload, .kueuePodGroup:
            true
        default: false
        }
    }
}

/// What an object is known by: its kind, namespace and name.
public struct ObjectKey: Hashable, Sendable {
    /// The kind.
    public var kind: ObjectKind
    /// The namespace; empty for kinds that have none.
    public var namespace: String
    /// The name.
    public var name: String

    /// Gathers a key.
    public init(_ kind: ObjectKind, namespace: String = "", name: String) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }
}

/// An object that an event is about.
public struct ObjectReference: Hashable, Sendable {
    /// The kind, the namespace and the name.
    public var key: ObjectKey
    /// Its uid; empty when it has not been seen.
    public var uid: String

    /// Gathers a reference.
    public init(_ key: ObjectKey, uid: String = "") {
        self.key = key
        self.uid = uid
    }
}
