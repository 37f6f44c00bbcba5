import FleetModel

extension Engine {
    /// Moves cheap work elsewhere for gangs with a reservation, and for single jobs, that wait
    /// although enough is free in pieces; a few in every review. Nothing is moved that cannot go on
    /// at once in its new place.
    mutating func consolidate(_ directives: inout [Directive]) {
        guard policy.timeline.preempts else { return }
        var left = Engine.movesPerReview
        for index in reservations.indices where left > 0 {
            guard let entry = reservations.entry(Int32(index)), entry.purpose == .blocked,
                entry.missing > 0, jobs[Int(entry.slot)].phase == .queued,
                !isBeingCleared(entry)
            else { continue }
            let need = jobs[Int(entry.slot)].spec.minimumGPUMilli
            guard need > 0, need <= freeAndHeld(for: entry) else { continue }
            left -= 1
            consolidate(for: Int(entry.slot), &directives)
        }
        guard left > 0, reservations.count < Int(policy.timeline.reservations) else { return }
        for slot in scatteredOut().prefix(left) { consolidate(for: slot, &directives) }
    }

    private static let movesPerReview = 2

    /// Jobs of one member that find no node for several devices though as many are free: the first
    /// of each class, in the order of the queue.
    private mutating func scatteredOut() -> [Int] {
        var found: [(place: QueuePlace, slot: Int)] = []
        for gang in room.gangsWaiting where chance(ofGang: Int(gang)) == .possible {
            let need = room.gangs[Int(gang)].minimumGPUMilli
            guard room.gangs[Int(gang)].request.minimumMembers == 1, need > 1000,
                need <= free(room.gangs[Int(gang)].kinds, for: room.gangs[Int(gang)].request)
            else { continue }
            for index in room.gangs[Int(gang)].waiting {
                let waitClass = room.classes[Int(index)]
                guard let first = waitClass.queue.first, !jobs[Int(first.slot)].hasReservation
                else { continue }
                let place = QueuePlace(
                    priority: waitClass.priority, urgency: waitClass.urgency, order: first.order)
                found.append((place, Int(first.slot)))
            }
        }
        found.sort { $0.place.precedes($1.place) }
        return found.map(\.slot)
    }

    /// What is free of some kinds, in thousandths of devices, but for spares that are kept from a
    /// gang.
    private func free(_ kinds: UInt64, for request: GangRequest) -> Int64 {
        var free = (0..<FleetLimits.acceleratorKinds).map { placer.fleet.freeMilli[$0] }
        if let shape = request.roles.first?.shape { takeOutSpares(kept: shape, &free) }
        var sum: Int64 = 0
        for kind in free.indices where kinds & (1 << UInt64(kind)) != 0 { sum += free[kind] }
        return sum
    }

    /// What of the kinds that a gang accepts is free or held by its own reservation.
    private func freeAndHeld(for entry: Reservation) -> Int64 {
        let request = gangRequest(jobs[Int(entry.slot)])
        var sum = free(request.kinds.bits & kindsPresent, for: request)
        for member in entry.members.indices { sum += entry.heldGrant(member).gpuMilli }
        return sum
    }

    /// Makes room for one gang by moving others. Says whether it did.
    @discardableResult
    mutating func consolidate(for slot: Int, _ directives: inout [Directive]) -> Bool {
        let old = jobs[slot].hasReservation ? reservations.entry(jobs[slot].reservation) : nil
        dropReservation(of: slot)
        let request = gangRequest(jobs[slot])
        if request.roles.count == 1, request.roles[0].minimum > 0 {
            var asker = asker(slot)
            asker.isMoving = true
            var search = PlaceSearch(
                request: request, shape: request.roles[0].shape, asker: asker, scope: .now)
            if isUniform(request), let plan = search.run(&self),
                quotaAllows(plan.members, tenant: asker.tenant), let moves = moves(for: plan)
            {
                move(moves, for: slot, to: plan, &directives)
                return true
            }
        }
        if let old { reserve(old.renewed(due: old.due)) }
        return false
    }

    /// Whether one shape will do for all members.
    private func isUniform(_ request: GangRequest) -> Bool {
        let kinds = request.roles[0].shape.kinds.bits & kindsPresent
        return request.roles[0].minimum == 1 || kinds & (kinds &- 1) == 0
    }

    /// New places for all victims of a plan, when each of them has one.
    private mutating func moves(
        for plan: PlacePlan
    ) -> [(slot: Int, members: [PlacedMember])]? {
        let mark = placer.fleet.checkpoint()
        defer { placer.fleet.rollback(to: mark) }
        for victim in plan.victims { placer.putBack(jobs[Int(victim)].members) }
        for member in plan.members {
            guard placer.fleet.hasFree(member.grant) else { return nil }
            placer.fleet.take(member.grant)
        }
        var moves: [(slot: Int, members: [PlacedMember])] = []
        let order = plan.victims.sorted {
            let (a, b) = (jobs[Int($0)].heldMilli, jobs[Int($1)].heldMilli)
            return a != b ? a > b : $0 < $1
        }
        for victim in order {
            // Who is moved for others takes no spare for it.
            let request = gangRequest(jobs[Int(victim)]).besideSpares(of: placer.fleet)
            guard let members = placer.place(request) else { return nil }
            moves.append((Int(victim), members))
        }
        return moves
    }

    private mutating func move(
        _ moves: [(slot: Int, members: [PlacedMember])], for asker: Int, to plan: PlacePlan,
        _ directives: inout [Directive]
    ) {
        reserve(plan.members, for: asker, due: now)
        for (slot, members) in moves {
            guard reservations.count < 2 * Int(policy.timeline.reservations) else { break }
            reserve(
                Reservation(
                    slot: slot, purpose: .move, members: members, due: now, madeAt: now,
                    expiresAt: now + policy.timeline.graceTime))
        }
        for (slot, _) in moves {
            evict(slot, .move, by: jobs[asker].spec.id, &directives)
        }
    }
}

/// Where a job stands among others of all tenants.
private struct QueuePlace {
    var priority: Int32
    var urgency: Urgency
    var order: Int64

    func precedes(_ other: QueuePlace) -> Bool {
        if priority != other.priority { return priority > other.priority }
        return urgency != other.urgency ? urgency < other.urgency : order < other.order
    }
}
