import Documents
import FleetModel
import Simulation

/// Where a fleet comes from: a YAML file, openb's node list, or a shorthand.
enum FleetSource {
    /// Reads `text` as the path of a file if there is one, else as a shorthand.
    static func load(_ text: String) throws(Failure) -> FleetDefinition {
        guard FileReading.exists(text) else {
            if looksLikePath(text) { _ = try FileReading.beginning(of: text) }
            return try FleetDefinition.parse(shorthand: text).orFail()
        }
        if OpenbNodeReader.recognises(try FileReading.beginning(of: text)) {
            var reader = OpenbNodeReader(file: text)
            try FileReading.forEachChunk(of: text) { chunk in
                reader.feed(chunk)
                return true
            }
            return try reader.finish().orFail()
        }
        return try FleetDocument.parse(FileReading.document(text)).resolve().orFail()
    }

    private static func looksLikePath(_ text: String) -> Bool {
        text.contains(".") || text.hasPrefix("/") || text.isEmpty
            || !(text.utf8.first.map { (48...57).contains($0) } ?? false)
    }
}
