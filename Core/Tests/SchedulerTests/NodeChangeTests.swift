import FleetModel
import Testing

@testable import Scheduler

/// Nodes that change under what runs on them, and rules that say who may stand where.
@Suite struct NodeChangeTests {
    static let pair = FleetDefinition.uniform(nodes: 2, devices: 4, groups: [1])

    private func node(_ index: Int, _ change: (inout NodeSpec) -> Void) -> NodeSpec {
        var spec = Self.pair.nodes[index]
        change(&spec)
        return spec
    }

    private func host(_ cores: Int64) -> HostResources {
        HostResources(cpuMilli: cores * 1000, memoryMiB: 1 << 20)
    }

    @Test func aSmallerHostTakesNoMoreAndStopsNobody() {
        var h = Harness(Self.pair)
        let ask = MemberRequest(devices: 1, host: HostResources(cpuMilli: 4000))
        func roles(_ spec: inout JobSpec) { spec.roles[0].request = ask }
        #expect(h.submit(0, change: roles).nodes.count == 1)
        let small = (0..<2).map { index in node(index) { $0.host = host(3) } }
        #expect(h.apply(.updateNodes(small)).stopped == [])
        #expect(h.submit(1, change: roles).started == [])
        let grown = node(1) { $0.host = host(4) }
        #expect(h.apply(.updateNodes([grown])).nodes == [1])
    }

    @Test func anotherPoolTakesOthers() {
        var h = Harness(Self.pair)
        let wants = { (spec: inout JobSpec) in spec.pools = PoolSet(bits: 0b10) }
        #expect(h.submit(0, gpus: 4, change: wants).waitCode == .pool)
        #expect(h.apply(.updateNodes([node(1) { $0.pool = PoolID(1) }])).nodes == [1])
        #expect(h.apply(.updateNodes([node(1) { $0.pool = PoolID(0) }])).stopped == [])
        #expect(h.finish(0).ended == [0: .succeeded])
        #expect(h.submit(1, gpus: 4, change: wants).started == [])
    }

    @Test func otherDevicesCountOnlyWhereNobodyHoldsAny() {
        var h = Harness(Self.pair)
        h.submit(0, gpus: 1)
        let held = h.directives.nodes[0]
        let larger = (0..<2).map { index in node(index) { $0.devices = 8 } }
        h.apply(.updateNodes(larger))
        #expect(h.submit(1, gpus: 8).nodes == [1 - held])
        h.finish(0)
        #expect(h.submit(2, gpus: 8).started == [])
        #expect(h.apply(.updateNodes(larger)).nodes == [held])
    }

    @Test func aGangStaysWhenItsNodeMovesToAnotherDomain() {
        var h = Harness(FleetDefinition.uniform(nodes: 4, devices: 4, groups: [2]))
        let together = { (spec: inout JobSpec) in
            spec.topology.preference = .required(LevelIndex(0))
        }
        #expect(h.submit(0, members: 2, gpus: 4, change: together).started == [0])
        let home = h.directives.nodes
        var moved = h.fleet.nodes[home[1]]
        moved.domains = h.fleet.nodes[home[1] < 2 ? 3 : 0].domains
        #expect(h.apply(.updateNodes([moved])).stopped == [])
        // Three nodes are in one domain now, of which one is in use: nobody fits together there
        // but two.
        #expect(h.submit(1, members: 2, gpus: 4, change: together).started == [1])
        #expect(h.apply(.removeNodes([NodeID(home[1])])).stopped == [0])
        #expect(h.confirmStop(0).started == [])
    }

    @Test func aRuleAdmitsTheNodesThatItWasTold() {
        var h = Harness(Self.pair)
        let ruled = { (spec: inout JobSpec) in spec.roles[0].rule = NodeRuleID(7) }
        #expect(h.submit(0, gpus: 4, change: ruled).waitCode == .pool)
        #expect(h.apply(.setRule(NodeRuleID(7), nodes: [NodeID(1)])).nodes == [1])
        #expect(h.submit(1, gpus: 4, change: ruled).started == [])
        #expect(h.submit(2, gpus: 4).nodes == [0])
        h.finish(2)
        let both = [NodeID(0), NodeID(1)]
        #expect(h.apply(.setRule(NodeRuleID(7), nodes: both)).nodes == [0])
        // What runs goes on when its node is not admitted any more.
        #expect(h.apply(.setRule(NodeRuleID(7), nodes: [])).stopped == [])
    }

    @Test func eachRoleHasItsOwnRule() {
        var h = Harness(Self.pair)
        h.apply(.setRule(NodeRuleID(0), nodes: [NodeID(0)]))
        h.apply(.setRule(NodeRuleID(1), nodes: [NodeID(1)]))
        let started = h.submit(0) { spec in
            let one = MemberRequest(devices: 1)
            spec.roles = [
                RoleSpec(count: 2, request: one, rule: NodeRuleID(1)),
                RoleSpec(count: 1, request: one, rule: NodeRuleID(0)),
            ]
        }
        #expect(started.nodes == [1, 1, 0])
    }

    @Test func aRuleThatPrefersNodesHasThemFirst() {
        var h = Harness(Self.pair)
        let rule = NodeRuleID(3)
        let ruled = { (spec: inout JobSpec) in spec.roles[0].rule = rule }
        h.apply(.setRule(rule, nodes: [NodeID(0), NodeID(1)]))
        h.apply(.preferNodes(rule, nodes: [NodeID(1)]))
        #expect(h.submit(0, gpus: 2, change: ruled).nodes == [1])
        #expect(h.submit(1, gpus: 2, change: ruled).nodes == [1])
        // Where there is no room on those, any other will do.
        #expect(h.submit(2, gpus: 2, change: ruled).nodes == [0])
        h.apply(.preferNodes(rule, nodes: []))
        h.finish(0)
        h.finish(1)
        // The tighter node, as without a preference.
        #expect(h.submit(3, gpus: 2, change: ruled).nodes == [0])
    }

    @Test func whatANodeHasOnceIsForOneMemberAtATime() {
        var h = Harness(Self.pair)
        let update = { (id: Int, change: (inout HostResources) -> Void) in
            var spec = h.fleet.nodes[id]
            change(&spec.host)
            return spec
        }
        let each = [0, 1].map { update($0) { ($0.slots, $0.exclusives) = (3, .all) } }
        h.apply(.updateNodes(each))
        let alone = { (bits: UInt64) in
            { (spec: inout JobSpec) in
                spec.roles[0].request.host.slots = 1
                spec.roles[0].request.host.exclusives = Exclusives(bits)
            }
        }
        #expect(h.submit(0, members: 2, gpus: 1, change: alone(0b01)).nodes == [0, 1])
        #expect(h.submit(1, members: 2, gpus: 1, change: alone(0b10)).nodes == [0, 1])
        #expect(h.submit(2, gpus: 1, change: alone(0b11)).started == [])
        // One place is left on each node, whatever else would fit.
        #expect(h.submit(3, members: 3, gpus: 1, change: alone(0)).started == [])
        h.finish(0)
        // The third of three members needs a place beside another one.
        #expect(h.submit(4, members: 1, gpus: 1, change: alone(0b10)).started == [])
    }

    @Test func reasonsAreThoseOfNow() {
        var h = Harness(Self.pair)
        for id in 0..<2 { h.submit(id, gpus: 4) }
        #expect(h.submit(2, gpus: 4).waitCode == .capacity)
        #expect(h.submit(3, gpus: 4).waitCode == .capacity)
        func now() -> [JobID: RefusalCode] {
            var engine = h.engine
            let all = engine.currentRefusals(classes: 8, jobs: 8)
            return Dictionary(uniqueKeysWithValues: all.map { ($0.job, $0.refusal.code) })
        }
        #expect(now() == [JobID(2): .capacity, JobID(3): .capacity])
        h.apply(.drain(NodeID(0)))
        h.apply(.drain(NodeID(1)))
        #expect(now() == [JobID(2): .health, JobID(3): .health])
        var engine = h.engine
        #expect(engine.currentRefusals(classes: 8, jobs: 1).map(\.job) == [JobID(2)])
    }

    @Test func whatMakesNoSenseChangesNothing() {
        var h = Harness(Self.pair)
        h.submit(0, gpus: 4)
        let hash = h.engine.stateHash()
        let bad = [
            node(0) { $0.id = NodeID(9) }, node(0) { $0.host.cpuMilli = -1 },
            node(1) { $0.pool = PoolID(64) }, node(1) { $0.domains = [] },
        ]
        #expect(h.apply(.updateNodes(bad)) == [])
        #expect(h.apply(.setRule(NodeRuleID(FleetLimits.nodeRules), nodes: [])) == [])
        #expect(h.apply(.setRule(NodeRuleID(0), nodes: [NodeID(rawValue: -1)])) == [])
        #expect(h.engine.stateHash() == hash)
    }
}
