import FleetModel

extension Engine {
    mutating func addNodes(_ nodes: [NodeSpec], _ directives: inout [Directive]) {
        var added = false
        for spec in nodes where accepts(spec) {
            while holders.count <= spec.id.index { holders.append([]) }
            let isKnown = spec.id.index < placer.fleet.nodeCount
            if isKnown, placer.fleet.domains[spec.id.index] != spec.domains {
                freeOfTopology(spec.id)
            }
            placer.fleet.add(spec, held: grantsHeld(on: spec.id))
            clearSuspicion(of: spec.id)
            if let kind = spec.kind { kindsPresent |= 1 << UInt64(kind.rawValue) }
            added = true
        }
        guard added else { return }
        bindCells()
        room.unparkImpossible()
        _ = room.unparkAllQuotas()
        hasNewReady = true
    }

    mutating func removeNodes(_ nodes: [NodeID], _ directives: inout [Directive]) {
        for node in nodes where isPresent(node) {
            dropReservations(on: node) { _ in true }
            placer.fleet.remove(node)
            breakGangs(on: node, cause: .node, &directives) { _ in true }
            // The first in a strict queue may have become impossible, and blocks nobody any more.
            hasNewReady = true
        }
        bindCells()
        setAsideImpossible()
    }

    mutating func setDrained(_ node: NodeID, _ isDrained: Bool) {
        guard isPresent(node) else { return }
        if isDrained {
            dropReservations(on: node) { _ in true }
        } else {
            clearSuspicion(of: node)
        }
        drainDeadlines[node] = nil
        placer.fleet.setDrained(node, isDrained)
        bindCells()
    }

    mutating func setDeviceHealth(
        _ node: NodeID, _ unhealthy: UInt64, _ directives: inout [Directive]
    ) {
        guard isPresent(node) else { return }
        dropReservations(on: node) { $0.devices & unhealthy != 0 }
        if placer.fleet.unhealthy[node.index] & ~unhealthy != 0 { clearSuspicion(of: node) }
        placer.fleet.setUnhealthy(node, unhealthy)
        absorb(on: node)
        bindCells()
        breakGangs(on: node, cause: .device, &directives) { $0.devices & unhealthy != 0 }
    }

    mutating func setTenants(_ tenants: [TenantSpec]) {
        var keepsJobs = [Bool](repeating: false, count: quota.exists.count)
        for case .some(let record) in jobs.slots { keepsJobs[record.spec.tenant.index] = true }
        guard isValid(tenants), quota.replace(with: tenants, inUse: keepsJobs, at: now) else {
            return
        }
        room.growTenants(to: quota.exists.count)
        let hadCells = !cells.isEmpty
        cells.replace(with: tenants)
        bindCells()
        if hasTimeline, hadCells || !cells.isEmpty { regroupWaiting() }
        _ = room.unparkAllQuotas()
        hasNewReady = true
    }

    func isPresent(_ node: NodeID) -> Bool {
        node.index >= 0 && node.index < placer.fleet.nodeCount && placer.fleet.present[node.index]
    }

    /// Whether every number of a node is within the limits that the engine relies on.
    func isWithinLimits(_ spec: NodeSpec) -> Bool {
        let isWithinLimits =
            spec.id.rawValue >= 0 && spec.id.index < FleetLimits.nodes
            && spec.devices >= 0 && Int(spec.devices) <= FleetLimits.devicesPerNode
            && spec.pool.rawValue >= 0 && spec.pool.index < FleetLimits.pools
            && spec.domains.count == topology.domainLevelCount
            && !spec.host.hasNegative && HostResources.most.contains(spec.host)
        let kinds = 0..<FleetLimits.acceleratorKinds
        return isWithinLimits && (spec.devices == 0 || spec.kind != nil)
            && spec.kind.map({ kinds.contains($0.index) }) ?? true
    }

    private func accepts(_ spec: NodeSpec) -> Bool {
        guard isWithinLimits(spec), !isPresent(spec.id) else { return false }
        return spec.id.index >= holders.count || holders[spec.id.index].isEmpty
            || placer.fleet.isSameHardware(spec)
    }

    private func isValid(_ tenants: [TenantSpec]) -> Bool {
        tenants.count <= FleetLimits.tenants
            && tenants.allSatisfy { tenant in
                tenant.id.rawValue >= 0 && tenant.id.index < FleetLimits.tenants
                    && (tenant.parent?.rawValue ?? 0) >= 0
                    && tenant.cells.count <= FleetLimits.cellsPerTenant
                    && tenant.cells.allSatisfy { cell in
                        (0..<FleetLimits.acceleratorKinds).contains(cell.kind.index)
                            && cell.level.index < topology.levels.count && cell.count >= 0
                    }
                    && tenant.quotas.allSatisfy { quota in
                        quota.weight >= 1 && quota.weight <= FleetLimits.tenantWeight
                            && (0..<FleetLimits.acceleratorKinds).contains(quota.kind.index)
                            && (0...QuotaTree.mostGuaranteed).contains(quota.guaranteedMilli)
                            && (quota.lendableMilli ?? 0) >= 0
                            && (quota.lendableMilli ?? 0) <= quota.guaranteedMilli
                            && (quota.limitMilli ?? .max) >= quota.guaranteedMilli
                    }
            }
    }

    private func grantsHeld(on node: NodeID) -> [Grant] {
        var grants: [Grant] = []
        var seen = -1
        for holder in holders[node.index].sorted(by: { $0.slot < $1.slot })
        where Int(holder.slot) != seen {
            seen = Int(holder.slot)
            for member in jobs[seen].members where member.grant.node == node {
                grants.append(member.grant)
            }
        }
        return grants
    }

    /// Stops every gang that holds something of the node that `isHit`.
    private mutating func breakGangs(
        on node: NodeID, cause: FailureCause, _ directives: inout [Directive],
        isHit: (Grant) -> Bool
    ) {
        var slots: [Int32] = []
        for holder in holders[node.index] where !slots.contains(holder.slot) {
            if isHit(jobs[Int(holder.slot)].members[Int(holder.member)].grant) {
                slots.append(holder.slot)
            }
        }
        slots.sort { jobs[Int($0)].order < jobs[Int($1)].order }
        for slot in slots where jobs[Int(slot)].phase != .stopping {
            stop(Int(slot), reason: .hardware, then: .fail(cause), &directives)
        }
    }

    /// Asks the driver to stop a gang; what it holds stays taken until that is confirmed.
    mutating func stop(
        _ slot: Int, reason: StopReason, then after: AfterStop, _ directives: inout [Directive]
    ) {
        jobs[slot].phase = .stopping
        jobs[slot].afterStop = after
        directives.append(.stop(jobs[slot].spec.id, jobs[slot].attempt, reason))
    }
}

extension HostResources {
    /// The most that a node may have of each quantity, so that sums do not overflow.
    fileprivate static let most = HostResources(
        cpuMilli: FleetLimits.hostQuantity, memoryMiB: FleetLimits.hostQuantity,
        diskMiB: FleetLimits.hostQuantity, nics: FleetLimits.hostQuantity,
        slots: FleetLimits.hostQuantity, exclusives: .all)
}
