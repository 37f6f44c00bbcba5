/// Separates a Swift text into code and comments, so that rules about code do not fire on words in
/// comments and strings, and the other way round.
///
/// Both results keep every newline, so that line numbers stay true. Of a string only its quotes
/// stay in the code, and the code of its interpolations.
struct Lexer {
    private let bytes: [UInt8]
    private var position = 0
    /// The text with comments and the insides of strings blanked.
    private(set) var code: [UInt8]
    /// The text with everything but comments blanked.
    private(set) var comments: [UInt8]

    /// Reads the whole text. O(length).
    init(_ text: String) {
        bytes = Array(text.utf8)
        let blank = bytes.map { $0 == Byte.newline ? Byte.newline : Byte.space }
        code = blank
        comments = blank
        while position < bytes.count { readCode(untilParenthesis: false) }
    }

    private func byte(_ offset: Int = 0) -> UInt8 {
        let index = position + offset
        return index >= 0 && index < bytes.count ? bytes[index] : 0
    }

    private mutating func copyToCode() {
        code[position] = bytes[position]
        position += 1
    }

    private mutating func readCode(untilParenthesis: Bool) {
        var depth = 0
        while position < bytes.count {
            switch byte() {
            case Byte.slash where byte(1) == Byte.slash: readLineComment()
            case Byte.slash where byte(1) == Byte.star: readBlockComment()
            case Byte.slash where startsRegex(): readRegex()
            case Byte.quote: readString(hashes: 0)
            case Byte.hash:
                var hashes = 0
                while byte(hashes) == Byte.hash { hashes += 1 }
                if byte(hashes) == Byte.quote {
                    position += hashes
                    readString(hashes: hashes)
                } else {
                    copyToCode()
                }
            case Byte.open:
                depth += 1
                copyToCode()
            case Byte.close:
                copyToCode()
                depth -= 1
                if untilParenthesis && depth == 0 { return }
            default: copyToCode()
            }
        }
    }

    private mutating func readLineComment() {
        while position < bytes.count && byte() != Byte.newline {
            comments[position] = bytes[position]
            position += 1
        }
    }

    private mutating func readBlockComment() {
        var depth = 0
        while position < bytes.count {
            let opens = byte() == Byte.slash && byte(1) == Byte.star
            let closes = byte() == Byte.star && byte(1) == Byte.slash
            for _ in 0..<(opens || closes ? 2 : 1) {
                comments[position] = bytes[position]
                position += 1
            }
            depth += opens ? 1 : closes ? -1 : 0
            if depth == 0 { return }
        }
    }

    private mutating func readString(hashes: Int) {
        let isMultiline =
            byte(1) == Byte.quote && byte(2) == Byte.quote && (hashes == 0 || !isClosed(hashes))
        let quotes = isMultiline ? 3 : 1
        code[position] = Byte.quote
        position += quotes
        while position < bytes.count {
            if byte() == Byte.backslash && (0..<hashes).allSatisfy({ byte(1 + $0) == Byte.hash }) {
                position += 1 + hashes
                if byte() == Byte.open {
                    readCode(untilParenthesis: true)
                } else if byte() != Byte.newline {
                    position += 1
                }
            } else if (0..<quotes).allSatisfy({ byte($0) == Byte.quote })
                && (0..<hashes).allSatisfy({ byte(quotes + $0) == Byte.hash })
            {
                code[position] = Byte.quote
                position += quotes + hashes
                return
            } else if byte() == Byte.newline && !isMultiline {
                return
            } else {
                position += 1
            }
        }
    }

    /// Whether `#""#`, the empty raw string, is at the position of its first quote.
    private func isClosed(_ hashes: Int) -> Bool {
        (0..<hashes).allSatisfy { byte(2 + $0) == Byte.hash }
    }

    /// Whether a slash begins a regular expression: nothing that could be divided is before it, and
    /// the line has its end.
    private func startsRegex() -> Bool {
        var before = -1
        while byte(before) == Byte.space { before -= 1 }
        guard Byte.beforeRegex.contains(byte(before)), byte(1) != Byte.space else { return false }
        var index = 1
        while byte(index) != Byte.newline && position + index < bytes.count {
            if byte(index) == Byte.backslash {
                index += 1
            } else if byte(index) == Byte.slash {
                return index > 1
            }
            index += 1
        }
        return false
    }

    private mutating func readRegex() {
        position += 1
        while byte() != Byte.slash {
            position += byte() == Byte.backslash ? 2 : 1
        }
        position += 1
    }
}

/// The bytes that Swift's lexical structure turns on.
enum Byte {
    static let newline = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")
    static let slash = UInt8(ascii: "/")
    static let star = UInt8(ascii: "*")
    static let quote = UInt8(ascii: "\"")
    static let hash = UInt8(ascii: "#")
    static let backslash = UInt8(ascii: "\\")
    static let open = UInt8(ascii: "(")
    static let close = UInt8(ascii: ")")
    /// What stands before a regular expression rather than a division.
    static let beforeRegex = Array("(,=:[{\n#".utf8)
}
