import FleetModel

/// A document's text made ready for the parser, which must see neither aliases nor bytes on which
/// it would stop without a line number.
///
/// Yams follows aliases while it composes and hashes mapping keys in full, so that a small file can
/// cost unbounded time. Each `*` is therefore written as a private-use character; a plain scalar
/// that begins with it is an alias for ``YAMLTreeBuilder`` to follow within limits, and anywhere
/// else it becomes a `*` again. Lines stay where they are.
enum YAMLText {
    /// Stands for `*`.
    static let star: Unicode.Scalar = "\u{E000}"
    /// Put before a key to tell it from another one of the same name.
    static let keyMarker: Unicode.Scalar = "\u{E001}"

    /// The text for the parser; nil when it was refused, with the reason in `findings`.
    static func prepare(_ source: SourceText, _ findings: Findings) -> String? {
        var bytes = source.bytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        guard bytes.count <= DocumentLimits.bytes else {
            findings.report(
                .yamlSyntax, line: 0, "the document has \(bytes.count) bytes",
                expected: "at most \(DocumentLimits.bytes) bytes",
                hint: "write repeated nodes and jobs with 'count' and 'repeat'")
            return nil
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            reportEncoding(bytes, findings)
            return nil
        }
        guard YAMLText.isShallow(bytes, findings) else { return nil }
        return escape(bytes, findings)
    }

    private static func reportEncoding(_ bytes: ArraySlice<UInt8>, _ findings: Findings) {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var line = 1
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            if scalar == "\n" { line += 1 }
        }
        let wide = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
        findings.report(
            .yamlSyntax, line: line, "the text is not UTF-8", expected: "a text in UTF-8",
            hint: wide ? "it looks like UTF-16; save it as UTF-8" : "save it as UTF-8")
    }

    /// Refuses what would make the parser hash mappings as keys over and over: brackets nested
    /// beyond the limit, and the sign `?` that begins a key of any type. Brackets within quotes
    /// count as well, which no form has a use for.
    private static func isShallow(_ bytes: ArraySlice<UInt8>, _ findings: Findings) -> Bool {
        var line = 1
        var depth = 0
        var isComment = false
        // What stands before the byte: a line's beginning, white space, a bracket or a dash.
        var isAtStart = true
        for (index, byte) in zip(bytes.indices, bytes) {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if byte == UInt8(ascii: "\n") { line += 1 }
                isComment = false
                isAtStart = true
                continue
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "-"): continue
            case _ where isComment: continue
            case UInt8(ascii: "#"):
                isComment = index == bytes.startIndex || bytes[index - 1] <= 0x20
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
            case UInt8(ascii: "?") where isAtStart && endsWord(bytes, index + 1):
                findings.report(
                    .yamlSyntax, line: line, "a key that begins with '?'",
                    expected: "a word as the key", hint: "write the key and a colon")
                return false
            default: break
            }
            if depth > DocumentLimits.depth {
                findings.report(
                    .yamlSyntax, line: line, "lists and mappings are nested too deeply",
                    expected: "at most \(DocumentLimits.depth) levels")
                return false
            }
            isAtStart =
                byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: ",")
        }
        return true
    }

    private static func endsWord(_ bytes: ArraySlice<UInt8>, _ index: Int) -> Bool {
        index >= bytes.endIndex || bytes[index] <= 0x20
    }

    private static func escape(_ bytes: ArraySlice<UInt8>, _ findings: Findings) -> String? {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(bytes.count + bytes.count / 16)
        var line = 1
        var isRefused = false
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\n") { line += 1 }
            if byte == UInt8(ascii: "*") {
                escaped += [0xEE, 0x80, 0x80]
            } else {
                escaped.append(byte)
            }
            if isForbidden(bytes, at: index) {
                findings.report(
                    .yamlSyntax, line: line, "the text has a character that YAML does not allow",
                    expected: "printable characters, spaces and line ends",
                    hint: "it is invisible in most editors; type the line anew")
                isRefused = true
                break
            }
            index += 1
        }
        return isRefused ? nil : String(decoding: escaped, as: UTF8.self)
    }

    /// Whether a scalar that YAML excludes, or one that this file uses itself, begins at `index`.
    private static func isForbidden(_ bytes: ArraySlice<UInt8>, at index: Int) -> Bool {
        let byte = bytes[index]
        if byte < 0x20 { return byte != 0x09 && byte != 0x0A && byte != 0x0D }
        if byte == 0x7F { return true }
        guard byte >= 0xC2 else { return false }
        // The text is valid UTF-8, so the bytes that follow a lead byte are there.
        if byte == 0xC2 { return bytes[index + 1] < 0xA0 && bytes[index + 1] != 0x85 }
        if byte == 0xEE {
            return bytes[index + 1] == 0x80 && (0x80...0x81).contains(bytes[index + 2])
        }
        return byte == 0xEF && bytes[index + 1] == 0xBF && bytes[index + 2] >= 0xBE
    }

    /// The text as its author wrote it.
    static func restored(_ text: String) -> String {
        guard text.utf8.contains(0xEE) else { return text }
        var restored = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where scalar != keyMarker {
            restored.append(scalar == star ? "*" : scalar)
        }
        return String(restored)
    }
}
