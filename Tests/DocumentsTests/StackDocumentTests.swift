import FleetModel
import Qualification
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
            devices: {count: 65, ecc: maybe, model: []}
            fabric: 8
            """)
        #expect(
            found == [
                "M0202 1 unknown key 'drivr' in the stack file",
                "M0203 1 the stack file has no 'stack'",
                "M0204 2 'cuda' is 'latest'",
                "M0204 3 'nccl' is a list",
                "M0204 4 'count' is '65'", "M0204 4 'model' is no text",
                "M0204 4 'ecc' is 'maybe'",
                "M0204 5 'fabric' is '8'",
            ])
    }

    @Test(arguments: ["", "[]", "stack: {", "stack:", "- a", "\u{0}"])
    func refusesWhatIsNoStack(text: String) {
        #expect(!mistakes(text).isEmpty)
    }
}
