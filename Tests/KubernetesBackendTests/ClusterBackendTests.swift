import FleetModel
import KubernetesBackend
import KubernetesClient
import KubernetesFaults
import KubernetesJSON
import KubernetesObjects
import Testing

/// Against a real API server. Nodes belong to all tests, so they go one after the other.
@Suite(
    .serialized, .enabled(if: KubeTestServer.isThere, Comment(rawValue: KubeTestServer.absence)))
enum ServerTests {}

extension ServerTests {
    @Suite("A cluster", .timeLimit(.minutes(10)))
    struct ClusterBackendTests {}
}

extension ServerTests.ClusterBackendTests {
    func run(
        nodes: Int, _ body: (TestCluster, TestPlane) async throws -> Void
    ) async throws {
        try await TestCluster.run(nodes: nodes) { cluster in
            try await TestPlane.use { try await body(cluster, $0) }
        }
    }

    func allBound(
        _ cluster: TestCluster, _ prefix: String, _ count: Int
    ) async throws
        -> Bool
    {
        let places = try await cluster.places(prefix)
        return places.count == count && places.allSatisfy { $0 != nil }
    }

    @Test("a plain pod is bound, runs and ends")
    func bindsOnePod() async throws {
        try await run(nodes: 1) { cluster, plane in
            #expect(plane.nodeCount == 1)
            try await cluster.create([PodText("one", gpus: 1)])
            #expect(try await cluster.wait { try await allBound(cluster, "one", 1) } != nil)
            let pod = try #require(try await cluster.pods().first)
            #expect(pod.metadata.annotations["muster/devices"] == "1")
            #expect(try await cluster.wait { plane.states("one") == ["running"] } != nil)
            await cluster.kubelet.set("Succeeded", of: "one")
            #expect(try await cluster.wait { plane.states("one") == ["succeeded"] } != nil)
        }
    }

    @Test("a gang of eight is bound whole, and not before its last pod exists")
    func bindsGangs() async throws {
        try await run(nodes: 8) { cluster, plane in
            let pods = PodText.gang("train", count: 8)
            try await cluster.create(Array(pods.dropLast()))
            try await Task.sleep(for: .milliseconds(500))
            #expect(try await cluster.places("train").allSatisfy { $0 == nil })
            try await cluster.create([pods[7]])
            let took = try await cluster.wait { try await allBound(cluster, "train", 8) }
            // What is only found by listing anew takes longer.
            #expect(took.map { $0 < 60 } == true)
            #expect(Set(try await cluster.places("train").compactMap { $0 }).count == 8)
            #expect(try await cluster.wait { plane.states("train") == ["running"] } != nil)
            await cluster.kubelet.set("Failed", of: "train-3")
            for index in 0..<8 where index != 3 {
                await cluster.kubelet.set("Succeeded", of: "train-\(index)")
            }
            #expect(try await cluster.wait { plane.states("train") == ["failed"] } != nil)
        }
    }

    private func areTold(
        _ cluster: TestCluster, _ prefix: String, _ count: Int
    ) async throws
        -> Bool
    {
        let pods = try await cluster.pods().filter { $0.metadata.name.hasPrefix(prefix) }
        return pods.count == count
            && pods.allSatisfy { pod in
                guard let condition = pod.scheduled else { return false }
                return pod.nodeName == nil && condition.status == "False"
                    && condition.reason == "Unschedulable" && !condition.message.isEmpty
            }
    }

    @Test("a gang that does not fit is told why, in its pods and in an event")
    func tellsReasons() async throws {
        try await run(nodes: 2) { cluster, plane in
            try await cluster.create(PodText.gang("first", count: 2))
            #expect(try await cluster.wait { try await allBound(cluster, "first", 2) } != nil)
            try await cluster.create(PodText.gang("second", count: 2))
            let took = try await cluster.wait { try await areTold(cluster, "second", 2) }
            #expect((took ?? 99) < 1)
            let said = try await cluster.wait {
                try await cluster.events().contains { $0.hasPrefix("FailedScheduling second-0:") }
            }
            #expect(said != nil)
            // What ends makes room.
            for name in ["first-0", "first-1"] {
                await cluster.kubelet.set("Succeeded", of: name)
            }
            #expect(try await cluster.wait { try await allBound(cluster, "second", 2) } != nil)
            #expect(plane.states("first") == ["succeeded"])
        }
    }

    @Test("what is said of the pods of a Job is said of the Job, also what is wrong with it")
    func speaksOfObjects() async throws {
        try await run(nodes: 1) { cluster, plane in
            let uid = try await cluster.createJob("sort")
            var pods = (0..<2).map { index in
                PodText(
                    "sort-\(index)", labels: ["job-name": "sort"],
                    annotations: ["muster/gang": "whole"])
            }
            for index in pods.indices { pods[index].owner = ("batch/v1", "Job", "sort", uid) }
            // A group of Kueue's that does not say how large it is.
            let odd = PodText("odd", labels: ["kueue.x-k8s.io/pod-group-name": "odd"])
            try await cluster.create(pods + [odd])
            let said = try await cluster.wait {
                let events = try await cluster.events()
                return events.contains { $0.hasPrefix("Refused sort: ") }
                    && events.contains { $0.hasPrefix("MalformedAnnotation odd: ") }
            }
            #expect(said != nil)
            #expect(try await cluster.places("").allSatisfy { $0 == nil })
            // What was too large for the cluster is not once it has grown.
            #expect(plane.states("sort").isEmpty)
            try await cluster.addNode("n1")
            #expect(
                try await cluster.wait { try await allBound(cluster, "sort", 2) }
                    != nil)
        }
    }

    @Test("of two gangs that each need the whole cluster one runs, then the other")
    func neverDeadlocks() async throws {
        try await run(nodes: 4) { cluster, plane in
            let (a, b) = (PodText.gang("a", count: 4), PodText.gang("b", count: 4))
            // Their pods come in turn.
            for index in 0..<4 { try await cluster.create([a[index], b[index]]) }
            func bound(_ name: String) async throws -> Int {
                try await cluster.places(name + "-").compactMap { $0 }.count
            }
            #expect(
                try await cluster.wait {
                    let now = (try await bound("a"), try await bound("b"))
                    return now == (4, 0) || now == (0, 4)
                } != nil)
            let first = try await bound("a") == 4 ? "a" : "b"
            let second = first == "a" ? "b" : "a"
            #expect(try await bound(second) == 0)
            for index in 0..<4 { await cluster.kubelet.set("Succeeded", of: "\(first)-\(index)") }
            #expect(try await cluster.wait { try await bound(second) == 4 } != nil)
        }
    }

    @Test("a node that is deleted ends the gang on it, and a new node takes new work")
    func losesNodes() async throws {
        try await run(nodes: 2) { cluster, plane in
            try await cluster.create(PodText.gang("train", count: 2))
            #expect(try await cluster.wait { plane.states("train") == ["running"] } != nil)
            try await cluster.removeNode("n0")
            // The rest of the gang is evicted; the pod on the node that is gone as well.
            #expect(
                try await cluster.wait { plane.states("train") == ["failed"] } != nil)
            #expect(try await cluster.wait { try await cluster.pods().isEmpty } != nil)
            try await cluster.addNode("n9")
            try await cluster.create(PodText.gang("again", count: 2))
            #expect(try await cluster.wait { try await allBound(cluster, "again", 2) } != nil)
        }
    }

    @Test("pods of higher priority evict, and the victims are marked")
    func evicts() async throws {
        try await run(nodes: 1) { cluster, plane in
            var low = PodText("low")
            low.labels["keep"] = "until-deleted"
            try await cluster.create([low])
            #expect(try await cluster.wait { plane.states("low") == ["running"] } != nil)
            try await cluster.create([try await cluster.urgent()])
            #expect(
                try await cluster.wait { try await allBound(cluster, "high", 1) }
                    != nil)
            #expect(try await cluster.places("low").isEmpty)
            #expect(plane.states("low") == ["preempted"])
        }
    }

    /// A pod of a class that goes before others.
    private func urgent(_ cluster: TestCluster) async throws -> PodText {
        var high = PodText("high")
        high.priorityClass = try await cluster.priorityClass()
        return high
    }

    @Test("after a restart nothing is bound twice", arguments: [true, false])
    func restarts(_ keepsDatabase: Bool) async throws {
        try await TestCluster.run(nodes: 3) { cluster in
            var plane = try await TestPlane.start()
            try await cluster.create(PodText.gang("train", count: 2))
            #expect(try await cluster.wait { plane.states("train") == ["running"] } != nil)
            let before = try await cluster.places("train")
            try await cluster.create([PodText("goes")])
            #expect(try await cluster.wait { plane.states("goes") == ["running"] } != nil)
            try await cluster.create(PodText.gang("waits", count: 2))
            #expect(try await cluster.wait { plane.states("waits") == ["queued"] } != nil)
            await plane.stop()
            // Meanwhile one gang goes and another comes.
            try await cluster.delete(["waits-0", "waits-1"])
            await cluster.kubelet.set("Succeeded", of: "goes")
            try await cluster.create([PodText("comes")])
            let folder = plane.folder
            if !keepsDatabase { plane.remove() }
            plane = try await TestPlane.start(folder: folder)
            #expect(try await cluster.wait { try await allBound(cluster, "comes", 1) } != nil)
            #expect(try await cluster.places("train") == before)
            #expect(plane.states("train") == ["running"])
            #expect(
                try await cluster.wait {
                    plane.states("waits") == (keepsDatabase ? ["cancelled"] : [])
                } != nil)
            #expect(plane.states("goes") == (keepsDatabase ? ["succeeded"] : []))
            for index in 0..<2 { await cluster.kubelet.set("Succeeded", of: "train-\(index)") }
            #expect(try await cluster.wait { plane.states("train") == ["succeeded"] } != nil)
            await plane.stop()
            plane.remove()
        }
    }

    @Test("a dry run decides, and nothing happens in the cluster")
    func staysDry() async throws {
        try await TestCluster.run(nodes: 1) { cluster in
            let plane = try await TestPlane.start { $0.isDryRun = true }
            defer { plane.remove() }
            try await cluster.create([PodText("one"), PodText("two")])
            #expect(
                try await cluster.wait {
                    plane.states("one") == ["running"] && plane.states("two") == ["queued"]
                } != nil)
            let pods = try await cluster.pods()
            #expect(pods.allSatisfy { $0.nodeName == nil && $0.scheduled == nil })
            #expect(try await cluster.events().isEmpty)
            await plane.stop()
        }
    }
}
