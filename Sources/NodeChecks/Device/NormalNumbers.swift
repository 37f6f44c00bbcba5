import FleetModel

/// Numbers that are distributed about as a normal distribution is, of mean zero and variance one:
/// sums of four even ones (Irwin-Hall). What a device draws depends on them, and under its limit of
/// power its speed: an H200 multiplied numbers of equal size 6 % faster than normal ones, as models
/// have them and PyTorch's `randn` makes them.
enum NormalNumbers {
    /// Words with one FP32 or two BF16 numbers each.
    static func words(_ count: Int, isBF16: Bool, seed: UInt64) -> [UInt32] {
        var random = SplitMix(seed: seed)
        return [UInt32](unsafeUninitializedCapacity: count) { buffer, filled in
            for index in 0..<count {
                guard isBF16 else {
                    buffer[index] = normal(random.next(), random.next()).bitPattern
                    continue
                }
                let low = normal(random.next()).bitPattern >> 16
                buffer[index] = low | normal(random.next()).bitPattern & 0xFFFF_0000
            }
            filled = count
        }
    }

    /// One number from four of 16 bits.
    private static func normal(_ word: UInt64) -> Float {
        let sum =
            word & 0xFFFF + word >> 16 & 0xFFFF + word >> 32 & 0xFFFF + word >> 48
        return Float(Int64(sum) - 0x1_FFFE) * (0x1p-16 * 1.732_050_8)
    }

    /// One number from four of 32 bits, for which all bits of its mantissa are random.
    private static func normal(_ first: UInt64, _ second: UInt64) -> Float {
        let low = UInt64(0xFFFF_FFFF)
        let sum = first & low + first >> 32 + second & low + second >> 32
        return Float(Int64(sum) - 0x1_FFFF_FFFE) * (0x1p-32 * 1.732_050_8)
    }
}
