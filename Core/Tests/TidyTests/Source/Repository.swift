import Foundation

/// The files of the work tree that this test was compiled from.
struct Repository {
    /// The folder that holds `Core`, `docs` and `Makefile`.
    let root: URL
    /// Every file's path relative to the root, sorted; without hidden folders and build output.
    let paths: [String]

    /// Walks the work tree.
    init(testFile: String = #filePath) {
        var folder = URL(fileURLWithPath: testFile).deletingLastPathComponent()
        while folder.path != "/" && !Repository.isRoot(folder) { folder.deleteLastPathComponent() }
        root = folder
        var paths: [String] = []
        Repository.walk(folder, prefix: "", into: &paths)
        self.paths = paths.sorted()
    }

    /// The paths that end in an extension.
    func paths(withSuffix suffix: String) -> [String] {
        paths.filter { $0.hasSuffix(suffix) }
    }

    /// A file's text.
    func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    private static func isRoot(_ folder: URL) -> Bool {
        let manifest = folder.appendingPathComponent("Core/Package.swift")
        return FileManager.default.fileExists(atPath: manifest.path)
    }

    private static func walk(_ folder: URL, prefix: String, into paths: inout [String]) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where !name.hasPrefix(".") && !(prefix.isEmpty && name == "out") {
            let child = folder.appendingPathComponent(name)
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: child.path, isDirectory: &isFolder)
            if isFolder.boolValue {
                walk(child, prefix: prefix + name + "/", into: &paths)
            } else {
                paths.append(prefix + name)
            }
        }
    }
}
