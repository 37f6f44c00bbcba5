import Testing

@testable import Qualification

/// Versions, what they should be, and which do not go together.
struct StackTests {
    @Test(arguments: [
        ("580.82.07", [Int64(580), 82, 7]), ("2.29.3-1", [2, 29, 3, 1]),
        ("2.7.0amzn2.0", [2, 7, 0]),
        ("", []), ("v1", []), ("6.8.0-1021-aws", [6, 8, 0, 1021]), ("1..2", [1]), ("12.", [12]),
        ("99999999999999999999", [9_999_999_999_999_999]),
    ])
    func readsNumbers(text: String, numbers: [Int64]) {
        #expect(Version(text).numbers == numbers)
    }

    @Test(arguments: [
        ("580.82.07", "580.82.07", true), ("580.82.07", "580.82.7", false),
        ("535.129", "535.129.03", true), ("535.12", "535.129.03", false),
        (">=570", "580.1", true), (">=570", "569.99.99", false), (">= 570", "570", true),
        ("<590", "589", true), ("<590", "590.0", false), ("2.29.3", "2.29.3-1", true),
    ])
    func rulesAllow(rule: String, version: String, isAllowed: Bool) throws {
        #expect(try #require(VersionRule(rule)).allows(Version(version)) == isAllowed)
    }

    @Test(arguments: ["", ">=", "<", "latest", ">=x", "1.2 or 1.3", "=1"])
    func refusesRules(text: String) {
        #expect(VersionRule(text) == nil)
    }

    @Test func tellsDriftPartByPart() throws {
        let stack = StackDeclaration(
            name: "h100",
            rules: [
                .init(.driver, .same(Version("580.82.07"))),
                .init(.nccl, .atLeast(Version("2.28"))),
                .init(.kernel, .atLeast(Version("6.8"))),
            ])
        let drift = stack.drift([
            FoundVersion(.driver, "570.1.2", at: "NVML"),
            FoundVersion(.kernel, "6.8.1", at: "uname"),
        ])
        #expect(
            drift == [
                "driver is 570.1.2 (NVML); 580.82.07 is declared",
                "no nccl was found; >=2.28 is declared",
            ])
    }

    @Test func knowsPairsThatDoNotGoTogether() {
        func words(_ versions: [(StackPart, String)]) -> [String] {
            KnownConflict.among(versions.map { FoundVersion($0.0, $0.1, at: "") }, models: [])
                .map(\.words)
        }
        #expect(words([(.cuda, "13.0"), (.driver, "575.1")]).count == 1)
        #expect(words([(.cuda, "13.0"), (.driver, "580.65.06")]).isEmpty)
        #expect(words([(.ofi, "1.12.0"), (.efa, "1.36.0")]).count == 1)
        #expect(words([(.ofi, "1.12.1"), (.efa, "1.36.0")]).isEmpty)
        #expect(words([(.ofi, "1.21.1"), (.libfabric, "1.10"), (.nccl, "2.16.2")]).count == 2)
        #expect(words([(.ofi, "1.21.1"), (.libfabric, "1.17"), (.nccl, "2.17.1")]).isEmpty)
        #expect(words([(.nccl, "2.28.8")]).count == 1)
        #expect(words([(.nccl, "2.28.9")]).isEmpty)
        #expect(words([(.efa, "1.29.0"), (.nccl, "2.19.3")]).count == 1)
        #expect(words([(.cuda, "12.4")]).isEmpty)
        #expect(words([(.cuda, "unknown"), (.driver, "?")]).isEmpty)
    }
    /// What AWS asks of p5 is asked where there are H100 and EFA, and nowhere else.
    @Test func aConflictMayBeOfOneModel() {
        func words(
            _ model: String, efa: String? = "1.30.0", _ part: StackPart, _ version: String
        ) -> [String] {
            let own = FoundVersion(part, version, at: "")
            let found = [own] + (efa.map { [FoundVersion(.efa, $0, at: "")] } ?? [])
            return KnownConflict.among(found, models: [model]).map(\.words)
        }
        let h100 = "NVIDIA H100 80GB HBM3"
        for (part, old, new) in [
            (StackPart.cuda, "11.8", "12.0"), (.nccl, "2.18.4", "2.18.5"), (.ofi, "1.7.2", "1.7.3"),
        ] {
            #expect(words(h100, part, old).count == 1, "\(part)")
            #expect(words("h100", part, old).count == 1)
            #expect(words(h100, part, new).isEmpty)
            #expect(words("NVIDIA H200", part, old).isEmpty)
            #expect(words("", part, old).isEmpty)
            #expect(words(h100, efa: nil, part, old).isEmpty)
        }
        #expect(
            words(h100, .nccl, "2.18.1")
                == ["H100 with EFA (AWS p5) needs NCCL 2.18.5 or newer"])
        #expect(KnownConflict.all.allSatisfy { $0.device == $0.device?.uppercased() })
    }
}
