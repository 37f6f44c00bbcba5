import FleetModel
import HealthSignals
import Testing

/// The rules of a site.
@Suite struct RuleTests {
    func rules(_ rules: FaultRule...) -> FaultRules { FaultRules(version: "1", rules: rules) }

    @Test func aRuleIsAboveTableAndDriver() {
        let verdict = parse(
            """
            NVRM: Xid (PCI:0000:3b:00): 154, GPU recovery action changed from 0x0 (None) to \
            0x2 (Node Reboot Required)
            """
        )[0]
        let rule = FaultRule(
            name: "reset-first", codes: [.xid(79)], severity: .critical, action: .resetDevice)
        let told = verdicts([(1, xid(79)), (2, verdict), (3, xid(43))], rules: rules(rule))
        #expect(told.map(\.action) == [.resetDevice, .resetDevice])
        #expect(told.last?.rule == .site("reset-first"))
        #expect(told.last?.catalogueVersion == "\(FaultCatalogue.version)+1")
        // A rule about the driver's verdict itself.
        let deaf = FaultRule(name: "deaf", codes: [.xid(154)], severity: .warning, action: .watch)
        #expect(
            final(verdicts([(1, xid(31)), (2, verdict)], rules: rules(deaf))).map(\.action) == [
                .watch
            ])
    }

    @Test func aRuleCanTakeTheEdgeOff() {
        let rule = FaultRule(name: "known", codes: [.xid(119)], severity: .warning, action: .watch)
        let told = verdicts([(1, xid(119)), (2, xid(119))], rules: rules(rule))
        #expect(told.map(\.stage) == [.final])
        #expect(!told[0].takesOutOfService && told[0].severity == .warning)
        // But other hardware faults beside it are as grave as ever.
        let beside = final(verdicts([(1, xid(119)), (2, xid(79))], rules: rules(rule)))
        #expect(beside[0].action == .rebootNode && beside[0].takesOutOfService)
    }

    @Test func conditions() {
        let rule = FaultRule(
            name: "narrow", codes: [.xid(149)], unit: "NETIR_LINK_EVT", link: 8,
            models: ["b200"], declared: .fatal, severity: .critical, action: .contactProvider)
        let line =
            "NVRM: Xid (PCI:0018:01:00): 149, NETIR_LINK_EVT Fatal XC0 i0 Link 08 (0x004505c6 0x0)"
        let fault = parse(line)[0]
        #expect(rule.isAbout(fault, model: "b200"))
        #expect(!rule.isAbout(fault, model: "h100"))
        #expect(!rule.isAbout(parse(line.replacing("Link 08", with: "Link 09"))[0], model: "b200"))
        #expect(!rule.isAbout(parse(line.replacing("_EVT", with: "_X"))[0], model: "b200"))
        #expect(!rule.isAbout(parse(line.replacing("Fatal", with: "Nonfatal"))[0], model: "b200"))
        let catalogue = FaultCatalogue(rules: rules(rule))
        #expect(catalogue.decision(for: fault, model: "b200").action == .contactProvider)
        #expect(catalogue.decision(for: fault, model: "h100").action == .resetDevice)
        let told = final(verdicts([(1, fault)], rules: rules(rule), model: "b200"))
        #expect(told[0].rule == .site("narrow"))
    }

    @Test func thresholds() {
        let rule = FaultRule(
            name: "contained", codes: [.xid(94)],
            threshold: FaultThreshold(count: 3, window: .seconds(86_400)), severity: .critical,
            action: .resetDevice)
        let times: [Int64] = [0, 1, 1000, 2000, 200_000]
        let told = final(verdicts(times.map { ($0, xid(94)) }, rules: rules(rule)))
        #expect(
            told.map(\.action) == [
                .restartApplication, .restartApplication, .resetDevice, .restartApplication,
            ])
        // By lines, and on the node as a whole.
        let node = FaultRule(
            name: "node", codes: [.xid(94)],
            threshold: FaultThreshold(
                count: 3, window: .seconds(60), place: .node, countsLines: true),
            action: .drainAndReset)
        let many = final(
            verdicts(
                [(0, xid(94)), (1, xid(94, at: "0000:5d:00")), (2, xid(94, at: "0000:5e:00"))],
                rules: rules(node)))
        #expect(many[0].parts.map(\.action).contains(.drainAndReset))
    }

    @Test func mistakesAreToldAtOnce() {
        #expect(FaultRules().diagnostics().isEmpty)
        let good = FaultRule(name: "a", codes: [.xid(79)], severity: .warning, action: .watch)
        #expect(rules(good).diagnostics().isEmpty)
        let bad = FaultRules(
            version: "",
            rules: [
                good, good, FaultRule(name: "", codes: []),
                FaultRule(
                    name: "b", codes: [.xid(1), .xid(1)], link: 9999,
                    threshold: FaultThreshold(count: 0, window: .zero), action: FaultAction.none),
                FaultRule(name: "c", codes: [.xid(2)], severity: .fatal, action: .watch),
                FaultRule(name: "d", codes: [.xid(2)], models: ["h100"], severity: .unknown),
                FaultRule(
                    name: "e", codes: [.xid(3)],
                    threshold: FaultThreshold(count: 17, window: .seconds(99_999_999)),
                    action: .watch),
            ])
        let messages = bad.diagnostics(file: "rules.yaml").map(\.message)
        #expect(
            messages == [
                "the fault rules have no version",
                "fault rule 'a' is there twice",
                "fault rule 'a' is never reached: 'a' decides before it",
                "fault rule 3 has no name", "fault rule 3 is about no code",
                "fault rule 3 changes nothing",
                "fault rule 'b' names a code twice",
                "fault rule 'b' is about link 9999", "fault rule 'b' waits for 0 times",
                "fault rule 'b' has a window of 0 s",
                "fault rule 'c' calls a fault fatal and asks for watch",
                "fault rule 'd' makes a fault unknown",
                "fault rule 'd' is never reached: 'c' decides before it",
                "fault rule 'e' waits for 17 times",
                "fault rule 'e' has a window of 99999999 s",
            ])
        #expect(bad.diagnostics(file: "rules.yaml").allSatisfy { $0.file == "rules.yaml" })
    }

    @Test func aDryRunOverThePast() {
        let nodes = [NodeID(rawValue: 0), NodeID(rawValue: 7)]
        var history: [RecordedFault] = []
        for (index, code) in ([31, 119, 79, 119, 94] as [Int32]).enumerated() {
            history.append(
                RecordedFault(
                    node: nodes[index % 2], at: .seconds(Int64(5 - index) * 1000), fault: xid(code))
            )
        }
        let rule = FaultRule(name: "known", codes: [.xid(119)], severity: .warning, action: .watch)
        let run = RuleDryRun(history: history, before: FaultRules(), after: rules(rule))
        #expect(run.bursts == 5)
        #expect(run.outOfServiceBefore == 3 && run.outOfServiceAfter == 1)
        #expect(run.differences.map(\.node) == [nodes[1], nodes[1]])
        #expect(run.differences.map(\.before.action) == [.resetDevice, .resetDevice])
        #expect(run.differences.map(\.after.action) == [.watch, .watch])
        #expect(run.differences.map(\.before.opened) == [.seconds(2000), .seconds(4000)])
        let same = RuleDryRun(history: history, before: rules(rule), after: rules(rule))
        #expect(same.differences.isEmpty && same.bursts == 5)
    }
}
