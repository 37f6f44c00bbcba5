import FleetModel

/// What quotas leave a gang that they do not refuse.
struct Allowance {
    /// Kinds that it may use.
    var kinds: AcceleratorKindSet
    /// How much of each.
    var headroom: Headroom
    /// Whether a search in vain means that there is no room, not that quotas left too little of it.
    var isFull: Bool

    /// Everything.
    static let unrestricted = Allowance(kinds: .all, headroom: .none, isFull: true)
}

/// What quotas say to a gang.
enum QuotaVerdict {
    /// It may start, within these bounds.
    case allowed(Allowance)
    /// This tenant, or the fleet if nil, leaves too little.
    case refused(TenantID?)
}

extension Engine {
    /// Which kinds the gang may use, and how much of each, as far as quotas go.
    ///
    /// Where less is free than the gang needs it is not for quotas to refuse it: there is no room.
    func allowance(of request: GangRequest, tenant: TenantID) -> QuotaVerdict {
        guard !request.isHostOnly else { return .allowed(.unrestricted) }
        let present = request.kinds.bits & kindsPresent
        let isOneKind = present & (present &- 1) == 0
        let need =
            isOneKind || request.roles.count == 1
            ? request.minimumGPUMilli : request.smallestRoleMilli
        var left = [Int64](repeating: .max, count: FleetLimits.acceleratorKinds)
        var bits: UInt64 = 0
        var most: (milli: Int64, tenant: TenantID?) = (-1, nil)
        var isAmple = true
        var rest = present
        while rest != 0 {
            let kind = rest.trailingZeroBitCount
            rest &= rest - 1
            let found = self.left(to: tenant, ofKind: kind)
            let isShort = found.tenant == nil && placer.fleet.freeMilli[kind] < need
            // A single role finds no room on a kind that is short; one of several may need just a
            // part of it.
            left[kind] = isShort && request.roles.count == 1 ? .max : found.milli
            if found.milli >= need || isShort { bits |= 1 << UInt64(kind) }
            if found.milli < request.maximumGPUMilli { isAmple = false }
            if found.milli > most.milli { most = found }
        }
        // Of several kinds each may be refused elsewhere on the path; what ends anywhere is told
        // at the fleet.
        if bits == 0 && present != 0 { return .refused(isOneKind ? most.tenant : nil) }
        let isEveryKind = bits == present
        return .allowed(
            Allowance(
                kinds: isEveryKind ? .all : AcceleratorKindSet(bits: bits),
                headroom: isAmple ? .none : Headroom(milliByKind: left),
                isFull: isEveryKind && (isAmple || request.roles.count == 1)))
    }

    /// What the quotas on a tenant's path leave it of a kind. What is in use counts with what is
    /// free, wherever it is: use on nodes that take no new work takes nothing from anybody.
    func left(to tenant: TenantID, ofKind kind: Int) -> (milli: Int64, tenant: TenantID?) {
        let capacity =
            placer.fleet.freeMilli[kind] + reservations.heldMilli[kind]
            + quota.totalUsage(column: kind)
        return quota.left(tenant, column: kind, capacity: capacity)
    }

    /// Starts a queued job on what was taken for it.
    mutating func start(
        _ slot: Int, members: [PlacedMember], _ directives: inout [Directive]
    ) {
        dequeue(slot)
        jobs[slot].phase = .starting
        jobs[slot].attempt = Attempt(jobs[slot].attempt.rawValue + 1)
        jobs[slot].startedAt = now
        jobs[slot].checkpointedAt = nil
        jobs[slot].hasSlippedIn = false
        jobs[slot].standsAsIs = false
        jobs[slot].resize = Resize(0)
        jobs[slot].members = members
        notePlaced(slot)
        noteElastic(slot)
        charge(slot, sign: 1)
        placer.counters.starts += 1
        desk.settle(jobs[slot].spec.id, at: now)
        let placements = members.map {
            MemberPlacement(node: $0.grant.node, role: $0.role, devices: $0.grant.devices)
        }
        directives.append(.start(jobs[slot].spec.id, jobs[slot].attempt, placements))
        if let limit = jobs[slot].spec.timeLimit {
            directives.append(.wake(at: now + limit, token: token(slot, .timeLimit)))
        }
    }

    /// Takes back everything that a job holds.
    ///
    /// Reservations hold of it what they wait for, unless it `isKept` for the job itself.
    mutating func vacate(_ slot: Int, isKept: Bool = false) {
        charge(slot, sign: -1)
        #if MUSTER_PLANTED_BUG
        // What scripts/check-fuzz-finds-bug must find: a large gang leaves a member behind.
        let isLarge = jobs[slot].members.count > 2
        placer.putBack(isLarge ? Array(jobs[slot].members.dropLast()) : jobs[slot].members)
        #else
        placer.putBack(jobs[slot].members)
        #endif
        unlistMembers(slot)
        let place = Int(placeInPlaced[slot])
        let last = placedSlots[placedSlots.count - 1]
        placedSlots[place] = last
        placeInPlaced[Int(last)] = Int32(place)
        placedSlots.removeLast()
        releaseQuotaWaiters(jobs[slot].spec.tenant)
        jobs[slot].attained = jobs[slot].attained + (now - jobs[slot].startedAt)
        if jobs[slot].urgency == .first { jobs[slot].urgency = .young }
        clearOverdue(slot)
        runningPriorities.add(-1, at: jobs[slot].spec.priority)
        let left = jobs[slot].members
        jobs[slot].members = []
        jobs[slot].leaving = []
        elasticSlots.removeAll { $0 == Int32(slot) }
        wantsGrowth = true
        guard !isKept else { return }
        for member in left { absorb(on: member.grant.node) }
    }

    /// Lists every member of a job on its node.
    mutating func listMembers(_ slot: Int) {
        for (index, member) in jobs[slot].members.enumerated() {
            holders[member.grant.node.index].append(
                Holder(slot: Int32(slot), member: Int32(index)))
        }
    }

    /// Takes every member of a job off the list of its node.
    mutating func unlistMembers(_ slot: Int) {
        for (index, member) in jobs[slot].members.enumerated() {
            let node = member.grant.node.index
            let holder = Holder(slot: Int32(slot), member: Int32(index))
            guard let place = holders[node].firstIndex(of: holder) else {
                preconditionFailure("a member is not listed on its node")
            }
            holders[node].remove(at: place)
        }
    }

    mutating func notePlaced(_ slot: Int) {
        listMembers(slot)
        runningPriorities.add(1, at: jobs[slot].spec.priority)
        while placeInPlaced.count <= slot { placeInPlaced.append(-1) }
        placeInPlaced[slot] = Int32(placedSlots.count)
        placedSlots.append(Int32(slot))
    }

    mutating func releaseQuotaWaiters(_ tenant: TenantID) {
        guard quotaBinds else { return }
        var node = tenant.index
        while node >= 0 {
            if room.unparkQuota(node) { hasNewReady = true }
            node = Int(quota.parent[node])
        }
        if room.unparkQuota(-1) { hasNewReady = true }
    }

    /// Charges, or credits, the tenant for everything that the job holds.
    mutating func charge(_ slot: Int, sign: Int64) {
        charge(jobs[slot].members, of: slot, sign: sign)
    }

    /// Charges, or credits, the tenant for some members of a job.
    mutating func charge(_ members: [PlacedMember], of slot: Int, sign: Int64) {
        let tenant = jobs[slot].spec.tenant
        var column = -1
        var amount: Int64 = 0
        var host: Int64 = 0
        for member in members {
            host += member.grant.host.cpuMilli
            guard member.grant.devices != 0 else { continue }
            let kind = Int(placer.fleet.kind[member.grant.node.index])
            if kind != column {
                if column >= 0 {
                    quota.charge(tenant, column: column, amount: amount, sign: sign, at: now)
                }
                (column, amount) = (kind, 0)
            }
            amount +=
                Int64(member.grant.devices.nonzeroBitCount) * Int64(member.grant.deviceMilli)
        }
        if column >= 0 {
            quota.charge(tenant, column: column, amount: amount, sign: sign, at: now)
        } else {
            quota.charge(
                tenant, column: QuotaTree.hostColumn, amount: host, sign: sign, at: now)
        }
    }
}
