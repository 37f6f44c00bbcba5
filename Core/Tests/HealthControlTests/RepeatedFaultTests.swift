import FleetModel
import Health
import Testing

@testable import HealthControl

/// Goal: a fault that comes again after what it led to is a fault, and the same line handed in
/// twice is not.
@Suite struct RepeatedFaultTests {
    private let node = NodeID(0)
    private let memory = "NVRM: Xid (PCI:0000:86:00): 48, pid=1, DBE"

    private func apply(
        _ desk: inout HealthDesk, _ input: DeskInput, at seconds: Int64
    ) {
        var output: [HealthDirective] = []
        desk.apply(input, at: DeskSamples.start + .seconds(seconds), into: &output)
        #expect(desk.engine.checkInvariants() == [])
    }

    private func tell(_ desk: inout HealthDesk, _ lines: [String], at seconds: Int64) {
        apply(&desk, .kernelLog(node, lines.map { LogLine($0) }), at: seconds)
    }

    /// Answers whatever device 1 waits for.
    private func succeed(_ desk: inout HealthDesk, at seconds: Int64) throws {
        let operation = try #require(desk.engine.operations.first)
        switch operation.kind {
        case .repair: apply(&desk, .engine(.repaired(node, operation.id, .done)), at: seconds)
        case .qualify(let level, let devices, let components):
            let outcome = QualificationOutcome(
                verdict: .passed, level: level, isLoaded: true, components: components,
                devices: devices)
            apply(&desk, .engine(.qualified(node, operation.id, outcome)), at: seconds)
        case .restack, .pair: Issue.record("nobody rolls anything out or pairs here")
        }
    }

    private func device(_ desk: HealthDesk) -> HealthState? {
        desk.engine[node]?.devices[1].state
    }

    @Test func aFaultThatComesAgainUnderItsTestVoidsIt() throws {
        var desk = DeskSamples.desk()
        tell(&desk, [memory], at: 0)
        #expect(device(desk) == .repairing)
        try succeed(&desk, at: 60)
        #expect(device(desk) == .proving)
        // Less than three minutes later: the burst is the same.
        tell(&desk, [memory], at: 100)
        tell(&desk, [memory], at: 101)
        #expect(desk.engine.ledger.parts[1].history.counts.faults == 2)
        try succeed(&desk, at: 120)
        #expect(device(desk) != .inService)
        #expect(desk.engine.ledger.parts[1].history.open.count == 1)
    }

    @Test func aFaultThatComesAgainAfterTheReturnTakesItOut() throws {
        var desk = DeskSamples.desk()
        tell(&desk, [memory], at: 0)
        try succeed(&desk, at: 30)
        try succeed(&desk, at: 90)
        #expect(device(desk) == .inService)
        // What a program does wrong there meanwhile tells nothing of the old fault.
        tell(&desk, ["NVRM: Xid (PCI:0000:86:00): 31, pid=7, MMU Fault"], at: 95)
        #expect(device(desk) == .inService)
        tell(&desk, [memory], at: 100)
        #expect(device(desk)?.takesWork == false)
        // While it is out, more of the same is nothing new.
        let count = desk.engine.ledger.parts[1].history.counts.faults
        for second in Int64(101)..<110 { tell(&desk, [memory], at: second) }
        #expect(desk.engine.ledger.parts[1].history.counts.faults == count)
    }

    /// The machine as somebody tells it who does not know where its devices sit.
    private func reportPlaces(_ desk: inout HealthDesk, _ areKnown: Bool, at seconds: Int64) {
        let slots = ["0000:3b:00.0", "0000:86:00.0", "0000:af:00.0", "0000:d8:00.0"]
        let facts = HardwareFacts(
            chassis: "C1",
            devices: slots.enumerated().map { index, slot in
                .init(
                    index: Int32(index), uuid: "GPU-\(index)", boardSerial: "B\(index)",
                    slot: areKnown ? slot : "")
            })
        let report = desk.names.report(facts)
        apply(&desk, .engine(.arrived(node, Arrival(report: report))), at: seconds)
    }

    @Test(arguments: [true, false])
    func aBurstThatEndsTellsNothingAgainWhenPlacesBecameKnownOrForgotten(_ areKnown: Bool) {
        var desk = DeskSamples.desk()
        reportPlaces(&desk, areKnown, at: 0)
        tell(&desk, [memory], at: 1)
        #expect(desk.engine.ledger.machines[0].history.counts.faults == 1)
        reportPlaces(&desk, !areKnown, at: 20)
        // Another part, of which something is told at once, repeats it no more than the end does.
        tell(&desk, ["NVRM: Xid (PCI:0000:af:00): 48, pid=1, DBE"], at: 30)
        #expect(desk.engine.ledger.machines[0].history.counts.faults == 2)
        apply(&desk, .engine(.wake(token: HealthDesk.burstToken)), at: 400)
        #expect(desk.engine.ledger.machines[0].history.counts.faults == 2)
    }

    @Test func aLogThatIsHandedInTwiceCountsOnce() throws {
        var desk = DeskSamples.desk()
        let log = ["[ 1234.567890] " + memory, "[ 1300.000001] usb 1-1: new device"]
        tell(&desk, log, at: 0)
        try succeed(&desk, at: 30)
        try succeed(&desk, at: 90)
        #expect(device(desk) == .inService)
        tell(&desk, log, at: 1000)
        #expect(device(desk) == .inService)
        tell(&desk, ["[ 2234.567890] " + memory], at: 1100)
        #expect(device(desk)?.takesWork == false)
    }
}
