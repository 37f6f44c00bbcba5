import FleetModel

extension Engine {
    /// Reserves places for gangs that wait, or asks for a wake-up to do so where that takes long.
    mutating func reserveForBlocked(_ directives: inout [Directive]) {
        guard wantsReservations, reservations.count < Int(policy.timeline.reservations) else {
            return
        }
        if placedSlots.count + placer.fleet.nodeCount <= Int(policy.timeline.promptSteps) {
            reserveForBlocked(searches: Engine.reservationsPerCycle, &directives)
        } else {
            askForPlanning(at: max(now, plannedAt + Engine.planningPause))
        }
    }

    /// The least time between two wake-ups for plans, but for those that go on with the last.
    private static let planningPause = TimeSpan.seconds(1)

    private mutating func askForPlanning(at time: Instant) {
        guard !isPlanningAsked else { return }
        isPlanningAsked = true
        askToBeWoken(at: time, for: .planning)
    }

    /// Reserves a place for one gang that waits, and asks to go on if there are more.
    mutating func planAhead(_ directives: inout [Directive]) {
        guard isPlanningAsked else { return }
        isPlanningAsked = false
        plannedAt = now
        if wantsReservations, reservations.count < Int(policy.timeline.reservations),
            plannedInVain.count < Int(policy.timeline.reservations),
            reserveForBlocked(searches: 1, isPlanning: true, &directives)
        {
            askForPlanning(at: now)
        } else {
            plannedInVain.removeAll(keepingCapacity: true)
        }
    }

    /// Reserves places for the first gangs of every leaf that wait, as far as the policy's limits
    /// and a number of searches go. Says whether there is more to do.
    @discardableResult
    private mutating func reserveForBlocked(
        searches: Int, isPlanning: Bool = false, _ directives: inout [Directive]
    ) -> Bool {
        wantsReservations = false
        var counts: [TenantID: Int32] = [:]
        for entry in reservations.all where entry.purpose == .blocked {
            counts[jobs[Int(entry.slot)].spec.tenant, default: 0] += 1
        }
        let broken = brokenGangs()
        var candidates = blockedCandidates().filter { candidate in
            candidate.isBroken
                || !broken.contains {
                    $0.tenant == candidate.tenant && $0.priority >= candidate.priority
                }
        }
        candidates.sort { $0.precedes($1) }
        var made = 0
        for candidate in candidates {
            guard counts[candidate.tenant, default: 0] < policy.timeline.reservationsPerTenant,
                reservations.count < Int(policy.timeline.reservations)
            else { continue }
            guard made < searches else {
                wantsReservations = true
                return true
            }
            let slot = Int(candidate.slot)
            if plannedInVain.contains(candidate.slot) { continue }
            made += 1
            counts[candidate.tenant, default: 0] += 1
            if shrinkOthers(for: slot, &directives) { continue }
            guard let plan = plan(for: slot, scope: .anyTime) else {
                // Those behind an overdue gang would go on taking its place bit by bit.
                if candidate.isFirst, reservations.count > 0 {
                    wantsReservations = true
                    return false
                }
                if isPlanning { plannedInVain.append(candidate.slot) }
                continue
            }
            reserve(plan.members, for: slot, due: plan.due)
            makeWay(for: jobs[slot].reservation, &directives)
        }
        return false
    }

    /// Searches for a place in one cycle.
    static let reservationsPerCycle = 2

    /// Broken gangs that wait for spares: none of their tenant gets a place before them.
    private func brokenGangs() -> [(tenant: TenantID, priority: Int32)] {
        var result: [(tenant: TenantID, priority: Int32)] = []
        for entry in reservations.all where entry.purpose == .grace {
            let spec = jobs[Int(entry.slot)].spec
            result.append((spec.tenant, spec.priority))
        }
        return result
    }

    /// A job that may get a reservation.
    private struct Candidate {
        var slot: Int32
        var tenant: TenantID
        var priority: Int32
        var isFirst: Bool
        var isBroken: Bool
        var size: Int64
        var since: Instant
        var order: Int64

        func precedes(_ other: Candidate) -> Bool {
            if priority != other.priority { return priority > other.priority }
            if isBroken != other.isBroken { return isBroken }
            if isFirst != other.isFirst { return isFirst }
            if isFirst, since != other.since { return since < other.since }
            if isFirst { return order < other.order }
            return size != other.size ? size > other.size : order < other.order
        }
    }

    /// Of every class of jobs that wait for room, the first ones without a reservation.
    private mutating func blockedCandidates() -> [Candidate] {
        var result: [Candidate] = []
        let takesTurns = policy.timeline.preempts && policy.timeline.youngSpan > .zero
        for gang in room.gangsWaiting where chance(ofGang: Int(gang)) == .possible {
            let request = room.gangs[Int(gang)].request
            // One member finds a place by taking turns, as long as there are turns.
            let isWide = takesTurns ? request.minimumMembers > 1 : request.isWide
            for index in room.gangs[Int(gang)].waiting {
                let waitClass = room.classes[Int(index)]
                guard waitClass.urgency < .old || !policy.timeline.preempts else { continue }
                let most = min(
                    waitClass.queue.count, Int(policy.timeline.reservationsPerTenant) * 2)
                for place in 0..<most {
                    let entry = waitClass.queue[place]
                    guard !jobs[Int(entry.slot)].hasReservation,
                        isWide || isOverdue(Int(entry.slot))
                    else { continue }
                    result.append(
                        Candidate(
                            slot: entry.slot, tenant: jobs[Int(entry.slot)].spec.tenant,
                            priority: waitClass.priority,
                            isFirst: waitClass.urgency == .first || isOverdue(Int(entry.slot)),
                            isBroken: waitClass.urgency == .first,
                            size: request.sizeClass, since: jobs[Int(entry.slot)].waitsSince,
                            order: entry.order))
                }
            }
        }
        return result
    }
}

extension GangRequest {
    /// Whether smaller work can keep it from ever finding room by taking it bit by bit.
    var isWide: Bool {
        minimumMembers > 1 || roles.contains { $0.minimum > 0 && $0.shape.request.devices > 1 }
    }

    /// The power of two below its size in devices.
    var sizeClass: Int64 {
        let devices = minimumGPUMilli / 1000
        return devices <= 0 ? 0 : Int64(63 - devices.leadingZeroBitCount)
    }
}
