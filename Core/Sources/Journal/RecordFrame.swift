import FleetModel

/// The eight bytes before each payload: a length word and a checksum.
///
/// The length word has the length in its lower 26 bits and a check of the length in its upper 6,
/// so that a broken length is found at once and not taken for a journal that ends too early.
enum RecordFrame {
    /// Bytes of the frame.
    static let byteCount = 8

    /// The length word of a payload of `length` bytes, at most `JournalLimits.payloadBytes`.
    static func lengthWord(_ length: Int) -> UInt32 {
        let bits = UInt32(length)
        return bits | check(bits) << 26
    }

    /// The length in a length word; nil when its check is wrong.
    static func length(_ word: UInt32) -> Int? {
        let bits = word & UInt32(JournalLimits.payloadBytes)
        return check(bits) == word >> 26 ? Int(bits) : nil
    }

    /// The checksum of a record: CRC-32C over the checksum before it, the length word and the
    /// payload. A record that is lost, doubled or out of place breaks this chain.
    static func checksum(
        after previous: UInt32, lengthWord: UInt32, payload: Range<Int>, of bytes: [UInt8]
    ) -> UInt32 {
        var check = Crc32c()
        check.add(UInt64(previous) | UInt64(lengthWord) << 32)
        check.add(bytes, in: payload)
        return check.value
    }

    // Each bit of the length is in one bit of the check, so no single flip passes. The constant
    // keeps zeros, which file systems leave behind after a crash, from being a length word.
    private static func check(_ bits: UInt32) -> UInt32 {
        (bits ^ bits >> 6 ^ bits >> 12 ^ bits >> 18 ^ bits >> 24 ^ 0x2A) & 0x3F
    }
}
