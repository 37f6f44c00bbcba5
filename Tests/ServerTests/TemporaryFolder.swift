import Foundation

/// A folder that goes with the test.
final class TemporaryFolder {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "muster-test-" + UUID().uuidString
        try! FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
