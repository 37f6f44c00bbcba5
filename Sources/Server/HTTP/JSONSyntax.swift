/// Whether bytes are JSON (RFC 8259): an object or an array, with nothing after it.
///
/// What is said to be JSON has to be some, although YAML, which takes more, is what reads
/// documents. Nothing is built, so that a large body is not read twice for it.
struct JSONSyntax {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    /// How deep lists and objects may be within each other.
    private static let depth = 512

    /// Whether `bytes` are an object or an array.
    static func isDocument(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            var syntax = JSONSyntax(bytes: buffer)
            return syntax.readDocument()
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            at += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        return true
    }

    /// What is open is on a list of its own, so that depth costs no stack.
    private mutating func readDocument() -> Bool {
        skipBlanks()
        var open: [UInt8] = []
        repeat {
            guard open.count <= JSONSyntax.depth, let isOpened = readValue(&open) else {
                return false
            }
            if isOpened { continue }
            // A value has ended: with it may end what is around it.
            while let opener = open.last {
                skipBlanks()
                if take(UInt8(ascii: ",")) {
                    skipBlanks()
                    if opener == UInt8(ascii: "{"), !readKey() { return false }
                    break
                }
                guard take(opener + 2) else { return false }
                open.removeLast()
            }
        } while !open.isEmpty
        skipBlanks()
        return at == bytes.count
    }

    /// Reads a value, or the opening of one that is not empty, which gives true. Nil for neither.
    private mutating func readValue(_ open: inout [UInt8]) -> Bool? {
        guard let byte = next else { return nil }
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            at += 1
            skipBlanks()
            // The closing brackets stand two behind the opening ones.
            if take(byte + 2) { return false }
            open.append(byte)
            return byte == UInt8(ascii: "[") || readKey() ? true : nil
        case _ where open.isEmpty: return nil
        case UInt8(ascii: "\""): return readString() ? false : nil
        case UInt8(ascii: "t"): return readWord("true") ? false : nil
        case UInt8(ascii: "f"): return readWord("false") ? false : nil
        case UInt8(ascii: "n"): return readWord("null") ? false : nil
        default: return readNumber() ? false : nil
        }
    }

    private mutating func readKey() -> Bool {
        guard readString() else { return false }
        skipBlanks()
        guard take(UInt8(ascii: ":")) else { return false }
        skipBlanks()
        return true
    }

    private mutating func readWord(_ word: StaticString) -> Bool {
        let end = at + word.utf8CodeUnitCount
        guard end <= bytes.count else { return false }
        for index in 0..<word.utf8CodeUnitCount where bytes[at + index] != word.utf8Start[index] {
            return false
        }
        at = end
        return true
    }

    private mutating func readDigits() -> Bool {
        let start = at
        while let byte = next, (48...57).contains(byte) { at += 1 }
        return at > start
    }

    private mutating func readNumber() -> Bool {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")), !readDigits() { return false }
        if take(UInt8(ascii: ".")), !readDigits() { return false }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            return readDigits()
        }
        return true
    }

    private mutating func readString() -> Bool {
        guard take(UInt8(ascii: "\"")) else { return false }
        while let byte = next {
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case 0..<0x20: return false
            case UInt8(ascii: "\\"): if !readEscape() { return false }
            default: break
            }
        }
        return false
    }

    private mutating func readEscape() -> Bool {
        guard let byte = next else { return false }
        at += 1
        guard byte == UInt8(ascii: "u") else { return "\"\\/bfnrt".utf8.contains(byte) }
        guard let unit = readUnit(), !(0xDC00...0xDFFF).contains(unit) else { return false }
        guard (0xD800...0xDBFF).contains(unit) else { return true }
        // The first half of a pair stands for nothing by itself.
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let other = readUnit() else {
            return false
        }
        return (0xDC00...0xDFFF).contains(other)
    }

    private mutating func readUnit() -> Int? {
        guard at + 4 <= bytes.count else { return nil }
        var unit = 0
        for byte in bytes[at..<at + 4] {
            guard let digit = JSONSyntax.digit(byte) else { return nil }
            unit = unit << 4 | digit
        }
        at += 4
        return unit
    }

    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 48
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte) - 87
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte) - 55
        default: nil
        }
    }
}
