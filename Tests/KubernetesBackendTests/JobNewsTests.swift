import ControlPlane
import FleetModel
import KubernetesObjects
import Testing

@testable import KubernetesBackend

@Suite("What jobs that wait are told")
struct JobNewsTests {
    private func waiting(_ count: Int = 2) throws -> (StateBench, FoundJob) {
        var bench = StateBench(nodes: 4)
        bench.begin()
        bench.put(PodText.gang("train", count: count))
        let job = try #require(bench.found.first)
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 7))))
        bench.clear()
        return (bench, job)
    }

    private func place(_ nodes: [Int]) -> ClearedPlace {
        ClearedPlace(
            members: nodes.map {
                MemberPlacement(node: NodeID($0), role: 0, devices: 0xFF)
            }, stops: ["ml.low"])
    }

    /// Nominations as `pod@node`.
    private func nominated(_ bench: inout StateBench) -> [String] {
        let found = bench.calls.flatMap { call -> [String] in
            guard case .nominate(let changes) = call else { return [] }
            return changes.map { "\($0.pod.name)@\($0.node ?? "-")" }
        }
        bench.clear()
        return found
    }

    @Test("pods name the nodes that others leave for them, and others when that changes")
    func nominates() throws {
        var (bench, job) = try waiting()
        bench.order(.tell(key: job.key, .planned(place([2, 0]))))
        #expect(nominated(&bench) == ["train-0@n2", "train-1@n0"])
        bench.order(.tell(key: job.key, .planned(place([2, 3]))))
        #expect(nominated(&bench) == ["train-1@n3"])
        bench.order(.tell(key: job.key, .planned(nil)))
        #expect(nominated(&bench) == ["train-0@-", "train-1@-"])
        bench.order(.tell(key: job.key, .planned(nil)))
        #expect(nominated(&bench) == [])
        bench.order(.tell(key: job.key, .planned(place([1, 0]))))
        bench.order(.start(bench.launch(job, id: 7, nodes: [1, 0])))
        bench.clear()
        // It is being bound: nothing is taken back.
        bench.order(.tell(key: job.key, .planned(nil)))
        #expect(nominated(&bench) == [])
    }

    @Test("of a large gang 256 pods name their nodes")
    func boundsNominations() throws {
        var bench = StateBench(nodes: 40)
        bench.begin()
        bench.put(PodText.gang("large", count: 300, gpus: 1))
        let job = try #require(bench.found.first)
        bench.order(.tell(key: job.key, .planned(place((0..<300).map { $0 / 8 }))))
        #expect(nominated(&bench).count == 256)
        bench.order(.tell(key: job.key, .planned(nil)))
        #expect(nominated(&bench).count == 256)
    }

    private func said(_ bench: StateBench) -> [String] {
        bench.calls.compactMap { call in
            switch call {
            case .event(let text): "\(text.reason): \(text.note)"
            case .condition(let pods, let reason, _): "\(pods.count) \(reason)"
            default: nil
            }
        }
    }

    @Test("what is cancelled while it waits says so, and is not found again until its pods are new")
    func saysCancelled() throws {
        var (bench, job) = try waiting()
        bench.order(.tell(key: job.key, .ended(.cancelled, "")))
        #expect(said(bench)[0] == "2 SchedulingGated")
        #expect(said(bench)[1].hasPrefix("Cancelled: it was cancelled in Muster"))
        bench.state.now = 1_000_000
        bench.state.tick()
        bench.state.nodes.put(StateBench.node("n9"))
        bench.flush()
        #expect(bench.found.isEmpty)
        var pods = PodText.gang("train", count: 2)
        bench.remove(pods)
        for index in pods.indices { pods[index].uid = "again-\(index)" }
        bench.put(pods)
        #expect(bench.found.count == 1 && bench.found[0].key != job.key)
    }

    @Test("a pod that comes to a job which waits is told what the others were told")
    func tellsNewPods() throws {
        var (bench, job) = try waiting()
        bench.order(.tell(key: job.key, .waits(.capacity, "nothing is free")))
        bench.clear()
        var old = PodText.gang("train", count: 2)[1]
        var pod = old
        old.isDeleting = true
        (pod.name, pod.uid) = ("train-1b", "again")
        bench.put([old, pod])
        #expect(bench.found.isEmpty)
        #expect(said(bench) == ["1 Unschedulable"])
        bench.put([pod])
        #expect(said(bench) == ["1 Unschedulable"])
    }

    @Test("pods whose gang is not whole are told what is missing, once it has been so for a while")
    func saysMissing() throws {
        var bench = StateBench(nodes: 2)
        bench.begin()
        let pods = PodText.gang("train", count: 3)
        bench.put([pods[0]])
        bench.state.now = 3_000
        bench.put([pods[1]])
        bench.state.now = 7_000
        bench.state.tick()
        bench.flush()
        #expect(said(bench) == [])
        bench.state.now = 8_000
        bench.state.tick()
        bench.flush()
        #expect(
            said(bench) == [
                "2 SchedulingGated",
                "WaitingForGang: the gang waits for 1 more of its 3 pods; it starts when all of"
                    + " them exist",
            ])
        // The same is not said again, and what is whole waits for something else.
        bench.put([pods[1]])
        bench.state.now = 20_000
        bench.state.tick()
        bench.flush()
        #expect(said(bench).count == 2)
        bench.put([pods[2]])
        bench.state.now = 40_000
        bench.state.tick()
        bench.flush()
        #expect(bench.found.count == 1)
        #expect(said(bench).count == 2)
    }

    @Test("after failed starts it is said, and tried again in a while or when nodes come")
    func triesAgain() throws {
        var (bench, job) = try waiting()
        var grown = bench
        bench.order(.tell(key: job.key, .ended(.failed, "no answer")))
        #expect(said(bench)[1].hasPrefix("StartFailed: its pods could not be bound in many"))
        #expect(said(bench)[1].contains("because no answer; it is tried again in 5 minutes"))
        bench.state.now = 299_999
        bench.state.tick()
        bench.flush()
        #expect(bench.found.isEmpty)
        bench.state.now = 300_000
        bench.state.tick()
        bench.flush()
        #expect(bench.found.count == 1 && bench.found[0].key != job.key)
        grown.order(.tell(key: job.key, .ended(.failed, "no answer")))
        grown.state.nodes.put(StateBench.node("n9"))
        grown.flush()
        // What a flush brings about goes with the next one.
        grown.flush()
        #expect(grown.found.count == 1 && grown.found[0].key != job.key)
    }

    @Test("a refusal that nodes have overtaken is asked about again at once")
    func asksAgain() throws {
        var bench = StateBench(nodes: 1)
        bench.begin()
        bench.put(PodText.gang("train", count: 2))
        let job = try #require(bench.found.first)
        bench.state.nodes.put(StateBench.node("n1"))
        bench.flush()
        bench.order(.tell(key: job.key, .refused("it is larger than the fleet")))
        bench.state.tick()
        bench.flush()
        #expect(bench.found.count == 2)
        bench.order(.tell(key: bench.found[1].key, .refused("it is larger than the fleet")))
        bench.state.tick()
        bench.flush()
        #expect(bench.found.count == 2)
    }

    @Test(
        "evicted pods end their job with the cause",
        arguments: [
            (StopReason.preemption, Departure.preempted), (.maintenance, .maintenance),
        ])
    func tellsCauses(_ reason: StopReason, _ expected: Departure) throws {
        var (bench, job) = try waiting()
        bench.order(.start(bench.launch(job, id: 7, nodes: [0, 1])))
        bench.answer()
        bench.order(.stop(JobID(rawValue: 7), Attempt(1), reason))
        bench.remove(PodText.gang("train", count: 2))
        guard case .vanished(job.key, let departure)? = bench.reports.last else {
            Issue.record("it is not said to have gone")
            return
        }
        #expect(departure == expected)
    }
}
