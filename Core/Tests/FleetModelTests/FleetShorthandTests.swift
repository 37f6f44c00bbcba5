import FleetModel
import Testing

@Suite struct FleetShorthandTests {
    private func fleet(_ text: String) throws -> FleetDefinition {
        try FleetDefinition.parse(shorthand: text).get()
    }

    @Test func nodesAndLeaves() throws {
        let fleet = try fleet("64x8/16")
        #expect(fleet.nodes.count == 64)
        #expect(fleet.deviceCount == 512)
        #expect(fleet.devicesByKind == [512])
        #expect(fleet.topology.levels.map(\.name) == ["leaf", "host"])
        #expect(fleet.domains.names == ["leaf-0", "leaf-1", "leaf-2", "leaf-3"])
        #expect(fleet.nodes[15].domains == [DomainID(0)])
        #expect(fleet.nodes[16].domains == [DomainID(1)])
        #expect(fleet.nodes.allSatisfy { $0.host == FleetDefinition.commonHost })
        #expect(fleet.nodeNames.names.first == "node-0")
        #expect(fleet.nodeNames.names.last == "node-63")
    }

    @Test func noLeaves() throws {
        let fleet = try fleet("3x4")
        #expect(fleet.topology.levels.map(\.name) == ["host"])
        #expect(fleet.nodes.allSatisfy { $0.domains.isEmpty && $0.devices == 4 })
        #expect(fleet.domains.count == 0)
    }

    @Test func threeGroupSizes() throws {
        let fleet = try fleet("12x1/2/2/2")
        #expect(fleet.topology.levels.map(\.name) == ["zone", "spine", "leaf", "host"])
        let paths = fleet.nodes.map { fleet.domains[$0.domains[2]] }
        #expect(paths[0] == "zone-0/spine-0/leaf-0")
        #expect(paths[3] == "zone-0/spine-0/leaf-1")
        #expect(paths[7] == "zone-0/spine-1/leaf-3")
        #expect(paths[11] == "zone-1/spine-2/leaf-5")
        #expect(fleet.domains[fleet.nodes[11].domains[0]] == "zone-1")
        #expect(fleet.domains[fleet.nodes[11].domains[1]] == "zone-1/spine-2")
        // Two zones, three spines, six leaves.
        #expect(fleet.domains.count == 11)
    }

    @Test func lastGroupsMayBePartlyFilled() throws {
        let fleet = try fleet("5x8/2/2")
        #expect(fleet.nodes.map { fleet.domains[$0.domains[1]] }.last == "spine-1/leaf-2")
        #expect(try self.fleet("4x8/100000").domains.count == 1)
    }

    @Test func nodesWithoutDevices() throws {
        let fleet = try fleet("2x0/1")
        #expect(fleet.nodes.allSatisfy { $0.kind == nil && $0.devices == 0 })
        #expect(fleet.kinds.count == 0)
        #expect(fleet.deviceCount == 0)
    }

    @Test func limits() throws {
        #expect(try fleet("1x64").deviceCount == 64)
        #expect(try fleet("100000x0").nodes.count == FleetLimits.nodes)
    }

    @Test(arguments: [
        "", "/", "x", "8", "x8", "8x", "8x8x8", "8 x8", "8X8", "a", "axb", "8x8/", "8x8//2",
        "8x8/0",
        "8x8/-1", "8x8/a", "8x8/100001", "8x8/1/1/1/1", "0x8", "-1x8", "100001x8", "8x-1", "8x65",
        "9223372036854775808x8", "8x8/9223372036854775808", "+8x8", "8x-0", "8x+8", "8x8/+2",
        "8x8 ", "٨x٨",
        "8x8/1.5", "0x10x8",
    ])
    func invalid(_ text: String) {
        guard case .failure(let list) = FleetDefinition.parse(shorthand: text) else {
            Issue.record("'\(text)' was taken for a fleet")
            return
        }
        #expect(list.diagnostics.count == 1)
        #expect(list.diagnostics[0].code == .fleetShorthand)
        #expect(list.diagnostics[0].message.contains("'\(text)'"))
        #expect(list.diagnostics[0].expected.contains("NODESxGPUS/NODES-PER-LEAF"))
        #expect(!list.diagnostics[0].hint.isEmpty)
    }

    @Test func messagesTellMistakesApart() {
        func message(_ text: String) -> String {
            guard case .failure(let list) = FleetDefinition.parse(shorthand: text) else {
                return ""
            }
            return list.diagnostics[0].message
        }
        #expect(message("8y8") == "'8y8' is not a fleet")
        #expect(message("8x65") == "'8x65' is outside the limits of a fleet")
        #expect(message("8x8/2/a") == "'a' in '8x8/2/a' is not a group size")
        #expect(message("8x8/2/2/2/2") == "'8x8/2/2/2/2' has more than three group sizes")
    }

    @Test func uniformKindAndHost() {
        let host = HostResources(cpuMilli: 1, memoryMiB: 2, diskMiB: 3, nics: 4)
        let fleet = FleetDefinition.uniform(
            nodes: 2, devices: 3, groups: [], kind: "H100", host: host)
        #expect(fleet.kinds.names == ["H100"])
        #expect(fleet.pools.names == ["default"])
        #expect(fleet.nodes[1].host == host)
        #expect(fleet.nodes[1].unhealthyDevices == 0)
    }

    @Test func devicesAreCountedByKind() {
        var fleet = FleetDefinition(topology: Topology(levels: []))
        for (place, kind) in ["A", "B", "A", nil].enumerated() {
            fleet.addNode(
                name: "n\(place)", pool: "p", kind: kind, devices: kind == nil ? 0 : place + 1,
                host: .zero, path: [])
        }
        #expect(fleet.devicesByKind == [4, 2])
        #expect(fleet.deviceCount == 6)
        #expect(fleet.nodes.map(\.id) == [NodeID(0), NodeID(1), NodeID(2), NodeID(3)])
    }

    @Test func sameValueBelowOtherParentsIsAnotherDomain() {
        var fleet = FleetDefinition(
            topology: Topology(levels: [TopologyLevel(name: "zone"), TopologyLevel(name: "rack")]))
        for (name, path) in [("a", ["z1", "r1"]), ("b", ["z2", "r1"]), ("c", ["z1", "r1"])] {
            fleet.addNode(
                name: name, pool: "p", kind: nil, devices: 0, host: .zero, path: path)
        }
        #expect(fleet.nodes[0].domains == fleet.nodes[2].domains)
        #expect(fleet.nodes[0].domains[1] != fleet.nodes[1].domains[1])
        #expect(fleet.domains.names == ["z1", "z1/r1", "z2", "z2/r1"])
    }
}
