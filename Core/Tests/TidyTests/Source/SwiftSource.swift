/// A word, number or sign of a Swift text.
struct Token: Hashable {
    /// What kind of token it is.
    enum Kind {
        /// A name or keyword.
        case word
        /// An integer literal.
        case integer
        /// A literal with a fraction or an exponent.
        case float
        /// One punctuation character; a string literal is two quotes.
        case sign
    }

    /// The characters.
    var text: String
    /// The line, counted from 1.
    var line: Int
    /// What it is.
    var kind: Kind
    /// Whether it is the first token on its line.
    var startsLine: Bool
}

/// A Swift file, read far enough for the rules: lines, comments, tokens and matching brackets.
struct SwiftSource {
    /// The file, relative to the repository's root.
    let path: String
    /// The text's lines.
    let lines: [Substring]
    /// The lines of comments, everything else blanked.
    let commentLines: [Substring]
    /// The code's tokens.
    let tokens: [Token]
    /// For every opening bracket its closing one and the other way round; -1 for other tokens.
    let partner: [Int]

    /// Reads a text. O(length).
    init(path: String, text: String) {
        self.path = path
        let lexer = Lexer(text)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        commentLines = String(decoding: lexer.comments, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        tokens = SwiftSource.tokens(of: lexer.code)
        partner = SwiftSource.partners(in: tokens)
    }

    /// The token's text, or nothing outside the file.
    func text(_ index: Int) -> String {
        index >= 0 && index < tokens.count ? tokens[index].text : ""
    }

    /// Whether there is a name or keyword at the index.
    func isWord(_ index: Int) -> Bool {
        index >= 0 && index < tokens.count && tokens[index].kind == .word
    }

    /// The index behind the bracket group that opens at the index, or else the next index.
    func afterGroup(_ index: Int) -> Int {
        partner[index] > index ? partner[index] + 1 : index + 1
    }

    /// The opening brace of the body of the function-like declaration whose keyword is at `index`.
    ///
    /// A declaration without a body, as in a protocol, has none.
    func bodyOpening(of index: Int) -> Int? {
        var at = index + 1
        while at < tokens.count {
            let token = tokens[at]
            if token.text == "{" { return at }
            if token.text == "}" { return nil }
            if token.startsLine && SwiftSource.declarationStarts.contains(token.text) { return nil }
            at = afterGroup(at)
        }
        return nil
    }

    /// The violation of a rule at a token.
    func violation(
        at index: Int, _ rule: String, _ message: String, _ replacement: String
    )
        -> Violation
    {
        Violation(
            path: path, line: tokens[index].line, rule: rule, message: message,
            replacement: replacement)
    }

    private static let declarationStarts: Set<String> = [
        "func", "var", "let", "init", "deinit", "subscript", "static", "class", "struct", "enum",
        "extension", "protocol", "case", "typealias", "associatedtype", "public", "private",
        "internal", "fileprivate", "package", "mutating", "@", "override", "final",
    ]

    private static func tokens(of code: [UInt8]) -> [Token] {
        var tokens: [Token] = []
        var line = 1
        var at = 0
        var startsLine = true
        while at < code.count {
            let byte = code[at]
            if byte == Byte.newline {
                line += 1
                startsLine = true
            }
            if byte <= Byte.space {
                at += 1
                continue
            }
            let kind: Token.Kind
            let end: Int
            if isDigit(byte) {
                let isTupleIndex = tokens.last?.text == "."
                (kind, end) = number(in: code, from: at, isTupleIndex: isTupleIndex)
            } else {
                var stop = at
                while stop < code.count && isWordByte(code[stop]) { stop += 1 }
                kind = stop > at ? .word : .sign
                end = max(stop, at + 1)
            }
            let text = String(decoding: code[at..<end], as: UTF8.self)
            if text != "`" {
                tokens.append(Token(text: text, line: line, kind: kind, startsLine: startsLine))
                startsLine = false
            }
            at = end
        }
        return tokens
    }

    private static func number(
        in code: [UInt8], from start: Int, isTupleIndex: Bool
    )
        -> (Token.Kind, Int)
    {
        let isHexadecimal = start + 1 < code.count && code[start + 1] == UInt8(ascii: "x")
        var isFloat = false
        var end = start
        while end < code.count {
            let byte = code[end]
            if isWordByte(byte) {
                let exponents = isHexadecimal ? "pP" : "eE"
                if exponents.utf8.contains(byte) {
                    isFloat = true
                    let sign = end + 1 < code.count ? code[end + 1] : 0
                    if "+-".utf8.contains(sign) { end += 1 }
                }
            } else if byte == UInt8(ascii: "."), !isTupleIndex, end + 1 < code.count,
                isDigit(code[end + 1])
            {
                isFloat = true
            } else {
                break
            }
            end += 1
        }
        return (isFloat ? .float : .integer, end)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte >= 0x80 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$")
            || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
    }

    private static func partners(in tokens: [Token]) -> [Int] {
        let closers = ["(": ")", "[": "]", "{": "}"]
        var partner = Array(repeating: -1, count: tokens.count)
        var open: [Int] = []
        for (index, token) in tokens.enumerated() where token.kind == .sign {
            if closers[token.text] != nil {
                open.append(index)
            } else if let last = open.last, closers[tokens[last].text] == token.text {
                open.removeLast()
                partner[last] = index
                partner[index] = last
            }
        }
        return partner
    }
}
