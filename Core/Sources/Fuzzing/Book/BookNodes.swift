import FleetModel

extension WorldBook {
    /// Takes a node in if an engine would: a node that is there, or out of limits, or that comes
    /// back as other hardware while members of before have not stopped, is not taken.
    mutating func add(_ spec: NodeSpec) {
        guard isWithinLimits(spec), !isPresent(spec.id) else { return }
        while nodes.count <= spec.id.index { nodes.append(nil) }
        guard var known = nodes[spec.id.index], known.members > 0 else {
            nodes[spec.id.index] = BookNode(spec: spec)
            return
        }
        guard known.spec.kind == spec.kind, known.spec.devices == spec.devices else { return }
        known.spec = spec
        known.isPresent = true
        known.isDrained = false
        known.deadline = nil
        known.unhealthy = spec.unhealthyDevices
        nodes[spec.id.index] = known
        counts.note(.nodeBackWhileHeld)
    }

    func isWithinLimits(_ spec: NodeSpec) -> Bool {
        let host = [
            spec.host.cpuMilli, spec.host.memoryMiB, spec.host.diskMiB, spec.host.nics,
            spec.host.slots,
        ]
        return (0..<Int32(FleetLimits.nodes)).contains(spec.id.rawValue)
            && (0...Int32(FleetLimits.devicesPerNode)).contains(spec.devices)
            && (0..<Int32(FleetLimits.pools)).contains(spec.pool.rawValue)
            && spec.domains.count == topology.domainLevelCount
            && host.allSatisfy { (0...FleetLimits.hostQuantity).contains($0) }
            && (spec.devices == 0 || spec.kind != nil)
            && (0..<Int32(FleetLimits.acceleratorKinds)).contains(spec.kind?.rawValue ?? 0)
    }

    /// Whether an engine would take a quota tree.
    func accepts(_ specs: [TenantSpec]) -> Bool {
        var seen: [TenantID] = []
        var parents: [TenantID] = []
        for spec in specs {
            guard spec.id.rawValue >= 0, !seen.contains(spec.id) else { return false }
            if let above = spec.parent {
                guard seen.contains(above) else { return false }
                parents.append(above)
            }
            let isRight = spec.quotas.allSatisfy { quota in
                quota.weight >= 1 && quota.weight <= FleetLimits.tenantWeight
                    && (0..<Int32(FleetLimits.acceleratorKinds)).contains(quota.kind.rawValue)
                    && (0...1_000_000_000).contains(quota.guaranteedMilli)
                    && (0...quota.guaranteedMilli).contains(quota.lendableMilli ?? 0)
                    && quota.limitMilli ?? .max >= quota.guaranteedMilli
            }
            guard isRight else { return false }
            seen.append(spec.id)
        }
        return open.allSatisfy { id in
            guard let tenant = jobs[id]?.spec.tenant else { return true }
            return seen.contains(tenant) && !parents.contains(tenant)
        }
    }

    /// Books a member in (`sign` 1) or out (-1).
    mutating func occupy(_ member: MemberPlacement, of spec: JobSpec, sign: Int32) {
        let role = spec.roles[Int(member.role)]
        guard var node = entry(member.node) else { return }
        node.members += Int(sign)
        node.host = node.host + role.request.host * Int64(sign)
        let milli = role.request.deviceMilli * sign
        for device in node.used.indices where member.devices & (1 << UInt64(device)) != 0 {
            node.used[device] += milli
        }
        nodes[member.node.index] = node
        if let kind = node.spec.kind, member.devices != 0 {
            usage[spec.tenant, default: [Int64](repeating: 0, count: 64)][kind.index] +=
                Int64(member.devices.nonzeroBitCount) * Int64(milli)
        }
    }

    /// Books a new member in and says what is wrong with where it is put.
    mutating func place(_ member: MemberPlacement, of job: BookJob) {
        let id = job.spec.id
        let role = job.spec.roles[Int(member.role)]
        guard let before = entry(member.node) else {
            complain("job \(id): started on node \(member.node), which never was")
            return
        }
        if !before.isPresent { complain("job \(id): started on absent node \(member.node)") }
        if before.isDrained { complain("job \(id): started on drained node \(member.node)") }
        if !job.spec.pools.contains(before.spec.pool) {
            complain("job \(id): started outside of its pools, on node \(member.node)")
        }
        if !admits(role.rule, member.node) {
            complain("job \(id): started where its rule admits nobody, on node \(member.node)")
        }
        if isKept(member.node, from: job.spec), hasRoomBesideSpares(job) {
            complain("job \(id): started on the spare \(member.node), for which it is too small")
        } else if spares.contains(member.node) {
            counts.note(.startedOnSpare)
        }
        if member.devices & before.unhealthy != 0 {
            complain("job \(id): started on a broken device of node \(member.node)")
        }
        if member.devices.nonzeroBitCount != Int(role.request.devices) {
            complain("job \(id): a member with \(member.devices.nonzeroBitCount) devices")
        }
        if before.used.count < 64, member.devices >> UInt64(before.used.count) != 0 {
            complain("job \(id): node \(member.node) has no such device")
        }
        if role.request.devices > 0,
            !(before.spec.kind.map { role.accelerators.contains($0) } ?? false)
        {
            complain("job \(id): a kind of device that it does not accept")
        }
        occupy(member, of: job.spec, sign: 1)
        guard let after = entry(member.node) else { return }
        if after.used.contains(where: { $0 > 1000 }) {
            complain("job \(id): a device of node \(member.node) is somebody else's")
        }
        // A node may come back with a smaller host while gangs that it broke still stop.
        // What it does not ask for may be overdrawn by others already.
        let asked = after.host.asked(by: role.request.host)
        if !after.spec.host.contains(asked) {
            complain("job \(id): the host of node \(member.node) is full")
        }
    }

    /// Says whether a leaf or anybody above it is beyond a limit.
    mutating func checkLimits(of id: JobID, kinds members: [MemberPlacement]) {
        guard policy.queueOrder.isByTenant, let leaf = jobs[id]?.spec.tenant else { return }
        var above: TenantID? = leaf
        while let tenant = above, let spec = tenants.first(where: { $0.id == tenant }) {
            for quota in spec.quotas {
                guard let limit = quota.limitMilli,
                    members.contains(where: {
                        $0.devices != 0 && entry($0.node)?.spec.kind == quota.kind
                    })
                else { continue }
                let used = use(by: tenant, of: quota.kind)
                if used > limit {
                    complain("job \(id): tenant \(tenant) uses \(used) beyond its \(limit)")
                }
            }
            above = spec.parent
        }
    }

    private func use(by tenant: TenantID, of kind: AcceleratorKindID) -> Int64 {
        tenants.reduce(0) { sum, spec in
            var above: TenantID? = spec.id
            while let place = above, place != tenant {
                above = tenants.first { $0.id == place }?.parent
            }
            return above == nil ? sum : sum + (usage[spec.id]?[kind.index] ?? 0)
        }
    }
}

extension HostResources {
    /// The quantities of which `request` asks something; the others as zero.
    fileprivate func asked(by request: HostResources) -> HostResources {
        HostResources(
            cpuMilli: request.cpuMilli > 0 ? cpuMilli : 0,
            memoryMiB: request.memoryMiB > 0 ? memoryMiB : 0,
            diskMiB: request.diskMiB > 0 ? diskMiB : 0, nics: request.nics > 0 ? nics : 0,
            slots: request.slots > 0 ? slots : 0,
            exclusives: Exclusives(
                ones: exclusives.ones & request.exclusives.ones,
                signs: exclusives.signs & request.exclusives.ones))
    }
}
