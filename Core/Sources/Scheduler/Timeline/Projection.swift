import FleetModel

/// The queue run ahead: when each waiting job would start if nothing else came, running jobs ended
/// as expected and only counts of free devices mattered.
///
/// One walk over the ends of what runs and of what starts on the way, with a bound in steps. It is
/// meant to be biased rather than slow: ``StartCalibration`` learns by how much it is off.
struct Projection {
    /// What runs or has been started in the projection.
    private struct Run {
        /// Where its part of `held` starts and ends.
        var first: Int32
        var end: Int32
        var tenant: Int32
        var column: Int32
        var gpuMilli: Int64
        /// Its place among the reserved jobs when it only falls due here; else -1.
        var due: Int32 = -1
    }

    /// Start by slot, in nanoseconds; -1 for jobs that do not start in the projection.
    private(set) var starts: [Int64]
    /// Jobs that wait for room or a quota, in no particular order.
    private(set) var waiting: [JobQueue.Entry] = []
    /// Running jobs, and those of them whose end nobody knows.
    private(set) var running = 0
    private(set) var unknown = 0

    private var fleet: ProjectedFleet
    private var shares: ProjectedShares
    private var queue: ProjectedQueue
    private var runs: [Run] = []
    private var held: [(node: Int32, milli: Int32)] = []
    private var ends = MinimumHeap<ProjectedEnd>()
    private var owed: [Int32] = []
    private var unstarted: Int
    private var steps = Projection.stepLimit
    private let isStrict: Bool
    private let isByTenant: Bool

    /// Candidates weighed in one projection.
    static let stepLimit = 4_000_000
    /// Expected of jobs of which nothing is known.
    static let unknownSpan = TimeSpan.seconds(3600)

    /// Runs the queue ahead until every job has started, or only until one has.
    ///
    /// Jobs with a reservation that is due at a known time start then.
    init(_ engine: borrowing Engine, until slot: Int? = nil) {
        let dues = engine.reservedStarts
        fleet = ProjectedFleet(
            engine.placer.fleet, tree: engine.placer.tree, rules: engine.rulesInUse)
        shares = ProjectedShares(engine)
        queue = ProjectedQueue(engine, dues: dues, fleet: &fleet, shares: shares)
        starts = [Int64](repeating: -1, count: engine.jobs.slotCount)
        unstarted = queue.demands.reduce(0) { $0 + $1.left } + queue.reserved.count
        isStrict = engine.policy.queueOrder == .fifo
        isByTenant = engine.policy.queueOrder.isByTenant
        waiting.reserveCapacity(unstarted)
        for entries in queue.entries { waiting += entries }
        waiting += queue.reserved.map(\.entry)
        guard unstarted > 0 else { return }
        takeRunning(engine)
        takeReserved(engine, dues)
        walk(engine, until: slot)
    }

    /// What reservations hold is returned when they are due, or at once when nobody knows when.
    private mutating func takeReserved(_ engine: borrowing Engine, _ dues: [Int32: Instant]) {
        for (place, one) in queue.reserved.enumerated() {
            let first = Int32(held.count)
            let index = engine.jobs[Int(one.entry.slot)].reservation
            if index >= 0 { hold(engine.reservations[Int(index)], engine) }
            runs.append(
                Run(
                    first: first, end: Int32(held.count), tenant: one.tenant, column: 0,
                    gpuMilli: 0, due: Int32(place)))
            let at = max(engine.now, one.due).nanoseconds
            ends.insert(ProjectedEnd(at: at, item: Int32(runs.count - 1)))
        }
        for other in engine.reservations.all where dues[other.slot] == nil {
            let first = held.count
            hold(other, engine)
            for part in held[first...] { fleet.add(part.milli, to: Int(part.node)) }
            held.removeLast(held.count - first)
        }
    }

    private mutating func hold(_ reservation: Reservation, _ engine: borrowing Engine) {
        for member in reservation.members.indices {
            let grant = reservation.heldGrant(member)
            let bits = grant.devices & ~engine.placer.fleet.unhealthy[grant.node.index]
            guard bits != 0 else { continue }
            let milli = Int32(bits.nonzeroBitCount) * grant.deviceMilli
            held.append((grant.node.rawValue, milli))
        }
    }

    private mutating func takeRunning(_ engine: borrowing Engine) {
        running = engine.placedSlots.count
        runs.reserveCapacity(running + waiting.count)
        for slot in engine.placedSlots {
            let first = Int32(held.count)
            var gpuMilli: Int64 = 0
            var kind: Int?
            for member in engine.jobs[Int(slot)].members where member.grant.devices != 0 {
                let node = member.grant.node.index
                let bits = member.grant.devices & ~engine.placer.fleet.unhealthy[node]
                let milli = Int32(bits.nonzeroBitCount) * member.grant.deviceMilli
                held.append((Int32(node), milli))
                gpuMilli += Int64(milli)
                kind = Int(engine.placer.fleet.kind[node])
            }
            let span = engine.projectedSpan(
                Int(slot), gpuMilli: engine.jobs[Int(slot)].spec.minimumGPUMilli, elapsed: true)
            if span == nil { unknown += 1 }
            let end = engine.jobs[Int(slot)].startedAt + (span ?? Self.doubled(slot, engine))
            runs.append(
                Run(
                    first: first, end: Int32(held.count),
                    tenant: engine.jobs[Int(slot)].spec.tenant.rawValue,
                    column: Int32(shares.column(kind)), gpuMilli: gpuMilli))
            ends.insert(
                ProjectedEnd(
                    at: max(engine.now, end).nanoseconds, item: Int32(runs.count - 1)))
        }
    }

    private static func doubled(_ slot: Int32, _ engine: borrowing Engine) -> TimeSpan {
        let elapsed = engine.now - engine.jobs[Int(slot)].startedAt
        return elapsed + max(elapsed, unknownSpan)
    }

    private mutating func walk(_ engine: borrowing Engine, until slot: Int?) {
        startWhatFits(engine, at: engine.now.nanoseconds)
        while unstarted > 0, steps > 0, let at = ends.first?.at {
            if let slot, starts[slot] >= 0 { return }
            while ends.first?.at == at, let one = ends.popFirst() { end(Int(one.item), at: at) }
            for gang in queue.demands.indices { queue.demands[gang].hasFailed = false }
            startWhatFits(engine, at: at)
        }
    }

    private mutating func end(_ index: Int, at: Int64) {
        let run = runs[index]
        for place in Int(run.first)..<Int(run.end) {
            fleet.add(held[place].milli, to: Int(held[place].node))
        }
        if run.due >= 0 {
            starts[Int(queue.reserved[Int(run.due)].entry.slot)] = at
            unstarted -= 1
            owed.append(run.due)
            return
        }
        if isByTenant {
            shares.add(-run.gpuMilli, tenant: run.tenant, column: Int(run.column))
        }
    }

    private mutating func startWhatFits(_ engine: borrowing Engine, at: Int64) {
        while let due = owed.first {
            let one = queue.reserved[Int(due)]
            guard begin(one.entry, gang: Int(one.gang), tenant: one.tenant, engine, at: at) else {
                return
            }
            owed.removeFirst()
        }
        while steps > 0 {
            let next = nextClass()
            steps -= next.steps
            guard next.best >= 0 else { return }
            let best = next.best
            let one = queue.classes[best]
            let entry = queue.entries[best][one.started]
            if begin(entry, gang: Int(one.gang), tenant: one.tenant, engine, at: at) {
                starts[Int(entry.slot)] = at
                queue.noteStart(best)
                unstarted -= 1
            } else {
                queue.demands[Int(one.gang)].hasFailed = true
                if isStrict { return }
            }
        }
    }

    /// The class whose turn it is among those for whose gangs the counts say that there is room,
    /// -1 when there is none, and how many were weighed.
    private func nextClass() -> (best: Int, steps: Int) {
        var best = Leader()
        var steps = 0
        var place = 0
        for end in queue.groupEnds {
            let first = queue.demands[Int(queue.gangOrder[place])]
            let isUnbound = isStrict || first.size < 0
            let room = isUnbound ? .max : fleet.fit(first.size, on: first.kinds)
            while place < end {
                let demand = queue.demands[Int(queue.gangOrder[place])]
                if demand.minimum > room { break }
                if demand.left > 0, !demand.hasFailed {
                    steps += Int(demand.endClass - demand.firstClass)
                    weigh(demand, against: &best)
                }
                place += 1
            }
            place = end
        }
        return (best.index, steps)
    }

    /// The class whose turn it is among those that were weighed.
    private struct Leader {
        /// Its index; -1 when there is none.
        var index = -1
        /// Itself.
        var one = ProjectedClass(tenant: -1, priority: 0, urgency: .young, gang: -1)
        /// What its turn goes by where no tenant is below another.
        var standing = ProjectedStanding()
    }

    /// Puts the best class of a gang in the place of the leader if it comes before it.
    private func weigh(_ demand: ProjectedDemand, against best: inout Leader) {
        // What goes by tenant is looked up once for all classes of one.
        var tenant: Int32 = -1
        var isAllowed = true
        var standing = ProjectedStanding()
        for index in Int(demand.firstClass)..<Int(demand.endClass) {
            guard queue.classes[index].order != .max else { continue }
            if isByTenant, queue.classes[index].tenant != tenant {
                tenant = queue.classes[index].tenant
                isAllowed = shares.allows(
                    demand.gpuMilli, tenant: tenant, column: demand.column)
                if shares.isFlat {
                    standing = shares.standing(tenant, demand.column, demand.gpuMilli)
                }
            }
            guard isAllowed else { continue }
            // Of most tenants the turn alone tells that they are not first.
            if best.index >= 0, shares.isFlat, isByTenant, best.one.tenant != tenant,
                best.standing.precedes(standing)
            {
                continue
            }
            let one = queue.classes[index]
            if best.index < 0 || precedes(one, standing, best) {
                best = Leader(index: index, one: one, standing: standing)
            }
        }
    }

    private func precedes(
        _ a: ProjectedClass, _ standing: ProjectedStanding, _ best: Leader
    ) -> Bool {
        let b = best.one
        if isByTenant, a.tenant != b.tenant {
            if shares.isFlat {
                if standing != best.standing { return standing.precedes(best.standing) }
                return a.order < b.order
            }
            let (first, second) = (queue.demands[Int(a.gang)], queue.demands[Int(b.gang)])
            let turn = shares.compare(
                a.tenant, first.column, first.gpuMilli, b.tenant, second.column, second.gpuMilli)
            if turn != 0 { return turn < 0 }
        } else if a.priority != b.priority {
            return a.priority > b.priority
        } else if a.urgency != b.urgency {
            return a.urgency < b.urgency
        }
        return a.order < b.order
    }

    /// Starts a job if there is room for it.
    private mutating func begin(
        _ entry: JobQueue.Entry, gang: Int, tenant: Int32, _ engine: borrowing Engine, at: Int64
    ) -> Bool {
        let asked = queue.gangs[gang]
        let first = held.count
        var milli: Int64 = 0
        for role in asked.roles {
            guard let taken = take(role, level: Int(asked.level)) else {
                for place in first..<held.count {
                    fleet.add(held[place].milli, to: Int(held[place].node))
                }
                held.removeLast(held.count - first)
                return false
            }
            milli += taken
        }
        let payer = isByTenant ? tenant : engine.jobs[Int(entry.slot)].spec.tenant.rawValue
        if isByTenant { shares.add(milli, tenant: tenant, column: asked.column) }
        let span =
            engine.projectedSpan(Int(entry.slot), gpuMilli: asked.gpuMilli, elapsed: false)
            ?? Self.unknownSpan
        runs.append(
            Run(
                first: Int32(first), end: Int32(held.count), tenant: payer,
                column: Int32(asked.column), gpuMilli: milli))
        let end = Instant(nanoseconds: at) + span
        ends.insert(ProjectedEnd(at: end.nanoseconds, item: Int32(runs.count - 1)))
        return true
    }

    /// Takes the members of a role; nil, and whatever it took so far, when there is no room.
    private mutating func take(_ role: ProjectedGang.Role, level: Int) -> Int64? {
        let part = role.devices == 1 ? role.milli : 1000
        let room = fleet.fit(role.size, on: role.kinds)
        let isWhole = part == 1000
        if isWhole, room < Int64(role.minimum) { return nil }
        let members =
            isWhole
            ? Int32(min(Int64(role.maximum), max(room, Int64(role.minimum)))) : role.minimum
        var domain = -1
        if level >= 0, role.minimum > 1 {
            guard
                let found = fleet.domain(
                    level: level, members: Int64(role.minimum), devices: role.devices,
                    on: role.kinds)
            else { return nil }
            domain = found
        }
        var milli: Int64 = 0
        for number in 0..<members {
            let node =
                domain >= 0
                ? fleet.take(devices: role.devices, in: domain, on: role.kinds)
                : fleet.take(devices: role.devices, milli: part, on: role.kinds)
            guard node >= 0 else { return number >= role.minimum ? milli : nil }
            held.append((node, role.devices * part))
            milli += Int64(role.devices * part)
        }
        return milli
    }
}

extension Engine {
    /// How long a job runs in a projection; nil when nobody knows. With `elapsed`, the current
    /// attempt, which has run for a while already.
    ///
    /// Of what was learned each job draws its own quantile, always the same: all jobs together then
    /// run as long as they do in truth, which no single quantile brings about where run times have
    /// a long tail.
    func projectedSpan(
        _ slot: Int, gpuMilli: Int64, elapsed isRunning: Bool
    ) -> TimeSpan? {
        let elapsed = isRunning ? now - jobs[slot].startedAt : .zero
        if let declared = jobs[slot].spec.expectedDuration {
            // One that outlived what was declared may go on as long again.
            return declared < elapsed ? elapsed + elapsed : declared
        }
        var learned: TimeSpan?
        if policy.timeline.learnsDurations {
            let job = UInt64(UInt32(bitPattern: jobs[slot].spec.id.rawValue))
            let key = DurationKey(
                tenant: jobs[slot].spec.tenant, family: jobs[slot].spec.family,
                gpuMilli: gpuMilli)
            learned = durations.quantile(
                Int32(SplitMix.mix(job) % 99) + 1, for: key, longerThan: elapsed)
        }
        guard let limit = jobs[slot].spec.timeLimit else { return learned }
        return max(elapsed, min(limit, learned ?? limit))
    }
}
