import Testing

@Suite struct DocumentRulesTests {
    private func markdown(_ text: String, path: String = "docs/a.md") -> [Violation] {
        MarkdownRules.check(path: path, text: text) {
            ["docs/STYLE.md", "docs/errors", "README.md"].contains($0)
        }
    }

    @Test func oneTitle() {
        #expect(markdown("# A\n\n## B\n```sh\n# a comment\n```\n").isEmpty)
        #expect(markdown("## B\n").count == 1)
        #expect(markdown("# A\n\n# B\n").map(\.line) == [3])
        #expect(markdown("```\n# A\n```\n").count == 1)
    }

    @Test(arguments: [
        "[a](STYLE.md)", "[a](STYLE.md#size)", "[a](../README.md)", "[a](errors/)", "[a](#here)",
        "[a](https://example.org/x)", "`[a](nowhere.md)`", "[a]: STYLE.md", "a[0] (b)",
        "[a](./STYLE.md \"title\")",
    ])
    func goodLinks(text: String) {
        #expect(markdown("# A\n" + text).isEmpty, "\(markdown("# A\n" + text))")
    }

    @Test(arguments: [
        "[a](nowhere.md)", "[a](STYLE.md) and [b](nowhere.md)", "[a](../../shared/DESIGN.md)",
        "[a](/work/STYLE.md)", "![a](picture.svg)", "[a]: nowhere.md", "[a](README.md)",
    ])
    func badLinks(text: String) {
        #expect(markdown("# A\n" + text).map(\.line) == [2], "`\(text)`")
    }

    private let codes = "enum DiagnosticCode {\n    case a = \"M0101\"\n    case b = \"M0102\"\n}"

    private func pages(_ changes: [String: String?] = [:]) -> [Violation] {
        var pages = [
            "docs/errors/README.md": "# Errors\n[M0101](M0101.md) [M0102](M0102.md)",
            "docs/errors/M0101.md": "# M0101: a\n",
            "docs/errors/M0102.md": "# M0102: b\n",
        ]
        for (path, text) in changes { pages[path] = text }
        return ErrorPages.check(codesText: codes, pages: pages)
    }

    @Test func codesAndPagesMatch() {
        #expect(pages().isEmpty)
        #expect(pages(["docs/errors/M0102.md": nil]).map(\.line) == [3])
        #expect(pages(["docs/errors/M0103.md": "# M0103: c"]).count == 1)
        #expect(pages(["docs/errors/M0102.md": "# M0101: b"]).count == 1)
        #expect(pages(["docs/errors/README.md": "# Errors\n[M0101](M0101.md)"]).count == 1)
        #expect(!ErrorPages.check(codesText: "", pages: [:]).isEmpty)
    }
}
