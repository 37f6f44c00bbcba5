/// The cyclic redundancy check CRC-32C (Castagnoli), as iSCSI (RFC 3720, appendix B.4) and ext4 use
/// it: reflected polynomial `0x82F63B78`, start and final complement. Finds every single flipped
/// bit and every burst of up to 32 bits.
///
/// Eight bytes a step by eight tables (Kounavis and Berry, "A systematic approach to building high
/// performance software-based CRC generators", ISCC 2005).
public struct Crc32c: Hashable, Sendable {
    private var state: UInt32 = .max

    /// Starts an empty check.
    public init() {}

    /// The check of all bytes so far.
    public var value: UInt32 { ~state }

    /// Folds in the eight bytes of `word`, lowest first.
    public mutating func add(_ word: UInt64) {
        Crc32c.tables.withUnsafeBufferPointer { state = Crc32c.step(state, word, $0) }
    }

    /// Folds in every byte. O(n).
    public mutating func add(_ bytes: [UInt8]) { add(bytes, in: 0..<bytes.count) }

    /// Folds in the bytes at `range`, which must lie within `bytes`. O(length of the range).
    public mutating func add(_ bytes: [UInt8], in range: Range<Int>) {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= bytes.count, "a check beyond the bytes")
        var state = state
        bytes.withUnsafeBytes { raw in
            Crc32c.tables.withUnsafeBufferPointer { tables in
                var offset = range.lowerBound
                while offset + 8 <= range.upperBound {
                    let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    state = Crc32c.step(state, UInt64(littleEndian: word), tables)
                    offset += 8
                }
                while offset < range.upperBound {
                    let index = Int((state ^ UInt32(raw[offset])) & 0xFF)
                    state = (state >> 8) ^ tables[index]
                    offset += 1
                }
            }
        }
        self.state = state
    }

    /// The check of `bytes` alone.
    public static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var check = Crc32c()
        check.add(bytes)
        return check.value
    }

    @inline(__always)
    private static func step(
        _ state: UInt32, _ word: UInt64, _ tables: UnsafeBufferPointer<UInt32>
    ) -> UInt32 {
        let mixed = word ^ UInt64(state)
        // Byte `i` still has `7 - i` bytes behind it, which is what table `7 - i` advances over.
        return tables[0x700 | Int(mixed & 0xFF)]
            ^ tables[0x600 | Int(mixed >> 8 & 0xFF)]
            ^ tables[0x500 | Int(mixed >> 16 & 0xFF)]
            ^ tables[0x400 | Int(mixed >> 24 & 0xFF)]
            ^ tables[0x300 | Int(mixed >> 32 & 0xFF)]
            ^ tables[0x200 | Int(mixed >> 40 & 0xFF)]
            ^ tables[0x100 | Int(mixed >> 48 & 0xFF)]
            ^ tables[Int(mixed >> 56)]
    }

    /// Entry `256 * k + b` is the effect of byte `b` with `k` bytes of zero behind it.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var remainder = UInt32(byte)
            for _ in 0..<8 {
                remainder = (remainder >> 1) ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0)
            }
            tables[byte] = remainder
        }
        for index in 256..<tables.count {
            let before = tables[index - 256]
            tables[index] = (before >> 8) ^ tables[Int(before & 0xFF)]
        }
        return tables
    }()
}
