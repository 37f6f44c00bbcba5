/// Folds words into a 64-bit digest that is the same on every machine and run.
///
/// Not for security: it finds differences between two states, it does not resist forgery.
@frozen public struct StateHasher: Sendable {
    @usableFromInline var state: UInt64

    /// Starts an empty digest.
    @inlinable public init() { state = 0x4D55_5354_4552_0001 }

    /// Folds one word in; the order of words matters.
    @inlinable public mutating func add(_ word: UInt64) {
        state = SplitMix.mix((state ^ word) &+ 0x9E37_79B9_7F4A_7C15) &+ (state << 1)
    }

    /// Folds one signed word in.
    @inlinable public mutating func add(_ word: Int64) { add(UInt64(bitPattern: word)) }

    /// Folds a small number in.
    @inlinable public mutating func add(_ word: Int32) { add(UInt64(bitPattern: Int64(word))) }

    /// Folds an index or count in.
    @inlinable public mutating func add(_ word: Int) { add(UInt64(bitPattern: Int64(word))) }

    /// The digest of all words so far.
    @inlinable public var digest: UInt64 { SplitMix.mix(state) }

    /// A digest in sixteen hexadecimal digits.
    public static func hexadecimal(_ digest: UInt64) -> String {
        let digits = String(digest, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
