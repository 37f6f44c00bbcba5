import FleetModel
import Yams

/// Reads one YAML document with every mistake on its line.
enum YAMLReader {
    /// The document's value; nil when there is none to look at, with the reason in `findings`.
    static func read(_ source: SourceText, _ findings: Findings) -> YAMLValue? {
        guard var text = YAMLText.prepare(source, findings) else { return nil }
        // Yams stops at the first mapping with a key twice. Telling the two apart and parsing again
        // finds the rest, as often as that is cheap.
        let attempts = min(DocumentLimits.duplicateKeys, (16 << 20) / max(1, text.utf8.count))
        var pending: (names: [String], line: Int)?
        for attempt in 0...attempts {
            do {
                return try compose(text, findings)
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                pending = (names, context.mark.line)
                guard attempt < attempts,
                    let told = tellingApart(text, context.mark, markers: attempt + 1)
                else { break }
                text = told
            } catch let error as YamlError {
                // After a marker was put in, the mistake may be the marker's.
                if pending == nil { report(error, text: text, findings) }
                break
            } catch {
                break
            }
        }
        if let pending { reportDuplicates(pending.names, line: pending.line, findings) }
        return nil
    }

    private static func reportDuplicates(_ names: [String], line: Int, _ findings: Findings) {
        let shown = names.map { "'\(YAMLText.restored($0))'" }.joined(separator: ", ")
        findings.report(
            .duplicateName, line: line, "the key \(shown) stands here twice",
            expected: "each key once")
    }

    private static func parser(_ text: String) throws -> Parser {
        // Without rules nothing is guessed from how a scalar looks; the forms know their types.
        try Parser(yaml: text, resolver: .basic, constructor: .default, encoding: .utf8)
    }

    private static func compose(_ text: String, _ findings: Findings) throws -> YAMLValue? {
        let parser = try parser(text)
        guard let root = try parser.nextRoot() else {
            reportEmpty(findings)
            return nil
        }
        // The builder reports mistakes of its own, so everything that throws comes before it.
        do {
            if let second = try parser.nextRoot() {
                findings.report(
                    .yamlSyntax, line: second.mark?.line ?? 0, "a second document begins here",
                    expected: "one document in a file",
                    hint: "remove the line '---' or move what follows to a file of its own")
            }
        } catch let error as YamlError {
            report(error, text: text, findings)
        }
        var builder = YAMLTreeBuilder(findings: findings)
        // Anchors are held weakly by the nodes; the parser owns them.
        let built = withExtendedLifetime(parser) { try? builder.build(root) }
        guard let value = built else { return nil }
        if case .null = value.content {
            reportEmpty(findings)
            return nil
        }
        return value
    }

    private static func reportEmpty(_ findings: Findings) {
        findings.report(
            .yamlSyntax, line: 1, "the document is empty", expected: "a mapping of keys to values")
    }

    private static func report(_ error: YamlError, text: String, _ findings: Findings) {
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = context.map { "\($0.text) from line \($0.mark.line): " } ?? ""
            // At the end of the text the scanner stands on a line that does not exist.
            let line = min(mark.line, lineCount(text))
            findings.report(
                .yamlSyntax, line: line, place + problem, expected: "YAML",
                hint: hint(text: text, line: line))
        case .duplicatedKeysInMapping(let names, let context):
            reportDuplicates(names, line: context.mark.line, findings)
        case .reader(let problem, _, _, _):
            findings.report(.yamlSyntax, line: 0, problem, expected: "YAML")
        default:
            findings.report(.yamlSyntax, line: 0, "the text is not YAML", expected: "YAML")
        }
    }

    /// Lines of the text as the scanner counts them.
    private static func lineCount(_ text: String) -> Int {
        var count = 1
        var scalars = text.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            if isLineEnd(scalar, before: scalars.first), !scalars.isEmpty { count += 1 }
        }
        return count
    }

    private static func isLineEnd(_ scalar: Unicode.Scalar, before next: Unicode.Scalar?) -> Bool {
        switch scalar {
        case "\n", "\u{85}", "\u{2028}", "\u{2029}": true
        case "\r": next != "\n"
        default: false
        }
    }

    private static func hint(text: String, line: Int) -> String {
        let lines = text.utf8.split(
            separator: UInt8(ascii: "\n"), maxSplits: line, omittingEmptySubsequences: false)
        if line >= 1, line <= lines.count, lines[line - 1].contains(UInt8(ascii: "\t")) {
            return "indent with spaces; YAML does not allow tabs there"
        }
        return "look at the indentation, colons and quotes of this line and of those above it"
    }

    /// The text with markers before the key at `mark`, inside its quotes if it has any.
    private static func tellingApart(_ text: String, _ mark: Mark, markers: Int) -> String? {
        var scalars = text.unicodeScalars[...]
        var line = 1
        while line < mark.line, let scalar = scalars.popFirst() {
            if isLineEnd(scalar, before: scalars.first) { line += 1 }
        }
        guard line == mark.line, mark.column >= 1 else { return nil }
        scalars = scalars.dropFirst(mark.column - 1)
        if scalars.first == "\"" || scalars.first == "'" { scalars = scalars.dropFirst() }
        guard !scalars.isEmpty else { return nil }
        return String(text.unicodeScalars[..<scalars.startIndex])
            + String(repeating: String(YAMLText.keyMarker), count: markers) + String(scalars)
    }
}
