/// Things that a node has once and one member at a time may have: a host port, or the only place
/// for members that exclude each other. 64 of them, which the backend names.
///
/// Each is a count modulo four, so that sums and differences undo each other even where more was
/// given out than there was, as with gangs that ran before anybody counted. 1 is there to be had,
/// 0 is taken or not there, less than 0 was given out more than once; up to three times more than
/// there is of it.
@frozen public struct Exclusives: Hashable, Sendable {
    /// The lower bit of each count.
    public var ones: UInt64
    /// The upper bit, which is its sign.
    public var signs: UInt64

    /// Each of these bits once, and nothing else.
    @inlinable public init(_ bits: UInt64 = 0) { self.init(ones: bits, signs: 0) }

    /// Each of these things once. Of more than 64 things some share a bit, and count as one.
    @inlinable public init(_ things: some Sequence<ExclusiveID>) {
        self.init(things.reduce(0) { $0 | 1 << UInt64($1.index % FleetLimits.exclusives) })
    }

    /// Gathers counts from their bits.
    @inlinable public init(ones: UInt64, signs: UInt64) {
        self.ones = ones
        self.signs = signs
    }

    /// Nothing.
    @inlinable public static var none: Exclusives { Exclusives() }

    /// Each thing once.
    @inlinable public static var all: Exclusives { Exclusives(.max) }

    /// Bit `i` says that thing `i` is to be had.
    @inlinable public var available: UInt64 { ones & ~signs }

    /// Whether something was given out more often than it is there.
    @inlinable public var isOverdrawn: Bool { signs != 0 }

    /// Whether everything that `need` asks for is to be had.
    @inlinable public func contains(_ need: Exclusives) -> Bool { need.ones & ~available == 0 }

    /// Count by count sum.
    @inlinable public static func + (left: Exclusives, right: Exclusives) -> Exclusives {
        Exclusives(
            ones: left.ones ^ right.ones,
            signs: left.signs ^ right.signs ^ (left.ones & right.ones))
    }

    /// Count by count difference.
    @inlinable public static func - (left: Exclusives, right: Exclusives) -> Exclusives {
        Exclusives(
            ones: left.ones ^ right.ones,
            signs: left.signs ^ right.signs ^ (~left.ones & right.ones))
    }

    /// Count by count product, modulo four like all counts.
    @inlinable public static func * (left: Exclusives, factor: Int64) -> Exclusives {
        switch factor & 3 {
        case 0: .none
        case 1: left
        case 2: left + left
        default: .none - left
        }
    }
}
