import FleetModel
import Testing

@testable import Scheduler

/// Speculation on the live fleet leaves no trace when it is rolled back.
@Suite struct TransactionTests {
    private static func fleet(seed: UInt64) -> (FleetState, SplitMix) {
        var world = SmallWorld(seed: seed, roles: false)
        var fleet = FleetState()
        for node in world.nodes { fleet.add(node, held: []) }
        if world.random.below(3) == 0 { fleet.setDrained(NodeID(0), true) }
        return (fleet, world.random)
    }

    private static func digest(_ fleet: FleetState) -> UInt64 {
        var hasher = StateHasher()
        fleet.fold(into: &hasher)
        for milli in fleet.freeMilli + fleet.schedulableMilli { hasher.add(milli) }
        hasher.add(fleet.growthVersion)
        return hasher.digest
    }

    /// Takes or puts back something at random; `held` is what is taken.
    private static func step(
        _ fleet: inout FleetState, _ held: inout [Grant], _ random: inout SplitMix
    ) {
        if !held.isEmpty, random.below(2) == 0 {
            fleet.putBack(held.remove(at: random.below(held.count)))
            return
        }
        let node = random.below(fleet.nodeCount)
        let milli = Int32([1000, 500, 300][random.below(3)])
        var devices: UInt64 = 0
        for device in 0..<Int(fleet.deviceCount[node]) where random.below(2) == 0 {
            let free = fleet.deviceFree[Int(fleet.deviceOffset[node]) + device]
            if Int32(free) >= milli { devices |= 1 << UInt64(device) }
        }
        let host = HostResources(cpuMilli: Int64(random.below(10)), nics: 1)
        guard fleet.hostFree[node].contains(host) else { return }
        let grant = Grant(node: NodeID(node), deviceMilli: milli, devices: devices, host: host)
        fleet.take(grant)
        held.append(grant)
    }

    @Test func rollbackRestoresEverything() {
        for seed in UInt64(0)..<(300 * Effort.factor) {
            var (fleet, random) = Self.fleet(seed: seed)
            var held: [Grant] = []
            for _ in 0..<random.below(10) { Self.step(&fleet, &held, &random) }
            var marks: [(mark: Int, digest: UInt64, held: [Grant])] = []
            for _ in 0..<60 {
                switch random.below(8) {
                case 0:
                    let digest = Self.digest(fleet)
                    marks.append((fleet.checkpoint(), digest, held))
                case 1:
                    guard let last = marks.popLast() else { continue }
                    fleet.rollback(to: last.mark)
                    held = last.held
                    #expect(Self.digest(fleet) == last.digest, "seed \(seed)")
                case 2 where marks.count > 1:
                    fleet.commit()
                    marks.removeLast()
                default: Self.step(&fleet, &held, &random)
                }
            }
            while let last = marks.popLast() {
                fleet.rollback(to: last.mark)
                #expect(Self.digest(fleet) == last.digest, "seed \(seed)")
            }
            #expect(!fleet.isSpeculating)
        }
    }

    @Test func anInnerCommitIsUndoneByTheOuterRollback() {
        var (fleet, _) = Self.fleet(seed: 3)
        let before = Self.digest(fleet)
        let grant = Grant(
            node: NodeID(0), deviceMilli: 1000, devices: 0, host: HostResources(cpuMilli: 1))
        let outer = fleet.checkpoint()
        _ = fleet.checkpoint()
        fleet.take(grant)
        fleet.commit()
        #expect(Self.digest(fleet) != before)
        fleet.rollback(to: outer)
        #expect(Self.digest(fleet) == before)
    }

    @Test func anIndexFollowsARollback() {
        var placer = Placer(
            topology: Topology(levels: [TopologyLevel(name: "leaf")]), policy: Policy())
        for node in FleetDefinition.uniform(nodes: 4, devices: 8, groups: [2]).nodes {
            placer.fleet.add(node, held: [])
        }
        let role = RoleRequest(
            shape: Shape(request: MemberRequest(devices: 8), kinds: .all, pools: .all),
            minimum: 3, maximum: 3)
        let gang = GangRequest(roles: [role], topology: TopologyConstraint())
        let mark = placer.fleet.checkpoint()
        #expect(placer.place(gang)?.count == 3)
        #expect(placer.place(gang) == nil)
        placer.fleet.rollback(to: mark)
        #expect(placer.indexFaults() == [])
        #expect(placer.place(gang)?.count == 3)
    }
}
