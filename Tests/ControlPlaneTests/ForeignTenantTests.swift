import Documents
import FleetModel
import Scheduler
import Store
import Testing

@testable import ControlPlane

@Suite("Tenants that the backend has in objects")
struct ForeignTenantTests {
    /// A tree as a backend reports it: its own ids of kinds, the first of them unknown here.
    private func report(
        _ tenants: [(name: String, parent: String?, limit: Int64?)]
    ) -> TenantsReport {
        var tree = TenantTree()
        for (name, parent, limit) in tenants {
            tree.tenants.append(
                TenantSpec(
                    id: tree.names.intern(name), parent: parent.flatMap { tree.names.id(of: $0) },
                    quotas: limit.map {
                        [
                            QuotaSpec(kind: AcceleratorKindID(0), limitMilli: $0 * 500),
                            QuotaSpec(kind: AcceleratorKindID(1), limitMilli: $0 * 1000),
                        ]
                    } ?? []))
        }
        return TenantsReport(tree: tree, kinds: ["B200", "GPU"])
    }

    private func found(_ key: String, tenant: String, gpus: Int = 8) throws -> FoundJob {
        let text = "{name: \(key), tenant: \(tenant), gpus: \(gpus)}"
        let document = try #require(JobsDocument.parse(SourceText(text, file: "")).jobs.first)
        return FoundJob(key: key, owner: "ns", document: document, text: text)
    }

    private func tree(_ bench: Bench) -> [String] {
        let directory = bench.plane.view.directory
        return directory.tenants.tenants.map { tenant in
            let limit = tenant.quotas.first { directory.fleet.kinds[$0.kind] == "GPU" }?.limitMilli
            return directory.tenant(tenant.id) + (limit.map { " \($0 / 1000)" } ?? "")
        }.sorted()
    }

    private func told(_ bench: Bench, _ condition: ([TenantFigures]) -> Bool) async throws -> Bool {
        for _ in 0..<24_000 {
            if condition(bench.backend.tenants.last ?? []) { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    @Test("a tree that was settled by a batch which was not kept is settled again")
    func settlesAgain() async throws {
        let bench = try await Bench()
        try await bench.report(.tenants(report([("a", nil, 8), ("b", nil, 16)])))
        try await bench.report(.found(found("one", tenant: "b")))
        try await bench.report(.tenants(report([("a", nil, 8)])))
        #expect(tree(bench).contains("b"))
        await #expect(throws: OperatingError.self) {
            _ = try await bench.plane.perform { driver in
                try driver.takeVanished("one", .withdrawn)
                try driver.settleForeignTenants()
                #expect(!driver.foreignTenants.isUnsettled)
                driver.pending.others.append { _ in
                    throw OperatingError(.storageFailed, "there is no room")
                }
                return true
            }
        }
        try await bench.untilItTakes()
        #expect(tree(bench).contains("b"))
        try await bench.report(.vanished(key: "one"))
        for _ in 0..<12_000 where tree(bench).contains("b") {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(!tree(bench).contains("b"))
        await bench.plane.stop()
    }

    @Test("the tree is the backend's, and leaves that were made for jobs stay")
    func takesTrees() async throws {
        let bench = try await Bench()
        try await bench.report(.found(found("free", tenant: "ns")))
        try await bench.report(
            .tenants(report([("top", nil, nil), ("top/a", "top", 8), ("b", nil, 16)])))
        #expect(tree(bench) == ["b 16", "default", "ns", "top", "top/a 8"])
        #expect(bench.plane.view.directory.fleet.kinds.names.contains("B200"))
        for key in ["one", "two"] {
            try await bench.report(.found(found(key, tenant: "top/a")))
        }
        #expect(bench.backend.orders.contains("two waits: quota"))
        // A quota that is raised lets it start.
        try await bench.report(
            .tenants(report([("top", nil, nil), ("top/a", "top", 16), ("b", nil, 16)])))
        #expect(try bench.state(2) == "starting")
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("a tenant that goes keeps its jobs until they are over")
    func keepsJobs() async throws {
        let bench = try await Bench()
        try await bench.report(.tenants(report([("top", nil, nil), ("top/a", "top", 8)])))
        try await bench.report(.found(found("one", tenant: "top/a")))
        try await bench.report(.tenants(report([("b", nil, 8)])))
        #expect(try bench.state(0) == "starting")
        #expect(tree(bench) == ["b 8", "default", "top/a"])
        try await bench.report(.vanished(key: "one"))
        let isGone = try await told(bench) { !$0.contains { $0.name == "top/a" } }
        #expect(isGone && tree(bench) == ["b 8", "default"])
        // Without any object it is Muster's own again.
        try await bench.report(.tenants(nil))
        #expect(tree(bench) == ["default"])
        await bench.plane.stop()
    }

    @Test("a tenant below one that has jobs waits for them")
    func waitsForParents() async throws {
        let bench = try await Bench()
        try await bench.report(.tenants(report([("top", nil, 8)])))
        try await bench.report(.found(found("one", tenant: "top")))
        try await bench.report(.tenants(report([("top", nil, 8), ("top/a", "top", 8)])))
        #expect(tree(bench) == ["default", "top 8"])
        #expect(
            try await told(bench) { $0.contains { $0.name == "top/a" && $0.absence != nil } })
        try await bench.report(.vanished(key: "one"))
        // Whoever comes first finds it in its place.
        try await bench.report(.found(found("two", tenant: "top/a")))
        #expect(tree(bench) == ["default", "top 8", "top/a 8"])
        #expect(bench.plane.view.directory.tenants.tenants.contains { $0.parent != nil })
        await bench.plane.stop()
    }

    @Test("while there are objects nobody else changes the tree, but may try")
    func refusesEdits() async throws {
        let bench = try await Bench(tenants: "tenants: [{name: red}]")
        func edit(_ edit: TenantEdit, isPreview: Bool = false) async throws -> TenantAnswer {
            try await bench.plane.edit(edit, isPreview: isPreview, by: Bench.caller)
        }
        let file = TenantEdit.document(
            TenantsDocument.parse(SourceText("tenants: [{name: blue}]", file: "")))
        _ = try await edit(file)
        try await bench.report(.tenants(report([("top", nil, nil), ("top/a", "top", 8)])))
        #expect(tree(bench) == ["blue", "default", "top", "top/a 8"].filter { $0 != "default" })
        await #expect { _ = try await edit(file) } throws: {
            ($0 as? OperatingError)?.code == .tenantsElsewhere
        }
        await #expect { _ = try await edit(.quota(tenant: "top/a", [])) } throws: {
            ($0 as? OperatingError)?.code == .tenantsElsewhere
        }
        for key in ["one", "two"] {
            try await bench.report(.found(found(key, tenant: "top/a")))
        }
        let manifests = """
            kind: Tenant
            apiVersion: muster.dev/v1alpha1
            metadata: {name: a}
            spec: {parent: top, quota: {GPU: {limit: 2 nodes}}}
            """
        let parsed = try #require(
            TenantsDocument.parseManifests(SourceText(manifests, file: "")))
        let preview = try await edit(.objects(parsed), isPreview: true)
        #expect(preview.difference.started == [JobID(1)])
        #expect(preview.changes.count == 2 && preview.changes.contains { $0.contains("limit 16") })
        await #expect(throws: OperatingError.self) { _ = try await edit(.objects(parsed)) }
        // What is so already is no change, nor is a guarantee that its parent cannot give.
        let same = manifests.replacing(
            "{GPU: {limit: 2 nodes}}", with: "{GPU: {guaranteed: 1, limit: 8}, B200: {limit: 4}}")
        let again = try #require(TenantsDocument.parseManifests(SourceText(same, file: "")))
        #expect(try await edit(.objects(again), isPreview: true).changes == [])
        for key in ["one", "two"] { try await bench.report(.vanished(key: key)) }
        try await bench.report(.tenants(nil))
        _ = try await edit(file)
        await bench.plane.stop()
    }

    @Test("objects that went while nobody looked take their quotas with them")
    func forgetsAcrossRestarts() async throws {
        let bench = try await Bench(tenants: "tenants: [{name: red}]")
        try await bench.report(.tenants(report([("a", nil, 8), ("top", nil, nil)])))
        bench.settings.tenants = ("tenants: [{name: blue}]", "other")
        try await bench.restart()
        #expect(tree(bench) == ["a 8", "red", "top"])
        try await bench.report(.tenants(nil))
        #expect(tree(bench) == ["red"])
        // What is Muster's own is not touched by a backend without objects.
        try await bench.restart()
        #expect(tree(bench) == ["blue"])
        try await bench.report(.tenants(nil))
        #expect(tree(bench) == ["blue"])
        await bench.plane.stop()
    }

    @Test("what a tenant uses is told, and not more often than it changes")
    func tellsUse() async throws {
        let bench = try await Bench()
        #expect(bench.backend.tenants.last?.map(\.name) == ["default"])
        try await bench.report(.tenants(report([("a", nil, 8)])))
        try await bench.report(.found(found("one", tenant: "a")))
        try await bench.report(.found(found("two", tenant: "a")))
        let isTold = try await told(bench) { figures in
            figures.contains {
                $0.name == "a" && $0.running == 1 && $0.waiting == 1
                    && $0.kinds.contains {
                        $0.name == "GPU" && $0.usedMilli == 8000 && $0.limitMilli == 8000
                    }
            }
        }
        #expect(isTold)
        let count = bench.backend.tenants.count
        try await Task.sleep(for: .seconds(2))
        #expect(bench.backend.tenants.count == count)
        await bench.plane.stop()
    }
}
