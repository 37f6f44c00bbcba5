import Testing

@Suite struct SizeLimitsTests {
    private func check(_ text: String) -> [Violation] {
        SizeLimits.check(SwiftSource(path: "Sources/MusterCLI/A.swift", text: text))
    }

    private func body(_ count: Int) -> String { String(repeating: "    work()\n", count: count) }

    @Test func longLines() {
        let hundred = String(repeating: "a", count: 100)
        #expect(check(hundred).isEmpty)
        #expect(check("b\n" + hundred + "a").map(\.line) == [2])
        // Columns are characters, not bytes.
        #expect(check("// " + String(repeating: "é", count: 97)).isEmpty)
        #expect(check("// " + String(repeating: "é", count: 98)).count == 1)
        #expect(check("/// https://example.org/" + hundred).isEmpty)
        #expect(check("/// see https://example.org/" + hundred).count == 1)
    }

    @Test(arguments: [
        "func f(a: Int = 1) {\n", "init() {\n", "deinit {\n", "subscript(i: Int) -> Int {\n",
        "var a: Int {\n", "let a: Int = {\n", "func f(\n    a: Int,\n    b: Int\n) -> [Int] {\n",
        "func f<T>(a: T) where T: P {\n", "static func < (a: S, b: S) -> Bool {\n",
    ])
    func longFunctions(head: String) {
        #expect(check("struct S {\n" + head + body(70) + "}\n}\n").isEmpty)
        #expect(check("struct S {\n" + head + body(71) + "}\n}\n").map(\.line) == [2])
    }

    @Test func onlyBodiesCount() {
        let declarations = String(repeating: "    let a = 1\n", count: 90)
        #expect(check("struct S {\n" + declarations + "}\n").isEmpty)
        #expect(
            check("protocol P {\n  func f()\n  init()\n}\nstruct S {\n" + declarations + "}")
                .isEmpty)
        #expect(check("let a = S(\n" + body(90) + ")\n").isEmpty)
        #expect(check("func f() {\n  let s = \"}\"\n" + body(70) + "}\n").count == 1)
    }

    @Test func longFiles() {
        #expect(check(String(repeating: "a\n", count: 600)).isEmpty)
        #expect(check(String(repeating: "a\n", count: 601)).map(\.line) == [601])
    }
}
