import AgentWire

/// How far a log has been read: what came up to here has been told.
public enum LogPosition: Hashable, Sendable {
    /// Nothing of it.
    case beginning
    /// The number that the kernel gave to a line of one start of the machine.
    case kernel(BootID, sequence: UInt64)
    /// Bytes of a file.
    case file(device: UInt64, inode: UInt64, offset: UInt64)
    /// Behind an entry of the journal.
    case journal(cursor: String)
    /// Those of several logs, by their names.
    case several([NamedPosition])

    /// Logs whose positions are kept together.
    public static let most = 16
    static let nameBytes = 256
    /// What a position needs at most.
    static let bytes = 1 + most * (nameBytes + JournalEntries.cursorBytes + 64)

    /// How far logs have been read, from each of them.
    init(_ logs: [NamedPosition]) {
        // One log alone has no name: whatever is followed next in its place goes on from there.
        self = logs.count == 1 ? logs[0].position : .several(logs)
    }

    /// How far one of the logs has been read. What was kept without a name is the first one's.
    func position(of name: String, isFirst: Bool) -> LogPosition {
        guard case .several(let logs) = self else { return isFirst ? self : .beginning }
        return logs.first { $0.name == name }?.position ?? .beginning
    }

    func write(to writer: inout WireWriter) {
        switch self {
        case .beginning: writer.byte(0)
        case .kernel(let boot, let sequence):
            writer.byte(1)
            writer.fixed(boot.high)
            writer.fixed(boot.low)
            writer.unsigned(sequence)
        case .file(let device, let inode, let offset):
            writer.byte(2)
            writer.unsigned(device)
            writer.unsigned(inode)
            writer.unsigned(offset)
        case .journal(let cursor):
            writer.byte(3)
            writer.text(cursor, limit: JournalEntries.cursorBytes)
        case .several(let logs):
            writer.byte(4)
            writer.unsigned(UInt64(logs.count))
            for log in logs {
                writer.text(log.name, limit: LogPosition.nameBytes)
                log.position.write(to: &writer)
            }
        }
    }

    init(from reader: inout WireReader) throws(WireRefusal) {
        let tag = try reader.byte()
        guard tag == 4 else {
            try self.init(tag: tag, from: &reader)
            return
        }
        var logs: [NamedPosition] = []
        for _ in 0..<(try reader.number(of: "logs", 0...UInt64(LogPosition.most))) {
            let name = try reader.text(limit: LogPosition.nameBytes)
            let tag = try reader.byte()
            logs.append(
                NamedPosition(name: name, position: try LogPosition(tag: tag, from: &reader)))
        }
        self = .several(logs)
    }

    private init(tag: UInt8, from reader: inout WireReader) throws(WireRefusal) {
        switch tag {
        case 0: self = .beginning
        case 1:
            let boot = BootID(high: try reader.fixed(), low: try reader.fixed())
            self = .kernel(boot, sequence: try reader.unsigned())
        case 2:
            self = .file(
                device: try reader.unsigned(), inode: try reader.unsigned(),
                offset: try reader.unsigned())
        case 3: self = .journal(cursor: try reader.text(limit: JournalEntries.cursorBytes))
        default: throw reader.refusal("\(tag) as a kind of position")
        }
    }
}

/// How far one of several logs has been read.
public struct NamedPosition: Hashable, Sendable {
    /// Its path, or another word for it.
    public var name: String
    /// Where.
    public var position: LogPosition
}
