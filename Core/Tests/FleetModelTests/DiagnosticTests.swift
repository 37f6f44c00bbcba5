import FleetModel
import Testing

@Suite struct DiagnosticTests {
    @Test func formats() {
        var diagnostic = Diagnostic(.invalidField, message: "wrong")
        #expect(diagnostic.text == "error M0302: wrong")
        diagnostic.line = 7
        #expect(diagnostic.text == "error M0302: wrong")
        diagnostic.file = "a.csv"
        #expect(diagnostic.text == "a.csv:7: error M0302: wrong")
        diagnostic.line = 0
        #expect(diagnostic.text == "a.csv: error M0302: wrong")
        diagnostic.hint = "do"
        #expect(diagnostic.text == "a.csv: error M0302: wrong\n    hint: do")
        diagnostic.expected = "right"
        #expect(
            diagnostic.text == "a.csv: error M0302: wrong\n    expected: right\n    hint: do")
    }

    @Test func codesAreUniqueAndWellFormed() {
        let codes = DiagnosticCode.allCases.map(\.rawValue)
        #expect(Set(codes).count == codes.count)
        for code in codes {
            #expect(code.utf8.count == 5 && code.first == "M")
            #expect(code.utf8.dropFirst().allSatisfy { (48...57).contains($0) })
        }
    }

    @Test func namesAreUnique() {
        #expect(Set(RefusalCode.allCases.map(\.name)).count == RefusalCode.allCases.count)
        #expect(RefusalCode.allCases.allSatisfy { "\($0)" == $0.name })
        let kueue = RefusalCode.allCases.compactMap(\.kueueReason)
        #expect(Set(kueue).count == kueue.count)
        #expect(Set(QueueOrder.allCases.map(\.name)).count == QueueOrder.allCases.count)
        #expect(Set(PlacementRule.allCases.map(\.name)).count == PlacementRule.allCases.count)
    }

    @Test func rawValuesAreCounted() {
        // They are positions in arrays of counts, and stand in journals.
        #expect(JobOutcome.allCases.map { Int($0.rawValue) } == Array(0..<5))
        #expect(FailureCause.allCases.map { Int($0.rawValue) } == Array(0..<6))
        #expect(QueueOrder.allCases.map { Int($0.rawValue) } == Array(0..<5))
        #expect(PlacementRule.allCases.map { Int($0.rawValue) } == Array(0..<5))
        #expect(RefusalCode.allCases.map { Int($0.rawValue) } == Array(0..<11))
    }
}
