/// Code that was put into a comment: the history keeps it, the file need not.
enum CommentedCode {
    /// Breaches in one file. Documentation comments may show code.
    static func check(_ source: SwiftSource) -> [Violation] {
        source.commentLines.enumerated().compactMap { number, line in
            let comment = trimmed(line)
            guard comment.hasPrefix("//"), !comment.hasPrefix("///"),
                looksLikeCode(trimmed(comment.dropFirst(2)))
            else { return nil }
            return Violation(
                path: source.path, line: number + 1, rule: Bans.rule, message: "commented-out code",
                replacement: "delete it; the history keeps it")
        }
    }

    /// Whether a comment's text is a statement rather than a sentence.
    static func looksLikeCode(_ text: Substring) -> Bool {
        guard let last = text.last else { return false }
        let words = text.split(separator: " ")
        if ["{", "}", "})", "} else {"].contains(text) { return true }
        if last == ";" { return looksLikeCode(text.dropLast()) }
        if last == "{" {
            return ["if", "for", "while", "guard", "switch", "func", "}"].contains(words[0])
                || text.contains("func ")
        }
        let second = words.count > 1 ? words[1] : ""
        switch words[0] {
        case "let", "var":
            return isName(second.hasSuffix(":") ? second.dropLast() : second)
                && (second.hasSuffix(":") || (words.count > 2 && words[2] == "="))
        case "func": return second.contains("(")
        case "import": return words.count == 2 && isName(second)
        case "return": return words.count == 2 && last != "." && last != ","
        default: break
        }
        if words.count > 2, ["=", "+=", "-=", "*="].contains(second) { return isPath(words[0]) }
        return isCall(text)
    }

    /// `name(…)` or `a.b(…)` and nothing else.
    private static func isCall(_ text: Substring) -> Bool {
        guard text.last == ")", let open = text.firstIndex(of: "(") else { return false }
        var callee = text[..<open]
        if callee.hasPrefix("try ") { callee = callee.dropFirst(4) }
        // `O(n)` alone is a note on complexity.
        return !callee.isEmpty && callee != "O" && isPath(callee)
    }

    private static func isPath(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.allSatisfy { isName($0) }
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.first, first.isLetter || first == "_" else { return false }
        return text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
