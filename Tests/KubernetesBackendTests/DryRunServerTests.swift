import ControlPlane
import FleetModel
import Foundation
import KubernetesBackend
import KubernetesClient
import KubernetesFaults
import KubernetesJSON
import KubernetesObjects
import Testing

extension ServerTests {
    @Suite("Beside another scheduler", .timeLimit(.minutes(10)))
    struct DryRunServerTests {}
}

extension ServerTests.DryRunServerTests {
    private func run(
        nodes: Int, scheduler: String = "muster",
        _ body: (TestCluster, TestPlane) async throws -> Void
    ) async throws {
        try await TestCluster.run(nodes: nodes) { cluster in
            try await TestPlane.use({
                $0.isDryRun = true
                $0.schedulerName = scheduler
            }) { try await body(cluster, $0) }
        }
    }

    private func report(_ plane: TestPlane) async throws -> StartDifferences {
        try #require(await plane.plane.backend.differences())
    }

    private func gang(_ name: String, _ plane: TestPlane) async throws -> StartDifference? {
        try await report(plane).gangs.first { $0.name.hasSuffix("." + name) }
    }

    private func bind(_ cluster: TestCluster, _ pods: [String: String]) async throws {
        for pod in try await cluster.pods() {
            guard let node = pods[pod.metadata.name] else { continue }
            _ = try await cluster.client.bind(
                pod: pod.metadata.name, namespace: cluster.namespace, uid: pod.metadata.uid,
                node: node, annotations: [:]
            ).get()
        }
    }

    /// Nothing in the cluster is by Muster.
    private func expectUntouched(_ cluster: TestCluster) async throws {
        for pod in try await cluster.pods() {
            #expect(pod.metadata.annotations["muster/job"] == nil)
            // The API server says itself what is bound.
            #expect(pod.scheduled?.status != "False" && pod.nominatedNodeName == nil)
            #expect(!pod.metadata.isDeleting)
        }
        #expect(try await cluster.events().isEmpty)
    }

    @Test("half a gang is bound by somebody else, then all of it: the model and the report follow")
    func followsSomebodyElse() async throws {
        try await run(nodes: 4) { cluster, plane in
            try await cluster.create(PodText.gang("train", count: 2))
            #expect(try await cluster.wait { plane.states("train") == ["running"] } != nil)
            let chosen = plane.nodes("train")
            let others = ["n0", "n1", "n2", "n3"].filter { !chosen.contains($0) }
            try await bind(cluster, ["train-0": others[0]])
            try await Task.sleep(for: .seconds(6))
            #expect(
                try await cluster.wait {
                    try await gang("train", plane)?.halfStarted != nil
                } != nil)
            #expect(plane.nodes("train") == chosen)
            let half = try #require(try await gang("train", plane))
            #expect(half.boundGPUs == 8 && half.halfStarted != nil && half.wholeAt == nil)
            try await bind(cluster, ["train-1": others[1]])
            #expect(
                try await cluster.wait { plane.states("train") == ["cancelled", "running"] } != nil)
            #expect(plane.nodes("train") == others)
            let whole = try #require(try await gang("train", plane))
            #expect(whole.wholeAt != nil && whole.earlier != nil && !whole.agrees)
            #expect(whole.idleGPUMilliSeconds > 40_000)
            // What Muster decides next is decided beside what is.
            try await cluster.create(PodText.gang("next", count: 2))
            #expect(
                try await cluster.wait { plane.states("next") == ["running"] } != nil)
            #expect(plane.nodes("next") == chosen)
            try await expectUntouched(cluster)
            for name in ["train-0", "train-1"] {
                await cluster.kubelet.set("Succeeded", of: name)
            }
            #expect(
                try await cluster.wait { plane.states("train") == ["cancelled", "succeeded"] }
                    != nil)
        }
    }

    @Test("a gang that is started past its tenant's limit would have waited")
    func seesQuotas() async throws {
        try await run(nodes: 2) { cluster, plane in
            try await cluster.create([PodText("one")])
            #expect(try await cluster.wait { plane.states("one") == ["running"] } != nil)
            try await plane.limit(cluster.namespace, gpus: 8)
            try await cluster.create([PodText("two")])
            #expect(try await cluster.wait { plane.states("two") == ["queued"] } != nil)
            let free = try #require(["n0", "n1"].first { !plane.nodes("one").contains($0) })
            try await bind(cluster, ["two": free, "one": plane.nodes("one")[0]])
            #expect(try await cluster.wait { plane.states("two").last == "running" } != nil)
            #expect(plane.states("one") == ["running"])
            let totals = try await report(plane).totals
            #expect(totals.gangs == 2 && totals.agreed == 1 && totals.waits == [.quota: 1])
            try await expectUntouched(cluster)
        }
    }

    @Test("what is bound over a shadow's place is how things are")
    func yields() async throws {
        try await run(nodes: 1) { cluster, plane in
            try await cluster.create([PodText("shadow")])
            #expect(try await cluster.wait { plane.states("shadow") == ["running"] } != nil)
            try await cluster.create([PodText("real")])
            #expect(try await cluster.wait { plane.states("real") == ["queued"] } != nil)
            try await bind(cluster, ["real": "n0"])
            #expect(
                try await cluster.wait {
                    plane.states("real").last == "running"
                        && plane.states("shadow") == ["cancelled"]
                } != nil)
            await cluster.kubelet.set("Succeeded", of: "real")
            #expect(try await cluster.wait { plane.states("real").last == "succeeded" } != nil)
            try await bind(cluster, ["shadow": "n0"])
            #expect(try await cluster.wait { plane.states("shadow").last == "running" } != nil)
            try await expectUntouched(cluster)
        }
    }

    @Test("whom Muster would stop goes on, once, and is named")
    func namesVictims() async throws {
        try await run(nodes: 1) { cluster, plane in
            try await cluster.create([PodText("low")])
            try await bind(cluster, ["low": "n0"])
            #expect(try await cluster.wait { plane.states("low") == ["running"] } != nil)
            var high = PodText("high")
            high.priorityClass = try await cluster.priorityClass()
            let urgent = high
            #expect(
                try await cluster.wait { (try? await cluster.create([urgent])) != nil } != nil)
            #expect(
                try await cluster.wait {
                    try await gang("high", plane)?.stops == [cluster.namespace + ".low"]
                } != nil)
            try await Task.sleep(for: .seconds(3))
            #expect(plane.states("low") == ["stopping"] && plane.states("high") == ["queued"])
            try await expectUntouched(cluster)
            await cluster.kubelet.set("Succeeded", of: "low")
            #expect(try await cluster.wait { plane.states("low") == ["succeeded"] } != nil)
            try await bind(cluster, ["high": "n0"])
            #expect(try await cluster.wait { plane.states("high").last == "running" } != nil)
            let totals = try await report(plane).totals
            #expect(totals.preempting == 1 && totals.stops == 1)
        }
    }

    @Test("after a restart what runs is followed where it stands")
    func restarts() async throws {
        try await TestCluster.run(nodes: 3) { cluster in
            var plane = try await TestPlane.start { $0.isDryRun = true }
            try await cluster.create(PodText.gang("train", count: 2) + [PodText("waits")])
            #expect(try await cluster.wait { plane.states("train") == ["running"] } != nil)
            let places = ["n0", "n1", "n2"].filter { $0 != plane.nodes("train")[0] }
            try await bind(cluster, ["train-0": places[0], "train-1": places[1]])
            #expect(try await cluster.wait { plane.nodes("train") == places } != nil)
            await plane.stop()
            plane = try await TestPlane.start(folder: plane.folder) { $0.isDryRun = true }
            #expect(
                try await cluster.wait {
                    plane.states("train").last == "running" && plane.nodes("train") == places
                        && plane.states("waits").last == "running"
                } != nil)
            #expect(plane.states("train").filter { $0 == "running" }.count == 1)
            #expect(try await report(plane).totals.gangs == 1)
            try await expectUntouched(cluster)
            await plane.stop()
            plane.remove()
        }
    }

    @Test(
        "kube-scheduler leaves two gangs half started that each need the whole cluster",
        .enabled(
            if: ProcessInfo.processInfo.environment["MUSTER_KUBE_SCHEDULER"] != nil,
            "no kube-scheduler: scripts/kube-test-env run --scheduler -- …"))
    func findsHalfStarted() async throws {
        try await run(nodes: 4, scheduler: "default-scheduler") { cluster, plane in
            let (a, b) = (PodText.gang("a", count: 4), PodText.gang("b", count: 4))
            for index in 0..<4 {
                var pods = [a[index], b[index]]
                for pod in pods.indices { pods[pod].scheduler = "default-scheduler" }
                try await cluster.create(pods)
            }
            #expect(
                try await cluster.wait {
                    try await cluster.places("").compactMap { $0 }.count == 4
                } != nil)
            let bound = try await cluster.places("a-").compactMap { $0 }.count
            #expect((1...3).contains(bound))
            #expect(
                try await cluster.wait {
                    try await report(plane).totals.halfStarted == 2
                } != nil)
            let found = try await report(plane)
            #expect(found.totals.gangs == 2 && found.totals.open == 2)
            #expect(found.totals.idleGPUMilliSeconds > 32 * 4_000)
            // Muster would have started one of them at once, and the other after it.
            let texts = found.gangs.map(\.text)
            #expect(texts.allSatisfy { $0.hasPrefix("stands half started for ") })
            #expect(texts.count { $0.hasSuffix("would have started it whole, on 4 nodes") } == 1)
            #expect(texts.count { $0.contains("would have let it wait: ") } == 1)
            let pods = try await cluster.pods()
            #expect(pods.allSatisfy { $0.metadata.annotations["muster/job"] == nil })
        }
    }
}
