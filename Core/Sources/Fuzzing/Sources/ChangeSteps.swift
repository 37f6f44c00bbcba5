import FleetModel

/// What a backend tells that does not make its world itself: nodes that change under what runs on
/// them, rules that admit other nodes, gangs that somebody else has put somewhere.
struct ChangeSteps {
    private var random: SplitMix
    /// Of spares, so that worlds are else as they are without them.
    private var spareRandom: SplitMix
    /// One input in so many is one of these; zero for none.
    private let rate: Int
    private var nextJob = 1_000_000

    /// Rules that a case uses; jobs may name one more, which is never told.
    static let rules = 3

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
        rate = [0, 0, 6, 20][random.below(4)]
        spareRandom = SplitMix(seed: SplitMix.mix(seed &+ 1))
    }

    /// The next of these inputs, if it is its turn; what follows from it goes to `pending`.
    mutating func next(
        _ book: WorldBook, _ fleet: FleetSource, _ jobs: inout JobSource, at now: Instant,
        _ pending: inout PendingInputs
    ) -> Input? {
        guard rate > 0 else { return nil }
        if spareRandom.below(4 * rate) == 0 { return spares(fleet) }
        guard random.below(rate) == 0 else { return nil }
        switch random.below(9) {
        case 0..<3: return .updateNodes((0...random.below(3)).map { _ in change(book, fleet) })
        case 3..<5:
            return .setRule(
                NodeRuleID(random.below(ChangeSteps.rules)),
                nodes: fleet.nodes.map(\.id).filter { _ in random.below(3) > 0 })
        case 5: return .setRule(NodeRuleID(rawValue: Int32(random.below(9)) - 2), nodes: [])
        case 6:
            return .preferNodes(
                NodeRuleID(random.below(ChangeSteps.rules)),
                nodes: fleet.nodes.map(\.id).filter { _ in random.below(2) > 0 })
        default: return adoption(book, fleet, &jobs, at: now, &pending)
        }
    }

    /// Gives some roles a rule.
    mutating func rule(_ spec: inout JobSpec) {
        guard rate > 0 else { return }
        for role in spec.roles.indices where random.below(4) == 0 {
            spec.roles[role].request.host.slots = 1
            spec.roles[role].request.host.exclusives = Exclusives(
                UInt64(random.below(4)) << UInt64(random.below(3)))
        }
        for role in spec.roles.indices where random.below(3) == 0 {
            spec.roles[role].rule = NodeRuleID(random.below(ChangeSteps.rules + 1))
        }
    }

    /// Inputs after which every node is as at first, every rule admits all of them, and none is
    /// kept for large gangs: that several roles, or the kinds that a quota leaves, do not fit
    /// beside spares together is not seen.
    static func healing(_ fleet: FleetSource) -> [Input] {
        let all = fleet.nodes.map(\.id)
        return [.updateNodes(fleet.nodes)]
            + (0...rules).map { .setRule(NodeRuleID($0), nodes: all) }
            + [.keepSpares([], gangs: [])]
    }

    /// Some nodes, for gangs of some size in some pools; now and then what cannot be.
    private mutating func spares(_ fleet: FleetSource) -> Input {
        let share = spareRandom.below(6)
        let nodes = fleet.nodes.map(\.id).filter { _ in spareRandom.below(6) < share }
        let gangs = (0..<fleet.pools).filter { _ in spareRandom.below(4) > 0 }.map { pool in
            SpareGangs(pool: PoolID(pool), leastMilli: Int64(spareRandom.below(24)) * 1000)
        }
        let isHostile = spareRandom.below(16) == 0
        return .keepSpares(nodes, gangs: isHostile ? gangs + gangs.prefix(1) : gangs)
    }

    private mutating func change(_ book: WorldBook, _ fleet: FleetSource) -> NodeSpec {
        let known = fleet.nodes[random.below(fleet.nodes.count)]
        var node = book.entry(known.id)?.spec ?? known
        switch random.below(8) {
        case 6: node.host.slots = Int64(random.below(12))
        case 7: node.host.exclusives = Exclusives(UInt64(random.below(16)))
        case 0: node.host.cpuMilli = Int64(random.below(16)) * 1000
        case 1: node.host = known.host
        case 2: node.domains = fleet.nodes[random.below(fleet.nodes.count)].domains
        case 3: node.pool = PoolID(random.below(fleet.pools))
        case 4: node.devices = Int32(random.below(9))
        default: node.host.memoryMiB = -1
        }
        if node.devices > 0, node.kind == nil { node.kind = AcceleratorKindID(0) }
        return node
    }

    private mutating func adoption(
        _ book: WorldBook, _ fleet: FleetSource, _ jobs: inout JobSource, at now: Instant,
        _ pending: inout PendingInputs
    ) -> Input {
        var spec = jobs.next(id: JobID(nextJob), at: now)
        nextJob += 1
        if random.below(8) > 0 { spec.dependencies = [] }
        var places: [MemberPlacement] = []
        var used = fleet.nodes.map { book.entry($0.id)?.usedDevices ?? 0 }
        for (role, entry) in spec.roles.enumerated() {
            for _ in 0..<entry.minimum {
                guard let place = self.place(entry, role, fleet, &used) else { continue }
                places.append(place)
            }
        }
        let attempt = Attempt(Int32(random.below(4)))
        pending.add(
            .finish(spec.id, attempt),
            at: now + .seconds(fleet.unitSeconds * Int64(1 + random.below(20))))
        guard random.below(3) == 0, !book.open.isEmpty else {
            return .adopt(spec, attempt, places)
        }
        // Some that are gone before, some that never were; now and then twice the same.
        let gone = (0...random.below(3)).map { _ in
            random.below(10) == 0
                ? JobID(random.below(nextJob)) : book.open[random.below(book.open.count)]
        }
        return .replace(gone, spec, attempt, places)
    }

    /// A place for one member, mostly on devices that nobody has.
    private mutating func place(
        _ role: RoleSpec, _ index: Int, _ fleet: FleetSource, _ used: inout [UInt64]
    ) -> MemberPlacement? {
        let count = Int(role.request.devices)
        for _ in 0..<6 {
            let node = random.below(fleet.nodes.count)
            var devices: UInt64 = 0
            for device in 0..<Int(fleet.nodes[node].devices)
            where devices.nonzeroBitCount < count && used[node] & (1 << UInt64(device)) == 0 {
                devices |= 1 << UInt64(device)
            }
            guard devices.nonzeroBitCount == count || random.below(12) == 0 else { continue }
            used[node] |= devices
            return MemberPlacement(
                node: fleet.nodes[node].id, role: Int32(index), devices: devices)
        }
        return nil
    }
}
