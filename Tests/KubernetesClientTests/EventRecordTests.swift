import KubernetesJSON
import Testing

@testable import KubernetesClient

@Suite struct EventRecordTests {
    private func event(_ note: String) -> EventRecord {
        EventRecord(
            subject: .init(apiVersion: "v1", kind: "Pod", namespace: "a", name: "p", uid: "u"),
            isWarning: true, reason: "FailedScheduling", action: "Scheduling", note: note,
            controller: "muster.dev/scheduler", instance: "muster-0")
    }

    private let time = Timestamp(microseconds: 1_780_000_000_000_000)

    @Test func bodiesHaveTheFormOfTheirVersion() {
        let new = ResourceType(
            group: "events.k8s.io", version: "v1", plural: "events", kind: "Event")
        let text = String(
            decoding: event("no room").body(new, name: "n", namespace: "a", at: time),
            as: UTF8.self)
        #expect(text.contains(#""note":"no room""#))
        #expect(text.contains(#""regarding":{"apiVersion":"v1","kind":"Pod""#))
        #expect(text.contains(#""eventTime":"2026-05-28T20:26:40.000000Z""#))
        #expect(!text.contains("involvedObject"))
        let core = ResourceType(version: "v1", plural: "events", kind: "Event")
        let old = String(
            decoding: event("no room").body(core, name: "n", namespace: "a", at: time),
            as: UTF8.self)
        #expect(old.contains(#""message":"no room""#) && old.contains(#""involvedObject":"#))
        #expect(old.contains(#""source":{"component":"muster.dev/scheduler"}"#))
    }

    @Test func longNotesAreCutBetweenCharacters() {
        let cut = EventRecord.cut(String(repeating: "é", count: 1_000), 1_024)
        #expect(cut.utf8.count <= 1_024 && cut.utf8.count > 1_018)
        #expect(cut.hasSuffix("é…"))
        #expect(EventRecord.cut("short", 1_024) == "short")
    }
}
