import FleetModel

/// Who evicted whom, as the engine names it, and what came of that.
///
/// The devices of a victim alone do not tell: a third job may slip in on them before the one that
/// they are held for is whole. But two jobs that are found on each other's place again and again
/// come and go in turn, whoever is named.
struct EvictionWatch {
    /// A victim whose devices nobody has taken yet.
    private struct Victim {
        var job: JobID
        var tenant: TenantID
        var evictor: JobID
        var toldAt: Instant
        var members: [MemberPlacement]
    }

    /// Two jobs, the evictor first.
    private struct Pair: Hashable {
        var evictor: JobID
        var victim: JobID
    }

    private var victims: [Victim] = []
    private var pairs: Set<Pair> = []
    /// How often a job was the first on the place of a victim that it waited for already.
    private var turns: [Pair: Int] = [:]
    /// How often each job that has not ended was told to stop for another.
    private var stops: [JobID: Int] = [:]
    /// Two jobs that evicted each other, or took each other's place again and again; the first
    /// that were found.
    private(set) var mutual: (evictor: JobID, victim: JobID)?
    /// Turns that a third job may be the reason for.
    private static let innocentTurns = 2

    /// How often a job was told to stop for another.
    func stops(of job: JobID) -> Int { stops[job] ?? 0 }

    /// A gang was told to stop for another.
    mutating func told(_ job: BookJob, for evictor: JobID, at now: Instant) {
        let victim = job.spec.id
        stops[victim, default: 0] += 1
        victims.removeAll { $0.job == victim }
        victims.append(
            Victim(
                job: victim, tenant: job.spec.tenant, evictor: evictor, toldAt: now,
                members: job.members))
        pairs.insert(Pair(evictor: evictor, victim: victim))
        if mutual == nil, pairs.contains(Pair(evictor: victim, victim: evictor)) {
            mutual = (evictor, victim)
        }
    }

    /// A job is over.
    mutating func ended(_ job: BookJob) {
        victims.removeAll { $0.job == job.spec.id }
        stops[job.spec.id] = nil
    }

    /// A gang has started: perhaps where one stood that was stopped for it.
    mutating func started(
        _ job: BookJob, _ members: [MemberPlacement], _ counts: inout SometimesCounts
    ) {
        let isTaken = victims.map { victim in
            victim.members.contains { old in
                members.contains { $0.node == old.node && $0.devices & old.devices != 0 }
            }
        }
        guard isTaken.contains(true) else { return }
        for (victim, isTaken) in zip(victims, isTaken) where isTaken {
            // Who came later only found the place free.
            if victim.job != job.spec.id, job.waitsSince <= victim.toldAt {
                noteTurn(of: job.spec.id, after: victim.job)
            }
            guard victim.evictor == job.spec.id else { continue }
            counts.note(.evictorStarted)
            if victim.tenant != job.spec.tenant { counts.note(.reclaimedAcrossTenants) }
        }
        victims = zip(victims, isTaken).filter { !$0.1 }.map(\.0)
    }

    private mutating func noteTurn(of job: JobID, after victim: JobID) {
        turns[Pair(evictor: job, victim: victim), default: 0] += 1
        let there = turns[Pair(evictor: job, victim: victim)] ?? 0
        let back = turns[Pair(evictor: victim, victim: job)] ?? 0
        if mutual == nil, min(there, back) > EvictionWatch.innocentTurns {
            mutual = (job, victim)
        }
    }
}

extension WorldBook {
    /// Takes note of whom the engine names as those that gangs were told to stop for: for every
    /// stop one more job, which waited when the input came. If that starts before the victim has
    /// stopped, it was in vain: counted, as a plan that looks at one place at a time cannot
    /// exclude it.
    mutating func noteEvictors<Subject: FuzzSubject>(
        _ directives: [Directive], of subject: borrowing Subject
    ) {
        var started: Set<JobID> = []
        for case .start(let job, _, _) in directives { started.insert(job) }
        for case .stop(let id, _, .preemption) in directives {
            guard let job = jobs[id] else { continue }
            let named = subject.evictors(of: id)
            guard let evictor = named.last, named.count == evictions.stops(of: id) + 1 else {
                complain("job \(id): preempted, and nobody is named for whom")
                continue
            }
            if started.contains(id) { complain("job \(id): started only to be preempted") }
            if started.contains(evictor) {
                counts.note(.stoppedInVain)
            } else if evictor == id || jobs[evictor]?.phase != .waiting {
                complain("job \(id): preempted for job \(evictor), which does not wait")
            }
            evictions.told(job, for: evictor, at: now)
        }
    }
}
