import FleetModel

extension Engine {
    /// Whether the policy looks ahead.
    var hasTimeline: Bool { policy.queueOrder == .muster }

    /// Reserves a place for a job and holds what of it is free.
    mutating func reserve(_ reservation: Reservation) {
        let slot = Int(reservation.slot)
        precondition(jobs[slot].reservation < 0, "a second reservation for one job")
        let index = reservations.insert(reservation)
        jobs[slot].reservation = index
        placer.counters.reservations += 1
        for member in reservation.members.indices { hold(index, member) }
        noteClaims(on: reservation.members)
        noteIfComplete(index)
    }

    /// Reserves a place for a gang that waits.
    mutating func reserve(_ members: [PlacedMember], for slot: Int, due: Instant?) {
        reserve(
            Reservation(slot: slot, purpose: .blocked, members: members, due: due, madeAt: now))
    }

    /// Gives a reservation up and returns what it holds.
    mutating func dropReservation(of slot: Int) {
        let index = jobs[slot].reservation
        guard index >= 0 else { return }
        jobs[slot].reservation = -1
        for member in reservations[Int(index)].members.indices { letGo(index, member) }
        let dropped = reservations.remove(index)
        noteClaims(on: dropped.members)
        complete.removeAll { $0 == index }
        wantsReservations = true
        for member in dropped.members { absorb(on: member.grant.node) }
    }

    /// Tells the fleet what reservations count on where these members stand.
    mutating func noteClaims(on members: [PlacedMember]) {
        var last = -1
        for member in members where member.grant.node.index != last {
            last = member.grant.node.index
            placer.fleet.setClaimed(last, reservations.claimedDevices(last))
        }
    }

    /// Lets reservations hold what became free on a node.
    mutating func absorb(on node: NodeID) {
        guard reservations.isClaimed(node.index) else { return }
        for claim in reservations.claims[node.index] {
            let index = claim.reservation
            guard !reservations[Int(index)].isHeld(Int(claim.member)) else { continue }
            hold(index, Int(claim.member))
            noteIfComplete(index)
            changedHolds.append(index)
        }
    }

    /// Gives every reservation up that counts on hardware that `isLost`.
    mutating func dropReservations(on node: NodeID, where isLost: (Grant) -> Bool) {
        guard reservations.isClaimed(node.index) else { return }
        for claim in reservations.claims[node.index] {
            guard let entry = reservations.entry(claim.reservation),
                isLost(entry.members[Int(claim.member)].grant)
            else { continue }
            dropReservation(of: Int(entry.slot))
            if entry.purpose == .blocked { displaced.append(entry.slot) }
        }
    }

    /// Gives gangs that lost their reservation another one before anybody else takes what it held.
    /// Nobody makes way yet, as they may still start elsewhere.
    mutating func replaceDisplaced() {
        let slots = displaced
        displaced.removeAll(keepingCapacity: true)
        for slot in slots {
            let slot = Int(slot)
            guard jobs.isTaken(slot), jobs[slot].phase == .queued,
                !jobs[slot].hasReservation,
                room.classes[Int(jobs[slot].waitClass)].state == .waiting,
                let plan = plan(for: slot, scope: .anyTime)
            else { continue }
            reserve(plan.members, for: slot, due: plan.due)
            changedHolds.append(jobs[slot].reservation)
        }
    }

    /// Starts queued gangs whose places are complete.
    mutating func startReserved(_ directives: inout [Directive]) {
        while let index = complete.popLast() {
            guard let reservation = reservations.entry(index),
                reservation.missing == 0
            else { continue }
            let slot = Int(reservation.slot)
            guard jobs[slot].phase == .queued else { continue }
            guard quotaAllows(reservation.members, tenant: jobs[slot].spec.tenant) else {
                dropReservation(of: slot)
                continue
            }
            let members = reservation.members
            convertReservation(of: slot)
            start(slot, members: members, &directives)
            placer.counters.reservedStarts += 1
        }
    }

    /// Holds what is free of a member.
    private mutating func hold(_ index: Int32, _ member: Int) {
        let grant = reservations[Int(index)].members[member].grant
        let node = grant.node.index
        guard placer.fleet.takesWork(node) else { return }
        let heldDevices = reservations[Int(index)].heldDevices[member]
        let heldHost = reservations[Int(index)].heldHost[member]
        let offset = Int(placer.fleet.deviceOffset[node])
        var new: UInt64 = 0
        var rest = grant.devices & ~heldDevices & ~placer.fleet.unhealthy[node]
        while rest != 0 {
            let device = rest.trailingZeroBitCount
            rest &= rest - 1
            if Int32(placer.fleet.deviceFree[offset + device]) >= grant.deviceMilli {
                new |= 1 << UInt64(device)
            }
        }
        let host = (grant.host - heldHost).clamped(to: placer.fleet.hostFree[node].clampedToZero)
        guard new != 0 || host != .zero else { return }
        placer.fleet.take(
            Grant(node: grant.node, deviceMilli: grant.deviceMilli, devices: new, host: host))
        reservations.setHeld(
            index, member: member, devices: heldDevices | new, host: heldHost + host,
            kind: placer.fleet.kind[node])
    }

    /// Returns what is held of a member.
    mutating func letGo(_ index: Int32, _ member: Int) {
        let grant = reservations[Int(index)].heldGrant(member)
        guard grant.devices != 0 || grant.host != .zero else { return }
        forgetHeld(index, member)
        placer.fleet.putBack(grant)
    }

    /// Counts what is held of a member as held no more; it stays taken.
    mutating func forgetHeld(_ index: Int32, _ member: Int) {
        let node = reservations[Int(index)].members[member].grant.node.index
        reservations.setHeld(
            index, member: member, devices: 0, host: .zero, kind: placer.fleet.kind[node])
    }

    private mutating func noteIfComplete(_ index: Int32) {
        let isGrace = reservations[Int(index)].purpose == .grace
        if !isGrace, reservations[Int(index)].missing == 0, !complete.contains(index) {
            complete.append(index)
        }
    }
}

extension Grant {
    /// Thousandths of GPUs that it takes.
    var gpuMilli: Int64 { Int64(devices.nonzeroBitCount) * Int64(deviceMilli) }
}
