import FleetModel

extension Engine {
    /// Says which nodes are kept for large gangs. Reservations there of gangs that are too small
    /// are not kept; when other sizes are asked for, what waits is queued anew, which is O(jobs).
    mutating func keepSpares(_ nodes: [NodeID], _ gangs: [SpareGangs]) {
        let before = placer.fleet.spares
        guard let spares = SpareNodes(nodes, gangs), spares != before else { return }
        placer.fleet.setSpares(spares)
        for node in spares.nodes where isPresent(node) && reservations.isClaimed(node.index) {
            for claim in reservations.claims[node.index] {
                guard let entry = reservations.entry(claim.reservation) else { continue }
                let role = Int(entry.members[Int(claim.member)].role)
                let shape = gangRequest(jobs[Int(entry.slot)]).roles[role].shape
                guard !shape.accepts(node.index, of: placer.fleet) else { continue }
                dropReservation(of: Int(entry.slot))
                if entry.purpose == .blocked { displaced.append(entry.slot) }
            }
        }
        if spares.gangs != before.gangs { regroupWaiting() } else { reviewSpareNeeds() }
        hasNewReady = true
    }

    /// The nodes that are kept as spares, in order.
    public var spareNodes: [NodeID] { placer.fleet.spares.nodes }

    /// How large gangs must be to stand on spares, in order of pools.
    public var spareGangs: [SpareGangs] { placer.fleet.spares.gangs }

    /// Whether something of a node is reserved for a gang.
    public func isReserved(_ node: NodeID) -> Bool {
        isPresent(node) && reservations.isClaimed(node.index)
    }

    /// Whether a node is of a kind, pool and rule that some member of a job accepts, whatever is
    /// free there and kept for whom.
    public func suits(_ job: JobID, _ node: NodeID) -> Bool {
        guard isPresent(node), let slot = jobs.slot(of: job) else { return false }
        return gangRequest(jobs[slot]).roles.contains {
            $0.shape.suits(node.index, of: placer.fleet)
        }
    }

    /// Whether a node belongs to the cell of a tenant now.
    public func isInCell(_ node: NodeID) -> Bool {
        isPresent(node) && placer.fleet.zone[node.index] != 0
    }
}

extension Engine {
    /// What spares keep from a gang that has no room, if it would have some with them; as far as
    /// counts tell.
    mutating func spareRefusal(_ request: GangRequest) -> Refusal? {
        let spares = placer.fleet.spares
        guard !spares.nodes.isEmpty, request.roles.contains(where: { $0.shape.sparePools != .max })
        else { return nil }
        placer.refreshTree()
        let everywhere = 0..<placer.tree.nodeCount
        var kept: [NodeID] = []
        for role in request.roles where role.minimum > 0 {
            var fits = false
            for shape in singleKindShapes(role.shape) {
                let room = spareRoom(shape, in: everywhere, avoiding: request)
                guard most(shape, with: room, request.topology) >= Int(role.minimum) else {
                    continue
                }
                fits = true
                kept = kept.isEmpty ? room.map(\.node) : united(kept, room.map(\.node))
            }
            guard fits else { return nil }
        }
        guard !kept.isEmpty else { return nil }
        let pools = kept.reduce(UInt64(0)) { $0 | 1 << UInt64(placer.fleet.pool[$1.index]) }
        let least =
            spares.gangs.filter { pools & 1 << UInt64($0.pool.rawValue) != 0 }
            .map(\.leastMilli).min() ?? 0
        return Refusal(code: .spares, unit: .spareNodes, need: least, have: Int64(kept.count))
    }

    /// What is in one of two lists in order, in order.
    private func united(_ one: [NodeID], _ other: [NodeID]) -> [NodeID] {
        let all = (one + other).sorted()
        return all.indices.filter { $0 == 0 || all[$0] != all[$0 - 1] }.map { all[$0] }
    }

    /// How many members would fit on each spare that is kept from their gang, at these positions;
    /// in the order of nodes. O(spares).
    func spareRoom(
        _ shape: Shape, in range: Range<Int>, avoiding request: GangRequest
    ) -> [(fit: Int, node: NodeID)] {
        var open = shape
        open.sparePools = .max
        let (fleet, tree) = (placer.fleet, placer.tree)
        var room: [(fit: Int, node: NodeID)] = []
        for id in fleet.spares.nodes where id.index < fleet.nodeCount {
            let node = id.index
            let pool: UInt64 = 1 << UInt64(fleet.pool[node])
            guard shape.sparePools & pool == 0 else { continue }
            let fit = Int(open.fit(node, of: fleet))
            if fit > 0, range.contains(Int(tree.positionOf[node])), !request.avoids(node) {
                room.append((fit, id))
            }
        }
        return room
    }

    /// The most members of a shape with room together if these nodes were open to it.
    private mutating func most(
        _ shape: Shape, with spares: [(fit: Int, node: NodeID)], _ topology: TopologyConstraint
    ) -> Int {
        let index = placer.index(of: shape)
        guard let level = topology.preference.requiredLevel else {
            return spares.reduce(index.domainFit[0]) { $0 + $1.fit }
        }
        guard level.index < placer.tree.levelRanges.count else {
            return spares.reduce(Int(index.fit.max() ?? 0)) { max($0, $1.fit) }
        }
        let domains = placer.tree.levelRanges[level.index]
        var room = domains.map { index.domainFit[$0] }
        for (fit, node) in spares {
            let position = Int(placer.tree.positionOf[node.index])
            let domain = placer.tree.domain(ofPosition: position, level: level.index)
            room[domain - domains.lowerBound] += fit
        }
        return room.max() ?? 0
    }

    /// Takes out of what is free, by kind, what lies on spares that are kept from a shape.
    /// O(spares).
    func takeOutSpares(kept shape: Shape, _ free: inout [Int64]) {
        guard shape.sparePools != .max else { return }
        let fleet = placer.fleet
        for node in fleet.spares.nodes.map(\.index)
        where node < fleet.nodeCount && fleet.takesWork(node) {
            let pool: UInt64 = 1 << UInt64(fleet.pool[node])
            guard shape.pools.bits & pool != 0, shape.sparePools & pool == 0,
                fleet.kind[node] != FleetState.noKind
            else { continue }
            free[Int(fleet.kind[node])] -= fleet.freeDeviceMilli(node)
        }
    }
}
