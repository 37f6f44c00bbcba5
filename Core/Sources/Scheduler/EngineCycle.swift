import FleetModel

/// What came of trying the first job of a wait class.
enum TrialResult {
    /// It was started.
    case started
    /// There is no place for it.
    case noRoom
    /// A quota refuses it; nil stands for the fleet's own capacity.
    case noQuota(TenantID?)
    /// No state of the present nodes could hold it.
    case impossible
}

extension Engine {
    /// Starts what can start, if anything that bears on it has changed.
    mutating func decide(_ directives: inout [Directive]) {
        let hasGrown = placer.fleet.growthVersion != seenGrowth
        guard hasGrown || hasNewReady else { return }
        seenGrowth = placer.fleet.growthVersion
        hasNewReady = false
        guard room.waiting > 0 else {
            reservation = nil
            return
        }
        placer.counters.cycles += 1
        if hasGrown { unparkWhereRoomMayBe() }
        if placer.fleet.serviceVersion != seenService {
            seenService = placer.fleet.serviceVersion
            room.unparkAllQuotas(kinds: kindsPresent, quota: quota)
        }
        switch policy.queueOrder {
        case .fifo: runInOrder(&directives)
        case .easy: runWithBackfill(hasGrown: hasGrown, &directives)
        case .firstFit: runFirstFit(&directives)
        case .fair: runFairly(&directives)
        }
        // Starts of this cycle took jobs from their queues, but it went on until nothing was left
        // to try: they are no reason for another one.
        hasNewReady = false
    }

    /// Classes parked for want of room are tried again only where the counts say that it may be.
    private mutating func unparkWhereRoomMayBe() {
        for gang in room.gangsWithParked {
            let request = room.gangs[Int(gang)].request
            if placer.mayFit(request) {
                room.unparkRoom(gang: Int(gang), kinds: kindsPresent, quota: quota)
            }
        }
    }

    /// Strict order: the first that cannot start ends the cycle.
    mutating func runInOrder(_ directives: inout [Directive]) {
        while let entry = room.firstReady() {
            switch tryFirst(of: Int(entry.waitClass), &directives) {
            case .started: continue
            case .impossible: park(entry, .impossible)
            case .noRoom, .noQuota: return
            }
        }
    }

    private mutating func runFirstFit(_ directives: inout [Directive]) {
        while let entry = room.firstReady() { tryOrPark(entry, &directives) }
    }

    private mutating func runFairly(_ directives: inout [Directive]) {
        while let tenant = neediestTenant() {
            guard let entry = room.firstReady(tenant) else {
                preconditionFailure("a tenant counted as ready has no ready class")
            }
            tryOrPark(entry, &directives)
        }
    }

    private mutating func tryOrPark(
        _ entry: ReadyList.Entry, _ directives: inout [Directive]
    ) {
        switch tryFirst(of: Int(entry.waitClass), &directives) {
        case .started: break
        case .noRoom: park(entry, .parkedForRoom)
        case .noQuota(let tenant): park(entry, .parkedForQuota(tenant?.rawValue ?? -1))
        case .impossible: park(entry, .impossible)
        }
    }

    private mutating func park(_ entry: ReadyList.Entry, _ state: WaitState) {
        room.park(Int(entry.waitClass), state, quota: quota)
    }

    /// The leaf whose turn it is: from the top down, whoever is below a guarantee for a kind that
    /// it waits for, then whoever has the least weighted dominant share, then the first by id.
    private func neediestTenant() -> Int? {
        var siblings = quota.roots
        var chosen: Int?
        while true {
            var best: (tier: Int, share: Int64, tenant: Int)?
            for tenant in siblings where room.readyTotals[Int(tenant)] > 0 {
                let (tier, share) = need(Int(tenant))
                if let known = best, (known.tier, known.share) <= (tier, share) { continue }
                best = (tier, share, Int(tenant))
            }
            guard let best else { return chosen }
            chosen = best.tenant
            siblings = quota.children[best.tenant]
            if siblings.isEmpty { return chosen }
        }
    }

    /// The tier (0 below a guarantee, else 1) and the dominant share of a tenant.
    func need(_ tenant: Int) -> (tier: Int, share: Int64) {
        var kinds = room.readyKinds[tenant]
        if kinds == 0 {
            let column = QuotaTree.hostColumn
            return (1, quota.share(tenant, column: column, capacity: capacity(column), at: now))
        }
        var tier = 1
        var share: Int64 = 0
        while kinds != 0 {
            let kind = kinds.trailingZeroBitCount
            kinds &= kinds - 1
            if quota.isBelowGuarantee(tenant, column: kind) { tier = 0 }
            share = max(
                share, quota.share(tenant, column: kind, capacity: capacity(kind), at: now))
        }
        return (tier, share)
    }

    /// Tries to start the first job of a class.
    mutating func tryFirst(
        of index: Int, _ directives: inout [Directive]
    ) -> TrialResult {
        let waitClass = room.classes[index]
        let gang = Int(waitClass.gang)
        guard let entry = waitClass.queue.first else {
            preconditionFailure("an empty class was tried")
        }
        if chance(ofGang: gang) == .never { return .impossible }
        if room.gangs[gang].failedAtGrowth == placer.fleet.growthVersion { return .noRoom }
        let request = room.gangs[gang].request
        var kinds = AcceleratorKindSet.all
        var headroom = Headroom.none
        if quotaBinds {
            switch allowance(of: request, tenant: waitClass.tenant) {
            case .refused(let tenant):
                // Of several kinds, each may be refused elsewhere on the path; what ends anywhere
                // is told at the fleet.
                let bits = request.kinds.bits & kindsPresent
                return .noQuota(bits & (bits &- 1) == 0 ? tenant : nil)
            case .allowed(let allowedKinds, let left): (kinds, headroom) = (allowedKinds, left)
            }
        }
        guard let members = placer.place(request, kinds: kinds, headroom: headroom) else {
            if kinds == .all {
                room.gangs[gang].failedAtGrowth = placer.fleet.growthVersion
            }
            return .noRoom
        }
        start(Int(entry.slot), members: members, &directives)
        return .started
    }

    /// Whether quotas are enforced under this policy.
    var quotaBinds: Bool { policy.queueOrder == .fair && quota.isBinding }
}
