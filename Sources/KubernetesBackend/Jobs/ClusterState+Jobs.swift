import ControlPlane
import Documents
import FleetModel
import KubernetesObjects

// How jobs come, end and go.
extension ClusterState {
    mutating func add(_ job: ClusterJob) {
        ruleBook.remove(jobs[job.key]?.rules ?? [])
        ruleBook.add(job.rules)
        jobs[job.key] = job
        jobs[job.key]?.growth = growth
        jobsOfGang[job.gang, default: []].append(job.key)
    }

    /// Pods of a gang that have a seat in one of its jobs.
    func seated(_ gang: GangKey) -> Set<PodKey> {
        Set((jobsOfGang[gang] ?? []).flatMap { jobs[$0]?.seats.compactMap(\.pod) ?? [] })
    }

    /// Forgets a job; what is left of its gang is looked at by the caller.
    mutating func remove(_ key: String, isOver: Bool = true) {
        jobs[key]?.plan = nil
        nominate(key)
        guard let job = jobs.removeValue(forKey: key) else { return }
        ruleBook.remove(job.rules)
        for seat in job.seats {
            if let pod = seat.pod { nodes.setHold(pod, nil) }
            if rules.isDryRun, let pod = seat.leftover { nodes.setHold(pod, nil) }
        }
        dry.absentees.remove(key)
        jobsOfGang[job.gang]?.removeAll { $0 == key }
        if jobsOfGang[job.gang]?.isEmpty == true { jobsOfGang[job.gang] = nil }
        if let number = job.number { keys[number] = nil }
        refused[key] = nil
        guard isOver else { return }
        if gangs[job.gang] != nil { pastKeys[job.gang, default: []].insert(key) }
        words.forget(key)
    }

    /// A key that no job had: the gang, and a digest of its pods and of what they ask for. The same
    /// pods get the same key in the next run.
    func newKey(_ gang: ClusterGang, _ pods: [[ClusterPod]], _ shape: String) -> String {
        let uids = pods.joined().map(\.key.uid).sorted().joined(separator: " ")
        let stem =
            "\(lineage(of: gang))/\(Digest.hex(uids + shape))"
            + (rules.isDryRun ? "/\(dry.run)" : "")
        var key = stem
        var number = 2
        while jobs[key] != nil || pastKeys[gang.key]?.contains(key) == true {
            key = "\(stem)/\(number)"
            number += 1
        }
        return key
    }

    /// What those who make pods of a gang anew call them, whether they make the object of the gang
    /// anew as well or not.
    private func lineage(of gang: ClusterGang) -> String {
        "\(gang.namespace)/\(gang.key.kind.title)/\(gang.name)"
    }

    /// What is said about a gang is said about the object that defines it, if that is there, else
    /// about its first pod.
    func subject(of gang: ClusterGang, _ pods: [[ClusterPod]]) -> ObjectReference {
        if let object = gang.key.object, object.kind != .pod, !gang.uid.isEmpty {
            return ObjectReference(object, uid: gang.uid)
        }
        let pod = pods.joined().first?.key
        return ObjectReference(
            ObjectKey(.pod, namespace: gang.namespace, name: pod?.name ?? gang.key.name),
            uid: pod?.uid ?? gang.key.uid)
    }

    /// The job as the driver takes it; nil, and said about the object, when no document can be made
    /// of it.
    mutating func foundJob(
        _ job: inout ClusterJob, _ gang: ClusterGang, _ text: String, _ pods: [[ClusterPod]]
    ) -> FoundJob? {
        let parsed = JobsDocument.parse(SourceText(text, file: job.key))
        guard let document = parsed.jobs.first, parsed.diagnostics.isEmpty else {
            let what = parsed.diagnostics.map { "\($0.message): \($0.expected)" }
            say(
                GangProblem(
                    .unsupported, field: "spec", what.joined(separator: "; "),
                    remedy: "change the pods' template"), about: job.subject)
            return nil
        }
        var found = FoundJob(
            key: job.key, owner: gang.namespace, document: document, text: text)
        found.roles = foundRoles(gang, pods)
        job.found = found.roles
        found.lineage = lineage(of: gang)
        found.excluded = excludedNodes(gang)
        return found
    }

    /// The parts of nodes that a role of a gang rules out by name.
    private func excludedNodes(_ gang: ClusterGang) -> [NodeID] {
        let names = Set(gang.roles.flatMap(\.rules.excludedNames))
        guard !names.isEmpty else { return [] }
        return names.sorted().prefix(FoundJob.excludedKept).flatMap(nodes.partsOf)
    }

    /// What each role asks of nodes, and of those who stand there now.
    private mutating func foundRoles(
        _ gang: ClusterGang, _ pods: [[ClusterPod]]
    ) -> [FoundRole] {
        let companions = gang.residents
        var found: [FoundRole] = []
        for (role, pods) in zip(gang.roles, pods) {
            guard let pod = pods.first else { continue }
            let resident = Resident(
                namespace: gang.namespace, labels: pod.labels, rules: role.rules.neighbours)
            let ask = RoleAsk(
                request: role.request, rules: role.rules,
                needs: nodes.neighbours.needs(of: resident, with: companions))
            let profile = PodProfile(resident: resident, request: role.request)
            found.append(
                FoundRole(
                    rule: ruleBook.name(of: ask, nodes), slots: role.request.host.slots,
                    exclusives: nodes.neighbours.exclusives(of: profile)))
        }
        return found
    }

    /// Whether a job that waits would be found with other rules for nodes now.
    mutating func hasOtherRules(_ job: ClusterJob, _ gang: ClusterGang) -> Bool {
        let own = Set(job.seats.compactMap(\.pod))
        let pods = gang.roles.map { $0.pods.filter { own.contains($0.key) } }
        return foundRoles(gang, pods) != job.found
    }

    /// Reports a job again that was refused: nodes may have come meanwhile, or tenants. The driver
    /// has kept its key only if it had taken it.
    mutating func retry(_ key: String) {
        refused[key] = nil
        guard let job = jobs[key], job.phase == .refused else { return }
        remove(key, isOver: job.number != nil)
        if rules.isDryRun, job.isFollowed { standAside(job.gang) }
        look(at: job.gang)
    }

    // MARK: Ends

    /// Ends a job when none of its pods is left to wait for.
    mutating func settle(_ key: String) {
        guard let job = jobs[key] else { return }
        let isEmpty = job.standing.isEmpty
        switch job.phase {
        case .stopping where rules.isDryRun:
            if isEmpty {
                endDryStopped(job)
                end(job)
            }
        case .stopping(let reason):
            // What is being bound may stand in a moment.
            if isEmpty, job.unanswered == 0 { endStopped(job, reason) }
        case .undoing(let detail): if isEmpty { endUndone(job, detail) }
        case .reading: break
        case .running: if job.seats.allSatisfy(\.isVacant) { endByItself(job) }
        case .starting:
            // All were bound and are over before anybody said so, or the gang was deleted.
            if job.seats.allSatisfy(\.isVacant) { endByItself(job) }
        case .waiting, .refused:
            if job.seats.allSatisfy(\.isVacant) {
                report(.vanished(key: key))
                end(job)
            } else if job.phase == .waiting, !job.standing.isEmpty, !rules.isDryRun {
                // Somebody else has bound some of it; what that makes of the gang is looked at.
                report(.vanished(key: key))
                end(job)
            }
        }
    }

    mutating func end(_ job: ClusterJob) {
        let now = now
        dry.book.note(job.gang, at: now) { $0.ends(at: now) }
        remove(job.key)
        look(at: job.gang)
    }

    mutating func endStopped(_ job: ClusterJob, _ reason: StopReason) {
        if let number = job.number, reason != .preemption, reason != .maintenance {
            report(.stopped(number, job.attempt, job.exits))
        } else {
            // The driver would wait for a place for these pods, which are no more; those that come
            // instead of them are another job.
            let departure: Departure = reason == .maintenance ? .maintenance : .preempted
            report(.vanished(key: job.key, departure))
        }
        end(job)
    }

    private mutating func endUndone(_ job: ClusterJob, _ detail: String) {
        if let number = job.number {
            report(
                .failed(
                    number, job.attempt, .start, suspect: nil, retry: .never, exits: job.exits,
                    detail: detail))
        }
        end(job)
    }

    private mutating func endByItself(_ job: ClusterJob) {
        let states = Set(job.seats.map(\.state))
        if states == [.succeeded], let number = job.number {
            report(.finished(number, job.attempt, job.exits))
        } else if job.number != nil, let ending = GangEnd(job, nodes) {
            return judge(job, ending)
        } else {
            report(.vanished(key: job.key))
        }
        end(job)
    }

    /// Makes the bound pods of a gang go that has been half bound for too long.
    mutating func takeBack(_ key: GangKey) {
        guard let gang = gangs[key] else { return }
        let taken = seated(key)
        let bound = gang.roles.flatMap(\.pods).filter {
            $0.isLive && $0.node != nil && !taken.contains($0.key)
        }
        let unbound = gang.roles.flatMap(\.pods).contains { $0.isLive && $0.node == nil }
        guard !bound.isEmpty, unbound else { return }
        call(
            .evict(
                job: "", bound.map(\.key),
                Eviction(
                    reason: "HalfBound", message: "the rest of its gang could not be bound",
                    mayDelete: true)))
    }
}
