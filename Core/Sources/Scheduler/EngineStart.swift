import FleetModel

/// What quotas leave a gang.
enum Allowance {
    /// It may start within these kinds and this headroom.
    case allowed(AcceleratorKindSet, Headroom)
    /// This tenant, or the fleet if nil, leaves too little.
    case refused(TenantID?)
}

extension Engine {
    /// Which kinds the gang may use, and how much of each, as far as quotas go.
    func allowance(of request: GangRequest, tenant: TenantID) -> Allowance {
        guard !request.isHostOnly else { return .allowed(.all, .none) }
        var left = [Int64](repeating: .max, count: FleetLimits.acceleratorKinds)
        var bits: UInt64 = 0
        var most: (milli: Int64, tenant: TenantID?) = (-1, nil)
        var rest = request.kinds.bits & kindsPresent
        let least = request.roles.count == 1 ? request.minimumGPUMilli : 1
        while rest != 0 {
            let kind = rest.trailingZeroBitCount
            rest &= rest - 1
            let found = quota.left(tenant, column: kind, capacity: capacity(kind))
            left[kind] = found.milli
            if found.milli >= least { bits |= 1 << UInt64(kind) }
            if found.milli > most.milli { most = found }
        }
        if bits == 0 || most.milli < smallestKindNeed(request) { return .refused(most.tenant) }
        return .allowed(
            AcceleratorKindSet(bits: bits), Headroom(milliByKind: left))
    }

    private func smallestKindNeed(_ request: GangRequest) -> Int64 {
        request.kinds.bits & (request.kinds.bits - 1) == 0 ? request.minimumGPUMilli : 1
    }

    /// Starts a queued job on what was taken for it.
    mutating func start(
        _ slot: Int, members: [PlacedMember], _ directives: inout [Directive]
    ) {
        dequeue(slot)
        jobs[slot].phase = .starting
        jobs[slot].attempt = Attempt(jobs[slot].attempt.rawValue + 1)
        jobs[slot].startedAt = now
        jobs[slot].members = members
        notePlaced(slot)
        charge(slot, sign: 1)
        placer.counters.starts += 1
        let placements = members.map {
            MemberPlacement(node: $0.grant.node, role: $0.role, devices: $0.grant.devices)
        }
        directives.append(.start(jobs[slot].spec.id, jobs[slot].attempt, placements))
        if let limit = jobs[slot].spec.timeLimit {
            directives.append(.wake(at: now + limit, token: token(slot, .timeLimit)))
        }
    }

    /// Takes back everything that a job holds.
    mutating func vacate(_ slot: Int) {
        charge(slot, sign: -1)
        placer.putBack(jobs[slot].members)
        for member in jobs[slot].members {
            let node = member.grant.node.index
            guard let place = holders[node].firstIndex(of: Int32(slot)) else {
                preconditionFailure("a member is not listed on its node")
            }
            holders[node].remove(at: place)
        }
        let place = Int(placeInPlaced[slot])
        let last = placedSlots[placedSlots.count - 1]
        placedSlots[place] = last
        placeInPlaced[Int(last)] = Int32(place)
        placedSlots.removeLast()
        releaseQuotaWaiters(jobs[slot].spec.tenant)
        jobs[slot].members = []
    }

    private mutating func notePlaced(_ slot: Int) {
        for member in jobs[slot].members { holders[member.grant.node.index].append(Int32(slot)) }
        while placeInPlaced.count <= slot { placeInPlaced.append(-1) }
        placeInPlaced[slot] = Int32(placedSlots.count)
        placedSlots.append(Int32(slot))
    }

    private mutating func releaseQuotaWaiters(_ tenant: TenantID) {
        guard quotaBinds else { return }
        var node = tenant.index
        while node >= 0 {
            room.unparkQuota(node, kinds: kindsPresent, quota: quota)
            node = Int(quota.parent[node])
        }
        room.unparkQuota(-1, kinds: kindsPresent, quota: quota)
        hasNewReady = true
    }

    /// Charges, or credits, the tenant for everything that the job holds.
    private mutating func charge(_ slot: Int, sign: Int64) {
        let tenant = jobs[slot].spec.tenant
        var column = -1
        var amount: Int64 = 0
        var host: Int64 = 0
        for member in jobs[slot].members {
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
