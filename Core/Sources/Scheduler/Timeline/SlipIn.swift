import FleetModel

extension Engine {
    /// Starts jobs of a gang class on what reservations hold, if they will be gone when it is due
    /// or can be stopped cheaply. Says whether one was started.
    mutating func slipIn(gang: Int, _ directives: inout [Directive]) -> Bool {
        guard hasTimeline, reservations.count > 0 else { return false }
        let request = room.gangs[gang].request
        guard request.maySlipIn else { return false }
        var tried = 0
        var places = SlipPlaces(request: request, reservations.limit)
        for index in room.gangs[gang].waiting {
            let count = room.classes[Int(index)].queue.count
            for place in 0..<min(count, Engine.slipDepth) {
                let slot = Int(room.classes[Int(index)].queue[place].slot)
                guard !jobs[slot].hasReservation else { continue }
                tried += 1
                if tried > Engine.slipTries { return false }
                if slipIn(slot, &places, &directives) { return true }
            }
        }
        return false
    }

    /// Whether a reservation holds room for a member on a node that has changed.
    func maySlipIn(_ request: GangRequest) -> Bool {
        guard reservations.count > 0, request.maySlipIn else { return false }
        let shape = request.roles[0].shape
        guard let grown = placer.fleet.grownNodes else { return true }
        return grown.contains { node in
            let node = Int(node)
            guard reservations.isClaimed(node), placer.fleet.takesWork(node),
                shape.accepts(node, of: placer.fleet)
            else { return false }
            var view = NodeForecast(node, of: placer.fleet, claimed: 0)
            for claim in reservations.claims[node] {
                view.release(
                    reservations[Int(claim.reservation)].heldGrant(Int(claim.member)))
            }
            return view.fit(shape.request, most: 1) > 0
        }
    }

    /// Lets jobs that have just begun to wait slip in, whatever others of their class could not do.
    mutating func slipNewcomersIn(_ directives: inout [Directive]) {
        guard reservations.count > 0 else { return }
        for slot in newcomers.prefix(Engine.slipTries) {
            let slot = Int(slot)
            guard jobs.isTaken(slot), jobs[slot].phase == .queued,
                !jobs[slot].hasReservation,
                room.classes[Int(jobs[slot].waitClass)].state == .waiting
            else { continue }
            let request = gangRequest(jobs[slot])
            guard request.maySlipIn else { continue }
            var places = SlipPlaces(request: request, reservations.limit)
            _ = slipIn(slot, &places, &directives)
        }
    }

    /// Opens some classes again whose jobs may fit beside reservations now that these are due at
    /// other times.
    mutating func reopenForSlips() {
        guard reservations.count > 0, !room.gangsWaiting.isEmpty else { return }
        let count = room.gangsWaiting.count
        for step in 0..<min(count, Engine.reopenedPerReview) {
            room.open(gang: Int(room.gangsWaiting[(reviewCursor + step) % count]))
        }
    }

    private static let reopenedPerReview = 16

    /// Jobs of one class that are tried.
    private static let slipDepth = 8
    /// Jobs of one gang class that are tried.
    private static let slipTries = 32

    private mutating func slipIn(
        _ slot: Int, _ places: inout SlipPlaces, _ directives: inout [Directive]
    ) -> Bool {
        let end = expectedSpan(slot).map { now + $0 } ?? .never
        let isCheap = isCheapToStop(slot)
        guard isCheap || end < .never else { return false }
        for index in 0..<reservations.limit {
            guard reservations.isTaken(index), reservations[index].purpose == .blocked,
                Int(reservations[index].slot) != slot,
                mayPass(slot, until: end, isCheap: isCheap, reservations[index]),
                !isAboutToBeCleared(Int32(index)),
                let members = slipPlace(&places, in: index),
                quotaAllows(members, tenant: jobs[slot].spec.tenant)
            else { continue }
            for member in members { letGo(Int32(index), on: member.grant.node) }
            for member in members { placer.fleet.take(member.grant) }
            for member in members { absorb(on: member.grant.node) }
            start(slot, members: members, &directives)
            jobs[slot].hasSlippedIn = true
            placer.counters.backfills += 1
            return true
        }
        return false
    }

    /// Whether a job that starts now and ends at `end` is gone when the reservation is due, or
    /// makes way cheaply: for a job that it never made way for, so that its coming and going has
    /// an end.
    private func mayPass(
        _ slot: Int, until end: Instant, isCheap: Bool, _ reservation: borrowing Reservation
    ) -> Bool {
        if let due = reservation.due, let promised = reservation.promised,
            end <= min(due, promised)
        {
            return true
        }
        guard isCheap else { return false }
        if let due = reservation.due, now + policy.timeline.minimumRunTime > due { return false }
        return jobs[slot].evictors.isEmpty
            || !jobs[slot].evictors.contains(jobs[Int(reservation.slot)].spec.id)
    }

    /// Whether stopping a job costs little, whenever that will be.
    private func isCheapToStop(_ slot: Int) -> Bool {
        guard policy.timeline.preempts, jobs[slot].spec.preemptible,
            jobs[slot].spec.minimumRunTime == .zero,
            jobs[slot].evictions < policy.timeline.evictionsPerJob,
            jobs[slot].evictors.count < JobRecord.evictorsKept,
            let period = jobs[slot].spec.checkpointPeriod
        else { return false }
        return period + jobs[slot].spec.restartCost <= policy.timeline.cheapRestart
    }

    /// The place that a gang finds in a reservation; it is the same for all jobs of the gang class.
    private func slipPlace(_ places: inout SlipPlaces, in index: Int) -> [PlacedMember]? {
        if places.isKnown[index] { return places.found[index] }
        places.isKnown[index] = true
        places.found[index] = slipPlace(places.request, in: reservations[index])
        return places.found[index]
    }

    /// Members on what a reservation holds, and what is free beside it on the same nodes.
    private func slipPlace(
        _ request: GangRequest, in reservation: borrowing Reservation
    ) -> [PlacedMember]? {
        let role = request.roles[0]
        guard role.shape.request.devices == 0 || reservation.heldCount > 0 else { return nil }
        let wanted = Int(role.minimum)
        var home: DomainID?
        var kind: UInt8?
        var members: [PlacedMember] = []
        let order = reservation.byNode
        var start = 0
        while start < order.count {
            let node = reservation.members[order[start]].grant.node.index
            var end = start
            var held = FleetState.noDevices
            while end < order.count, reservation.members[order[end]].grant.node.index == node {
                held |= reservation.heldDevices[order[end]]
                end += 1
            }
            let parts = order[start..<end]
            start = end
            guard held != 0 || role.shape.request.devices == 0,
                role.shape.accepts(node, of: placer.fleet), placer.fleet.takesWork(node),
                !request.avoids(node), kind == nil || kind == placer.fleet.kind[node],
                isAtHome(node, request.topology, &home)
            else { continue }
            var own = FleetState.noDevices
            for part in parts { own |= reservation.members[part].grant.devices }
            let others = placer.fleet.claimed[node] & ~own
            var view = NodeForecast(node, of: placer.fleet, claimed: others)
            for part in parts { view.release(reservation.heldGrant(part)) }
            while members.count < wanted,
                let grant = view.take(role.shape.request, on: NodeID(node), preferring: held)
            {
                kind = placer.fleet.kind[node]
                members.append(PlacedMember(grant: grant, role: 0))
            }
            if members.count == wanted { return members }
        }
        return nil
    }

    /// Whether a node is in the domain where the gang has begun to be placed, if it must be in
    /// one.
    private func isAtHome(
        _ node: Int, _ topology: TopologyConstraint, _ home: inout DomainID?
    ) -> Bool {
        guard let level = topology.preference.requiredLevel else { return true }
        let domain =
            level == self.topology.host
            ? DomainID(node) : placer.fleet.domains[node][level.index]
        if home == nil { home = domain }
        return home == domain
    }

    /// Lets go what a reservation holds on a node.
    private mutating func letGo(_ index: Int32, on node: NodeID) {
        for claim in reservations.claims[node.index] where claim.reservation == index {
            letGo(index, Int(claim.member))
        }
    }

    /// Whether the quotas on the path of a tenant leave what members take.
    func quotaAllows(_ members: [PlacedMember], tenant: TenantID) -> Bool {
        guard quotaBinds else { return true }
        var milli = [Int64](repeating: 0, count: FleetLimits.acceleratorKinds)
        for member in members where member.grant.devices != 0 {
            milli[Int(placer.fleet.kind[member.grant.node.index])] += member.grant.gpuMilli
        }
        for kind in milli.indices where milli[kind] > 0 {
            if left(to: tenant, ofKind: kind).milli < milli[kind] { return false }
        }
        return true
    }
}

/// Where a gang could slip in, by the number of the reservation, as far as that was looked up.
private struct SlipPlaces {
    /// The gang.
    let request: GangRequest
    var isKnown: [Bool]
    var found: [[PlacedMember]?]

    init(request: GangRequest, _ count: Int) {
        self.request = request
        isKnown = [Bool](repeating: false, count: count)
        found = [[PlacedMember]?](repeating: nil, count: count)
    }
}

extension GangRequest {
    /// Whether the gang is of a form that is placed on what reservations hold: one role, without
    /// slices.
    fileprivate var maySlipIn: Bool {
        roles.count == 1 && topology.slice == nil && roles[0].minimum > 0
    }
}
