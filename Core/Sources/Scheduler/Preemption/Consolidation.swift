import FleetModel

extension Engine {
    /// Moves cheap work elsewhere for gangs that wait although enough is free in pieces; a few in
    /// every review. Nothing is moved that cannot go on at once in its new place.
    mutating func consolidate(_ directives: inout [Directive]) {
        guard policy.timeline.preempts else { return }
        var left = Engine.movesPerReview
        for index in reservations.indices where left > 0 {
            guard let entry = reservations.entry(Int32(index)), entry.purpose == .blocked,
                entry.missing > 0, jobs[Int(entry.slot)].phase == .queued
            else { continue }
            let need = jobs[Int(entry.slot)].spec.minimumGPUMilli
            guard need > 0, need <= freeAndHeld(for: entry) else { continue }
            left -= 1
            consolidate(for: Int(entry.slot), &directives)
        }
    }

    private static let movesPerReview = 2

    /// What of the kinds that a gang accepts is free or held by its own reservation.
    private func freeAndHeld(for entry: Reservation) -> Int64 {
        var sum: Int64 = 0
        let kinds = gangRequest(jobs[Int(entry.slot)]).kinds.bits & kindsPresent
        for kind in 0..<FleetLimits.acceleratorKinds where kinds & (1 << UInt64(kind)) != 0 {
            sum += placer.fleet.freeMilli[kind]
        }
        for member in entry.members.indices { sum += entry.heldGrant(member).gpuMilli }
        return sum
    }

    /// Makes room for one gang by moving others. Says whether it did.
    @discardableResult
    mutating func consolidate(for slot: Int, _ directives: inout [Directive]) -> Bool {
        let old = reservations[Int(jobs[slot].reservation)]
        dropReservation(of: slot)
        let request = gangRequest(jobs[slot])
        if request.roles.count == 1, request.roles[0].minimum > 0 {
            var asker = asker(slot)
            asker.isMoving = true
            var search = PlaceSearch(
                request: request, shape: request.roles[0].shape, asker: asker, scope: .now)
            if isUniform(request), let plan = search.run(&self),
                let moves = moves(for: plan)
            {
                move(moves, for: slot, to: plan, &directives)
                return true
            }
        }
        reserve(old.renewed(due: old.due))
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
            guard let members = placer.place(gangRequest(jobs[Int(victim)])) else { return nil }
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
