import FleetModel

/// Takes the primitive values of the format from a range of bytes; never reads beyond it.
///
/// Every value has one encoding only, so equal inputs are equal bytes and back.
struct PayloadReader {
    private let bytes: [UInt8]
    private let end: Int
    /// The offset of the next byte.
    private(set) var position: Int

    init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// Bytes that are left.
    var remaining: Int { end - position }

    /// Throws unless every byte was taken.
    func expectEnd() throws(PayloadFault) {
        guard remaining == 0 else {
            throw PayloadFault("\(remaining) bytes after the last value", expected: "none")
        }
    }

    mutating func byte() throws(PayloadFault) -> UInt8 {
        guard position < end else { throw .cutOff }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func unsigned() throws(PayloadFault) -> UInt64 {
        let first = try byte()
        if first < 0x80 { return UInt64(first) }
        var value = UInt64(first & 0x7F)
        var shift: UInt64 = 7
        while true {
            let next = try byte()
            // The tenth byte has room for one bit; a last byte of zero adds nothing.
            guard next != 0, shift < 63 || next == 1 else {
                throw PayloadFault(
                    "a number in more bytes than it needs or has",
                    expected: "the shortest LEB128 of at most 64 bits")
            }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
    }

    mutating func signed() throws(PayloadFault) -> Int64 {
        let value = try unsigned()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func signed32() throws(PayloadFault) -> Int32 {
        let value = try signed()
        guard let narrow = Int32(exactly: value) else {
            throw PayloadFault("\(value) does not fit", expected: "a number of 32 bits")
        }
        return narrow
    }

    mutating func bits() throws(PayloadFault) -> UInt64 { UInt64(bitPattern: try signed()) }

    mutating func fixed() throws(PayloadFault) -> UInt64 {
        guard remaining >= 8 else { throw .cutOff }
        defer { position += 8 }
        return bytes.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        }
    }

    mutating func id<ID: DenseID>() throws(PayloadFault) -> ID {
        let value = try unsigned()
        guard value <= UInt64(Int32.max) else {
            throw PayloadFault("\(value) is not an id", expected: "0 to \(Int32.max)")
        }
        return ID(rawValue: Int32(value))
    }

    mutating func id<ID: DenseID>(below limit: Int) throws(PayloadFault) -> ID {
        let value = Int(try byte())
        guard value < limit else { throw .idBeyond(value, limit: limit) }
        return ID(value)
    }

    mutating func span() throws(PayloadFault) -> TimeSpan {
        TimeSpan(nanoseconds: try signed())
    }

    mutating func flag() throws(PayloadFault) -> Bool {
        let value = try byte()
        guard value <= 1 else { throw PayloadFault("\(value) is not a flag", expected: "0 or 1") }
        return value == 1
    }

    /// The case of an enumeration that is written as its raw value.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        of what: StaticString
    ) throws(PayloadFault) -> Choice where Choice.RawValue == UInt8 {
        let value = try byte()
        guard let choice = Choice(rawValue: value) else {
            throw PayloadFault(
                "\(value) is not a \(what)", expected: "0 to \(Choice.allCases.count - 1)")
        }
        return choice
    }

    mutating func text() throws(PayloadFault) -> String {
        let count = try self.count(of: "bytes of a name", limit: JournalLimits.nameBytes)
        defer { position += count }
        guard let text = String(validating: bytes[position..<position + count], as: UTF8.self)
        else { throw PayloadFault("a name that is not text", expected: "UTF-8") }
        return text
    }

    mutating func list<Element>(
        of what: StaticString, limit: Int,
        _ element: (inout PayloadReader) throws(PayloadFault) -> Element
    ) throws(PayloadFault) -> [Element] {
        let count = try self.count(of: what, limit: limit)
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try element(&self)) }
        return elements
    }

    // No element takes less than a byte, so a count beyond the bytes left is a lie that must not
    // reserve memory.
    private mutating func count(of what: StaticString, limit: Int) throws(PayloadFault) -> Int {
        let count = try unsigned()
        guard count <= UInt64(limit) else { throw .tooMany("\(what)", count, limit: limit) }
        guard count <= UInt64(remaining) else {
            throw PayloadFault(
                "\(count) \(what) in \(remaining) bytes", expected: "a count that the record holds")
        }
        return Int(count)
    }
}

extension PayloadFault {
    fileprivate static var cutOff: PayloadFault {
        PayloadFault("the record ends inside a value", expected: "more bytes")
    }
}
