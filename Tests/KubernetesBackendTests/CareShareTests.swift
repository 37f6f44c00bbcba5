import ControlPlane
import FleetModel
import Health
import KubernetesObjects
import Testing

@testable import KubernetesBackend

/// Goal: a test has the devices that it is of and takes none from others, and others none from it.
@Suite("What tests take of their nodes")
struct CareShareTests {
    private func foreign(_ gpus: Int, phase: String = "Running") -> PodText {
        var pod = PodText("other", gpus: gpus)
        (pod.scheduler, pod.node, pod.phase) = ("default-scheduler", "n0", phase)
        return pod
    }

    private func unhealthy(_ bench: StateBench, _ node: Int = 0) -> UInt64? {
        bench.reports.reversed().lazy.compactMap { report -> UInt64? in
            guard case .nodes(let nodes) = report else { return nil }
            return nodes.first { $0.id == NodeID(node) }?.unhealthy
        }.first
    }

    @Test("a test of all devices waits for others to leave, not for ever")
    func waits() {
        var bench = StateBench.testing()
        bench.put([foreign(1)])
        bench.test(0, 1)
        bench.pass(seconds: 60)
        #expect(bench.made.isEmpty && bench.told.isEmpty)
        bench.put([foreign(1, phase: "Succeeded")])
        bench.pass(seconds: 2)
        #expect(bench.made.count == 1)
        var other = StateBench.testing()
        other.put([foreign(1)])
        other.test(0, 1)
        other.pass(seconds: 901)
        #expect(other.told == ["0/1 inconclusive"])
        #expect(other.remarks.first?.hasSuffix("pods have devices of its node") == true)
    }

    @Test("one that is not ready is waited for")
    func waitsForNodes() {
        var bench = StateBench.testing()
        var node = StateBench.node("n0")
        node.conditions = []
        bench.state.nodes.put(node)
        bench.flush()
        bench.test(0, 1)
        bench.pass(seconds: 5)
        #expect(bench.made.isEmpty)
        // Nobody else's cordon keeps a test away.
        node.conditions = [NodeFacts.Condition("Ready", "True")]
        node.isUnschedulable = true
        bench.state.nodes.put(node)
        bench.pass(seconds: 2)
        #expect(bench.made.count == 1)
    }

    @Test("a device of a node in use goes by its UUID, without a request to the kubelet")
    func namesDevices() throws {
        var bench = StateBench.testing()
        bench.put([foreign(4)])
        bench.test(0, 3, devices: 0b100)
        let body = try #require(bench.made.first?.body)
        #expect(body.contains(#"{"name":"NVIDIA_VISIBLE_DEVICES","value":"GPU-ab-02"}"#))
        #expect(!body.contains("nvidia.com/gpu") && body.contains(#""--only","device-multiply""#))
        #expect(!body.contains("identity") && !body.contains("host-memory"))
        bench.test(1, 4, devices: 0b1, uuids: false)
        #expect(bench.told == ["1/4 inconclusive"])
        #expect(bench.remarks.first?.contains("no agent has said which UUIDs") == true)
    }

    @Test("what only NVIDIA's runtime can do is not asked of others")
    func namesNoOthers() {
        var bench = StateBench(nodes: 0)
        var node = NodeFacts(name: "n0", labels: [:])
        node.capacity.others["amd.com/gpu"] = 8
        node.allocatable = node.capacity
        node.conditions = [NodeFacts.Condition("Ready", "True")]
        bench.state.nodes.put(node)
        bench.state.care = CareBook(CheckSettings(image: "a"))
        bench.begin()
        bench.state.checksListed()
        bench.test(0, 1, devices: 0b1)
        #expect(bench.remarks.first?.contains("single devices of amd.com/gpu") == true)
        bench.test(0, 2)
        #expect(bench.made.first?.body.contains(#""amd.com/gpu":"8""#) == true)
    }

    @Test("what a test takes is nobody's use while somebody waits for it, and is after that")
    func counts() throws {
        var bench = StateBench.testing()
        bench.test(0, 1)
        let shown = bench.make(CareBookTests.running)
        let pod = try #require(shown)
        bench.tend()
        #expect(unhealthy(bench) == nil)
        // Another order for the node: what runs there goes first, and until then has its devices.
        bench.test(0, 2, level: .fifteenMinutes)
        #expect(unhealthy(bench) == 0xFF && bench.made.count == 1)
        #expect(bench.careCalls.last == .remove(pod: pod.name, uid: pod.metadata.uid))
        bench.state.lose(pod)
        bench.pass(seconds: 2)
        #expect(unhealthy(bench) == 0 && bench.made.count == 2)
    }

    @Test("pods that nobody waits for go after a while, and not before orders had time to come")
    func removesOrphans() throws {
        var first = StateBench.testing()
        first.test(0, 5)
        let pod = try #require(StateBench.pod(first.made[0].body, CareBookTests.running))
        var next = StateBench.testing(pods: [pod])
        #expect(next.state.nodes.usedByOthers(NodeID(0)) == 8)
        next.pass(seconds: 59)
        #expect(next.careCalls.isEmpty)
        next.pass(seconds: 2)
        #expect(next.careCalls == [.remove(pod: pod.name, uid: pod.metadata.uid)])
        next.pass(seconds: 16)
        #expect(next.careCalls.count == 2)
        next.state.care?.listBegan()
        next.state.checksListed()
        next.tend()
        #expect(next.state.nodes.usedByOthers(NodeID(0)) == 0)
    }

    @Test("with a node its test is gone, and nobody is told of it")
    func losesNodes() throws {
        var bench = StateBench.testing()
        bench.test(0, 1)
        let shown = bench.make(CareBookTests.running)
        let pod = try #require(shown)
        bench.state.nodes.remove("n0")
        bench.flush()
        bench.pass(seconds: 1)
        #expect(bench.told.isEmpty)
        #expect(bench.careCalls.last == .remove(pod: pod.name, uid: pod.metadata.uid))
    }

    @Test("without an image no test has an answer, which is said")
    func saysThatNobodyTests() {
        var bench = StateBench()
        bench.begin()
        bench.test(0, 1)
        #expect(bench.told == ["0/1 inconclusive"])
        #expect(bench.remarks.first?.contains("--check-image") == true)
    }
}
