import Testing

/// Code, comments and strings must not be taken for each other: every rule stands on that.
@Suite struct LexerTests {
    private func words(_ text: String) -> [String] {
        SwiftSource(path: "a.swift", text: text).tokens.filter { $0.kind == .word }.map(\.text)
    }

    @Test(arguments: [
        ("a // b\nc", ["a", "c"]),
        ("a /* b /* c */ d */ e", ["a", "e"]),
        (#"a("b // c") d"#, ["a", "d"]),
        (#"a("\"b") c"#, ["a", "c"]),
        (#"a("b \(c("d")) e") f"#, ["a", "c", "f"]),
        (##"a(#"b "c" \(d)"#) e"##, ["a", "e"]),
        (##"a(#"b \#(c) d"#) e"##, ["a", "c", "e"]),
        ("a(\"\"\"\n b \" c \\(d)\n \"\"\") e", ["a", "d", "e"]),
        ("a(\"\") b", ["a", "b"]),
        (##"a(#""#) b"##, ["a", "b"]),
        ("let a = /b \"c/ \nd", ["let", "a", "d"]),
        ("a = b / c / d", ["a", "b", "c", "d"]),
        ("a.reduce(1, /)\nb / c", ["a", "reduce", "b", "c"]),
        ("\"unclosed\nb", ["b"]),
        ("/* unclosed", []),
    ])
    func separates(text: String, expected: [String]) {
        #expect(words(text) == expected)
    }

    @Test func keepsLineNumbers() {
        let source = SwiftSource(
            path: "a.swift", text: "/* x\n\n*/ a\n\"\"\"\n q\n \"\"\"\nb // c\n")
        #expect(source.tokens.filter { $0.kind == .word }.map(\.line) == [3, 7])
        #expect(source.commentLines[6].hasSuffix("// c"))
    }

    @Test func tellsNumbersApart() {
        let source = SwiftSource(path: "a.swift", text: "1 1.5 1e3 0x1E 0..<5 a.0.1 1_000 2.0e-1")
        let floats = source.tokens.filter { $0.kind == .float }.map(\.text)
        #expect(floats == ["1.5", "1e3", "2.0e-1"])
    }
}
