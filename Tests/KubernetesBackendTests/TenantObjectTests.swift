import ControlPlane
import FleetModel
import KubernetesBackend
import KubernetesClient
import KubernetesObjects
import Testing

extension ServerTests {
    @Suite("Tenants and topologies of a cluster", .timeLimit(.minutes(10)))
    struct TenantObjectTests {}
}

extension ServerTests.TenantObjectTests {
    private static let kind = "nvidia.com-gpu"

    private func run(
        nodes: Int = 1, _ prepare: (TestCluster) async throws -> Void = { _ in },
        settings: @Sendable (inout KubernetesSettings) -> Void = { _ in },
        _ body: (TestCluster, TestPlane) async throws -> Void
    ) async throws {
        try await TestCluster.run(nodes: nodes) { cluster in
            try await cluster.withDefinitions {
                try await prepare(cluster)
                try await TestPlane.use(settings) { try await body(cluster, $0) }
            }
        }
    }

    private func limit(_ gpus: Int, _ cluster: TestCluster) -> String {
        #"{"namespaces":["\#(cluster.namespace)"],"quota":{"nvidia.com/gpu":{"limit":\#(gpus)}}}"#
    }

    private func boundCount(_ cluster: TestCluster) async throws -> Int {
        try await cluster.places("").compactMap { $0 }.count
    }

    @Test("pods beyond a quota wait for it, and start when the object gives more")
    func followsQuotas() async throws {
        try await run { cluster in
            try await cluster.putTenant("lab", limit(2, cluster))
        } _: { cluster, plane in
            try await cluster.create((0..<3).map { PodText("p\($0)", gpus: 1) })
            #expect(try await cluster.wait { try await boundCount(cluster) == 2 } != nil)
            let isTold = try await cluster.wait {
                try await cluster.pods().contains {
                    $0.nodeName == nil && $0.scheduled?.reason == "SchedulingGated"
                        && $0.scheduled?.message.contains("lab") == true
                }
            }
            #expect(isTold != nil)
            let usage = try await cluster.wait {
                let status = try await cluster.status(TestCluster.tenants, "lab")
                return status.accepted == "True" && status.tenant == "lab"
                    && status.running == 2 && status.waiting == 1
                    && status.usage == ["\(Self.kind) 2/0/2"]
            }
            #expect(usage != nil)
            // While there is an object, it is the truth.
            await #expect {
                var change = QuotaChange(kind: Self.kind)
                change.limitMilli = 8_000
                _ = try await plane.plane.edit(
                    .quota(tenant: "lab", [change]), isPreview: false,
                    by: Caller(name: "test", role: "admin", address: ""))
            } throws: { ($0 as? OperatingError)?.code == .tenantsElsewhere }
            try await cluster.putTenant("lab", limit(3, cluster))
            let took = try await cluster.wait { try await boundCount(cluster) == 3 }
            // What is only found by listing anew takes longer.
            #expect((took ?? 240) < 60)
        }
    }

    @Test("a bad object is told so, in an event and in its status, and the others count")
    func tellsOfBadObjects() async throws {
        try await run { cluster, plane in
            try await cluster.putTenant("lost", #"{"parent":"nobody","namespaces":["x"]}"#)
            try await cluster.putTenant(
                "odd", #"{"quota":{"nvidia.com/gpu":{"guaranteed":1,"limit":"2 pods"}}}"#)
            try await cluster.putTenant("lab", limit(1, cluster))
            try await cluster.putTenant("twice", limit(8, cluster))
            try await cluster.create((0..<2).map { PodText("p\($0)", gpus: 1) })
            let reasons = [
                "lost": "UnknownParent", "odd": "InvalidQuota", "lab": "InForce",
                "twice": "AlreadyClaimed",
            ]
            let said = try await cluster.wait {
                for (name, reason) in reasons {
                    let status = try await cluster.status(TestCluster.tenants, name)
                    guard status.reason == reason,
                        status.accepted == (reason == "InForce" ? "True" : "False")
                    else { return false }
                }
                let events = try await cluster.clusterEvents()
                return reasons.filter { $0.value != "InForce" }.allSatisfy { name, reason in
                    events.contains { $0.hasPrefix("\(reason) \(name): ") }
                }
            }
            #expect(said != nil)
            let odd = try await cluster.status(TestCluster.tenants, "odd")
            #expect(odd.message.contains("spec.quota[nvidia.com/gpu].limit"))
            #expect(odd.usage == ["\(Self.kind) 0/1/1"] || odd.usage.isEmpty)
            #expect(try await cluster.wait { try await boundCount(cluster) == 1 } != nil)
            // What was mended counts.
            try await cluster.putTenant("nobody", "{}")
            let mended = try await cluster.wait {
                let status = try await cluster.status(TestCluster.tenants, "lost")
                return status.accepted == "True" && status.tenant == "nobody/lost"
            }
            #expect(mended != nil)
        }
    }

    @Test("a Tenant that is deleted takes nobody's place away")
    func outlivesTenants() async throws {
        try await run { cluster in
            try await cluster.putTenant("top", "{}")
            try await cluster.putTenant(
                "lab", #"{"parent":"top","namespaces":["\#(cluster.namespace)"]}"#)
        } _: { cluster, plane in
            try await cluster.create([PodText("runs")])
            #expect(try await cluster.wait { plane.states("runs") == ["running"] } != nil)
            try await cluster.create([PodText("large")])
            #expect(plane.tenant("runs") == "top/lab")
            try await cluster.removeTenant("lab")
            #expect(
                try await cluster.wait { plane.tenant("large") == cluster.namespace } != nil)
            #expect(plane.states("runs") == ["running"] && plane.tenant("runs") == "top/lab")
            #expect(try await boundCount(cluster) == 1)
            await cluster.kubelet.set("Succeeded", of: "runs")
            let isGone = try await cluster.wait {
                plane.plane.view.directory.tenant(named: "top/lab") == nil
            }
            #expect(isGone != nil)
            try await cluster.removeTenant("top")
            let isFree = try await cluster.wait {
                plane.plane.view.directory.tenant(named: "top") == nil
            }
            #expect(isFree != nil)
        }
    }

    @Test("the first Topology by name gives the levels, and others are told that they do not")
    func takesTopologies() async throws {
        try await run(nodes: 2) { cluster in
            try await cluster.putTopology("b", label: "example.com/block")
            try await cluster.putTopology("a", label: "example.com/rack")
        } _: { cluster, plane in
            let levels = plane.plane.view.directory.fleet.topology.levels.map(\.name)
            #expect(levels == ["rack", "host"])
            let said = try await cluster.wait {
                let a = try await cluster.status(TestCluster.topologies, "a")
                let b = try await cluster.status(TestCluster.topologies, "b")
                return a.accepted == "True" && a.message.contains("0 of 2 nodes")
                    && b.reason == "NotUsed"
            }
            #expect(said != nil)
            try await cluster.putTopology("a", label: "example.com/row")
            let isTold = try await cluster.wait {
                let events = try await cluster.clusterEvents()
                return events.contains { $0.hasPrefix("RestartNeeded a: ") }
                    && events.contains { $0.hasPrefix("NotUsed b: ") }
            }
            #expect(isTold != nil)
        }
    }

    @Test("the examples count, and a dry run says nothing about them")
    func takesExamples() async throws {
        try await run { cluster in
            try await cluster.applyExample("tenants")
            try await cluster.applyExample("topology")
        } settings: {
            $0.isDryRun = true
        } _: { cluster, plane in
            let levels = plane.plane.view.directory.fleet.topology.levels.map(\.name)
            #expect(levels == ["zone", "spine", "rack", "host"])
            for name in ["research", "research/language", "research/vision"] {
                let isThere = try await cluster.wait {
                    plane.plane.view.directory.tenant(named: name) != nil
                }
                #expect(isThere != nil)
            }
            try await Task.sleep(for: .seconds(1))
            #expect(try await cluster.status(TestCluster.tenants, "vision").accepted.isEmpty)
        }
    }
}
