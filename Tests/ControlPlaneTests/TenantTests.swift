import Documents
import FleetModel
import Scheduler
import Store
import Testing

@testable import ControlPlane

@Suite("Tenants of a live fleet")
struct TenantTests {
    private static let tree = """
        tenants:
          - name: red
            quota: {GPU: {guaranteed: 16}}
          - name: blue
            quota: {GPU: {guaranteed: 16, limit: 16}}
        """

    private func document(_ text: String) -> TenantEdit {
        .document(TenantsDocument.parse(SourceText(text, file: "tenants")))
    }

    @Test("a preview shows who is affected and changes nothing")
    func previews() async throws {
        let bench = try await Bench(tenants: Self.tree)
        for index in 0..<3 { try await bench.submit("{name: b\(index), tenant: blue, gpus: 8}") }
        #expect(try bench.state(2) == "queued")
        let wider = Self.tree.replacing("limit: 16", with: "limit: 32")
        let preview = try await bench.plane.edit(
            document(wider), isPreview: true, by: Bench.caller)
        #expect(!preview.isApplied && preview.difference.started == [JobID(2)])
        #expect(preview.changes.count == 1 && preview.changes[0].contains("limit 16"))
        #expect(try bench.state(2) == "queued")
        let applied = try await bench.plane.edit(
            document(wider), isPreview: false, by: Bench.caller)
        #expect(applied.isApplied)
        #expect(try bench.state(2) == "starting")
        try await bench.restart()
        #expect(bench.plane.view.directory.tenants.tenants[1].quotas[0].limitMilli == 32_000)
        await bench.plane.stop()
    }

    @Test("one tenant's numbers change by themselves")
    func changesQuota() async throws {
        let bench = try await Bench(tenants: Self.tree)
        var change = QuotaChange(kind: "GPU")
        change.limitMilli = .some(nil)
        _ = try await bench.plane.edit(
            .quota(tenant: "blue", [change]), isPreview: false, by: Bench.caller)
        let blue = try #require(bench.plane.view.directory.tenants.tenants.last)
        #expect(blue.quotas[0].limitMilli == nil && blue.quotas[0].guaranteedMilli == 16_000)
        change.guaranteedMilli = 20_000
        let greedy = change
        await #expect {
            _ = try await bench.plane.edit(
                .quota(tenant: "blue", [greedy]), isPreview: false, by: Bench.caller)
        } throws: { ($0 as? OperatingError)?.code == .overcommitted }
        await bench.plane.stop()
    }

    @Test("a tenant with jobs cannot be taken away")
    func keepsBusyTenants() async throws {
        let bench = try await Bench(tenants: Self.tree)
        try await bench.submit("{name: a, tenant: red, gpus: 1}")
        await #expect(throws: OperatingError.self) {
            _ = try await bench.plane.edit(
                document("tenants: [{name: blue}]"), isPreview: false, by: Bench.caller)
        }
        #expect(bench.plane.view.directory.tenants.tenants.count == 2)
        await bench.plane.stop()
    }

    @Test("every change is in the audit log")
    func audits() async throws {
        let bench = try await Bench(tenants: Self.tree)
        try await bench.submit("{name: a, tenant: red, gpus: 1}")
        _ = try await bench.plane.act(.cancel, on: JobID(0), reason: "no", by: Bench.caller)
        _ = try await bench.plane.act(
            .cordon(reason: "fan"), onNode: "node-0", by: Bench.caller)
        let rows = try bench.plane.store.read { try $0.audit(before: nil, limit: 10) }
        #expect(rows.map(\.action) == ["cordon", "cancel", "submit"])
        #expect(rows.allSatisfy { $0.who == "tester" })
        await bench.plane.stop()
    }

    @Test("why and what-if answer from the live state")
    func answers() async throws {
        let bench = try await Bench("1x8/1")
        try await bench.submit("{name: a, gpus: 8, timeLimit: 1h}")
        try await bench.submit("{name: b, gpus: 8}")
        let verdict = try #require(try await bench.plane.verdict(on: JobID(1)))
        #expect(verdict.explanation.dominant.refusal.code == .capacity)
        #expect(try await bench.plane.verdict(on: JobID(0)) == nil)
        let result = try await bench.plane.whatIf(
            WhatIfDocument.parse(SourceText("changes: [{cancel: a}]", file: "changes")))
        #expect(result.answer.started == [JobID(1)])
        #expect(try bench.state(0) == "starting")
        await bench.plane.stop()
    }

    @Test("a tree may leave tenants out, and name them in another order")
    func dropsTenants() async throws {
        let bench = try await Bench(tenants: Self.tree)
        _ = try await bench.plane.edit(
            document("tenants: [{name: green}, {name: blue}]"), isPreview: false,
            by: Bench.caller)
        let answer = try await bench.submit("{name: a, tenant: green, gpus: 1}")
        #expect(answer.job.row.state == .starting)
        await #expect(throws: OperatingError.self) {
            try await bench.submit("{name: a, tenant: red, gpus: 1}")
        }
        try await bench.restart()
        try await bench.submit("{name: b, tenant: blue, gpus: 1}")
        await bench.plane.stop()
    }
}
