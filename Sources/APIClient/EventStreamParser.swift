/// Takes Server-Sent Events apart (HTML Standard, 9.2.6), however the bytes are cut.
public struct EventStreamParser: Sendable {
    /// One event.
    public struct Message: Hashable, Sendable {
        /// The last id that the stream told; nil before the first.
        public var id: String?
        /// What kind of event it is; `message` when the stream does not say.
        public var event: String
        /// What it says.
        public var data: String
    }

    private var line: [UInt8] = []
    private var endsWithReturn = false
    private var id: String?
    private var event = ""
    private var data: [String] = []

    /// Bytes of one line that are kept; the rest of a longer one is dropped.
    private static let lineBytes = 16 << 20

    /// At the beginning of a stream.
    public init() {}

    /// The events that these bytes complete.
    public mutating func feed(_ bytes: [UInt8]) -> [Message] {
        var messages: [Message] = []
        for byte in bytes {
            let followsReturn = endsWithReturn
            endsWithReturn = byte == UInt8(ascii: "\r")
            switch byte {
            case UInt8(ascii: "\n") where followsReturn: break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if let message = take() { messages.append(message) }
                line.removeAll(keepingCapacity: true)
            default:
                if line.count < EventStreamParser.lineBytes { line.append(byte) }
            }
        }
        return messages
    }

    private mutating func take() -> Message? {
        guard !line.isEmpty else {
            defer {
                event = ""
                data = []
            }
            guard !data.isEmpty else { return nil }
            return Message(
                id: id, event: event.isEmpty ? "message" : event,
                data: data.joined(separator: "\n"))
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        let name = String(decoding: line[..<(colon ?? line.endIndex)], as: UTF8.self)
        var rest = colon.map { line[line.index(after: $0)...] } ?? []
        if rest.first == UInt8(ascii: " ") { rest.removeFirst() }
        let value = String(decoding: rest, as: UTF8.self)
        switch name {
        case "id" where !rest.contains(0): id = value
        case "event": event = value
        case "data": data.append(value)
        default: break
        }
        return nil
    }
}
