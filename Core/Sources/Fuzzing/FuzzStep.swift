import FleetModel

/// One input with the time that the driver gives it.
public struct FuzzStep: Hashable, Sendable {
    /// The driver's time; may be earlier than that of the step before.
    public var at: Instant
    /// What the engine is told.
    public var input: Input

    /// Pairs an input with its time.
    public init(at: Instant, input: Input) {
        self.at = at
        self.input = input
    }
}

/// What an engine is made of.
public struct FuzzSetup: Hashable, Sendable {
    /// The levels of the fleet.
    public var topology: Topology
    /// The policy.
    public var policy: Policy

    /// Gathers what an engine is made of.
    public init(topology: Topology, policy: Policy) {
        self.topology = topology
        self.policy = policy
    }
}

/// What kind of promise was broken; shrinking keeps the kind.
public enum FailureKind: UInt8, CaseIterable, Hashable, Sendable {
    /// The engine's own invariants do not hold.
    case invariant
    /// A directive that no driver could carry out, or that the job's own terms forbid.
    case contract
    /// The same inputs gave other directives or another state.
    case replay
    /// A job that could start does not, or the fleet does not come to rest.
    case liveness
    /// Two jobs evicted each other in turn.
    case mutualEviction

    /// The name in output.
    public var name: String {
        switch self {
        case .invariant: "broken invariant"
        case .contract: "broken contract"
        case .replay: "replay differs"
        case .liveness: "liveness"
        case .mutualEviction: "mutual eviction"
        }
    }

    /// Whether it is a promise about time rather than about states.
    public var isAboutTime: Bool { self == .liveness || self == .mutualEviction }
}

/// A broken promise.
public struct FuzzFailure: Hashable, Sendable {
    /// What kind of promise.
    public var kind: FailureKind
    /// What exactly is wrong.
    public var message: String
    /// The number of steps that had been taken, the one that broke it included.
    public var step: Int

    /// Whether the other is the same failure, with other jobs and numbers.
    public func isLike(_ other: FuzzFailure?) -> Bool {
        guard let other, other.kind == kind else { return false }
        return message.utf8.filter { !(48...57).contains($0) }
            == other.message.utf8.filter { !(48...57).contains($0) }
    }

    /// Gathers a failure.
    public init(kind: FailureKind, message: String, step: Int) {
        self.kind = kind
        self.message = message
        self.step = step
    }
}
