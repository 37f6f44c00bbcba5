import FleetModel
import HealthSignals

/// Something that happened on a node, with a place in its stream. Told once, whatever breaks.
public struct AgentRecord: Hashable, Sendable {
    /// What happened.
    public enum Body: Hashable, Sendable {
        /// A line of the kernel's log told a fault.
        case fault(LogFault)
        /// So many more faults like this one, the last of them, came in a flood and were counted.
        case repeated(LogFault, count: UInt64)
        /// What asks the driver for its devices gives no answer any more. The device that it was
        /// asking last, if it said so: the one that probably blocks the driver.
        case devicesSilent(last: UInt8?)
        /// It answers again.
        case devicesAnswer
        /// The kernel overwrote lines of its log before they were read.
        case logOverrun
    }

    /// When, by the node's clock.
    public var at: Instant
    /// What happened.
    public var body: Body

    /// Pairs both.
    public init(at: Instant, _ body: Body) {
        self.at = at
        self.body = body
    }

    private enum Tag {
        static let fault: UInt8 = 0
        static let devicesSilent: UInt8 = 1
        static let devicesAnswer: UInt8 = 2
        static let logOverrun: UInt8 = 3
        static let repeated: UInt8 = 4
    }

    /// Appends it to bytes.
    public func write(to writer: inout WireWriter) {
        writer.signed(at.nanoseconds)
        switch body {
        case .fault(let fault):
            writer.byte(Tag.fault)
            fault.write(to: &writer)
        case .repeated(let fault, let count):
            writer.byte(Tag.repeated)
            writer.unsigned(count)
            fault.write(to: &writer)
        case .devicesSilent(let last):
            writer.byte(Tag.devicesSilent)
            writer.unsigned(last.map { UInt64($0) + 1 } ?? 0)
        case .devicesAnswer: writer.byte(Tag.devicesAnswer)
        case .logOverrun: writer.byte(Tag.logOverrun)
        }
    }

    /// Takes one from bytes.
    public init(from reader: inout WireReader) throws(WireRefusal) {
        at = Instant(nanoseconds: try reader.signed())
        let tag = try reader.byte()
        switch tag {
        case Tag.fault: body = .fault(try LogFault(from: &reader))
        case Tag.devicesSilent:
            let last = try reader.number(of: "a device", 0...256)
            body = .devicesSilent(last: last == 0 ? nil : UInt8(last - 1))
        case Tag.devicesAnswer: body = .devicesAnswer
        case Tag.logOverrun: body = .logOverrun
        case Tag.repeated:
            let count = try reader.unsigned()
            body = .repeated(try LogFault(from: &reader), count: count)
        default: throw reader.refusal("\(tag) as a kind of record")
        }
    }
}
