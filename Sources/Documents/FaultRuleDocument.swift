import FleetModel
import HealthSignals

/// A file with what a site decides otherwise than the published tables, alone or as the section
/// `faultRules` of a health file.
public enum FaultRuleDocument {
    private static let keys = ["version", "rules"]
    private static let ruleKeys = [
        "name", "codes", "unit", "link", "kinds", "declared", "threshold", "severity", "action",
    ]
    private static let thresholdKeys = ["count", "window", "place", "counts"]
    private static let codeExpected = "such as XID 79, SXID 20034 or nicLinkDown"

    /// Reads a file of rules, or the section of a health file; or every mistake in it.
    public static func read(_ source: SourceText) -> Result<FaultRules, DiagnosticList> {
        let findings = Findings(file: source.file)
        guard let value = YAMLReader.read(source, findings) else { return findings.result(nil) }
        if case .mapping(let entries) = value.content,
            let section = entries.first(where: { $0.key == HealthDocument.rulesKey })
        {
            return findings.result(read(section.value, findings))
        }
        return findings.result(read(value, findings))
    }

    /// Reads rules, and reports every mistake where it stands.
    static func read(_ value: YAMLValue, _ findings: Findings) -> FaultRules {
        var rules = FaultRules()
        guard
            let form = Form(value, "the fault rules", keys: keys, allowsExtras: true, findings)
        else { return rules }
        if let version = form.value("version") {
            rules.version = text(version, "version", findings) ?? "?"
        }
        form.require("rules", expected: "a list of rules")
        var forms: [Form?] = []
        var isWhole: [Bool] = []
        for item in form.list("rules", of: "rules") ?? [] {
            let count = findings.count
            let ruleForm = Form(item, "a fault rule", keys: ruleKeys, findings)
            rules.rules.append(ruleForm.map { rule($0) } ?? FaultRule(name: "", codes: []))
            forms.append(ruleForm)
            isWhole.append(findings.count == count)
        }
        for mistake in rules.mistakes() {
            guard let index = mistake.rule else {
                report(mistake, form, findings)
                continue
            }
            // What a rule that cannot be read would mean is nobody's mistake.
            if isWhole[index], let ruleForm = forms[index] { report(mistake, ruleForm, findings) }
        }
        return rules
    }

    private static func report(_ mistake: FaultRuleMistake, _ form: Form, _ findings: Findings) {
        let diagnostic = mistake.diagnostic
        findings.report(
            diagnostic.code, line: form.line(of: mistake.key), diagnostic.message,
            expected: diagnostic.expected, hint: diagnostic.hint)
    }

    private static func rule(_ form: Form) -> FaultRule {
        var rule = FaultRule(name: "", codes: [])
        rule.name = form.value("name").flatMap { text($0, "name", form.findings) } ?? ""
        rule.codes = texts(form, "codes").compactMap { code($0, form.findings) }
        rule.unit = form.value("unit").flatMap { text($0, "unit", form.findings) }
        rule.link = form.integer("link", Int64(Int32.min)...Int64(Int32.max)).map {
            Int32($0.value)
        }
        rule.models = texts(form, "kinds").compactMap { text($0, "kinds", form.findings) }
        rule.declared = form.word(
            "declared", DeclaredSeverity.allCases.map { ($0.rawValue, $0) })
        // A rule is there to say what a code means.
        let severities = FaultSeverity.allCases.filter { $0 != .unknown }
        rule.severity = form.word("severity", severities.map { ($0.name, $0) })
        rule.action = form.word("action", FaultAction.allCases.map { ($0.rawValue, $0) })
        if let value = form.value("threshold") { rule.threshold = threshold(value, form.findings) }
        return rule
    }

    private static func threshold(_ value: YAMLValue, _ findings: Findings) -> FaultThreshold? {
        guard let form = Form(value, "'threshold'", keys: thresholdKeys, findings) else {
            return nil
        }
        form.require("count", expected: "how often it must come, such as 3")
        form.require("window", expected: "within which time, such as 24h")
        // Their bounds are the rules' own business.
        guard let count = form.integer("count", Int64(Int32.min)...Int64(Int32.max)),
            let window = form.duration("window")
        else { return nil }
        var threshold = FaultThreshold(count: Int(count.value), window: window)
        threshold.place =
            form.word("place", RepetitionPlace.allCases.map { ($0.rawValue, $0) }) ?? .device
        threshold.countsLines = form.word("counts", [("bursts", false), ("lines", true)]) ?? false
        return threshold
    }

    private static func code(_ value: YAMLValue, _ findings: Findings) -> FaultCode? {
        if let code = value.text.flatMap({ FaultCode(text: $0) }) { return code }
        if let text = value.text {
            findings.reportUnknown(
                "fault code", text, line: value.line, among: FaultEvent.allCases.map(\.rawValue))
        } else if !value.isBroken {
            findings.report(
                .invalidValue, line: value.line, "a fault code is \(value.described)",
                expected: codeExpected)
        }
        return nil
    }

    /// The items of a list, or a single value.
    private static func texts(_ form: Form, _ key: String) -> [YAMLValue] {
        guard let value = form.value(key) else { return [] }
        if case .list(let items) = value.content { return items }
        return [value]
    }

    private static func text(_ value: YAMLValue, _ key: String, _ findings: Findings) -> String? {
        if let text = value.text, !text.isEmpty { return text }
        if !value.isBroken {
            findings.report(
                .invalidValue, line: value.line, "'\(key)' is \(value.described)",
                expected: "a text")
        }
        return nil
    }
}

extension Form {
    /// One of these words; nil for another one, which is reported.
    fileprivate func word<Choice>(_ key: String, _ choices: [(String, Choice)]) -> Choice? {
        guard let value = value(key) else { return nil }
        if let text = value.text, let choice = choices.first(where: { $0.0 == text }) {
            return choice.1
        }
        findings.report(
            .invalidValue, line: value.line, "'\(key)' is \(value.described)",
            expected: choices.map(\.0).joined(separator: ", "),
            hint: value.text.map { findings.suggestion(for: $0, among: choices.map(\.0)) } ?? "")
        return nil
    }
}
