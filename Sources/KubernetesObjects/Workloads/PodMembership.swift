/// Which group a pod belongs to and as what, by its spec, labels, annotations and owner.
struct PodMembership: Hashable {
    /// The group.
    var key: GangKey
    /// Other groups that the pod names, which should say the same.
    var others: [ObjectKey] = []
    /// The workload by the pod's labels, also of a pod that is grouped otherwise.
    var workload: ObjectKey?
    /// The kind of member.
    var role = ""
    /// The place among those of its role.
    var index: PodIndex?
    /// The name of its part, for objects whose parts start one after the other.
    var part = ""
    /// Members of the group as the pod has it.
    var total: Int?
    /// Where it has that from.
    var totalField = ""
    /// How the pod wants to be grouped, when it says so.
    var style: GangDeclaration.Style?
    /// How pods without a declaration are grouped.
    var fallback = GangDeclaration.Style.whole

    private init(_ key: GangKey) { self.key = key }

    /// The membership of a pod; nil when it stands alone. The precedence is that of
    /// docs/KUBERNETES.md, "What becomes a gang".
    static func read(_ pod: Pod, _ problems: inout [GangProblem]) -> PodMembership? {
        let groups = groupClaims(pod)
        let workload = workload(pod)
        guard var membership = groups.first.map({ PodMembership($0) }) ?? workload else {
            return nil
        }
        membership.workload = workload?.key.object
        membership.others = groups.dropFirst().compactMap(\.object)
        membership.readRole(pod, &problems)
        if membership.key.kind == .kueuePodGroup {
            membership.readTotal(pod, WorkloadKeys.kueueTotal, &problems)
        } else if membership.key.kind == .leaderWorkerSet {
            membership.readTotal(pod, WorkloadKeys.leaderSize, &problems)
        }
        membership.readStyle(pod, &problems)
        return membership
    }

    /// Groups that the pod names, in order of precedence.
    private static func groupClaims(_ pod: Pod) -> [GangKey] {
        let namespace = pod.metadata.namespace
        let (labels, annotations) = (pod.metadata.labels, pod.metadata.annotations)
        var claims: [GangKey] = []
        func claim(_ kind: ObjectKind, _ name: String?, part: String = "") {
            guard let name, !name.isEmpty else { return }
            claims.append(GangKey(kind, namespace: namespace, name: name, part: part))
        }
        if let group = pod.group {
            if let template = group.template {
                let part = group.replica.isEmpty ? template : "\(template)/\(group.replica)"
                claim(.nativeWorkload, group.name, part: part)
            } else {
                claim(.nativePodGroup, group.name)
            }
        }
        claim(
            .coschedulingPodGroup,
            labels.first(of: WorkloadKeys.coschedulingGroups))
        guard !annotations.isEmpty || !claims.isEmpty || !labels.isEmpty else { return claims }
        claim(
            .volcanoPodGroup,
            annotations.first(of: WorkloadKeys.volcanoGroups))
        claim(.kaiPodGroup, annotations[WorkloadKeys.kaiGroup])
        claim(.kueuePodGroup, labels[WorkloadKeys.kueueGroup])
        return claims
    }

    /// The workload that the pod is of, by its labels, from the outermost in.
    private static func workload(_ pod: Pod) -> PodMembership? {
        let (labels, namespace) = (pod.metadata.labels, pod.metadata.namespace)
        func key(_ kind: ObjectKind, _ name: String, part: String = "") -> GangKey {
            let owner = pod.metadata.controller
            let isOwned = owner?.name == name && owner?.objectKind == kind
            // A launcher of an MPIJob is owned by a Job, so that owners do not tell its uid.
            let uid = isOwned && kind != .mpiJob ? owner?.uid ?? "" : ""
            return GangKey(kind, namespace: namespace, name: name, part: part, uid: uid)
        }
        if let name = labels[WorkloadKeys.jobSetName] {
            var membership = PodMembership(key(.jobSet, name))
            membership.part = labels[WorkloadKeys.replicatedJob] ?? ""
            // Trainer's initializers end before its nodes are made.
            let step = labels[WorkloadKeys.trainerStep] ?? ""
            if step.hasSuffix("initializer") { membership.fallback = .stages }
            return membership
        }
        if let name = labels[WorkloadKeys.leaderWorkerSet] {
            let group = labels[WorkloadKeys.leaderGroup] ?? ""
            return PodMembership(key(.leaderWorkerSet, name, part: group))
        }
        if let name = labels[WorkloadKeys.kubeflowName] {
            return PodMembership(key(kubeflowKind(pod), name))
        }
        if let name = labels[WorkloadKeys.rayCluster] { return ray(pod, name, key) }
        if let name = labels.first(of: WorkloadKeys.jobNames) {
            if let owner = pod.metadata.controllerKey, owner.kind != .job { return nil }
            var membership = PodMembership(key(.job, name))
            if labels[WorkloadKeys.completionIndex] == nil,
                pod.metadata.annotations[WorkloadKeys.completionIndex] == nil
            {
                membership.fallback = .each
            }
            return membership
        }
        return nil
    }

    /// Without a wish for a gang the hosts of one replica still start together.
    private static func ray(
        _ pod: Pod, _ name: String, _ key: (ObjectKind, String, String) -> GangKey
    ) -> PodMembership {
        let labels = pod.metadata.labels
        let wantsGang = labels[WorkloadKeys.rayGang] == "true"
        guard !wantsGang, labels[WorkloadKeys.rayHost] != nil,
            let group = labels[WorkloadKeys.rayGroup], let replica = labels[WorkloadKeys.rayReplica]
        else {
            var membership = PodMembership(key(.rayCluster, name, ""))
            membership.fallback = .each
            if wantsGang { membership.style = .whole }
            return membership
        }
        var membership = PodMembership(key(.rayCluster, name, "\(group)-\(replica)"))
        membership.style = .whole
        return membership
    }

    private static func kubeflowKind(_ pod: Pod) -> ObjectKind {
        if let owner = pod.metadata.controllerKey, owner.kind != .job { return owner.kind }
        let name = pod.metadata.labels[WorkloadKeys.kubeflowOperator] ?? ""
        let kinds: [(prefix: String, kind: ObjectKind)] = [
            ("tf", .tfJob), ("mpi", .mpiJob), ("xgb", .xgBoostJob), ("paddle", .paddleJob),
            ("jax", .jaxJob),
        ]
        return kinds.first { name.hasPrefix($0.prefix) }?.kind ?? .pyTorchJob
    }
}

extension PodMembership {
    /// The role and the index by whichever workload's labels the pod has: also of pods that are
    /// grouped by a pod group.
    private mutating func readRole(_ pod: Pod, _ problems: inout [GangProblem]) {
        let (labels, annotations) = (pod.metadata.labels, pod.metadata.annotations)
        func number(_ key: String) -> Int? {
            guard let text = labels[key] ?? annotations[key] else { return nil }
            if let value = Int32(text), value >= 0 { return Int(value) }
            problems.append(.malformed(key, text, "a whole number from 0 on", isBlocking: false))
            return nil
        }
        func place(_ part: Int?, _ member: Int?) -> PodIndex? {
            member.map { PodIndex(part: part ?? 0, member: $0) }
        }
        if let name = labels[WorkloadKeys.replicatedJob] {
            role = name
            index = place(
                number(WorkloadKeys.jobIndex), number(WorkloadKeys.completionIndex) ?? 0)
        } else if labels[WorkloadKeys.leaderWorkerSet] != nil {
            let worker = number(WorkloadKeys.leaderWorker)
            role = worker == 0 ? "leader" : "worker"
            // In another group the groups of the set come one after the other.
            let group = key.kind == .leaderWorkerSet ? 0 : number(WorkloadKeys.leaderGroup)
            index = place(group, worker)
        } else if labels[WorkloadKeys.kubeflowName] != nil {
            role = labels.first(of: WorkloadKeys.kubeflowRoles) ?? ""
            index = place(0, number(WorkloadKeys.kubeflowIndex) ?? (role == "launcher" ? 0 : nil))
        } else if labels[WorkloadKeys.rayCluster] != nil {
            role = labels[WorkloadKeys.rayGroup] ?? ""
            if let replica = number(WorkloadKeys.rayReplica) {
                index = place(replica, number(WorkloadKeys.rayHost) ?? 0)
            }
        } else if let task = labels[WorkloadKeys.volcanoTask]
            ?? annotations[WorkloadKeys.volcanoTask]
        {
            role = task
            index = place(0, number(WorkloadKeys.volcanoIndex))
        } else {
            index = place(
                0,
                number(WorkloadKeys.completionIndex) ?? number(WorkloadKeys.kueueIndex)
                    ?? number(WorkloadKeys.podIndex))
        }
        if key.kind == .kaiPodGroup, let name = labels[WorkloadKeys.kaiSubgroup] { role = name }
    }

    private mutating func readTotal(_ pod: Pod, _ key: String, _ problems: inout [GangProblem]) {
        guard let text = pod.metadata.annotations[key] ?? pod.metadata.labels[key] else {
            if key == WorkloadKeys.kueueTotal {
                problems.append(
                    .malformed(key, "", "the number of pods of the group", isBlocking: true))
            }
            return
        }
        totalField = "metadata.annotations[\(key)]"
        if let value = Int32(text), value > 0 {
            total = Int(value)
        } else {
            problems.append(.malformed(key, text, "a whole number from 1 on", isBlocking: true))
        }
    }

    private mutating func readStyle(_ pod: Pod, _ problems: inout [GangProblem]) {
        guard let text = pod.metadata.annotations[WorkloadKeys.gang] else { return }
        switch text {
        case "whole": style = .whole
        case "each": style = .each
        default:
            problems.append(
                .malformed(WorkloadKeys.gang, text, "'whole' or 'each'", isBlocking: true))
        }
    }
}

extension GangProblem {
    /// The problem of a label or annotation that could not be read.
    static func malformed(
        _ key: String, _ text: String, _ expected: String, isBlocking: Bool
    ) -> GangProblem {
        GangProblem(
            .malformedAnnotation, field: "metadata.annotations[\(key)]",
            text.isEmpty ? "\(key) is missing" : "'\(text)' is not \(expected)",
            remedy: "set it to \(expected)", isBlocking: isBlocking)
    }
}
