import Testing

@Suite struct UnorderedIterationTests {
    private func check(_ text: String, foreign: [String: Shape] = [:]) -> [Violation] {
        UnorderedIteration.check(
            SwiftSource(path: "Core/Sources/Scheduler/A.swift", text: text), foreign: foreign)
    }

    @Test(arguments: [
        "var a: [Int: Int] = [:]\nfor x in a {}",
        "var a: [Int: Int] = [:]\nfor (k, v) in a {}",
        "var a: [String: [Int]]? = nil\nfor x in a! {}",
        "let a = [Int: Int]()\nfor x in a {}",
        "let a = [\"x\": 1, \"y\": 2]\nfor x in a {}",
        "let a: Dictionary<Int, Int> = f()\nfor x in a where x > 1 {}",
        "let a: Set<Int> = [1]\nfor x in a {}",
        "let a: Set = [1]\nfor x in a {}",
        "let a = Set(b)\nfor x in a {}",
        "let a = Set<Int>(b)\na.forEach { f($0) }",
        "let a: Set<Int> = [1]\nlet b = a.map { $0 }",
        "let a: Set<Int> = [1]\nlet b = a.first",
        "let a: Set<Int> = [1]\nlet b = Array(a)",
        "let a: Set<Int> = [1]\nb.append(contentsOf: a)",
        "let a: Set<Int> = [1]\nfor x in a.filter({ $0 > 1 }) {}",
        "let a: [Int: Int] = [:]\nfor k in a.keys {}",
        "let a: [Int: Int] = [:]\nlet b = a.values.map { $0 }",
        "let a: [Int: Int] = [:]\nlet b = Array(a.keys)",
        "let a: [Int: Int] = [:]\nlet b = a.min { $0 < $1 }",
        "let a: [Int: Int] = [:]\nlet b = a.max(by: { $0 < $1 })",
        "let a: [Int: Int] = [:]\nlet b = a\nfor x in b {}",
        "let a: [Int: Set<Int>] = [:]\nfor x in a[1, default: []] {}",
        "let a: [[Int: Int]] = []\nfor x in a { for y in x {} }",
        "let a: [Set<Int>] = []\nfor y in a[3] {}",
        "typealias T = [Int: Int]\nlet a: T = f()\nfor x in a {}",
        "func f(a: [Int: Int]) { for x in a {} }",
        "func f(_ a: inout Set<Int>) { for x in a {} }",
        "func f() -> [Int: Int] { g() }\nfor x in f() {}",
        "struct S { var a: [Int: Int]\nfunc f() { for x in self.a {} } }",
        "struct S { func f() { for x in a {} }\nvar a: [Int: Int] }",
        "struct S { var a: Set<Int> }\nextension S { func f() { for x in a {} } }",
        "struct S { var a: Set<Int> }\nfunc f(s: S) { for x in s.a {} }",
        "let f = { (a: Set<Int>) in for x in a {} }",
        "var cache: [Int: Int] { build() }\nfor x in cache {}",
    ])
    func findsTheBreach(text: String) {
        #expect(!check(text).isEmpty, "nothing found in `\(text)`")
    }

    @Test(arguments: [
        "let a: [Int: Int] = [:]\nfor k in a.keys.sorted() {}",
        "let a: [Int: Int] = [:]\nfor (k, v) in a.sorted(by: f) {}",
        "let a: [Int: Int] = [:]\nlet b = a[1].map { $0 }",
        "let a: [Int: Int] = [:]\nlet b = a.count + a.values.max()!",
        "let a: [Int: [Int]] = [:]\nfor x in a[1]! {}",
        "let a: [Int: [Int]] = [:]\nfor x in a[1, default: []] {}",
        "let a: Set<Int> = [1]\nif a.contains(2) {}\nlet b = a.union(c)",
        "let a: [Int: Int] = [:]\nlet b = Set(a.keys)",
        "let a: Set<Int> = [1]\nlet b = a.sorted()\nfor x in b {}",
        "let a = Set(c).sorted()\nfor x in a {}",
        "let a: [Int] = [1]\nfor x in a {}\na.forEach { f($0) }",
        "func f(a: [Int: Int]) {}\nfunc g(a: [Int]) { for x in a {} }",
        "func f() { let a: Set<Int> = [] }\nfunc g() { let a = [1]\nfor x in a {} }",
        "struct S { var a: Set<Int>\nfunc f(a: [Int]) { for x in a {} } }",
        "struct S { var a: Set<Int>\nfunc f() { g { a in a.map { $0 } } } }",
        "struct S { var a: Set<Int>\nfunc f() { for a in b { a.map { $0 } } } }",
        "let a = x ? [b] : [c]\nfor y in a {}",
        "let a = [x ? 1 : 2]\nfor y in a {}",
        "let a: [[Int: Int]] = []\nfor x in a {}",
        "// for x in a\nlet a: Set<Int> = []",
        "struct S { var values: [Int]\nfunc f() { for x in t.values {} } }",
        "let a: Set<Int> = []\nlet b: Set<Int> = []\nlet c = a == b",
    ])
    func leavesTheRestAlone(text: String) {
        #expect(check(text).isEmpty, "\(check(text))")
    }

    @Test func knowsTheMembersOfOtherFiles() {
        func members(_ texts: [String]) -> [String: Shape] {
            DeclaredNames.members(
                of: texts.map { SwiftSource(path: "Core/Sources/Journal/B.swift", text: $0) })
        }
        let use = "func f(s: S) { for x in s.waiting {} }"
        let set = "struct S { var waiting: Set<Int> }"
        let array = "struct T { var waiting: [Int] }"
        #expect(check(use, foreign: members([set])).count == 1)
        #expect(check(use, foreign: members([set, array])).isEmpty)
        #expect(check(use, foreign: members([array])).isEmpty)
        let hidden = "struct S { private var waiting: Set<Int> }"
        #expect(check(use, foreign: members([hidden])).isEmpty)
    }

    @Test func otherFoldersMayIterate() {
        let text = "let a: Set<Int> = []\nfor x in a {}"
        for path in ["Core/Tests/SchedulerTests/A.swift", "Sources/MusterCLI/A.swift"] {
            #expect(UnorderedIteration.check(SwiftSource(path: path, text: text)).isEmpty)
        }
    }
}
