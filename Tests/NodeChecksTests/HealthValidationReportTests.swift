import FleetModel
import Testing

@testable import NodeChecks

/// Goal: what the tool says is read with its details, and whatever is wrong with a file is told at
/// once.
struct HealthValidationReportTests {
    private static let verdict = """
        {"overall_severity": "CRITICAL", "schema": 3, "node": {"a": [1]}, "affected_components": [
          {"category": "xid", "max_severity": "CRITICAL", "check_ids": ["gpu_xid_79", "gpu_xid_48",
            "gpu_xid_warning"], "entities": ["GPU-1", "GPU-2"], "steps": ["reset_gpu"]},
          {"category": "node", "max_severity": "INFO", "check_ids": ["gpu_count"],
            "entities": null}]}
        """

    private func read(_ text: String) throws -> HealthValidationReport {
        try HealthValidationReport.read(Array(text.utf8), file: "v.json")
    }

    private func mistakes(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch {
            return (error as? DiagnosticList)?.diagnostics.map(\.message) ?? ["?"]
        }
    }

    @Test func keepsDetails() throws {
        let report = try read(HealthValidationReportTests.verdict)
        #expect(report.severity == .critical && report.severity.isSuspicious)
        #expect(report.xids == [48, 79])
        #expect(
            report.components.map(\.words) == [
                "xid CRITICAL: gpu_xid_79, gpu_xid_48, gpu_xid_warning (GPU-1, GPU-2)",
                "node INFO: gpu_count",
            ])
        #expect(try read(#"{"overall_severity": "pass"}"#).severity == .pass)
        let untold = try read(
            HealthValidationReportTests.verdict
                .replacing(
                    #""overall_severity": "CRITICAL""#, with: #""overall_severity": "UNKNOWN""#))
        #expect(untold.isSuspicious && untold.isFault && !untold.severity.isSuspicious)
    }

    @Test func tellsAllMistakesAtOnce() {
        let found = mistakes(
            """
            {"overall_severity": "FINE", "affected_components": [3, {"category": 7,
              "check_ids": ["a", 2, ""], "entities": "GPU-1"}]}
            """)
        #expect(
            found == [
                "'overall_severity' is 'FINE', which is none of PASS, INFO, WARNING, UNKNOWN, "
                    + "CRITICAL",
                "'affected_components[0]' is a number, not an object",
                "'affected_components[1].category' is a number, not a text",
                "'affected_components[1].check_ids[1]' is a number, not a text",
                "'affected_components[1].check_ids[2]' has 0 bytes, not 1 to 200",
                "'affected_components[1].entities' is a text, not a list",
                "there is no 'affected_components[1].max_severity'",
            ], "\(found)")
        #expect(mistakes("{}") == ["there is no 'overall_severity'"])
        #expect(mistakes("[]").count == 1)
        #expect(mistakes("").count == 1)
        #expect(mistakes(#"{"overall_severity": "PASS"} x"#).count == 1)
        let split = HealthValidationReportTests.verdict
            .replacing(#""overall_severity": "CRITICAL""#, with: #""overall_severity": "PASS""#)
        #expect(mistakes(split) == ["'overall_severity' is PASS, and a component is CRITICAL"])
        #expect(mistakes(split.replacing("\"PASS\"", with: "\"INFO\"")).count == 1)
        let many = Array(repeating: "1", count: 5_000).joined(separator: ",")
        let flood = mistakes(#"{"overall_severity": 1, "affected_components": [\#(many)]}"#)
        #expect(flood.count == 32)
    }

    /// Whatever is cut off or changed is refused or read, and never traps.
    @Test func survivesDamage() {
        var random = SplitMix(seed: 9)
        let bytes = Array(HealthValidationReportTests.verdict.utf8)
        for _ in 0..<2_000 {
            var damaged = bytes
            if random.below(2) == 0 {
                damaged.removeLast(random.below(bytes.count))
            } else {
                damaged[random.below(bytes.count)] = UInt8(random.below(256))
            }
            _ = try? HealthValidationReport.read(damaged, file: "v.json")
        }
    }
}
