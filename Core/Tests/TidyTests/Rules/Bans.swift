/// What no Swift source may have, in Core and outside of it.
enum Bans {
    static let rule = "ban"

    /// Marks of unfinished work.
    private static let marks: Set<String> = ["TODO", "FIXME", "XXX", "HACK"]

    /// Parts of names that say nothing about what a thing is.
    private static let hollowNames = ["util", "utils", "utility", "utilities", "manager", "helper"]

    private static let typeKeywords: Set<String> = [
        "struct", "class", "enum", "actor", "protocol", "typealias", "extension",
    ]

    /// Breaches in one file.
    static func check(_ source: SwiftSource) -> [Violation] {
        unfinished(source) + hollow(source) + traps(source) + CommentedCode.check(source)
    }

    private static func unfinished(_ source: SwiftSource) -> [Violation] {
        let inComments = source.commentLines.enumerated().compactMap { number, line in
            words(of: line).first { marks.contains(String($0)) }.map { mark in
                Violation(
                    path: source.path, line: number + 1, rule: rule, message: "`\(mark)`",
                    replacement: "finish it, or write an issue")
            }
        }
        let inCode = source.tokens.indices.filter { marks.contains(source.text($0)) }
            .map { source.violation(at: $0, rule, "`\(source.text($0))`", "use a true name") }
        return inComments + inCode
    }

    private static func hollow(_ source: SwiftSource) -> [Violation] {
        let file = source.path.split(separator: "/").last.map(String.init) ?? ""
        var found: [Violation] = []
        if let part = hollowPart(of: String(file.dropLast(".swift".count))) {
            found.append(
                Violation(
                    path: source.path, line: 1, rule: rule, message: "`\(part)` in a file's name",
                    replacement: "name the concept that it holds"))
        }
        for index in source.tokens.indices where typeKeywords.contains(source.text(index)) {
            // An extension's name is that of somebody else's type.
            guard source.isWord(index + 1), source.text(index) != "extension",
                source.text(index - 1) != ".", let part = hollowPart(of: source.text(index + 1))
            else { continue }
            found.append(
                source.violation(
                    at: index, rule, "`\(part)` in a type's name", "name what it is or does"))
        }
        return found
    }

    /// The hollow part of a name, by its capitals: `FileUtils` has one, `Utilization` has none.
    static func hollowPart(of name: String) -> String? {
        var parts: [String] = [""]
        for character in name {
            if character.isUppercase || !(character.isLetter || character.isNumber) {
                parts.append("")
            }
            parts[parts.count - 1].append(character)
        }
        return parts.first { part in
            let lower = part.lowercased().filter(\.isLetter)
            return hollowNames.contains(lower) || hollowNames.contains { $0 + "s" == lower }
        }
    }

    private static func traps(_ source: SwiftSource) -> [Violation] {
        guard source.path.contains("Sources/") else { return [] }
        return source.tokens.indices.compactMap { index in
            let text = source.text(index)
            if text == "try" && source.text(index + 1) == "!" {
                return source.violation(
                    at: index, rule, "`try!` outside of tests", "catch the error or pass it on")
            }
            if text == "fatalError" && source.text(index + 1) == "(" {
                return source.violation(
                    at: index, rule, "`fatalError`",
                    "return a `Diagnostic` for bad input, `preconditionFailure` for a broken "
                        + "invariant")
            }
            return nil
        }
    }

    private static func words(of line: Substring) -> [Substring] {
        line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    }
}
