/// What a value is, by its first byte.
public enum JSONKind: Hashable, Sendable {
    /// `{`.
    case object
    /// `[`.
    case array
    /// A string.
    case string
    /// A number.
    case number
    /// `true` or `false`.
    case boolean
    /// `null`.
    case null
}

extension JSONScanner {
    /// What comes next. Throws when no value begins here.
    public mutating func kind() throws(JSONFault) -> JSONKind {
        skipBlanks()
        guard position < bytes.count else { throw fault(.endsEarly) }
        switch bytes[position] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        default: throw fault(.expected("a value"))
        }
    }

    // MARK: Strings

    /// A string; `null` is the empty one.
    public mutating func string() throws(JSONFault) -> String {
        try text().string
    }

    /// A string without turning it into one, to compare it; `null` is the empty one.
    ///
    /// It lives as long as the bytes, so it must not leave the reader.
    @inlinable
    public mutating func text() throws(JSONFault) -> JSONText {
        skipBlanks()
        if position < bytes.count, bytes[position] == UInt8(ascii: "n"), takeNull() {
            return JSONText(bytes: UnsafeRawBufferPointer(start: nil, count: 0), hasEscapes: false)
        }
        return try takeText()
    }

    /// An array of strings.
    public mutating func strings() throws(JSONFault) -> [String] {
        var strings: [String] = []
        try enterArray()
        while try nextElement() { strings.append(try string()) }
        return strings
    }

    /// An object whose values are strings, as labels are. Of repeated keys the last counts.
    public mutating func stringMap() throws(JSONFault) -> [String: String] {
        var map: [String: String] = [:]
        try enterObject()
        while let key = try nextKey() {
            let key = key.string
            map[key] = try string()
        }
        return map
    }

    @usableFromInline
    mutating func takeText() throws(JSONFault) -> JSONText {
        skipBlanks()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            throw missing("a string")
        }
        let start = position + 1
        let (end, hasEscapes) = try closingQuote(from: start, refusesControl: true)
        position = end + 1
        return JSONText(
            bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), hasEscapes: hasEscapes)
    }

    /// Where the string ends whose characters begin at `start`.
    @inline(__always)
    func closingQuote(
        from start: Int, refusesControl: Bool
    ) throws(JSONFault) -> (end: Int, hasEscapes: Bool) {
        var index = start
        var hasEscapes = false
        while true {
            // Eight bytes at once: of the marks that these tricks leave the lowest is exact
            // (Hacker's Delight, 6-1), and only that one is used.
            while index + 8 <= bytes.count {
                let word = UInt64(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let marks =
                    Word.zeros(word ^ Word.quotes) | Word.zeros(word ^ Word.backslashes)
                    | (refusesControl ? Word.below32(word) : 0)
                if marks != 0 {
                    index += marks.trailingZeroBitCount >> 3
                    break
                }
                index += 8
            }
            guard index < bytes.count else { break }
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") { return (index, hasEscapes) }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                index += 1
            } else if refusesControl, byte < 0x20 {
                throw JSONFault(.controlCharacter, offset: index)
            }
            index += 1
        }
        throw JSONFault(.endsEarly, offset: bytes.count)
    }

    // MARK: Numbers and words

    /// An integer; `null` is 0. Throws for fractions, exponents and what 64 bits do not hold.
    public mutating func integer() throws(JSONFault) -> Int64 {
        if takeIfNull() { return 0 }
        let start = position
        let digits = try number()
        guard let value = digits.integer else { throw JSONFault(.notAnInteger, offset: start) }
        return value
    }

    /// A number as it is written.
    public mutating func number() throws(JSONFault) -> JSONText {
        skipBlanks()
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
                UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
                position += 1
                continue
            default: break
            }
            break
        }
        guard position > start, bytes[start] != UInt8(ascii: "+") else {
            position = start
            throw missing("a number")
        }
        return JSONText(
            bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<position]), hasEscapes: false)
    }

    /// `true` or `false`; `null` is false.
    public mutating func boolean() throws(JSONFault) -> Bool {
        skipBlanks()
        if take("true") { return true }
        if take("false") || takeNull() { return false }
        throw missing("true or false")
    }

    /// Passes over a `null`, if one comes next.
    @usableFromInline
    mutating func takeNull() -> Bool { take("null") }

    /// Whether a `null` came next, which is passed over then.
    public mutating func takeIfNull() -> Bool {
        skipBlanks()
        return takeNull()
    }

    mutating func take(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard bytes.count - position >= length else { return false }
        for index in 0..<length where bytes[position + index] != word.utf8Start[index] {
            return false
        }
        position += length
        return true
    }
}

/// Tests on eight bytes at once.
enum Word {
    static let quotes: UInt64 = 0x2222_2222_2222_2222
    static let backslashes: UInt64 = 0x5C5C_5C5C_5C5C_5C5C

    /// The highest bit of the lowest byte that is 0, and perhaps of others above it.
    @inline(__always)
    static func zeros(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }

    /// The same for bytes below 32.
    @inline(__always)
    static func below32(_ word: UInt64) -> UInt64 {
        (word &- 0x2020_2020_2020_2020) & ~word & 0x8080_8080_8080_8080
    }
}
