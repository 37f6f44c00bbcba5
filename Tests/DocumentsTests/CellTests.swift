import Documents
import FleetModel
import Testing

@Suite struct CellTests {
    private let h100 = AcceleratorKindID(0)
    private let a100 = AcceleratorKindID(1)

    /// One tenant with its cells on line 3.
    private func cells(_ text: String) throws -> Result<TenantTree, DiagnosticList> {
        try tenants("tenants:\n  - name: t\n    cells: \(text)\n")
    }

    private func guaranteed(_ tree: TenantTree, _ tenant: Int) -> [AcceleratorKindID: Int64] {
        Dictionary(
            uniqueKeysWithValues: tree.tenants[tenant].quotas.map { ($0.kind, $0.guaranteedMilli) })
    }

    @Test func wholeDomainsAreOwnedAndGuaranteed() throws {
        let tree = try cells("{H100: {rack: 1, host: 2}, A100: {nodes: 1}}").get()
        #expect(
            tree.tenants[0].cells == [
                CellQuota(kind: h100, level: LevelIndex(1), count: 1),
                CellQuota(kind: h100, level: LevelIndex(2), count: 2),
                CellQuota(kind: a100, level: LevelIndex(2), count: 1),
            ])
        #expect(guaranteed(tree, 0) == [h100: 32_000, a100: 4000])
    }

    @Test func theLargerGuaranteeHolds() throws {
        for (stated, milli) in [(8, Int64(16_000)), (16, 16_000), (17, 17_000)] {
            let tree = try tenants(
                """
                tenants:
                  - name: t
                    quota: {H100: {guaranteed: \(stated), limit: 24, weight: 3}}
                    cells: {H100: {rack: 1}}
                """
            ).get()
            #expect(
                tree.tenants[0].quotas == [
                    QuotaSpec(kind: h100, guaranteedMilli: milli, limitMilli: 24_000, weight: 3)
                ])
        }
    }

    @Test func whatTeamsOwnIsGuaranteedToTheTenantAboveThem() throws {
        let tree = try tenants(
            """
            tenants:
              - name: up
                cells: {H100: {rack: 1}}
                tenants:
                  - {name: a, cells: {H100: {rack: 1}}}
                  - {name: b, cells: {H100: {host: 1}}}
              - {name: other, quota: {H100: {guaranteed: 24}}}
            """
        ).get()
        #expect(tree.names.names == ["up", "up/a", "up/b", "other"])
        #expect((0..<4).map { guaranteed(tree, $0)[h100] } == [40_000, 16_000, 8000, 24_000])
    }

    @Test func wrongCells() throws {
        let cases: [(String, DiagnosticCode, String)] = [
            ("2", .invalidValue, "'cells' is '2'"),
            ("[rack]", .invalidValue, "'cells' is a list"),
            ("{H100: 2}", .invalidValue, "'cells' of 'H100' is '2'"),
            ("{H10: {rack: 1}}", .unknownName, "unknown accelerator kind 'H10'"),
            ("{H100: {rakc: 1}}", .unknownName, "unknown topology level 'rakc'"),
            ("{H100: {rack: 0}}", .invalidValue, "'rack' is '0'"),
            ("{H100: {rack: -1}}", .invalidValue, "'rack' is '-1'"),
            ("{H100: {rack: 1.5}}", .invalidValue, "'rack' is '1.5'"),
            ("{H100: {rack: two}}", .invalidValue, "'rack' is 'two'"),
            (
                "{H100: {rack: 99999999999999999999}}", .invalidValue,
                "'rack' is '99999999999999999999'"
            ),
            (
                "{H100: {rack: 1, racks: 1}}", .duplicateName,
                "'racks' is the level of two cells of 't'"
            ),
            (
                "{H100: {rack: 5}}", .overcommitted,
                "5 H100 cells of level 'rack', up to here, are more than the fleet has"
            ),
            (
                "{A100: {host: 2}}", .overcommitted,
                "2 A100 cells of level 'host', up to here, are more than the fleet has"
            ),
        ]
        for (text, code, message) in cases { expect(try cells(text), code, 3, message) }
    }

    @Test func cellsOfAllTenantsCount() throws {
        expect(
            try tenants(
                """
                tenants:
                  - name: a
                    cells: {H100: {rack: 3}}
                    tenants:
                      - name: b
                        cells: {H100: {rack: 2}}
                """), .overcommitted, 6,
            "5 H100 cells of level 'rack', up to here, are more than the fleet has",
            expected: "at most 4 in all", hint: "no domain has two owners")
        expect(
            try tenants(
                "tenants:\n- {name: a, cells: {H100: {rack: 4}}}\n- {name: b, cells: {H100: {host: 1}}}"
            ), .overcommitted, 2,
            "all tenants together are guaranteed 72 H100, more than what the fleet has")
    }

    @Test func guaranteesOfOthersAndCellsTogetherMustFit() throws {
        expect(
            try tenants(
                """
                tenants:
                  - {name: a, quota: {H100: {guaranteed: 50}}}
                  - {name: b, cells: {H100: {rack: 1}}}
                """), .overcommitted, 2,
            "all tenants together are guaranteed 66 H100, more than what the fleet has")
    }

    @Test func quotasBesideCellsAreChecked() throws {
        expect(
            try cells("{H100: {rack: 1}}\n    quota: {H100: {limit: 8}}"), .invalidValue, 4,
            "the limit of 't', 8 H100, is below what it owns", expected: "at least 16 H100")
        expect(
            try cells("{H100: {rack: 1}}\n    quota: {H100: {lend: 17}}"), .invalidValue, 4,
            "'t' would lend 17 H100, more than its guarantee", expected: "at most 16 H100")
        let tree = try cells("{H100: {rack: 1}}\n    quota: {H100: {lend: 16}}").get()
        #expect(tree.tenants[0].quotas[0].lendableMilli == 16_000)
    }

    @Test func domainsMustBeAlike() throws {
        let fleet = try fleet(
            """
            topology: {levels: [rack]}
            nodes:
              - {name: a, domains: {rack: r1}, gpus: {count: 8, kind: H100}}
              - {name: b, domains: {rack: r1}, gpus: {count: 8, kind: H100}}
              - {name: c, domains: {rack: r2}, gpus: {count: 8, kind: H100}}
            """
        ).get()
        let text = "tenants: [{name: t, cells: {H100: {rack: 1}}}]"
        expect(
            TenantsDocument.parse(SourceText(text, file: "t.yaml")).resolve(fleet: fleet),
            .invalidValue, 1, "'rack' is not one amount: domains have from 8 to 16 H100",
            hint: "own whole hosts")
    }

    @Test(arguments: [63, 64])
    func soManyTenantsMayOwnCells(count: Int) throws {
        let fleet = FleetDefinition.uniform(nodes: 64, devices: 8, groups: [])
        let text =
            "tenants:\n"
            + (0..<count).map { "- {name: t\($0), cells: {GPU: {host: 1}}}\n" }.joined()
        let result = TenantsDocument.parse(SourceText(text, file: "t.yaml")).resolve(fleet: fleet)
        if count == 63 {
            #expect(try result.get().tenants.allSatisfy { $0.cells.count == 1 })
        } else {
            expect(result, .invalidValue, 65, "more than 63 tenants have cells")
        }
    }

    @Test func allMistakesComeAtOnce() throws {
        let found = mistakes(
            try tenants(
                """
                tenants:
                  - name: a
                    cells: {H10: {rack: 1}, H100: {rakc: 1}}
                  - name: b
                    cells:
                      H100:
                        rack: 5
                        host: 0
                      A100: 3
                """))
        #expect(found.map(\.line) == [3, 3, 7, 8, 9])
        #expect(
            found.map(\.code) == [
                .unknownName, .unknownName, .overcommitted, .invalidValue, .invalidValue,
            ])
    }
}
