import ControlPlane
import FleetModel
import KubernetesObjects
import Testing

@testable import KubernetesBackend

@Suite("A dry run beside another scheduler")
struct DryRunTests {
    private func begun(nodes: Int = 4) -> StateBench {
        var bench = StateBench(nodes: nodes, isDryRun: true)
        bench.begin()
        return bench
    }

    private func bound(_ pods: [PodText], _ nodes: [Int?], phase: String = "Running") -> [PodText] {
        zip(pods, nodes).map { pod, node in
            var pod = pod
            pod.node = node.map { "n\($0)" }
            if node != nil { pod.phase = phase }
            return pod
        }
    }

    private func later(_ bench: inout StateBench, _ milliseconds: Int64) {
        bench.state.now += milliseconds
        bench.state.tick()
        bench.flush()
    }

    private func report(_ bench: StateBench) -> StartDifferences {
        bench.state.dry.book.report(at: bench.state.now, origin: .zero)
    }

    /// The found jobs' places by node, for those that run.
    private func places(_ job: FoundJob) -> [Int] { job.members.map(\.node.index) }

    @Test("a decision stands in the model until the gang is whole, which counts where it stands")
    func followsReality() throws {
        var bench = begun()
        let pods = PodText.gang("train", count: 2)
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 1))))
        bench.order(.start(bench.launch(job, id: 1, nodes: [0, 1])))
        #expect(bench.words == ["found ml.train", "started 1"])
        bench.state.now = 20_000
        bench.put(bound(pods, [2, nil]))
        // Half of it is not yet how things are.
        #expect(bench.found.count == 1)
        #expect(bench.state.nodes.usedByOthers(NodeID(2)) == 0)
        #expect(bench.state.nodes.held(NodeID(0)) == 0xFF)
        bench.state.now = 50_000
        bench.put(bound(pods, [2, 3]))
        #expect(bench.words.last == "found ml.train in place of 1")
        #expect(bench.found.last.map(places) == [2, 3] && bench.found.last?.key != job.key)
        #expect(bench.state.nodes.held(NodeID(0)) == 0)
        #expect(bench.state.nodes.held(NodeID(3)) == 0xFF)
        let gang = try #require(report(bench).gangs.first)
        #expect(gang.earlier == .seconds(50) && gang.halfStarted == .seconds(30))
        #expect(gang.idleGPUMilliSeconds == 240_000 && gang.place?.nodes == ["n2", "n3"])
        #expect(bench.calls.isEmpty)
    }

    @Test("a gang that is bound as Muster would have bound it stays one job, and ends as it does")
    func keepsJobs() throws {
        var bench = begun()
        let pods = PodText.gang("train", count: 2)
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 1))))
        bench.order(.start(bench.launch(job, id: 1, nodes: [0, 1])))
        // Which of its pods stands where is the same to it.
        bench.put(bound(pods, [1, 0]))
        #expect(bench.words == ["found ml.train", "started 1"])
        bench.order(.stop(JobID(rawValue: 1), Attempt(1), .preemption))
        #expect(bench.words.count == 2)
        bench.put(bound(pods, [1, 0], phase: "Succeeded"))
        #expect(bench.words.last == "finished 1")
        #expect(report(bench).totals.agreed == 1)
        #expect(report(bench).gangs.first?.endedAt != nil)
    }

    @Test("pods that are bound before their gang is complete do not keep Muster from deciding")
    func decidesLate() throws {
        var bench = begun()
        let pods = PodText.gang("train", count: 4)
        for index in 0..<3 { bench.put(bound([pods[index]], [index])) }
        #expect(bench.found.isEmpty)
        #expect(report(bench).gangs.first?.wholeAt == nil)
        // As long as nobody is asked they count where they stand.
        #expect(bench.state.nodes.usedByOthers(NodeID(0)) == 8)
        bench.put(bound([pods[3]], [3]))
        let job = try #require(bench.found.first)
        #expect(job.members.isEmpty && bench.state.nodes.usedByOthers(NodeID(0)) == 0)
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 1))))
        bench.order(.start(bench.launch(job, id: 1, nodes: [0, 1, 2, 3])))
        #expect(bench.words == ["found ml.train", "started 1"])
        #expect(report(bench).totals.agreed == 1)
    }

    @Test("a gang that Muster lets wait is followed a second after it is whole, with the reason")
    func followsWaiting() throws {
        var bench = begun()
        let pods = PodText.gang("train", count: 2)
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 1))))
        bench.order(.tell(key: job.key, .waits(.quota, "'ml' uses 8 of 8")))
        bench.put(bound(pods, [0, 1]))
        later(&bench, 900)
        #expect(bench.found.count == 1)
        later(&bench, 200)
        #expect(bench.found.count == 2 && bench.found.last.map(places) == [0, 1])
        #expect(report(bench).totals.waits == [.quota: 1])
    }

    @Test("where something real stands no shadow stays, and it does not come back")
    func dropsShadows() throws {
        var bench = begun(nodes: 2)
        let shadow = PodText.gang("shadow", count: 2)
        bench.put(shadow)
        let job = try #require(bench.found.first)
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 1))))
        bench.order(.start(bench.launch(job, id: 1, nodes: [0, 1])))
        let real = PodText.gang("real", count: 1)
        bench.put(bound(real, [1]))
        bench.order(.tell(key: bench.found[1].key, .waits(.capacity, "no room")))
        bench.clear()
        later(&bench, 1_100)
        #expect(bench.words == ["found ml.real in place of 2"])
        #expect(bench.found.last.map(places) == [1])
        #expect(bench.state.nodes.held(NodeID(0)) == 0)
        bench.clear()
        bench.put(shadow)
        later(&bench, 5_000)
        #expect(bench.words.isEmpty)
        // What it is really does count.
        bench.put(bound(real, [1], phase: "Succeeded"))
        bench.put(bound(shadow, [0, 1]))
        #expect(bench.found.last.map(places) == [0, 1])
        let gang = try #require(report(bench).gangs.first { $0.name == "ml.shadow" })
        #expect(gang.earlier != nil)
    }

    @Test("pods of other schedulers take the place of shadows")
    func yieldsToOthers() throws {
        var bench = begun(nodes: 1)
        bench.put([PodText("shadow")])
        let job = try #require(bench.found.first)
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 1))))
        bench.order(.start(bench.launch(job, id: 1, nodes: [0])))
        var other = PodText("other", gpus: 4)
        (other.scheduler, other.node, other.phase) = ("another", "n0", "Running")
        bench.put([other])
        later(&bench, 500)
        #expect(bench.words.last == "vanished" && bench.state.nodes.held(NodeID(0)) == 0)
    }

    @Test("a start where something real stands is no decision, and the driver may try again")
    func refusesGaps() throws {
        var bench = StateBench(nodes: 2, isDryRun: true)
        bench.put(bound(PodText.gang("real", count: 1), [0]))
        bench.begin()
        #expect(bench.found.map(places) == [[0]])
        bench.put([PodText("waits")])
        let job = try #require(bench.found.last)
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 2))))
        bench.order(.start(bench.launch(job, id: 2, nodes: [0])))
        #expect(bench.words.last == "failed 2 start")
        let gang = report(bench).gangs.first { $0.name == "ml.waits" }
        #expect(gang?.decision == StartDifference.Decision.none)
        bench.order(.start(bench.launch(job, id: 2, nodes: [1], attempt: 2)))
        #expect(bench.words.last == "started 2")
    }

    @Test("what ran before is followed and not judged; half a gang is asked about")
    func begins() throws {
        var bench = StateBench(nodes: 4, isDryRun: true)
        bench.put(bound(PodText.gang("whole", count: 2), [0, 1]))
        bench.put(bound(PodText.gang("half", count: 2), [2, nil]))
        bench.begin()
        #expect(bench.words == ["found ml.whole", "found ml.half"])
        #expect(bench.found.map(\.members.count) == [2, 0])
        #expect(report(bench).gangs.map(\.name) == ["ml.half"])
    }

    @Test("whom Muster would stop goes on, and is named")
    func namesVictims() throws {
        var bench = StateBench(nodes: 1, isDryRun: true)
        bench.put(bound([PodText("low")], [0]))
        bench.begin()
        bench.order(.tell(key: bench.found[0].key, .accepted(JobID(rawValue: 1))))
        bench.put([PodText("high")])
        let job = try #require(bench.found.last)
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 2))))
        bench.order(.stop(JobID(rawValue: 1), Attempt(1), .preemption))
        let place = ClearedPlace(
            members: [MemberPlacement(node: NodeID(0), role: 0, devices: 0xFF)],
            stops: ["ml.low"])
        bench.order(.tell(key: job.key, .planned(place)))
        bench.order(.tell(key: job.key, .planned(nil)))
        later(&bench, 60_000)
        #expect(bench.words == ["found ml.low", "found ml.high"] && bench.calls.isEmpty)
        #expect(bench.state.nodes.held(NodeID(0)) == 0xFF)
        let gang = try #require(report(bench).gangs.first)
        #expect(gang.stops == ["ml.low"] && gang.earlier == .seconds(60))
        #expect(report(bench).totals.stops == 1 && report(bench).totals.preempting == 1)
    }

    @Test("a gang that the driver does not take where it stands is tried again, then counts anyway")
    func followsAgain() throws {
        var bench = begun(nodes: 2)
        let pods = PodText.gang("train", count: 2)
        bench.put(bound(pods, [0, 1]))
        bench.order(.tell(key: bench.found[0].key, .waits(.capacity, "no room")))
        later(&bench, 1_100)
        for round in 2...4 {
            #expect(bench.found.count == round)
            bench.order(.tell(key: bench.found[round - 1].key, .refused("misplaced")))
            later(&bench, 1_100)
        }
        #expect(bench.found.count == 5)
        bench.order(.tell(key: bench.found[4].key, .refused("misplaced")))
        later(&bench, 1_100)
        #expect(bench.found.count == 5 && Set(bench.found.map(\.key)).count == 5)
        #expect(bench.state.nodes.usedByOthers(NodeID(0)) == 8)
        bench.remove(pods)
        #expect(bench.state.nodes.usedByOthers(NodeID(0)) == 0 && bench.state.jobs.isEmpty)
    }

    @Test("a pod in place of one that failed takes its seat where the other binds it")
    func replacesPods() throws {
        var bench = StateBench(nodes: 2, isDryRun: true)
        let pods = PodText.gang("train", count: 2)
        bench.put(bound(pods, [0, 1]))
        bench.begin()
        bench.order(.tell(key: bench.found[0].key, .accepted(JobID(rawValue: 1))))
        bench.put(bound([pods[1]], [1], phase: "Failed"))
        var again = pods[1]
        (again.name, again.uid) = ("train-1b", "again")
        bench.put([again])
        bench.put(bound([again], [1]))
        #expect(bench.state.nodes.held(NodeID(1)) == 0xFF)
        #expect(bench.state.nodes.usedByOthers(NodeID(1)) == 0 && bench.words.count == 1)
        bench.put(bound([pods[0], again], [0, 1], phase: "Succeeded"))
        #expect(bench.words.last == "finished 1")
    }

    @Test("devices of a pod that is over stay its gang's, until another is seen there")
    func keepsDevicesOfPartlyEnded() throws {
        var bench = StateBench(nodes: 2, isDryRun: true)
        let pods = PodText.gang("train", count: 2, gpus: 4)
        bench.put(bound(pods, [0, 1]))
        bench.begin()
        bench.order(.tell(key: bench.found[0].key, .accepted(JobID(rawValue: 1))))
        bench.put(bound([pods[0]], [0], phase: "Succeeded"))
        #expect(bench.state.nodes.held(NodeID(0)) == 0xF)
        // There is room beside it.
        var other = PodText.gang("other", count: 1, gpus: 4)
        bench.put(bound(other, [0]))
        bench.order(.tell(key: bench.found[1].key, .waits(.capacity, "no room")))
        later(&bench, 1_100)
        // In place of itself, as it waited.
        #expect(bench.words.last == "found ml.other in place of 1")
        #expect(bench.found.last?.members.map(\.devices) == [0xF0])
        bench.order(.tell(key: bench.found[2].key, .accepted(JobID(rawValue: 2))))
        // There is none any more.
        other = PodText.gang("third", count: 1, gpus: 4)
        bench.put(bound(other, [0]))
        bench.order(.tell(key: bench.found[3].key, .waits(.capacity, "no room")))
        later(&bench, 1_100)
        let words = ["found ml.train in place of 1", "found ml.third in place of 1"]
        #expect(bench.words.suffix(2) == words)
        #expect(bench.found.suffix(2).map(places) == [[1], [0]])
        #expect(bench.found.last?.members.map(\.devices) == [0xF])
        let left = try #require(bench.found.dropLast().last)
        #expect(left.displaced == [DisplacedJob(bench.found[0].key, .reduced)])
        bench.order(.tell(key: left.key, .accepted(JobID(rawValue: 4))))
        #expect(bench.state.nodes.held(NodeID(1)) == 0xF)
        bench.put(bound([pods[1]], [1], phase: "Succeeded"))
        #expect(bench.words.last == "finished 4")
        #expect(bench.state.nodes.held(NodeID(1)) == 0 && bench.state.dry.absentees.isEmpty)
        #expect(bench.state.nodes.held(NodeID(0)) == 0xFF)
    }

    @Test("devices that a lost node took along are not kept when it comes back")
    func forgetsDevicesOfLostNodes() throws {
        var bench = StateBench(nodes: 2, isDryRun: true)
        let pods = PodText.gang("train", count: 2)
        bench.put(bound(pods, [0, 1]))
        bench.begin()
        bench.order(.tell(key: bench.found[0].key, .accepted(JobID(rawValue: 1))))
        bench.state.nodes.remove("n0")
        bench.flush()
        bench.remove([pods[0]])
        bench.state.nodes.put(StateBench.node("n0"))
        bench.flush()
        #expect(bench.state.nodes.held(NodeID(0)) == 0)
        #expect(bench.state.nodes.held(NodeID(1)) == 0xFF)
    }

    @Test("a gang that is refused after some of it was over is not asked about again")
    func standsAsideWhenPartlyOver() throws {
        var bench = begun(nodes: 2)
        let pods = PodText.gang("train", count: 2, gpus: 4)
        bench.put(bound(pods, [0, 1]))
        bench.order(.tell(key: bench.found[0].key, .waits(.capacity, "no room")))
        later(&bench, 1_100)
        let refused = try #require(bench.found.last)
        // A shadow beside it, and one pod over, before the answer is there.
        let shadow = PodText.gang("shadow", count: 1, gpus: 4)
        bench.put(shadow)
        let job = try #require(bench.found.last)
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 9))))
        var launch = bench.launch(job, id: 9, nodes: [1])
        launch.members[0].devices = 0xF0
        bench.order(.start(launch))
        bench.put(bound([pods[0]], [0], phase: "Succeeded"))
        bench.clear()
        bench.order(.tell(key: refused.key, .refused("misplaced")))
        later(&bench, 1_100)
        #expect(bench.found.isEmpty)
        #expect(bench.state.nodes.usedByOthers(NodeID(1)) == 4)
    }

    @Test("the other breaks a topology that the gang requires")
    func seesTopology() throws {
        let rack = TopologyLevel(name: "rack", label: "rack")
        var bench = StateBench(
            nodes: 0, levels: [rack, TopologyLevel(name: "host", label: "kubernetes.io/hostname")],
            isDryRun: true)
        for index in 0..<4 {
            bench.state.nodes.put(
                StateBench.node("n\(index)", labels: ["rack": "r\(index / 2)"]))
        }
        bench.begin()
        var pods = PodText.gang("train", count: 2)
        for index in pods.indices {
            pods[index].annotations["kueue.x-k8s.io/podset-required-topology"] = "rack"
        }
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 1))))
        bench.order(.start(bench.launch(job, id: 1, nodes: [2, 3])))
        bench.put(bound(pods, [1, 2]))
        let gang = try #require(report(bench).gangs.first)
        #expect(gang.breaksWish && gang.place?.domains == [2, 2])
        #expect(gang.text.hasPrefix("requires one rack and was spread over 2; Muster would have"))
        #expect(report(bench).totals.requiredBroken == 1)
    }
}
