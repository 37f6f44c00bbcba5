import Testing

@Suite struct CoreLawsTests {
    private func check(
        _ text: String, path: String = "Core/Sources/Scheduler/A.swift"
    )
        -> [Violation]
    {
        CoreLaws.check(SwiftSource(path: path, text: text))
    }

    @Test(arguments: [
        "let a = Date()", "let a = Date.now", "let a = UUID()", "let clock = ContinuousClock()",
        "let clock = SuspendingClock.now", "Task { work() }", "Task.detached { }",
        "func f() async {}", "let a = await f()", "actor Engine {}",
        "var g = SystemRandomNumberGenerator()", "let a = Int.random(in: 0..<9)",
        "let a = Bool.random()", "let a = Int.random(in: 0..<9, using: &g)", "a.shuffle()",
        "let b = a.shuffled(using: &g)", "let b = a.randomElement()", "let a: Double = 1",
        "var f: [Float] = []", "let a = 0.5", "let a = 1e9", "var hasher = Hasher()",
        "let h = a.hashValue", "print(1)", "debugPrint(a)", "let s = \"\\(Date())\"",
    ])
    func findsTheBreach(text: String) {
        let found = check("let first = 1\n" + text)
        #expect(!found.isEmpty, "nothing found in `\(text)`")
        #expect(found.allSatisfy { $0.line == 2 && !$0.replacement.isEmpty })
    }

    @Test(arguments: [
        "// Date() and Task { } await a Double", "/// Uses no ContinuousClock.",
        "let a = \"Date() 0.5 Task\"", "case .random: break", "case random",
        "let r = PlacementRule.random", "let x = tuple.0.1", "for i in 0..<9 {}",
        "let date = ReleaseDate(1)", "struct SplitMix { func below(_ n: Int) {} }",
        "log.print(a)", "f(dump: 1)", "let taskName = 1", "let n = 1_000_000",
    ])
    func leavesTheRestAlone(text: String) {
        #expect(check(text).isEmpty, "\(check(text))")
    }

    @Test func floatsMayBeReported() {
        let text = "let mean: Double = 0.5"
        #expect(check(text, path: "Core/Sources/Simulation/Reports/Mean.swift").isEmpty)
        #expect(check(text, path: "Core/Sources/Simulation/Reports/Answers/Mean.swift").isEmpty)
        #expect(check(text, path: "Core/Sources/Simulation/Mean.swift").count == 2)
        #expect(check("Date()", path: "Core/Sources/Simulation/Reports/Mean.swift").count == 1)
    }

    @Test func otherFoldersHaveOtherLaws() {
        #expect(check("let a = Date()", path: "Sources/MusterCLI/A.swift").isEmpty)
        #expect(check("let a = Date()", path: "Core/Tests/SchedulerTests/A.swift").isEmpty)
    }

    @Test func reportsFileLineRuleAndReplacement() {
        let expected =
            "Core/Sources/Scheduler/A.swift:1: core-law: `Date` in Core "
            + "(take `now: Instant` as an argument instead)"
        #expect(check("Date()").map(\.description) == [expected])
    }
}
