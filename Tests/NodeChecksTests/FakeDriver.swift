import Foundation
import Testing

/// What the fake driver does wrong; the numbers are those of `Fake/driver.c`.
enum Fake: Int, CaseIterable {
    case good, slow, wrongMemory, wrongLater, wrongAlways, wrongCopy, wrongPeer, hang, noDevice
    case brokenMemory, badRows, narrow, lost, busy, dies, alone, split, fewer
    case onFabric, offFabric

    private static let lock = NSLock()
    private nonisolated(unsafe) static var built: [Fake: String] = [:]

    /// The library, compiled when it is first asked for.
    var library: String {
        get throws {
            Fake.lock.lock()
            defer { Fake.lock.unlock() }
            if let path = Fake.built[self] { return path }
            let folder = FileManager.default.temporaryDirectory
                .appendingPathComponent("muster-fake-\(UUID().uuidString)")
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true)
            let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("Fake/driver.c").path
            let path = folder.appendingPathComponent("libcuda.so.1").path
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [
                "cc", "-O2", "-shared", "-fPIC", "-DFAKE=\(rawValue)", "-o", path, source,
            ]
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "no C compiler could build \(source)")
            // One file is all three libraries, so that they share what they know.
            for name in ["libcublas.so.12", "libnvidia-ml.so.1"] {
                try FileManager.default.createSymbolicLink(
                    atPath: folder.appendingPathComponent(name).path,
                    withDestinationPath: "libcuda.so.1")
            }
            if Fake.built.isEmpty {
                // Nobody knows which test is the last to use one.
                atexit {
                    for path in Fake.built.values {
                        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
                        try? FileManager.default.removeItem(at: folder)
                    }
                }
            }
            Fake.built[self] = path
            return path
        }
    }

    /// The folder that has it under the names of the true libraries.
    var folder: String {
        get throws { URL(fileURLWithPath: try library).deletingLastPathComponent().path }
    }
}
