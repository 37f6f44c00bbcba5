import FleetModel
import Testing

@testable import Scheduler

/// Where the members of a gang go.
@Suite struct PlacementTests {
    /// Eight nodes of 8 GPUs in four leaves of two, under two spines.
    static let tree = FleetDefinition.uniform(nodes: 8, devices: 8, groups: [2, 2])
    static let spine = LevelIndex(0)
    static let leaf = LevelIndex(1)
    static let host = LevelIndex(2)

    /// The tree with some nodes drained.
    private static func harness(without nodes: [Int] = []) -> Harness {
        var h = Harness(tree, policy: Policy(queueOrder: .firstFit))
        for node in nodes { h.apply(.drain(NodeID(node))) }
        return h
    }

    private static func asking(
        _ preference: TopologyPreference, slice: TopologySlice? = nil
    ) -> (inout JobSpec) -> Void {
        { $0.topology = TopologyConstraint(preference: preference, slice: slice) }
    }

    @Test func theTightestDomainOfTheFinestLevelIsTaken() {
        var h = Self.harness(without: [0, 4, 5, 6])
        #expect(h.submit(0, gpus: 8).nodes == [1], "a leaf with one node left, in the first spine")
        #expect(h.submit(1, members: 2, gpus: 8).nodes == [2, 3])
    }

    @Test func aGangTakesFewSubdomains() {
        var h = Self.harness(without: [1, 3])
        #expect(h.submit(0, members: 4, gpus: 8).nodes == [4, 5, 6, 7], "one spine, two leaves")
        var wide = Self.harness(without: [1, 5])
        let nodes = wide.submit(0, members: 5, gpus: 8).nodes
        #expect(Set(nodes.map { $0 / 2 }).count == 3)
        #expect(nodes == nodes.sorted())
    }

    @Test func aSliceStandsInOneDomain() {
        var h = Self.harness(without: [1, 3, 5])
        let slice = TopologySlice(members: 2, level: Self.leaf)
        #expect(
            h.submit(0, members: 2, gpus: 8, change: Self.asking(.closest, slice: slice))
                .nodes == [6, 7])
        let refused = h.submit(1, members: 2, gpus: 8, change: Self.asking(.closest, slice: slice))
        #expect(refused.started == [])
        #expect(h.submit(2, members: 2, gpus: 8).started == [2], "without slices there is room")
    }

    @Test func ranksOfASliceFollowEachOther() {
        var h = Self.harness(without: [2])
        let slice = TopologySlice(members: 4, level: Self.leaf)
        let nodes = h.submit(0, members: 12, gpus: 4, change: Self.asking(.closest, slice: slice))
            .nodes
        #expect(nodes.count == 12)
        #expect(nodes == nodes.sorted())
        for start in stride(from: 0, to: 12, by: 4) {
            #expect(Set(nodes[start..<(start + 4)].map { $0 / 2 }).count == 1)
        }
    }

    @Test func hostSlicesDoNotSplit() {
        var h = Self.harness()
        let slice = TopologySlice(members: 2, level: Self.host)
        for node in 0..<8 {
            h.submit(node, gpus: 7) { $0.topology.preference = .required(Self.host) }
        }
        #expect(
            h.submit(8, members: 2, gpus: 1, change: Self.asking(.closest, slice: slice))
                .started == [])
        #expect(h.submit(9, members: 2, gpus: 1).started == [9])
    }

    @Test(arguments: [PlacementRule.standard, .bestFit, .fgd])
    func aFractionGoesOnTheTightestDevice(rule: PlacementRule) {
        var h = Harness(
            .uniform(nodes: 1, devices: 4, groups: []), policy: Policy(placement: rule))
        func part(_ id: Int, _ milli: Int32) -> [UInt64] {
            h.submit(id) { $0.roles[0].request.deviceMilli = milli }.members.map(\.devices)
        }
        #expect(part(0, 600) == [1])
        #expect(part(1, 300) == [1])
        #expect(part(2, 300) == [2])
        #expect(part(3, 100) == [1])
        #expect(part(4, 700) == [2])
        #expect(h.submit(5, gpus: 2).members.map(\.devices) == [0b1100])
    }

    @Test(arguments: [(2, 2), (8, 8), (12, 8)])
    func anElasticGangTakesAsManyAsFit(most: Int, taken: Int) {
        var h = Self.harness()
        let nodes = h.submit(0, members: 1, gpus: 8) { $0.roles[0].maximum = Int32(most) }.nodes
        #expect(nodes == Array(0..<taken))
    }

    @Test func anElasticGangTakesAsManyAsOneRequiredDomainHolds() {
        var h = Self.harness(without: [0, 6])
        let nodes = h.submit(0, members: 1, gpus: 8) { spec in
            spec.roles[0].maximum = 4
            spec.topology.preference = .required(Self.spine)
        }.nodes
        #expect(nodes.count == 3)
        #expect(Set(nodes.map { $0 / 4 }).count == 1)
        let rest = h.submit(1, members: 4, gpus: 8) { $0.roles[0].maximum = 9 }
        #expect(rest.started == [], "three are left")
    }

    @Test func anElasticGangStaysWithinItsRequiredDomain() {
        var h = Self.harness()
        let members = h.submit(0, members: 1, gpus: 8) { spec in
            spec.roles[0].maximum = 8
            spec.topology.preference = .required(Self.leaf)
        }.members
        #expect(Set(members.map { $0.node.index / 2 }).count == 1)
    }

    @Test(arguments: [(5, 4), (6, 6), (9, 6)])
    func anElasticGangTakesWholeSlices(most: Int, taken: Int) {
        var h = Self.harness(without: [7])
        let nodes = h.submit(0, members: 2, gpus: 8) { spec in
            spec.roles[0].maximum = Int32(most)
            spec.topology.slice = TopologySlice(members: 2, level: Self.leaf)
        }.nodes
        #expect(nodes == Array(0..<taken))
    }

    @Test func rolesStandTogetherOrNotAtAll() {
        var h = Self.harness(without: [1, 3])
        let trainer = RoleSpec(count: 2, request: MemberRequest(devices: 6))
        let reader = RoleSpec(count: 4, request: MemberRequest(devices: 1))
        func both(_ spec: inout JobSpec) {
            spec.roles = [reader, trainer]
            spec.topology.preference = .required(Self.leaf)
        }
        let first = h.submit(0, change: both).members
        #expect(first.map(\.role) == [0, 0, 0, 0, 1, 1])
        #expect(Set(first.map { $0.node.index / 2 }).count == 1)
        #expect(h.submit(1, change: both).started == [1])
        #expect(h.submit(2, change: both).started == [])
        #expect(h.engine.summary().freeMilli == 6 * 8000 - 2 * 16_000, "nothing is left taken")
    }

    @Test func aRoleThatMayBeEmptyNeedsNoDevicesOfItsKind() {
        var h = Self.harness()
        let missing = AcceleratorKindSet([AcceleratorKindID(5)])
        var extra = RoleSpec(count: 0, maximum: 3, request: MemberRequest(devices: 1))
        extra.accelerators = missing
        let members = h.submit(0, members: 2) { $0.roles.append(extra) }.members
        #expect(members.map(\.role) == [0, 0])
    }

    @Test func membersOfARoleAreOfOneKind() {
        var mixed = FleetDefinition(topology: Topology(levels: []))
        for node in 0..<4 {
            mixed.addNode(
                name: "\(node)", pool: "p", kind: node % 2 == 0 ? "A" : "B", devices: 4,
                host: FleetDefinition.commonHost, path: [])
        }
        var h = Harness(mixed)
        h.submit(0, gpus: 1) { $0.roles[0].accelerators = AcceleratorKindSet(bits: 1) }
        #expect(h.submit(1, members: 2, gpus: 4).nodes == [1, 3])
        #expect(h.submit(2, members: 2, gpus: 2).nodes.allSatisfy { $0 % 2 == 0 })
    }

    @Test func theRequiredHostHoldsAll() {
        var h = Self.harness()
        for node in 0..<7 { h.submit(node, gpus: 6) }
        let request = Self.asking(.required(Self.host))
        #expect(h.submit(7, members: 4, gpus: 2, change: request).nodes == [7, 7, 7, 7])
        #expect(h.submit(8, members: 2, gpus: 2, change: request).started == [])
        #expect(h.submit(9, members: 2, gpus: 2).started == [9])
    }

    @Test func aPreferredLevelGivesWayToCoarserOnes() {
        let wish = Self.asking(.preferred(Self.leaf))
        var h = Self.harness()
        #expect(h.submit(0, members: 2, gpus: 8, change: wish).nodes == [0, 1])
        #expect(h.submit(1, members: 3, gpus: 8, change: wish).nodes == [4, 5, 6], "one spine")
        #expect(h.submit(2, members: 3, gpus: 8, change: wish).nodes == [2, 3, 7], "the fleet")
    }

    @Test(arguments: [nil, LevelIndex(0)])
    func aWishIsRelaxedInTime(then: LevelIndex?) {
        var h = Self.harness()
        for leaf in 0..<4 {
            h.submit(10 + leaf, members: 3, gpus: 4) {
                $0.topology.preference = .required(Self.leaf)
            }
        }
        let wish = Self.asking(.relaxing(Self.leaf, after: .seconds(60), then: then))
        #expect(h.submit(0, members: 2, gpus: 4, change: wish).waitCode == .topology)
        #expect(h.advance(to: 59).started == [])
        let started = h.advance(to: 60)
        #expect(started.started == [0])
        #expect(Set(started.nodes.map { $0 / 4 }).count == 1)
    }

    @Test func aRelaxedWishStaysRelaxedAfterAFailure() {
        var h = Self.harness(without: [1, 3, 5, 7])
        let wish = Self.asking(.relaxing(Self.leaf, after: .seconds(60), then: nil))
        h.submit(0, members: 2, gpus: 8, change: wish)
        h.advance(to: 60)
        #expect(h.fail(0, .node).started == [0])
    }

    @Test func aJobStaysInItsPools() {
        var fleet = FleetDefinition(topology: Topology(levels: []))
        for pool in ["a", "b"] {
            fleet.addNode(
                name: pool, pool: pool, kind: "GPU", devices: 4, host: FleetDefinition.commonHost,
                path: [])
        }
        var h = Harness(fleet)
        #expect(h.submit(0, gpus: 4) { $0.pools = PoolSet(bits: 2) }.nodes == [1])
        #expect(h.submit(1, gpus: 4) { $0.pools = PoolSet(bits: 2) }.started == [])
        #expect(h.submit(2, gpus: 4).nodes == [0])
    }
}
