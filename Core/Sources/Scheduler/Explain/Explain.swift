import FleetModel

extension Engine {
    /// Every reason that the job does not run now, the dominant one first; empty when it runs or is
    /// not known. O(nodes).
    public mutating func explain(_ id: JobID) -> [Refusal] {
        guard let slot = jobs.slot(of: id) else { return [] }
        guard jobs[slot].phase == .blocked || jobs[slot].phase == .queued else { return [] }
        var reasons = blockingReasons(slot)
        let request = request(of: slot)
        let gang = Int(room.gangClass(request))
        if let reason = chanceRefusal(gang, request) {
            reasons.append(reason)
        }
        if let reason = quotaRefusal(request, tenant: jobs[slot].spec.tenant) {
            reasons.append(reason)
        }
        if let reason = roomRefusal(request) {
            reasons.append(reason)
        } else if let reason = orderRefusal(slot) {
            reasons.append(reason)
        }
        if let reason = fairShareRefusal(slot, request) { reasons.append(reason) }
        return reasons
    }

    /// The dominant reason, found at lower cost than ``explain(_:)``.
    mutating func dominantRefusal(_ slot: Int) -> Refusal {
        if let reason = blockingReasons(slot).first { return reason }
        let request = request(of: slot)
        let gang = Int(room.gangClass(request))
        if let reason = chanceRefusal(gang, request) { return reason }
        if let reason = quotaRefusal(request, tenant: jobs[slot].spec.tenant) { return reason }
        if let reason = roomRefusal(request) { return reason }
        return orderRefusal(slot)
            ?? Refusal(
                code: .topology, unit: .members, need: Int64(request.minimumMembers), have: 0,
                level: request.topology.preference.requiredLevel)
    }

    /// The request of a waiting job, queued or not.
    private func request(of slot: Int) -> GangRequest {
        let index = jobs[slot].waitClass
        if index >= 0 { return room.gangs[Int(room.classes[Int(index)].gang)].request }
        return gangRequest(jobs[slot])
    }

    private func blockingReasons(_ slot: Int) -> [Refusal] {
        let record = jobs[slot]
        var reasons: [Refusal] = []
        if record.openDependencies > 0 {
            let open = record.spec.dependencies.first { jobs.slot(of: $0.job) != nil }
            reasons.append(
                Refusal(
                    code: .dependency, unit: .jobs, need: Int64(record.spec.dependencies.count),
                    have: Int64(record.spec.dependencies.count) - Int64(record.openDependencies),
                    job: open?.job))
        }
        if record.isHeld {
            reasons.append(Refusal(code: .held, unit: .jobs, need: 1, have: 0))
        }
        if let time = record.spec.notBefore, time > now {
            reasons.append(
                Refusal(
                    code: .held, unit: .instant, need: time.nanoseconds, have: now.nanoseconds))
        }
        return reasons
    }

    private mutating func chanceRefusal(_ gang: Int, _ request: GangRequest) -> Refusal? {
        let chance = chance(ofGang: gang)
        guard chance != .possible else { return nil }
        let isHealthy = chance == .never
        for role in request.roles where role.minimum > 0 {
            let have = potentialRoom(role, request.topology, whenHealthy: isHealthy)
            guard have < Int(role.minimum) else { continue }
            return Refusal(
                code: chance == .never ? .pool : .health, unit: .members,
                need: Int64(role.minimum), have: Int64(have),
                level: request.topology.preference.requiredLevel)
        }
        return Refusal(
            code: chance == .never ? .pool : .health, unit: .gpuMilli,
            need: request.minimumGPUMilli, have: freeMilli(request))
    }

    private func quotaRefusal(_ request: GangRequest, tenant: TenantID) -> Refusal? {
        guard quotaBinds, case .refused(let at) = allowance(of: request, tenant: tenant) else {
            return nil
        }
        var have: Int64 = 0
        for kind in 0..<FleetLimits.acceleratorKinds
        where request.kinds.bits & kindsPresent & (1 << UInt64(kind)) != 0 {
            have = max(have, max(0, left(to: tenant, ofKind: kind).milli))
        }
        return Refusal(
            code: .quota, unit: .gpuMilli, need: request.minimumGPUMilli, have: have, tenant: at)
    }

    /// Whether the smallest gang's GPUs are free in sum; cheap to ask before a place is looked for.
    func hasEnoughFree(for request: GangRequest) -> Bool {
        freeMilli(request) >= request.minimumGPUMilli
    }

    private func freeMilli(_ request: GangRequest) -> Int64 {
        var sum: Int64 = 0
        for kind in 0..<FleetLimits.acceleratorKinds
        where request.kinds.bits & (1 << UInt64(kind)) != 0 {
            sum += placer.fleet.freeMilli[kind]
        }
        return sum
    }

    /// Why there is no place now, if there is none as far as counts per domain tell.
    private mutating func roomRefusal(_ request: GangRequest) -> Refusal? {
        let free = freeMilli(request)
        if !request.isHostOnly, free < request.minimumGPUMilli {
            return Refusal(
                code: .capacity, unit: .gpuMilli, need: request.minimumGPUMilli, have: free)
        }
        for role in request.roles where role.minimum > 0 {
            let index = placer.index(of: role.shape)
            if index.domainFit[0] < Int(role.minimum) {
                return Refusal(
                    code: role.shape.request.devices > 0 ? .fragmentation : .capacity,
                    unit: .members, need: Int64(role.minimum), have: Int64(index.domainFit[0]))
            }
            guard let level = request.topology.preference.requiredLevel else { continue }
            let most = mostRoom(index, level: level)
            if most < Int(role.minimum) {
                return Refusal(
                    code: .topology, unit: .members, need: Int64(role.minimum),
                    have: Int64(most), level: level)
            }
        }
        return nil
    }

    private func mostRoom(_ index: ShapeIndex, level: LevelIndex) -> Int {
        guard level.index < placer.tree.levelRanges.count else {
            return Int(index.fit.max() ?? 0)
        }
        return placer.tree.levelRanges[level.index].reduce(0) { max($0, index.domainFit[$1]) }
    }

    /// The job ahead that keeps this one from a place it could have.
    private func orderRefusal(_ slot: Int) -> Refusal? {
        guard policy.queueOrder == .fifo || policy.queueOrder == .easy,
            let head = room.ready.first, head.order != jobs[slot].order,
            let first = room.classes[Int(head.waitClass)].queue.first
        else { return nil }
        return Refusal(
            code: .reservation, unit: .gpuMilli, need: jobs[slot].spec.minimumGPUMilli, have: 0,
            job: jobs[Int(first.slot)].spec.id)
    }

    /// The tenant with waiting jobs whose turn comes first, if it is not the job's own.
    private func fairShareRefusal(_ slot: Int, _ request: GangRequest) -> Refusal? {
        guard policy.queueOrder.isByTenant, let kind = firstKind(request) else { return nil }
        let own = jobs[slot].spec.tenant
        let mine = quota.share(own.index, column: kind, capacity: capacity(kind), at: now)
        var least: (share: Int64, tenant: TenantID)?
        for waitClass in room.classes where !waitClass.queue.isEmpty && waitClass.tenant != own {
            let share = quota.share(
                waitClass.tenant.index, column: kind, capacity: capacity(kind), at: now)
            if share < least?.share ?? mine { least = (share, waitClass.tenant) }
        }
        return least.map {
            Refusal(
                code: .fairShare, unit: .gpuMilli, need: quota.usage(own, column: kind),
                have: quota.usage($0.tenant, column: kind), tenant: $0.tenant)
        }
    }

    private func firstKind(_ request: GangRequest) -> Int? {
        let bits = request.kinds.bits & kindsPresent
        return bits == 0 ? nil : bits.trailingZeroBitCount
    }
}
