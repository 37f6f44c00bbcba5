import AgentWire
import FleetModel
import Fuzzing
import HealthSignals

/// Messages of every kind, drawn from a seed.
struct WireSource {
    var random: SplitMix
    private var lines: SignalSource
    private var parser = KernelLogParser()
    private var waiting: [LogFault] = []

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
        lines = SignalSource(seed: seed)
    }

    /// The next fault of a random log.
    mutating func fault() -> LogFault {
        while waiting.isEmpty { parser.parse(lines.next(), into: &waiting) }
        return waiting.removeFirst()
    }

    mutating func text(_ most: Int = 20) -> String {
        let marks: [Character] = ["a", "Z", "0", "-", " ", "é", "語", "/", "\0", "🙂"]
        return String((0..<random.below(most + 1)).map { _ in marks[random.below(marks.count)] })
    }

    mutating func flip() -> Bool { random.below(2) == 0 }

    mutating func address() -> PCIAddress {
        PCIAddress(
            domain: UInt32(truncatingIfNeeded: random.next() >> UInt64(random.below(33) + 31)),
            bus: UInt8(random.below(256)), device: UInt8(random.below(32)),
            function: UInt8(random.below(8)))
    }

    mutating func report() -> MachineReport {
        var report = MachineReport()
        report.agentVersion = text()
        report.chassisSerial = text()
        report.product = text()
        report.devices = (0..<random.below(9)).map {
            ReportedDevice(
                index: UInt8($0), uuid: text(), boardSerial: text(), model: text(), slot: text(),
                address: flip() ? address() : nil, seat: flip() ? seat() : nil,
                fabric: flip()
                    ? ReportedFabric(
                        cluster: text(), clique: UInt32(truncatingIfNeeded: random.next())) : nil)
        }
        report.devicesOnBus = flip() ? UInt8(random.below(256)) : nil
        report.interfaces = (0..<random.below(9)).map { _ in
            ReportedInterface(
                name: text(), guid: text(), firmware: text(), address: flip() ? address() : nil)
        }
        report.versions = (0..<random.below(5)).map { _ in ReportedVersion(text(), text()) }
        return report
    }

    mutating func seat() -> ReportedSeat {
        var seat = ReportedSeat()
        seat.guid = text()
        seat.chassisSerial = text()
        seat.slot = flip() ? UInt8(random.below(256)) : nil
        seat.tray = flip() ? UInt8(random.below(256)) : nil
        seat.host = flip() ? UInt8(random.below(256)) : nil
        seat.peer = flip() ? UInt8(random.below(256)) : nil
        seat.module = flip() ? UInt8(random.below(256)) : nil
        return seat
    }

    mutating func key() -> SampleKey {
        let subject: SampleSubject =
            switch random.below(4) {
            case 0: .host
            case 1: .device(UInt8(random.below(16)))
            case 2: .named(text())
            default: .bus(address())
            }
        return SampleKey(
            subject,
            flip() ? .field(Int32(truncatingIfNeeded: random.next())) : .counter(text()))
    }

    mutating func number() -> Int64 {
        Int64(bitPattern: random.next()) >> Int64(random.below(64))
    }

    mutating func record() -> AgentRecord {
        let body: AgentRecord.Body =
            switch random.below(7) {
            case 0: .devicesSilent(last: flip() ? UInt8(random.below(256)) : nil)
            case 1: .devicesAnswer
            case 2: .logOverrun
            case 3: .repeated(fault(), count: random.next() >> UInt64(random.below(64)))
            default: .fault(fault())
            }
        return AgentRecord(at: Instant(nanoseconds: number()), body)
    }

    mutating func message() -> AgentMessage {
        var message = AgentMessage(
            node: "node" + text(), boot: BootID(high: random.next(), low: random.next()),
            stream: random.next(), number: random.next() >> UInt64(random.below(64)),
            sentAt: Instant(nanoseconds: number()))
        message.report = flip() ? report() : nil
        message.isWhole = message.report != nil && flip()
        message.firstSequence = UInt64(1 + random.below(1 << 40))
        message.records = (0..<random.below(6)).map { _ in record() }
        message.samples = (0..<random.below(20)).map { _ in
            AgentSample(key(), random.below(8) == 0 ? nil : number())
        }
        return message
    }
}
