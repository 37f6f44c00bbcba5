import FleetModel

extension WorldBook {
    mutating func start(_ id: JobID, _ attempt: Attempt, _ members: [MemberPlacement]) {
        guard let job = jobs[id] else { return complain("job \(id): started but unknown") }
        guard job.phase == .waiting else {
            return complain("job \(id): started while \(job.phase)")
        }
        if attempt.rawValue != job.attempt + 1 {
            complain("job \(id): attempt \(attempt.rawValue) follows \(job.attempt)")
        }
        checkTerms(of: job)
        jobs[id]?.phase = .running
        jobs[id]?.attempt = attempt.rawValue
        jobs[id]?.startedAt = now
        jobs[id]?.resize = 0
        jobs[id]?.standsAsIs = false
        guard members.allSatisfy({ job.spec.roles.indices.contains(Int($0.role)) }) else {
            return complain("job \(id): a member without a role")
        }
        jobs[id]?.members = members
        for member in members { place(member, of: job) }
        checkSize(of: id)
        checkTopology(of: job, members)
        checkLimits(of: id, kinds: members)
        noteStart(of: job, members)
        evictions.started(job, members, &counts)
    }

    /// Whether anything else than a place was still missing.
    private mutating func checkTerms(of job: BookJob) {
        let id = job.spec.id
        if job.isHeld { complain("job \(id): started while held") }
        if let time = job.spec.notBefore, now < time { complain("job \(id): started early") }
        for dependency in job.spec.dependencies {
            let outcome = jobs[dependency.job]?.outcome
            if outcome == nil || (dependency.mustSucceed && outcome != .succeeded) {
                complain("job \(id): started before job \(dependency.job) had ended well")
            }
        }
    }

    /// Whether every role is between its bounds.
    private mutating func checkSize(of id: JobID) {
        guard let job = jobs[id] else { return }
        for (index, role) in job.spec.roles.enumerated() {
            let count = job.members.count { $0.role == Int32(index) }
            if count < Int(role.minimum) || count > Int(role.maximum) {
                complain("job \(id): role \(index) has \(count) members")
            }
        }
    }

    private mutating func checkTopology(of job: BookJob, _ members: [MemberPlacement]) {
        let id = job.spec.id
        switch job.spec.topology.preference {
        case .closest, .preferred: break
        case .required(let level):
            if !isTogether(members[...], level) { complain("job \(id): not in one domain") }
        case .relaxing(let level, let span, let then):
            guard !isTogether(members[...], level) else { break }
            counts.note(.relaxed)
            if now < job.submittedAt + span { complain("job \(id): relaxed too soon") }
            if let then, !isTogether(members[...], then) {
                complain("job \(id): relaxed too far")
            }
        }
        guard let slice = job.spec.topology.slice else { return }
        for role in job.spec.roles.indices {
            let ranks = members.filter { $0.role == Int32(role) }
            for first in stride(from: 0, to: ranks.count, by: Int(slice.members)) {
                let last = first + Int(slice.members)
                guard last <= ranks.count, isTogether(ranks[first..<last], slice.level) else {
                    return complain("job \(id): a slice is not in one domain")
                }
            }
        }
    }

    func isTogether(_ members: ArraySlice<MemberPlacement>, _ level: LevelIndex) -> Bool {
        guard let first = members.first else { return true }
        if level == topology.host { return members.allSatisfy { $0.node == first.node } }
        let home = entry(first.node)?.spec.domains[level.index]
        return members.allSatisfy { entry($0.node)?.spec.domains[level.index] == home }
    }

    mutating func stop(
        _ id: JobID, _ attempt: Attempt, _ reason: StopReason, isCancelled: Bool
    ) {
        guard let job = jobs[id], job.phase == .running, job.attempt == attempt.rawValue else {
            return complain("job \(id): told to stop attempt \(attempt.rawValue), not running")
        }
        jobs[id]?.phase = .stopping
        jobs[id]?.stopReason = reason
        switch reason {
        case .cancelled:
            if !isCancelled { complain("job \(id): nobody cancelled it") }
        case .timeLimit:
            if job.startedAt + (job.spec.timeLimit ?? .zero) > now || job.spec.timeLimit == nil {
                complain("job \(id): stopped before its time limit")
            }
        case .hardware:
            counts.note(.stoppedHardware)
            let isHit = (job.members + job.leaving.flatMap(\.members)).contains { member in
                guard let node = entry(member.node) else { return true }
                return !node.isPresent || node.unhealthy & member.devices != 0
            }
            if !isHit { complain("job \(id): its hardware is whole") }
        case .preemption:
            counts.note(.preempted)
            if !job.spec.preemptible { complain("job \(id): preempted, but not preemptible") }
            // The policy's own minimum does not hold for what slipped in ahead of a reservation,
            // which cannot be told from outside.
            if job.startedAt + job.spec.minimumRunTime > now {
                complain("job \(id): preempted too soon")
            }
        case .maintenance:
            counts.note(.drainedByDeadline)
            let isDue = (job.members + job.leaving.flatMap(\.members)).contains { member in
                entry(member.node)?.deadline.map { $0 <= now } ?? false
            }
            if !isDue { complain("job \(id): stopped before any of its nodes had to be empty") }
        }
    }

    mutating func shrink(
        _ id: JobID, _ attempt: Attempt, _ resize: Resize, _ members: [MemberPlacement]
    ) {
        counts.note(.shrunk)
        guard let job = running(id, attempt, resize) else { return }
        var rest = job.members
        for member in members {
            guard let place = rest.firstIndex(of: member) else {
                return complain("job \(id): told to shrink by a member that it does not have")
            }
            rest.remove(at: place)
        }
        if members.isEmpty { complain("job \(id): told to shrink by nobody") }
        jobs[id]?.members = rest
        jobs[id]?.leaving.append(BookJob.Leaving(resize: resize, members: members))
        checkSize(of: id)
    }

    mutating func grow(
        _ id: JobID, _ attempt: Attempt, _ resize: Resize, _ members: [MemberPlacement]
    ) {
        counts.note(.grown)
        guard let job = running(id, attempt, resize) else { return }
        guard !members.isEmpty,
            members.allSatisfy({ job.spec.roles.indices.contains(Int($0.role)) })
        else { return complain("job \(id): told to grow by nobody, or without a role") }
        jobs[id]?.members += members
        for member in members { place(member, of: job) }
        checkSize(of: id)
        checkLimits(of: id, kinds: members)
        if case .required(let level) = job.spec.topology.preference, !job.standsAsIs,
            !isTogether((job.members + members)[...], level)
        {
            complain("job \(id): grew out of its domain")
        }
    }

    private mutating func running(
        _ id: JobID, _ attempt: Attempt, _ resize: Resize
    ) -> BookJob? {
        guard let job = jobs[id], job.phase == .running, job.attempt == attempt.rawValue else {
            complain("job \(id): resized while it does not run")
            return nil
        }
        if resize.rawValue != job.resize + 1 {
            complain("job \(id): resize \(resize.rawValue) follows \(job.resize)")
        }
        jobs[id]?.resize = resize.rawValue
        return job
    }
}
