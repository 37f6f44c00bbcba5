import FleetModel

/// That a node is to be brought to another stack of versions.
///
/// It takes the node out of service as soon as it is given, waits for what runs there, and is gone
/// once a test under load has passed on the new stack.
public struct RestackOrder: Hashable, Sendable {
    /// How far it is.
    public enum Phase: UInt8, CaseIterable, Hashable, Sendable {
        /// Nobody has begun to install it.
        case wanted
        /// Somebody installs it.
        case installing
        /// It is installed, and not proved.
        case installed
        /// It could not be installed, or failed its test.
        case failed
        /// Nobody but people can install it.
        case impossible
    }

    /// The stack.
    public var stack: StackID
    /// How far it is.
    public var phase = Phase.wanted
    /// The least level of the test that proves it.
    public var level: QualificationLevel
    /// How long jobs may stay when the node is drained; as the policy says when it is nil.
    public var grace: TimeSpan?
    /// How often it was tried.
    public var tries: Int32 = 0

    /// How often an installation is tried.
    public static let mostTries: Int32 = 2

    /// An order that was just given.
    public init(stack: StackID, level: QualificationLevel, grace: TimeSpan? = nil) {
        self.stack = stack
        self.level = level
        self.grace = grace
    }

    /// Whether it has to be carried out before anything else is done with a node that is out.
    var isOpen: Bool { phase != .installed }
}
