import FleetModel
import Health
import HealthControl
import HealthSignals

/// Logs and desks for tests.
enum DeskSamples {
    static let lines = [
        "NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, GPU has fallen off the bus.",
        "NVRM: Xid (PCI:0000:3b:00): 31, pid=77, Ch 00000008, intr 10000000.",
        "NVRM: Xid (PCI:0000:86:00): 48, pid='<unknown>', name=<unknown>, DBE",
        "NVRM: Xid (PCI:0000:86:00): 63, pid='<unknown>', Row Remapper: New row",
        "NVRM: Xid (PCI:0000:af:00): 9999, pid=1, something that nobody knows",
        "NVRM: GPU at PCI:0000:3b:00: GPU-509665ad-aa67-1f96-5e42-f6a2d1ee1a0d",
        "usb 1-1: new high-speed USB device number 2 using xhci_hcd",
    ]

    /// Some lines of some node, or what an agent made of them.
    static func log(_ random: inout SplitMix) -> DeskInput {
        let count = 1 + random.below(4)
        let lines = (0..<count).map { _ in LogLine(DeskSamples.lines[random.below(7)]) }
        let node = NodeID(random.below(12))
        switch random.below(9) {
        case 0: return .faults(node, faults(lines))
        case 2: return .kind(node, ["", "H100", "B200"][random.below(3)])
        case 3: return .setRules(rules(&random))
        case 4: return .metrics(node, marks(&random))
        case 5: return .statements(node, statements(&random))
        case 1:
            let device = random.below(9)
            return .devicesSilent(node, device: device == 8 ? nil : Int32(device))
        case 6: return .pastLog(node, lines.map { PastLine(at: .seconds(1), $0) })
        default: return .kernelLog(node, lines)
        }
    }

    /// Some rules of a site, or none.
    static func rules(_ random: inout SplitMix) -> FaultRules {
        let all = [
            FaultRule(name: "a", codes: [.xid(31)], models: ["H100"], action: .watch),
            FaultRule(
                name: "b", codes: [.xid(79), .xid(48)],
                threshold: FaultThreshold(count: 2, window: .seconds(3600), countsLines: true),
                severity: .critical, action: .drainAndReset),
            FaultRule(name: "c", codes: [.event(.gpuHot)], severity: .critical, action: .inspect),
        ].filter { _ in random.below(2) == 0 }
        return FaultRules(version: all.isEmpty ? "" : "\(random.below(4))", rules: all)
    }

    /// Rules about metrics that are met, or are met no more.
    static func marks(_ random: inout SplitMix) -> [MetricMark] {
        (0..<random.below(4)).map { _ in
            let rule = MetricRules.all[random.below(MetricRules.all.count)]
            let places: [MetricPlace] = [.host, .device(UInt8(random.below(9))), .named("ib0/1")]
            let sign = MetricSign(places[random.below(3)], rule: rule.name)
            guard random.below(3) > 0 else { return MetricMark(sign, nil) }
            var fault = LogFault(.event(rule.event))
            fault.instance = 3
            return MetricMark(sign, SeenFault(at: start, fault))
        }
    }

    /// What other tools say, or say no more.
    static func statements(_ random: inout SplitMix) -> [StatementMark] {
        (0..<random.below(4)).map { _ in
            let event = StatementTable.rows[random.below(StatementTable.rows.count)].event
            let isOn = random.below(3) > 0
            return StatementMark(
                event, isOn ? SeenFault(at: start, LogFault(.event(event))) : nil)
        }
    }

    /// What an agent tells of lines.
    static func faults(_ lines: [LogLine], at: Instant = start) -> [SeenFault] {
        var parser = KernelLogParser()
        var faults: [LogFault] = []
        for line in lines { parser.parse(line.text, into: &faults) }
        return faults.map { SeenFault(at: at, $0) }
    }

    /// A desk whose first node works, so that a suspicion does not have it tested.
    static func busyDesk() -> HealthDesk {
        var desk = desk()
        _ = desk.tell(.engine(.occupied(NodeID(0), devices: 0xF, isBusy: true)))
        return desk
    }

    /// Directives without wakes, which a restored desk may ask for once more.
    static func deeds(_ directives: [HealthDirective]) -> [HealthDirective] {
        directives.filter { if case .wake = $0 { false } else { true } }
    }

    static let start = Instant.seconds(1_700_000_000)

    /// A desk with one admitted node whose devices sit at known addresses.
    static func desk(isolates: Bool = true, devices: Int32 = 4) -> HealthDesk {
        var policy = HealthPolicy()
        policy.arrival.new = .admit
        var desk = HealthDesk(policy: policy)
        var output: [HealthDirective] = []
        let slots = ["PCI:0000:3B:00", "0000:86:00.0", "0000:af:00.0", "0000:d8:00.0"]
        let facts = HardwareFacts(
            chassis: "C1",
            devices: (0..<devices).map {
                .init(index: $0, uuid: "GPU-\($0)", boardSerial: "B\($0)", slot: slots[Int($0)])
            }, isolatesDevices: isolates)
        let report = desk.names.report(facts)
        desk.apply(
            .engine(.arrived(NodeID(0), Arrival(report: report))), at: start, into: &output)
        return desk
    }
}

extension HealthDesk {
    /// Tells it something so many seconds after the samples begin.
    mutating func tell(_ input: DeskInput, after seconds: Int64 = 0) -> [HealthDirective] {
        var output: [HealthDirective] = []
        apply(input, at: DeskSamples.start + .seconds(seconds), into: &output)
        return output
    }
}
