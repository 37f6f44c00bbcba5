import FleetModel
import Yams

/// Turns parsed nodes into values: follows aliases and merges within limits, finds duplicate keys.
struct YAMLTreeBuilder {
    /// The document is too large or too deep; it has been reported.
    struct LimitReached: Error {}

    let findings: Findings
    private var anchors: [String: YAMLValue] = [:]
    private var valuesLeft = DocumentLimits.values

    init(findings: Findings) { self.findings = findings }

    /// The whole value of a node that stands `depth` levels deep.
    mutating func build(_ node: Node, depth: Int = 0) throws(LimitReached) -> YAMLValue {
        let line = node.mark?.line ?? 0
        guard depth <= DocumentLimits.depth else { throw tooDeep(line) }
        try spend(1, line)
        var value: YAMLValue
        let anchor: String?
        switch node {
        case .scalar(let scalar):
            anchor = scalar.anchor?.rawValue
            value = try scalarValue(
                scalar.string, isPlain: scalar.style == .plain, line: line, depth: depth)
            checkTag(scalar.tag, line)
        case .sequence(let sequence):
            anchor = sequence.anchor?.rawValue
            var items: [YAMLValue] = []
            for item in sequence { items.append(try build(item, depth: depth + 1)) }
            value = YAMLValue(
                line: line, content: .list(items), size: 1 + items.reduce(0) { $0 + $1.size },
                depth: 1 + (items.map(\.depth).max() ?? 0))
            checkTag(sequence.tag, line)
        case .mapping(let mapping):
            anchor = mapping.anchor?.rawValue
            value = try mappingValue(mapping, line: line, depth: depth)
            checkTag(mapping.tag, line)
        case .alias:
            preconditionFailure("the parser saw an alias")
        }
        if let anchor { anchors[anchor] = value }
        return value
    }

    private mutating func spend(_ count: Int, _ line: Int) throws(LimitReached) {
        valuesLeft -= count
        guard valuesLeft >= 0 else {
            findings.report(
                .yamlSyntax, line: line, "the document has too many values, aliases followed",
                expected: "at most \(DocumentLimits.values) values")
            throw LimitReached()
        }
    }

    private func tooDeep(_ line: Int) -> LimitReached {
        findings.report(
            .yamlSyntax, line: line, "lists and mappings are nested too deeply",
            expected: "at most \(DocumentLimits.depth) levels")
        return LimitReached()
    }

    private func checkTag(_ tag: Tag, _ line: Int) {
        let known: [Tag.Name] = [
            .implicit, .nonSpecific, .str, .seq, .map, .bool, .int, .float, .null,
        ]
        if !known.contains(where: { $0.rawValue == tag.rawValue }) {
            findings.report(
                .yamlSyntax, line: line, "the tag '\(tag.rawValue)' is not part of the form",
                expected: "a value without a tag", hint: "remove the word that begins with '!'")
        }
    }

    private mutating func scalarValue(
        _ escaped: String, isPlain: Bool, line: Int, depth: Int
    ) throws(LimitReached) -> YAMLValue {
        if isPlain, escaped.unicodeScalars.first == YAMLText.star {
            let name = String(escaped.unicodeScalars.dropFirst())
            return try aliased(name, line: line, depth: depth)
        }
        let text = YAMLText.restored(escaped)
        let isNull = isPlain && ["", "~", "null", "Null", "NULL"].contains(text)
        return YAMLValue(
            line: line, content: isNull ? .null : .scalar(text, isPlain: isPlain), size: 1,
            depth: 0)
    }

    private mutating func aliased(
        _ name: String, line: Int, depth: Int
    ) throws(LimitReached) -> YAMLValue {
        guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: " ")) else {
            findings.report(
                .yamlSyntax, line: line, "a text that begins with '*'",
                expected: "the name of an anchor after the '*'",
                hint: "put the text in quotes if the star is part of it")
            return .broken(line: line)
        }
        guard let value = anchors[name] else {
            findings.reportUnknown(
                "anchor", YAMLText.restored(name), line: line, among: anchors.keys.sorted())
            return .broken(line: line)
        }
        try spend(value.size, line)
        guard depth + value.depth <= DocumentLimits.depth else { throw tooDeep(line) }
        return value
    }

    private mutating func mappingValue(
        _ mapping: Node.Mapping, line: Int, depth: Int
    ) throws(LimitReached) -> YAMLValue {
        var entries: [YAMLEntry] = []
        var merged: [YAMLValue] = []
        var lines: [String: Int] = [:]
        for (keyNode, valueNode) in mapping {
            let keyLine = keyNode.mark?.line ?? line
            let key = try keyText(keyNode, line: keyLine)
            let value = try build(valueNode, depth: depth + 1)
            guard let key else { continue }
            if key == "<<" {
                merged.append(value)
            } else if let first = lines[key] {
                findings.report(
                    .duplicateName, line: keyLine, "the key '\(key)' stands here twice",
                    expected: "each key once", hint: "it is on line \(first) already")
            } else {
                lines[key] = keyLine
                entries.append(YAMLEntry(key: key, line: keyLine, value: value))
            }
        }
        for value in merged { merge(value, into: &entries, known: &lines) }
        return YAMLValue(
            line: line, content: .mapping(entries),
            size: 1 + entries.reduce(0) { $0 + 1 + $1.value.size },
            depth: 1 + (entries.map(\.value.depth).max() ?? 0))
    }

    private mutating func keyText(_ node: Node, line: Int) throws(LimitReached) -> String? {
        try spend(1, line)
        guard case .scalar(let scalar) = node else {
            findings.report(
                .yamlSyntax, line: line, "a key that is a list or a mapping",
                expected: "a word as the key", hint: "put text with braces in quotes")
            return nil
        }
        let unmarked = scalar.string.unicodeScalars.drop { $0 == YAMLText.keyMarker }
        let value = try scalarValue(
            String(unmarked), isPlain: scalar.style == .plain, line: line, depth: 0)
        if let anchor = scalar.anchor?.rawValue { anchors[anchor] = value }
        if value.isBroken { return nil }
        if let text = value.text { return text }
        findings.report(.yamlSyntax, line: line, "an empty key", expected: "a word as the key")
        return nil
    }

    /// Adds what `<<` names; keys that are written out go before merged ones.
    private func merge(
        _ value: YAMLValue, into entries: inout [YAMLEntry], known lines: inout [String: Int]
    ) {
        switch value.content {
        case .mapping(let others):
            for other in others where lines[other.key] == nil {
                lines[other.key] = other.line
                entries.append(other)
            }
        case .list(let values):
            for value in values {
                if case .mapping = value.content {
                    merge(value, into: &entries, known: &lines)
                } else {
                    reportMerge(value)
                }
            }
        default: reportMerge(value)
        }
    }

    private func reportMerge(_ value: YAMLValue) {
        if value.isBroken { return }
        findings.report(
            .invalidValue, line: value.line, "'<<' is \(value.described)",
            expected: "an alias of a mapping, or a list of such")
    }
}
