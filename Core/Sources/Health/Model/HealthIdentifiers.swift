import FleetModel

/// The text of one hardware identity, such as a serial number; interned by ``IdentityNames``.
@frozen public struct IdentityID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// A physical machine in the ledger. It outlives the names of the nodes that it is.
@frozen public struct MachineID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// An accelerator in the ledger. It outlives the machines that it sits in.
@frozen public struct PartID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// What went wrong, by its root code such as `XID 79`; interned by ``HealthNames``.
@frozen public struct CauseID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }

    /// A qualification failed and no fault says why; the first of every table of causes.
    public static let failedTest = CauseID(rawValue: 0)
}

/// The rule that classified a fault; interned at the door.
@frozen public struct RuleID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// The version of the rules that classified a fault; interned at the door.
@frozen public struct RulesVersionID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// Somebody else who cordons nodes: a person or a tool; interned at the door.
@frozen public struct ActorID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// A test of a qualification; interned at the door.
@frozen public struct TestID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// A stack of versions that nodes are brought to, by the book of stacks.
@frozen public struct StackID: DenseID {
    /// The index itself.
    public let rawValue: Int32
    /// Wraps an index.
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// A qualification or repair that was asked for. Asking twice under one id is asking once.
@frozen public struct OperationID: Hashable, Comparable, Sendable {
    /// The number, counted from 1 over the life of the engine.
    public var rawValue: Int64

    /// Wraps a number.
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }

    /// Orders by number.
    @inlinable public static func < (left: OperationID, right: OperationID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A point in time on two clocks.
///
/// What is decided goes by the engine's own clock, which never goes back and never leaps
/// (``HealthClock``); what people read goes by the wall's.
@frozen public struct Moment: Hashable, Sendable {
    /// By the engine's own clock.
    public var engine: Instant
    /// As it was told.
    public var wall: Instant

    /// Pairs the two.
    @inlinable public init(engine: Instant, wall: Instant) {
        self.engine = engine
        self.wall = wall
    }

    /// The origin of both clocks.
    public static let zero = Moment(engine: .zero, wall: .zero)
}
