/// Cuts a stream into lines, however its bytes come in pieces.
public struct LineSplitter: Sendable {
    /// The beginning of a line whose end has not come.
    private var rest: [UInt8] = []
    /// The longest line that is taken.
    public let maximumBytes: Int

    /// A line is longer than the limit.
    public struct LineTooLong: Error, Hashable, Sendable {}

    /// At the beginning of a stream. Objects of the API server are below 3 MiB.
    public init(maximumBytes: Int = 8 << 20) {
        self.maximumBytes = maximumBytes
    }

    /// Whether the stream would end inside of a line here.
    public var isInsideLine: Bool { !rest.isEmpty }

    /// Calls `body` for each line that these bytes complete, without its end; empty lines are left
    /// out. Only what remains of the last line is copied.
    public mutating func feed(
        _ piece: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var start = 0
        while start < piece.count {
            let tail = UnsafeRawBufferPointer(rebasing: piece[start...])
            guard let end = tail.firstIndex(of: UInt8(ascii: "\n")) else {
                guard rest.count + tail.count <= maximumBytes else { throw LineTooLong() }
                rest.append(contentsOf: tail)
                return
            }
            let line = UnsafeRawBufferPointer(rebasing: tail[..<end])
            start += end + 1
            guard rest.count + line.count <= maximumBytes else { throw LineTooLong() }
            if rest.isEmpty {
                if !line.isEmpty { try body(line) }
                continue
            }
            rest.append(contentsOf: line)
            try rest.withUnsafeBytes { try body($0) }
            rest.removeAll(keepingCapacity: rest.capacity < 1 << 20)
        }
    }
}
