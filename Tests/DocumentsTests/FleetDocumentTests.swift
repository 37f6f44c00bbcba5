import Documents
import FleetModel
import Testing

@Suite struct FleetDocumentTests {
    /// One node on line 1 whose other keys follow on lines of their own.
    private func node(_ lines: String) -> Result<FleetDefinition, DiagnosticList> {
        fleet(
            "nodes: [{name: n,\n" + lines.replacing("\n", with: ",\n") + "\n}]\n")
    }

    @Test func unknownKeys() {
        expect(
            fleet("nodez: []\nnodes: [{name: a}]\n"), .unknownKey, 1,
            "unknown key 'nodez' in the fleet", expected: "topology, kinds, pools, nodes",
            hint: "did you mean 'nodes'?")
        expect(
            node("memroy: 1GiB"), .unknownKey, 2, "unknown key 'memroy' in a node",
            hint: "did you mean 'memory'?")
        expect(
            node("gpus: {count: 1, kind: H, model: x}"), .unknownKey, 2,
            "unknown key 'model' in 'gpus'", expected: "count, kind, unhealthy", hint: "")
    }

    @Test func missingKeys() {
        expect(fleet("pools: [a]\n"), .missingKey, 1, "the fleet has no 'nodes'")
        expect(fleet("nodes:\n  - cpu: 1\n"), .missingKey, 2, "a node has no 'name'")
        expect(node("gpus: {kind: H}"), .missingKey, 2, "'gpus' has no 'count'")
        expect(
            node("gpus: 8"), .missingKey, 1, "the devices of the node 'n' have no kind",
            hint: "write gpus: {count: 8, kind: ...}")
        expect(
            fleet("topology: {}\nnodes: [{name: a}]"), .missingKey, 1,
            "the topology has no 'levels'")
        expect(fleet("nodes:\n"), .invalidValue, 1, "'nodes' in the fleet has no value")
        expect(fleet("nodes: []\n"), .invalidValue, 1, "the fleet has no nodes")
        expect(fleet("nodes: {a: 1}\n"), .invalidValue, 1, "'nodes' is a mapping")
    }

    @Test func wrongCounts() {
        let cases: [(String, String, String)] = [
            ("gpus: {count: 65, kind: H}", "'count' is '65'", ""),
            ("gpus: {count: -1, kind: H}", "'count' is '-1'", ""),
            ("gpus: {count: \"8\", kind: H}", "'count' is the text \"8\"", "remove the quotes"),
            (
                "gpus: {count: 010, kind: H}", "'count' is '010'",
                "some YAML readers take a leading zero for octal; remove it"
            ),
            (
                "gpus: {count: 0x8, kind: H}", "'count' is '0x8'",
                "write it in plain decimal digits"
            ),
            (
                "gpus: {count: 1_0, kind: H}", "'count' is '1_0'",
                "write it in plain decimal digits"
            ),
            ("gpus: {count: 1e1, kind: H}", "'count' is '1e1'", ""),
            ("gpus: {count: .nan, kind: H}", "'count' is '.nan'", ""),
            ("gpus: {count: .inf, kind: H}", "'count' is '.inf'", ""),
            ("gpus: {count: 8.5, kind: H}", "'count' is '8.5'", ""),
            ("gpus: {count: [8], kind: H}", "'count' is a list", ""),
            ("gpus: {count: yes, kind: H}", "'count' is 'yes'", ""),
            (
                "gpus: {count: 99999999999999999999999999, kind: H}",
                "'count' is '99999999999999999999999999'", ""
            ),
        ]
        for (line, message, hint) in cases {
            expect(
                node(line), .invalidValue, 2, message, expected: "a whole number from 0 to 64",
                hint: hint)
        }
    }

    @Test func wrongQuantities() {
        let cases: [(String, String, String)] = [
            ("cpu: many", "'cpu' is 'many'", ""),
            ("cpu: -1", "'cpu' is '-1'", "it cannot be below zero"),
            ("cpu: 1.0005", "'cpu' is '1.0005'", "it is finer than the smallest unit"),
            ("cpu: 0.5m", "'cpu' is '0.5m'", "it is finer than the smallest unit"),
            ("cpu: NaN", "'cpu' is 'NaN'", ""),
            ("cpu: .5", "'cpu' is '.5'", ""),
            ("cpu: 1e400", "'cpu' is '1e400'", ""),
            ("cpu: {a: 1}", "'cpu' is a mapping", ""),
            (
                "cpu: 999999999999999999", "'cpu' is '999999999999999999'",
                "it is beyond what Muster can count"
            ),
            (
                "cpu: 9999999999999999999", "'cpu' is '9999999999999999999'",
                "it is beyond what Muster can count"
            ),
            ("memory: 2TB", "'memory' is '2TB'", "units are powers of two: write TiB"),
            ("memory: 0.3GiB", "'memory' is '0.3GiB'", "it is finer than the smallest unit"),
            ("memory: -5GiB", "'memory' is '-5GiB'", "it cannot be below zero"),
            (
                "memory: 99999999999PiB", "'memory' is '99999999999PiB'",
                "it is beyond what Muster can count"
            ),
            ("disk: GiB", "'disk' is 'GiB'", ""),
            ("disk: ''", "'disk' is the text \"\"", ""),
            ("nics: 1.5", "'nics' is '1.5'", ""),
        ]
        for (line, message, hint) in cases {
            expect(node(line), .invalidValue, 2, message, hint: hint)
        }
    }

    @Test func quantities() throws {
        let cases: [(String, HostResources)] = [
            ("cpu: 500m", HostResources(cpuMilli: 500)),
            ("cpu: '1.5'", HostResources(cpuMilli: 1500)),
            ("memory: 2Ti", HostResources(memoryMiB: 2 << 20)),
            ("memory: 1.5 GiB", HostResources(memoryMiB: 1536)),
            ("disk: 1PiB", HostResources(diskMiB: 1 << 30)),
            ("disk: 100", HostResources(diskMiB: 100)),
            ("nics: 0", .zero),
        ]
        for (line, host) in cases {
            #expect(try node(line).get().nodes[0].host == host, "\(line)")
        }
    }

    @Test func topologyMistakes() {
        let rest = "\nnodes: [{name: a, cpu: 1}]\n"
        expect(
            fleet("topology: {preset: awz}" + rest), .unknownName, 1, "unknown preset 'awz'",
            hint: "did you mean 'aws'?")
        let found = mistakes(fleet("topology: {preset: aws, levels: [a]}" + rest))
        #expect(found[0].message == "the topology has both 'preset' and 'levels'")
        expect(fleet("topology: aws" + rest), .invalidValue, 1, "the topology is 'aws'")
        let nested = "\nnodes: [{name: a, cpu: 1, domains: {a: x, b: x}}]\n"
        expect(
            fleet("topology: {levels: [a, b,\n a]}" + nested), .duplicateName, 2,
            "the level 'a' is listed twice")
        expect(
            fleet(
                "topology: {levels: [host, rack]}\n"
                    + "nodes: [{name: a, domains: {rack: r, host: h}}]"),
            .invalidValue, 1, "the level 'host' is not the last one")
        let many = (0..<16).map { "l\($0)" }.joined(separator: ", ")
        #expect(
            mistakes(fleet("topology: {levels: [\(many)]}" + rest))[0].message
                == "16 levels above the host")
        expect(
            fleet("topology: {levels: [{label: a/b}]}" + rest), .missingKey, 1,
            "a level has no 'name'")
    }

    @Test func domainMistakes() {
        let topology = "topology: {levels: [spine, rack]}\n"
        expect(
            fleet(topology + "nodes:\n  - {name: a, domains: {spine: s}}"), .missingKey, 3,
            "the node 'a' has no domain at the level 'rack'", hint: "write domains: {rack: ...}")
        expect(
            fleet(topology + "nodes:\n  - {name: a, domains: {spine: s, rack: r, rak: r}}"),
            .unknownName, 3, "unknown topology level 'rak'", expected: "one of spine, rack",
            hint: "did you mean 'rack'?")
        expect(
            fleet(topology + "nodes:\n  - {name: a, domains: {spine: s, rack: a/b}}"),
            .invalidValue, 3, "the domain of 'rack' is 'a/b'")
        expect(
            fleet(
                topology
                    + "nodes:\n  - {name: 'a{index}', count: 2, group: {rack: 2},\n"
                    + "     domains: {spine: s, rack: r}}"),
            .invalidValue, 4, "the domain 'r' is one for all groups of 'rack'")
        expect(
            fleet(
                topology
                    + "nodes:\n  - {name: 'a{index}', count: 2, group: {rack: 0, spine: 1}}"),
            .invalidValue, 3, "the group size of 'rack' is '0'")
        expect(
            fleet(
                topology
                    + "nodes:\n  - {name: 'a{index}', count: 2, group: {rack: 1},\n"
                    + "     domains: {spine: 's{index}'}}"),
            .invalidValue, 4,
            "the domain 's{index}' has {index}, but its level has no group size")
    }

    @Test func generatorMistakes() {
        expect(
            fleet("nodes: [{name: a, count: 2}]"), .invalidValue, 1, "'a' would name 2 nodes",
            hint: "write a-{index}")
        expect(
            fleet("nodes: [{name: 'a{index}'}]"), .missingKey, 1,
            "the name has {index}, but the node has no 'count'")
        expect(fleet("nodes: [{name: a, digits: 3}]"), .invalidValue, 1, "'digits' without 'count'")
        expect(
            fleet("nodes: [{name: 'a{index}{x}', count: 2}]"), .invalidValue, 1,
            "'a{index}{x}' has braces beside {index}")
        expect(
            fleet("nodes:\n- {name: 'a{index}', count: 60000}\n- {name: 'b{index}', count: 60000}"),
            .invalidValue, 3, "the fleet has 120000 nodes", expected: "at most 100000 nodes")
        expect(
            fleet("nodes: [{name: 'a{index}', count: 100001}]"), .invalidValue, 1,
            "'count' is '100001'")
    }

    @Test func duplicateNames() {
        expect(
            fleet("nodes:\n  - name: a\n  - name: b\n  - name: a\n"), .duplicateName, 4,
            "the node 'a' exists twice", hint: "it is made by the entry on line 2 already")
        expect(
            fleet("nodes:\n  - {name: 'n-{index}', count: 9}\n  - {name: n-4}\n"), .duplicateName,
            3, "the node 'n-4' exists twice")
        expect(
            fleet("kinds: [H, A,\n  H]\nnodes: [{name: a}]\n"), .duplicateName, 2,
            "the kind 'H' is listed twice")
    }

    @Test func poolsAndKinds() {
        expect(
            fleet("pools: [train, serve]\nnodes: [{name: a, pool: trian}]"), .unknownName, 2,
            "unknown pool 'trian'", expected: "one of train, serve", hint: "did you mean 'train'?")
        expect(
            fleet("pools: [train, serve]\nnodes: [{name: a}]"), .missingKey, 2,
            "the node 'a' has no 'pool'")
        expect(
            fleet("kinds: [H100]\nnodes: [{name: a, gpus: {count: 1, kind: H10}}]"), .unknownName,
            2, "unknown accelerator kind 'H10'", expected: "H100", hint: "did you mean 'H100'?")
        expect(
            fleet("pools: []\nnodes: [{name: a}]"), .invalidValue, 1, "'pools' is an empty list")
        let many = (0..<65).map { "{name: n\($0), pool: p\($0)}" }.joined(separator: ", ")
        expect(fleet("nodes: [\(many)]"), .invalidValue, 0, "the fleet has 65 pools")
        let kinds = (0..<65).map { "k\($0)" }.joined(separator: ", ")
        expect(
            fleet("kinds: [\(kinds)]\nnodes: [{name: a}]"), .invalidValue, 1,
            "65 kinds are listed")
    }

    @Test func badNames() {
        let long = String(repeating: "a", count: 254)
        for name in ["''", "a b", "-a", "é", "'a\\n'", "a/b", "\"a\\nb\"", long, "[a]"] {
            let found = mistakes(fleet("nodes: [{name: \(name)}]"))
            #expect(found.count == 1)
            #expect(found[0].code == .invalidValue)
            #expect(found[0].line == 1)
        }
    }

    @Test func unhealthyDevices() {
        expect(
            node("gpus: {count: 4, kind: H, unhealthy: [4]}"), .invalidValue, 2,
            "an index in 'unhealthy' is '4'", expected: "a whole number from 0 to 3")
        expect(
            node("gpus: {count: 4, kind: H, unhealthy: 3}"), .invalidValue, 2,
            "'unhealthy' is '3'")
    }

    @Test func defaults() throws {
        let plain = try fleet("nodes: [{name: a}]").get()
        #expect(plain.topology.levels.map(\.name) == ["host"])
        #expect(plain.pools.names == ["default"])
        #expect(plain.nodes[0].kind == nil)
        let one = try fleet("kinds: [H]\npools: [p]\nnodes: [{name: a, gpus: 64}]").get()
        #expect(one.kinds.names == ["H"])
        #expect(one.pools.names == ["p"])
        #expect(one.nodes[0].devices == 64)
    }

    @Test func twoGeneratorsShareNoDomain() throws {
        let fleet = try fleet(
            """
            topology: {levels: [spine, leaf]}
            nodes:
              - {name: "a{index}", count: 3, group: {leaf: 2, spine: 1}}
              - {name: "b{index}", count: 2, first: 8, digits: 2, group: {leaf: 2, spine: 1}}
            """
        ).get()
        #expect(fleet.nodeNames.names == ["a0", "a1", "a2", "b08", "b09"])
        #expect(
            fleet.nodes.map { fleet.domains[$0.domains[1]] } == [
                "spine-0/leaf-0", "spine-0/leaf-0", "spine-1/leaf-1", "spine-2/leaf-2",
                "spine-2/leaf-2",
            ])
    }

    @Test func largeFleet() throws {
        let fleet = try fleet(
            """
            topology: {levels: [zone, spine, leaf]}
            nodes:
              - name: n-{index}
                count: 10000
                group: {leaf: 16, spine: 16, zone: 16}
                gpus: {count: 8, kind: H100}
            """
        ).get()
        #expect(fleet.nodes.count == 10_000)
        #expect(fleet.deviceCount == 80_000)
    }
}
