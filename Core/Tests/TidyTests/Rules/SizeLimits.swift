/// How long a line, a function and a file may be (docs/STYLE.md).
enum SizeLimits {
    static let rule = "size"
    static let columns = 100
    static let functionLines = 70
    static let fileLines = 600

    /// Tables that are longer than a file may be, because splitting them would hide their order.
    static let longFiles: Set<String> = []

    /// Breaches in one file.
    static func check(_ source: SwiftSource) -> [Violation] {
        longLines(source) + longFunctions(source) + longFile(source)
    }

    private static func longLines(_ source: SwiftSource) -> [Violation] {
        source.lines.enumerated().compactMap { number, line in
            guard line.utf8.count > columns, line.count > columns, !isLink(line) else {
                return nil
            }
            return Violation(
                path: source.path, line: number + 1, rule: rule,
                message: "a line of \(line.count) columns",
                replacement: "break it at \(columns)")
        }
    }

    /// A comment of one address and nothing else: it cannot be broken.
    private static func isLink(_ line: Substring) -> Bool {
        let words = line.split(separator: " ")
        return words.count == 2 && words[0].hasPrefix("//") && words[1].contains("://")
    }

    private static func longFunctions(_ source: SwiftSource) -> [Violation] {
        source.tokens.indices.compactMap { index in
            guard let name = functionName(at: index, in: source),
                let open = opening(of: index, in: source), source.partner[open] > open
            else { return nil }
            let close = source.tokens[source.partner[open]].line
            let count = close - source.tokens[open].line - 1
            guard count > functionLines else { return nil }
            return source.violation(
                at: index, rule, "`\(name)` has a body of \(count) lines",
                "split it into parts of \(functionLines) lines at most")
        }
    }

    private static func functionName(at index: Int, in source: SwiftSource) -> String? {
        guard source.text(index - 1) != "." else { return nil }
        switch source.text(index) {
        case "func": return source.text(index + 1)
        case "init", "deinit", "subscript": return source.text(index)
        case "var", "let": return source.isWord(index + 1) ? source.text(index + 1) : nil
        default: return nil
        }
    }

    /// The brace that opens the body; of a stored value, of the closure that it starts with.
    private static func opening(of index: Int, in source: SwiftSource) -> Int? {
        let keyword = source.text(index)
        guard keyword == "var" || keyword == "let" else { return source.bodyOpening(of: index) }
        guard let open = source.bodyOpening(of: index) else { return nil }
        var assignment: Int?
        var at = index
        while at < open {
            if source.text(at) == "=" {
                assignment = at
                break
            }
            at = source.afterGroup(at)
        }
        if let assignment { return assignment + 1 == open ? open : nil }
        return keyword == "var" ? open : nil
    }

    private static func longFile(_ source: SwiftSource) -> [Violation] {
        let count = source.lines.count - (source.lines.last == "" ? 1 : 0)
        guard count > fileLines, !longFiles.contains(source.path) else { return [] }
        return [
            Violation(
                path: source.path, line: fileLines + 1, rule: rule,
                message: "a file of \(count) lines",
                replacement: "split it into one concept a file, \(fileLines) lines at most")
        ]
    }
}
