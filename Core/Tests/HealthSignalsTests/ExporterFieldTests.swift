import Foundation
import Testing

@testable import HealthSignals

/// The list of fields that goes to dcgm-exporter.
@Suite struct ExporterFieldTests {
    /// The file that people give to dcgm-exporter is what the rules ask for.
    @Test func theFileSaysWhatIsRead() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../deploy/dcgm-exporter/muster-fields.csv").standardized
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try Data(ExporterFields.list.utf8).write(to: file)
        }
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text == ExporterFields.list, "UPDATE_GOLDEN=1 rewrites it")
    }

    @Test func everyLineHasThreeColumnsAndAFieldThatIsKnown() {
        let lines = ExporterFields.list.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == ExporterFields.all.count)
        for line in lines {
            let columns = line.split(separator: ",").map { $0.drop { $0 == " " } }
            #expect(columns.count == 3, "\(line)")
            #expect(DeviceMetric.named(String(columns[0])) != nil, "\(line)")
            #expect(["gauge", "counter", "label"].contains(String(columns[1])), "\(line)")
        }
        for field in [Int32(202), 203, 237, 311, 395, 571, 572, 577, 170, 174] {
            #expect(ExporterFields.all.contains { $0.field == field }, "\(field)")
        }
    }

    /// No rule is about a field that the list leaves out, or that has no name.
    @Test func everyRuleHasItsField() {
        for rule in MetricRules.all {
            guard case .field(let number) = rule.signal else { continue }
            #expect(ExporterFields.all.contains { $0.field == number }, "\(rule.name)")
        }
    }
}
