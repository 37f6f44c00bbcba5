import FleetModel

/// Appends the primitive values of the format to bytes.
struct PayloadWriter: Sendable {
    var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// LEB128: seven bits a byte, lowest first, the top bit set on all bytes but the last.
    mutating func unsigned(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Zigzag: 0, -1, 1, -2, 2 ... as 0, 1, 2, 3, 4 ..., so that small numbers stay short.
    mutating func signed(_ value: Int64) {
        unsigned(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    mutating func signed(_ value: Int32) { signed(Int64(value)) }

    /// A set of bits, short when few low bits are set and when nearly all are.
    mutating func bits(_ value: UInt64) { signed(Int64(bitPattern: value)) }

    /// Eight bytes, lowest first: for digests, which no variable length makes shorter.
    mutating func fixed(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Four bytes, lowest first.
    mutating func fixed(_ value: UInt32) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Overwrites four bytes that are there already.
    mutating func overwrite(_ value: UInt32, at offset: Int) {
        for index in 0..<4 {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index)))
        }
    }

    mutating func id(_ id: some DenseID) throws(PayloadFault) {
        guard id.rawValue >= 0 else { throw .negativeID(Int64(id.rawValue)) }
        unsigned(UInt64(id.rawValue))
    }

    /// An id that must fit into a set of one word.
    mutating func id(_ id: some DenseID, below limit: Int) throws(PayloadFault) {
        guard (0..<limit).contains(id.index) else { throw .idBeyond(id.index, limit: limit) }
        byte(UInt8(id.index))
    }

    mutating func span(_ span: TimeSpan) { signed(span.nanoseconds) }

    mutating func flag(_ value: Bool) { byte(value ? 1 : 0) }

    mutating func text(_ text: String) throws(PayloadFault) {
        let count = text.utf8.count
        guard count <= JournalLimits.nameBytes else {
            throw .tooMany("bytes of a name", count, limit: JournalLimits.nameBytes)
        }
        unsigned(UInt64(count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func list<Element>(
        _ elements: [Element], of what: StaticString, limit: Int,
        _ write: (inout PayloadWriter, Element) throws(PayloadFault) -> Void
    ) throws(PayloadFault) {
        guard elements.count <= limit else {
            throw .tooMany("\(what)", elements.count, limit: limit)
        }
        unsigned(UInt64(elements.count))
        for element in elements { try write(&self, element) }
    }
}

extension PayloadFault {
    static func negativeID(_ id: Int64) -> PayloadFault {
        PayloadFault("\(id) is not an id", expected: "0 to \(Int32.max)")
    }

    static func idBeyond(_ id: Int, limit: Int) -> PayloadFault {
        PayloadFault("\(id) is not an id of a small set", expected: "0 to \(limit - 1)")
    }

    static func tooMany(_ what: String, _ count: some BinaryInteger, limit: Int) -> PayloadFault {
        PayloadFault("\(count) \(what)", expected: "at most \(limit)")
    }
}
