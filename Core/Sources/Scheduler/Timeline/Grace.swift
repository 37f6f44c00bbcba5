import FleetModel

extension Engine {
    /// Sees to a gang that hardware broke: it keeps what is left of its place, and goes on at once
    /// when spares are found for what it lost; else it waits for them before all others of its
    /// tenant until the grace time is over.
    ///
    /// `former` is where it stood; nothing of it is taken any more.
    mutating func regather(
        _ slot: Int, former: [PlacedMember], _ directives: inout [Directive]
    ) {
        let request = gangRequest(jobs[slot])
        let survivors = former.map { isUsable($0, by: slot, request) }
        guard jobs[slot].phase == .queued else { return }
        // Where somebody else put it, or nodes have moved, its topology wish may not be met.
        guard survivors.contains(true), !jobs[slot].standsAsIs else {
            goFirst(slot)
            return
        }
        for (member, isLeft) in zip(former, survivors) where isLeft {
            dropReservations(on: member.grant.node) { $0.devices & member.grant.devices != 0 }
        }
        var left: [PlacedMember] = []
        for (member, isLeft) in zip(former, survivors) where isLeft {
            guard placer.fleet.hasFree(member.grant) else {
                placer.putBack(left)
                return
            }
            placer.fleet.take(member.grant)
            left.append(member)
        }
        if left.count == former.count, quotaAllows(left, tenant: jobs[slot].spec.tenant) {
            start(slot, members: left, &directives)
            return
        }
        guard jobs[slot].spec.topology.slice == nil else {
            placer.putBack(left)
            displaced.append(Int32(slot))
            return
        }
        let spares = findSpares(slot, former: former, survivors: survivors)
        if let spares, quotaAllows(spares, tenant: jobs[slot].spec.tenant) {
            start(slot, members: spares, &directives)
            placer.counters.spares += 1
            return
        }
        placer.putBack(spares ?? left)
        goFirst(slot)
        guard policy.timeline.graceTime > .zero,
            reservations.count < Int(policy.timeline.reservations)
        else { return }
        reserve(
            Reservation(
                slot: slot, purpose: .grace, members: left, due: nil, madeAt: now,
                expiresAt: now + policy.timeline.graceTime))
        placer.counters.graces += 1
        bereft.append(Int32(slot))
    }

    /// Takes the places of others for what gangs have lost that broke in this input, and found
    /// neither spares nor another place.
    mutating func makeWayForBroken(_ directives: inout [Directive]) {
        let slots = bereft
        bereft.removeAll(keepingCapacity: true)
        for slot in slots {
            let slot = Int(slot)
            guard jobs.isTaken(slot), jobs[slot].phase == .queued, jobs[slot].hasReservation,
                reservations[Int(jobs[slot].reservation)].purpose == .grace
            else { continue }
            replaceLost(slot, &directives)
        }
    }

    /// Lets a broken gang have the next place before all others of its tenant and priority.
    private mutating func goFirst(_ slot: Int) {
        let spec = jobs[slot].spec
        yieldReservations(to: slot) {
            $0.spec.tenant == spec.tenant && $0.spec.priority <= spec.priority
        }
        displaced.append(Int32(slot))
    }

    /// Drops the reservations of waiting gangs that rank behind a job; they are made anew when it
    /// has its own.
    mutating func yieldReservations(to slot: Int, where ranksBehind: (JobRecord) -> Bool) {
        for index in reservations.indices {
            guard let entry = reservations.entry(Int32(index)), entry.purpose == .blocked,
                Int(entry.slot) != slot, jobs[Int(entry.slot)].urgency != .first,
                jobs[Int(entry.slot)].phase == .queued, ranksBehind(jobs[Int(entry.slot)])
            else { continue }
            dropReservation(of: Int(entry.slot))
        }
    }

    /// Whether a member could stand again where it stood.
    private func isUsable(_ member: PlacedMember, by slot: Int, _ request: GangRequest) -> Bool {
        let node = member.grant.node.index
        let unhealthy = placer.fleet.unhealthy[node]
        return placer.fleet.takesWork(node) && member.grant.devices & unhealthy == 0
            && !jobs[slot].suspects.contains(member.grant.node)
            && request.roles[Int(member.role)].shape.accepts(node, of: placer.fleet)
    }

    /// The whole gang with spares in the places of what was lost, all of it taken; nil, and nothing
    /// taken, when there are too few.
    private mutating func findSpares(
        _ slot: Int, former: [PlacedMember], survivors: [Bool]
    ) -> [PlacedMember]? {
        guard jobs[slot].spec.topology.slice == nil,
            let anchor = zip(former, survivors).first(where: { $0.1 })?.0
        else { return nil }
        let request = gangRequest(jobs[slot])
        var result = former
        var taken: [PlacedMember] = []
        for role in request.roles.indices {
            let lost = former.indices.filter {
                !survivors[$0] && former[$0].role == Int32(role)
            }
            let kept = former.indices.count {
                survivors[$0] && former[$0].role == Int32(role)
            }
            let least = max(0, Int(request.roles[role].minimum) - kept)
            guard !lost.isEmpty else { continue }
            let kind = placer.fleet.kind[former[lost[0]].grant.node.index]
            let spares = replace(
                request, role: role, around: anchor.grant.node, kind: kind, atLeast: least,
                atMost: lost.count)
            guard let spares else {
                placer.putBack(taken)
                return nil
            }
            taken += spares
            for (place, spare) in zip(lost, spares) { result[place] = spare }
            for place in lost.dropFirst(spares.count).reversed() { result[place].role = -1 }
        }
        return result.filter { $0.role >= 0 }
    }

    /// The same as ``extend``, but that nodes which are kept as spares are taken for no more than a
    /// gang needs.
    private mutating func replace(
        _ request: GangRequest, role: Int, around anchor: NodeID, kind: UInt8,
        atLeast least: Int, atMost most: Int
    ) -> [PlacedMember]? {
        let beside = request.besideSpares(of: placer.fleet)
        guard least < most, beside != request else {
            return extend(
                request, role: role, around: anchor, kind: kind, atLeast: least, atMost: most)
        }
        let found =
            extend(beside, role: role, around: anchor, kind: kind, atLeast: 0, atMost: most) ?? []
        let lacking = least - found.count
        guard lacking > 0 else { return found }
        guard
            let rest = extend(
                request, role: role, around: anchor, kind: kind, atLeast: lacking,
                atMost: lacking)
        else {
            placer.putBack(found)
            return nil
        }
        return found + rest
    }

    /// Tries again to complete broken gangs whose grace time is not over.
    mutating func retryGraces(_ directives: inout [Directive]) {
        for index in reservations.indices {
            guard let entry = reservations.entry(Int32(index)), entry.purpose == .grace else {
                continue
            }
            retryGrace(Int(entry.slot), &directives)
        }
    }

    private mutating func retryGrace(_ slot: Int, _ directives: inout [Directive]) {
        let entry = reservations[Int(jobs[slot].reservation)]
        guard jobs[slot].phase == .queued, entry.missing == 0,
            let former = lostPlaces(slot, entry)
        else { return }
        let survivors =
            [Bool](repeating: true, count: entry.members.count)
            + [Bool](repeating: false, count: former.count - entry.members.count)
        guard let members = findSpares(slot, former: former, survivors: survivors) else {
            return
        }
        guard quotaAllows(members, tenant: jobs[slot].spec.tenant) else {
            placer.putBack(Array(members.dropFirst(entry.members.count)))
            return
        }
        convertReservation(of: slot)
        start(slot, members: members, &directives)
        placer.counters.spares += 1
    }

    /// The members of a reservation, and one stand-in for every member that each role still needs.
    private func lostPlaces(_ slot: Int, _ entry: Reservation) -> [PlacedMember]? {
        guard let anchor = entry.members.first else { return nil }
        var result = entry.members
        for (index, role) in jobs[slot].spec.roles.enumerated() {
            let kept = entry.members.count { $0.role == Int32(index) }
            let like = entry.members.first { $0.role == Int32(index) } ?? anchor
            for _ in kept..<max(kept, Int(role.minimum)) {
                result.append(PlacedMember(grant: like.grant, role: Int32(index)))
            }
        }
        return result
    }

    /// Turns what a reservation holds into allocations that the caller starts a job on.
    mutating func convertReservation(of slot: Int) {
        let index = jobs[slot].reservation
        for member in reservations[Int(index)].members.indices { forgetHeld(index, member) }
        let converted = reservations.remove(index)
        noteClaims(on: converted.members)
        jobs[slot].reservation = -1
        wantsReservations = true
    }

    /// Takes the places of others for what a broken gang lost, where it may.
    private mutating func replaceLost(_ slot: Int, _ directives: inout [Directive]) {
        guard policy.timeline.preempts, jobs[slot].spec.roles.count == 1,
            jobs[slot].spec.topology.slice == nil
        else { return }
        let entry = reservations[Int(jobs[slot].reservation)]
        let missing = jobs[slot].spec.roles[0].minimum - Int32(entry.members.count)
        guard missing > 0, let anchor = entry.members.first else { return }
        var request = gangRequest(jobs[slot])
        request.roles[0].minimum = missing
        request.roles[0].maximum = missing
        let within = requiredRange(around: anchor.grant.node, request.topology)
        if within != nil { request.topology.preference = .closest }
        var shape = request.roles[0].shape
        if shape.request.devices > 0 {
            let kind = placer.fleet.kind[anchor.grant.node.index]
            shape.kinds = AcceleratorKindSet(bits: 1 << UInt64(kind))
        }
        var search = PlaceSearch(
            request: request, shape: shape, asker: asker(slot), scope: .now, within: within)
        guard let plan = search.run(&self) else { return }
        dropReservation(of: slot)
        reserve(entry.members + plan.members, for: slot, due: now)
        makeWay(for: jobs[slot].reservation, inTurn: true, &directives)
    }

    /// Positions of the domain that binds a gang around one of its nodes; nil when none does.
    private mutating func requiredRange(
        around node: NodeID, _ topology: TopologyConstraint
    ) -> Range<Int>? {
        guard let level = topology.preference.requiredLevel else { return nil }
        placer.refreshTree()
        let position = Int(placer.tree.positionOf[node.index])
        guard level.index < placer.tree.levelRanges.count else {
            return position..<(position + 1)
        }
        return placer.tree.positions(
            placer.tree.domain(ofPosition: position, level: level.index))
    }
}
