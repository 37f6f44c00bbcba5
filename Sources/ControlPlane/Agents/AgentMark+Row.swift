import AgentWire
import Store

extension AgentRow {
    /// The row of a mark: each stream as three numbers of eight bytes, the lowest first.
    init(_ mark: AgentMark) {
        let numbers = mark.streams.flatMap { [$0.stream, $0.sequence, $0.number] }
        self.init(
            node: mark.node, heardAt: mark.heardAt,
            streams: numbers.flatMap { number in
                (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64($0 * 8)) }
            })
    }
}

extension AgentMark {
    /// Bytes of a stream in a row.
    private static let bytes = 24

    /// The mark of a row; throws when it was not written by this program.
    init(_ row: AgentRow) throws {
        guard row.streams.count % AgentMark.bytes == 0,
            row.streams.count / AgentMark.bytes <= AgentLimits.streams
        else { throw Recovery.damage("the mark of the agent of '\(row.node)' is not readable") }
        let numbers = stride(from: 0, to: row.streams.count, by: 8).map { start in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(row.streams[start + $1]) << UInt64($1 * 8) }
        }
        let streams = stride(from: 0, to: numbers.count, by: 3).map {
            StreamMark(stream: numbers[$0], sequence: numbers[$0 + 1], number: numbers[$0 + 2])
        }
        self.init(node: row.node, streams: streams, heardAt: row.heardAt)
    }
}
