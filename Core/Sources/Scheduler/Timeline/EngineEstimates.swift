import FleetModel

extension Engine {
    /// When a job that waits for room or a quota is likely to start; nil for any other job, and for
    /// one that would not start if nothing else came.
    ///
    /// Runs the queue ahead once: O((waiting + running jobs) log of both), tens of milliseconds on
    /// a full fleet of 10,000 nodes.
    public func estimate(_ job: JobID) -> StartEstimate? {
        guard let slot = jobs.slot(of: job), jobs[slot].phase == .queued else { return nil }
        let projection = Projection(self, until: slot)
        return startEstimate(slot, projection)?.estimate
    }

    /// When every job that waits for room or a quota is likely to start, in queue order; jobs that
    /// would not start if nothing else came are left out, and those behind the first so many. As
    /// expensive as one estimate.
    public func estimates(first limit: Int = .max) -> [(JobID, StartEstimate)] {
        let projection = Projection(self)
        let waiting = projection.waiting.sorted { $0.order < $1.order }
        return waiting.prefix(limit).compactMap { entry in
            startEstimate(Int(entry.slot), projection).map {
                (jobs[Int(entry.slot)].spec.id, $0.estimate)
            }
        }
    }

    /// When gangs with a reservation are expected to start, by slot.
    var reservedStarts: [Int32: Instant] {
        var starts: [Int32: Instant] = [:]
        for reservation in reservations.all {
            starts[reservation.slot] = reservation.due
        }
        return starts
    }

    private func startEstimate(
        _ slot: Int, _ projection: Projection
    ) -> (estimate: StartEstimate, wait: ProjectedWait)? {
        let isProjected = 2 * projection.unknown <= projection.running
        let start = projection.starts[slot]
        guard start >= 0 || !isProjected else { return nil }
        let wait = ProjectedWait(
            nanoseconds: max(0, start - now.nanoseconds),
            gpuMilli: jobs[slot].spec.minimumGPUMilli, isProjected: isProjected,
            isOld: jobs[slot].urgency == .old)
        let range = desk.calibration.range(of: wait)
        let isReserved =
            jobs[slot].hasReservation && reservations[Int(jobs[slot].reservation)].due != nil
        let basis: EstimateBasis =
            isReserved ? .reservation : isProjected ? .projection : .history
        let estimate = StartEstimate(
            earliest: now + TimeSpan(nanoseconds: range.low),
            likely: now + TimeSpan(nanoseconds: range.middle),
            latest: now + TimeSpan(nanoseconds: range.high), basis: basis)
        return (estimate, wait)
    }

    // MARK: Estimates that the engine tells by itself, to learn from them

    /// Sees to it that the next estimates fall due while there is something to estimate. Without
    /// anything that runs nothing starts by itself, and a timer would only keep waking the driver.
    mutating func armEstimates() {
        guard policy.queueOrder == .muster, policy.timeline.estimatePeriod > .zero,
            desk.due == nil, room.waiting > 0, !placedSlots.isEmpty
        else { return }
        let crowds = Int64(1 + room.waiting / EstimateDesk.crowd)
        let (span, isOver) = policy.timeline.estimatePeriod.nanoseconds
            .multipliedReportingOverflow(by: crowds)
        let due = isOver ? .never : now + TimeSpan(nanoseconds: span)
        desk.due = due
        askToBeWoken(at: due, for: .estimates)
    }

    /// Tells a few estimates, if they are due, and remembers them.
    mutating func tellEstimates(_ directives: inout [Directive]) {
        guard let due = desk.due, due <= now else { return }
        desk.due = nil
        let table = jobs
        desk.review(at: now) { id in
            table.slot(of: id).map { table[$0].phase == .queued } ?? false
        }
        guard room.waiting > 0, !desk.isFull else { return }
        let projection = Projection(self)
        let fresh = unestimated(projection.waiting)
        for place in desk.picks(of: fresh.count) {
            let slot = Int(fresh[place])
            let id = jobs[slot].spec.id
            guard !desk.isFull, !desk.isOpen(id),
                let (estimate, wait) = startEstimate(slot, projection)
            else { continue }
            desk.add(EstimateDesk.Open(job: id, told: now, wait: wait, estimate: estimate))
            directives.append(.estimate(id, estimate))
        }
    }

    /// Slots of waiting jobs of which no estimate is open, in queue order.
    private func unestimated(_ waiting: [JobQueue.Entry]) -> [Int32] {
        var isOpen = [Bool](repeating: false, count: jobs.slotCount)
        for one in desk.open {
            if let slot = jobs.slot(of: one.job) { isOpen[slot] = true }
        }
        // Order and slot in one number, as plain numbers sort faster. There are no more orders than
        // job ids, of 31 bits.
        var keys: [Int64] = []
        for entry in waiting where !isOpen[Int(entry.slot)] {
            keys.append(entry.order << 31 | Int64(entry.slot))
        }
        keys.sort()
        return keys.map { Int32($0 & Int64(Int32.max)) }
    }
}
