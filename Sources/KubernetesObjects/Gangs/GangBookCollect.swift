extension GangBook {
    /// Says what has changed since the last call: first what is gone, then gangs, then pods of
    /// other schedulers. O(members of the gangs concerned).
    public mutating func collect(into changes: inout [GangChange]) {
        guard !dirtyGroups.isEmpty || !dirtyMembers.isEmpty || !gone.isEmpty || !foreignGone.isEmpty
        else { return }
        var news: [GangChange] = []
        for index in dirtyGroups.sorted() {
            groups[Int(index)]?.isDirty = false
            lookAtGroup(index, &news)
        }
        dirtyGroups.removeAll(keepingCapacity: true)
        for slot in dirtyMembers.sorted() {
            guard memberStates[Int(slot)].isDirty else { continue }
            memberStates[Int(slot)].isDirty = false
            lookAtMember(slot, &news)
        }
        dirtyMembers.removeAll(keepingCapacity: true)
        changes += gone.map { .gone($0) }
        changes += foreignGone.map { .foreignGone($0) }
        changes += news
        gone.removeAll(keepingCapacity: true)
        foreignGone.removeAll(keepingCapacity: true)
    }

    // MARK: Groups

    private mutating func lookAtGroup(_ index: Int32, _ news: inout [GangChange]) {
        guard let group = groups[Int(index)] else { return }
        guard !group.members.isEmpty else {
            gone += group.announced
            drop(index)
            return
        }
        let isWhole = group.style == .whole
        let context = context(of: group, readsMembers: isWhole)
        keepReferences(index, group.references, context.references)
        let style = group.ours == 0 ? .each : context.style(group.votes)
        groups[Int(index)]!.style = style
        guard style != .each else {
            if group.style != .each || group.isWhollyDirty {
                groups[Int(index)]!.isWhollyDirty = false
                for slot in group.members { markMember(slot) }
            }
            announce(index, [], declared: context.declaration, &news)
            return
        }
        groups[Int(index)]!.isWhollyDirty = false
        if group.style != style { withdrawSingles(group.members) }
        announceForeign(group.members, &news)
        // Whether members tell a workload was not known when the style was not.
        let full = isWhole ? context : self.context(of: group, readsMembers: true)
        keepReferences(index, context.references, full.references)
        announce(index, gangs(of: group, style, full), &news)
    }

    private func gangs(
        of group: GangGroup, _ style: GangDeclaration.Style, _ context: GroupContext
    ) -> [ClusterGang] {
        var parts: [String: [Int32]] = [:]
        if style == .stages {
            for slot in group.members {
                parts[members[Int(slot)]?.facts.membership?.part ?? "", default: []].append(slot)
            }
        } else {
            parts[""] = group.members
        }
        return parts.keys.sorted().compactMap { part in
            var key = group.key
            if !part.isEmpty { key.part = part }
            let builder = GangBuilder(
                key, context, self, stage: style == .stages ? part : nil,
                isContradictory: group.votes.isContradictory)
            return builder.build(parts[part, default: []].compactMap { members[Int($0)] })
        }
    }

    private mutating func announce(
        _ index: Int32, _ gangs: [ClusterGang], declared: GangDeclaration? = nil,
        _ news: inout [GangChange]
    ) {
        let keys = gangs.map(\.key)
        gone += groups[Int(index)]!.announced.filter { !keys.contains($0) }
        groups[Int(index)]!.announced = keys
        let known = groups[Int(index)]!.problems
        var problems: [GangProblem] = []
        for gang in gangs {
            news.append(.changed(gang))
            for problem in gang.problems where !problems.contains(problem) {
                problems.append(problem)
                if !known.contains(problem) { news.append(.problem(subject(of: gang), problem)) }
            }
        }
        // Of pods that stand alone none speaks for the object that made them.
        for problem in declared?.problems ?? [] where !problems.contains(problem) {
            problems.append(problem)
            guard let declared, !known.contains(problem) else { continue }
            news.append(.problem(ObjectReference(declared.key, uid: declared.uid), problem))
        }
        groups[Int(index)]!.problems = problems
    }

    /// What an event about a gang is about: the object that defines it if it is there, else the
    /// first pod.
    private func subject(of gang: ClusterGang) -> ObjectReference {
        if let object = gang.key.object, objects[object] != nil || object.kind == .pod {
            return ObjectReference(object, uid: gang.uid)
        }
        let pod = gang.roles.first { !$0.pods.isEmpty }?.pods[0].key
        return ObjectReference(
            ObjectKey(.pod, namespace: gang.namespace, name: pod?.name ?? ""), uid: pod?.uid ?? "")
    }

    private func context(of group: GangGroup, readsMembers: Bool) -> GroupContext {
        var workload: ObjectKey?
        if readsMembers, group.key.kind.isPodGroup {
            // Of several workloads none tells how many members there will be.
            for slot in group.members {
                let other = members[Int(slot)]?.facts.membership?.workload
                guard workload == nil || workload == other, other != nil else {
                    workload = nil
                    break
                }
                workload = other
            }
        }
        return .read(group.key, workload: workload, objects, watched: settings.watched)
    }

    private mutating func keepReferences(_ index: Int32, _ old: [ObjectKey], _ new: [ObjectKey]) {
        guard old != new else { return }
        for object in old where !new.contains(object) { unlink(index, object) }
        for object in new where !old.contains(object) { link(index, object) }
        groups[Int(index)]!.references = new
    }

    // MARK: Single pods

    private mutating func markMember(_ slot: Int32) {
        guard !memberStates[Int(slot)].isDirty else { return }
        memberStates[Int(slot)].isDirty = true
        dirtyMembers.append(slot)
    }

    private mutating func withdrawSingles(_ slots: [Int32]) {
        for slot in slots {
            guard let key = memberStates[Int(slot)].single else { continue }
            memberStates[Int(slot)].single = nil
            memberStates[Int(slot)].problems = []
            gone.append(key)
        }
    }

    private mutating func lookAtMember(_ slot: Int32, _ news: inout [GangChange]) {
        guard let member = members[Int(slot)] else { return }
        announceForeign([slot], &news)
        let index = memberStates[Int(slot)].group
        let group = index >= 0 ? groups[Int(index)] : nil
        guard group == nil || group?.style == .each else { return }
        guard member.isOurs else {
            withdrawSingles([slot])
            return
        }
        let context = group.map { self.context(of: $0, readsMembers: false) } ?? GroupContext()
        let key = GangKey(
            .pod, namespace: member.key.namespace, name: member.key.name, uid: member.key.uid)
        let gang = GangBuilder(key, context, self, stage: nil).build([member])
        guard let gang else { return }
        memberStates[Int(slot)].single = key
        news.append(.changed(gang))
        let known = memberStates[Int(slot)].problems
        for problem in gang.problems where !known.contains(problem) {
            news.append(.problem(subject(of: gang), problem))
        }
        memberStates[Int(slot)].problems = gang.problems
    }

    private mutating func announceForeign(_ slots: [Int32], _ news: inout [GangChange]) {
        for slot in slots {
            guard let member = members[Int(slot)] else { continue }
            let wasUse = memberStates[Int(slot)].isForeignUse
            memberStates[Int(slot)].isForeignUse = member.isForeignUse
            if member.isForeignUse, let node = member.node {
                news.append(.foreign(member.facts.use(on: node)))
            } else if wasUse {
                foreignGone.append(member.key)
            }
        }
    }
}

extension MemberFacts {
    /// What the pod of another scheduler takes of its node.
    func use(on node: String) -> PodUse {
        PodUse(
            key: key, node: node, request: request, priority: priority ?? 0,
            resident: Resident(
                namespace: key.namespace, labels: labels, rules: rules.neighbours),
            isTerminating: isTerminating)
    }
}
