import FleetModel

extension Engine {
    /// Stops everything that stands on a reserved place, if all of it makes way. Says whether the
    /// place is, or will be, free.
    ///
    /// Gangs make way in turn only where `inTurn` says so: in a place that was chosen because that
    /// costs least. A reservation that a quota would refuse when all have left is given up instead:
    /// they would be stopped in vain, and again and again.
    @discardableResult
    mutating func makeWay(
        for index: Int32, inTurn: Bool = false, _ directives: inout [Directive]
    ) -> Bool {
        guard let reservation = reservations.entry(index), reservation.missing > 0 else {
            return true
        }
        guard let victims = victims(of: reservation, inTurn: inTurn) else { return false }
        guard victims.isEmpty || quotaWillAllow(reservation) else {
            dropReservation(of: Int(reservation.slot))
            return false
        }
        // Nobody slips in any more who would have to leave at once.
        reservations[Int(index)].due = now
        let id = jobs[Int(reservation.slot)].spec.id
        for (slot, right) in victims { evict(slot, right, by: id, &directives) }
        return true
    }

    /// Whether quotas allow a reserved place once all that stand on it have left.
    private mutating func quotaWillAllow(_ reservation: Reservation) -> Bool {
        guard quotaBinds else { return true }
        let known = quota
        let mark = placer.fleet.checkpoint()
        var seen: Set<Int32> = []
        for member in reservation.members.indices where !reservation.isHeld(member) {
            for slot in blockers(of: reservation, member) where seen.insert(slot).inserted {
                charge(jobs[Int(slot)].members, of: Int(slot), sign: -1)
                placer.putBack(jobs[Int(slot)].members)
            }
        }
        let tenant = jobs[Int(reservation.slot)].spec.tenant
        let isAllowed = quotaAllows(reservation.members, tenant: tenant)
        placer.fleet.rollback(to: mark)
        quota = known
        return isAllowed
    }

    /// Who must be stopped so that a reserved place becomes free, beside those that stop already;
    /// nil when somebody may not be.
    private func victims(
        of reservation: Reservation, inTurn: Bool
    ) -> [(slot: Int, right: Right)]? {
        var asker = asker(Int(reservation.slot))
        var victims: [(slot: Int, right: Right)] = []
        var seen: Set<Int32> = []
        for member in reservation.members.indices where !reservation.isHeld(member) {
            for slot in blockers(of: reservation, member) where !seen.contains(slot) {
                seen.insert(slot)
                if jobs[Int(slot)].phase == .stopping { continue }
                guard let right = right(of: &asker, over: Int(slot)), inTurn || right != .turn
                else { return nil }
                if right == .reclaim { spend(Int(slot), of: &asker) }
                victims.append((Int(slot), right))
            }
        }
        let losers = victims.filter { $0.right == .turn }.map(\.slot)
        return totalLoss(of: losers) <= asker.lossLimit ? victims : nil
    }

    /// Whether a reservation that holds more than before will have its place cleared in this input.
    mutating func isAboutToBeCleared(_ index: Int32) -> Bool {
        guard let place = changedHolds.firstIndex(of: index) else { return false }
        let reservation = reservations[Int(index)]
        if reservation.purpose == .blocked, victims(of: reservation, inTurn: false) != nil {
            return true
        }
        changedHolds.remove(at: place)
        return false
    }

    /// Stops what is left in the way of reservations that hold more than before. Nobody is stopped
    /// for a gang that is only moved.
    mutating func makeWayForHolds(_ directives: inout [Directive]) {
        let changed = changedHolds
        changedHolds.removeAll(keepingCapacity: true)
        for index in changed where reservations.entry(index)?.purpose == .blocked {
            makeWay(for: index, &directives)
        }
    }

    /// What gangs lose that are stopped now, in thousandths of GPU-seconds; saturates.
    func totalLoss(of slots: [Int]) -> Int64 {
        slots.reduce(0) { $0.addingSaturated(jobs[$1].loss(at: now).total) }
    }

    /// Whether all who stand on a reserved place stop already: elsewhere the gang would have had
    /// them stopped in vain.
    func isBeingCleared(_ reservation: Reservation) -> Bool {
        victims(of: reservation, inTurn: false)?.isEmpty ?? false
    }

    /// Who holds what a reservation lacks of one member.
    func blockers(of reservation: Reservation, _ member: Int) -> [Int32] {
        let grant = reservation.members[member].grant
        let lacking = grant.devices & ~reservation.heldDevices[member]
        let missing = grant.host - reservation.heldHost[member]
        var slots: [Int32] = []
        for holder in holders[grant.node.index] where !slots.contains(holder.slot) {
            let held = jobs[Int(holder.slot)].members[Int(holder.member)].grant
            let isInTheWay =
                lacking == 0 ? held.host.sharesSome(of: missing) : held.devices & lacking != 0
            if isInTheWay { slots.append(holder.slot) }
        }
        return slots
    }

    /// Stops a gang for another one.
    mutating func evict(
        _ slot: Int, _ right: Right, by asker: JobID, _ directives: inout [Directive]
    ) {
        jobs[slot].evictors.append(asker)
        switch right {
        case .rank, .turn:
            jobs[slot].evictions += 1
            placer.counters.evictions += 1
        case .slippedIn: placer.counters.evictions += 1
        case .reclaim: placer.counters.reclaims += 1
        case .cell:
            jobs[slot].wasCalledBack = true
            placer.counters.cellCalls += 1
        case .move:
            jobs[slot].evictions += 1
            placer.counters.moves += 1
        }
        stop(slot, reason: .preemption, then: .requeue(.preemption), &directives)
    }

    /// Takes the places of others for jobs that have just begun to wait, where they may.
    mutating func makeWayForNewcomers(_ directives: inout [Directive]) {
        let waiting = newcomers
        newcomers.removeAll(keepingCapacity: true)
        for slot in waiting where mayOutrank(Int(slot)) {
            if takePlace(Int(slot), &directives) { continue }
            takeOwedReservations(Int(slot), &directives)
        }
    }

    /// Takes what others have reserved of what the job's tenant is owed, but not from those that
    /// have waited too long: a stream of owed work would hold them back for ever.
    private mutating func takeOwedReservations(
        _ slot: Int, _ directives: inout [Directive]
    ) {
        guard quota.hasGuarantees, reservations.count > 0, jobs.isTaken(slot),
            jobs[slot].phase == .queued, !jobs[slot].hasReservation,
            jobs[slot].waitClass >= 0, isOwed(slot)
        else { return }
        let asker = asker(slot)
        var behind: [JobID] = []
        for index in reservations.indices {
            let other = Int(reservations[index].slot)
            guard jobs[other].spec.tenant != asker.tenant, !isOverdue(other),
                let node = reservations[index].members.first?.grant.node,
                placer.fleet.kind[node.index] != FleetState.noKind,
                owes(asker, other, kind: Int(placer.fleet.kind[node.index]))
            else { continue }
            behind.append(jobs[other].spec.id)
        }
        guard !behind.isEmpty else { return }
        yieldReservations(to: slot) { behind.contains($0.spec.id) }
        takePlace(slot, &directives)
    }

    /// Whether a job could have the place of a running one at once: by priority, by what its tenant
    /// is owed, or from elastic gangs.
    private func mayOutrank(_ slot: Int) -> Bool {
        guard jobs.isTaken(slot) else { return false }
        if !elasticSlots.isEmpty || !cells.isEmpty { return true }
        if let lowest = runningPriorities.lowest, lowest < jobs[slot].spec.priority { return true }
        return quota.hasGuarantees && jobs[slot].waitClass >= 0
            && isOwed(slot)
    }

    /// Whether some tenant on the path stays within its guarantee with the job.
    private func isOwed(_ slot: Int) -> Bool {
        let gang = Int(room.classes[Int(jobs[slot].waitClass)].gang)
        var tenant = jobs[slot].spec.tenant.index
        while tenant >= 0 {
            if fitsGuarantee(of: tenant, gang: gang) { return true }
            tenant = Int(quota.parent[tenant])
        }
        return false
    }

    /// Reserves a place whose occupants make way at once, and stops them. Says whether it did.
    @discardableResult
    mutating func takePlace(_ slot: Int, _ directives: inout [Directive]) -> Bool {
        guard jobs.isTaken(slot), jobs[slot].phase == .queued, !jobs[slot].hasReservation,
            jobs[slot].waitClass >= 0, reservations.count < Int(policy.timeline.reservations),
            room.classes[Int(jobs[slot].waitClass)].state == .waiting
        else { return false }
        let gang = Int(room.classes[Int(jobs[slot].waitClass)].gang)
        guard chance(ofGang: gang) == .possible else { return false }
        if shrinkOthers(for: slot, &directives) { return true }
        guard policy.timeline.preempts, let plan = plan(for: slot, scope: .now) else {
            return false
        }
        reserve(plan.members, for: slot, due: plan.due)
        makeWay(for: jobs[slot].reservation, inTurn: true, &directives)
        return true
    }
}
