import FleetModel

extension Engine {
    /// Asks for a review if something waits that time alone may help, and none is asked for.
    ///
    /// Time helps only while something runs: then gangs come to the age at which they make way.
    mutating func armReview() {
        guard hasTimeline, reviewAt == nil, !placedSlots.isEmpty,
            !room.gangsWaiting.isEmpty || reservations.count > 0 || hasRoomToGrow
        else { return }
        let time = now + policy.timeline.reviewPeriod
        reviewAt = time
        timers.append(
            .wake(
                at: time,
                token: Timer(job: JobID(0), attempt: Attempt(0), purpose: .review).token))
    }

    /// Looks again at what waits: what has waited too long goes first, reservations that did not
    /// come true are planned anew, and those who now may take the places of others.
    mutating func review(_ directives: inout [Directive]) {
        guard let time = reviewAt, time <= now else { return }
        reviewAt = nil
        placer.counters.reviews += 1
        promoteOverdue()
        expireReservations()
        renewReservations(&directives)
        retryPreemption(&directives)
        if policy.timeline.consolidates { consolidate(&directives) }
        retryGraces(&directives)
        wantsReservations = true
        wantsGrowth = true
        hasNewReady = true
    }

    /// Lets jobs that have waited longer than the policy's patience go first in their leaf.
    private mutating func promoteOverdue() {
        var overdue: [Int] = []
        for gang in room.gangsWaiting {
            for index in room.gangs[Int(gang)].waiting
            where room.classes[Int(index)].urgency != .first {
                let queue = room.classes[Int(index)].queue
                for place in 0..<min(queue.count, Engine.promotionsPerClass) {
                    let slot = Int(queue[place].slot)
                    guard now - jobs[slot].waitsSince >= policy.timeline.patience else { break }
                    overdue.append(slot)
                }
            }
        }
        for slot in overdue {
            room.dequeue(order: jobs[slot].order, from: Int(jobs[slot].waitClass))
            jobs[slot].urgency = .first
            join(slot)
        }
    }

    private static let promotionsPerClass = 4

    private mutating func expireReservations() {
        for index in reservations.indices {
            guard let entry = reservations.entries[index], let end = entry.expiresAt, end <= now
            else { continue }
            dropReservation(of: Int(entry.slot))
        }
    }

    /// Stops what may be stopped on reserved places, and looks for a better place for gangs whose
    /// reservation did not come true in time; a few in every review.
    private mutating func renewReservations(_ directives: inout [Directive]) {
        var searches = 0
        for index in reservations.indices {
            guard let entry = reservations.entries[index], entry.missing > 0,
                entry.purpose == .blocked
            else { continue }
            if makeWay(for: Int32(index), &directives) { continue }
            let due = expectedDue(of: entry)
            let isLate = entry.due.map { $0 <= now } ?? true
            reservations[index].due = due
            guard isLate, searches < Engine.searchesPerReview else { continue }
            searches += 1
            replan(Int(entry.slot), due: due, &directives)
        }
    }

    /// Searches for places in one review, of each kind.
    private static let searchesPerReview = 4

    /// Moves a reservation when another place is free earlier than its own.
    private mutating func replan(
        _ slot: Int, due: Instant?, _ directives: inout [Directive]
    ) {
        let index = jobs[slot].reservation
        let old = reservations[Int(index)]
        dropReservation(of: slot)
        let plan = plan(for: slot, scope: .anyTime)
        if let plan, (plan.due ?? .never) < (due ?? .never) {
            reserve(
                Reservation(
                    slot: slot, purpose: .blocked, members: plan.members, due: plan.due,
                    madeAt: now))
        } else {
            reserve(
                Reservation(
                    slot: slot, purpose: .blocked, members: old.members, due: due,
                    madeAt: old.madeAt))
        }
        makeWay(for: jobs[slot].reservation, &directives)
    }

    /// When the last of those that hold a reserved place is expected to be gone; nil when nobody
    /// knows.
    func expectedDue(of reservation: Reservation) -> Instant? {
        var due = now
        for member in reservation.members.indices where !reservation.isHeld(member) {
            for slot in blockers(of: reservation, member) {
                if jobs[Int(slot)].phase == .stopping || jobs[Int(slot)].hasSlippedIn { continue }
                guard let end = expectedEnd(Int(slot)) else { return nil }
                due = max(due, end)
            }
        }
        return due
    }

    /// Tries again to take the places of others, for the first jobs of some classes.
    private mutating func retryPreemption(_ directives: inout [Directive]) {
        guard policy.timeline.preempts, !room.gangsWaiting.isEmpty else { return }
        let count = room.gangsWaiting.count
        var left = Engine.searchesPerReview
        for step in 0..<count where left > 0 {
            let gang = Int(room.gangsWaiting[(reviewCursor + step) % count])
            for index in room.gangs[gang].waiting where left > 0 {
                let waitClass = room.classes[Int(index)]
                guard waitClass.urgency < .old, let first = waitClass.queue.first,
                    !jobs[Int(first.slot)].hasReservation
                else { continue }
                left -= 1
                takePlace(Int(first.slot), &directives)
            }
        }
        reviewCursor &+= 1
        if reviewCursor > 1 << 30 { reviewCursor = 0 }
    }
}
