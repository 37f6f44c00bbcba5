import Documents
import FleetModel
import Simulation

/// Where a fleet comes from: a YAML file, openb's node list, or a shorthand.
enum FleetSource {
    /// Bytes after which a first line is none of a node list.
    private static let headerBytes = 64 << 10

    /// Reads `text` as the path of a file if there is one, else as a shorthand.
    static func load(_ text: String) throws(Failure) -> FleetDefinition {
        guard FileReading.exists(text) || looksLikePath(text) else {
            return try FleetDefinition.parse(shorthand: text).orFail()
        }
        var beginning: [UInt8] = []
        var nodes: OpenbNodeReader?
        try FileReading.forEachChunk(of: text) { chunk in
            if nodes != nil {
                nodes?.feed(chunk)
                return true
            }
            let isDecided = beginning.count > headerBytes
            beginning += chunk
            if !isDecided, OpenbNodeReader.recognises(beginning) {
                nodes = OpenbNodeReader(file: text)
                nodes?.feed(beginning)
                beginning = []
            }
            return beginning.count <= DocumentLimits.bytes
        }
        if nodes != nil, let result = nodes?.finish() { return try result.orFail() }
        return try FleetDocument.parse(SourceText(bytes: beginning, file: text)).resolve().orFail()
    }

    private static func looksLikePath(_ text: String) -> Bool {
        text.contains(".") || text.hasPrefix("/") || text.isEmpty
            || !(text.utf8.first.map { (48...57).contains($0) } ?? false)
    }
}
