/// The seeded generator of everything random in Muster: SplitMix64 (Steele, Lea and Flood, "Fast
/// splittable pseudorandom number generators", OOPSLA 2014). Same seed, same numbers, everywhere.
@frozen public struct SplitMix: Hashable, Sendable {
    /// The whole state.
    public var state: UInt64

    /// Starts at a seed.
    @inlinable public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    @inlinable public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return SplitMix.mix(state)
    }

    /// The generator's output function; also a good mixing of one word.
    @inlinable public static func mix(_ word: UInt64) -> UInt64 {
        var z = word
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number from 0 up to but not including `bound`, by multiplication (Lemire 2019) without
    /// rejection: the bias is below `bound` / 2^64. `bound` must be above zero.
    @inlinable public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "a random number below zero was asked for")
        return Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
