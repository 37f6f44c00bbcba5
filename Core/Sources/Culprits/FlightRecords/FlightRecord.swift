import FleetModel

/// How far an operation had come when a rank's flight record was written.
public enum FlightState: UInt8, CaseIterable, Comparable, Hashable, Sendable {
    /// The program has asked for it; the device has not begun.
    case scheduled
    /// The device has begun.
    case started
    /// It has ended.
    case completed

    /// Orders by how far.
    public static func < (left: FlightState, right: FlightState) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A collective operation, as one rank recorded it.
public struct FlightOperation: Hashable, Sendable {
    /// Its number among the collective operations of its group.
    public var sequence: Int64
    /// What it is: `nccl:all_reduce`.
    public var name: String
    /// How far it came.
    public var state: FlightState
    /// Input and output sizes as text, and the types of the elements.
    public var inputs: String
    /// See ``inputs``.
    public var outputs: String
    /// See ``inputs``.
    public var types: String
    /// When the program asked for it, by the clock of its node.
    public var createdAt: Instant
}

/// Two ranks that have to meet, of which one has not ended.
public struct FlightMeeting: Hashable, Sendable {
    /// The other rank, counted within the group.
    public var peer: Int32
    /// What it is: `nccl:recv 3<-0`.
    public var name: String
    /// When the program asked for it.
    public var createdAt: Instant
}

/// What one rank recorded of one process group.
public struct FlightGroup: Hashable, Sendable {
    /// Its name, the same on all of its ranks.
    public var name: String
    /// What the program calls it: `default_pg`.
    public var description = ""
    /// Its ranks, counted over the whole job, ascending; empty where the record does not say.
    public var ranks: [Int32] = []
    /// The last collective operation that the program asked for; -1 before the first.
    public var lastEnqueued: Int64 = -1
    /// The last one that has ended.
    public var lastCompleted: Int64 = -1
    /// The first ones that had not ended, by number.
    public var open: [FlightOperation] = []
    /// Sends and receives that had not ended.
    public var meetings: [FlightMeeting] = []
}

/// The flight record of one rank: which operations it had asked for and how far they were.
public struct FlightRecord: Hashable, Sendable {
    /// The rank over the whole job; nil where neither the file nor its name says.
    public var rank: Int32?
    /// The version of the form: `2.10`.
    public var version: String
    /// Its process groups, by name.
    public var groups: [FlightGroup]
    /// How many operations it holds.
    public var operations: Int
}
