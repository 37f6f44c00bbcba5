import FleetModel

extension Engine {
    /// Every reason that the job does not run now, the dominant one first; empty when it runs or is
    /// not known. O(nodes).
    public mutating func explain(_ id: JobID) -> [Refusal] {
        guard let slot = waitingSlot(of: id) else { return [] }
        return asking(for: slot) { $0.refusals(slot) }
    }

    /// The slot of a job that waits.
    func waitingSlot(of id: JobID) -> Int? {
        jobs.slot(of: id).flatMap { slot in
            jobs[slot].phase == .blocked || jobs[slot].phase == .queued ? slot : nil
        }
    }

    /// Runs a question, of which the counters of work and the engine's generator learn nothing.
    mutating func asking<Answer>(_ question: (inout Engine) -> Answer) -> Answer {
        let counters = placer.counters
        let generator = placer.generator
        defer {
            placer.counters = counters
            placer.generator = generator
        }
        return question(&self)
    }

    /// Runs a question about a waiting job, to which what is held for it counts as free.
    mutating func asking<Answer>(
        for slot: Int, _ question: (inout Engine) -> Answer
    ) -> Answer {
        guard jobs[slot].hasReservation else { return asking(question) }
        let mark = placer.fleet.checkpoint()
        defer { placer.fleet.rollback(to: mark) }
        let own = reservations[Int(jobs[slot].reservation)]
        for member in own.members.indices { placer.fleet.putBack(own.heldGrant(member)) }
        return asking(question)
    }

    /// Every reason of a waiting job; never empty.
    mutating func refusals(_ slot: Int) -> [Refusal] {
        var reasons = blockingReasons(slot)
        let request = request(of: slot)
        let tenant = jobs[slot].spec.tenant
        if let reason = chanceRefusal(slot, request) { reasons.append(reason) }
        if let reason = quotaRefusal(request, tenant: tenant) { reasons.append(reason) }
        if let reason = roomRefusal(request) {
            if let kept = spareRefusal(request) { reasons.append(kept) }
            reasons.append(reason)
            if let held = reservedRefusal(slot, request) { reasons.append(held) }
        } else if let reason = orderRefusal(slot) {
            reasons.append(reason)
        }
        if reasons.isEmpty { reasons.append(remainingRefusal(request, tenant: tenant)) }
        if let reason = fairShareRefusal(slot, request) { reasons.append(reason) }
        return reasons
    }

    /// The dominant reason, found at lower cost than ``explain(_:)``.
    mutating func dominantRefusal(_ slot: Int) -> Refusal {
        if let reason = blockingReasons(slot).first { return reason }
        let request = request(of: slot)
        let tenant = jobs[slot].spec.tenant
        if let reason = chanceRefusal(slot, request) ?? quotaRefusal(request, tenant: tenant) {
            return reason
        }
        let lacking = roomRefusal(request)
        if lacking != nil, let kept = spareRefusal(request) { return kept }
        if lacking?.code == .capacity, let held = reservedRefusal(slot, request) { return held }
        return lacking ?? orderRefusal(slot)
            ?? remainingRefusal(request, tenant: tenant)
    }

    /// The request of a waiting job, queued or not.
    func request(of slot: Int) -> GangRequest {
        let index = jobs[slot].waitClass
        if index >= 0 { return room.gangs[Int(room.classes[Int(index)].gang)].request }
        return gangRequest(jobs[slot])
    }

    /// What must happen before the job is given a place at all.
    func blockingReasons(_ slot: Int) -> [Refusal] {
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

    private mutating func chanceRefusal(_ slot: Int, _ request: GangRequest) -> Refusal? {
        let index = jobs[slot].waitClass
        // A job that is not queued gets no class for the sake of a question.
        let chance =
            index >= 0 ? chance(ofGang: Int(room.classes[Int(index)].gang)) : chance(of: request)
        guard chance != .possible else { return nil }
        if let reason = suspectRefusal(request) { return reason }
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

    /// That there would be a place if the job did not keep off nodes that are to blame for its end.
    private mutating func suspectRefusal(_ request: GangRequest) -> Refusal? {
        guard !request.avoided.isEmpty else { return nil }
        var trusting = request
        trusting.avoided = []
        guard chance(of: trusting) == .possible else { return nil }
        for role in request.roles where role.minimum > 0 {
            let have = potentialRoom(
                role, request.topology, avoided: request.avoided, whenHealthy: false)
            guard have < Int(role.minimum) else { continue }
            return Refusal(
                code: .health, unit: .members, need: Int64(role.minimum), have: Int64(have),
                level: request.topology.preference.requiredLevel)
        }
        return Refusal(
            code: .health, unit: .gpuMilli, need: request.minimumGPUMilli,
            have: freeMilli(request))
    }

    /// The quota that refuses the gang, if one does.
    func quotaRefusal(_ request: GangRequest, tenant: TenantID) -> Refusal? {
        guard quotaBinds, case .refused(let at) = allowance(of: request, tenant: tenant) else {
            return nil
        }
        var have: Int64 = 0
        for kind in kinds(of: request) {
            have = max(have, max(0, left(to: tenant, ofKind: kind).milli))
        }
        return Refusal(
            code: .quota, unit: .gpuMilli, need: request.minimumGPUMilli, have: have, tenant: at)
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

    /// The reason of a gang that no count refuses: its members fit one by one, but not together.
    private mutating func remainingRefusal(
        _ request: GangRequest, tenant: TenantID
    ) -> Refusal {
        if quotaBinds, case .allowed(let allowance) = allowance(of: request, tenant: tenant),
            !allowance.isFull, mostMembers(of: request) >= request.minimumMembers
        {
            let left = kinds(of: request).map { self.left(to: tenant, ofKind: $0).milli }
            let short = left.filter { $0 < request.minimumGPUMilli }.max() ?? 0
            return Refusal(
                code: .quota, unit: .gpuMilli, need: request.minimumGPUMilli, have: max(0, short))
        }
        let most = mostMembers(of: request)
        guard most < request.minimumMembers else {
            return Refusal(
                code: .reservation, unit: .members, need: Int64(request.minimumMembers), have: 0,
                job: largestReservation(for: request, except: -1)?.job)
        }
        return Refusal(
            code: .topology, unit: .members, need: Int64(request.minimumMembers),
            have: Int64(most), level: request.topology.preference.requiredLevel)
    }

    /// What reservations of others hold, if the gang would have enough GPUs with it.
    private func reservedRefusal(_ slot: Int, _ request: GangRequest) -> Refusal? {
        guard reservations.count > 0, !request.isHostOnly else { return nil }
        let held = kinds(of: request).reduce(Int64(0)) { $0 + reservations.heldMilli[$1] }
        let free = freeMilli(request)
        let own = jobs[slot].reservation
        guard held > 0, free + held >= request.minimumGPUMilli,
            let largest = largestReservation(for: request, except: own)
        else { return nil }
        return Refusal(
            code: .reservation, unit: .gpuMilli, need: request.minimumGPUMilli, have: free,
            job: largest.job)
    }

    /// The job for which most is held of the nodes that a gang accepts.
    private func largestReservation(
        for request: GangRequest, except own: Int32
    ) -> (job: JobID, milli: Int64)? {
        var largest: (job: JobID, milli: Int64)?
        for index in reservations.indices where index != Int(own) {
            let entry = reservations[index]
            var milli: Int64 = 0
            for member in entry.members.indices {
                let grant = entry.heldGrant(member)
                guard request.accepts(grant.node.index, of: placer.fleet) else { continue }
                milli += Int64(grant.devices.nonzeroBitCount) * Int64(grant.deviceMilli)
            }
            if milli > largest?.milli ?? 0 {
                largest = (jobs[Int(entry.slot)].spec.id, milli)
            }
        }
        return largest
    }

    /// On the way down to the job's tenant, the first turn that another tenant with waiting jobs
    /// has before it. O(classes + depth times siblings).
    private func fairShareRefusal(_ slot: Int, _ request: GangRequest) -> Refusal? {
        guard policy.queueOrder.isByTenant, let kind = kinds(of: request).first else { return nil }
        guard let turn = turnsBefore(slot, kind: kind).first else { return nil }
        return Refusal(
            code: .fairShare, unit: .gpuMilli, need: quota.usage(turn.own, column: kind),
            have: quota.usage(turn.other, column: kind), tenant: turn.other)
    }

    /// Kinds that the gang accepts and some node has or had, as columns.
    func kinds(of request: GangRequest) -> [Int] {
        let bits = request.kinds.bits & kindsPresent
        return (0..<FleetLimits.acceleratorKinds).filter { bits & (1 << UInt64($0)) != 0 }
    }
}
