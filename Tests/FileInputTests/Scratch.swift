import FileInput
import FleetModel
import Foundation
import Testing

/// A folder of its own for one test, which goes with it.
final class Scratch {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("muster-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    @discardableResult
    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    func bytes(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path(name)).map { [UInt8]($0) }
    }

    var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []
    }

    /// The bytes as the system's own `gzip` compresses them.
    func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let source = try write(bytes, "gzip-input")
        let gzip = Process()
        let output = Pipe()
        gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        gzip.arguments = ["gzip", "-nc", source]
        gzip.standardOutput = output
        try gzip.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        gzip.waitUntilExit()
        try #require(gzip.terminationStatus == 0 && data.count > 10)
        try FileManager.default.removeItem(atPath: source)
        return [UInt8](data)
    }
}

/// All bytes of a source, or the first diagnostic and what came before it.
func readAll(_ path: String) -> (bytes: [UInt8], diagnostic: Diagnostic?) {
    var bytes: [UInt8] = []
    do throws(DiagnosticList) {
        var source = try ByteSource(path: path)
        while let chunk = try source.next() {
            precondition(!chunk.isEmpty && chunk.count <= ByteSource.chunkBytes)
            bytes += chunk
        }
        return (bytes, nil)
    } catch {
        return (bytes, error.diagnostics.first)
    }
}

/// Bytes of a kind that gzip can shorten by about half.
func sampleBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SplitMix(seed: seed)
    return (0..<count).map { _ in UInt8(ascii: "0") + UInt8(random.below(10)) }
}
