import ControlPlane
import Documents
import FleetModel
import KubernetesObjects
import Testing

@testable import KubernetesBackend

@Suite("The beginning: what is expected against what is there")
struct BeginTests {
    private let pods = PodText.gang("train", count: 2)

    /// A job as the run before found it.
    private func past() throws -> (FoundJob, GangLaunch) {
        var bench = StateBench()
        bench.begin()
        bench.put(pods)
        let job = try #require(bench.found.first)
        return (job, bench.launch(job, id: 7, nodes: [1, 0]))
    }

    private func marked(_ key: String, _ count: Int = 2, phase: String = "Running") -> [PodText] {
        pods.enumerated().map { index, pod in
            guard index < count else { return pod }
            var pod = pod
            pod.node = index == 0 ? "n1" : "n0"
            pod.phase = phase
            pod.annotations.merge(PodMark(job: key, devices: 0xFF).annotations) { $1 }
            return pod
        }
    }

    private func expected(
        _ launch: GangLaunch, _ phase: ExpectedGang.Phase
    ) -> [ExpectedGang] {
        [ExpectedGang(launch: launch, phase: phase, startedAt: .zero)]
    }

    @Test("what runs goes on, and is not found a second time")
    func goesOn() throws {
        let (job, launch) = try past()
        var bench = StateBench()
        bench.put(marked(job.key))
        bench.begin(expected(launch, .running))
        #expect(bench.words == ["started 7"] && bench.calls.isEmpty)
        bench.put(marked(job.key, phase: "Succeeded"))
        #expect(bench.words.last == "finished 7")
    }

    @Test("a start that was cut off is completed")
    func completes() throws {
        let (job, launch) = try past()
        var bench = StateBench()
        bench.put(marked(job.key, 1))
        bench.begin(expected(launch, .starting))
        #expect(bench.bindings == ["train-1@n0"] && bench.words == [])
        bench.answer()
        #expect(bench.words == ["started 7"])
    }

    @Test("a start that was cut off and cannot be completed is taken back")
    func undoes() throws {
        let (job, launch) = try past()
        var bench = StateBench()
        bench.put(marked(job.key, 1).dropLast())
        bench.begin(expected(launch, .starting))
        guard case .evict(_, let victims, _)? = bench.calls.first else {
            Issue.record("half of it stays")
            return
        }
        #expect(victims == [pods[0].key] && bench.words == [])
        bench.remove([pods[0]])
        #expect(bench.words == ["failed 7 start"])
    }

    @Test("a start of which nothing came waits for its order, under the same key")
    func waitsForOrder() throws {
        let (job, launch) = try past()
        var bench = StateBench()
        bench.put(pods)
        bench.begin(expected(launch, .starting))
        #expect(bench.words == ["found ml.train"] && bench.found.first?.key == job.key)
        bench.order(.start(launch))
        #expect(bench.bindings == ["train-0@n1", "train-1@n0"])
    }

    @Test(
        "what is gone ended somehow",
        arguments: [
            (ExpectedGang.Phase.running, ["failed 7 node"]), (.stopping, ["stopped 7"]),
            (.starting, []),
        ])
    func tellsEnds(_ phase: ExpectedGang.Phase, _ words: [String]) throws {
        let (_, launch) = try past()
        var bench = StateBench()
        bench.begin(expected(launch, phase))
        #expect(bench.words == words)
    }

    @Test(
        "without a database what runs is adopted where it stands, and nothing else is placed first")
    func adopts() throws {
        let (job, _) = try past()
        var bench = StateBench()
        bench.put(marked(job.key))
        bench.put([PodText("alone", gpus: 1)])
        bench.begin()
        #expect(bench.words == ["found ml.train", "found ml.alone"])
        let found = try #require(bench.found.first)
        #expect(found.key == job.key)
        #expect(found.members.map(\.node) == [NodeID(1), NodeID(0)])
        #expect(found.members.map(\.devices) == [0xFF, 0xFF])
        #expect(bench.calls.isEmpty)
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 3))))
        bench.put(marked(job.key, phase: "Succeeded"))
        #expect(bench.words.last == "finished 3")
    }

    @Test("half a gang that nobody works on is taken back after a while")
    func takesBackHalves() throws {
        let (job, _) = try past()
        var bench = StateBench()
        bench.put(marked(job.key, 1))
        bench.begin()
        #expect(bench.words == [] && bench.calls.isEmpty)
        bench.state.now = 29_999
        bench.state.tick()
        bench.flush()
        #expect(bench.calls.isEmpty)
        bench.state.now = 30_000
        bench.state.tick()
        bench.flush()
        guard case .evict(_, let victims, _)? = bench.calls.first else {
            Issue.record("it stays half bound")
            return
        }
        #expect(victims == [pods[0].key])
    }

    @Test("a job that the driver knows and the cluster does not is said to have vanished")
    func tellsVanished() {
        var bench = StateBench()
        bench.begin()
        bench.order(.tell(key: "ml/Pod/old", .accepted(JobID(rawValue: 9))))
        #expect(bench.words == ["vanished"])
    }

    @Test("a dry run asks nothing of the cluster")
    func staysDry() throws {
        var bench = StateBench(isDryRun: true)
        bench.begin()
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.order(.tell(key: job.key, .waits(.capacity, "no room")))
        bench.order(.start(bench.launch(job, id: 7, nodes: [0, 1])))
        #expect(bench.words.last == "started 7" && bench.calls.isEmpty)
    }
}

@Suite("What is said of jobs that wait")
struct WordBookTests {
    @Test("the same is said once, other numbers after a while, another reason at once")
    func spares() {
        var book = WordBook()
        #expect(book.waits("a", .capacity, "needs 8, 4 are free", at: 0)?.isForEvents == true)
        #expect(book.waits("a", .capacity, "needs 8, 4 are free", at: 60_000) == nil)
        #expect(book.waits("a", .capacity, "needs 8, 5 are free", at: 20_000) == nil)
        let later = book.waits("a", .capacity, "needs 8, 5 are free", at: 30_000)
        #expect(later?.isForEvents == false)
        #expect(book.waits("a", .quota, "over quota", at: 30_001)?.condition == "SchedulingGated")
        book.forget("a")
        #expect(book.waits("a", .quota, "over quota", at: 30_002) != nil)
    }
}
