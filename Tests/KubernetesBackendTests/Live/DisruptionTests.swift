import ControlPlane
import FleetModel
import KubernetesClient
import KubernetesJSON
import KubernetesObjects
import Testing

@testable import KubernetesBackend

extension ServerTests {
    @Suite("Disruption budgets", .timeLimit(.minutes(10)))
    struct DisruptionTests {}
}

extension ServerTests.DisruptionTests {
    private static let caller = Caller(name: "tester", role: "admin", address: "")

    /// One node with a running pod `low` that a budget protects.
    private func run(
        _ body: (TestCluster, TestPlane, Budget) async throws -> Void
    ) async throws {
        try await TestCluster.run(nodes: 1) { cluster in
            let plane = try await TestPlane.start { $0.evictionSeconds = 5 }
            defer { plane.remove() }
            let budget = try await Budget(cluster)
            var low = PodText("low")
            low.labels["app"] = "low"
            try await cluster.create([low])
            #expect(try await cluster.wait { plane.states("low") == ["running"] } != nil)
            #expect(
                try await cluster.wait {
                    try await cluster.pods().first?.phase == .running
                } != nil)
            // Budgets do not count pods that are not ready.
            let ready = PodStatusBody.condition(
                "Ready", isTrue: true, reason: "", message: "",
                uid: try #require(try await cluster.pods().first).metadata.uid)
            _ = try await cluster.client.patch(
                ObjectPlace(
                    TestCluster.pods, namespace: cluster.namespace, name: "low",
                    subresource: "status"), .strategic, body: ready, of: ObjectIdentity.self
            ).get()
            do {
                try await body(cluster, plane, budget)
            } catch {
                await budget.remove()
                await plane.stop()
                throw error
            }
            await budget.remove()
            await plane.stop()
        }
    }

    /// Whether the pod still stands, and is told why it is to go.
    private func isAskedToGo(_ cluster: TestCluster, _ reason: String) async throws -> Bool {
        let place = ObjectPlace(TestCluster.pods, namespace: cluster.namespace, name: "low")
        let seen = try await cluster.client.get(place, of: ConditionSample.self)
        guard case .success(let sample) = seen else { return false }
        return sample.reasons["DisruptionTarget"] == reason && !sample.isDeleting
    }

    @Test("a victim that a budget protects stays until the budget allows it")
    func waitsForBudgets() async throws {
        try await run { cluster, plane, budget in
            try await cluster.create([try await cluster.urgent()])
            let target = "PreemptionByScheduler"
            #expect(
                try await cluster.wait { try await isAskedToGo(cluster, target) } != nil)
            // Longer than what must go would be left.
            try await Task.sleep(for: .seconds(7))
            #expect(try await isAskedToGo(cluster, target))
            #expect(plane.states("high") == ["queued"])
            try await budget.allow(1)
            #expect(
                try await cluster.wait { plane.states("high") == ["running"] } != nil)
            #expect(try await cluster.places("low").isEmpty)
        }
    }

    @Test("what is cancelled goes in the end, whatever a budget says")
    func cancels() async throws {
        try await run { cluster, plane, _ in
            let job = try #require(try plane.plane.job(called: cluster.namespace + ".low"))
            _ = try await plane.plane.act(.cancel, on: job, reason: "", by: Self.caller)
            #expect(
                try await cluster.wait { try await isAskedToGo(cluster, "Cancelled") } != nil)
            try await Task.sleep(for: .seconds(1))
            #expect(try await isAskedToGo(cluster, "Cancelled"))
            #expect(
                try await cluster.wait { try await cluster.pods().isEmpty } != nil)
            #expect(try await cluster.wait { plane.states("low") == ["cancelled"] } != nil)
        }
    }

    @Test("a drained node is empty in the end, whatever a budget says")
    func drains() async throws {
        try await run { cluster, plane, _ in
            _ = try await plane.plane.act(
                .drain(reason: "repair", within: .seconds(1)), onNode: "n0", by: Self.caller)
            #expect(
                try await cluster.wait { try await isAskedToGo(cluster, "Maintenance") } != nil)
            #expect(
                try await cluster.wait { try await cluster.pods().isEmpty } != nil)
            #expect(try await cluster.wait { plane.states("low") == ["preempted"] } != nil)
        }
    }

    @Test("a gang that is cancelled while it waits says so, and is not bound any more")
    func cancelsWaiting() async throws {
        try await run { cluster, plane, budget in
            try await cluster.create(PodText.gang("wide", count: 2, gpus: 4))
            #expect(try await cluster.wait { plane.states("wide") == ["queued"] } != nil)
            let job = try #require(try plane.plane.job(called: cluster.namespace + ".wide"))
            _ = try await plane.plane.act(.cancel, on: job, reason: "", by: Self.caller)
            #expect(
                try await cluster.wait {
                    try await cluster.events().contains { $0.hasPrefix("Cancelled wide") }
                } != nil)
            await cluster.kubelet.set("Succeeded", of: "low")
            #expect(try await cluster.wait { plane.states("low") == ["succeeded"] } != nil)
            try await Task.sleep(for: .milliseconds(700))
            #expect(try await cluster.places("wide") == [nil, nil])
            #expect(plane.states("wide") == ["cancelled"])
            try await budget.allow(1)
        }
    }
}

/// A budget for pods with the label `app: low`. Nobody counts for it but the test.
private struct Budget {
    private let cluster: TestCluster
    private let type: ResourceType

    private func place(_ subresource: String? = nil) -> ObjectPlace {
        ObjectPlace(
            type, namespace: cluster.namespace, name: "keep", subresource: subresource)
    }

    init(_ cluster: TestCluster) async throws {
        self.cluster = cluster
        let discovery = try await cluster.client.discover().get()
        type = try #require(PodDisruptionBudget.resources.first { discovery.serves($0) })
        let body = """
            {"apiVersion":"\(type.apiVersion)","kind":"PodDisruptionBudget","metadata":{
            "name":"keep"},"spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"low"}}}}
            """
        _ = try await cluster.client.create(
            type, namespace: cluster.namespace, body: Array(body.utf8), of: ObjectIdentity.self
        ).get()
        try await allow(0)
    }

    /// So many pods may be evicted from now on.
    func allow(_ count: Int) async throws {
        let body = """
            {"status":{"disruptionsAllowed":\(count),"currentHealthy":1,"desiredHealthy":1,
            "expectedPods":1,"observedGeneration":1}}
            """
        _ = try await cluster.client.patch(
            place("status"), .merge, body: Array(body.utf8), of: ObjectIdentity.self
        ).get()
    }

    func remove() async { _ = try? await cluster.client.delete(place()) }
}

/// The conditions of a pod that are true, with their reasons.
private struct ConditionSample: Decoded {
    var reasons: [String: String] = [:]
    var isDeleting = false

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "metadata":
                try scanner.enterObject()
                while let key = try scanner.nextKey() {
                    isDeleting = isDeleting || key == "deletionTimestamp"
                    try scanner.skipValue()
                }
            case "status":
                try scanner.enterObject()
                while let key = try scanner.nextKey() {
                    guard key == "conditions" else {
                        try scanner.skipValue()
                        continue
                    }
                    try scanner.enterArray()
                    while try scanner.nextElement() { try readCondition(&scanner) }
                }
            default: try scanner.skipValue()
            }
        }
    }

    private mutating func readCondition(_ scanner: inout JSONScanner) throws(JSONFault) {
        var (type, status, reason) = ("", "", "")
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "type": type = try scanner.string()
            case "status": status = try scanner.string()
            case "reason": reason = try scanner.string()
            default: try scanner.skipValue()
            }
        }
        if status == "True" { reasons[type] = reason }
    }
}
