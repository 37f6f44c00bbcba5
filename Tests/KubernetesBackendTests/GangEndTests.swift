import ControlPlane
import FleetModel
import KubernetesObjects
import Testing

@testable import KubernetesBackend

@Suite("Why gangs are over")
struct GangEndTests {
    /// A gang of two that runs on the first two nodes.
    private func running() throws -> (StateBench, [PodText]) {
        var bench = StateBench(nodes: 8)
        bench.begin()
        let pods = PodText.gang("train", count: 2)
        bench.put(pods)
        let job = try #require(bench.found.first)
        bench.order(.start(bench.launch(job, id: 7, nodes: [0, 1])))
        bench.answer()
        bench.put(standing(pods))
        bench.clear()
        return (bench, pods)
    }

    private func standing(_ pods: [PodText], phase: String = "Running") -> [PodText] {
        pods.enumerated().map { index, pod in
            var pod = pod
            (pod.node, pod.phase) = ("n\(index)", phase)
            return pod
        }
    }

    private func ending(_ bench: StateBench) -> String? {
        for report in bench.reports {
            switch report {
            case .failed(_, _, let cause, let suspect, let retry, _, let detail):
                let node = suspect.map { " on \($0.rawValue)" } ?? ""
                return "\(cause)\(node), \(retry): \(detail)"
            case .vanished(_, .evicted(let why)): return "evicted: \(why)"
            case .vanished(_, let departure): return "\(departure)"
            default: break
            }
        }
        return nil
    }

    /// How a gang ends whose pods fail like this, the second one seen first.
    private func ending(_ change: (inout [PodText]) -> Void) throws -> String? {
        var (bench, pods) = try running()
        pods = standing(pods, phase: "Failed")
        change(&pods)
        bench.put([pods[1]])
        bench.state.now += 1000
        bench.put([pods[0]])
        return ending(bench)
    }

    @Test(
        "an exit code says what to do, as on one machine",
        arguments: [
            (1, "application, byCause", ""), (75, "application, byCause", ""),
            (76, "node on 1, elsewhere", ""), (78, "application, never", ""),
            (93, "application, never", " (NVRx: another try is no use)"),
            (139, "application, byCause", " (it crashed with signal 11)"),
        ])
    func judges(_ code: Int, _ expected: String, _ meaning: String) throws {
        let told = try ending { pods in
            pods[0].ends = [.init(code: 143)]
            pods[1].ends = [.init(code: code)]
        }
        #expect(
            told == expected + ": the container 'main' of the pod train-1 ended with exit code "
                + "\(code)\(meaning)")
    }

    @Test("the container that ended first tells the code, init containers included")
    func findsFirstContainer() throws {
        func code(_ ends: [PodText.End]) throws -> Int32? {
            var pod = PodText("one")
            (pod.phase, pod.ends) = ("Failed", ends)
            return PodEnd(pod.pod)?.code
        }
        let side = PodText.End(code: 2, second: 9, name: "side")
        #expect(try code([side, .init(code: 3, second: 8)]) == 3)
        #expect(try code([.init(code: 0, second: 1), side]) == 2)
        #expect(try code([side, .init(code: 4, second: 7, name: "prepare", isInit: true)]) == 4)
        // In the same second a program says more than one that was told to end; without a time
        // nobody knows.
        #expect(try code([.init(code: 143, second: 9), side]) == 2)
        #expect(try code([.init(code: 3), side]) == 2)
        #expect(try code([.init(code: 0)]) == nil)
    }

    @Test("of a gang the pod that ended first counts, whichever was seen first")
    func findsFirstPod() throws {
        func first(_ ends: [PodText.End]) throws -> Bool {
            let told = try ending { pods in
                for (index, end) in ends.enumerated() { pods[index].ends = [end] }
            }
            return try #require(told).contains("train-0")
        }
        #expect(try first([.init(code: 1, second: 10), .init(code: 1, second: 20)]))
        #expect(try !first([.init(code: 1, second: 20), .init(code: 1, second: 10)]))
        // Clocks differ: two seconds are no order, and then the one counts that says more.
        #expect(try first([.init(code: 1, second: 11), .init(code: 143, second: 10)]))
        #expect(try !first([.init(code: 1, second: 13), .init(code: 143, second: 10)]))
        #expect(try first([.init(code: 1, second: 10), .init(code: 1)]))
    }

    @Test("memory, programs that cannot start and time limits are said")
    func saysReasons() throws {
        func told(_ end: PodText.End?, _ reason: String? = nil) throws -> String? {
            try ending { pods in
                pods[0].ends = [.init(code: 137, second: 30)]
                pods[1].ends = end.map { [$0] } ?? []
                pods[1].reason = reason
            }
        }
        let name = "the container 'main' of the pod train-1"
        #expect(
            try told(.init(code: 137, reason: "OOMKilled", second: 1))
                == "application, byCause: \(name) used more memory than its limit and was killed "
                + "(OOMKilled)")
        #expect(
            try told(.init(code: 128, reason: "StartError", second: 1))
                == "start, never: \(name) could not be started (StartError)")
        #expect(
            try told(.init(code: 137, second: 1), "DeadlineExceeded")
                == "application, byCause: \(name) ended with exit code 137 "
                + "(signal 9, which somebody sent); its time limit was reached")
    }

    @Test(
        "what others end is no failure of the program, nor of hardware",
        arguments: [
            "EvictionByEvictionAPI", "TerminationByKubelet", "DeletionByTaintManager",
        ])
    func tellsDisruptions(_ reason: String) throws {
        let told = try ending { pods in
            pods[0].ends = [.init(code: 1, second: 12)]
            pods[1].ends = [.init(code: 143, second: 13)]
            pods[1].disruption = (reason, 11)
        }
        #expect(
            told == "evicted: the pod train-1 on the node n1 was ended by others (\(reason))")
        // A program that had failed before has failed.
        let own = try ending { pods in
            pods[0].ends = [.init(code: 1, second: 12)]
            pods[1].disruption = (reason, 20)
        }
        #expect(own?.hasPrefix("application, byCause: the container 'main' of the pod") == true)
    }

    @Test(
        "kubelets that say it without a condition are heard",
        arguments: [
            ("Evicted", "The node was low on resource: memory. ", true),
            ("Evicted", "Pod was rejected: The node had condition: [DiskPressure]. ", true),
            ("Evicted", "Pod ephemeral local storage usage exceeds the total limit", false),
            ("NodeShutdown", "Node is shutting, evicting pods", true),
            ("Terminated", "Pod was terminated in response to imminent node shutdown.", true),
            ("UnexpectedAdmissionError", "Allocate failed", true),
            ("OutOfnvidia.com/gpu", "Node didn't have enough resource", true),
            ("SysctlForbidden", "forbidden sysctl", false),
        ])
    func tellsWords(_ reason: String, _ message: String, _ isByOthers: Bool) throws {
        let told = try ending { pods in
            (pods[0].ends, pods[0].reason) = ([.init(code: 1)], nil)
            (pods[1].reason, pods[1].message) = (reason, message)
        }
        let text = try #require(told)
        #expect(text.hasPrefix("evicted: ") == isByOthers, "\(text)")
        #expect(text.contains("(\(reason)): \(message.prefix(8))"), "\(text)")
    }

    @Test("a pod that was deleted for another, or by an eviction, says so when it is gone")
    func remembersDisruption() throws {
        for (reason, expected) in [
            ("PreemptionByScheduler", "preempted"),
            (
                "EvictionByEvictionAPI",
                "evicted: the pod train-0 on the node n0 was ended by others "
                    + "(EvictionByEvictionAPI)"
            ),
        ] {
            var (bench, pods) = try running()
            pods = standing(pods)
            pods[0].disruption = (reason, 1)
            pods[0].isDeleting = true
            bench.put([pods[0]])
            bench.remove(pods)
            #expect(ending(bench) == expected)
        }
    }

    @Test("a node that is not heard is to blame for the pods that are taken from it")
    func blamesUnheardNode() throws {
        var (bench, pods) = try running()
        var facts = StateBench.node("n1")
        facts.conditions = [NodeFacts.Condition("Ready", "Unknown")]
        bench.state.nodes.put(facts)
        bench.flush()
        pods = standing(pods)
        pods[1].disruption = ("DeletionByTaintManager", 30)
        bench.put([pods[1]])
        (pods[0].phase, pods[0].ends) = ("Failed", [.init(code: 1, second: 5)])
        bench.put([pods[0]])
        bench.remove([pods[1]])
        #expect(ending(bench)?.hasPrefix("node on 1, byCause: its node is not heard") == true)
    }

    @Test("a node that is lost counts before the pods that failed of it")
    func blamesLostNode() throws {
        var (bench, pods) = try running()
        pods = standing(pods, phase: "Failed")
        pods[0].ends = [.init(code: 93, second: 1)]
        bench.put([pods[0]])
        bench.state.nodes.remove("n1")
        bench.flush()
        bench.remove([pods[1]])
        #expect(ending(bench) == "node on 1, byCause: its pods went with their node")
    }
}
