import FleetModel

extension Engine {
    /// The id of no job: an input about it changes nothing, but lets the engine decide.
    static let nobody = JobID(rawValue: -1)

    /// Describes a waiting job anew, as if it had been submitted like that: it keeps its rank, its
    /// attempts and what it still waits for. The next input decides upon it.
    mutating func resubmit(_ slot: Int, _ spec: JobSpec) {
        dequeue(slot)
        let isRelaxing = spec.topology.preference == jobs[slot].spec.topology.preference
        let waitsSince = jobs[slot].waitsSince
        var spec = spec
        spec.dependencies = jobs[slot].spec.dependencies
        jobs[slot].spec = spec
        jobs[slot].phase = .blocked
        if !isRelaxing {
            jobs[slot].relaxesAt = nil
            jobs[slot].isRelaxed = false
        }
        for role in spec.roles {
            placer.observe(
                Shape(role, pools: spec.pools),
                members: Int64(role.minimum))
        }
        enqueueIfUnblocked(slot)
        jobs[slot].waitsSince = waitsSince
        hasNewReady = true
    }

    /// Changes what can be changed of a job that holds devices. Says whether that is all.
    mutating func respecifyRunning(_ slot: Int, _ spec: JobSpec) -> Bool {
        var kept = jobs[slot].spec
        kept.priority = spec.priority
        kept.preemptible = spec.preemptible
        kept.timeLimit = spec.timeLimit
        guard kept == spec else { return false }
        jobs[slot].spec = spec
        hasNewReady = true
        return true
    }

    /// Why a job could not have been submitted like this, its id and dependencies apart.
    func rejection(ofChanged spec: JobSpec) -> RejectionReason? {
        guard spec.tenant.rawValue >= 0, quota.isLeaf(spec.tenant) else { return .unknownTenant }
        return spec.isWellFormed(levels: topology.levels.count) ? nil : .malformed
    }

    /// Decides by another policy from now on. Past use keeps the weight that it has.
    mutating func adopt(_ policy: Policy) {
        for index in reservations.indices { dropReservation(of: Int(reservations[index].slot)) }
        self.policy = policy
        var placer = Placer(topology: topology, policy: policy)
        placer.fleet = self.placer.fleet
        placer.scorer.profile = self.placer.scorer.profile
        placer.counters = self.placer.counters
        self.placer = placer
        headReservation = nil
        bindCells()
        requeueAll()
        hasNewReady = true
    }

    /// Queues every waiting job anew, in classes of the present policy.
    private mutating func requeueAll() {
        let queued = (0..<jobs.slotCount).filter {
            jobs.isTaken($0) && jobs[$0].phase == .queued
        }
        let ordered = queued.sorted { jobs[$0].order < jobs[$1].order }
        room = WaitingRoom(isByTenant: policy.queueOrder.isByTenant)
        room.growTenants(to: quota.exists.count)
        for slot in ordered {
            let waitsSince = jobs[slot].waitsSince
            jobs[slot].waitClass = -1
            jobs[slot].phase = .blocked
            enqueueIfUnblocked(slot)
            jobs[slot].waitsSince = waitsSince
        }
    }

    /// The quota tree as it was set.
    func tenants() -> [TenantSpec] {
        var specs: [TenantSpec] = []
        var open = quota.roots.reversed().map { Int($0) }
        while let tenant = open.popLast() {
            var spec = TenantSpec(id: TenantID(tenant))
            if quota.parent[tenant] >= 0 { spec.parent = TenantID(rawValue: quota.parent[tenant]) }
            for kind in 0..<FleetLimits.acceleratorKinds {
                let numbers = quota.numbers(tenant, column: kind)
                if !numbers.isDefault { spec.quotas.append(numbers) }
            }
            spec.cells = cells.wanted.filter { $0.tenant == spec.id }.map(\.cell)
            specs.append(spec)
            open += quota.children[tenant].reversed().map { Int($0) }
        }
        return specs
    }

    /// The quota tree with other numbers for one tenant; nil when there is no such tenant.
    func tenants(with numbers: QuotaSpec, of tenant: TenantID) -> [TenantSpec]? {
        var specs = tenants()
        guard let place = specs.firstIndex(where: { $0.id == tenant }) else { return nil }
        specs[place].quotas.removeAll { $0.kind == numbers.kind }
        specs[place].quotas.append(numbers)
        return specs
    }

    /// Whether the quota tree is this one, as far as its tenants and numbers go.
    public func has(_ tenants: [TenantSpec]) -> Bool {
        guard quota.exists.count(where: { $0 }) == tenants.count else { return false }
        return tenants.allSatisfy { spec in
            quota.exists.indices.contains(spec.id.index) && quota.exists[spec.id.index]
                && quota.parent[spec.id.index] == spec.parent?.rawValue ?? -1
                && spec.quotas.allSatisfy {
                    var given = $0
                    given.lendableMilli = $0.lendableMilli ?? $0.guaranteedMilli
                    return given == quota.numbers(spec.id.index, column: $0.kind.index)
                }
        }
    }
}

extension QuotaSpec {
    /// Whether the tenant would have the same without it.
    fileprivate var isDefault: Bool { guaranteedMilli == 0 && limitMilli == nil && weight == 1 }
}
