/// How many members a gang has, and how many of them it needs.
struct GangSizing {
    /// What was found.
    struct Size {
        var source: ClusterGang.SizeSource
        var missing: Int
    }

    private let key: GangKey
    private let context: GroupContext
    /// Members that the defining object wants of each role; empty when it does not tell.
    private var declared: [GangDeclaration.Role]
    private var minimum: (count: Int, field: String)?

    init(_ key: GangKey, _ context: GroupContext, stage: String?) {
        self.key = key
        self.context = context
        guard key.kind != .pod else {
            declared = []
            return
        }
        let roles = context.declaration?.roles ?? []
        declared = stage.map { stage in roles.filter { $0.name == stage } } ?? roles
        minimum = context.minimum
        // Hosts of one Ray replica are a gang by themselves.
        if key.kind == .rayCluster, !key.part.isEmpty {
            declared = roles.filter { key.part.hasPrefix($0.name + "-") && !$0.name.isEmpty }.map {
                GangDeclaration.Role($0.name, replicas: $0.perPart)
            }
        }
    }

    /// Looks at members for other schedulers: a role that is theirs altogether is not waited for.
    mutating func readForeign(
        _ all: [GangMember], _ ours: [GangMember], _ problems: inout [GangProblem]
    ) {
        let foreign = Set(
            all.filter { !$0.isOurs && !$0.phase.isTerminal }.map {
                $0.facts.membership?.role ?? ""
            })
        guard !foreign.isEmpty else { return }
        let own = Set(ours.map { $0.facts.membership?.role ?? "" })
        let isBlocking = key.kind.isPodGroup || !foreign.isDisjoint(with: own)
        declared.removeAll { foreign.contains($0.name) && !own.contains($0.name) }
        problems.append(
            GangProblem(
                .mixedSchedulers, field: "spec.schedulerName",
                "some pods of the gang are for another scheduler",
                remedy: "give all pods of the gang the same schedulerName",
                isBlocking: isBlocking))
    }

    /// Sets the minimum and the replicas of each role, and counts what is missing.
    func size(
        _ roles: inout [ClusterRole], _ pods: [GangMember], _ problems: inout [GangProblem]
    ) -> Size {
        let totals = Set(pods.compactMap { $0.facts.membership?.total })
        if totals.count > 1 {
            let field =
                pods.first { $0.facts.membership?.total != nil }?.membership?.totalField ?? ""
            problems.append(
                GangProblem(
                    .contradictoryWishes, field: field,
                    "pods of one gang state different sizes",
                    remedy: "give all pods the same value"))
        }
        for index in roles.indices {
            roles[index].minimum = roles[index].present
            roles[index].replicas = roles[index].pods.count
        }
        var missing = 0
        var source = ClusterGang.SizeSource.observed
        if key.kind == .pod {
            source = .declared
        } else if !declared.isEmpty {
            source = .declared
            missing = fitDeclared(&roles)
        }
        if key.kind != .pod, let minimum {
            source = .declared
            let present = roles.reduce(0) { $0 + $1.present }
            // A pod group states the minimum of roles beside that of all; the minimum of a workload
            // stands for those of its roles.
            missing = max(key.kind.isPodGroup ? missing : 0, minimum.count - present)
            let needed = roles.reduce(0) { $0 + $1.minimum }
            lower(&roles, roles.indices, by: needed - minimum.count)
        } else if source == .observed, let total = totals.max() {
            source = .annotated
            let present = roles.reduce(0) { $0 + $1.present }
            missing = max(total - present, 0)
            lower(&roles, roles.indices, by: present - total)
        } else if source == .observed {
            missing = observedGaps(roles)
        }
        checkMinimum(&problems)
        return Size(source: source, missing: missing)
    }

    /// Fits roles to what is declared for their name: what is missing, and the surplus that is of
    /// use without being needed.
    private func fitDeclared(_ roles: inout [ClusterRole]) -> Int {
        var missing = 0
        for want in declared {
            let indexes = roles.indices.filter {
                roles[$0].label == want.name || (declared.count == 1 && want.name.isEmpty)
            }
            let present = indexes.reduce(0) { $0 + roles[$1].present }
            missing += max(want.minimum - present, 0)
            lower(&roles, indexes, by: present - want.minimum)
            if indexes.count == 1 {
                roles[indexes[0]].replicas = max(roles[indexes[0]].pods.count, want.replicas)
            }
        }
        return missing
    }

    /// Takes a surplus off the minimum of roles, from the largest on: a leader stays needed.
    private func lower(
        _ roles: inout [ClusterRole], _ indexes: some Sequence<Int>, by surplus: Int
    ) {
        var rest = surplus
        for index in indexes.sorted(by: { (roles[$1].minimum, $0) < (roles[$0].minimum, $1) }) {
            guard rest > 0 else { return }
            let taken = min(rest, roles[index].minimum)
            roles[index].minimum -= taken
            rest -= taken
        }
    }

    /// Indexes below the largest that no pod has.
    private func observedGaps(_ roles: [ClusterRole]) -> Int {
        var gaps = 0
        for name in Set(roles.map(\.label)) {
            var (last, count, isIndexed) = (PodIndex(member: -1), 0, true)
            for role in roles.indices where roles[role].label == name {
                for pod in roles[role].pods.indices where roles[role].pods[pod].isPresent {
                    count += 1
                    guard let index = roles[role].pods[pod].index else {
                        isIndexed = false
                        continue
                    }
                    last = max(last, index)
                }
            }
            // Parts may be of any size; what is missing in the last one is not known.
            guard isIndexed, last.part == 0 else { continue }
            gaps += max(last.member + 1 - count, 0)
        }
        return gaps
    }

    /// Members of one part; 1 when there are no parts. O(pods).
    func perPart(_ pods: [GangMember]) -> Int {
        if let declared = declared.map(\.perPart).max(), declared > 1 { return declared }
        guard pods.contains(where: { ($0.facts.membership?.index?.member ?? 0) > 0 }) else {
            return 1
        }
        // In the order of ranks the members of a part stand beside each other.
        var (largest, count) = (1, 0)
        for (index, pod) in pods.enumerated() {
            let isSame =
                index > 0
                && pods[index - 1].facts.membership?.role == pod.facts.membership?.role
                && pods[index - 1].facts.membership?.index?.part
                    == pod.facts.membership?.index?.part
            count = isSame ? count + 1 : 1
            largest = max(largest, count)
        }
        return largest
    }

    private func checkMinimum(_ problems: inout [GangProblem]) {
        let workload = context.workload ?? context.declaration
        guard key.kind != .pod, let minimum, let workload, let replicas = workload.replicas,
            minimum.count > replicas, !workload.key.kind.isPodGroup, replicas > 0
        else { return }
        problems.append(
            GangProblem(
                .minimumTooLarge, field: minimum.field,
                "\(minimum.count) members are needed, and the \(workload.key.kind.title) "
                    + "'\(workload.key.name)' has \(replicas)",
                remedy: "lower it to \(replicas), or raise the replicas"))
    }
}

extension ClusterRole {
    /// A role of which the numbers come later.
    init(
        label: String, name: String, request: PodRequest, rules: NodeRules, pods: [ClusterPod]
    ) {
        (self.label, self.name, self.request, self.rules) = (label, name, request, rules)
        (self.pods, minimum, replicas) = (pods, 0, 0)
    }

    /// Pods that run, may still run, or have done their work.
    var present: Int {
        var count = 0
        for index in pods.indices where pods[index].isPresent { count += 1 }
        return count
    }
}

extension ClusterPod {
    /// Whether it counts for the size of its gang.
    var isPresent: Bool { isLive || phase == .succeeded }
}
