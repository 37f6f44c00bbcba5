import FleetModel

/// Who evicted whom, as seen from outside: the first job to start on a victim's devices that
/// waited already when the victim was told to stop.
///
/// A third job may be the first on a part of the place, so that a turn or two and their return
/// prove nothing; two jobs that go on in turn come around again.
struct EvictionWatch {
    /// A victim whose devices nobody has taken yet.
    private struct Victim {
        var job: JobID
        var tenant: TenantID
        var toldAt: Instant
        var members: [MemberPlacement]
    }

    /// Two jobs, the evictor first.
    private struct Pair: Hashable {
        var evictor: JobID
        var victim: JobID
    }

    private var victims: [Victim] = []
    private var turns: [Pair: Int] = [:]
    /// Two jobs that evicted each other in turn, the first that were found.
    private(set) var mutual: (evictor: JobID, victim: JobID)?

    /// A gang was told to stop for another.
    mutating func told(_ job: BookJob, at now: Instant) {
        victims.removeAll { $0.job == job.spec.id }
        victims.append(
            Victim(
                job: job.spec.id, tenant: job.spec.tenant, toldAt: now, members: job.members))
    }

    /// A job is over.
    mutating func ended(_ job: BookJob) { victims.removeAll { $0.job == job.spec.id } }

    /// A gang has started. Counts the evictions that it turns out to have been for.
    mutating func started(
        _ job: BookJob, _ members: [MemberPlacement], _ counts: inout SometimesCounts
    ) {
        var index = 0
        while index < victims.count {
            let victim = victims[index]
            let isTaken = victim.members.contains { old in
                members.contains { $0.node == old.node && $0.devices & old.devices != 0 }
            }
            guard isTaken else {
                index += 1
                continue
            }
            victims.remove(at: index)
            // Who came later only found the place free.
            let evictor = job.spec.id
            guard victim.job != evictor, job.waitsSince <= victim.toldAt else { continue }
            counts.note(.evictorStarted)
            if victim.tenant != job.spec.tenant { counts.note(.reclaimedAcrossTenants) }
            turns[Pair(evictor: evictor, victim: victim.job), default: 0] += 1
            let there = turns[Pair(evictor: evictor, victim: victim.job)] ?? 0
            let back = turns[Pair(evictor: victim.job, victim: evictor)] ?? 0
            if mutual == nil, there > 2, back > 2 { mutual = (evictor, victim.job) }
        }
    }
}
