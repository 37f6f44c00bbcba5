import AgentWire
import FleetModel

/// What a spill file says, and how: one entry after the other, each with its length and checksum.
///
/// Written so that any beginning of it is a state that there was: what a kill cut off is left out.
public struct SpillImage: Sendable {
    /// One entry.
    public enum Entry: Hashable, Sendable {
        /// What there was when the file began.
        case begin(
            stream: UInt64, run: UInt32, boot: BootID, nextSequence: UInt64, position: LogPosition)
        /// A record and its place; the log was read up to the position when it was made.
        case record(sequence: UInt64, position: LogPosition, bytes: [UInt8])
        /// Records up to here are taken.
        case acknowledged(sequence: UInt64)
    }

    /// The records that are not acknowledged.
    public private(set) var queue: RecordQueue
    /// How often the agent was started with this memory.
    public private(set) var run: UInt32
    /// The start of the machine in which the file was begun.
    public private(set) var boot: BootID
    /// How far the log has been told.
    public private(set) var position: LogPosition

    /// Reads a file; nil when it has not even a beginning.
    public init?(_ bytes: [UInt8]) {
        var offset = 0
        guard
            case .begin(let stream, let run, let boot, let next, let position)? =
                SpillImage.entry(in: bytes, at: &offset)
        else { return nil }
        queue = RecordQueue(stream: stream, nextSequence: next)
        self.run = run
        self.boot = boot
        self.position = position
        while let entry = SpillImage.entry(in: bytes, at: &offset) {
            guard take(entry) else { return }
        }
    }

    /// Takes one entry; false for one that cannot follow what was before.
    private mutating func take(_ entry: Entry) -> Bool {
        switch entry {
        case .begin: return false
        case .record(let sequence, let position, let bytes):
            var reader = WireReader(bytes)
            guard sequence == queue.nextSequence, (try? AgentRecord(from: &reader)) != nil,
                reader.remaining == 0
            else { return false }
            queue.append(bytes)
            self.position = position
        case .acknowledged(let sequence): queue.acknowledge(sequence)
        }
        return true
    }

    /// An entry as bytes.
    public static func encoded(_ entry: Entry) -> [UInt8] {
        var body = WireWriter()
        switch entry {
        case .begin(let stream, let run, let boot, let next, let position):
            body.byte(0)
            body.byte(AgentLimits.oldestVersion)
            body.fixed(stream)
            body.unsigned(UInt64(run))
            body.fixed(boot.high)
            body.fixed(boot.low)
            body.unsigned(next)
            position.write(to: &body)
        case .record(let sequence, let position, let bytes):
            body.byte(1)
            body.unsigned(sequence)
            position.write(to: &body)
            body.unsigned(UInt64(bytes.count))
            body.raw(bytes)
        case .acknowledged(let sequence):
            body.byte(2)
            body.unsigned(sequence)
        }
        var frame = WireWriter()
        frame.unsigned(UInt64(body.bytes.count))
        frame.fixed(UInt64(Crc32c.checksum(body.bytes)))
        frame.raw(body.bytes)
        return frame.bytes
    }

    /// The file that says what a queue holds.
    public static func encoded(
        _ queue: RecordQueue, run: UInt32, boot: BootID, position: LogPosition
    ) -> [UInt8] {
        var bytes = encoded(
            .begin(
                stream: queue.stream, run: run, boot: boot, nextSequence: queue.firstSequence,
                position: position))
        queue.forEach { sequence, record in
            bytes += encoded(.record(sequence: sequence, position: position, bytes: record))
        }
        return bytes
    }

    private static let entryBytes = AgentLimits.recordBytes + 128 + LogPosition.bytes

    /// The entry at an offset, which moves behind it; nil at the end and at what is damaged.
    private static func entry(in bytes: [UInt8], at offset: inout Int) -> Entry? {
        guard offset < bytes.count else { return nil }
        let most = min(bytes.count, offset + entryBytes + 16)
        var frame = WireReader(Array(bytes[offset..<most]))
        guard let count = try? frame.number(of: "bytes", 1...UInt64(entryBytes)),
            let sum = try? frame.fixed(), frame.remaining >= Int(count)
        else { return nil }
        let start = offset + frame.position
        let body = Array(bytes[start..<start + Int(count)])
        guard UInt64(Crc32c.checksum(body)) == sum, let entry = try? decoded(body) else {
            return nil
        }
        offset = start + Int(count)
        return entry
    }

    private static func decoded(_ body: [UInt8]) throws(WireRefusal) -> Entry {
        var reader = WireReader(body)
        let entry: Entry
        switch try reader.byte() {
        case 0:
            guard try reader.byte() == AgentLimits.oldestVersion else {
                throw reader.refusal("another version")
            }
            let stream = try reader.fixed()
            let run = UInt32(try reader.number(of: "runs", 0...UInt64(UInt32.max)))
            let boot = BootID(high: try reader.fixed(), low: try reader.fixed())
            let next = try reader.number(of: "a place", 1...UInt64.max >> 1)
            entry = .begin(
                stream: stream, run: run, boot: boot, nextSequence: next,
                position: try LogPosition(from: &reader))
        case 1:
            let sequence = try reader.unsigned()
            let position = try LogPosition(from: &reader)
            entry = .record(
                sequence: sequence, position: position,
                bytes: try reader.raw(limit: AgentLimits.recordBytes))
        case 2: entry = .acknowledged(sequence: try reader.unsigned())
        case let tag: throw reader.refusal("\(tag) as a kind of entry")
        }
        try reader.expectEnd()
        return entry
    }
}
