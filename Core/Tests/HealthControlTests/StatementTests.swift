import FleetModel
import Health
import HealthSignals
import Testing

@testable import HealthControl

/// Goal: what other tools say makes a node suspect in their words, once, and ends with what they
/// say; and never does more than the rules and the policy want.
@Suite struct StatementTests {
    private let node = NodeID(0)

    private func statement(_ key: String, _ value: String, since: Int64? = nil) -> ToolStatement {
        let place = key.contains("/") ? NodeSaying.Place.label : .condition
        return StatementTable.statements([
            NodeSaying(
                place, key, value, reason: "R", message: "words",
                since: since.map { DeskSamples.start + .seconds($0) })
        ])[0]
    }

    private func say(
        _ said: [ToolStatement], to desk: inout HealthDesk, after seconds: Int64
    ) -> [HealthDirective] {
        let now = DeskSamples.start + .seconds(seconds)
        return desk.tell(.statements(node, desk.news(in: said, of: node, at: now)), after: seconds)
    }

    @Test func aStatementIsASuspicionThatEndsWithIt() {
        var desk = DeskSamples.busyDesk()
        let watch = statement("GpuMemWatch", "True", since: 5)
        let state = statement("dgxc.nvidia.com/nvsentinel-state", "quarantined")
        _ = say([watch, state], to: &desk, after: 10)
        #expect(desk.engine[node]?.track.state == .suspect)
        #expect(
            desk.lines(of: node).map(\.text) == [
                "NVSentinel: GpuMemWatch is True (R): words",
                "NVSentinel: dgxc.nvidia.com/nvsentinel-state is quarantined (R): words",
            ])
        let causes = desk.engine[node]?.suspicion?.causes ?? []
        #expect(causes.map(desk.names.cause) == ["nvsentinelMemory", "nvsentinelQuarantine"])
        // Said again, nothing is news.
        #expect(desk.news(in: [watch, state], of: node, at: DeskSamples.start) == [])
        // One of them is good again; the other one is not.
        _ = say([state], to: &desk, after: 20)
        #expect(desk.engine[node]?.track.state == .suspect)
        #expect(desk.engine[node]?.suspicion?.cause == causes.last)
        _ = say([], to: &desk, after: 30)
        #expect(desk.engine[node]?.track.state == .inService)
        #expect(desk.engine[node]?.suspicion == nil)
        // Nothing was proved by that.
        let machine = desk.engine[node]?.machine
        let history = machine.map { desk.engine.ledger.machines[$0.index].history }
        #expect(history?.lastProof == nil)
        #expect(desk.engine[node]?.toldUnhealthy == 0)
    }

    @Test func otherSuspicionsStay() {
        var desk = DeskSamples.busyDesk()
        _ = say([statement("AcceleratedHardwareReady", "False")], to: &desk, after: 10)
        _ = desk.tell(.devicesSilent(node, device: nil), after: 20)
        _ = say([], to: &desk, after: 30)
        #expect(desk.engine[node]?.track.state == .suspect)
        let cause = desk.engine[node]?.suspicion?.cause.map(desk.names.cause)
        #expect(cause == "devices give no answer")
        // A suspicion for something without a code is not ended by a tool either.
        desk = DeskSamples.busyDesk()
        _ = desk.tell(.engine(.heard(node)), after: 1)
        _ = say([statement("AcceleratedHardwareReady", "False")], to: &desk, after: 10)
        for seconds in stride(from: Int64(40), through: 400, by: 30) {
            _ = desk.tell(.engine(.wake(token: 0)), after: seconds)
        }
        #expect(desk.engine[node]?.silenceTold == 1)
        #expect(desk.engine[node]?.suspicion?.causes == nil)
        _ = say([], to: &desk, after: 410)
        #expect(desk.engine[node]?.track.state == .suspect)
    }

    @Test func badIsTestedBeforeItWorksOnAndStaysOutWhenItIsTakenBack() {
        var desk = DeskSamples.busyDesk()
        _ = say([statement("GPUMissing", "True")], to: &desk, after: 10)
        #expect(desk.engine[node]?.track.state == .draining)
        let open = desk.engine.ledger.machines[0].history.open
        #expect(open.map { desk.names.cause($0.cause) } == ["aksGPUMissing"])
        #expect(open.map(\.action) == [.prove])
        #expect(open.map(\.components) == [[.device, .pcie]])
        _ = say([], to: &desk, after: 20)
        #expect(desk.engine[node]?.track.state == .draining)
    }

    @Test func anOldStatementIsToldAndDoesNotAct() {
        var desk = DeskSamples.busyDesk()
        let output = say([statement("GPUMissing", "True", since: -4000)], to: &desk, after: 10)
        #expect(desk.engine[node]?.track.state == .inService)
        let isTold = output.contains { directive in
            if case .tell(.staleFinding(node, _)) = directive { true } else { false }
        }
        #expect(isTold)
        // A clock that is ahead makes nothing that will have been.
        _ = say([statement("XIDErrors", "True", since: 9000)], to: &desk, after: 20)
        #expect(desk.engine[node]?.track.state == .suspect)
    }

    @Test func aSiteMayDecideOtherwise() {
        var desk = DeskSamples.busyDesk()
        let deaf = FaultRule(
            name: "AKS counts wrong", codes: [.event(.aksGPUMissing)], severity: .info,
            action: FaultAction.none)
        let second = FaultRule(
            name: "twice", codes: [.event(.aksXID)],
            threshold: FaultThreshold(count: 2, window: .seconds(3600)), severity: .critical,
            action: .inspect)
        _ = desk.tell(.setRules(FaultRules(version: "1", rules: [deaf, second])))
        _ = say([statement("GPUMissing", "True")], to: &desk, after: 10)
        #expect(desk.engine[node]?.track.state == .inService)
        _ = say([statement("XIDErrors", "True")], to: &desk, after: 20)
        #expect(desk.engine[node]?.track.state == .suspect)
        _ = say([], to: &desk, after: 30)
        _ = say([statement("XIDErrors", "True")], to: &desk, after: 40)
        #expect(desk.engine[node]?.track.state == .draining)
        let rules = desk.engine.ledger.machines[0].history.faults.map { desk.names.rule($0.rule) }
        #expect(rules.last?.contains("twice") == true)
    }

    @Test func statementsArePartOfTheState() throws {
        var desk = DeskSamples.busyDesk()
        let watch = statement("GpuMemWatch", "True", since: 5)
        let news = DeskInput.statements(node, desk.news(in: [watch], of: node, at: .never))
        let batch = DeskBatch(records: [DeskRecord(at: .zero, input: news)], digest: 7)
        #expect(try DeskBatch(batch.bytes()) == batch)
        _ = say([watch], to: &desk, after: 10)
        let bytes = try desk.snapshotBytes()
        desk = try HealthDesk(snapshot: bytes, names: desk.names)
        #expect(try desk.snapshotBytes() == bytes)
        #expect(desk.news(in: [watch], of: node, at: DeskSamples.start) == [])
        _ = say([], to: &desk, after: 20)
        #expect(desk.engine[node]?.track.state == .inService)
        // Who goes and comes again says it anew.
        _ = say([watch], to: &desk, after: 30)
        _ = desk.tell(.engine(.departed(node)), after: 40)
        #expect(desk.statements(of: node) == [])
        #expect(desk.news(in: [watch], of: node, at: DeskSamples.start) == [])
    }
}
