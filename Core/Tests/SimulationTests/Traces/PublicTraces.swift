import FleetModel
import Foundation

@testable import Simulation

/// The public traces, which stand beside the repository and not in it.
enum PublicTraces {
    /// Their folder; nil, with the reason printed, when it is not there.
    static func folder() -> URL? {
        if let path = ProcessInfo.processInfo.environment["MUSTER_TRACES"] {
            return found(URL(fileURLWithPath: path))
        }
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<5 { root.deleteLastPathComponent() }
        return found(root.appendingPathComponent("../shared/traces"))
    }

    private static func found(_ folder: URL) -> URL? {
        if FileManager.default.fileExists(atPath: folder.path) { return folder }
        print("skipped: there are no traces in \(folder.path)")
        return nil
    }

    /// The bytes of a file of the folder, inflated when its name ends in `.gz`.
    static func bytes(_ path: String) throws -> [UInt8]? {
        guard let folder = folder() else { return nil }
        let file = folder.appendingPathComponent(path)
        guard path.hasSuffix(".gz") else { return [UInt8](try Data(contentsOf: file)) }
        let gzip = Process()
        let output = Pipe()
        gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        gzip.arguments = ["gzip", "-dc", file.path]
        gzip.standardOutput = output
        try gzip.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        gzip.waitUntilExit()
        return [UInt8](data)
    }
}

/// Reads a whole text, cut into chunks of `size` bytes.
func readTrace(
    _ bytes: [UInt8], format: TraceFormat? = nil, chunk size: Int = 1 << 16
) -> Result<Trace, DiagnosticList> {
    var reader = TraceReader(file: "trace.csv", format: format)
    bytes.withUnsafeBytes { buffer in
        var start = 0
        while start < buffer.count {
            let end = min(buffer.count, start + size)
            reader.feed(UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
            start = end
        }
    }
    return reader.finish()
}

/// Reads a whole text.
func readTrace(_ text: String, format: TraceFormat? = nil) -> Result<Trace, DiagnosticList> {
    readTrace([UInt8](text.utf8), format: format)
}

/// The diagnostics of a result; none when it succeeded.
func diagnostics<Value>(_ result: Result<Value, DiagnosticList>) -> [Diagnostic] {
    guard case .failure(let list) = result else { return [] }
    return list.diagnostics
}

/// A digest of everything that a list of jobs says.
func digest(_ jobs: [TraceJob]) -> String {
    var hasher = StateHasher()
    for job in jobs {
        hasher.add(job.submitNanoseconds)
        hasher.add(job.durationNanoseconds)
        hasher.add(job.gpus)
        hasher.add(job.gpuMilli)
        hasher.add(job.cpuMilli)
        hasher.add(job.memoryMiB)
        hasher.add(job.limitNanoseconds)
        hasher.add(job.priority)
        for text in [job.name, job.tenant, job.family] + job.kinds {
            hasher.add(text.utf8.count)
            for byte in text.utf8 { hasher.add(UInt64(byte)) }
        }
    }
    return StateHasher.hexadecimal(hasher.digest)
}
