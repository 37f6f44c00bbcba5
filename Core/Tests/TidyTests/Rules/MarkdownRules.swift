/// Rules for documents: one title, and links that lead somewhere.
enum MarkdownRules {
    static let rule = "markdown"

    /// Breaches in one document; `exists` tells whether the repository has a file or folder.
    static func check(path: String, text: String, exists: (String) -> Bool) -> [Violation] {
        var found: [Violation] = []
        var titles = 0
        var fence: Substring?
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            let start = line.drop { $0 == " " }
            let marks = start.prefix { $0 == "`" || $0 == "~" }
            if marks.count >= 3 {
                if fence == nil { fence = marks } else if marks.hasPrefix(fence!) { fence = nil }
                continue
            }
            guard fence == nil else { continue }
            titles += line.hasPrefix("# ") ? 1 : 0
            if titles == 2 && line.hasPrefix("# ") {
                found.append(
                    Violation(
                        path: path, line: number + 1, rule: rule, message: "a second title",
                        replacement: "use `##`"))
            }
            for target in targets(in: withoutCode(line)) {
                guard let problem = problem(of: target, in: path, exists: exists) else { continue }
                found.append(
                    Violation(
                        path: path, line: number + 1, rule: rule,
                        message: "the link `\(target)` \(problem)",
                        replacement: "link to a file of the repository"))
            }
        }
        if titles == 0 {
            found.append(
                Violation(
                    path: path, line: 1, rule: rule, message: "no title",
                    replacement: "begin with `# `"))
        }
        return found
    }

    /// The targets of `[text](target)` and `[name]: target`.
    static func targets(in line: String) -> [String] {
        var targets: [String] = []
        var rest = line[...]
        while let close = rest.firstIndex(of: "]") {
            rest = rest[rest.index(after: close)...]
            if rest.first == "(" {
                let target = rest.dropFirst().prefix { $0 != ")" && $0 != " " }
                targets.append(String(target))
            } else if rest.hasPrefix(": ") && line.hasPrefix("[") && targets.isEmpty {
                targets.append(String(rest.dropFirst(2).prefix { $0 != " " }))
            }
        }
        return targets
    }

    private static func problem(
        of target: String, in path: String, exists: (String) -> Bool
    )
        -> String?
    {
        if target.contains("://") || target.hasPrefix("mailto:") || target.hasPrefix("#") {
            return nil
        }
        let file = target.prefix { $0 != "#" }
        if file.hasPrefix("/") { return "is absolute" }
        var parts = path.split(separator: "/").dropLast().map(String.init)
        for part in file.split(separator: "/") where part != "." {
            if part != ".." {
                parts.append(String(part))
            } else if parts.popLast() == nil {
                return "leaves the repository"
            }
        }
        return exists(parts.joined(separator: "/")) ? nil : "leads nowhere"
    }

    /// The line with code spans blanked.
    private static func withoutCode(_ line: Substring) -> String {
        line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .map { $0.offset % 2 == 0 ? String($0.element) : "" }.joined()
    }
}
