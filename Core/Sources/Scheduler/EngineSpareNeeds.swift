import FleetModel

// A gang that is too small for spares may have them all the same where it could never stand beside
// them, whatever ended: else it would wait for good, and hold up what waits behind it.
extension Engine {
    /// Whether what is in service beside the spares that are kept from a gang could hold it if
    /// nothing else ran, as far as ``chance(of:)`` counts. O(nodes), but most find their room on
    /// the first few.
    mutating func fitsBesideSpares(_ request: GangRequest) -> Bool {
        guard !placer.fleet.spares.nodes.isEmpty,
            request.roles.contains(where: { $0.shape.sparePools != .max })
        else { return true }
        placer.refreshTree()
        return request.roles.allSatisfy { $0.minimum <= 0 || hasRoomBesideSpares($0, request) }
            && (request.roles.count == 1
                || request.minimumGPUMilli
                    <= deviceMilli(
                        request.kinds, whenHealthy: false,
                        sparePools: request.roles.reduce(0) { $0 | $1.shape.sparePools }))
    }

    /// The same gang with the spares that are open to one of its size and needs.
    mutating func withOwnSpares(_ request: GangRequest) -> GangRequest {
        let pools = placer.fleet.spares.pools(forGangOf: request.minimumGPUMilli)
        var own = request
        for role in own.roles.indices { own.roles[role].shape.sparePools = pools }
        guard !fitsBesideSpares(own) else { return own }
        for role in own.roles.indices { own.roles[role].shape.sparePools = .max }
        return own
    }

    private func hasRoomBesideSpares(_ role: RoleRequest, _ request: GangRequest) -> Bool {
        let topology = request.topology
        guard topology.preference.requiredLevel == nil, topology.slice == nil else {
            let room = potentialRoom(
                role, topology, avoided: request.avoided, whenHealthy: false, besideSpares: true)
            return room >= Int(role.minimum)
        }
        return singleKindShapes(role.shape).contains { shape in
            var missing = Int(role.minimum)
            for node in 0..<placer.fleet.nodeCount where !request.avoids(node) {
                missing -= Int(
                    shape.potential(
                        node, of: placer.fleet, whenHealthy: false, besideSpares: true))
                if missing <= 0 { return true }
            }
            return false
        }
    }

    /// Looks anew, after a change of nodes or spares, at which waiting gangs may have spares for
    /// want of another place, and queues those anew with which that is different. O(classes) such
    /// looks.
    mutating func reviewSpareNeeds() {
        var verdicts = [Bool?](repeating: nil, count: room.gangs.count)
        var moving: [JobQueue.Entry] = []
        for waitClass in room.classes where !waitClass.queue.isEmpty {
            let gang = Int(waitClass.gang)
            let isAnother = verdicts[gang] ?? hasAnotherNeed(room.gangs[gang].request)
            verdicts[gang] = isAnother
            guard isAnother else { continue }
            for place in 0..<waitClass.queue.count { moving.append(waitClass.queue[place]) }
        }
        guard !moving.isEmpty else { return }
        for entry in moving.sorted(by: { $0.order < $1.order }) {
            let slot = Int(entry.slot)
            // What it counts on there is for larger ones again.
            if jobs[slot].needsSpares { dropReservation(of: slot) }
            room.dequeue(order: entry.order, from: Int(jobs[slot].waitClass))
            join(slot)
            if hasTimeline { newcomers.append(entry.slot) }
        }
        if hasTimeline { wantsReservations = true }
        hasNewReady = true
    }

    /// Whether a gang that waits has spares open to it and could do without, or the reverse.
    private mutating func hasAnotherNeed(_ request: GangRequest) -> Bool {
        let pools = placer.fleet.spares.pools(forGangOf: request.minimumGPUMilli)
        guard pools != .max, let first = request.roles.first else { return false }
        var kept = request
        for role in kept.roles.indices { kept.roles[role].shape.sparePools = pools }
        return fitsBesideSpares(kept) == (first.shape.sparePools == .max)
    }
}
