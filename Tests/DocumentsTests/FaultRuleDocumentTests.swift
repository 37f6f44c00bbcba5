import FleetModel
import Health
import HealthSignals
import Testing

@testable import Documents

/// Goal: a site's rules are read as they are written, and every mistake is named where it stands.
@Suite struct FaultRuleDocumentTests {
    private let text = """
        version: 2026-11-27
        rules:
          - name: riser
            codes: [XID 79, xid31, SXID 20034, nicLinkDown]
            unit: NETIR_LINK_EVT
            link: 8
            kinds: [H100, B200]
            declared: nonFatal
            threshold: {count: 3, window: 24h, place: engine, counts: lines}
            severity: warning
            action: watch
          - {name: one, codes: XID 94, threshold: {count: 2, window: 1h}, action: drainAndReset}
        """

    private func read(_ text: String) -> Result<FaultRules, DiagnosticList> {
        FaultRuleDocument.read(SourceText(text, file: "rules.yaml"))
    }

    @Test func everyKeyIsRead() throws {
        let rules = try read(text).get()
        #expect(rules.version == "2026-11-27")
        #expect(
            rules.rules == [
                FaultRule(
                    name: "riser",
                    codes: [.xid(79), .xid(31), .sxid(20034), .event(.nicLinkDown)],
                    unit: "NETIR_LINK_EVT", link: 8, models: ["H100", "B200"],
                    declared: .nonFatal,
                    threshold: FaultThreshold(
                        count: 3, window: .seconds(86_400), place: .engine, countsLines: true),
                    severity: .warning, action: .watch),
                FaultRule(
                    name: "one", codes: [.xid(94)],
                    threshold: FaultThreshold(count: 2, window: .seconds(3600)),
                    action: .drainAndReset),
            ])
    }

    @Test func aHealthFileHasThemOrNamesTheirFile() throws {
        let section = text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
        let health = SourceText("historyKept: 9\nfaultRules:\n\(section)", file: "h.yaml")
        let file = try HealthDocument.file(health).get()
        #expect(try file.rules == read(text).get() && file.rulesFile == nil)
        #expect(file.policy.historyKept == 9)
        #expect(try FaultRuleDocument.read(health).get() == file.rules)
        let named = try HealthDocument.file(SourceText("faultRules: rules.yaml", file: "h")).get()
        #expect(named.rulesFile?.value == "rules.yaml" && named.rules.rules.isEmpty)
    }

    @Test func allMistakesAreNamedAtOnceWithTheirLines() {
        let result = read(
            """
            rules:
              - name: a
                codes: [XID 79]
                severity: fatal
                action: watch
              - name: a
                codes: [nicLinkDwn, XID 1]
                actoin: watch
              - codes: [XID 3]
                threshold: {count: 99, window: 1h}
                action: nothing
              - name: late
                codes: [XID 79]
                link: 70000
                action: inspect
              - name: nothing
                codes: [XID 5]
              - name: count
                codes: [XID 6]
                threshold: {count: 99, window: 1h}
                action: watch
            """)
        guard case .failure(let list) = result else {
            Issue.record("wrong rules were read")
            return
        }
        let found = list.diagnostics.map { "\($0.line) \($0.message)" }
        #expect(
            found == [
                "1 the fault rules have no version",
                "4 fault rule 'a' calls a fault fatal and asks for watch",
                "7 unknown fault code 'nicLinkDwn'", "8 unknown key 'actoin' in a fault rule",
                "11 'action' is 'nothing'",
                "12 fault rule 'late' is never reached: 'a' decides before it",
                "14 fault rule 'late' is about link 70000",
                "16 fault rule 'nothing' changes nothing",
                "20 fault rule 'count' waits for 99 times",
            ])
        #expect(list.diagnostics.contains { $0.hint == "did you mean 'nicLinkDown'?" })
        #expect(list.diagnostics.allSatisfy { $0.file == "rules.yaml" })
    }

    @Test func aFileWithoutRulesIsNone() {
        #expect(throws: DiagnosticList.self) { try read("version: 1").get() }
        #expect(throws: DiagnosticList.self) { try read("- a").get() }
        #expect(throws: DiagnosticList.self) { try read("rules: 3").get() }
    }
}
