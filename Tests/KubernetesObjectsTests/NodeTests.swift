import FleetModel
import KubernetesObjects
import Testing

@Suite("Nodes")
struct NodeTests {
    static let h100: Node = read(
        Node.self,
        """
        {"kind":"Node","metadata":{"name":"gpu-1","uid":"n","labels":{
        "kubernetes.io/hostname":"gpu-1","topology.kubernetes.io/zone":"us-east-1a",
        "node.kubernetes.io/instance-type":"p5.48xlarge",
        "nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3","nvidia.com/gpu.count":"8",
        "topology.k8s.aws/network-node-layer-1":"nn-1","topology.k8s.aws/network-node-layer-2":
        "nn-2","topology.k8s.aws/network-node-layer-3":"nn-3"}},
        "spec":{"providerID":"aws:///us-east-1a/i-0","taints":[{"key":"nvidia.com/gpu",
        "value":"true","effect":"NoSchedule"},{"key":"slow","effect":"PreferNoSchedule"}]},
        "status":{"capacity":{"cpu":"192","memory":"2097152Mi","nvidia.com/gpu":"8",
        "vpc.amazonaws.com/efa":"32","pods":"100"},"allocatable":{"cpu":"191450m",
        "memory":"2047000001Ki","ephemeral-storage":"94477937300","nvidia.com/gpu":"7",
        "vpc.amazonaws.com/efa":"32","pods":"100"},"conditions":[{"type":"MemoryPressure",
        "status":"False"},{"type":"Ready","status":"True","reason":"KubeletReady"}],
        "addresses":[{"type":"InternalIP","address":"10.0.0.1"}],
        "images":[{"names":["a"],"sizeBytes":1}]}}
        """)

    @Test func aNodeBecomesOneOfTheEngine() throws {
        let facts = Self.h100.facts
        #expect(Self.h100.problems.isEmpty)
        #expect(facts.readiness == .ready)
        let aws = try #require(Topology.preset(named: "aws"))
        var problems: [FieldProblem] = []
        let parts = NodeTranslation(topology: aws).parts(of: facts, problems: &problems)
        #expect(problems.isEmpty)
        let part = try #require(parts.first)
        #expect(parts.count == 1)
        #expect(part.name == "gpu-1")
        #expect(part.pool == "p5")
        #expect(part.kind == "NVIDIA-H100-80GB-HBM3")
        #expect(part.devices == 8)
        #expect(part.unhealthyDevices == 0b1000_0000)
        #expect(part.path == ["us-east-1a", "nn-1", "nn-2", "nn-3"])
        #expect(
            part.host
                == HostResources(
                    cpuMilli: 191_450, memoryMiB: 1_999_023, diskMiB: 90_101, nics: 32,
                    slots: 100, exclusives: .all))
    }

    @Test func pools() {
        let translation = NodeTranslation(topology: Topology(levels: []))
        for (type, pool) in [
            ("p5.48xlarge", "p5"), ("a3-highgpu-8g", "a3-highgpu"), ("", "default"),
            ("Standard_ND96isr_H100_v5", "Standard_ND96isr_H100_v5"),
            ("gd-8xh100ib-i128", "gd-8xh100ib"),
        ] {
            let node = NodeFacts(
                name: "n", labels: ["node.kubernetes.io/instance-type": type])
            #expect(translation.pool(of: node) == pool)
        }
        let node = NodeFacts(
            name: "n",
            labels: ["muster/pool": "serving", "node.kubernetes.io/instance-type": "p5.48xlarge"])
        #expect(translation.pool(of: node) == "serving")
    }

    @Test func severalResourcesAreSeveralNodes() {
        var node = NodeFacts(name: "mig-1")
        node.capacity.others = ResourceCounts(
            ["nvidia.com/mig-1g.10gb": 6, "nvidia.com/mig-3g.40gb": 2, "nvidia.com/gpu": 0])
        node.allocatable = node.capacity
        node.allocatable.cpuMilli = 80_001
        node.allocatable.memoryBytes = 800 << 20
        var problems: [FieldProblem] = []
        let parts = NodeTranslation(topology: Topology(levels: [])).parts(
            of: node, taken: HostResources(cpuMilli: 1),
            takenDevices: ResourceCounts(["nvidia.com/mig-3g.40gb": 1]), problems: &problems)
        #expect(parts.map(\.name) == ["mig-1", "mig-1#nvidia.com/mig-3g.40gb"])
        #expect(parts.map(\.kind) == ["nvidia.com/mig-1g.10gb", "nvidia.com/mig-3g.40gb"])
        #expect(parts.map(\.devices) == [6, 2])
        #expect(parts.map(\.unhealthyDevices) == [0, 0b10])
        #expect(parts.map(\.host.cpuMilli) == [60_000, 20_000])
        #expect(parts.map(\.host.memoryMiB) == [600, 200])
    }

    @Test func aNodeWithoutALabelStandsAlone() throws {
        var node = Self.h100.facts
        node.labels = ["topology.kubernetes.io/zone": "a"]
        var problems: [FieldProblem] = []
        let aws = try #require(Topology.preset(named: "aws"))
        let path = NodeTranslation(topology: aws).path(of: node, problems: &problems)
        #expect(path == ["a", "~gpu-1", "~gpu-1", "~gpu-1"])
        #expect(problems.count == 3)
        #expect(problems[0].path == "metadata.labels[topology.k8s.aws/network-node-layer-1]")
        node.capacity.others["nvidia.com/gpu"] = 100
        node.allocatable.others["nvidia.com/gpu"] = 100
        let parts = NodeTranslation(topology: aws).parts(of: node, problems: &problems)
        #expect(parts[0].devices == 64)
        #expect(parts[0].unhealthyDevices == 0)
        #expect(problems.last?.path == "status.capacity[nvidia.com/gpu]")
    }

    @Test func readiness() {
        var node = Self.h100.facts
        node.isUnschedulable = true
        #expect(node.readiness == .cordoned)
        node.isUnschedulable = false
        node.conditions = [NodeFacts.Condition("Ready", "Unknown", reason: "NodeStatusUnknown")]
        #expect(node.readiness == .notReady("NodeStatusUnknown"))
        node.conditions = []
        #expect(node.readiness == .notReady("no condition Ready"))
        node.conditions = [NodeFacts.Condition("Ready", "True")]
        node.taints.append(Taint(Taint.unreachableKey, "", .noExecute))
        #expect(node.readiness == .notReady("unreachable"))
    }

    // MARK: Topology

    @Test func presetsAreFoundByLabels() {
        func nodes(_ keys: [String]) -> [NodeFacts] {
            (0..<4).map { index in
                NodeFacts(
                    name: "n\(index)",
                    labels: LabelSet(keys.map { LabelSet.Entry($0, "v\(index / 2)") }))
            }
        }
        let zone = "topology.kubernetes.io/zone"
        let cases: [(keys: [String], name: String, levels: [String])] = [
            ([], "host", ["host"]), ([zone], "zone", ["zone", "host"]),
            (
                [
                    zone, "topology.k8s.aws/network-node-layer-1",
                    "topology.k8s.aws/network-node-layer-2",
                    "topology.k8s.aws/network-node-layer-3",
                ], "aws", ["zone", "spine", "aggregation", "leaf", "host"]
            ),
            (
                [zone, "cloud.google.com/gce-topology-block"], "gke", ["zone", "block", "host"]
            ),
            (
                ["oci.oraclecloud.com/host.network_block_id", "oci.oraclecloud.com/host.rack_id"],
                "oci", ["block", "rack", "host"]
            ),
            (
                ["ib.coreweave.cloud/fabric", "ib.coreweave.cloud/leafgroup"], "coreweave",
                ["fabric", "leaf", "host"]
            ),
            ([zone, "nvidia.com/gpu.clique"], "clique", ["zone", "clique", "host"]),
            (
                ["fabric.topograph.run/tier-1", "fabric.topograph.run/tier-0"], "topograph",
                ["spine", "leaf", "host"]
            ),
        ]
        for (keys, name, levels) in cases {
            let reading = TopologyReading.detect(nodes(keys))
            #expect(reading.name == name)
            #expect(reading.topology.levels.map(\.name) == levels)
        }
        // One node with labels in ten is not a topology.
        var mixed = nodes([zone]) + nodes([zone]) + nodes([zone])
        mixed[0].labels = [zone: "a", "nvidia.com/gpu.clique": "c"]
        #expect(TopologyReading.detect(mixed).name == "zone")
        #expect(TopologyReading.detect([]).name == "host")
    }

    @Test func wishesBecomeConstraints() throws {
        let aws = try #require(Topology.preset(named: "aws"))
        var problems: [GangProblem] = []
        func constraint(_ wish: TopologyWish) -> TopologyConstraint {
            wish.constraint(in: aws, problems: &problems)
        }
        let leaf = LevelReference.label("topology.k8s.aws/network-node-layer-3")
        #expect(constraint(TopologyWish(required: leaf)).preference == .required(LevelIndex(3)))
        #expect(
            constraint(TopologyWish(preferred: .label("spine"))).preference
                == .preferred(LevelIndex(1)))
        #expect(constraint(TopologyWish(required: .tier(1))).preference == .required(LevelIndex(3)))
        let slice = TopologyWish.Slice(members: 4, level: .label("kubernetes.io/hostname"))
        #expect(
            constraint(TopologyWish(slice: slice)).slice
                == TopologySlice(members: 4, level: LevelIndex(4)))
        #expect(problems.isEmpty)
        #expect(constraint(TopologyWish(required: .label("row"))).preference == .closest)
        #expect(problems.map(\.isBlocking) == [true])
        #expect(constraint(TopologyWish(required: .tier(9))).preference == .closest)
        #expect(problems.count == 2)
    }
}
