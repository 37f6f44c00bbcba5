import Foundation
import Testing

/// A folder that goes with the test.
final class TemporaryFolder {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "muster-test-" + UUID().uuidString
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch { Issue.record(error) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
