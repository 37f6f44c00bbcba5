import ControlPlane
import FleetModel
import HealthSignals
import KubernetesObjects
import Testing

@testable import KubernetesBackend

@Suite("Logs of pods that failed")
struct GangLogTests {
    /// A gang that runs, one pod to each node.
    private func running(_ count: Int) throws -> (StateBench, [PodText]) {
        var bench = StateBench(nodes: count)
        bench.holdsLogs = true
        bench.begin()
        var pods = PodText.gang("train", count: count)
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.order(.start(bench.launch(job, id: 7, nodes: Array(0..<count))))
        bench.answer()
        for index in pods.indices {
            (pods[index].node, pods[index].phase) = ("n\(index)", "Running")
        }
        bench.put(pods)
        bench.clear()
        return (bench, pods)
    }

    private func failed(_ pods: [PodText]) -> [PodText] {
        pods.enumerated().map { index, pod in
            var pod = pod
            (pod.phase, pod.ends) = ("Failed", [.init(code: 1, second: 30 - index)])
            return pod
        }
    }

    private static let fault = "RuntimeError: CUDA error: uncorrectable ECC error encountered"

    @Test("what logs say is told before the end, and nothing before they are read")
    func tellsEvidence() throws {
        var (bench, pods) = try running(2)
        pods = failed(pods)
        bench.put(pods)
        #expect(bench.words == [])
        #expect(bench.logRequests.map(\.pod.name) == ["train-1", "train-0"])
        #expect(bench.logRequests.allSatisfy { $0.container == "main" })
        // Nothing that happens meanwhile has them read twice.
        bench.put(pods)
        #expect(bench.logRequests.count == 2)
        bench.answerLogs([1: "step 7\n\(GangLogTests.fault)\nbye"])
        #expect(bench.words == ["evidence 7: 1", "failed 7 application"])
        #expect(bench.state.jobs.isEmpty)
    }

    @Test("logs without a sign are no evidence, and of many pods those that ended first are read")
    func bounds() throws {
        var (bench, pods) = try running(20)
        pods = failed(pods)
        bench.put(pods)
        #expect(Set(bench.logRequests.map(\.pod.name)) == Set(pods.suffix(16).map(\.name)))
        #expect(bench.logRequests.first?.pod.name == "train-19")
        bench.answerLogs()
        #expect(bench.words == ["failed 7 application"])
    }

    @Test(
        "nothing is read of what ended well, of what others ended, or where no container failed",
        arguments: ["Succeeded", "Evicted", "StartError", ""])
    func readsNothing(_ how: String) throws {
        var (bench, pods) = try running(2)
        pods = failed(pods)
        for index in pods.indices {
            switch how {
            case "Succeeded": (pods[index].phase, pods[index].ends) = (how, [.init(code: 0)])
            case "Evicted": pods[index].disruption = ("TerminationByKubelet", 1)
            case "StartError": pods[index].ends[0].reason = how
            default: pods[index].ends = []
            }
        }
        bench.put(pods)
        #expect(bench.logRequests.isEmpty && bench.words.count == 1)
    }

    @Test("a gang that is made anew meanwhile is found when the end was told")
    func findsNextAfterwards() throws {
        var (bench, pods) = try running(2)
        pods = failed(pods)
        bench.put(pods)
        bench.remove(pods)
        var again = PodText.gang("train", count: 2)
        for index in again.indices { again[index].uid = "again-\(index)" }
        bench.put(again)
        #expect(bench.words == [])
        // What was read may be the logs of their successors.
        bench.answerLogs([0: GangLogTests.fault])
        #expect(bench.words == ["failed 7 application", "found ml.train"])
        #expect(bench.state.jobs.values.map(\.phase) == [.waiting])
    }

    @Test("who stops it meanwhile hears that it is over; an answer after that is none")
    func stops() throws {
        for (reason, word) in [
            (StopReason.cancelled, "stopped 7"), (.preemption, "vanished"),
        ] {
            var (bench, pods) = try running(2)
            pods = failed(pods)
            bench.put(pods)
            bench.order(.stop(JobID(rawValue: 7), Attempt(1), reason))
            #expect(bench.words == [word])
            bench.answerLogs([0: GangLogTests.fault])
            #expect(bench.words == [word])
        }
    }

    @Test("a dry run reads no logs")
    func staysDry() throws {
        var bench = StateBench(nodes: 1, isDryRun: true)
        bench.holdsLogs = true
        bench.begin()
        var pod = PodText("one")
        bench.put([pod])
        let job = try #require(bench.found.first)
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 7))))
        (pod.node, pod.phase) = ("n0", "Running")
        bench.put([pod])
        (pod.phase, pod.ends) = ("Failed", [.init(code: 1)])
        bench.put([pod])
        #expect(bench.logRequests.isEmpty)
    }
}
