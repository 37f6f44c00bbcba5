/// A value of a document that is put together by a program, and written as JSON, which YAML takes.
public enum DocumentValue: Hashable, Sendable {
    /// Text, also where it looks like a number.
    case text(String)
    /// A number, `true` or `false` as it is written; text where that is none of these.
    case plain(String)
    /// Nothing.
    case null
    /// A list.
    case list([DocumentValue])
    /// Keys and values in order.
    case mapping([Member])

    /// One key of a mapping with its value.
    public struct Member: Hashable, Sendable {
        /// The key.
        public var key: String
        /// Its value.
        public var value: DocumentValue

        /// Pairs a key with a value.
        public init(_ key: String, _ value: DocumentValue) {
            self.key = key
            self.value = value
        }
    }

    /// The value as JSON on one line.
    public var json: String {
        var writer = DocumentWriter()
        writer.write(self)
        return writer.text
    }
}

/// Writes values as JSON in which everything stands on the line that it came from, so that whoever
/// reads it reports mistakes on the lines of the file.
struct DocumentWriter {
    private(set) var text = ""
    private var line = 1

    mutating func write(_ value: DocumentValue) {
        switch value {
        case .text(let text): string(text)
        case .plain(let text): plain(text)
        case .null: text += "null"
        case .list(let items): enclose("[", items, "]") { writer, item in writer.write(item) }
        case .mapping(let members):
            enclose("{", members, "}") { writer, member in
                writer.key(member.key)
                writer.write(member.value)
            }
        }
    }

    mutating func write(_ value: YAMLValue) {
        move(to: value.line)
        switch value.content {
        case .null, .broken: text += "null"
        case .scalar(let text, true): plain(text)
        case .scalar(let text, false): string(text)
        case .list(let items): enclose("[", items, "]") { writer, item in writer.write(item) }
        case .mapping(let entries):
            enclose("{", entries, "}") { writer, entry in
                writer.move(to: entry.line)
                writer.key(entry.key)
                writer.write(entry.value)
            }
        }
    }

    mutating func key(_ name: String) {
        string(name)
        text += ":"
    }

    mutating func raw(_ text: String) { self.text += text }

    mutating func move(to line: Int) {
        guard line > self.line else { return }
        text += String(repeating: "\n", count: line - self.line)
        self.line = line
    }

    private mutating func enclose<Element>(
        _ opening: String, _ elements: [Element], _ closing: String,
        _ body: (inout DocumentWriter, Element) -> Void
    ) {
        text += opening
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            body(&self, element)
        }
        text += closing
    }

    /// What JSON has a form of its own for stays as it is; the rest is text.
    private mutating func plain(_ text: String) {
        switch text {
        case "true", "True", "TRUE": self.text += "true"
        case "false", "False", "FALSE": self.text += "false"
        case _ where DocumentWriter.isNumber(text): self.text += text
        default: string(text)
        }
    }

    /// Whether JSON takes it for a number: digits without a leading zero, perhaps a fraction.
    private static func isNumber(_ text: String) -> Bool {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count) else { return false }
        return parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { (48...57).contains($0) }
        } && (parts[0] == "0" || !parts[0].hasPrefix("0"))
    }

    private mutating func string(_ value: String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _
            where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                || scalar.value == 0x2028 || scalar.value == 0x2029:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
