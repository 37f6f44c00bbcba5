/// Every diagnostic code has a page, every page a code, and the index names them all.
enum ErrorPages {
    static let rule = "error-page"
    static let codesPath = "Core/Sources/FleetModel/Diagnostic.swift"
    static let folder = "docs/errors/"

    /// The codes that `DiagnosticCode` declares, each with its line.
    static func codes(in text: String) -> [(code: String, line: Int)] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().compactMap { number, line in
            let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0].split(separator: " ").first == "case",
                isCode(parts[1])
            else { return nil }
            return (String(parts[1]), number + 1)
        }
    }

    /// Breaches, given the text of the codes' file and the pages by path.
    static func check(codesText: String, pages: [String: String]) -> [Violation] {
        let codes = codes(in: codesText)
        let index = pages[folder + "README.md"] ?? ""
        var found: [Violation] = []
        func report(_ path: String, _ line: Int, _ message: String, _ replacement: String) {
            found.append(
                Violation(
                    path: path, line: line, rule: rule, message: message, replacement: replacement))
        }
        if codes.isEmpty {
            report(codesPath, 1, "no diagnostic codes", "declare `case x = \"M…\"`")
        }
        for (code, line) in codes {
            let path = folder + code + ".md"
            if let page = pages[path] {
                if !page.hasPrefix("# \(code): ") {
                    report(path, 1, "the title does not name the code", "begin with `# \(code): `")
                }
            } else {
                report(codesPath, line, "\(code) has no page", "write \(path)")
            }
            if !index.contains("[\(code)](\(code).md)") {
                report(folder + "README.md", 1, "\(code) is not in the index", "add its row")
            }
        }
        let known = Set(codes.map(\.code))
        for path in pages.keys.sorted() where path.hasPrefix(folder) && path.hasSuffix(".md") {
            let name = String(path.dropFirst(folder.count).dropLast(3))
            if name != "README" && !known.contains(name) {
                report(path, 1, "no diagnostic has the code \(name)", "delete the page")
            }
        }
        return found
    }

    private static func isCode(_ text: Substring) -> Bool {
        text.count == 5 && text.first == "M" && text.dropFirst().allSatisfy(\.isNumber)
    }
}
