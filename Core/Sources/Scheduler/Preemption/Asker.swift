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
    /// Thousandths of GPUs of the smallest gang.
    let needMilli: Int64
    /// When its reservation was made, if it has one: preemptible work that came later makes way.
    let reservedSince: Instant?
    /// Zones of cells that its tenants own.
    let ownZones: UInt64
    /// Whether it only asks others to go on elsewhere.
    var isMoving = false
    /// Verdicts on tenants, by tenant and kind, as they are found.
    fileprivate var verdicts: [Int: Bool] = [:]
}

/// By what right a gang takes the place of another.
enum Right: UInt8, Sendable {
    /// The other slipped in where a reservation was held.
    case slippedIn
    /// The other is of the same tenant and ranks lower.
    case rank
    /// The other uses what the asker's tenant is owed.
    case reclaim
    /// The other stands in a cell of the asker's tenant.
    case cell
    /// The other can go on elsewhere at once.
    case move
}

extension Engine {
    /// Jobs that one was stopped for that are remembered; a job that was stopped for so many is
    /// left alone.
    static let evictorsKept = 64

    /// The rights of a waiting job.
    func asker(_ slot: Int) -> Asker {
        let record = jobs[slot]
        return Asker(
            slot: slot, id: record.spec.id, tenant: record.spec.tenant,
            priority: record.spec.priority, urgency: record.urgency, evictors: record.evictors,
            needMilli: record.spec.minimumGPUMilli,
            reservedSince: record.reservation >= 0
                ? reservations[Int(record.reservation)].madeAt : nil,
            ownZones: zones(for: record.spec).own)
    }

    /// By what right the asker may have a running gang stopped now; nil when by none.
    func right(of asker: inout Asker, over victim: Int) -> Right? {
        guard policy.timeline.preempts else { return nil }
        let other = jobs[victim]
        guard other.spec.preemptible, other.phase == .running || other.phase == .starting,
            victim != asker.slot, !asker.evictors.contains(other.spec.id),
            other.evictors.count < Engine.evictorsKept,
            now - other.startedAt >= other.spec.minimumRunTime
        else { return nil }
        if let since = asker.reservedSince, other.startedAt >= since,
            other.hasSlippedIn, other.spec.priority <= asker.priority
        {
            return .slippedIn
        }
        if isInCell(of: asker, other) { return .cell }
        guard now - other.startedAt >= policy.timeline.minimumRunTime else { return nil }
        if asker.isMoving {
            return other.evictions < policy.timeline.evictionsPerJob
                && other.loss(at: now).span <= policy.timeline.cheapRestart ? .move : nil
        }
        if other.spec.tenant == asker.tenant {
            return mayEvict(asker, other) ? .rank : nil
        }
        guard let member = other.members.first(where: { $0.grant.devices != 0 }) else {
            return nil
        }
        let kind = Int(placer.fleet.kind[member.grant.node.index])
        let key = other.spec.tenant.index * FleetState.kindStride + kind
        let verdict =
            asker.verdicts[key] ?? mayReclaim(asker, from: other.spec.tenant, kind: kind)
        asker.verdicts[key] = verdict
        return verdict ? .reclaim : nil
    }

    /// Whether a gang ranks before a running one of its own tenant.
    private func mayEvict(_ asker: Asker, _ other: JobRecord) -> Bool {
        if asker.priority != other.spec.priority { return asker.priority > other.spec.priority }
        guard policy.timeline.youngSpan > .zero, other.evictions < policy.timeline.evictionsPerJob
        else { return false }
        return asker.urgency < .old && other.attained(at: now) >= policy.timeline.youngSpan
            && other.loss(at: now).span <= policy.timeline.cheapRestart
    }

    /// Whether the asker's tenant is owed what another tenant uses of a kind: where their paths
    /// part, the asker's side stays within its guarantee and the other's is beyond its own; or the
    /// asker's side stays the poorer one even afterwards.
    private func mayReclaim(_ asker: Asker, from tenant: TenantID, kind: Int) -> Bool {
        let (own, other) = quota.parting(asker.tenant, tenant)
        if quota.isBeyondGuarantee(other, column: kind) {
            if quota.fitsGuarantee(own, column: kind, amount: asker.needMilli) { return true }
            let capacity = capacity(kind)
            let mine = quota.share(
                own, column: kind, capacity: capacity, at: now, adding: asker.needMilli)
            let theirs = quota.share(
                other, column: kind, capacity: capacity, at: now, adding: -asker.needMilli)
            return asker.urgency < .old && mine <= theirs
        }
        return false
    }
}
