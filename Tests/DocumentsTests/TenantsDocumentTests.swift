import Documents
import FleetModel
import Testing

@Suite struct TenantsDocumentTests {
    /// One tenant with the quota of H100 on line 4.
    private func quota(_ text: String) throws -> Result<TenantTree, DiagnosticList> {
        try tenants("tenants:\n  - name: t\n    quota:\n      H100: \(text)\n")
    }

    @Test func amounts() throws {
        let cases: [(String, Int64)] = [
            ("64", 64_000), ("0.125", 125), ("\"64\"", 64_000), ("64 GPUs", 64_000),
            ("1 gpu", 1000), ("4 nodes", 32_000), ("1 node", 8000), ("2 hosts", 16_000),
            ("1 rack", 16_000), ("2 racks", 32_000), ("{racks: 2}", 32_000), ("{host: 1}", 8000),
            ("1 spine", 32_000), ("0", 0), ("2nodes", 16_000), ("0.5gpus", 500),
        ]
        for (text, milli) in cases {
            let tree = try quota("{guaranteed: \(text)}").get()
            #expect(tree.tenants[0].quotas[0].guaranteedMilli == milli, "\(text)")
        }
    }

    @Test func wrongAmounts() throws {
        let cases: [(String, DiagnosticCode, String)] = [
            ("many", .invalidValue, "'guaranteed' is 'many'"),
            ("-1", .invalidValue, "'guaranteed' is '-1'"),
            ("0.0001", .invalidValue, "'guaranteed' is '0.0001'"),
            ("1.5 nodes", .invalidValue, "'guaranteed' is '1.5 nodes'"),
            ("999999999999 spines", .invalidValue, "'guaranteed' is '999999999999 spines'"),
            ("99999999999 gpus", .invalidValue, "'guaranteed' is '99999999999 gpus'"),
            ("{racks: 1, nodes: 1}", .invalidValue, "'guaranteed' has 2 units"),
            ("{racks: 1.5}", .invalidValue, "'guaranteed' is '1.5'"),
            ("{}", .invalidValue, "'guaranteed' has 0 units"),
            ("[1]", .invalidValue, "'guaranteed' is a list"),
            ("2 rcaks", .unknownName, "unknown unit 'rcaks'"),
            ("2rcaks", .unknownName, "unknown unit 'rcaks'"),
            ("1e3", .invalidValue, "'guaranteed' is '1e3'"),
            ("1 2 3", .invalidValue, "'guaranteed' is '1 2 3'"),
        ]
        for (text, code, message) in cases {
            expect(try quota("{guaranteed: \(text)}"), code, 4, message)
        }
    }

    @Test func unevenUnits() throws {
        let fleet = try fleet(
            """
            topology: {levels: [rack]}
            nodes:
              - {name: a, domains: {rack: r1}, gpus: {count: 8, kind: H100}}
              - {name: b, domains: {rack: r1}, gpus: {count: 8, kind: H100}}
              - {name: c, domains: {rack: r2}, gpus: {count: 8, kind: H100}}
            """
        ).get()
        let text = "tenants: [{name: t, quota: {H100: {guaranteed: 1 rack}}}]"
        expect(
            TenantsDocument.parse(SourceText(text, file: "t.yaml")).resolve(fleet: fleet),
            .invalidValue, 1, "'rack' is not one amount: domains have from 8 to 16 H100",
            hint: "write the quota in GPUs")
    }

    @Test func quotaRules() throws {
        expect(
            try quota("{guaranteed: 8, limit: 4.5}"), .invalidValue, 4,
            "the limit of 't', 4.5 H100, is below its guarantee", expected: "at least 8 H100")
        expect(
            try quota("{guaranteed: 8, lend: 9}"), .invalidValue, 4,
            "'t' would lend 9 H100, more than its guarantee", expected: "at most 8 H100")
        expect(
            try quota("{lend: 1}"), .invalidValue, 4,
            "'t' would lend 1 H100, more than its guarantee")
        for weight in ["0", "1000001", "1.5", "heavy"] {
            expect(
                try quota("{weight: \(weight)}"), .invalidValue, 4, "'weight' is '\(weight)'",
                expected: "a whole number from 1 to 1000000")
        }
        expect(
            try quota("{guarantee: 1}"), .unknownKey, 4,
            "unknown key 'guarantee' in the quota of 'H100'", hint: "did you mean 'guaranteed'?")
        expect(try quota("64"), .invalidValue, 4, "the quota of 'H100' is '64'")
        expect(
            try tenants("tenants:\n- name: t\n  quota: {H10: {limit: 1}}"), .unknownName, 3,
            "unknown accelerator kind 'H10'", expected: "one of H100, A100",
            hint: "did you mean 'H100'?")
        expect(
            try tenants("tenants: [{name: t, quota: 5}]"), .invalidValue, 1, "'quota' is '5'")
    }

    @Test func overcommitment() throws {
        expect(
            try quota("{guaranteed: 65}"), .overcommitted, 2,
            "all tenants together are guaranteed 65 H100, more than what the fleet has",
            expected: "at most 64 H100")
        expect(
            try tenants(
                """
                tenants:
                  - name: up
                    quota: {H100: {guaranteed: 8}}
                    tenants:
                      - {name: a, quota: {H100: {guaranteed: 6}}}
                      - {name: b, quota: {H100: {guaranteed: 2.001}}}
                """), .overcommitted, 2,
            "the tenants in 'up' are guaranteed 8.001 H100, more than its own guarantee",
            expected: "at most 8 H100")
        expect(
            try tenants(
                "tenants:\n- name: up\n  tenants:\n  - {name: a, quota: {A100: {guaranteed: 1}}}"),
            .overcommitted, 2,
            "the tenants in 'up' are guaranteed 1 A100, more than its own guarantee",
            expected: "at most 0 A100")
    }

    @Test func cycles() throws {
        expect(
            try tenants(
                """
                tenants:
                  - name: x
                  - {name: a, parent: b}
                  - {name: b, parent: c}
                  - {name: c, parent: a}
                  - {name: below, parent: a}
                """), .cycle, 3, "the tenant 'a' is above itself: a in b in c in a")
        expect(
            try tenants("tenants:\n- {name: a, parent: a}"), .cycle, 2,
            "the tenant 'a' is above itself: a in a")
    }

    @Test func parents() throws {
        let tree = try tenants(
            """
            tenants:
              - {name: deep, parent: b/a}
              - {name: a, parent: b}
              - {name: a, parent: c}
              - name: b
              - name: c
                tenants: [{name: x}]
              - {name: y, parent: x}
            """
        ).get()
        #expect(
            tree.names.names == ["b", "b/a", "b/a/deep", "c", "c/a", "c/x", "c/x/y"])
        for tenant in tree.tenants { #expect((tenant.parent ?? TenantID(-1)) < tenant.id) }
        expect(
            try tenants("tenants:\n- {name: aaa}\n- {name: b, parent: aab}"), .unknownName, 3,
            "unknown tenant 'aab'", hint: "did you mean 'aaa'?")
        expect(
            try tenants("tenants:\n- {name: aaa}\n- {name: b, parent: aaa/x}"), .unknownName, 3,
            "unknown tenant 'aaa/x'")
        let twins = "tenants:\n- {name: u}\n- {name: v}\n- {name: a, parent: u}\n"
        expect(
            try tenants(twins + "- {name: a, parent: v}\n- {name: b, parent: a}"), .invalidValue, 6,
            "2 tenants are called 'a'")
        expect(
            try tenants("tenants:\n- name: a\n  tenants: [{name: b, parent: a}]"), .invalidValue, 3,
            "a nested tenant has a 'parent'")
    }

    @Test func duplicates() throws {
        expect(
            try tenants("tenants:\n- name: a\n- name: b\n- name: a\n"), .duplicateName, 4,
            "the tenant 'a' exists twice", hint: "it is on line 2 already")
        expect(
            try tenants("tenants:\n- {name: b, parent: a}\n- {name: a, tenants: [{name: b}]}"),
            .duplicateName, 3, "the tenant 'a/b' exists twice")
        #expect(
            try tenants("tenants: [{name: a, tenants: [{name: a}]}]").get().names.names
                == ["a", "a/a"])
    }

    @Test func depth() throws {
        var text = "tenants:\n- name: t0\n"
        for level in 1..<16 { text += "- {name: t\(level), parent: t\(level - 1)}\n" }
        #expect(try tenants(text).get().tenants.count == 16)
        expect(
            try tenants(text + "- {name: t16, parent: t15}\n"), .invalidValue, 18,
            "the tenant 't16' has 16 tenants above it")
    }

    @Test func missingNames() throws {
        expect(try tenants("x-y: 1\n"), .missingKey, 1, "the tenants file has no 'tenants'")
        expect(
            try tenants("tenants:\n- parent: b\n- name: b"), .missingKey, 2,
            "a tenant has no 'name'")
        expect(try tenants("tenants: []"), .invalidValue, 1, "there are no tenants")
        expect(try tenants("tenants: [{name: a/b}]"), .invalidValue, 1, "'name' is 'a/b'")
        let many = (0...10_000).map { "- name: t\($0)\n" }.joined()
        expect(try tenants("tenants:\n" + many), .invalidValue, 10_002, "10001 tenants")
    }

    @Test func severalMistakesAtOnce() throws {
        let found = mistakes(
            try tenants(
                """
                tenants:
                  - name: a
                    qouta: {}
                    quota: {H100: {guaranteed: 8, limit: 2, weight: 0}}
                  - {name: b, parent: zzz}
                  - {name: b!}
                """))
        #expect(found.map(\.line) == [3, 4, 4, 5, 6])
        #expect(
            found.map(\.code) == [
                .unknownKey, .invalidValue, .invalidValue, .unknownName, .invalidValue,
            ])
        #expect(found.allSatisfy { $0.file == "tenants.yaml" })
    }
}
