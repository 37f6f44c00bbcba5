import FleetModel

extension Engine {
    /// The smallest changes, one of each kind, that start a waiting job now; those of the job
    /// itself come first. Empty when it does not wait, or nothing small helps.
    ///
    /// Candidates are found by placing the gang in transactions that are rolled back, and each
    /// remedy that is returned was run. At most ``AnswerLimits/rehearsals`` are.
    public func remedies(for id: JobID) -> [Remedy] {
        guard let slot = waitingSlot(of: id) else { return [] }
        var search = RemedySearch(slot: slot, engine: self)
        return search.run()
    }
}

/// One search for remedies.
struct RemedySearch {
    private let slot: Int
    private let spec: JobSpec
    private let request: GangRequest
    /// As things are.
    private let original: Engine
    /// The same, but for what is held for the job itself, to try places on.
    private var engine: Engine
    private var rehearsals = 0
    private(set) var found: [Remedy] = []

    init(slot: Int, engine: Engine) {
        self.slot = slot
        original = engine
        self.engine = engine
        self.engine.placer.refreshTree()
        self.engine.dropReservation(of: slot)
        spec = engine.jobs[slot].spec
        request = engine.request(of: slot)
    }

    /// Looks for one remedy of each kind.
    mutating func run() -> [Remedy] {
        let blocked = engine.blockingReasons(slot)
        guard blocked.isEmpty else {
            if blocked.count == 1, engine.jobs[slot].isHeld {
                verify(.release, [.release(spec.id)])
            }
            return found
        }
        tryFewerMembers()
        tryLooserTopology()
        tryOtherHardware()
        tryStanding()
        tryHigherLimits()
        tryFreeingSpares()
        tryStops()
        tryBringingBack()
        return found
    }

    // MARK: The job itself

    private mutating func tryFewerMembers() {
        guard
            let role = spec.roles.indices.max(by: { left, right in
                (spec.roles[left].minimum, right) < (spec.roles[right].minimum, left)
            })
        else { return }
        let slice = max(1, spec.topology.slice?.members ?? 1)
        var low: Int32 = 0
        var high = (spec.roles[role].minimum - 1) / slice
        while low < high {
            let middle = low + (high - low + 1) / 2
            var smaller = request
            smaller.roles[role].minimum = middle * slice
            smaller.roles[role].maximum = middle * slice
            smaller = engine.withOwnSpares(smaller)
            if engine.canPlace(smaller, tenant: spec.tenant) {
                low = middle
            } else {
                high = middle - 1
            }
        }
        guard low > 0 else { return }
        var changed = spec
        changed.roles[role].minimum = low * slice
        changed.roles[role].maximum = low * slice
        let members = changed.roles.reduce(Int32(0)) { $0 + $1.minimum }
        verify(.members(members), [.respecify(changed)])
    }

    private mutating func tryLooserTopology() {
        var candidates: [TopologyPreference] = []
        if let level = request.topology.preference.requiredLevel {
            for coarser in (0..<level.index).reversed() {
                candidates.append(.required(LevelIndex(coarser)))
            }
            candidates.append(.preferred(level))
        }
        for preference in candidates {
            var looser = request
            looser.topology.preference = preference
            guard engine.canPlace(looser, tenant: spec.tenant) else { continue }
            var changed = spec
            changed.topology.preference = preference
            if verify(.topology(preference), [.respecify(changed)]) { return }
        }
        guard request.topology.slice != nil else { return }
        var looser = request
        looser.topology.slice = nil
        guard engine.canPlace(looser, tenant: spec.tenant) else { return }
        var changed = spec
        changed.topology.slice = nil
        verify(.noSlices, [.respecify(changed)])
    }

    private mutating func tryOtherHardware() {
        for kind in 0..<FleetLimits.acceleratorKinds
        where engine.placer.fleet.freeMilli[kind] > 0 && !request.isHostOnly {
            let id = AcceleratorKindID(kind)
            guard !request.kinds.contains(id) else { continue }
            var changed = spec
            for role in changed.roles.indices { changed.roles[role].accelerators.insert(id) }
            if verifyIfPlaceable(.accelerator(id), changed) { break }
        }
        guard spec.pools != .all else { return }
        for pool in poolsPresent() where !spec.pools.contains(pool) {
            var changed = spec
            changed.pools.insert(pool)
            if verifyIfPlaceable(.pool(pool), changed) { break }
        }
    }

    private func poolsPresent() -> [PoolID] {
        let fleet = engine.placer.fleet
        var bits: UInt64 = 0
        for node in 0..<fleet.nodeCount where fleet.takesWork(node) {
            bits |= 1 << UInt64(fleet.pool[node])
        }
        return (0..<FleetLimits.pools).filter { bits & (1 << UInt64($0)) != 0 }.map { PoolID($0) }
    }

    private mutating func verifyIfPlaceable(_ action: Remedy.Action, _ changed: JobSpec) -> Bool {
        let record = JobRecord(
            spec: changed, order: 0, submittedAt: engine.now, isHeld: false)
        guard engine.canPlace(engine.gangRequest(record), tenant: spec.tenant) else { return false }
        return verify(action, [.respecify(changed)])
    }

    /// Another rank, and readiness to be stopped: only a run can tell, so it is tried where it may
    /// matter at all.
    private mutating func tryStanding() {
        let isAheadOnly = engine.canPlace(request, tenant: spec.tenant)
        if isAheadOnly || mayTakePlaces {
            let highest = engine.room.classes.reduce(spec.priority) {
                $1.queue.isEmpty ? $0 : max($0, $1.priority)
            }
            if highest < .max {
                var changed = spec
                changed.priority = highest + 1
                verify(.priority(changed.priority), [.respecify(changed)])
            }
        }
        guard !spec.preemptible, engine.hasTimeline, mayBorrow else { return }
        var changed = spec
        changed.preemptible = true
        verify(.preemptible, [.respecify(changed)])
    }

    /// Whether some running gang could be stopped for one of a higher priority. O(running jobs).
    private var mayTakePlaces: Bool {
        guard engine.hasTimeline, engine.policy.timeline.preempts else { return false }
        return engine.placedSlots.contains { engine.jobs[Int($0)].spec.preemptible }
    }

    /// Whether gangs that make way when they are asked to could have what is kept for others.
    private var mayBorrow: Bool {
        let held = engine.kinds(of: request).reduce(Int64(0)) {
            $0 + original.reservations.heldMilli[$1]
        }
        let isHeld = held > 0 && original.freeMilli(request) + held >= request.minimumGPUMilli
        return isHeld || !engine.cells.isEmpty
    }

    // MARK: Quotas

    /// Raises every limit on the path that is too low, as far as the gang needs it.
    private mutating func tryHigherLimits() {
        guard engine.quotaRefusal(request, tenant: spec.tenant) != nil,
            let kind = engine.kinds(of: request).max(by: { left, right in
                let free = engine.placer.fleet.freeMilli
                return (free[left], right) < (free[right], left)
            })
        else { return }
        var raised: [RaisedLimit] = []
        var changes: [Change] = []
        var trial = engine.quota
        var tenants = engine.tenants()
        let inUse = [Bool](repeating: false, count: trial.exists.count)
        for _ in 0..<FleetLimits.tenantDepth {
            let capacity =
                engine.placer.fleet.freeMilli[kind] + trial.totalUsage(column: kind)
            let left = trial.left(spec.tenant, column: kind, capacity: capacity)
            let short = request.minimumGPUMilli - left.milli
            guard short > 0, let tenant = left.tenant else { break }
            var numbers = trial.numbers(tenant.index, column: kind)
            numbers.limitMilli = (numbers.limitMilli ?? 0) + short
            guard let place = tenants.firstIndex(where: { $0.id == tenant }) else { break }
            tenants[place].quotas.removeAll { $0.kind == numbers.kind }
            tenants[place].quotas.append(numbers)
            guard trial.replace(with: tenants, inUse: inUse, at: engine.now) else { break }
            raised.append(RaisedLimit(tenant: tenant, kind: numbers.kind, byMilli: short))
            changes.append(.quota(tenant, numbers))
        }
        guard !raised.isEmpty else { return }
        verify(.raiseLimits(raised), changes)
    }

    // MARK: Capacity

    /// Stops the gang that loses least, of those whose end makes enough room.
    private mutating func tryStops() {
        var candidates: [(lost: Int64, order: Int64, slot: Int32)] = []
        var isCandidate = [Bool](repeating: false, count: engine.jobs.slotCount)
        let need = request.minimumGPUMilli
        for scope in engine.scopes(of: request).prefix(AnswerLimits.searchedDomains) {
            let range = engine.positions(scope)
            let (free, largest) = devices(in: range)
            let tally = engine.tally(range, for: request)
            for slot in tally.slots {
                // Most are too small for certain, which their number of members shows without a
                // look at them.
                let most = Int64(tally.members[Int(slot)]) * largest
                guard free + most >= need, !isCandidate[Int(slot)],
                    engine.jobs[Int(slot)].phase != .stopping,
                    free + engine.heldMilli(Int(slot), in: range) >= need
                else { continue }
                isCandidate[Int(slot)] = true
                candidates.append(
                    (
                        engine.jobs[Int(slot)].loss(at: engine.now).total,
                        engine.jobs[Int(slot)].order, slot
                    ))
            }
        }
        let cheapest = candidates.least(AnswerLimits.victimProbes) {
            ($0.lost, $0.order) < ($1.lost, $1.order)
        }
        var runs = 0
        for victim in cheapest where engine.canPlace(request, without: Int(victim.slot)) {
            // Others may come first to what it leaves, which only a run can tell.
            guard runs < AnswerLimits.stopsRun else { return }
            runs += 1
            let job = engine.jobs[Int(victim.slot)].spec.id
            if verify(.stop(job, lostGPUSeconds: victim.lost / 1000), [.cancel(job)]) { return }
        }
    }

    /// What is free at these positions, and what the largest node there has in all.
    private func devices(in range: Range<Int>) -> (freeMilli: Int64, largestMilli: Int64) {
        let fleet = engine.placer.fleet
        var sum: Int64 = 0
        var largest: Int64 = 0
        for position in range {
            let node = Int(engine.placer.tree.nodeAt[position])
            largest = max(largest, Int64(fleet.deviceCount[node]) * 1000)
            guard fleet.takesWork(node), request.accepts(node, of: fleet) else { continue }
            sum += fleet.freeDeviceMilli(node)
        }
        return (sum, largest)
    }

    /// Frees the fewest spares of one domain that make enough room.
    private mutating func tryFreeingSpares() {
        let role = engine.leadRole(of: request)
        guard engine.spareRefusal(request) != nil else { return }
        let index = engine.placer.index(of: role.shape)
        var best: [NodeID]?
        for scope in engine.scopes(of: request).prefix(AnswerLimits.searchedDomains) {
            let range = engine.positions(scope)
            var missing = Int(role.minimum) - range.reduce(0) { $0 + Int(index.fit[$1]) }
            let kept = engine.spareRoom(role.shape, in: range, avoiding: request)
            var nodes: [NodeID] = []
            for (fit, node) in kept.least(
                AnswerLimits.broughtBackNodes, by: { (-$0.fit, $0.node) < (-$1.fit, $1.node) })
            where missing > 0 {
                nodes.append(node)
                missing -= fit
            }
            if missing <= 0, !nodes.isEmpty, nodes.count < best?.count ?? .max { best = nodes }
        }
        if let best { verify(.freeSpares(best), [.freeSpares(best)]) }
    }

    /// Brings back the fewest nodes of one domain that make enough room.
    private mutating func tryBringingBack() {
        var best: [Int]?
        for scope in engine.scopesWhenHealthy(of: request) {
            guard let nodes = nodesToBringBack(in: scope) else { continue }
            if nodes.count < best?.count ?? .max { best = nodes }
        }
        guard let best else { return }
        var changes: [Change] = []
        for node in best {
            if engine.placer.fleet.drained[node] { changes.append(.resume(NodeID(node))) }
            if engine.placer.fleet.unhealthy[node] != 0 {
                changes.append(.setDeviceHealth(NodeID(node), unhealthy: 0))
            }
        }
        verify(.bringBack(best.map { NodeID($0) }), changes)
    }

    private mutating func nodesToBringBack(in scope: DomainFinder.Place) -> [Int]? {
        let role = engine.leadRole(of: request)
        let range = engine.positions(scope)
        let index = engine.placer.index(of: role.shape)
        var missing = Int(role.minimum) - range.reduce(0) { $0 + Int(index.fit[$1]) }
        var gains: [(gain: Int, node: Int)] = []
        let fleet = engine.placer.fleet
        for position in range {
            let node = Int(engine.placer.tree.nodeAt[position])
            guard fleet.drained[node] || fleet.unhealthy[node] != 0 else { continue }
            let gain = engine.fitInService(node, role.shape) - Int(index.fit[position])
            if gain > 0 { gains.append((gain, node)) }
        }
        var nodes: [Int] = []
        for (gain, node) in gains.least(
            AnswerLimits.broughtBackNodes,
            by: {
                (-$0.gain, $0.node) < (-$1.gain, $1.node)
            }) where missing > 0
        {
            nodes.append(node)
            missing -= gain
        }
        return missing <= 0 && !nodes.isEmpty ? nodes : nil
    }

    // MARK: Proof

    /// Runs the changes on a copy and keeps the remedy if the job starts. Says whether it did.
    @discardableResult
    private mutating func verify(_ action: Remedy.Action, _ changes: [Change]) -> Bool {
        guard rehearsals < AnswerLimits.rehearsals else { return false }
        rehearsals += 1
        let rehearsal = Rehearsal(original, changes)
        guard rehearsal.inapplicable.isEmpty, rehearsal.started.contains(spec.id),
            case .running = rehearsal.engine.standing(of: spec.id)
        else { return false }
        let stopped = rehearsal.stopped.map(\.job)
        found.append(Remedy(action: action, changes: changes, stopped: stopped))
        return true
    }
}
