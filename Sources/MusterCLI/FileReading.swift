import Documents
import FileInput
import FleetModel
import Glibc

/// Files as the commands need them.
enum FileReading {
    /// Gives every chunk of a file, inflated if it is gzip, to `body`, until it says stop.
    static func forEachChunk(
        of path: String, _ body: ([UInt8]) -> Bool
    ) throws(Failure) {
        do throws(DiagnosticList) {
            var source = try ByteSource(path: path)
            while let chunk = try source.next() {
                if !body(chunk) { return }
            }
        } catch {
            throw Failure(reading: error)
        }
    }

    /// A whole file, at most as large as a document may be.
    static func document(_ path: String) throws(Failure) -> SourceText {
        var bytes: [UInt8] = []
        try forEachChunk(of: path) { chunk in
            bytes += chunk
            return bytes.count <= DocumentLimits.bytes
        }
        return SourceText(bytes: bytes, file: path)
    }

    /// The first chunk of a file; empty for an empty file.
    static func beginning(of path: String) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachChunk(of: path) { chunk in
            bytes = chunk
            return false
        }
        return bytes
    }

    /// Whether something is at the path.
    static func exists(_ path: String) -> Bool { path == "-" || access(path, F_OK) == 0 }

    /// Writes a whole file, or nothing.
    static func write(_ text: String, to path: String) throws(Failure) {
        do throws(DiagnosticList) {
            try FileOutput.write(Array(text.utf8), to: path)
        } catch {
            throw Failure(writing: error)
        }
    }
}
