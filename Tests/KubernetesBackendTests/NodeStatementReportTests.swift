import ControlPlane
import FleetModel
import HealthSignals
import KubernetesObjects
import Testing

@testable import KubernetesBackend

@Suite("What other tools say of nodes is reported when it changes")
struct NodeStatementReportTests {
    private func said(_ reports: [BackendReport]) -> [[FaultEvent]] {
        reports.compactMap { report in
            guard case .statements(_, let said) = report else { return nil }
            return said.map(\.event)
        }
    }

    private func news(_ book: inout NodeBook) -> [[FaultEvent]] {
        var problems: [FieldProblem] = []
        return said(book.collect(problems: &problems).reports)
    }

    @Test func reportsComeWithChangesAndWithTheStart() {
        var book = NodeBook(NodeTranslation(topology: Topology(levels: [])))
        var facts = StateBench.node("a")
        book.put(facts)
        #expect(news(&book) == [])
        // Whoever begins may still believe something of a node that is well.
        #expect(said(book.standing) == [[]])
        facts.conditions.append(NodeFacts.Condition("GPUMissing", "True", reason: "R"))
        book.put(facts)
        #expect(news(&book) == [[.aksGPUMissing]])
        #expect(said(book.standing) == [[.aksGPUMissing]])
        // Something else changes.
        facts.isUnschedulable = true
        book.put(facts)
        #expect(news(&book) == [])
        // It goes, and comes again as it was.
        book.remove("a")
        #expect(news(&book) == [])
        book.put(facts)
        #expect(news(&book) == [[.aksGPUMissing]])
        facts.conditions[1].status = "False"
        book.put(facts)
        #expect(news(&book) == [[]])
    }

    @Test func marksOfMustersOwnRepairsAreNoStatements() {
        let key = "sagemaker.amazonaws.com/node-health-status"
        var book = NodeBook(NodeTranslation(topology: Topology(levels: [])))
        var facts = StateBench.node("a", labels: [key: "UnschedulablePendingReboot"])
        facts.repairNote = "reboot"
        book.put(facts)
        #expect(news(&book) == [])
        #expect(said(book.standing) == [])
        facts.labels = [key: "Schedulable"]
        facts.repairNote = ""
        book.put(facts)
        #expect(news(&book) == [])
        facts.labels = [key: "UnschedulablePendingReboot"]
        book.put(facts)
        #expect(news(&book) == [[.hyperPodReboot]])
    }
}
