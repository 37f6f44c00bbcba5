/// A dense, typed identifier: an index into the tables of whoever issued it.
///
/// Names become ids at the door and names again at the exit; the engine has no strings inside.
public protocol DenseID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The index itself, counted from zero.
    var rawValue: Int32 { get }
    /// Wraps an index.
    init(rawValue: Int32)
}

extension DenseID {
    /// The index as the standard library's collections want it.
    @inlinable public var index: Int { Int(rawValue) }

    /// Wraps an index that is known to fit; traps when it does not.
    @inlinable public init(_ index: Int) { self.init(rawValue: Int32(index)) }

    /// Orders by index.
    @inlinable public static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The index in decimal.
    public var description: String { String(rawValue) }
}

/// A node of the fleet. The same node name keeps its id when the node comes back.
@frozen public struct NodeID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// A job, numbered in order of submission.
@frozen public struct JobID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// A family of jobs that are likely to run equally long, such as all runs of one script.
@frozen public struct FamilyID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// A node of the quota tree.
@frozen public struct TenantID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// A pool: nodes kept for one purpose. At most 64 per fleet, so that a set of them is one word.
@frozen public struct PoolID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// A rule that says which nodes may take a member, such as a node selector with tolerations: the
/// nodes that it admits are told to the engine as a set.
@frozen public struct NodeRuleID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// Something that a node has once and one member at a time may have, such as a host port.
@frozen public struct ExclusiveID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// An accelerator kind, such as `H100`. At most 64 per fleet, so that a set of them is one word.
@frozen public struct AcceleratorKindID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// A topology domain above the host: one value at one level, such as spine `s3`.
@frozen public struct DomainID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// A set of dense ids below 64, kept in one word.
@frozen public struct SmallIDSet<Element: DenseID>: Hashable, Sendable {
    /// Bit `i` says whether the id with index `i` is a member.
    public var bits: UInt64

    /// Wraps a word of membership bits.
    @inlinable public init(bits: UInt64) { self.bits = bits }

    /// Collects ids; traps when one is 64 or more.
    @inlinable public init(_ elements: some Sequence<Element>) {
        bits = 0
        for element in elements { insert(element) }
    }

    /// The set that holds every id.
    @inlinable public static var all: SmallIDSet { SmallIDSet(bits: .max) }

    /// Whether nothing is in the set.
    @inlinable public var isEmpty: Bool { bits == 0 }

    /// Whether `element` is in the set.
    @inlinable public func contains(_ element: Element) -> Bool {
        bits & (1 << UInt64(element.rawValue)) != 0
    }

    /// Adds `element`; traps when it is 64 or more.
    @inlinable public mutating func insert(_ element: Element) {
        precondition(element.rawValue >= 0 && element.rawValue < 64, "id beyond a small set")
        bits |= 1 << UInt64(element.rawValue)
    }
}

/// Pools that a job may use.
public typealias PoolSet = SmallIDSet<PoolID>

/// Accelerator kinds that a role accepts.
public typealias AcceleratorKindSet = SmallIDSet<AcceleratorKindID>
