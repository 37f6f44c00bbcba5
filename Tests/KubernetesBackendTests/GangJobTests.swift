import ControlPlane
import Documents
import FleetModel
import KubernetesObjects
import Testing

@testable import KubernetesBackend

@Suite("Gangs as jobs")
struct GangJobTests {
    private func begun(nodes: Int = 8) -> StateBench {
        var bench = StateBench(nodes: nodes)
        bench.begin()
        return bench
    }

    @Test("pods that ask for it are bound with what their programs report progress with")
    func givesTickets() throws {
        var bench = begun()
        var pods = PodText.gang("train", count: 2)
        pods[1].annotations["muster/progress"] = "true"
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.order(.start(bench.launch(job, id: 7, nodes: [0, 1], attempt: 3)))
        var tickets: [ProgressTicket?] {
            bench.calls.flatMap { call -> [ProgressTicket?] in
                guard case .bind(_, _, let bindings) = call else { return [] }
                return bindings.map(\.ticket)
            }
        }
        let ticket = ProgressTicket(job: JobID(rawValue: 7), attempt: Attempt(3), rank: 1)
        #expect(tickets == [nil, ticket])
        #expect(
            ticket.annotations(token: "t") == [
                "muster/job-number": "7", "muster/rank": "1", "muster/progress-token": "t",
            ])
        // What comes in its place reports as the same member.
        bench.answer()
        bench.put(bound(pods))
        bench.put([bound(pods, phase: "Failed")[1]])
        bench.clear()
        (pods[1].name, pods[1].uid) = ("train-1b", "again")
        bench.put([pods[1]])
        #expect(tickets == [ticket])
    }

    @Test("nodes that a gang rules out by name are told with it, as far as they are there")
    func tellsExclusions() {
        var bench = StateBench()
        bench.begin()
        var pod = PodText("picky")
        pod.affinity = """
            {"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":\
            [{"matchExpressions":[{"key":"kubernetes.io/hostname","operator":"NotIn",\
            "values":["n1","gone"]}]}]}}}
            """
        bench.put([pod])
        #expect(bench.found.map(\.excluded) == [[NodeID(1)]])
    }

    @Test("a complete gang is one job with all that a document needs")
    func writesDocuments() throws {
        var bench = begun()
        var pods = PodText.gang("train", count: 3)
        for index in pods.indices { pods[index].priority = 2_000_000_000 }
        bench.put(Array(pods.dropLast()))
        #expect(bench.found.isEmpty)
        bench.put([pods[2]])
        let job = try #require(bench.found.first)
        #expect(bench.found.count == 1 && job.members.isEmpty)
        #expect(job.document.name.value == "ml.train" && job.document.tenant?.value == "ml")
        #expect(job.document.priority == 1_000_000 && job.document.preemptible)
        #expect(job.document.gangKey == job.key && job.owner == "ml")
        #expect(job.document.roles.map(\.minimum) == [3])
        let request = try #require(job.document.roles.first?.request)
        #expect(request.devices == 8 && request.host.cpuMilli == 1000)
        #expect(request.host.memoryMiB == 1024)
        #expect(job.document.retries.counts[Int(FailureCause.application.rawValue)] == 0)
    }

    @Test("pods are bound in order of rank, and the gang runs when all are bound")
    func starts() throws {
        var bench = begun()
        bench.put(PodText.gang("train", count: 3))
        let job = try #require(bench.found.first)
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 7))))
        bench.order(.start(bench.launch(job, id: 7, nodes: [2, 1, 0])))
        #expect(bench.bindings == ["train-0@n2", "train-1@n1", "train-2@n0"])
        bench.order(.start(bench.launch(job, id: 7, nodes: [2, 1, 0])))
        #expect(bench.bindings.count == 3)
        #expect(!bench.words.contains("started 7"))
        bench.answer()
        bench.order(.start(bench.launch(job, id: 7, nodes: [2, 1, 0])))
        #expect(bench.words.filter { $0 == "started 7" }.count == 2 && bench.calls.isEmpty)
    }

    private func running(_ pods: [PodText]) throws -> (StateBench, FoundJob) {
        var bench = begun()
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.order(
            .start(bench.launch(job, id: 7, nodes: pods.indices.map { $0 })))
        bench.answer()
        bench.put(bound(pods))
        bench.clear()
        return (bench, job)
    }

    private func bound(_ pods: [PodText], phase: String = "Running") -> [PodText] {
        pods.enumerated().map { index, pod in
            var pod = pod
            pod.node = "n\(index)"
            pod.phase = phase
            return pod
        }
    }

    @Test(
        "a gang ends when all of its pods are over",
        arguments: [
            ("Succeeded", ["finished 7"]), ("Failed", ["failed 7 application"]),
        ])
    func ends(_ phase: String, _ expected: [String]) throws {
        let pods = PodText.gang("train", count: 2)
        var (bench, _) = try running(pods)
        let over = bound(pods, phase: phase)
        bench.put([over[0]])
        #expect(bench.words == [])
        bench.put([over[1]])
        #expect(bench.words == expected)
    }

    @Test("pods that are deleted make the job vanish; with their node they were lost")
    func loses() throws {
        let pods = PodText.gang("train", count: 2)
        var (bench, _) = try running(pods)
        var other = bench
        bench.remove(pods)
        #expect(bench.words == ["vanished"])
        other.state.nodes.remove("n0")
        other.flush()
        other.remove(pods)
        #expect(other.words == ["lost [0]", "failed 7 node"])
    }

    @Test("a pod in place of one that failed takes its node, and a further one waits")
    func replaces() throws {
        let pods = PodText.gang("train", count: 2)
        var (bench, _) = try running(pods)
        bench.put([bound(pods, phase: "Failed")[1]])
        var again = pods[1]
        (again.name, again.uid) = ("train-1b", "again")
        bench.put([again])
        #expect(bench.bindings == ["train-1b@n1"] && bench.words == [])
        bench.answer()
        var more = pods[1]
        (more.name, more.uid) = ("train-9", "more")
        more.labels["apps.kubernetes.io/pod-index"] = "9"
        bench.put([more])
        #expect(bench.words == ["found ml.train"])
    }

    @Test("a gang that cannot be bound whole is taken back, and found again with other pods")
    func takesBack() throws {
        var bench = begun()
        let pods = PodText.gang("train", count: 2)
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.order(.start(bench.launch(job, id: 7, nodes: [0, 1])))
        bench.answer(.failed("pod train-1 is gone", boundSeats: [0]))
        guard case .evict(_, let victims, let eviction)? = bench.calls.first else {
            Issue.record("nothing is taken back")
            return
        }
        #expect(victims == [pods[0].key] && eviction.mayDelete)
        #expect(!bench.words.contains("failed 7 start"))
        bench.remove([pods[0]])
        #expect(bench.words.last == "failed 7 start")
        var again = pods[0]
        again.uid = "again"
        bench.put([again])
        #expect(bench.words.last == "found ml.train" && bench.found.last?.key != job.key)
    }

    @Test("with nothing bound the driver may try again")
    func triesAgain() throws {
        var bench = begun()
        bench.put(PodText.gang("train", count: 2))
        let job = try #require(bench.found.first)
        bench.order(.start(bench.launch(job, id: 7, nodes: [0, 1])))
        bench.answer(.failed("no answer", boundSeats: []))
        #expect(bench.words.last == "failed 7 start")
        bench.order(.start(bench.launch(job, id: 7, nodes: [2, 3], attempt: 2)))
        #expect(bench.bindings == ["train-0@n2", "train-1@n3"])
    }

    @Test("a stop evicts, and ends when the pods are gone")
    func stops() throws {
        let pods = PodText.gang("train", count: 2)
        var (bench, _) = try running(pods)
        var preempted = bench
        bench.order(.stop(JobID(rawValue: 7), Attempt(1), .cancelled))
        #expect(bench.words == [])
        bench.remove(pods)
        #expect(bench.words == ["stopped 7"])
        preempted.order(.stop(JobID(rawValue: 7), Attempt(1), .preemption))
        guard case .evict(_, let victims, let eviction)? = preempted.calls.first else {
            Issue.record("nobody is evicted")
            return
        }
        #expect(victims.count == 2 && eviction.reason == "PreemptionByScheduler")
        #expect(!eviction.mayDelete)
        preempted.remove(pods)
        #expect(preempted.words == ["vanished"])
    }

    @Test("other pods of the same shape keep the job, another shape is another job")
    func follows() throws {
        var bench = begun()
        var pods = PodText.gang("train", count: 2)
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.clear()
        bench.remove([pods[1]])
        #expect(bench.words == ["vanished"])
        pods[1].uid = "again"
        bench.put([pods[1]])
        #expect(bench.words.last == "found ml.train" && bench.found.last?.key != job.key)
        bench.order(.start(bench.launch(job, id: 7, nodes: [0, 1])))
        #expect(bench.words.last == "vanished" && bench.bindings.isEmpty)
    }
}
