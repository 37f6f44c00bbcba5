import FleetModel

/// Logarithms and powers to base 2 in whole numbers, so that a generated workload is the same on
/// every machine. Logarithms have 32 bits after the point.
package enum FixedPoint {
    /// Bits after the point.
    static let fractionBits = 32
    /// One, in fixed point.
    static let one: Int64 = 1 << 32
    /// The natural logarithm of 2 in fixed point: 0.693147180559945 × 2^32.
    static let naturalLogOf2: Int64 = 2_977_044_472

    /// log2 of a whole number above zero, by squaring: each square gives one bit more. O(32).
    static func log2(_ value: UInt64) -> Int64 {
        precondition(value > 0, "a logarithm of zero was asked for")
        let whole = 63 - value.leadingZeroBitCount
        var mantissa = value << UInt64(value.leadingZeroBitCount)
        var fraction: Int64 = 0
        for _ in 0..<fractionBits {
            let square = mantissa.multipliedFullWidth(by: mantissa)
            fraction <<= 1
            if square.high >> 63 == 1 {
                fraction |= 1
                mantissa = square.high
            } else {
                mantissa = square.high << 1 | square.low >> 63
            }
        }
        return Int64(whole) << 32 | fraction
    }

    /// 2 to the power of `exponent`, rounded down; the exponent is from 0 up to below 62. O(32).
    static func exp2(_ exponent: Int64) -> UInt64 {
        precondition(exponent >= 0 && exponent < 62 << 32, "a power beyond its range")
        var product: UInt64 = 1 << 62
        for bit in 0..<fractionBits where exponent & (one >> Int64(bit + 1)) != 0 {
            let (high, low) = product.multipliedFullWidth(by: roots[bit])
            product = high << 2 | low >> 62
        }
        return product >> UInt64(62 - (exponent >> 32))
    }

    /// A number of the exponential distribution with mean one, in fixed point; at most 32 × ln 2.
    package static func exponential(_ random: inout SplitMix) -> Int64 {
        let uniform = (random.next() >> 32) + 1
        let bits = 32 * one - log2(uniform)
        return Int64((Int128(bits) * Int128(naturalLogOf2)) >> 32)
    }

    /// 2^(1/2), 2^(1/4), 2^(1/8) and so on, with 62 bits after the point, by square roots.
    private static let roots: [UInt64] = {
        var roots: [UInt64] = []
        var value: UInt64 = 2 << 62
        for _ in 0..<fractionBits {
            value = squareRoot(UInt128(value) << 62)
            roots.append(value)
        }
        return roots
    }()

    /// The root of a whole number, rounded down, by halving the range.
    private static func squareRoot(_ value: UInt128) -> UInt64 {
        var low: UInt64 = 0
        var high: UInt64 = .max
        while low < high {
            let middle = low + (high - low) / 2 + 1
            if UInt128(middle) * UInt128(middle) <= value {
                low = middle
            } else {
                high = middle - 1
            }
        }
        return low
    }
}
