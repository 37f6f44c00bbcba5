import FleetModel

extension Engine {
    /// Zones that a job may use: those that its tenant and the tenants above own, what nobody owns,
    /// and with preemptible work also what others own.
    func zones(for record: JobRecord) -> (own: UInt64, all: UInt64) {
        guard hasTimeline, !cells.isEmpty else { return (0, .max) }
        let spec = record.spec
        var own: UInt64 = 0
        var tenant = spec.tenant.index
        while tenant >= 0 {
            if let zone = cells.zone(of: TenantID(tenant)) { own |= 1 << UInt64(zone) }
            tenant = Int(quota.parent[tenant])
        }
        let mayBorrow =
            spec.preemptible && policy.timeline.preempts && spec.minimumRunTime == .zero
        return (own, mayBorrow ? .max : own | 1)
    }

    /// Whether a running gang stands in a cell that the asker's tenants own and its own do not.
    func isInCell(of asker: Asker, _ other: Int) -> Bool {
        guard !cells.isEmpty, asker.ownZones != 0 else { return false }
        let theirs = zones(for: jobs[other]).own
        return jobs[other].members.contains {
            let zone: UInt64 = 1 << UInt64(placer.fleet.zone[$0.grant.node.index])
            return asker.ownZones & zone != 0 && theirs & zone == 0
        }
    }

    /// Binds cells to domains again after the fleet or the tenants have changed. O(nodes) when
    /// somebody owns cells.
    mutating func bindCells() {
        guard hasTimeline, !cells.isEmpty || hasBoundCells else { return }
        cells = bound(cells)
        setZones()
    }

    /// A book of cells bound to the domains of the present fleet.
    private mutating func bound(_ book: CellBook) -> CellBook {
        placer.refreshTree()
        var book = book
        book.bind { owner, cell in candidates(for: cell, of: owner) }
        return book
    }

    /// Binds cells as in a new fleet when nothing runs and something waits, so that what the past
    /// made of them keeps nobody waiting for good. Says whether that changed anything.
    mutating func bindIdleCells() -> Bool {
        guard hasBoundCells, placedSlots.isEmpty, room.waiting > 0 else { return false }
        var book = cells
        book.unbind()
        book = bound(book)
        guard book.bound != cells.bound else { return false }
        cells = book
        setZones()
        return true
    }

    /// Gives every node the zone of the cell that it is in.
    private mutating func setZones() {
        var zones = [UInt8](repeating: 0, count: placer.fleet.nodeCount)
        hasBoundCells = false
        for (entry, ids) in zip(cells.wanted, cells.bound) {
            guard let zone = cells.zone(of: entry.tenant) else { continue }
            for id in ids {
                hasBoundCells = true
                // What else stands in the domain is for everybody.
                for node in nodes(of: id, entry.cell.level)
                where placer.fleet.kind[Int(node)] == UInt8(entry.cell.kind.rawValue) {
                    zones[Int(node)] = zone
                }
            }
        }
        var hasChanged = false
        for node in zones.indices where placer.fleet.zone[node] != zones[node] {
            dropReservations(on: NodeID(node)) { _ in true }
            placer.fleet.setZone(NodeID(node), zones[node])
            hasChanged = true
        }
        guard hasChanged else { return }
        // What cells left no room for at all may have some now.
        room.unparkImpossible()
        _ = room.unparkAllQuotas()
        hasNewReady = true
    }

    /// Queues every waiting job anew, as the zones that it may use have changed. O(jobs).
    mutating func regroupWaiting() {
        for slot in 0..<jobs.slotCount {
            guard jobs.isTaken(slot), jobs[slot].phase == .queued else { continue }
            dropReservation(of: slot)
            room.dequeue(order: jobs[slot].order, from: Int(jobs[slot].waitClass))
            join(slot)
        }
    }

    /// Domains of a level with nodes of the kind.
    private func candidates(for cell: CellQuota, of owner: TenantID) -> [CellCandidate] {
        let levels = placer.tree.levelRanges.count
        guard cell.level.index < levels else {
            return (0..<placer.tree.nodeCount).compactMap {
                candidate(Int32(placer.tree.nodeAt[$0]), cell, owner)
            }
        }
        var seen: [Int32] = []
        for domain in placer.tree.levelRanges[cell.level.index] {
            let position = placer.tree.positions(domain).lowerBound
            let node = Int(placer.tree.nodeAt[position])
            seen.append(placer.fleet.domains[node][cell.level.index].rawValue)
        }
        return seen.compactMap { candidate($0, cell, owner) }
    }

    private func candidate(
        _ id: Int32, _ cell: CellQuota, _ owner: TenantID
    ) -> CellCandidate? {
        let fleet = placer.fleet
        let kind = UInt8(cell.kind.rawValue)
        let nodes = nodes(of: id, cell.level).filter { fleet.kind[Int($0)] == kind }
        guard !nodes.isEmpty else { return nil }
        var result = CellCandidate(
            id: id, nodes: nodes, devices: 0, foreignDevices: 0, ownDevices: 0)
        for node in nodes {
            if fleet.takesWork(Int(node)) {
                result.devices += Int(fleet.serviceMilli(Int(node)) / 1000)
            }
            for holder in holders[Int(node)] {
                let record = jobs[Int(holder.slot)]
                let count = record.members[Int(holder.member)].grant.devices.nonzeroBitCount
                if isBelow(record.spec.tenant, owner) {
                    result.ownDevices += count
                } else if !record.spec.preemptible {
                    result.foreignDevices += count
                }
            }
        }
        return result
    }

    private func isBelow(_ tenant: TenantID, _ above: TenantID) -> Bool {
        var node = tenant.index
        while node >= 0 {
            if node == above.index { return true }
            node = Int(quota.parent[node])
        }
        return false
    }

    /// Nodes of a domain, named as the driver names it, that are in the fleet.
    private func nodes(of id: Int32, _ level: LevelIndex) -> [Int32] {
        let tree = placer.tree
        guard level.index < tree.levelRanges.count else { return [id] }
        for domain in tree.levelRanges[level.index] {
            let range = tree.positions(domain)
            let first = Int(tree.nodeAt[range.lowerBound])
            guard placer.fleet.domains[first][level.index].rawValue == id else { continue }
            return range.map { tree.nodeAt[$0] }
        }
        return []
    }
}
