import FleetModel
import Health
import Testing

@testable import HealthControl

/// Goal: what logs say reaches the engine as what it is, once, and of the right part.
@Suite struct DeskTests {
    private let node = NodeID(0)

    private func tell(
        _ desk: inout HealthDesk, _ lines: [String], after seconds: Int64 = 0
    ) -> [HealthDirective] {
        var output: [HealthDirective] = []
        desk.apply(
            .kernelLog(node, lines.map { LogLine($0) }),
            at: DeskSamples.start + .seconds(seconds), into: &output)
        return output
    }

    private func pass(_ desk: inout HealthDesk, to seconds: Int64) -> [HealthDirective] {
        var output: [HealthDirective] = []
        desk.apply(
            .engine(.wake(token: HealthDesk.burstToken)),
            at: DeskSamples.start + .seconds(seconds), into: &output)
        return output
    }

    @Test func aDeviceOffTheBusTakesItsNodeOutAtOnce() {
        var desk = DeskSamples.desk()
        let output = tell(&desk, [DeskSamples.lines[0]])
        #expect(output.contains(.cordon(node)))
        #expect(desk.engine[node]?.track.state == .repairing)
        let open = desk.engine.ledger.machines[0].history.open
        #expect(open.map { desk.names.cause($0.cause) } == ["XID 79"])
        #expect(open.map(\.action) == [.reboot])
        let decision = desk.engine.decisions.first { $0.rule == .fault }
        #expect(decision?.inputs == [1])
        let rule = decision.flatMap(\.catalogueRule).map { desk.names.rule($0) }
        #expect(rule == "catalogue, XID 79")
        let version = desk.names.version(decision?.catalogueVersion ?? 0)
        #expect(version.hasPrefix("nvidia-"))
        #expect(desk.lines(of: node).count == 1)
        #expect(desk.lines(of: node)[0].text == DeskSamples.lines[0])
    }

    /// Nothing follows from them, they count once, and what is told now is no older for them.
    @Test func linesOfThePastAreTakenDownAlone() {
        var desk = DeskSamples.desk()
        let start = DeskSamples.start
        func past(_ days: Int64) -> PastLine {
            PastLine(
                at: start + .seconds(-86_400 * days),
                LogLine("2020-01-0\(days)T00:00:00Z gpu kernel: " + link))
        }
        let link = "NVRM: Xid (PCI:0000:3b:00): 74, pid=1, NVLink: fatal error detected on link 3"
        func read(_ lines: [PastLine]) -> [HealthDirective] {
            var output: [HealthDirective] = []
            desk.apply(.pastLog(node, lines), at: start, into: &output)
            return output
        }
        _ = tell(&desk, [link])
        let before = desk.engine[node]?.track.state
        _ = read([past(9), past(8)])
        #expect(desk.engine[node]?.track.state == before)
        func faults() -> [Instant] {
            desk.engine.ledger.machines[0].history.faults.map(\.seenAt).sorted()
        }
        let told = faults()
        #expect(told.count >= 2 && told[0] == past(9).at && told[1] == past(8).at)
        #expect(desk.news([past(9), past(7)], of: node) == [past(7)])
        _ = read([past(9), past(8)])
        #expect(faults() == told)
        // The burst of now ends, with its own time.
        _ = pass(&desk, to: 400)
        #expect(faults().last == start)
    }

    /// Whoever reads them sees the whole line; of what an agent read elsewhere, all that it sends.
    @Test func linesAreShownWhole() {
        var desk = DeskSamples.desk()
        let long = "NVRM: Xid (PCI:0000:86:00): 48, pid=7, x\t" + String(repeating: "é", count: 400)
        _ = tell(&desk, [long])
        let shown = desk.lines(of: node)[0].text
        #expect(shown.hasPrefix("NVRM: Xid (PCI:0000:86:00): 48, pid=7, x éé"))
        #expect((511...512).contains(shown.utf8.count))
        let faults = DeskSamples.faults([LogLine("NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, x")])
        var output: [HealthDirective] = []
        desk.apply(.faults(node, faults), at: DeskSamples.start, into: &output)
        #expect(desk.lines(of: node)[1].text == "XID 79, 0000:3b:00.0, pid=1234, x")
    }

    @Test func entriesOfTheLedgerHaveTheirLine() {
        var desk = DeskSamples.desk()
        _ = tell(&desk, [DeskSamples.lines[2]])
        #expect(desk.takeEntries() == [])
        desk.handOnEntries()
        _ = tell(&desk, [DeskSamples.lines[0]], after: 5)
        let faults = desk.takeEntries().filter {
            if case .fault = $0.record { true } else { false }
        }
        #expect(faults.map(\.line) == [DeskSamples.lines[0]])
        #expect(desk.takeEntries() == [])
    }

    @Test func aFaultOfOneDeviceTakesOnlyThatOne() {
        var desk = DeskSamples.desk()
        let output = tell(&desk, [DeskSamples.lines[2]])
        #expect(output.contains(.setDevices(node, unhealthy: 0b10)))
        #expect(desk.engine[node]?.track.state == .inService)
        let part = desk.engine.ledger.parts[1]
        #expect(part.history.open.first?.components == [.device, .deviceMemory])
    }

    @Test func aDeviceIsKnownByItsUUIDWhereNobodySaysWhereItSits() {
        var desk = HealthDesk(policy: DeskSamples.desk().engine.policy)
        var output: [HealthDirective] = []
        let uuid = "GPU-509665ad-aa67-1f96-5e42-f6a2d1ee1a0d"
        let report = desk.names.report(
            HardwareFacts(devices: [.init(index: 0), .init(index: 1, uuid: uuid)]))
        desk.apply(
            .engine(.arrived(node, Arrival(report: report))), at: DeskSamples.start,
            into: &output)
        let lines = [
            DeskSamples.lines[5], "NVRM: Xid (PCI:0000:3b:00): 48, pid=1, DBE",
        ]
        #expect(tell(&desk, lines).contains(.setDevices(node, unhealthy: 0b10)))
    }

    /// A burst is one: what was told at once is not told again when it is over.
    @Test func theEndOfABurstCountsNothingTwice() {
        var desk = DeskSamples.desk()
        _ = tell(&desk, [DeskSamples.lines[2]])
        _ = tell(&desk, [DeskSamples.lines[2], DeskSamples.lines[3]], after: 5)
        let faults = desk.engine.ledger.parts[1].history.counts.faults
        #expect(faults >= 1 && faults <= 2)
        let told = desk.engine.ledger.parts[1].history.faults.map(\.action)
        _ = pass(&desk, to: 186)
        #expect(desk.engine.ledger.parts[1].history.faults.map(\.action) == told)
    }

    /// What can wait is told when three minutes were silent, and the desk asks to be woken then.
    @Test func whatCanWaitIsToldAfterTheSilence() {
        var desk = DeskSamples.desk()
        let lines = ["NVRM: Xid (PCI:0000:3b:00): 92, pid=1, High single-bit ECC error rate"]
        let output = tell(&desk, lines)
        let asked = output.compactMap { directive -> Instant? in
            guard case .wake(let at, HealthDesk.burstToken) = directive else { return nil }
            return at
        }
        #expect(asked == [DeskSamples.start + .seconds(180)])
        #expect(desk.engine.ledger.machines[0].history.counts.faults == 0)
        _ = pass(&desk, to: 181)
        #expect(desk.engine.ledger.machines[0].history.counts.faults == 1)
    }

    @Test func anUnknownCodeTakesNothingOut() {
        var desk = DeskSamples.desk()
        _ = tell(&desk, [DeskSamples.lines[4]])
        let output = pass(&desk, to: 200)
        #expect(desk.engine[node]?.track.state == .inService)
        #expect(desk.engine[node]?.toldUnhealthy == 0)
        #expect(
            output.contains {
                if case .tell(.unknownFault(node, _)) = $0 { true } else { false }
            })
    }

    @Test func framesOfProcessesAccuseOnlyWhatIsHere() {
        var desk = DeskSamples.desk()
        var output: [HealthDirective] = []
        let lines = [
            "RuntimeError: CUDA error: uncorrectable ECC error encountered",
            "torch.distributed.DistBackendError: ncclRemoteError: A call failed possibly due to",
        ]
        desk.apply(
            .frameworkLog(node, lines.map { LogLine($0) }), at: DeskSamples.start, into: &output)
        #expect(desk.engine[node]?.suspicion != nil)
        #expect(desk.engine.ledger.machines[0].history.counts.faults == 1)
        #expect(desk.engine.ledger.machines[0].history.open.isEmpty)
    }

    /// An agent reads the lines itself: what follows is the same.
    @Test func faultsThatAnAgentReadAreLikeTheirLines() {
        var (desk, other) = (DeskSamples.desk(), DeskSamples.desk())
        let lines = [DeskSamples.lines[0], DeskSamples.lines[2], DeskSamples.lines[6]]
        let output = tell(&desk, lines)
        var told: [HealthDirective] = []
        other.apply(
            .faults(node, DeskSamples.faults(lines.map { LogLine($0) })), at: DeskSamples.start,
            into: &told)
        #expect(output == told)
        #expect(desk.stateHash() == other.stateHash())
    }

    /// What an agent kept while nobody listened is told as it was; after an hour it does not act.
    @Test func oldFaultsDoNotAct() {
        var desk = DeskSamples.desk()
        var output: [HealthDirective] = []
        let faults = DeskSamples.faults([LogLine(DeskSamples.lines[0])])
        desk.apply(
            .faults(node, faults), at: DeskSamples.start + .seconds(2 * 3600), into: &output)
        _ = pass(&desk, to: 2 * 3600 + 200)
        #expect(desk.engine[node]?.toldUnhealthy == 0)
        #expect(desk.engine.counters.staleFindings > 0)
    }

    @Test func devicesThatGiveNoAnswerAreWatched() {
        for device in [nil, 1] as [Int32?] {
            var desk = DeskSamples.desk()
            var output: [HealthDirective] = []
            desk.apply(
                .devicesSilent(node, device: device), at: DeskSamples.start, into: &output)
            #expect(desk.engine[node]?.suspicion != nil)
            #expect(desk.engine[node]?.toldUnhealthy == 0)
            #expect(!output.contains { if case .drain = $0 { true } else { false } })
        }
    }

    @Test func linesThatSayNothingNeedNotBeTold() {
        let desk = DeskSamples.desk()
        let lines = [DeskSamples.lines[6], DeskSamples.lines[0], DeskSamples.lines[5]]
        #expect(desk.useful(lines, of: node).map(\.text) == Array(lines.dropFirst()))
        #expect(desk.useful(lines, of: NodeID(7)).isEmpty)
    }

    /// Names come from logs, and logs from anywhere.
    @Test func namesAreBounded() {
        var desk = DeskSamples.desk()
        for start in 0..<60 {
            let lines = (0..<100).map {
                "NVRM: Xid (PCI:0000:3b:00): \(10_000 + start * 100 + $0), pid=1, x"
            }
            _ = tell(&desk, lines, after: Int64(start) * 2000)
            _ = pass(&desk, to: Int64(start) * 2000 + 1000)
        }
        #expect(desk.names.causes.count <= 4097)
        #expect(desk.names.rules.count <= 4097)
    }

    /// Another machine under the same name has another log.
    @Test func anotherMachineBeginsANewLog() {
        var desk = DeskSamples.desk()
        _ = tell(&desk, [DeskSamples.lines[1]])
        #expect(desk.lines(of: node).count == 1)
        var output: [HealthDirective] = []
        let report = desk.names.report(
            HardwareFacts(chassis: "C2", devices: [.init(index: 0, uuid: "GPU-other")]))
        desk.apply(
            .engine(.arrived(node, Arrival(report: report))),
            at: DeskSamples.start + .seconds(9), into: &output)
        #expect(desk.lines(of: node).isEmpty)
        _ = pass(&desk, to: 300)
        #expect(desk.engine.ledger.machines.allSatisfy { $0.history.counts.faults == 0 })
    }
}
