import FleetModel

// Whether gangs of one role fit, counted by brute force.
extension Oracle {
    /// Whether some allowed place holds the smallest gang, by counting members node by node.
    func canPlace(
        _ job: Job, onEmptyFleet isEmpty: Bool = false, isWithinQuota: Bool = false
    ) -> Bool {
        let role = job.role
        if role.request.devices == 0 { return canPlace(job, kinds: .all, isEmpty) }
        var kinds: [AcceleratorKindID] = []
        for node in nodes where node.isPresent {
            guard let kind = node.spec.kind, role.accelerators.contains(kind) else { continue }
            if !kinds.contains(kind) { kinds.append(kind) }
        }
        if isWithinQuota {
            let need = job.spec.minimumGPUMilli
            kinds.removeAll { left(job.spec.tenant, $0) < need }
        }
        return kinds.contains { canPlace(job, kinds: AcceleratorKindSet([$0]), isEmpty) }
    }

    private func canPlace(_ job: Job, kinds: AcceleratorKindSet, _ isEmpty: Bool) -> Bool {
        let need = Int(job.role.minimum)
        let required = requiredLevel(job)
        let slice = job.spec.topology.slice
        // Within one domain of the slice level, whole slices are whatever number of members fits.
        let isSliced = slice.map { slice in required.map { $0 < slice.level } ?? true } ?? false
        let level = isSliced ? slice?.level : required
        var rooms: [(path: [Int32], room: Int)] = []
        for node in nodes where node.isPresent {
            let room = room(on: node, for: job, kinds: kinds, isEmpty: isEmpty, upTo: need)
            guard room > 0 else { continue }
            let path = path(node.spec, level)
            if let known = rooms.firstIndex(where: { $0.path == path }) {
                rooms[known].room += room
            } else {
                rooms.append((path, room))
            }
        }
        guard isSliced, let slice else { return rooms.contains { $0.room >= need } }
        let size = Int(slice.members)
        return rooms.contains { one in
            let depth = required.map { $0.index + 1 } ?? 0
            let beside = rooms.filter { $0.path.prefix(depth) == one.path.prefix(depth) }
            return beside.reduce(0) { $0 + $1.room / size * size } >= need
        }
    }

    /// Members of the job that go on a node one after the other until none fits; `limit` at most.
    private func room(
        on node: Node, for job: Job, kinds: AcceleratorKindSet, isEmpty: Bool, upTo limit: Int
    ) -> Int {
        let request = job.role.request
        guard job.spec.pools.contains(node.spec.pool), isEmpty || !node.isDrained else { return 0 }
        if request.devices > 0 {
            guard let kind = node.spec.kind, kinds.contains(kind) else { return 0 }
        }
        var (free, host) = isEmpty ? whole(node) : free(node)
        var count = 0
        while count < limit, host.contains(request.host) {
            for _ in 0..<request.devices {
                let need = request.deviceMilli
                guard let device = free.firstIndex(where: { $0 >= need }) else { return count }
                free[device] -= need
            }
            host = host - request.host
            count += 1
        }
        return count
    }

    private func whole(_ node: Node) -> ([Int32], HostResources) {
        ([Int32](repeating: 1000, count: Int(node.spec.devices)), node.spec.host)
    }

    /// What is free of every device and of the host; nothing of devices out of service.
    private func free(_ node: Node) -> ([Int32], HostResources) {
        var (free, host) = whole(node)
        for job in jobs {
            for member in job.members where member.node == node.spec.id {
                host = host - job.role.request.host
                for device in free.indices where member.devices & (1 << UInt64(device)) != 0 {
                    free[device] -= job.role.request.deviceMilli
                }
            }
        }
        for device in free.indices where node.spec.unhealthyDevices & (1 << UInt64(device)) != 0 {
            free[device] = 0
        }
        return (free, host)
    }

    private func requiredLevel(_ job: Job) -> LevelIndex? {
        switch job.spec.topology.preference {
        case .required(let level): level
        case .relaxing(let level, _, let then): job.isRelaxed ? then : level
        case .closest, .preferred: nil
        }
    }

    /// The domains of a node down to a level; nothing for the whole fleet.
    private func path(_ node: NodeSpec, _ level: LevelIndex?) -> [Int32] {
        guard let level else { return [] }
        return Array((node.domains.map(\.rawValue) + [node.id.rawValue]).prefix(level.index + 1))
    }

    /// What is wrong with a placement, judged before it is taken.
    func faults(of members: [MemberPlacement], for job: Job) -> [String] {
        var faults: [String] = []
        let (role, request) = (job.role, job.role.request)
        func check(_ isFine: Bool, _ text: String) {
            if !isFine { faults.append("job \(job.spec.id): \(text)") }
        }
        check((Int(role.minimum)...Int(role.maximum)).contains(members.count), "wrong size")
        let specs = members.map { nodes[$0.node.index].spec }
        if request.devices > 0 { check(Set(specs.map(\.kind)).count == 1, "kinds are mixed") }
        var taken: [NodeID: ([Int32], HostResources)] = [:]
        for member in members {
            let node = nodes[member.node.index]
            check(node.isPresent && !node.isDrained, "node takes no work")
            check(job.spec.pools.contains(node.spec.pool), "wrong pool")
            if let kind = node.spec.kind, request.devices > 0 {
                check(role.accelerators.contains(kind), "wrong kind")
            }
            var (free, host) = taken[member.node] ?? free(node)
            for device in 0..<64 where member.devices & (1 << UInt64(device)) != 0 {
                guard free.indices.contains(device) else { return faults + ["no such device"] }
                free[device] -= request.deviceMilli
                check(free[device] >= 0, "device over-allocated")
            }
            host = host - request.host
            check(!host.hasNegative, "host over-allocated")
            check(member.devices.nonzeroBitCount == request.devices, "wrong number of devices")
            taken[member.node] = (free, host)
        }
        let places = Set(specs.map { path($0, requiredLevel(job)) })
        check(places.count == 1, "required level broken")
        let full = specs.map { path($0, topology.host) }
        check(zip(full, full.dropFirst()).allSatisfy { !$1.lexicographicallyPrecedes($0) }, "ranks")
        if let slice = job.spec.topology.slice {
            let size = Int(slice.members)
            check(members.count % size == 0, "a broken slice")
            for (rank, spec) in specs.enumerated() {
                let first = specs[rank / size * size]
                check(path(spec, slice.level) == path(first, slice.level), "a split slice")
            }
        }
        return faults
    }
}

// Quotas, from what jobs hold.
extension Oracle {
    /// What the quota tree leaves a tenant of a kind.
    func left(_ tenant: TenantID, _ kind: AcceleratorKindID) -> Int64 {
        var least = Int64.max
        var inside: TenantSpec?
        var next = tenants.first { $0.id == tenant }
        while let spec = next {
            if let limit = quota(spec, kind)?.limitMilli {
                let kept = keptBeside(inside, below: spec.id, kind)
                least = min(least, limit - usage(spec, kind) - kept)
            }
            inside = spec
            next = tenants.first { $0.id == spec.parent }
        }
        let withheld = keptBeside(inside, below: nil, kind)
        guard withheld > 0 else { return least }
        let unused = nodes.filter { $0.isPresent && !$0.isDrained && $0.spec.kind == kind }
            .reduce(Int64(0)) { sum, node in free(node).0.reduce(sum) { $0 + Int64($1) } }
        return min(least, unused - withheld)
    }

    private func keptBeside(
        _ inside: TenantSpec?, below parent: TenantID?, _ kind: AcceleratorKindID
    ) -> Int64 {
        guard let inside else { return 0 }
        return tenants.filter { $0.parent == parent && $0.id != inside.id }
            .reduce(0) { $0 + withheld($1, kind) }
    }

    /// What a tenant and those below it keep back and do not use.
    private func withheld(_ spec: TenantSpec, _ kind: AcceleratorKindID) -> Int64 {
        let below = tenants.filter { $0.parent == spec.id }
            .reduce(Int64(0)) { $0 + withheld($1, kind) }
        let own = quota(spec, kind).map { kept($0) - usage(spec, kind) } ?? 0
        return max(below, own)
    }

    private func kept(_ quota: QuotaSpec) -> Int64 {
        quota.guaranteedMilli - (quota.lendableMilli ?? quota.guaranteedMilli)
    }

    private func quota(_ spec: TenantSpec, _ kind: AcceleratorKindID) -> QuotaSpec? {
        spec.quotas.first { $0.kind == kind }
    }

    private func usage(_ spec: TenantSpec, _ kind: AcceleratorKindID) -> Int64 {
        let own = jobs.filter { $0.spec.tenant == spec.id }.reduce(Int64(0)) { sum, job in
            guard let first = job.members.first, nodes[first.node.index].spec.kind == kind else {
                return sum
            }
            return sum + Int64(job.members.count) * job.role.request.gpuMilli
        }
        return tenants.filter { $0.parent == spec.id }.reduce(own) { $0 + usage($1, kind) }
    }
}
