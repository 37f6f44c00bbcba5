import FleetModel

/// The mistakes found so far in one document.
final class Findings {
    let file: String
    private var found: [Diagnostic]
    private var uncounted = 0
    private var suggestionsLeft = DocumentLimits.suggestions

    init(file: String, known: [Diagnostic] = []) {
        self.file = file
        found = known
    }

    /// How many mistakes there are.
    var count: Int { found.count + uncounted }

    func report(
        _ code: DiagnosticCode, line: Int, _ message: String, expected: String = "",
        hint: String = ""
    ) {
        guard found.count < DocumentLimits.findings else {
            uncounted += 1
            return
        }
        found.append(
            Diagnostic(
                code, file: file, line: line, message: message, expected: expected, hint: hint))
    }

    /// Reports a name that nothing has, with the closest one that exists as the hint.
    func reportUnknown(
        _ what: String, _ name: String, line: Int, among candidates: [String],
        code: DiagnosticCode = .unknownName
    ) {
        report(
            code, line: line, "unknown \(what) '\(name)'",
            expected: Findings.listing(candidates), hint: suggestion(for: name, among: candidates))
    }

    /// The hint that names the closest candidate; empty when none is close.
    func suggestion(for name: String, among candidates: [String]) -> String {
        guard suggestionsLeft > 0 else { return "" }
        suggestionsLeft -= 1
        return Suggestion.closest(to: name, among: candidates).map { "did you mean '\($0)'?" } ?? ""
    }

    /// All mistakes that were kept, in order of finding.
    var all: [Diagnostic] { found }

    /// The mistakes in order of place, all but the first hundred only counted.
    var diagnostics: [Diagnostic] { Findings.capped(found, uncounted: uncounted) }

    /// Adds the mistakes of another part of the same file.
    func take(_ other: Findings) {
        found += other.found
        uncounted += other.uncounted
    }

    /// Sorts by line, keeping the order of finding within one, and cuts the list.
    private static func capped(_ found: [Diagnostic], uncounted: Int) -> [Diagnostic] {
        let order = found.indices.sorted { (found[$0].line, $0) < (found[$1].line, $1) }
        let limit = DocumentLimits.diagnostics
        var shown = order.prefix(limit).map { found[$0] }
        let hidden = found.count - shown.count + uncounted
        if hidden > 0, let first = order.dropFirst(limit).first {
            shown.append(
                Diagnostic(
                    found[first].code, file: found[first].file, line: found[first].line,
                    message: "\(hidden) more mistakes, the first of them on this line",
                    hint: "mend the mistakes above first"))
        }
        return shown
    }

    /// `one of a, b, c`, cut after a dozen.
    static func listing(_ names: [String]) -> String {
        if names.isEmpty { return "" }
        let shown = names.prefix(12).joined(separator: ", ")
        if names.count == 1 { return shown }
        return "one of \(shown)" + (names.count > 12 ? " and \(names.count - 12) more" : "")
    }

    /// What the user asked for, unless there were mistakes.
    func result<Value>(_ value: Value?) -> Result<Value, DiagnosticList> {
        if count > 0 { return .failure(DiagnosticList(diagnostics)) }
        guard let value else { preconditionFailure("a document refused without a diagnostic") }
        return .success(value)
    }
}
