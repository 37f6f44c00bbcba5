/// One breach of a rule, at a place that an editor can jump to.
struct Violation: Hashable, CustomStringConvertible {
    /// The file, relative to the repository's root.
    var path: String
    /// The line, counted from 1.
    var line: Int
    /// The rule's short name, as in `docs/STYLE.md`.
    var rule: String
    /// What is wrong.
    var message: String
    /// What to do instead.
    var replacement: String

    var description: String {
        let isThing = ["use ", "take ", "return "].contains { replacement.hasPrefix($0) }
        return "\(path):\(line): \(rule): \(message) (\(replacement)\(isThing ? " instead" : ""))"
    }
}
