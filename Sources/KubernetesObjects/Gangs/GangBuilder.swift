import FleetModel

/// Makes a gang out of pods and what objects say about them. O(pods).
struct GangBuilder {
    private let key: GangKey
    private let context: GroupContext
    private let book: GangBook
    /// The stage of a JobSet that is built; nil for all of it.
    private let stage: String?
    private let isContradictory: Bool

    init(
        _ key: GangKey, _ context: GroupContext, _ book: GangBook, stage: String?,
        isContradictory: Bool = false
    ) {
        self.key = key
        self.context = context
        self.book = book
        self.stage = stage
        self.isContradictory = isContradictory
    }

    /// The gang; nil when none of the pods is ours.
    func build(_ all: [GangMember]) -> ClusterGang? {
        let ours = GangBuilder.latest(all.filter { $0.isOurs }, by: key.kind)
        guard let first = ours.first else { return nil }
        var problems = commonProblems(ours)
        var sizing = GangSizing(key, context, stage: stage)
        sizing.readForeign(all, ours, &problems)
        var roles = self.roles(of: ours, &problems)
        let size = sizing.size(&roles, ours, &problems)
        let live = ours.filter { $0.isLive }
        return ClusterGang(
            key: key, uid: key.kind == .pod ? key.uid : context.declaration?.uid ?? key.uid,
            queue: queue(ours), priority: priority(ours, &problems),
            preemptionPolicy: preemption(ours), isPreemptible: isPreemptible(ours),
            roles: roles, topology: topology(ours, sizing, &problems), sizeSource: size.source,
            missing: size.missing, awaiting: context.awaiting,
            gates: Set(live.filter { $0.node == nil }.flatMap { $0.gates }).sorted(),
            expectedSeconds: deadline(ours),
            createdAt: (live.isEmpty ? ours : live).map { $0.createdAt }.min() ?? first.createdAt,
            problems: problems)
    }

    // MARK: Pods

    /// Of pods with the same place only the latest, all in the order of ranks.
    private static func latest(_ pods: [GangMember], by kind: ObjectKind) -> [GangMember] {
        guard pods.count > 1 else { return pods }
        // Pods of several workloads in one pod group may have the same indexes.
        let scopes = kind.isPodGroup
        let sorted = pods.sorted { left, right in
            let order = left.facts.compareRole(right.facts)
            if order != 0 { return order < 0 }
            if scopes, left.facts.ownerUID != right.facts.ownerUID {
                return left.facts.ownerUID < right.facts.ownerUID
            }
            let (mine, theirs) = (left.facts.membership?.index, right.facts.membership?.index)
            if mine != theirs {
                guard let mine else { return false }
                guard let theirs else { return true }
                return mine < theirs
            }
            guard mine != nil else { return Ordinal(left) < Ordinal(right) }
            return left.facts.isLater(than: right.facts)
        }
        var kept: [GangMember] = []
        kept.reserveCapacity(sorted.count)
        for pod in sorted {
            if let last = kept.last, let index = pod.facts.membership?.index,
                last.facts.membership?.index == index, last.facts.compareRole(pod.facts) == 0,
                !scopes || last.facts.ownerUID == pod.facts.ownerUID
            {
                continue
            }
            kept.append(pod)
        }
        return kept
    }

    /// Names in the order of the numbers that they end in: `w-2` before `w-10`.
    private struct Ordinal: Comparable {
        let length: Int
        let name: String
        let uid: String

        init(_ pod: GangMember) {
            (name, uid) = (pod.facts.key.name, pod.facts.key.uid)
            length = pod.facts.key.name.utf8.count
        }

        static func < (left: Ordinal, right: Ordinal) -> Bool {
            (left.length, left.name, left.uid) < (right.length, right.name, right.uid)
        }
    }

    private func roles(
        of pods: [GangMember], _ problems: inout [GangProblem]
    ) -> [ClusterRole] {
        var roles: [ClusterRole] = []
        var counts: [String: Int] = [:]
        var isOver = false
        for pod in pods {
            let base = pod.facts.membership?.role ?? ""
            var rules = pod.facts.rules
            if !pod.facts.claims.isEmpty { rules.volumes += book.places(of: pod, &problems) }
            let index = roles.indices.first {
                roles[$0].label == base && roles[$0].request == pod.facts.request
                    && roles[$0].rules == rules
            }
            if let index {
                roles[index].pods.append(clusterPod(pod))
                continue
            }
            guard roles.count < FleetLimits.rolesPerJob else {
                isOver = true
                roles[roles.count - 1].pods.append(clusterPod(pod))
                continue
            }
            let number = counts[base, default: 0] + 1
            counts[base] = number
            let name = base.isEmpty ? "member" : base
            roles.append(
                ClusterRole(
                    label: base, name: number == 1 ? name : "\(name)-\(number)",
                    request: pod.facts.request, rules: rules, pods: [clusterPod(pod)]))
        }
        if isOver {
            problems.append(
                GangProblem(
                    .tooManyRoles, field: "spec.containers[].resources",
                    "the pods differ in more than \(FleetLimits.rolesPerJob) ways",
                    remedy: "give pods of one kind the same requests and node rules"))
        }
        if pods.count > FleetLimits.membersPerJob {
            problems.append(
                GangProblem(
                    .tooManyMembers, field: "metadata.name",
                    "a gang has at most \(FleetLimits.membersPerJob) members",
                    remedy: "split the workload"))
        }
        return roles
    }

    private func clusterPod(_ pod: GangMember) -> ClusterPod {
        ClusterPod(
            key: pod.facts.key, index: pod.facts.membership?.index, node: pod.facts.node,
            phase: pod.facts.phase,
            isTerminating: pod.facts.isTerminating, gates: pod.facts.gates,
            ownGates: pod.facts.ownGates,
            nominatedNode: pod.facts.nominatedNode, labels: pod.facts.labels,
            unboundClaims: book.unboundClaims(of: pod))
    }

    // MARK: What is said for all of them

    private func commonProblems(_ pods: [GangMember]) -> [GangProblem] {
        var problems: [GangProblem] = []
        func add(_ found: [GangProblem]) {
            for problem in found where !problems.contains(problem) { problems.append(problem) }
        }
        if key.kind != .pod { add(context.declaration?.problems ?? []) }
        for pod in pods where !pod.facts.phase.isTerminal && !pod.facts.problems.isEmpty {
            add(pod.facts.problems)
        }
        if isContradictory {
            add([
                GangProblem(
                    .contradictoryWishes, field: "metadata.annotations[\(WorkloadKeys.gang)]",
                    "some pods say 'whole' and others 'each'; they are taken as one gang",
                    remedy: "give all pods the same value", isBlocking: false)
            ])
        }
        guard key.kind != .pod else { return problems }
        for pod in pods where !(pod.facts.membership?.others.isEmpty ?? true) {
            for other in pod.facts.membership?.others ?? [] { add(contradiction(with: other)) }
        }
        return problems
    }

    private func contradiction(with other: ObjectKey) -> [GangProblem] {
        let (mine, theirs) = (context.minimum?.count, book.objects[other]?.minimum)
        let disagrees = mine != nil && theirs != nil && mine != theirs
        guard other.name != key.name || disagrees else { return [] }
        return [
            GangProblem(
                .contradictoryGroups, field: "metadata.annotations",
                "pods name both the \(key.kind.group) PodGroup '\(key.name)'"
                    + (mine.map { " of \($0)" } ?? "") + " and the \(other.kind.group) PodGroup "
                    + "'\(other.name)'" + (theirs.map { " of \($0)" } ?? ""),
                remedy: "keep one of them")
        ]
    }

    private func queue(_ pods: [GangMember]) -> String? {
        // Pods that disagree are rare; the first by name decides, whatever their order.
        pods.compactMap { $0.facts.wishes.queue }.min()
            ?? context.chain.first { $0.queue != nil }?.queue
    }

    private func priority(_ pods: [GangMember], _ problems: inout [GangProblem]) -> Int32 {
        for claim in context.priorities {
            if let value = claim.value { return value }
            guard let name = claim.className else { continue }
            if let known = book.priorityClasses[name] { return known.value }
            guard book.settings.watched.contains(.priorityClass) else { continue }
            problems.append(
                GangProblem(
                    .missingPriorityClass, field: "spec.priorityClassName",
                    "there is no PriorityClass '\(name)'",
                    remedy: "create it, or name another; the pods' own priority counts until then",
                    isBlocking: false))
        }
        return pods.compactMap { $0.priority }.max() ?? 0
    }

    private func preemption(_ pods: [GangMember]) -> PreemptionPolicy {
        for claim in context.priorities {
            if let policy = claim.preemption { return policy }
            if let name = claim.className, let known = book.priorityClasses[name] {
                return known.preemptionPolicy
            }
        }
        return pods.contains { $0.preemption == .never } ? .never : .lowerPriority
    }

    private func isPreemptible(_ pods: [GangMember]) -> Bool {
        let stated = pods.compactMap { $0.facts.wishes.isPreemptible }
        if !stated.isEmpty { return !stated.contains(false) }
        return context.priorities.compactMap(\.isPreemptible).first ?? book.settings.isPreemptible
    }

    private func deadline(_ pods: [GangMember]) -> Int64? {
        (pods.compactMap { $0.deadlineSeconds } + context.chain.compactMap(\.deadlineSeconds))
            .filter { $0 > 0 }.min()
    }

    private func topology(
        _ pods: [GangMember], _ sizing: GangSizing, _ problems: inout [GangProblem]
    ) -> TopologyWish {
        var wish: TopologyWish?
        for pod in pods {
            guard let other = pod.facts.wishes.topology else { continue }
            if wish == nil { wish = other }
            guard wish != other else { continue }
            problems.append(
                GangProblem(
                    .contradictoryWishes,
                    field: "metadata.annotations[kueue.x-k8s.io/podset-…-topology]",
                    "pods of one gang wish for different topologies",
                    remedy: "give all pods the same annotations"))
            break
        }
        var result = wish ?? context.topology
        if let slice = result.slice, slice.members == nil {
            let members = sizing.perPart(pods)
            result.slice =
                members > 1 ? TopologyWish.Slice(members: members, level: slice.level) : nil
        }
        return result
    }
}

extension MemberFacts {
    /// Less than 0 when its role comes first by name, 0 for the same role.
    fileprivate func compareRole(_ other: MemberFacts) -> Int {
        guard let membership, let theirs = other.membership else { return 0 }
        if membership.role == theirs.role { return 0 }
        return membership.role < theirs.role ? -1 : 1
    }

    /// Which of two pods with the same place counts: one that may still run, one that nobody has
    /// deleted, the newer; in the end the uid, so that the order of events does not matter.
    func isLater(than other: MemberFacts) -> Bool {
        if phase.isTerminal != other.phase.isTerminal { return other.phase.isTerminal }
        if isTerminating != other.isTerminating { return other.isTerminating }
        if createdAt != other.createdAt { return createdAt > other.createdAt }
        return key.uid > other.key.uid
    }
}

extension ObjectKind {
    /// The API group, for messages.
    var group: String { groupAndKind.group }
}
