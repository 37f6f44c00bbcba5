import FleetModel
import Qualification
import Stacks
import Testing

@testable import Documents

/// What the nodes of a pool should have, and every mistake in saying so.
struct StackDocumentTests {
    private func mistakes(_ text: String) -> [String] {
        guard case .failure(let list) = StackDocument.read(SourceText(text, file: "s.yaml")) else {
            return []
        }
        return list.diagnostics.map { "\($0.code.rawValue) \($0.line) \($0.message)" }
    }

    @Test func readsAll() throws {
        let stack = try StackDocument.read(
            SourceText(
                """
                stack: h100-2026-11
                kernel: ">=6.8"
                driver: 580.82.07
                cuda: 13.10
                nccl: ">=2.28.9"
                firmware: 28.39.1002
                devices: {count: 8, model: H100, ecc: true}
                fabric: {ports: 8, gigabits: 400}
                x-note: &anchor anything
                """, file: "s.yaml")
        ).get()
        #expect(stack.name == "h100-2026-11")
        #expect(
            stack.rules.map { "\($0.part.name) \($0.rule.text)" } == [
                "kernel >=6.8", "driver 580.82.07", "cuda 13.10", "nccl >=2.28.9",
                "firmware 28.39.1002",
            ])
        #expect(stack.deviceCount == 8)
        #expect(stack.deviceModel == "H100")
        #expect(stack.deviceECC == true)
        #expect(stack.portCount == 8)
        #expect(stack.portGigabits == 400)
    }

    @Test func tellsAllMistakesAtOnce() {
        let found = mistakes(
            """
            drivr: 580
            cuda: latest
            nccl: [2.28]
            efa: 1.x
            devices: {count: 65, ecc: maybe, model: []}
            fabric: 8
            """)
        #expect(
            found == [
                "M0202 1 unknown key 'drivr' in the stack file",
                "M0203 1 the stack file has no 'stack'",
                "M0204 2 'cuda' is 'latest'",
                "M0204 3 'nccl' is a list",
                "M0204 4 'efa' is '1.x'",
                "M0204 5 'count' is '65'", "M0204 5 'model' is no text",
                "M0204 5 'ecc' is 'maybe'",
                "M0204 6 'fabric' is '8'",
            ])
    }

    @Test func readsAListWithPools() throws {
        let text = """
            stacks:
              - {stack: old, driver: 570.1}
              - {stack: new, driver: 580.1, nccl: ">=2.28.9"}
            pools: {h100: old, b200: new}
            """
        let catalogue = try StackDocument.catalogue(SourceText(text, file: "s.yaml")).get()
        #expect(catalogue.stacks.map(\.name) == ["old", "new"])
        #expect(catalogue.stacks[1].rules.map(\.part) == [.driver, .nccl])
        #expect(
            catalogue.pools == [
                PoolStack(pool: "h100", stack: "old"), PoolStack(pool: "b200", stack: "new"),
            ])
        // A machine has one stack, and nobody says which of these.
        #expect(mistakes(text) == ["M0204 1 the file has 2 stacks"])
        let single = try StackDocument.catalogue(
            SourceText("stack: s\ndriver: 580\npools: {p: s}", file: "s.yaml")
        ).get()
        #expect(single.stacks.count == 1 && single.pools.map(\.stack) == ["s"])
    }

    @Test func tellsAllMistakesInAList() {
        let text = """
            stack: top
            stacks:
              - {stack: a, driver: latest}
              - {stack: a}
              - nothing
            pools: {p: b, q: [a], r: a}
            """
        guard case .failure(let list) = StackDocument.catalogue(SourceText(text, file: "s.yaml"))
        else {
            Issue.record("it is taken")
            return
        }
        let found = list.diagnostics.map { "\($0.code.rawValue) \($0.line)" }
        #expect(
            found.filter { $0.hasPrefix("M0204") } == ["M0204 1", "M0204 3", "M0204 5", "M0204 6"])
        #expect(found.contains("M0206 4"))
        #expect(list.diagnostics.contains { $0.line == 6 && $0.message == "unknown stack 'b'" })
        #expect(list.diagnostics.contains { $0.line < 3 })
    }

    @Test(arguments: ["", "[]", "stack: {", "stack:", "- a", "\u{0}"])
    func refusesWhatIsNoStack(text: String) {
        #expect(!mistakes(text).isEmpty)
    }
}
