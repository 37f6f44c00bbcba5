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
        askToBeWoken(at: time, for: .review)
    }

    /// Looks again at what waits: what has waited too long goes first, and some that found no room
    /// are tried again. Who may take the places of others follows when these were tried.
    mutating func review() {
        guard let time = reviewAt, time <= now else { return }
        reviewAt = nil
        placer.counters.reviews += 1
        promoteOverdue()
        expireReservations()
        reopenForSlips()
        isReviewing = true
        wantsReservations = true
        wantsGrowth = true
        hasNewReady = true
    }

    /// The part of a review that disturbs others, for those who found no room by themselves:
    /// reservations that did not come true are planned anew, and those who now may take the places
    /// of others.
    mutating func reviewPlaces(_ directives: inout [Directive]) {
        guard isReviewing else { return }
        isReviewing = false
        renewReservations(&directives)
        takeTurns(&directives)
        if policy.timeline.consolidates { consolidate(&directives) }
        reviewCursor = (reviewCursor + 16) % (1 << 30)
    }

    private mutating func expireReservations() {
        for index in reservations.indices {
            guard let entry = reservations.entry(Int32(index)), let end = entry.expiresAt,
                end <= now
            else { continue }
            dropReservation(of: Int(entry.slot))
        }
    }

    /// Stops what may be stopped on reserved places, says anew when the others are due, and looks
    /// for an earlier place for one of them.
    private mutating func renewReservations(_ directives: inout [Directive]) {
        var hasSearched = false
        let indices = reservations.indices
        for step in indices.indices {
            let index = indices[(reviewCursor + step) % indices.count]
            guard let entry = reservations.entry(Int32(index)), entry.missing > 0,
                entry.purpose == .blocked
            else { continue }
            if makeWay(for: Int32(index), &directives) { continue }
            guard reservations.isTaken(index) else { continue }
            let due = expectedDue(of: entry)
            reservations[index].due = due
            guard !hasSearched, entry.moves < Reservation.mostMoves else { continue }
            hasSearched = true
            replan(Int(entry.slot), due: due, &directives)
        }
    }

    /// Moves a reservation when another place is free earlier than its own.
    private mutating func replan(
        _ slot: Int, due: Instant?, _ directives: inout [Directive]
    ) {
        let index = jobs[slot].reservation
        let old = reservations[Int(index)]
        dropReservation(of: slot)
        let plan = plan(for: slot, scope: .anyTime)
        if let plan, (plan.due ?? .never) < (due ?? .never) {
            reserve(old.moved(to: plan, at: now))
        } else {
            reserve(old.renewed(due: due))
        }
        makeWay(for: jobs[slot].reservation, &directives)
    }

    /// When the last of those that hold a reserved place is expected to be gone; nil when nobody
    /// knows.
    func expectedDue(of reservation: Reservation) -> Instant? {
        var due = now
        let asker = asker(Int(reservation.slot))
        for member in reservation.members.indices where !reservation.isHeld(member) {
            for slot in blockers(of: reservation, member) {
                if jobs[Int(slot)].phase == .stopping || jobs[Int(slot)].hasSlippedIn { continue }
                guard let time = departure(of: Int(slot), before: asker) else { return nil }
                due = max(due, time)
            }
        }
        return due
    }

    /// Lets the first young and overdue jobs of all classes take the places of others, the longest
    /// wait first; a few in every review.
    private mutating func takeTurns(_ directives: inout [Directive]) {
        guard policy.timeline.preempts, hasStoppable else { return }
        var candidates: [TurnCandidate] = []
        for gang in room.gangsWaiting {
            for index in room.gangs[Int(gang)].waiting {
                let waitClass = room.classes[Int(index)]
                guard waitClass.urgency < .old else { continue }
                for place in 0..<min(waitClass.queue.count, Engine.turnsPerClass) {
                    let entry = waitClass.queue[place]
                    candidates.append(
                        TurnCandidate(
                            slot: entry.slot, gang: gang, priority: waitClass.priority,
                            urgency: waitClass.urgency,
                            since: jobs[Int(entry.slot)].waitsSince, order: entry.order))
                }
            }
        }
        candidates.sort { $0.precedes($1) }
        var searches = 0
        var failed: [Int32] = []
        for candidate in candidates
        where jobs[Int(candidate.slot)].hasReservation || !failed.contains(candidate.gang) {
            guard searches < Engine.turnsPerReview else {
                placer.counters.limitsHit += 1
                return
            }
            searches += 1
            if !takeTurn(Int(candidate.slot), &directives) { failed.append(candidate.gang) }
        }
    }

    /// Whether some gang that holds a place may be stopped, or shrunk, for others.
    private var hasStoppable: Bool {
        !elasticSlots.isEmpty || placedSlots.contains { jobs[Int($0)].spec.preemptible }
    }

    /// Jobs of one class that are looked at.
    private static let turnsPerClass = 4
    /// Searches in one review.
    private static let turnsPerReview = 32

    /// Takes a place for a job, which may have a reservation that is not due yet.
    private mutating func takeTurn(_ slot: Int, _ directives: inout [Directive]) -> Bool {
        guard jobs[slot].hasReservation else { return takePlace(slot, &directives) }
        let old = reservations[Int(jobs[slot].reservation)]
        guard old.purpose == .blocked, old.missing > 0 else { return true }
        if makeWay(for: jobs[slot].reservation, inTurn: true, &directives) { return true }
        dropReservation(of: slot)
        if takePlace(slot, &directives) { return true }
        reserve(old.renewed(due: old.due))
        return false
    }
}

/// A job that may take the place of another.
private struct TurnCandidate {
    var slot: Int32
    var gang: Int32
    var priority: Int32
    var urgency: Urgency
    var since: Instant
    var order: Int64

    func precedes(_ other: TurnCandidate) -> Bool {
        if priority != other.priority { return priority > other.priority }
        if urgency != other.urgency { return urgency < other.urgency }
        return since != other.since ? since < other.since : order < other.order
    }
}
