import FleetModel

/// A tenant whose turn comes before that of a sibling.
struct Turn {
    /// The tenant on the path of the job in question.
    var own: TenantID
    /// Its sibling, which has waiting jobs and a smaller share.
    var other: TenantID
}

extension Engine {
    /// The siblings of each tenant on the job's path that have waiting jobs and take their turn
    /// before it, from the fleet down, the smallest share first. O(classes + depth times siblings).
    func turnsBefore(_ slot: Int, kind: Int) -> [Turn] {
        let hasWaiting = tenantsWithWaiting()
        var path: [Int] = []
        var tenant = jobs[slot].spec.tenant.index
        while tenant >= 0 {
            path.append(tenant)
            tenant = Int(quota.parent[tenant])
        }
        let whole = capacity(kind)
        var turns: [Turn] = []
        for own in path.reversed() {
            let above = Int(quota.parent[own])
            let siblings = above >= 0 ? quota.children[above] : quota.roots
            let mine = quota.share(own, column: kind, capacity: whole, at: now)
            var before: [(share: Int64, tenant: Int32)] = []
            for sibling in siblings where Int(sibling) != own && hasWaiting[Int(sibling)] {
                let share = quota.share(Int(sibling), column: kind, capacity: whole, at: now)
                if share < mine { before.append((share, sibling)) }
            }
            before.sort { ($0.share, $0.tenant) < ($1.share, $1.tenant) }
            turns += before.map { Turn(own: TenantID(own), other: TenantID(rawValue: $0.tenant)) }
        }
        return turns
    }

    /// By tenant: whether jobs wait for a place in it or below it.
    private func tenantsWithWaiting() -> [Bool] {
        var hasWaiting = [Bool](repeating: false, count: quota.exists.count)
        for gang in room.gangsWaiting {
            for index in room.gangs[Int(gang)].waiting {
                var tenant = room.classes[Int(index)].tenant.index
                while tenant >= 0, !hasWaiting[tenant] {
                    hasWaiting[tenant] = true
                    tenant = Int(quota.parent[tenant])
                }
            }
        }
        return hasWaiting
    }

    /// Jobs that are tried before this one and want nodes that it could use. O(classes log jobs).
    func jobsAhead(of slot: Int, _ request: GangRequest) -> JobsAhead {
        let record = jobs[slot]
        var ahead = JobsAhead()
        var heads: [(priority: Int32, order: Int64, slot: Int32)] = []
        for waitClass in room.classes where !waitClass.queue.isEmpty {
            guard !policy.queueOrder.isByTenant || waitClass.tenant == record.spec.tenant,
                waitClass.priority >= record.spec.priority,
                room.gangs[Int(waitClass.gang)].request.sharesNodes(with: request)
            else { continue }
            let count =
                waitClass.priority > record.spec.priority
                ? waitClass.queue.count : waitClass.queue.place(from: record.order)
            ahead.count += count
            for place in 0..<min(count, AnswerLimits.jobsAhead) {
                let entry = waitClass.queue[place]
                heads.append((waitClass.priority, entry.order, entry.slot))
            }
        }
        heads.sort { left, right in
            left.priority != right.priority
                ? left.priority > right.priority : left.order < right.order
        }
        ahead.first = heads.prefix(AnswerLimits.jobsAhead).map { jobs[Int($0.slot)].spec.id }
        if policy.queueOrder.isByTenant, let kind = kinds(of: request).first {
            for turn in turnsBefore(slot, kind: kind).prefix(AnswerLimits.jobsAhead) {
                ahead.tenants.append(turn.other)
            }
        }
        return ahead
    }

    /// Use and quota on the job's path, the leaf first, for the kinds that it accepts.
    func quotaStandings(of slot: Int, _ request: GangRequest) -> [QuotaStanding] {
        var standings: [QuotaStanding] = []
        for kind in kinds(of: request).prefix(AnswerLimits.kinds) {
            var tenant = jobs[slot].spec.tenant.index
            while tenant >= 0 {
                let numbers = quota.numbers(tenant, column: kind)
                standings.append(
                    QuotaStanding(
                        tenant: TenantID(tenant), kind: numbers.kind,
                        usedMilli: quota.usage(TenantID(tenant), column: kind),
                        guaranteedMilli: numbers.guaranteedMilli,
                        limitMilli: numbers.limitMilli))
                tenant = Int(quota.parent[tenant])
            }
        }
        return standings
    }
}

extension GangRequest {
    /// Whether some node may be accepted by both gangs, as far as pools and kinds tell.
    func sharesNodes(with other: GangRequest) -> Bool {
        let pools = (roles.first?.shape.pools ?? .all).bits
        let otherPools = (other.roles.first?.shape.pools ?? .all).bits
        guard pools & otherPools != 0 else { return false }
        return isHostOnly || other.isHostOnly || kinds.bits & other.kinds.bits != 0
    }
}
