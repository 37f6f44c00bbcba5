import Foundation
import Testing

/// The health of the fleet in a terminal.
struct HealthPageTests {
    private static let decision = """
        {"number":9,"time":"2026-07-01T08:00:00Z","node":"gpu-7","device":3,"from":"inService",
         "to":"quarantined","rule":"fault","cause":"xid-79","catalogueRule":"xid-79/reset",
         "catalogueVersion":"nvidia-2025-09-30/1","policyVersion":4,"inputs":[41,43]}
        """

    private static func health(_ more: String) -> String {
        """
        {"time":"2026-07-01T08:05:00Z","hasCare":true,
         "states":[{"state":"quarantined","nodes":1,"devices":8}],"out":[],"breakers":[],
         "guards":[],"spares":[],"lemons":[]\(more)}
        """
    }

    private func show(_ health: String) throws -> String {
        let stub = try ClientStub([
            Answers.rule("GET", "/v1/health", health), Answers.fleet,
        ])
        let ran = try stub.muster("health")
        #expect(ran.status == 0, "\(ran.talk)")
        return ran.out
    }

    @Test func saysHowManyAreOutForWhatAndWhatDecisionsRestedOn() throws {
        let out = try show(
            HealthPageTests.health(
                ",\"causes\":[{\"cause\":\"xid-79\",\"nodes\":2}],"
                    + "\"decisions\":[\(HealthPageTests.decision)]"))
        let lines = out.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.lowercased().hasPrefix("out for") })
        #expect(lines.contains { $0.hasPrefix("xid-79") && $0.hasSuffix("2") })
        let decided = try #require(lines.first { $0.contains("gpu-7/3") })
        #expect(decided.contains("quarantined") && decided.contains("fault"))
        #expect(decided.contains("xid-79/reset; inputs"))
    }

    @Test func aServerThatSaysNeitherIsShownAllTheSame() throws {
        let out = try show(HealthPageTests.health(""))
        #expect(out.contains("quarantined") && !out.contains("rested on"))
    }

    @Test func namesTheOtherNodeOfATestBetweenTwo() throws {
        func node(_ more: String) -> String {
            """
            {"node":"gpu-7","state":"qualifying","hold":null,"outSince":null,"cause":null,
             "held":null,"unhealthy":[],"devices":[],
             "operations":[{"id":4,"what":"network test"\(more)}]}
            """
        }
        let empty = "\"out\":[]"
        func page(_ more: String) -> String {
            HealthPageTests.health("").replacingOccurrences(
                of: empty, with: "\"out\":[\(node(more))]")
        }
        #expect(
            try show(page(",\"with\":\"gpu-9\"")).contains("network test with gpu-9 is under way"))
        #expect(try show(page("")).contains("network test is under way"))
    }
}
