import FleetModel
import Qualification

/// The section of the health file that says how much worse than usual figures of tests may be.
enum DropDocument {
    private static let expected = "a whole percentage from 1% to 50%, such as 5%"
    private static let judged = FigureID.allCases.filter { $0.direction != .told }

    /// Reads the section, or reports every mistake in it.
    static func read(_ value: YAMLValue, _ findings: Findings) -> DropRules {
        var drops = DropRules()
        guard let form = Form(value, "'thresholds'", keys: ["drop", "figures"], findings) else {
            return drops
        }
        if let percent = percent(form, "drop", findings) { drops.percent = percent }
        guard let value = form.value("figures"),
            let figures = Form(value, "'figures'", keys: judged.map(\.name), findings)
        else { return drops }
        for figure in judged {
            if let percent = percent(figures, figure.name, findings) { drops[figure] = percent }
        }
        return drops
    }

    private static func percent(_ form: Form, _ key: String, _ findings: Findings) -> Int64? {
        guard let value = form.value(key) else { return nil }
        if let text = value.text, text.hasSuffix("%"), let percent = Int64(text.dropLast()),
            DropRules.percents.contains(percent)
        {
            return percent
        }
        findings.report(
            .invalidValue, line: value.line, "'\(key)' is \(value.described)",
            expected: expected)
        return nil
    }
}
