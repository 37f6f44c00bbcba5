/// Which start of a machine: the kernel's `random/boot_id`.
public struct BootID: Hashable, Sendable {
    /// The first half.
    public var high: UInt64
    /// The second half.
    public var low: UInt64

    /// Gathers both halves.
    public init(high: UInt64 = 0, low: UInt64 = 0) {
        self.high = high
        self.low = low
    }

    /// Reads `6e7c2a9d-…`, with or without hyphens; nil for anything but 32 digits.
    public init?(text: String) {
        var halves: [UInt64] = [0, 0]
        var digits = 0
        for byte in text.utf8 where byte != UInt8(ascii: "-") {
            guard let digit = BootID.digit(byte), digits < 32 else { return nil }
            halves[digits / 16] = halves[digits / 16] << 4 | UInt64(digit)
            digits += 1
        }
        guard digits == 32 else { return nil }
        self.init(high: halves[0], low: halves[1])
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
