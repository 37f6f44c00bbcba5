import AgentWire

/// How far a log has been read: what came up to here has been told.
public enum LogPosition: Hashable, Sendable {
    /// Nothing of it.
    case beginning
    /// The number that the kernel gave to a line of one start of the machine.
    case kernel(BootID, sequence: UInt64)
    /// Bytes of a file.
    case file(device: UInt64, inode: UInt64, offset: UInt64)

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
        }
    }

    init(from reader: inout WireReader) throws(WireRefusal) {
        switch try reader.byte() {
        case 0: self = .beginning
        case 1:
            let boot = BootID(high: try reader.fixed(), low: try reader.fixed())
            self = .kernel(boot, sequence: try reader.unsigned())
        case 2:
            self = .file(
                device: try reader.unsigned(), inode: try reader.unsigned(),
                offset: try reader.unsigned())
        case let tag: throw reader.refusal("\(tag) as a kind of position")
        }
    }
}
