/// The characters of a key, string or number where they stand; for comparing, and for turning only
/// what is wanted into a `String`.
///
/// It lives as long as the bytes that are read, so it must not leave the reader.
public struct JSONText: CustomStringConvertible {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline let hasEscapes: Bool

    @usableFromInline
    init(bytes: UnsafeRawBufferPointer, hasEscapes: Bool) {
        self.bytes = bytes
        self.hasEscapes = hasEscapes
    }

    /// Whether there are no characters.
    public var isEmpty: Bool { bytes.isEmpty }

    /// The text. What is not UTF-8 and surrogates without their other half become U+FFFD.
    public var string: String {
        hasEscapes
            ? String(decoding: unescaped, as: UTF8.self)
            : String(decoding: bytes, as: UTF8.self)
    }

    /// The text.
    public var description: String { string }

    /// The integer that it is written as; nil for what is none, or does not fit in 64 bits.
    public var integer: Int64? {
        var index = 0
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { index = 1 }
        guard index < bytes.count else { return nil }
        var value: Int64 = 0
        while index < bytes.count {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isOver) =
                isNegative
                ? tens.subtractingReportingOverflow(Int64(digit))
                : tens.addingReportingOverflow(Int64(digit))
            guard !isTooLarge, !isOver else { return nil }
            value = sum
            index += 1
        }
        return value
    }

    /// Whether the text is this one.
    @inlinable
    public static func == (text: JSONText, word: StaticString) -> Bool {
        if text.hasEscapes { return text.string == word.description }
        let count = word.utf8CodeUnitCount
        guard text.bytes.count == count else { return false }
        let start = word.utf8Start
        var index = 0
        while index < count {
            guard text.bytes[index] == start[index] else { return false }
            index += 1
        }
        return true
    }

    /// Whether the text is this one.
    public static func == (text: JSONText, word: String) -> Bool {
        text.hasEscapes ? text.string == word : text.bytes.elementsEqual(word.utf8)
    }

    /// For `switch`.
    @inlinable
    public static func ~= (word: StaticString, text: JSONText) -> Bool { text == word }

    private var unescaped: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "\\"), index + 1 < bytes.count else {
                result.append(byte)
                index += 1
                continue
            }
            let letter = bytes[index + 1]
            index += 2
            switch letter {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"): appendScalar(&index, to: &result)
            default: result.append(letter)
            }
        }
        return result
    }

    /// Appends the character whose four hexadecimal digits stand at `index`, and takes the other
    /// half of a pair of surrogates with it.
    private func appendScalar(_ index: inout Int, to result: inout [UInt8]) {
        let first = unit(at: index)
        index = min(index + 4, bytes.count)
        var code = first ?? 0xFFFD
        if code & 0xFC00 == 0xD800, index + 6 <= bytes.count,
            bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u"),
            let second = unit(at: index + 2), second & 0xFC00 == 0xDC00
        {
            code = 0x10000 + (code & 0x3FF) << 10 + second & 0x3FF
            index += 6
        }
        let scalar = Unicode.Scalar(code) ?? "\u{FFFD}"
        result.append(contentsOf: String(Character(scalar)).utf8)
    }

    private func unit(at index: Int) -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
