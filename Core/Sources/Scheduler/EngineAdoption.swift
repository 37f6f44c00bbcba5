import FleetModel

extension Engine {
    /// Takes a gang in that runs already, at places that somebody else has chosen.
    ///
    /// What reservations counted on there goes; quotas are charged whether or not they allow it.
    mutating func adopt(
        _ spec: JobSpec, _ attempt: Attempt, _ places: [MemberPlacement],
        _ directives: inout [Directive]
    ) {
        if let reason = rejection(of: spec) {
            directives.append(.reject(spec.id, reason))
            return
        }
        guard attempt.rawValue > 0, spec.dependencies.isEmpty, hasCounts(spec, places),
            let members = adoptable(spec, places)
        else {
            directives.append(.reject(spec.id, .misplaced))
            return
        }
        for member in members { dropReservations(on: member.grant.node) { _ in true } }
        // It has begun, so it waits for no time and for nobody's release any more.
        var begun = spec
        begun.notBefore = nil
        begun.held = false
        let slot = jobs.insert(
            JobRecord(spec: begun, order: nextOrder, submittedAt: now, isHeld: false))
        nextOrder += 1
        for role in spec.roles {
            placer.observe(Shape(role, pools: spec.pools), members: Int64(role.minimum))
        }
        for member in members { placer.fleet.takeAsIs(member.grant) }
        jobs[slot].phase = .running
        jobs[slot].attempt = attempt
        jobs[slot].startedAt = now
        jobs[slot].standsAsIs = true
        jobs[slot].members = members
        notePlaced(slot)
        noteElastic(slot)
        charge(slot, sign: 1)
        if let limit = spec.timeLimit {
            directives.append(.wake(at: now + limit, token: token(slot, .timeLimit)))
        }
    }

    /// Whether every role has as many members as it may.
    private func hasCounts(_ spec: JobSpec, _ places: [MemberPlacement]) -> Bool {
        guard places.allSatisfy({ spec.roles.indices.contains(Int($0.role)) }) else {
            return false
        }
        return spec.roles.indices.allSatisfy { role in
            let count = places.count { $0.role == Int32(role) }
            return (Int(spec.roles[role].minimum)...Int(spec.roles[role].maximum)).contains(count)
        }
    }

    /// The members with what they hold; nil when a node is not there, or devices are not, or are
    /// not free. Whether devices are in service is not asked: somebody runs on them.
    private mutating func adoptable(
        _ spec: JobSpec, _ places: [MemberPlacement]
    ) -> [PlacedMember]? {
        var members: [PlacedMember] = []
        // Members of one gang may stand on one node, so each is taken before the next is judged.
        // What reservations hold is as good as free.
        let mark = placer.fleet.checkpoint()
        defer { placer.fleet.rollback(to: mark) }
        for entry in reservations.all {
            for member in entry.members.indices { placer.fleet.putBack(entry.heldGrant(member)) }
        }
        for place in places {
            guard isPresent(place.node) else { return nil }
            let request = spec.roles[Int(place.role)].request
            let all = FleetState.mask(placer.fleet.deviceCount[place.node.index])
            guard place.devices & ~all == 0,
                place.devices.nonzeroBitCount == Int(request.devices)
            else { return nil }
            let grant = Grant(
                node: place.node, deviceMilli: request.deviceMilli, devices: place.devices,
                host: request.host)
            guard placer.fleet.hasFreeDevices(grant) else { return nil }
            placer.fleet.take(grant)
            members.append(PlacedMember(grant: grant, role: place.role))
        }
        return members
    }
}
