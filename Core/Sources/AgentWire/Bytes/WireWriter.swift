import FleetModel

/// Appends the values of the format to bytes.
public struct WireWriter: Sendable {
    /// What was written.
    public private(set) var bytes: [UInt8] = []

    /// Starts without bytes.
    public init() {}

    /// One byte.
    public mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// LEB128: seven bits a byte, lowest first, the top bit set on all bytes but the last.
    public mutating func unsigned(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Zigzag: 0, −1, 1, −2 … as 0, 1, 2, 3 …, so that small numbers stay short.
    public mutating func signed(_ value: Int64) {
        unsigned(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// Eight bytes, lowest first: for what is random.
    public mutating func fixed(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A text of at most `limit` bytes; of a longer one as many whole characters as fit.
    public mutating func text(_ text: String, limit: Int = AgentLimits.textBytes) {
        var text = text
        text.withUTF8 { utf8 in
            var count = min(utf8.count, limit)
            // Bytes of the form 10xxxxxx go on with a character that began before them.
            while count < utf8.count, count > 0, utf8[count] & 0xC0 == 0x80 { count -= 1 }
            unsigned(UInt64(count))
            bytes.append(contentsOf: utf8[..<count])
        }
    }

    /// Bytes as they are.
    public mutating func raw(_ other: [UInt8]) { bytes.append(contentsOf: other) }

    /// A number of elements, and each of them; those beyond the limit are left out.
    public mutating func list<Element>(
        _ elements: [Element], limit: Int, _ write: (inout WireWriter, Element) -> Void
    ) {
        let kept = elements.prefix(limit)
        unsigned(UInt64(kept.count))
        for element in kept { write(&self, element) }
    }
}
