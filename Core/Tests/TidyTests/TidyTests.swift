import Testing

/// Goal: the work tree keeps every rule of docs/STYLE.md that a program can check. Method: each
/// rule is a pure function from a file to its violations; all of them are reported at once.
@Suite struct TidyTests {
    @Test func theRepositoryIsTidy() throws {
        let repository = Repository()
        let swift = try repository.paths(withSuffix: ".swift").map {
            SwiftSource(path: $0, text: try repository.text($0))
        }
        let documents = try repository.paths(withSuffix: ".md").map {
            (path: $0, text: try repository.text($0))
        }
        // A walk that finds nothing would pass every rule.
        #expect(swift.contains { $0.path == ErrorPages.codesPath })
        #expect(documents.contains { $0.path == ErrorPages.folder + "README.md" })

        let files = Set(repository.paths)
        let exists = { (path: String) in
            path.isEmpty || files.contains(path) || files.contains { $0.hasPrefix(path + "/") }
        }
        let core = swift.filter { $0.path.hasPrefix("Core/Sources/") }
        let members = DeclaredNames.members(of: core)
        var violations: [Violation] = []
        for source in swift {
            violations += CoreLaws.check(source)
            violations += UnorderedIteration.check(source, foreign: members)
            violations += ImportMap.check(source)
            violations += SizeLimits.check(source)
            violations += Bans.check(source)
            violations += Provenance.check(
                path: source.path, text: source.lines.joined(separator: "\n"))
        }
        for (path, text) in documents {
            violations += MarkdownRules.check(path: path, text: text, exists: exists)
            violations += Provenance.check(path: path, text: text)
        }
        violations += ErrorPages.check(
            codesText: try repository.text(ErrorPages.codesPath),
            pages: Dictionary(uniqueKeysWithValues: documents.map { ($0.path, $0.text) }))

        let report = violations.sorted { ($0.path, $0.line) < ($1.path, $1.line) }
            .map(\.description).joined(separator: "\n")
        #expect(violations.isEmpty, "\n\(report)")
    }
}
