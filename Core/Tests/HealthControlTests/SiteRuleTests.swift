import FleetModel
import Health
import HealthSignals
import Journal
import Testing

@testable import HealthControl

/// Goal: a site's rules decide from the moment at which they are told, survive as bytes, and can be
/// tried on what was told before.
@Suite struct SiteRuleTests {
    private let node = NodeID(0)

    private func log(_ lines: Int...) -> DeskInput {
        .kernelLog(node, lines.map { LogLine(DeskSamples.lines[$0]) })
    }

    private func rules(_ version: String, _ rules: FaultRule...) -> FaultRules {
        FaultRules(version: version, rules: rules)
    }

    private let mild = FaultRule(
        name: "known riser", codes: [.xid(79)], severity: .warning, action: .watch)

    @Test func aRuleDecidesAndIsNamedWithItsVersion() {
        var desk = DeskSamples.busyDesk()
        _ = desk.tell(.setRules(rules("7", mild)))
        _ = desk.tell(log(0))
        let output = desk.tell(.engine(.wake(token: HealthDesk.burstToken)), after: 200)
        #expect(!output.contains(.cordon(node)))
        #expect(desk.engine[node]?.track.state == .suspect)
        let decision = desk.engine.decisions.first { $0.catalogueRule != nil }
        #expect(
            decision?.catalogueRule.map { desk.names.rule($0) } == "site rule 'known riser'")
        #expect(
            desk.names.version(decision?.catalogueVersion ?? 0) == FaultCatalogue.version + "+7")
        // Without the rules it is what it was.
        _ = desk.tell(.setRules(FaultRules()), after: 300)
        _ = desk.tell(log(0), after: 400)
        #expect(desk.engine[node]?.track.state == .draining)
    }

    @Test func rulesMayBeAboutAKindOfAccelerator() {
        var rule = mild
        rule.models = ["H100"]
        for (kind, isMild) in [("H100", true), ("B200", false), ("", false)] {
            var desk = DeskSamples.desk()
            _ = desk.tell(.setRules(rules("1", rule)))
            if !kind.isEmpty { _ = desk.tell(.kind(node, kind)) }
            let output = desk.tell(log(0))
            #expect(output.contains(.cordon(node)) != isMild)
        }
    }

    /// What was counted for a rule goes on to count when the file is written anew around it.
    @Test func countsFollowTheirRule() {
        let third = FaultRule(
            name: "third", codes: [.xid(31)],
            threshold: FaultThreshold(count: 3, window: .seconds(86_400)), severity: .critical,
            action: .resetDevice)
        let other = FaultRule(
            name: "other", codes: [.xid(1)],
            threshold: FaultThreshold(count: 2, window: .seconds(60)), action: .watch)
        func run(_ second: FaultRules) -> Bool {
            var desk = DeskSamples.busyDesk()
            _ = desk.tell(.setRules(rules("1", third)))
            _ = desk.tell(log(1))
            _ = desk.tell(log(1), after: 1000)
            _ = desk.tell(.setRules(second), after: 1500)
            _ = desk.tell(log(1), after: 2000)
            return desk.engine[node]?.toldUnhealthy ?? 0 != 0
        }
        #expect(run(rules("2", other, third)))
        #expect(!run(rules("2", other)))
        var stricter = third
        stricter.threshold?.count = 4
        #expect(!run(rules("2", stricter)))
    }

    @Test func rulesComeBackFromBytes() throws {
        var desk = DeskSamples.desk()
        let all = FaultRule(
            name: "all", codes: [.xid(79), .sxid(20034), .event(.nicLinkDown)], unit: "U", link: 3,
            models: ["H100", "B200"], declared: .nonFatal,
            threshold: FaultThreshold(
                count: 2, window: .seconds(60), place: .link, countsLines: true),
            severity: .critical, action: .rebootNode)
        let records = [
            DeskRecord(at: DeskSamples.start, input: .setRules(rules("7", all, mild))),
            DeskRecord(at: DeskSamples.start, input: .kind(node, "H100")),
        ]
        let batch = DeskBatch(records: records, digest: 1)
        #expect(try DeskBatch(batch.bytes()) == batch)
        for record in records { _ = desk.tell(record.input) }
        _ = desk.tell(log(1))
        let bytes = try desk.snapshotBytes()
        var back = try HealthDesk(snapshot: bytes, names: desk.names)
        #expect(back.rules == desk.rules && back.kind(of: node) == "H100")
        #expect(try back.snapshotBytes() == bytes)
        #expect(back.stateHash() == desk.stateHash())
        // The open burst is read on by the rules.
        let first = desk.tell(log(0), after: 5)
        #expect(DeskSamples.deeds(back.tell(log(0), after: 5)) == DeskSamples.deeds(first))
        #expect(!first.contains(.cordon(node)))
    }

    @Test func snapshotsOfVersionOneAreRead() throws {
        var desk = DeskSamples.desk()
        _ = desk.tell(log(2))
        let bytes = try SealedRecord.seal(DeskState(desk), magic: "MUSTERHS", version: 1)
        let back = try HealthDesk(snapshot: bytes, names: desk.names)
        #expect(back.stateHash() == desk.stateHash() && back.rules == FaultRules())
        // What nobody could ask for then is not done.
        #expect(back.engine.policy.suspicion.idleTestPeriod == nil)
    }

    @Test func bytesWithRulesThatNobodyChecksAreRefused() throws {
        let wrong = rules("1", FaultRule(name: "nothing", codes: [.xid(1)]))
        let batch = DeskBatch(
            records: [DeskRecord(at: .zero, input: .setRules(wrong))], digest: 0)
        #expect(throws: (any Error).self) { try DeskBatch(batch.bytes()) }
    }

    @Test func thePastIsGatheredForADryRun() {
        var desk = DeskSamples.desk()
        _ = desk.tell(.kind(node, "H100"))
        var history = FaultHistory(kinds: desk)
        history.take(DeskRecord(at: DeskSamples.start, input: log(0, 6)))
        let later = DeskSamples.start + .seconds(1000)
        let seen = DeskSamples.faults([LogLine(DeskSamples.lines[2])], at: later)
        history.take(DeskRecord(at: later, input: .faults(NodeID(3), seen)))
        #expect(history.faults.map(\.node) == [node, NodeID(3)])
        #expect(history.faults.map(\.model) == ["H100", ""])
        #expect(history.begin == DeskSamples.start)
        let run = RuleDryRun(
            history: history.faults, before: FaultRules(), after: rules("1", mild))
        #expect(run.bursts == 2 && run.outOfServiceBefore == 2 && run.outOfServiceAfter == 1)
        #expect(run.differences.map(\.node) == [node])
    }
}
