/// One value of a document, with aliases followed and its line known.
struct YAMLValue: Sendable {
    var line: Int
    var content: Content
    /// Values in it, itself included.
    var size: Int
    /// Levels of lists and mappings below it, 0 for a scalar.
    var depth: Int

    enum Content: Sendable {
        /// Nothing, `~` or `null`.
        case null
        /// Text; plain when it stands without quotes.
        case scalar(String, isPlain: Bool)
        case list([YAMLValue])
        case mapping([YAMLEntry])
        /// Something wrong that has been reported.
        case broken
    }

    /// A value that a mistake stands behind that is already reported.
    static func broken(line: Int) -> YAMLValue {
        YAMLValue(line: line, content: .broken, size: 1, depth: 0)
    }

    /// What it is, for a message such as "'cpu' is a list".
    var described: String {
        switch content {
        case .null: "empty"
        case .scalar(let text, let isPlain):
            isPlain ? "'\(clipped(text))'" : "the text \"\(clipped(text))\""
        case .list: "a list"
        case .mapping: "a mapping"
        case .broken: "unreadable"
        }
    }

    /// The text of a scalar, quoted or not.
    var text: String? {
        if case .scalar(let text, _) = content { return text }
        return nil
    }

    var isBroken: Bool {
        if case .broken = content { return true }
        return false
    }

    private func clipped(_ text: String) -> String {
        text.count > 60 ? text.prefix(57) + "..." : text
    }
}

/// One key of a mapping with its value.
struct YAMLEntry: Sendable {
    var key: String
    var line: Int
    var value: YAMLValue
}
