/// Reads JSON (RFC 8259) into a document. Bounded in depth and size; the bytes may be anything.
struct JSONReader {
    private let bytes: [UInt8]
    private var at = 0
    private var document = EvidenceDocument()

    static func read(_ bytes: [UInt8]) throws(EvidenceFault) -> EvidenceDocument {
        var reader = JSONReader(bytes: bytes)
        reader.document.root = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.at == bytes.count else { throw reader.fault("there is more behind the end") }
        return reader.document
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func fault(_ message: String) -> EvidenceFault {
        EvidenceFault(at, "not JSON: \(message)")
    }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 32 || byte == 10 || byte == 13 || byte == 9 { at += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        return true
    }

    private mutating func value(depth: Int) throws(EvidenceFault) -> EvidenceValue {
        skipSpace()
        guard document.hasRoom() else { throw fault("there are too many values") }
        guard depth < EvidenceLimits.depth else { throw fault("it is nested too deeply") }
        switch next {
        case UInt8(ascii: "{"): return try mapping(depth)
        case UInt8(ascii: "["): return try list(depth)
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case .some(UInt8(ascii: "0")...UInt8(ascii: "9")), UInt8(ascii: "-"):
            return try number()
        default: throw fault("a value was expected")
        }
    }

    private mutating func mapping(_ depth: Int) throws(EvidenceFault) -> EvidenceValue {
        at += 1
        var entries: [EvidenceDocument.Entry] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return document.newMapping() }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw fault("a key was expected") }
            let key = try text()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("a colon was expected") }
            entries.append(.init(key: .text(key), value: try value(depth: depth + 1)))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw fault("a mapping has no end") }
        return document.newMapping(entries)
    }

    private mutating func list(_ depth: Int) throws(EvidenceFault) -> EvidenceValue {
        at += 1
        var items: [EvidenceValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return document.newList() }
        repeat {
            items.append(try value(depth: depth + 1))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw fault("a list has no end") }
        return document.newList(items)
    }

    private mutating func word(
        _ word: StaticString, _ value: EvidenceValue
    ) throws(EvidenceFault) -> EvidenceValue {
        let count = word.utf8CodeUnitCount
        guard at + count <= bytes.count else { throw fault("a word is cut off") }
        for index in 0..<count where bytes[at + index] != word.utf8Start[index] {
            throw fault("an unknown word")
        }
        at += count
        return value
    }

    private mutating func number() throws(EvidenceFault) -> EvidenceValue {
        let start = at
        var isWhole = true
        if next == UInt8(ascii: "-") { at += 1 }
        while let byte = next {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"),
                UInt8(ascii: "-"):
                isWhole = false
            default: return try number(from: start, isWhole)
            }
            at += 1
        }
        return try number(from: start, isWhole)
    }

    private func number(
        from start: Int, _ isWhole: Bool
    ) throws(EvidenceFault) -> EvidenceValue {
        guard isWhole else { return .fraction }
        let digits = String(decoding: bytes[start..<at], as: UTF8.self)
        guard digits != "-" else { throw fault("a number has no digits") }
        // What is beyond 64 bits is no count of anything.
        return Int64(digits).map { .integer($0) } ?? .fraction
    }

    private mutating func text() throws(EvidenceFault) -> String {
        at += 1
        let start = at
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { at += 1 }
        guard next != UInt8(ascii: "\"") else {
            defer { at += 1 }
            return String(decoding: bytes[start..<at], as: UTF8.self)
        }
        var decoded = Array(bytes[start..<at])
        while let byte = next {
            at += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: decoded, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                decoded.append(byte)
                continue
            }
            guard let escaped = next else { break }
            at += 1
            switch escaped {
            case UInt8(ascii: "n"): decoded.append(10)
            case UInt8(ascii: "t"): decoded.append(9)
            case UInt8(ascii: "r"): decoded.append(13)
            case UInt8(ascii: "b"): decoded.append(8)
            case UInt8(ascii: "f"): decoded.append(12)
            case UInt8(ascii: "u"): decoded += Array(String(try escape()).utf8)
            default: decoded.append(escaped)
            }
        }
        throw fault("a text has no end")
    }

    /// The four digits after `\u`, with the second half of a pair.
    private mutating func escape() throws(EvidenceFault) -> Character {
        let unit = try hexadecimal()
        let isFirst = unit & 0xFC00 == 0xD800
        if isFirst, next == UInt8(ascii: "\\"), at + 1 < bytes.count,
            bytes[at + 1] == UInt8(ascii: "u")
        {
            at += 2
            let other = try hexadecimal()
            let scalar = 0x10000 + (unit & 0x3FF) << 10 + other & 0x3FF
            if other & 0xFC00 == 0xDC00, let both = Unicode.Scalar(scalar) {
                return Character(both)
            }
        }
        return Unicode.Scalar(unit).map { Character($0) } ?? "\u{FFFD}"
    }

    private mutating func hexadecimal() throws(EvidenceFault) -> UInt32 {
        guard at + 4 <= bytes.count,
            let unit = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
        else { throw fault("four digits were expected") }
        at += 4
        return unit
    }
}
