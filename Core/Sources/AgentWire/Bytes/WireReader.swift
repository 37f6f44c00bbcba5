import FleetModel

/// Takes the values of the format from bytes; never reads beyond them, and reserves no memory that
/// they do not justify.
///
/// Every value has one encoding only, so that equal messages are equal bytes and back.
public struct WireReader: Sendable {
    private let bytes: [UInt8]
    private let end: Int
    /// The offset of the next byte.
    public private(set) var position = 0

    /// Reads from the first byte on.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        end = bytes.count
    }

    /// Bytes that are left.
    public var remaining: Int { end - position }

    /// A refusal at the place that was reached.
    public func refusal(_ what: String) -> WireRefusal { WireRefusal(what, at: position) }

    /// Throws unless every byte was taken.
    public func expectEnd() throws(WireRefusal) {
        guard remaining == 0 else { throw refusal("\(remaining) bytes after the last value") }
    }

    /// One byte.
    public mutating func byte() throws(WireRefusal) -> UInt8 {
        guard position < end else { throw refusal("the end inside of a value") }
        defer { position += 1 }
        return bytes[position]
    }

    /// A number in the shortest LEB128 of at most 64 bits.
    public mutating func unsigned() throws(WireRefusal) -> UInt64 {
        let first = try byte()
        if first < 0x80 { return UInt64(first) }
        var value = UInt64(first & 0x7F)
        var shift: UInt64 = 7
        while true {
            let next = try byte()
            // The tenth byte has room for one bit; a last byte of zero adds nothing.
            guard next != 0, shift < 63 || next == 1 else {
                throw refusal("a number in more bytes than it needs or has")
            }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
    }

    /// A number within bounds.
    public mutating func number(
        of what: StaticString, _ range: ClosedRange<UInt64>
    ) throws(WireRefusal) -> UInt64 {
        let value = try unsigned()
        guard range.contains(value) else { throw refusal("\(value) as \(what)") }
        return value
    }

    /// A number with a sign.
    public mutating func signed() throws(WireRefusal) -> Int64 {
        let value = try unsigned()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A number with a sign, of 32 bits.
    public mutating func signed32() throws(WireRefusal) -> Int32 {
        let value = try signed()
        guard let narrow = Int32(exactly: value) else { throw refusal("\(value) beyond 32 bits") }
        return narrow
    }

    /// Eight bytes, lowest first.
    public mutating func fixed() throws(WireRefusal) -> UInt64 {
        guard remaining >= 8 else { throw refusal("the end inside of a value") }
        defer { position += 8 }
        return bytes.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        }
    }

    /// 0 or 1.
    public mutating func flag() throws(WireRefusal) -> Bool {
        let value = try byte()
        guard value <= 1 else { throw refusal("\(value) as a flag") }
        return value == 1
    }

    /// A text of at most `limit` bytes.
    public mutating func text(limit: Int = AgentLimits.textBytes) throws(WireRefusal) -> String {
        let count = try count(of: "bytes of a text", limit: limit)
        guard let text = String(validating: bytes[position..<position + count], as: UTF8.self)
        else { throw refusal("a text that is not UTF-8") }
        position += count
        return text
    }

    /// Bytes behind their number.
    public mutating func raw(limit: Int) throws(WireRefusal) -> [UInt8] {
        let count = try count(of: "bytes", limit: limit)
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    /// A number of elements, and each of them.
    public mutating func list<Element>(
        of what: StaticString, limit: Int,
        _ element: (inout WireReader) throws(WireRefusal) -> Element
    ) throws(WireRefusal) -> [Element] {
        let count = try self.count(of: what, limit: limit)
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try element(&self)) }
        return elements
    }

    // No element takes less than a byte, so that a count beyond the bytes left is a lie.
    private mutating func count(of what: StaticString, limit: Int) throws(WireRefusal) -> Int {
        let count = try unsigned()
        guard count <= UInt64(limit) else { throw refusal("\(count) \(what), beyond \(limit)") }
        guard count <= UInt64(remaining) else {
            throw refusal("\(count) \(what) in \(remaining) bytes")
        }
        return Int(count)
    }
}
