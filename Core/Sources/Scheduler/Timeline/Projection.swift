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
    private var ends = ProjectedEnds()
    private var owed: [Int32] = []
    /// Gangs for which no place was found since something ended.
    private var failed: [Bool]
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
    /// `dues` says when jobs with a reservation start, by slot.
    init(_ engine: borrowing Engine, dues: [Int32: Instant] = [:], until slot: Int? = nil) {
        fleet = ProjectedFleet(engine.placer.fleet, tree: engine.placer.tree)
        shares = ProjectedShares(engine)
        queue = ProjectedQueue(engine, dues: dues, fleet: &fleet, shares: shares)
        starts = [Int64](repeating: -1, count: engine.jobs.slots.count)
        failed = [Bool](repeating: false, count: queue.gangs.count)
        unstarted = queue.left.reduce(0, +) + queue.reserved.count
        isStrict = engine.policy.queueOrder == .fifo
        isByTenant = engine.policy.queueOrder.isByTenant
        waiting.reserveCapacity(unstarted)
        for one in queue.classes { waiting += one.entries }
        waiting += queue.reserved.map(\.entry)
        guard unstarted > 0 else { return }
        takeRunning(engine)
        for (place, one) in queue.reserved.enumerated() {
            let at = max(engine.now, one.due).nanoseconds
            let run = Run(
                first: 0, end: 0, tenant: one.tenant, column: 0, gpuMilli: 0, due: Int32(place))
            runs.append(run)
            ends.add(ProjectedEnds.Entry(at: at, item: Int32(runs.count - 1)))
        }
        walk(engine, until: slot)
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
            let span = engine.projectedSpan(Int(slot), elapsed: true)
            if span == nil { unknown += 1 }
            let end = engine.jobs[Int(slot)].startedAt + (span ?? Self.doubled(slot, engine))
            runs.append(
                Run(
                    first: first, end: Int32(held.count),
                    tenant: engine.jobs[Int(slot)].spec.tenant.rawValue,
                    column: Int32(shares.column(kind)), gpuMilli: gpuMilli))
            ends.add(
                ProjectedEnds.Entry(
                    at: max(engine.now, end).nanoseconds, item: Int32(runs.count - 1)))
        }
    }

    private static func doubled(_ slot: Int32, _ engine: borrowing Engine) -> TimeSpan {
        let elapsed = engine.now - engine.jobs[Int(slot)].startedAt
        return elapsed + max(elapsed, unknownSpan)
    }

    private mutating func walk(_ engine: borrowing Engine, until slot: Int?) {
        startWhatFits(engine, at: engine.now.nanoseconds)
        while unstarted > 0, steps > 0, let at = ends.nextTime {
            if let slot, starts[slot] >= 0 { return }
            while ends.nextTime == at { end(Int(ends.removeFirst().item), at: at) }
            for gang in failed.indices { failed[gang] = false }
            startWhatFits(engine, at: at)
        }
    }

    private mutating func end(_ index: Int, at: Int64) {
        let run = runs[index]
        if run.due >= 0 {
            starts[Int(queue.reserved[Int(run.due)].entry.slot)] = at
            unstarted -= 1
            owed.append(run.due)
            return
        }
        for place in Int(run.first)..<Int(run.end) {
            fleet.add(held[place].milli, to: Int(held[place].node))
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
        while steps > 0, let best = nextClass(engine) {
            let one = queue.classes[best]
            let entry = one.entries[one.started]
            if begin(entry, gang: Int(one.gang), tenant: one.tenant, engine, at: at) {
                starts[Int(entry.slot)] = at
                queue.classes[best].started += 1
                queue.left[Int(one.gang)] -= 1
                unstarted -= 1
            } else {
                failed[Int(one.gang)] = true
                if isStrict { return }
            }
        }
    }

    /// The class whose turn it is among those for whose gangs the counts say that there is room.
    private mutating func nextClass(_ engine: borrowing Engine) -> Int? {
        var best: Int?
        for group in queue.groups {
            guard let first = queue.gangs[Int(group[0])].roles.first else {
                for gang in group { weigh(gang, engine, &best) }
                continue
            }
            let room = isStrict ? .max : fleet.fit(first.size, on: first.kinds)
            for gang in group {
                guard let role = queue.gangs[Int(gang)].roles.first, room >= role.minimum else {
                    break
                }
                weigh(gang, engine, &best)
            }
        }
        return best
    }

    private mutating func weigh(_ gang: Int32, _ engine: borrowing Engine, _ best: inout Int?) {
        guard queue.left[Int(gang)] > 0, !failed[Int(gang)] else { return }
        for index in queue.classesOf[Int(gang)] {
            steps -= 1
            let one = queue.classes[Int(index)]
            guard one.started < one.entries.count else { continue }
            if isByTenant {
                let asked = queue.gangs[Int(gang)]
                guard
                    shares.allows(asked.gpuMilli, tenant: one.tenant, column: asked.column)
                else { continue }
            }
            if best.map({ precedes(Int(index), $0, engine) }) ?? true { best = Int(index) }
        }
    }

    private func precedes(_ left: Int, _ right: Int, _ engine: borrowing Engine) -> Bool {
        let (a, b) = (queue.classes[left], queue.classes[right])
        if isByTenant, a.tenant != b.tenant {
            let (first, second) = (queue.gangs[Int(a.gang)], queue.gangs[Int(b.gang)])
            let turn = shares.compare(
                a.tenant, first.column, first.gpuMilli, b.tenant, second.column, second.gpuMilli,
                engine.quota)
            if turn != 0 { return turn < 0 }
        } else if a.priority != b.priority {
            return a.priority > b.priority
        }
        return a.entries[a.started].order < b.entries[b.started].order
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
        let span = engine.projectedSpan(Int(entry.slot), elapsed: false) ?? Self.unknownSpan
        runs.append(
            Run(
                first: Int32(first), end: Int32(held.count), tenant: payer,
                column: Int32(asked.column), gpuMilli: milli))
        let end = Instant(nanoseconds: at) + span
        ends.add(ProjectedEnds.Entry(at: end.nanoseconds, item: Int32(runs.count - 1)))
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
    func projectedSpan(_ slot: Int, elapsed isRunning: Bool) -> TimeSpan? {
        let elapsed = isRunning ? now - jobs[slot].startedAt : .zero
        if let declared = jobs[slot].spec.expectedDuration {
            // One that outlived what was declared may go on as long again.
            return declared < elapsed ? elapsed + elapsed : declared
        }
        var learned: TimeSpan?
        if policy.timeline.learnsDurations {
            let job = UInt64(UInt32(bitPattern: jobs[slot].spec.id.rawValue))
            learned = durations.quantile(
                Int32(SplitMix.mix(job) % 99) + 1, for: DurationKey(jobs[slot].spec),
                longerThan: elapsed)
        }
        guard let limit = jobs[slot].spec.timeLimit else { return learned }
        return max(elapsed, min(limit, learned ?? limit))
    }
}
