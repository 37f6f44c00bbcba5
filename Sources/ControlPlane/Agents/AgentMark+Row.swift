import AgentWire
import Store

extension AgentRow {
    /// The row of a mark: each stream as three numbers of eight bytes.
    init(_ mark: AgentMark) {
        var writer = WireWriter()
        for stream in mark.streams {
            writer.fixed(stream.stream)
            writer.fixed(stream.sequence)
            writer.fixed(stream.number)
        }
        self.init(node: mark.node, heardAt: mark.heardAt, streams: writer.bytes)
    }
}

extension AgentMark {
    /// The mark of a row; throws when it was not written by this program.
    init(_ row: AgentRow) throws {
        var reader = WireReader(row.streams)
        var streams: [StreamMark] = []
        do throws(WireRefusal) {
            while reader.remaining > 0 {
                streams.append(
                    StreamMark(
                        stream: try reader.fixed(), sequence: try reader.fixed(),
                        number: try reader.fixed()))
            }
        } catch {
            throw Recovery.damage("the mark of the agent of '\(row.node)': \(error.what)")
        }
        guard streams.count <= AgentLimits.streams else {
            throw Recovery.damage("the mark of the agent of '\(row.node)' has too many streams")
        }
        self.init(node: row.node, streams: streams, heardAt: row.heardAt)
    }
}
