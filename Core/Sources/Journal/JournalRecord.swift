import FleetModel

/// One input as it was given to the engine.
public struct JournalInput: Hashable, Sendable {
    /// When the engine was told.
    public var at: Instant
    /// What it was told.
    public var input: Input
    /// The `DirectiveDigest` of all directives that the engine had sent once it had handled this
    /// input. The first record where a replay has another one is where it went another way.
    public var decisionDigest: UInt64

    /// Gathers an input record.
    public init(at: Instant, input: Input, decisionDigest: UInt64) {
        self.at = at
        self.input = input
        self.decisionDigest = decisionDigest
    }
}

/// One record of a journal.
public enum JournalRecord: Hashable, Sendable {
    /// The engine was told something.
    case input(JournalInput)
    /// The hash of the engine's whole state at this point.
    case checkpoint(stateHash: UInt64)
    /// The last record: the hash of the final state and how many records stand before this one.
    case end(stateHash: UInt64, recordCount: Int)
}
