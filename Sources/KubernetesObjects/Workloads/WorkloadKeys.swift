/// Labels and annotations of workloads, as their controllers and users set them.
enum WorkloadKeys {
    // Muster's own, on pods.
    static let gang = "muster/gang"
    static let preemptible = "muster/preemptible"

    // Pod groups.
    static let coschedulingGroups = [
        "scheduling.x-k8s.io/pod-group", "pod-group.scheduling.sigs.k8s.io",
    ]
    static let volcanoGroups = [
        "scheduling.k8s.io/group-name", "scheduling.volcano.sh/group-name",
    ]
    static let kaiGroup = "pod-group-name"
    static let kaiSubgroup = "kai.scheduler/subgroup-name"
    static let kueueGroup = "kueue.x-k8s.io/pod-group-name"
    static let kueueTotal = "kueue.x-k8s.io/pod-group-total-count"
    static let kueueIndex = "kueue.x-k8s.io/pod-group-pod-index"
    static let kueueRole = "kueue.x-k8s.io/role-hash"

    // Queues.
    static let queues = [
        "kueue.x-k8s.io/queue-name", "kai.scheduler/queue", "runai/queue",
    ]
    static let queueAnnotations = [
        "scheduling.volcano.sh/queue-name", "volcano.sh/queue-name", "kueue.x-k8s.io/queue-name",
    ]

    // Kueue's topology.
    static let requiredTopology = "kueue.x-k8s.io/podset-required-topology"
    static let preferredTopology = "kueue.x-k8s.io/podset-preferred-topology"
    static let unconstrainedTopology = "kueue.x-k8s.io/podset-unconstrained-topology"
    static let sliceTopology = "kueue.x-k8s.io/podset-slice-required-topology"
    static let sliceSize = "kueue.x-k8s.io/podset-slice-size"
    static let sliceLayers = "kueue.x-k8s.io/podset-slice-required-topology-constraints"

    // Preemption.
    static let kaiPreemptibility = "kai.scheduler/preemptibility"
    static let volcanoPreemptable = "volcano.sh/preemptable"

    // Workloads.
    static let jobNames = ["batch.kubernetes.io/job-name", "job-name"]
    static let completionIndex = "batch.kubernetes.io/job-completion-index"
    static let jobSetName = "jobset.sigs.k8s.io/jobset-name"
    static let replicatedJob = "jobset.sigs.k8s.io/replicatedjob-name"
    static let jobIndex = "jobset.sigs.k8s.io/job-index"
    static let jobSetExclusive = "alpha.jobset.sigs.k8s.io/exclusive-topology"
    static let trainerStep = "trainer.kubeflow.org/trainjob-ancestor-step"
    static let leaderWorkerSet = "leaderworkerset.sigs.k8s.io/name"
    static let leaderGroup = "leaderworkerset.sigs.k8s.io/group-index"
    static let leaderWorker = "leaderworkerset.sigs.k8s.io/worker-index"
    static let leaderSize = "leaderworkerset.sigs.k8s.io/size"
    static let leaderExclusive = "leaderworkerset.sigs.k8s.io/exclusive-topology"
    static let kubeflowName = "training.kubeflow.org/job-name"
    static let kubeflowRoles = [
        "training.kubeflow.org/replica-type", "training.kubeflow.org/job-role",
    ]
    static let kubeflowIndex = "training.kubeflow.org/replica-index"
    static let kubeflowOperator = "training.kubeflow.org/operator-name"
    static let rayCluster = "ray.io/cluster"
    static let rayGroup = "ray.io/group"
    static let rayGang = "ray.io/gang-scheduling-enabled"
    static let rayReplica = "ray.io/worker-group-replica-index"
    static let rayHost = "ray.io/replica-host-index"
    static let volcanoTask = "volcano.sh/task-spec"
    static let volcanoIndex = "volcano.sh/task-index"
    static let podIndex = "apps.kubernetes.io/pod-index"

    /// The queue that an object names, by label before annotation.
    static func queue(_ metadata: ObjectMetadata) -> String? {
        let name =
            metadata.labels.first(of: queues)
            ?? metadata.annotations.first(of: queueAnnotations)
        return name.flatMap { $0.isEmpty ? nil : $0 }
    }
}
