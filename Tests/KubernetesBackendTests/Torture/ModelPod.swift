import KubernetesJSON
import KubernetesObjects

@testable import KubernetesBackend

/// A pod as the API server has it.
struct ModelPod {
    var text: PodText
    /// The workload that it is of; nil for a pod of another scheduler.
    var workload: Int?
    /// Its place in the workload.
    var index = 0
    /// Whether its gang was bound whole at some time since it was bound.
    var wasWhole = false

    var key: PodKey { text.key }
    var node: String? { text.node }
    var isOver: Bool { text.phase == "Succeeded" || text.phase == "Failed" }
    /// Whether it has its node's devices.
    var stands: Bool { text.node != nil && !isOver }
    var mark: PodMark? {
        guard let job = text.annotations[PodMark.jobKey],
            let devices = text.annotations[PodMark.devicesKey].flatMap({ UInt64($0, radix: 16) })
        else { return nil }
        return PodMark(job: job, devices: devices)
    }
}

/// Pods that somebody wants, and what makes them anew.
struct ModelWorkload {
    enum Kind: CaseIterable {
        /// Pods that start one by one.
        case singles
        /// A group of Kueue's, sized by annotations.
        case kueue
        /// A PodGroup of scheduler-plugins, which may need fewer than there are.
        case podGroup
        /// An Indexed Job.
        case job
        /// A JobSet that nobody watches: as many as come.
        case jobSet
    }

    var id: Int
    var kind: Kind
    var namespace: String
    var count: Int
    var minimum: Int
    var gpus: Int
    var priority: Int
    var zone: String?
    /// Whether pods that failed or were deleted are made anew.
    var isRestarted: Bool
    /// Pods of it that were made so far, the first of each index.
    var made = 0
    var isDeleted = false
    /// When none was made or deleted any more and it is over.
    var isOver = false
    /// Since when a part of it is bound that was never whole; nil for no such part.
    var halfSince: Int64?

    var name: String { "w\(id)" }

    func pod(_ index: Int, uid: Int) -> PodText {
        var pod = PodText("\(name)-\(index)-\(uid)", gpus: gpus)
        pod.namespace = namespace
        pod.uid = "u\(1_000_000 + uid)"
        pod.priority = priority
        if let zone { pod.selector = ["zone": zone] }
        switch kind {
        case .singles: break
        case .kueue:
            pod.labels = [
                "kueue.x-k8s.io/pod-group-name": name,
                "apps.kubernetes.io/pod-index": "\(index)",
            ]
            pod.annotations = ["kueue.x-k8s.io/pod-group-total-count": "\(count)"]
        case .podGroup:
            pod.labels = ["scheduling.x-k8s.io/pod-group": name]
        case .job:
            pod.labels = [
                "batch.kubernetes.io/job-name": name,
                "batch.kubernetes.io/job-completion-index": "\(index)",
            ]
            pod.owner = ("batch/v1", "Job", name, "job-\(name)")
        case .jobSet:
            pod.labels = [
                "jobset.sigs.k8s.io/jobset-name": name,
                "jobset.sigs.k8s.io/replicatedjob-name": "worker",
                "jobset.sigs.k8s.io/job-index": "0",
                "batch.kubernetes.io/job-completion-index": "\(index)",
            ]
        }
        return pod
    }

    /// The object that declares it; nil for none.
    var declaration: GangDeclaration? {
        switch kind {
        case .singles, .kueue, .jobSet: return nil
        case .podGroup:
            let text =
                #"{"metadata":{"name":"\#(name)","namespace":"\#(namespace)","uid":"pg-\#(name)"},"#
                + #""spec":{"minMember":\#(minimum)}}"#
            return try? CoschedulingPodGroup(json: Array(text.utf8)).declaration
        case .job:
            let text =
                #"{"metadata":{"name":"\#(name)","namespace":"\#(namespace)","#
                + #""uid":"job-\#(name)"},"spec":{"completionMode":"Indexed","#
                + #""completions":\#(count),"parallelism":\#(count),"#
                + #""template":{"spec":{"containers":[]}}}}"#
            return try? Job(json: Array(text.utf8)).declaration
        }
    }
}
