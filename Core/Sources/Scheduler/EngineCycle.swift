import FleetModel

/// What came of trying the first job of a wait class.
enum TrialResult {
    /// It was started.
    case started
    /// There is no place for it.
    case noRoom
    /// A quota refuses it, or leaves it no place; nil stands for the fleet's own capacity.
    case noQuota(TenantID?)
    /// No state of the present nodes could hold it.
    case impossible
}

extension Engine {
    /// Starts what can start, if anything that bears on it has changed.
    mutating func decide(_ directives: inout [Directive]) {
        let hasGrown = placer.fleet.growthVersion != seenGrowth
        if placer.fleet.serviceVersion != seenService {
            seenService = placer.fleet.serviceVersion
            if room.unparkAllQuotas() { hasNewReady = true }
            if !placer.fleet.spares.nodes.isEmpty { reviewSpareNeeds() }
            if !suspicious.isEmpty { forgiveSuspects() }
            // A reservation may fall, and let others pass.
            if policy.queueOrder == .easy { hasNewReady = true }
        }
        if hasTimeline { startReserved(&directives) }
        guard hasGrown || hasNewReady || !newcomers.isEmpty || !displaced.isEmpty else {
            makeWayForHolds(&directives)
            return
        }
        seenGrowth = placer.fleet.growthVersion
        hasNewReady = false
        guard room.waiting > 0 else {
            newcomers.removeAll(keepingCapacity: true)
            headReservation = nil
            isReviewing = false
            placer.fleet.forgetGrown()
            makeWayForHolds(&directives)
            return
        }
        placer.counters.cycles += 1
        if hasGrown { openWhereRoomMayBe() }
        placer.fleet.forgetGrown()
        switch policy.queueOrder {
        case .fifo: _ = runInOrder(&directives)
        case .easy: runWithBackfill(&directives)
        case .firstFit: runFirstFit(&directives)
        case .fair: runFairly(&directives)
        case .muster: runAhead(&directives)
        }
        // Starts of this cycle took jobs from their queues, but it went on until nothing was left
        // to try: they are no reason for another one.
        hasNewReady = false
    }

    /// Closed gangs are tried again only where room has grown for a member, and the counts per
    /// domain say that there may be room for all.
    private mutating func openWhereRoomMayBe() {
        for gang in room.gangsWaiting where !room.gangs[Int(gang)].isOpen {
            let request = room.gangs[Int(gang)].request
            guard hasGrownRoom(for: request), placer.mayFit(request) else {
                if hasTimeline, maySlipIn(request) { room.open(gang: Int(gang)) }
                continue
            }
            room.open(gang: Int(gang))
        }
    }

    private func hasGrownRoom(for request: GangRequest) -> Bool {
        guard let grown = placer.fleet.grownNodes else { return true }
        return request.roles.contains { role in
            grown.contains { role.shape.fit(Int($0), of: placer.fleet) > 0 }
        }
    }

    /// Strict order: the first that cannot start ends the cycle. Says whether something started.
    mutating func runInOrder(_ directives: inout [Directive]) -> Bool {
        var hasStarted = false
        while let entry = room.ready.first {
            switch tryFirst(of: Int(entry.waitClass), &directives) {
            case .started: hasStarted = true
            case .impossible: setAside(Int(entry.waitClass))
            case .noRoom, .noQuota: return hasStarted
            }
        }
        return hasStarted
    }

    private mutating func runFirstFit(_ directives: inout [Directive]) {
        while let entry = room.ready.first {
            switch tryFirst(of: Int(entry.waitClass), &directives) {
            case .started: continue
            case .impossible: setAside(Int(entry.waitClass))
            case .noRoom, .noQuota:
                room.close(gang: Int(room.classes[Int(entry.waitClass)].gang))
            }
        }
    }

    /// As `runFairly`, then what waits gets reservations, and newcomers the places of others.
    private mutating func runAhead(_ directives: inout [Directive]) {
        retryGraces(&directives)
        replaceDisplaced()
        runFairly(&directives)
        if !suspicious.isEmpty, placedSlots.isEmpty {
            forgiveSuspects()
            runFairly(&directives)
        }
        if bindIdleCells() {
            for gang in room.gangsWaiting { room.open(gang: Int(gang)) }
            runFairly(&directives)
        }
        // Only now: who found a place by itself needs nobody to make way.
        makeWayForBroken(&directives)
        reviewPlaces(&directives)
        slipNewcomersIn(&directives)
        makeWayForNewcomers(&directives)
        makeWayForHolds(&directives)
        reserveForBlocked(&directives)
        startReserved(&directives)
    }

    private mutating func runFairly(_ directives: inout [Directive]) {
        var tournament = FairTournament()
        swap(&tournament, &self.tournament)
        tournament.begin(self)
        while let index = tournament.winner {
            let waitClass = room.classes[index]
            switch tryFirst(of: index, &directives) {
            case .started:
                tournament.refresh(waitClass.tenant.index, self)
                if closeWithoutRoom() { tournament.withdrawClosed(self) }
            case .noRoom:
                if slipIn(gang: Int(waitClass.gang), &directives) {
                    tournament.refreshAll(self)
                    continue
                }
                room.close(gang: Int(waitClass.gang))
                tournament.withdrawClosed(self)
            case .noQuota(let tenant):
                room.park(index, atQuota: tenant?.rawValue ?? -1)
                tournament.refresh(waitClass.tenant.index, self)
            case .impossible:
                setAside(index)
                tournament.withdrawClosed(self)
            }
        }
        swap(&tournament, &self.tournament)
    }

    /// Closes open gangs for which the counts say that there is no room any more. Says whether
    /// there were any.
    private mutating func closeWithoutRoom() -> Bool {
        var hasClosed = false
        for gang in room.gangsWaiting where room.gangs[Int(gang)].isOpen {
            guard !placer.mayFit(room.gangs[Int(gang)].request) else { continue }
            if hasTimeline, reservations.count > 0 { continue }
            room.gangs[Int(gang)].failedAtGrowth = placer.fleet.growthVersion
            room.close(gang: Int(gang))
            hasClosed = true
        }
        return hasClosed
    }

    /// Sets gangs aside that became impossible while they were closed.
    mutating func setAsideImpossible() {
        for gang in room.gangsWaiting where !room.gangs[Int(gang)].isOpen {
            if chance(ofGang: Int(gang)) == .never, let first = room.gangs[Int(gang)].waiting.first
            {
                setAside(Int(first))
            }
        }
    }

    /// Sets all classes of an impossible gang aside, and sees to it that their jobs are told.
    private mutating func setAside(_ index: Int) {
        let gang = Int(room.classes[index].gang)
        for waiting in room.gangs[gang].waiting {
            let queue = room.classes[Int(waiting)].queue
            for place in 0..<queue.count {
                let slot = Int(queue[place].slot)
                jobs[slot].isWaitTold = false
                untold.append(jobs[slot].spec.id)
            }
        }
        room.setAside(gang: gang)
    }

    /// Tries to start the first job of a class.
    mutating func tryFirst(
        of index: Int, _ directives: inout [Directive]
    ) -> TrialResult {
        let gang = Int(room.classes[index].gang)
        let tenant = room.classes[index].tenant
        guard let entry = room.classes[index].queue.first else {
            preconditionFailure("an empty class was tried")
        }
        if chance(ofGang: gang) == .never { return .impossible }
        if room.gangs[gang].failedAtGrowth == placer.fleet.growthVersion { return .noRoom }
        let request = room.gangs[gang].request
        var allowance = Allowance.unrestricted
        if quotaBinds {
            switch self.allowance(of: request, tenant: tenant) {
            case .refused(let tenant): return .noQuota(tenant)
            case .allowed(let found): allowance = found
            }
        }
        guard
            let members = placer.place(
                request, kinds: allowance.kinds, headroom: allowance.headroom)
        else {
            guard allowance.isFull else { return .noQuota(nil) }
            room.gangs[gang].failedAtGrowth = placer.fleet.growthVersion
            return .noRoom
        }
        start(Int(entry.slot), members: members, &directives)
        return .started
    }

    /// Whether quotas are enforced under this policy.
    var quotaBinds: Bool { policy.queueOrder.isByTenant && quota.isBinding }
}
