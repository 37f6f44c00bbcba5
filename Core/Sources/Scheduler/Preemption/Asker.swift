import FleetModel

/// A waiting gang that looks for the places of others, with everything that its rights rest on.
struct Asker {
    /// Its slot.
    let slot: Int
    /// Its job.
    let id: JobID
    /// Who pays.
    let tenant: TenantID
    /// Its priority.
    let priority: Int32
    /// How urgent it is.
    let urgency: Urgency
    /// Jobs whose place it never takes.
    let evictors: [JobID]
    /// Its rank in the queue.
    let order: Int64
    /// Whether it waited too long.
    let isOverdue: Bool
    /// Whether it may take the place of veterans.
    let takesTurns: Bool
    /// What may be lost by gangs that make way in turn, in thousandths of GPU-seconds.
    let lossLimit: Int64
    /// Thousandths of GPUs of the smallest gang.
    let needMilli: Int64
    /// When its reservation was made, if it has one: preemptible work that came later makes way.
    let reservedSince: Instant?
    /// Zones of cells that its tenants own.
    let ownZones: UInt64
    /// Whether it only asks others to go on elsewhere.
    var isMoving = false
    /// Verdicts on tenants, by tenant and kind, as they are found.
    fileprivate var verdicts: [Int: Claim] = [:]
    /// What tenants may still lose before they are down to their guarantee, by tenant and kind.
    fileprivate var beyond: [Int: Int64] = [:]

    /// What the asker's tenant may claim of another's.
    fileprivate enum Claim {
        /// Nothing.
        case none
        /// What it is owed by its guarantee.
        case owed
        /// Its turn, as the poorer of both.
        case turn
    }
}

/// By what right a gang takes the place of another.
enum Right: UInt8, Sendable {
    /// The other slipped in where a reservation was held.
    case slippedIn
    /// The other is of the same tenant and lower priority.
    case rank
    /// The other has run for long, and makes way for one that has not.
    case turn
    /// The other uses what the asker's tenant is owed.
    case reclaim
    /// The other stands in a cell of the asker's tenant.
    case cell
    /// The other can go on elsewhere at once.
    case move
}

extension Engine {
    /// The rights of a waiting job.
    func asker(_ slot: Int) -> Asker {
        let record = jobs[slot]
        return Asker(
            slot: slot, id: record.spec.id, tenant: record.spec.tenant,
            priority: record.spec.priority, urgency: record.urgency, evictors: record.evictors,
            order: record.order, isOverdue: record.isOverdue, takesTurns: takesTurns(slot),
            lossLimit: lossLimit(of: slot),
            needMilli: record.spec.minimumGPUMilli,
            reservedSince: record.reservation >= 0
                ? reservations[Int(record.reservation)].madeAt : nil,
            ownZones: zones(for: record).own)
    }

    /// By what right the asker may have a running gang stopped now; nil when by none.
    func right(of asker: inout Asker, over victim: Int) -> Right? {
        guard policy.timeline.preempts, victim != asker.slot,
            mayBeStopped(victim),
            asker.evictors.isEmpty || !asker.evictors.contains(jobs[victim].spec.id)
        else { return nil }
        let started = jobs[victim].startedAt
        if jobs[victim].hasSlippedIn, let since = asker.reservedSince, started >= since {
            return .slippedIn
        }
        let hasRun = now - started >= policy.timeline.minimumRunTime
        if asker.ownZones != 0, hasRun || !jobs[victim].wasCalledBack,
            isInCell(of: asker, victim)
        {
            return .cell
        }
        guard hasRun else { return nil }
        if asker.isMoving {
            return jobs[victim].evictions < policy.timeline.evictionsPerJob
                && jobs[victim].stopSpan(at: now) <= policy.timeline.cheapRestart ? .move : nil
        }
        let tenant = jobs[victim].spec.tenant
        if tenant == asker.tenant {
            if asker.priority != jobs[victim].spec.priority {
                return asker.priority > jobs[victim].spec.priority ? .rank : nil
            }
            return mayTakeTurn(asker, victim) ? .turn : nil
        }
        guard let node = jobs[victim].firstDeviceNode else { return nil }
        let kind = Int(placer.fleet.kind[node.index])
        switch claim(of: &asker, on: tenant, kind: kind) {
        case .none: return nil
        case .owed: return asker.beyond[budgetKey(asker, tenant, kind)] ?? 0 > 0 ? .reclaim : nil
        case .turn:
            return asker.priority >= jobs[victim].spec.priority && mayTakeTurn(asker, victim)
                ? .turn : nil
        }
    }

    /// Counts a gang that will be stopped because its tenant owes the place: the next one of the
    /// same tenant is stopped only if that is still beyond its guarantee.
    func spend(_ victim: Int, of asker: inout Asker) {
        guard let node = jobs[victim].firstDeviceNode else { return }
        let kind = Int(placer.fleet.kind[node.index])
        asker.beyond[budgetKey(asker, jobs[victim].spec.tenant, kind), default: 0] -=
            jobs[victim].heldMilli
    }

    private func budgetKey(_ asker: Asker, _ tenant: TenantID, _ kind: Int) -> Int {
        quota.parting(asker.tenant, tenant).1 * FleetState.kindStride + kind
    }

    /// Whether a job may take turns with veterans: it is young and has waited a little, or it is
    /// overdue, or its hardware broke.
    private func takesTurns(_ slot: Int) -> Bool {
        guard policy.timeline.youngSpan > .zero else { return false }
        if jobs[slot].isOverdue || jobs[slot].urgency == .first { return true }
        return jobs[slot].urgency == .young
            && now - jobs[slot].waitsSince >= policy.timeline.youngWait
    }

    private func lossLimit(of slot: Int) -> Int64 {
        let span = policy.timeline.youngSpan.wholeSeconds
        let milli = max(1, jobs[slot].spec.minimumGPUMilli)
        let limit = Int128(milli) * Int128(span) * Int128(policy.timeline.lossPercent) / 100
        return Int64(clamping: limit)
    }

    /// Whether a running gang has run so long that it makes way for the asker.
    private func mayTakeTurn(_ asker: Asker, _ victim: Int) -> Bool {
        guard asker.takesTurns, let least = turnSpans(of: asker, over: victim) else {
            return false
        }
        return now - jobs[victim].startedAt >= least.attempt
            && jobs[victim].attained(at: now) >= least.all
    }

    /// How long a gang must have run in its attempt, and in all of them, before it makes way for
    /// the asker in turn; nil when it never does.
    private func turnSpans(
        of asker: Asker, over victim: Int
    ) -> (attempt: TimeSpan, all: TimeSpan)? {
        guard jobs[victim].evictions < policy.timeline.evictionsPerJob else { return nil }
        let isLate = jobs[victim].isOverdue
        if asker.isOverdue {
            if isLate { return nil }
            if jobs[victim].order > asker.order {
                return (policy.timeline.minimumRunTime, policy.timeline.youngSpan)
            }
        }
        // Both had their turn long ago: so that they do not take turns all the time.
        let isLong = isLate || asker.isOverdue
        return (
            isLong ? policy.timeline.overdueRunTime : policy.timeline.minimumRunTime,
            policy.timeline.veteranSpan
        )
    }

    /// When a running gang of the asker's tenant comes to make way for it in turn; nil when never,
    /// as far as can be told. What it would lose then is left out.
    func turnTime(of asker: Asker, over victim: Int) -> Instant? {
        guard policy.timeline.preempts, policy.timeline.youngSpan > .zero,
            asker.urgency < .old, !asker.isMoving, jobs[victim].spec.preemptible,
            jobs[victim].spec.tenant == asker.tenant,
            jobs[victim].spec.priority == asker.priority,
            !asker.evictors.contains(jobs[victim].spec.id),
            let least = turnSpans(of: asker, over: victim)
        else { return nil }
        let missing = TimeSpan(
            nanoseconds: least.all.nanoseconds - jobs[victim].attained.nanoseconds)
        return jobs[victim].startedAt
            + max(least.attempt, missing, jobs[victim].spec.minimumRunTime)
    }

    /// When a running gang will be gone by itself, or comes to make way in turn; nil when nobody
    /// knows.
    func departure(of victim: Int, before asker: Asker) -> Instant? {
        let end = expectedEnd(victim) ?? .never
        let time = min(end, turnTime(of: asker, over: victim) ?? .never)
        return time < .never ? time : nil
    }

    /// Whether a waiting job would only borrow what the asker's tenant is owed.
    func owes(_ asker: Asker, _ other: Int, kind: Int) -> Bool {
        let (own, theirs) = quota.parting(asker.tenant, jobs[other].spec.tenant)
        return quota.fitsGuarantee(own, column: kind, amount: asker.needMilli)
            && !quota.fitsGuarantee(
                theirs, column: kind, amount: jobs[other].spec.minimumGPUMilli)
    }

    /// What the asker's tenant may claim of what another uses of a kind, where their paths part:
    /// all beyond the other's guarantee while it stays within its own; else its turn, when it has
    /// no more of its share than the other has.
    private func claim(
        of asker: inout Asker, on tenant: TenantID, kind: Int
    ) -> Asker.Claim {
        let key = tenant.index * FleetState.kindStride + kind
        if let known = asker.verdicts[key] { return known }
        let (own, other) = quota.parting(asker.tenant, tenant)
        var claim = Asker.Claim.none
        if quota.isBeyondGuarantee(other, column: kind) {
            if quota.fitsGuarantee(own, column: kind, amount: asker.needMilli) {
                claim = .owed
                let budget = other * FleetState.kindStride + kind
                if asker.beyond[budget] == nil {
                    asker.beyond[budget] = quota.beyondGuarantee(other, column: kind)
                }
            } else {
                let capacity = capacity(kind)
                let mine = quota.share(own, column: kind, capacity: capacity, at: now)
                let theirs = quota.share(other, column: kind, capacity: capacity, at: now)
                if mine <= theirs { claim = .turn }
            }
        }
        asker.verdicts[key] = claim
        return claim
    }
}
