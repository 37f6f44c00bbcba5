import ControlPlane
import FleetModel
import KubernetesObjects
import Testing

@testable import KubernetesBackend

@Suite("What the driver believes and what stands differ")
struct TakeoverTests {
    private let pods = PodText.gang("train", count: 2)

    private func standing(_ pods: [PodText], job: String = "old", on nodes: [String]) -> [PodText] {
        zip(pods, nodes).map { pod, node in
            var pod = pod
            (pod.node, pod.phase) = (node, "Running")
            pod.annotations.merge(PodMark(job: job, devices: 0xFF).annotations) { $1 }
            return pod
        }
    }

    private func unhealthy(_ bench: StateBench, _ node: Int) -> UInt64? {
        bench.reports.reversed().lazy.compactMap { report -> UInt64? in
            guard case .nodes(let nodes) = report else { return nil }
            return nodes.first { $0.id == NodeID(node) }?.unhealthy
        }.first
    }

    @Test("bindings that were held back while the lease was in doubt are asked for again")
    func repeatsFenced() throws {
        var bench = StateBench()
        bench.begin()
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.order(.start(bench.launch(job, id: 7, nodes: [0, 1])))
        bench.answer(.fenced)
        #expect(bench.calls.isEmpty && !bench.words.contains("started 7"))
        bench.state.tick()
        bench.flush()
        #expect(bench.bindings == ["train-0@n0", "train-1@n1"])
        bench.answer()
        #expect(bench.words.last == "started 7")
    }

    @Test("a pod in place of another of which nobody knows whether it is bound is bound again")
    func repeatsUnsure() throws {
        var bench = StateBench()
        bench.begin()
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.order(.start(bench.launch(job, id: 7, nodes: [0, 1])))
        bench.answer()
        var failed = standing(pods, job: job.key, on: ["n0", "n1"])
        failed[1].phase = "Failed"
        bench.put(failed)
        var again = pods[1]
        (again.name, again.uid) = ("train-1b", "again")
        bench.put([again])
        #expect(bench.bindings == ["train-1b@n1"])
        bench.answer(.failed("no answer", boundSeats: [1]))
        bench.state.tick()
        bench.flush()
        #expect(bench.bindings == ["train-1b@n1"])
    }

    @Test("a pod in place of one that went while its gang was bound has its seat, and no other job")
    func seatsWhatComesInBetween() throws {
        var bench = StateBench()
        bench.begin()
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.order(.start(bench.launch(job, id: 7, nodes: [0, 1])))
        let asked = bench.calls
        bench.clear()
        bench.put([standing(pods, job: job.key, on: ["n0", "n1"])[1]])
        bench.remove([pods[1]])
        var again = pods[1]
        (again.name, again.uid) = ("train-1b", "again")
        bench.put([again])
        #expect(bench.found.isEmpty)
        bench.calls = asked
        bench.answer()
        #expect(bench.bindings == ["train-1b@n1"] && bench.words == ["started 7"])
    }

    @Test("a pod in place of another does not come to where somebody else is by now")
    func leavesOthersTheirDevices() throws {
        var bench = StateBench()
        bench.begin()
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.order(.start(bench.launch(job, id: 7, nodes: [0, 1])))
        bench.answer()
        var failed = standing(pods, job: job.key, on: ["n0", "n1"])
        failed[1].phase = "Failed"
        bench.put(failed)
        var other = PodText("other", gpus: 1)
        (other.scheduler, other.node, other.phase) = ("default-scheduler", "n1", "Running")
        var again = pods[1]
        (again.name, again.uid) = ("train-1b", "again")
        bench.put([again, other])
        #expect(bench.bindings.isEmpty)
    }

    @Test("a start on devices that somebody has fails, whatever the engine knew")
    func refusesTakenDevices() throws {
        var bench = StateBench()
        // Half of a gang that nobody knows.
        bench.put(standing(Array(PodText.gang("half", count: 2).prefix(1)), on: ["n0"]))
        bench.put([PodText.gang("half", count: 2)[1]])
        bench.begin()
        #expect(unhealthy(bench, 0) == 0xFF)
        bench.put([PodText("alone")])
        let job = try #require(bench.found.last)
        bench.order(.start(bench.launch(job, id: 7, nodes: [0])))
        #expect(bench.words.last == "failed 7 start" && bench.bindings.isEmpty)
        bench.order(.start(bench.launch(job, id: 7, nodes: [1], attempt: 2)))
        #expect(bench.bindings == ["alone@n1"])
    }

    @Test("pods that still stand on a node that went and came back have its devices")
    func countsPodsOfOldNodes() throws {
        var bench = StateBench()
        bench.begin()
        bench.put([PodText("a")])
        let job = try #require(bench.found.first)
        bench.order(.start(bench.launch(job, id: 7, nodes: [0])))
        bench.answer()
        bench.put(standing([PodText("a")], job: job.key, on: ["n0"]))
        bench.state.nodes.remove("n0")
        bench.flush()
        bench.state.nodes.put(StateBench.node("n0"))
        bench.flush()
        #expect(unhealthy(bench, 0) == 0xFF)
        bench.remove([PodText("a")])
        #expect(unhealthy(bench, 0) == 0)
    }

    @Test("a node that was closed when it went is said to be open when it comes back so")
    func opensNodes() {
        var bench = StateBench()
        bench.begin()
        var cordoned = StateBench.node("n1")
        cordoned.isUnschedulable = true
        bench.state.nodes.put(cordoned)
        bench.flush()
        bench.state.nodes.remove("n1")
        bench.flush()
        bench.state.nodes.put(StateBench.node("n1"))
        bench.flush()
        #expect(bench.words == ["drain 1", "lost [1]", "resume 1"])
    }

    @Test("who is adopted has its devices before the driver has answered")
    func adoptsBeforeOthers() throws {
        var bench = StateBench()
        bench.put(standing(pods, on: ["n0", "n1"]))
        bench.begin()
        #expect(bench.found.first?.members.count == 2)
        #expect(unhealthy(bench, 0) == 0xFF)
        bench.order(.tell(key: "old", .accepted(JobID(rawValue: 3))))
        #expect(unhealthy(bench, 0) == 0)
        bench.put([PodText("alone")])
        let job = try #require(bench.found.last)
        bench.order(.start(bench.launch(job, id: 7, nodes: [0])))
        #expect(bench.words.last == "failed 7 start")
    }

    @Test("what the driver does not take where it stands is offered again soon")
    func offersAgain() {
        var bench = StateBench()
        bench.put(standing(pods, on: ["n0", "n1"]))
        bench.begin()
        bench.order(.tell(key: "old", .refused("misplaced")))
        bench.clear()
        bench.state.now = 10_000
        bench.state.tick()
        bench.flush()
        #expect(bench.found.map(\.key) == ["old"])
    }

    @Test("a job that is to stop has its pods though its node is gone")
    func stopsWithoutNodes() throws {
        var past = StateBench()
        past.begin()
        past.put(pods)
        let job = try #require(past.found.first)
        var launch = past.launch(job, id: 7, nodes: [0, 1])
        launch.members[0].node = NodeID(rawValue: -1)
        var bench = StateBench(nodes: 2)
        bench.put(standing(pods, job: job.key, on: ["gone", "n1"]))
        bench.begin([ExpectedGang(launch: launch, phase: .stopping, startedAt: .zero)])
        #expect(bench.words == [])
        bench.order(.stop(JobID(rawValue: 7), Attempt(1), .hardware))
        guard case .evict(_, let victims, _)? = bench.calls.first else {
            Issue.record("nobody is evicted")
            return
        }
        #expect(victims.count == 2)
        bench.remove(pods)
        #expect(bench.words == ["stopped 7"])
    }
}

@Suite("Keys that are used up")
struct SpentKeyTests {
    @Test("a key of a job that was over before is not used again")
    func findsOtherKeys() throws {
        var bench = StateBench()
        bench.begin()
        bench.put(PodText.gang("train", count: 2))
        let job = try #require(bench.found.first)
        bench.clear()
        bench.order(.tell(key: job.key, .spent))
        #expect(bench.found.map(\.key) == [job.key + "/2"])
    }
}
