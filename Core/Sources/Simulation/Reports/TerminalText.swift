/// Text on a terminal: how wide it is, cut to size, and harmless.
public enum TerminalText {
    /// `text` without what could move the cursor, change colours or hide other text: control and
    /// format characters become `?`.
    public static func clean(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: result.append("?")
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// Columns that `text` takes: two for wide East Asian characters and pictographs.
    public static func width(_ text: String) -> Int {
        text.reduce(0) { $0 + ($1.unicodeScalars.contains(where: isWide) ? 2 : 1) }
    }

    /// `text` in at most `width` columns, with an ellipsis where it was cut.
    public static func truncated(_ text: String, to width: Int) -> String {
        guard self.width(text) > width else { return text }
        var result = ""
        var used = 0
        for character in text {
            let next = self.width(String(character))
            guard used + next < width else { break }
            result.append(character)
            used += next
        }
        return width > 0 ? result + "…" : ""
    }

    /// `text` with spaces in front, so that it takes `width` columns.
    public static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - self.width(text))) + text
    }

    /// `text` with spaces behind, so that it takes `width` columns.
    public static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - self.width(text)))
    }

    /// The blocks of Unicode whose characters are wide (Unicode Standard Annex 11), coarsely.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF,
            0x20000...0x3FFFD:
            true
        default: false
        }
    }
}

extension TerminalText {
    /// `text` beside a label, broken at blanks into lines of at most `width` columns that begin
    /// below the first one's text. Words that are too wide for a line are cut.
    public static func hanging(_ label: String, _ text: String, to width: Int) -> String {
        let indent = self.width(label)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + self.width(line) + 1 + self.width(String(word)) > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        lines.append(line)
        let margin = "\n" + String(repeating: " ", count: indent)
        return label
            + lines.map { truncated($0, to: width - indent) }.joined(separator: margin)
    }
}
