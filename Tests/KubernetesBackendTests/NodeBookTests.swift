import ControlPlane
import FleetModel
import KubernetesObjects
import Testing

@testable import KubernetesBackend

@Suite("Nodes as the engine is to know them")
struct NodeBookTests {
    private func report(_ book: inout NodeBook) -> [NodeReport] {
        var problems: [FieldProblem] = []
        return book.collect(problems: &problems).reports.flatMap { report -> [NodeReport] in
            if case .nodes(let nodes) = report { return nodes }
            return []
        }
    }

    private func pod(_ name: String) -> PodKey {
        PodKey(namespace: "ml", name: name, uid: name)
    }

    private func use(_ gpus: Int64, cores: Int64 = 1) -> NodeUse {
        var request = PodRequest()
        request.devices["nvidia.com/gpu"] = gpus
        request.cpuMilli = cores * 1000
        return NodeUse(node: "a", request: request)
    }

    @Test(
        "out of service goes what nobody holds, what was so before first",
        arguments: [
            (0, 8, UInt64(0), UInt64(0), UInt64(0)),
            (2, 8, 0, 0, 0b1100_0000),
            (2, 8, 0b1100_0000, 0, 0b0011_0000),
            (2, 8, 0, 0b11, 0b11),
            (1, 8, 0, 0b11, 0b10),
            (8, 8, 0b1111, 0, 0b1111_0000),
            (64, 64, 0, 0, .max),
        ])
    func picksDevices(
        _ count: Int, _ devices: Int, _ held: UInt64, _ before: UInt64, _ expected: UInt64
    ) {
        let mask = NodeBook.outOfService(count, of: devices, held: held, before: before)
        #expect(mask == expected)
    }

    @Test("pods of others take host resources and devices, and give them back")
    func countsOthers() throws {
        var book = NodeBook(NodeTranslation(topology: Topology(levels: [])))
        book.put(StateBench.node("a"))
        #expect(report(&book).map(\.host.cpuMilli) == [64_000])
        book.setHold(pod("ours"), DeviceHold(part: NodeID(0), devices: 0b1000_0000))
        book.setUse(pod("theirs"), use(2, cores: 4))
        let taken = try #require(report(&book).first)
        #expect(taken.host.cpuMilli == 60_000 && taken.unhealthy == 0b0110_0000)
        book.setUse(pod("theirs"), nil)
        let free = try #require(report(&book).first)
        #expect(free.host.cpuMilli == 64_000 && free.unhealthy == 0)
        #expect(report(&book).isEmpty)
    }

    @Test("a device plug-in that starts anew takes away only what nobody holds")
    func survivesPlugIns() throws {
        var book = NodeBook(NodeTranslation(topology: Topology(levels: [])))
        book.put(StateBench.node("a"))
        _ = report(&book)
        book.setHold(pod("ours"), DeviceHold(part: NodeID(0), devices: 0b11))
        book.put(StateBench.node("a", gpus: 0))
        let now = try #require(report(&book).first)
        #expect(now.devices == 8 && now.unhealthy == 0b1111_1100)
        book.put(StateBench.node("a"))
        #expect(report(&book).first?.unhealthy == 0)
    }

    @Test("how many devices are withheld is told once, of every node, and anew when it comes back")
    func tellsWithheld() {
        var bench = StateBench(nodes: 1)
        bench.begin()
        func told() -> [Int] {
            defer { bench.clear() }
            return bench.reports.compactMap { report in
                if case .withheld(_, let devices) = report { devices } else { nil }
            }
        }
        #expect(told() == [0])
        bench.state.nodes.put(StateBench.node("n0", allocatable: 6))
        bench.flush()
        #expect(told() == [2])
        // What others use is out of service as well, and not withheld.
        bench.state.nodes.setUse(
            PodKey(namespace: "ml", name: "other", uid: "other"),
            NodeUse(node: "n0", request: use(1).request))
        bench.flush()
        #expect(told() == [])
        bench.state.nodes.remove("n0")
        bench.flush()
        bench.state.nodes.put(StateBench.node("n0", allocatable: 6))
        bench.flush()
        #expect(told() == [2])
    }

    @Test("nodes close, open, go and come back under their ids")
    func followsNodes() {
        var bench = StateBench(nodes: 2)
        bench.begin()
        var cordoned = StateBench.node("n1")
        cordoned.isUnschedulable = true
        bench.state.nodes.put(cordoned)
        bench.flush()
        bench.state.nodes.put(StateBench.node("n1"))
        bench.flush()
        var silent = StateBench.node("n0")
        silent.conditions = [NodeFacts.Condition("Ready", "Unknown", reason: "NodeStatusUnknown")]
        bench.state.nodes.put(silent)
        bench.flush()
        bench.state.nodes.remove("n0")
        bench.flush()
        #expect(bench.words == ["drain 1", "resume 1", "drain 0", "lost [0]"])
        bench.clear()
        bench.state.nodes.put(StateBench.node("n0"))
        bench.flush()
        guard case .nodes(let back)? = bench.reports.first else {
            Issue.record("not reported")
            return
        }
        #expect(back.map(\.id) == [NodeID(0)])
    }
}

@Suite("Rules for nodes")
struct RuleTests {
    @Test("the name says what the rule asks for, and is the same in every run")
    func names() {
        var ask = RoleAsk(request: PodRequest(), rules: NodeRules())
        #expect(RuleText.name(ask) == "any")
        ask.rules.selector = ["zone": "b"]
        ask.rules.tolerations = [Toleration(key: "gpu", exists: true, effect: .noSchedule)]
        ask.request.devices["nvidia.com/gpu"] = 8
        #expect(RuleText.name(ask) == "nvidia.com/gpu zone=b tolerates gpu:NoSchedule")
        ask.request.hostPorts = [HostPort(port: 80)]
        #expect(RuleText.name(ask).contains(" port(TCP :80) "))
        ask.rules.selector = ["zone": String(repeating: "x", count: 300)]
        let long = RuleText.name(ask)
        #expect(long.utf8.count < 200 && long.hasSuffix(long.suffix(32)))
        #expect(Digest.hex("") == "cbf29ce4842223256c62272e07bb0142")
    }

    @Test("a rule follows the labels of nodes")
    func follows() throws {
        var bench = StateBench(nodes: 2)
        bench.begin()
        var pod = PodText("a", gpus: 1)
        pod.selector = ["zone": "b"]
        bench.put([pod])
        func admitted() -> [[NodeID]] {
            bench.reports.compactMap { report in
                if case .rule(_, let nodes, _) = report { return nodes }
                return nil
            }
        }
        #expect(admitted() == [[]])
        let role = try #require(bench.found.first?.roles.first)
        #expect(role.rule?.contains("zone=b") == true && role.slots == 1)
        bench.clear()
        bench.state.nodes.put(StateBench.node("n1", labels: ["zone": "b"]))
        bench.flush()
        #expect(admitted() == [[NodeID(1)]])
    }
}
