import Documents
import FleetModel
import Testing

struct TenantManifestTests {
    private func parse(_ text: String) -> TenantsDocument? {
        TenantsDocument.parseManifests(SourceText(text, file: "objects.yaml"))
    }

    private static let objects = """
        # Others among them are passed over.
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: vision}
        ---
        apiVersion: muster.dev/v1alpha1
        kind: Tenant
        metadata:
          name: vision
        spec:
          parent: research
          quota: {H100: {guaranteed: 1 rack}}
          namespaces: [vision]
        ---
        {apiVersion: muster.dev/v1alpha1, kind: Tenant, metadata: {name: ops}}

        """

    @Test func readsObjects() throws {
        let document = try #require(parse(Self.objects))
        #expect(document.diagnostics.isEmpty)
        #expect(document.tenants.map(\.name.value) == ["vision", "ops"])
        #expect(document.tenants[0].name.line == 10 && document.tenants[0].parent?.line == 12)
        let list = try #require(
            parse(
                """
                apiVersion: v1
                kind: List
                items:
                  - {apiVersion: muster.dev/v1alpha1, kind: Tenant, metadata: {name: a}}
                """))
        #expect(list.tenants.map(\.name.value) == ["a"])
    }

    @Test func tellsFilesApart() {
        #expect(parse("tenants: [{name: a}]") == nil)
        #expect(parse("kind: Pod\n")?.diagnostics.first?.code == .missingKey)
        #expect(parse("") == nil && parse("a: {") == nil)
    }

    @Test func findsMistakes() throws {
        let document = try #require(
            parse(
                """
                apiVersion: muster.dev/v1alpha1
                kind: Tenant
                metadata: {name: a}
                spec:
                  quota: {H100: {guaranteed: many}}
                  parents: b
                ---
                apiVersion: muster.dev/v1alpha1
                kind: Tenant
                """))
        #expect(document.diagnostics.map(\.code) == [.unknownKey, .invalidValue, .missingKey])
        #expect(document.diagnostics.map(\.line) == [6, 5, 8])
    }

    @Test func standsInForThoseOfTheSameName() throws {
        let fleet = try smallFleet()
        let present = try tenants(
            """
            tenants:
              - name: research
                quota: {H100: {guaranteed: 16}}
                tenants:
                  - {name: vision, quota: {H100: {guaranteed: 8, limit: 8}}}
                  - {name: language, quota: {H100: {guaranteed: 8}}, cells: {H100: {node: 1}}}
            """
        ).get()
        let merged = try #require(parse(Self.objects)).replacing(in: present, fleet: fleet)
        var tree = try merged.resolve(fleet: fleet, isLive: true).get()
        #expect(
            tree.tenants.map { tree.names[$0.id] } == [
                "research", "research/vision", "research/language", "ops",
            ])
        #expect(tree.tenants.map { $0.quotas.first?.limitMilli } == [nil, nil, nil, nil])
        #expect(tree.tenants[2].cells.count == 1)
        // Of what the parent has left the later one gets less.
        let cuts = tree.cutGuarantees()
        #expect(cuts.map(\.askedMilli) == [8000] && cuts.map(\.leftMilli) == [0])
        #expect(tree.tenants[2].quotas[0].guaranteedMilli == 0)
        #expect(tree.cutGuarantees().isEmpty)
    }
}
