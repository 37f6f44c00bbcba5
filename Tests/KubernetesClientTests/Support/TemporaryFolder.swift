import Foundation
import Testing

/// A folder that goes when nobody has it any more.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.path + "/muster-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch { Issue.record(error) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ bytes: [UInt8]) {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
        } catch { Issue.record(error) }
    }

    /// A program for the shell, which reads it: to run it directly would fail now and then, when
    /// another process starts while it is being written.
    func script(_ name: String, _ text: String) -> String {
        write(name, Array((text + "\n").utf8))
        return path + "/" + name
    }
}
