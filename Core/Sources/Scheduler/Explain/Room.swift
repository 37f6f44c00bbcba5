import FleetModel

extension Engine {
    /// Whether the smallest gang's GPUs are free in sum; cheap to ask before a place is looked for.
    func hasEnoughFree(for request: GangRequest) -> Bool {
        var sum: Int64 = 0
        for kind in kinds(of: request) { sum += placer.fleet.freeMilli[kind] }
        return sum >= request.minimumGPUMilli
    }

    /// Thousandths of GPUs that are free for a gang: in its pools and, as members of a role get one
    /// kind, of the kind with most when it has a single role. O(kinds), O(nodes) when the job does
    /// not accept every pool.
    func freeMilli(_ request: GangRequest) -> Int64 {
        var free = freeMilliByKind(pools: request.roles.first?.shape.pools ?? .all)
        if let shape = request.roles.first?.shape { takeOutSpares(kept: shape, &free) }
        let kinds = kinds(of: request)
        if request.roles.count == 1 { return kinds.reduce(0) { max($0, free[$1]) } }
        return kinds.reduce(0) { $0 + free[$1] }
    }

    private func freeMilliByKind(pools: PoolSet) -> [Int64] {
        let fleet = placer.fleet
        guard pools != .all else { return fleet.freeMilli }
        var free = [Int64](repeating: 0, count: FleetState.kindStride)
        for node in 0..<fleet.nodeCount where fleet.takesWork(node) {
            guard fleet.kind[node] != FleetState.noKind,
                pools.bits & (1 << UInt64(fleet.pool[node])) != 0
            else { continue }
            free[Int(fleet.kind[node])] += fleet.freeDeviceMilli(node)
        }
        return free
    }

    /// Why there is no place now, if there is none as far as counts per domain tell.
    mutating func roomRefusal(_ request: GangRequest) -> Refusal? {
        if !request.isHostOnly {
            let free = freeMilli(request)
            if free < request.minimumGPUMilli {
                return Refusal(
                    code: .capacity, unit: .gpuMilli, need: request.minimumGPUMilli, have: free)
            }
        }
        for role in request.roles where role.minimum > 0 {
            let shapes = singleKindShapes(role.shape)
            let most = shapes.reduce(0) { max($0, placer.index(of: $1).domainFit[0]) }
            if most < Int(role.minimum) {
                return Refusal(
                    code: role.shape.request.devices > 0 ? .fragmentation : .capacity,
                    unit: .members, need: Int64(role.minimum), have: Int64(most))
            }
            guard let level = request.topology.preference.requiredLevel else { continue }
            let together = shapes.reduce(0) {
                max($0, mostRoom(placer.index(of: $1), level: level))
            }
            if together < Int(role.minimum) {
                return Refusal(
                    code: .topology, unit: .members, need: Int64(role.minimum),
                    have: Int64(together), level: level)
            }
        }
        return nil
    }

    /// The shape for each kind present that it accepts, as members of a role get the same kind; a
    /// single shape as it is.
    func singleKindShapes(_ shape: Shape) -> [Shape] {
        let bits = shape.kinds.bits & kindsPresent
        guard shape.request.devices > 0, bits & (bits &- 1) != 0 else { return [shape] }
        return (0..<FleetLimits.acceleratorKinds).filter { bits & (1 << UInt64($0)) != 0 }.map {
            var single = shape
            single.kinds = AcceleratorKindSet(bits: 1 << UInt64($0))
            return single
        }
    }

    private func mostRoom(_ index: ShapeIndex, level: LevelIndex) -> Int {
        guard level.index < placer.tree.levelRanges.count else {
            return Int(index.fit.max() ?? 0)
        }
        return placer.tree.levelRanges[level.index].reduce(0) { max($0, index.domainFit[$1]) }
    }

    /// The most members, at most those of the smallest gang, that could be placed together now,
    /// whatever quotas say. For several roles it is found by trying gangs of all roles in
    /// proportion, in O(log members) trials.
    mutating func mostMembers(of request: GangRequest) -> Int {
        guard request.roles.count > 1 else {
            let role = request.roles[0]
            let slice = Int(request.topology.slice?.members ?? 1)
            return singleKindShapes(role.shape).reduce(0) { most, shape in
                let slot = placer.slot(of: shape, isScored: true)
                let finder = DomainFinder(
                    tree: placer.tree, index: placer.indexes.entries[slot],
                    topology: request.topology)
                let found = finder.find(minimum: slice, maximum: Int(role.minimum))
                return max(most, found?.1 ?? 0)
            }
        }
        var low = 0
        var high = request.minimumMembers
        while low < high {
            let middle = (low + high + 1) / 2
            if canPlace(request.shrunk(to: middle)) { low = middle } else { high = middle - 1 }
        }
        return request.shrunk(to: low).minimumMembers
    }

    /// Whether there is a place for a gang now, as far as quotas let its tenant have it.
    mutating func canPlace(_ request: GangRequest, tenant: TenantID? = nil) -> Bool {
        var allowance = Allowance.unrestricted
        if let tenant, quotaBinds {
            switch self.allowance(of: request, tenant: tenant) {
            case .refused: return false
            case .allowed(let found): allowance = found
            }
        }
        let generator = placer.generator
        let limitsHit = placer.counters.limitsHit
        let mark = placer.fleet.checkpoint()
        let members = placer.place(
            request, kinds: allowance.kinds, headroom: allowance.headroom)
        placer.fleet.rollback(to: mark)
        placer.generator = generator
        // No decision was cut short: this one was a trial for an answer.
        placer.counters.limitsHit = limitsHit
        return members != nil
    }
}

extension GangRequest {
    /// The same gang with at most so many members, all roles in proportion, whole slices if any.
    func shrunk(to members: Int) -> GangRequest {
        let all = max(1, minimumMembers)
        let slice = topology.slice?.members ?? 1
        var smaller = self
        for role in roles.indices {
            let share = Int(roles[role].minimum) * members / all
            let count = Int32(share) / slice * slice
            smaller.roles[role].minimum = count
            smaller.roles[role].maximum = max(1, count)
        }
        return smaller
    }
}
