import Testing

@Suite struct ImportMapTests {
    private func check(_ text: String, path: String) -> [Violation] {
        ImportMap.check(SwiftSource(path: path, text: text))
    }

    @Test(arguments: [
        ("Core/Sources/FleetModel/A.swift", "import Foundation"),
        ("Core/Sources/FleetModel/A.swift", "import Scheduler"),
        ("Core/Sources/Scheduler/State/A.swift", "import Journal"),
        ("Core/Sources/Scheduler/A.swift", "@preconcurrency import Glibc"),
        ("Core/Sources/Scheduler/A.swift", "import struct Foundation.Date"),
        ("Core/Sources/Scheduler/A.swift", "public import NIOCore"),
        ("Core/Sources/Journal/A.swift", "import Synchronization"),
        ("Core/Sources/Simulation/A.swift", "#if canImport(Dispatch)\nimport Dispatch\n#endif"),
        ("Sources/Documents/A.swift", "import FileInput"),
        ("Sources/FileInput/A.swift", "import Yams"),
        ("Sources/muster/main.swift", "import Scheduler"),
        ("Core/Tests/SchedulerTests/A.swift", "@testable import Simulation"),
        ("Core/Sources/Novelty/A.swift", "let a = 1"),
        ("Core/Tests/NoveltyTests/A.swift", "let a = 1"),
        ("Benchmarks/Sources/novelty/A.swift", "let a = 1"),
        ("Stray.swift", "let a = 1"),
        ("Core/Sources/A.swift", "let a = 1"),
    ])
    func findsTheBreach(path: String, text: String) {
        let found = check(text, path: path)
        #expect(found.count == 1, "\(path): \(text)")
        #expect(found.allSatisfy { $0.path == path && !$0.replacement.isEmpty })
    }

    @Test(arguments: [
        ("Core/Sources/Scheduler/State/A.swift", "import FleetModel"),
        ("Core/Sources/Simulation/Reports/A.swift", "import Scheduler\nimport Journal"),
        ("Core/Sources/FleetModel/A.swift", "// import Foundation\nlet a = \"import Glibc\""),
        ("Sources/FileInput/A.swift", "import CZlib\nimport Glibc\nimport FleetModel"),
        ("Core/Tests/TidyTests/Rules/A.swift", "import Foundation\nimport Testing"),
        ("Package.swift", "import PackageDescription"),
        ("Core/Package.swift", "import PackageDescription"),
    ])
    func leavesTheRestAlone(path: String, text: String) {
        #expect(check(text, path: path).isEmpty)
    }

    /// The map has no cycle, or "down and inward" would mean nothing.
    @Test func theMapPointsDown() {
        let modules = Dictionary(
            uniqueKeysWithValues: ImportMap.allowed.map { key, value in
                (String(key.split(separator: "/").last ?? ""), value)
            })
        func reaches(_ from: String, _ to: String, _ depth: Int) -> Bool {
            depth > 0
                && (modules[from] ?? []).contains { $0 == to || reaches($0, to, depth - 1) }
        }
        for module in modules.keys {
            #expect(!reaches(module, module, 8), "\(module) depends on itself")
        }
    }
}
