import Documents
import FileInput
import FleetModel
import Glibc

/// Files as the commands read them. Each is read once, from its beginning to its end, so that pipes
/// and standard input do as well.
enum FileReading {
    /// How far a file has been read, in bytes of the file itself.
    struct Extent {
        /// Bytes read so far.
        var consumedBytes: Int
        /// All bytes of the file; nil for a pipe.
        var fileBytes: Int?
    }

    /// Gives every chunk of a file, inflated if it is gzip, to `body`, until it says stop.
    static func forEachChunk(
        of path: String, _ body: ([UInt8]) -> Bool
    ) throws(Failure) {
        try forEachChunk(of: path) { chunk, _ in body(chunk) }
    }

    /// The same, with how far the file has been read.
    static func forEachChunk(
        of path: String, _ body: ([UInt8], Extent) -> Bool
    ) throws(Failure) {
        var source = try open(path)
        do throws(DiagnosticList) {
            while let chunk = try source.next() {
                let extent = Extent(
                    consumedBytes: source.consumedBytes, fileBytes: source.fileBytes)
                if !body(chunk, extent) { return }
            }
        } catch {
            throw Failure(midway: error)
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

    /// Whether something is at the path.
    static func exists(_ path: String) -> Bool { path == "-" || access(path, F_OK) == 0 }

    /// A path that is good from any folder.
    static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return String(cString: folder) + "/" + path
    }

    /// A path that a file names: from that file's folder, where it does not begin at the root.
    static func path(_ path: String, besideFile file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return String(file[...slash]) + path
    }

    /// Whether two paths lead to one regular file.
    static func isSameFile(_ path: String, _ other: String) -> Bool {
        var first = stat()
        var second = stat()
        guard stat(path, &first) == 0, stat(other, &second) == 0 else { return path == other }
        return first.st_mode & S_IFMT == S_IFREG && first.st_dev == second.st_dev
            && first.st_ino == second.st_ino
    }

    private static func open(_ path: String) throws(Failure) -> ByteSource {
        do throws(DiagnosticList) {
            return try ByteSource(path: path)
        } catch {
            throw Failure(reading: error)
        }
    }
}
