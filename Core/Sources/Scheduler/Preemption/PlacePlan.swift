import FleetModel

/// A future place for a gang.
struct PlacePlan: Sendable {
    /// Where every member will stand, in rank order.
    var members: [PlacedMember]
    /// When it will be free; nil when nobody knows. Not after now when only gangs that make way
    /// are in it.
    var due: Instant?
    /// Gangs that must make way, by slot.
    var victims: [Int32]
    /// What their going costs, in thousandths of GPU-seconds.
    var cost: Int64

    /// Whether this place is free earlier, or as early at lower cost.
    func isBetter(than other: PlacePlan) -> Bool {
        (due ?? .never, cost) < (other.due ?? .never, other.cost)
    }
}

/// Which places a search considers.
enum PlanScope: Sendable {
    /// Only places that are free as soon as victims are gone.
    case now
    /// Places that become free at any time.
    case anyTime
}

/// Finds a place for a gang among those that are in use: the one that is free first, of equal ones
/// the one that costs least.
///
/// Every node is forecast once: members that fit as its occupants leave, those first that make
/// way. A domain is as good as the last of the units that the gang needs of it. O(occupants log
/// occupants), bounded by the policy's `victimSteps`.
struct PlaceSearch {
    private let request: GangRequest
    private let shape: Shape
    private let wanted: Int
    private let scope: PlanScope
    private let within: Range<Int>?
    private var asker: Asker
    private var units: [RoomUnit] = []
    /// Where the units of each position start; one more than positions.
    private var starts: [Int32] = []
    /// What is known of running gangs, by slot.
    private var verdicts: [Occupant?] = []
    private var steps = 0
    /// Occupants of the node looked at last; kept for its storage.
    private var found: [Occupant] = []

    /// Prepares a search for a gang of one role, all on devices of `shape`'s kinds.
    /// `within` restricts it to a range of positions.
    init(
        request: GangRequest, shape: Shape, asker: Asker, scope: PlanScope,
        within: Range<Int>? = nil
    ) {
        self.request = request
        self.shape = shape
        self.asker = asker
        self.scope = scope
        self.within = within
        wanted = Int(request.roles[0].minimum)
    }

    /// The best place; nil when there is none within the scope.
    mutating func run(_ engine: inout Engine) -> PlacePlan? {
        engine.placer.refreshTree()
        scan(engine)
        if steps > Int(engine.policy.timeline.victimSteps) { engine.placer.counters.limitsHit += 1 }
        guard let chosen = chooseDomain(engine) else { return nil }
        let plan = build(chosen, engine)
        return scope == .now && !isWorthIt(plan, engine) ? nil : plan
    }

    /// Whether what gangs lose that make way in turn is within the asker's limit.
    private mutating func isWorthIt(_ plan: PlacePlan, _ engine: borrowing Engine) -> Bool {
        var inTurn: [Int] = []
        for slot in plan.victims where engine.right(of: &asker, over: Int(slot)) == .turn {
            inTurn.append(Int(slot))
        }
        return engine.totalLoss(of: inTurn) <= asker.lossLimit
    }

    // MARK: Forecast

    private mutating func scan(_ engine: borrowing Engine) {
        let count = engine.placer.tree.nodeCount
        starts.reserveCapacity(count + 1)
        verdicts = [Occupant?](repeating: nil, count: engine.jobs.slotCount)
        let limit = Int(engine.policy.timeline.victimSteps)
        for position in 0..<count {
            starts.append(Int32(units.count))
            if steps <= limit, within?.contains(position) ?? true { forecast(position, engine) }
        }
        starts.append(Int32(units.count))
    }

    private func isOpen(_ node: Int, _ engine: borrowing Engine) -> Bool {
        engine.placer.fleet.takesWork(node) && shape.accepts(node, of: engine.placer.fleet)
            && !request.avoids(node)
    }

    /// Occupants of a node in the order in which they go, as ``found``.
    private mutating func findOccupants(_ node: Int, _ engine: borrowing Engine) {
        found.removeAll(keepingCapacity: true)
        var last: Int32 = -1
        for place in engine.holders[node].indices {
            let slot = engine.holders[node][place].slot
            guard slot != last else { continue }
            last = slot
            guard !found.contains(where: { $0.slot == slot }) else { continue }
            let new = occupant(slot, engine)
            var place = found.count
            while place > 0, new.precedes(found[place - 1]) { place -= 1 }
            found.insert(new, at: place)
        }
    }

    private mutating func occupant(_ slot: Int32, _ engine: borrowing Engine) -> Occupant {
        if let known = verdicts[Int(slot)] { return known }
        steps += 1
        let now = engine.now.nanoseconds
        var result = Occupant(slot: slot, goneAt: .max, cost: 0)
        if engine.jobs[Int(slot)].phase == .stopping {
            result.goneAt = now
        } else if let right = engine.right(of: &asker, over: Int(slot)) {
            if right == .reclaim { engine.spend(Int(slot), of: &asker) }
            result.goneAt = now
            result.cost = weighed(Int(slot), engine)
        } else if let time = engine.departure(of: Int(slot), before: asker) {
            result.goneAt = max(engine.now + TimeSpan(nanoseconds: 1), time).nanoseconds
        }
        verdicts[Int(slot)] = result
        return result
    }

    /// What a victim loses, weighed by its age: who came long ago has waited and lost before.
    private func weighed(_ slot: Int, _ engine: borrowing Engine) -> Int64 {
        let loss = engine.jobs[slot].loss(at: engine.now).total
        let age = (engine.now - engine.jobs[slot].submittedAt).wholeSeconds
        return Int64(
            clamping: Int128(loss) * Int128(PlaceSearch.ageScale + age)
                / Int128(PlaceSearch.ageScale))
    }

    /// A victim that came so many seconds ago counts twice: a week.
    private static let ageScale: Int64 = 604_800

    private mutating func forecast(_ position: Int, _ engine: borrowing Engine) {
        let node = Int(engine.placer.tree.nodeAt[position])
        guard isOpen(node, engine) else { return }
        var view = NodeForecast(
            node, of: engine.placer.fleet, claimed: engine.reservations.claimedDevices(node))
        let size = hostSlice(engine)
        var fit = view.fit(shape.request, most: wanted) / size * size
        append(fit, at: engine.now.nanoseconds, cost: 0, position)
        guard fit < wanted, !engine.holders[node].isEmpty else { return }
        var cost: Int64 = 0
        findOccupants(node, engine)
        for place in found.indices {
            let occupant = found[place]
            if scope == .now, occupant.goneAt > engine.now.nanoseconds { return }
            for holder in engine.holders[node].indices
            where engine.holders[node][holder].slot == occupant.slot {
                let member = Int(engine.holders[node][holder].member)
                view.release(engine.jobs[Int(occupant.slot)].members[member].grant)
            }
            cost = cost.addingSaturated(occupant.cost)
            let now = view.fit(shape.request, most: wanted) / size * size
            guard now > fit else { continue }
            append(now - fit, at: occupant.goneAt, cost: cost, position)
            (fit, cost) = (now, 0)
            if fit == wanted { return }
        }
    }

    private mutating func append(_ count: Int, at time: Int64, cost: Int64, _ position: Int) {
        guard count > 0 else { return }
        let each = cost == .max ? .max : (cost + Int64(count) - 1) / Int64(count)
        for _ in 0..<count {
            units.append(RoomUnit(at: time, cost: each, position: Int32(position)))
        }
    }

    private func hostSlice(_ engine: borrowing Engine) -> Int {
        guard let slice = request.topology.slice,
            slice.level.index >= engine.placer.tree.levelRanges.count
        else { return 1 }
        return Int(slice.members)
    }

    // MARK: Choice

    /// A domain that will do, with the units chosen of it.
    private struct Choice {
        var unknown: Int
        var due: Int64
        var cost: Int64
        var units: [RoomUnit]

        func isBetter(than other: Choice) -> Bool {
            (unknown, due, cost) < (other.unknown, other.due, other.cost)
        }
    }

    private func chooseDomain(_ engine: borrowing Engine) -> Choice? {
        var best: Choice?
        for level in levels(engine) {
            for range in ranges(level, engine) {
                let available = Int(starts[range.upperBound] - starts[range.lowerBound])
                guard available >= wanted else { continue }
                guard let choice = choose(in: range, engine) else { continue }
                if best.map({ choice.isBetter(than: $0) }) ?? true { best = choice }
            }
            // A finer place that is free at once is as good as it gets.
            if let best, best.unknown == 0, best.due <= engine.now.nanoseconds { return best }
        }
        return best
    }

    private func levels(_ engine: borrowing Engine) -> [Int] {
        let host = engine.placer.tree.levelRanges.count
        switch request.topology.preference {
        case .closest, .preferred: return Array((-1...host).reversed())
        case .required(let level), .relaxing(let level, after: _, then: _):
            return [min(level.index, host)]
        }
    }

    private func ranges(_ level: Int, _ engine: borrowing Engine) -> [Range<Int>] {
        let tree = engine.placer.tree
        if level < 0 { return [0..<tree.nodeCount] }
        if level >= tree.levelRanges.count { return (0..<tree.nodeCount).map { $0..<($0 + 1) } }
        return tree.levelRanges[level].map { tree.positions($0) }
    }

    private func choose(in range: Range<Int>, _ engine: borrowing Engine) -> Choice? {
        var pool = Array(units[Int(starts[range.lowerBound])..<Int(starts[range.upperBound])])
        if let slice = request.topology.slice {
            pool = sliced(range, size: Int(slice.members), level: slice.level.index, engine)
            guard pool.count >= wanted else { return nil }
        } else if pool.count > wanted {
            pool.sort { $0.precedes($1) }
        }
        let chosen = Array(pool.prefix(wanted))
        var cost: Int64 = 0
        var due = Int64.min
        var unknown = 0
        for unit in chosen {
            cost = cost.addingSaturated(unit.cost)
            if unit.at == .max { unknown += 1 } else { due = max(due, unit.at) }
        }
        return Choice(unknown: unknown, due: due, cost: cost, units: chosen)
    }

    /// Units in whole slices, those first that are whole first.
    private func sliced(
        _ range: Range<Int>, size: Int, level: Int, _ engine: borrowing Engine
    ) -> [RoomUnit] {
        let tree = engine.placer.tree
        var groups: [(last: RoomUnit, units: ArraySlice<RoomUnit>)] = []
        let domains =
            level < tree.levelRanges.count
            ? tree.levelRanges[level].map { tree.positions($0) } : range.map { $0..<($0 + 1) }
        for domain in domains {
            let inner = domain.clamped(to: range)
            guard !inner.isEmpty else { continue }
            var pool = Array(units[Int(starts[inner.lowerBound])..<Int(starts[inner.upperBound])])
            pool.sort { $0.precedes($1) }
            for group in 0..<(pool.count / size) {
                let members = pool[(group * size)..<((group + 1) * size)]
                groups.append((members[members.endIndex - 1], members))
            }
        }
        groups.sort { $0.last.precedes($1.last) }
        return groups.flatMap { $0.units }
    }

    // MARK: Plan

    private mutating func build(_ choice: Choice, _ engine: borrowing Engine) -> PlacePlan {
        var counts: [(position: Int32, members: Int)] = []
        for unit in choice.units.sorted(by: { $0.position < $1.position }) {
            if counts.last?.position == unit.position {
                counts[counts.count - 1].members += 1
            } else {
                counts.append((unit.position, 1))
            }
        }
        var victims: [Int32] = []
        var leaving: [[Int32]] = []
        for (position, members) in counts {
            let gone = self.gone(Int(engine.placer.tree.nodeAt[Int(position)]), members, engine)
            leaving.append(gone)
            for slot in gone where isVictim(slot, engine) && !victims.contains(slot) {
                victims.append(slot)
            }
        }
        reprieve(&victims, counts, &leaving, engine)
        var members: [PlacedMember] = []
        for (place, (position, count)) in counts.enumerated() {
            let node = Int(engine.placer.tree.nodeAt[Int(position)])
            addMembers(node, count, leaving[place], engine, into: &members)
        }
        return PlacePlan(
            members: members,
            due: choice.unknown > 0
                ? nil : Instant(nanoseconds: max(choice.due, engine.now.nanoseconds)),
            victims: victims, cost: choice.cost)
    }

    private func isVictim(_ slot: Int32, _ engine: borrowing Engine) -> Bool {
        engine.jobs[Int(slot)].phase != .stopping
            && verdicts[Int(slot)]?.goneAt == engine.now.nanoseconds
    }

    /// The first occupants to go until so many members fit.
    private mutating func gone(
        _ node: Int, _ members: Int, _ engine: borrowing Engine
    ) -> [Int32] {
        var result: [Int32] = []
        findOccupants(node, engine)
        for occupant in found {
            if fit(node, without: result, engine) >= members { break }
            result.append(occupant.slot)
        }
        return result
    }

    private func fit(_ node: Int, without gone: [Int32], _ engine: borrowing Engine) -> Int {
        view(node, without: gone, engine).fit(shape.request, most: wanted)
    }

    private func view(
        _ node: Int, without gone: [Int32], _ engine: borrowing Engine
    ) -> NodeForecast {
        var view = NodeForecast(
            node, of: engine.placer.fleet, claimed: engine.reservations.claimedDevices(node))
        for holder in engine.holders[node] where gone.contains(holder.slot) {
            view.release(engine.jobs[Int(holder.slot)].members[Int(holder.member)].grant)
        }
        return view
    }

    /// Spares every victim, dearest first, without which all still fits.
    private func reprieve(
        _ victims: inout [Int32], _ counts: [(position: Int32, members: Int)],
        _ leaving: inout [[Int32]], _ engine: borrowing Engine
    ) {
        guard victims.count > 1 || leaving.contains(where: { $0.count > 1 }) else { return }
        var placesOf: [Int32: [Int]] = [:]
        for (place, slots) in leaving.enumerated() {
            for slot in slots { placesOf[slot, default: []].append(place) }
        }
        let order = victims.sorted {
            let (a, b) = (verdicts[Int($0)]?.cost ?? 0, verdicts[Int($1)]?.cost ?? 0)
            return a != b ? a > b : $0 > $1
        }
        for slot in order {
            let places = placesOf[slot] ?? []
            let isSpared = places.allSatisfy { place in
                let node = Int(engine.placer.tree.nodeAt[Int(counts[place].position)])
                return fit(node, without: leaving[place].filter { $0 != slot }, engine)
                    >= counts[place].members
            }
            guard isSpared else { continue }
            for place in places { leaving[place].removeAll { $0 == slot } }
            victims.removeAll { $0 == slot }
        }
    }

    private func addMembers(
        _ node: Int, _ count: Int, _ gone: [Int32], _ engine: borrowing Engine,
        into members: inout [PlacedMember]
    ) {
        var view = view(node, without: gone, engine)
        let free = engine.placer.fleet.wholeFree[node]
        for _ in 0..<count {
            guard
                let grant = view.take(shape.request, on: NodeID(node), preferring: free)
            else { preconditionFailure("a planned member has no place") }
            members.append(PlacedMember(grant: grant, role: 0))
        }
    }
}
