import FleetModel
import Health

/// Where a rollout is.
public enum RolloutPhase: UInt8, CaseIterable, Hashable, Sendable {
    /// Its nodes are brought to the target.
    case rolling
    /// What was changed is brought back.
    case rollingBack
    /// Nothing new begins; what is under way ends.
    case cancelling
    /// Every node that could be was brought to the target and proved.
    case done
    /// Every node that was changed is proved on the old stack, or left to people.
    case rolledBack
    /// It was ended by somebody.
    case cancelled
    /// Too much failed, and there is no old stack to go back to.
    case stopped

    /// Whether it is over.
    public var isOver: Bool {
        switch self {
        case .rolling, .rollingBack, .cancelling: false
        case .done, .rolledBack, .cancelled, .stopped: true
        }
    }
}

/// Where one node of a rollout is.
public enum RolloutStep: UInt8, CaseIterable, Hashable, Sendable {
    /// Nothing was done with it.
    case waits
    /// It is taken out of service.
    case draining
    /// Its goal is being installed, or waits for people to do it.
    case installing
    /// It is tested under load on its goal.
    case qualifying
    /// It is proved on its goal.
    case done
    /// Its goal could not be installed, or failed its test.
    case failed
    /// The old stack could not be brought back: left to people.
    case held
    /// It is left out: it was not in service, or is gone.
    case left
    /// It was drained, and is tested to return as it was.
    case returning

    /// Whether something is under way.
    public var isInMotion: Bool {
        switch self {
        case .draining, .installing, .qualifying, .returning: true
        case .waits, .done, .failed, .held, .left: false
        }
    }
}

/// One node of a rollout.
public struct RolloutMember: Hashable, Sendable {
    /// The node.
    public var node: NodeID
    /// Where it is.
    public var step = RolloutStep.waits
    /// Whether it goes back to the old stack.
    public var goesBack = false
    /// The wave that it is in, from 0; nil before that.
    public var wave: Int32?
    /// Whether the target failed on it, also if it works by now.
    public var hasFailed = false
    /// Whether somebody began to install the target.
    public var isChanged = false
    /// Since when it is where it is, by the engine's clock.
    public var since: Instant
    /// What there is to say about it; empty for nothing.
    public var note = ""

    init(node: NodeID, since: Instant) {
        self.node = node
        self.since = since
    }
}

/// A pool on its way to another stack.
public struct Rollout: Hashable, Sendable {
    /// Its number, counted from 1.
    public var number: Int64
    /// The pool.
    public var pool: String
    /// The stack that its nodes are brought to.
    public var target: StackID
    /// The stack that they had, if the pool had one.
    public var previous: StackID?
    /// How.
    public var plan: RolloutPlan
    /// Nodes that may be out for it at a time.
    public var mostOut: Int32
    /// Who ordered it.
    public var startedBy: String
    /// When it began, on both clocks.
    public var startedAt: Moment
    /// When it was over.
    public var endedAt: Moment?
    /// Where it is.
    public var phase = RolloutPhase.rolling
    /// Whether nothing new begins until somebody says so.
    public var isPaused = false
    /// Why it is paused, rolled back or stopped; empty for nothing.
    public var reason = ""
    /// The wave that is under way, from 0; nil before the first.
    public var wave: Int32?
    /// When the next wave may begin, by the engine's clock; nil before all of this one is settled.
    public var soakUntil: Instant?
    /// Whether the health engine holds nodes back at the moment.
    public var isHeldBack = false
    /// Its nodes, by id.
    public var members: [RolloutMember] = []

    /// Nodes on which the target failed.
    public var failures: Int { members.reduce(0) { $0 + ($1.hasFailed ? 1 : 0) } }

    /// The stack that a node is brought to.
    public func goal(of member: RolloutMember) -> StackID? {
        member.goesBack ? previous : target
    }

    /// The place of a node among the members. O(log members).
    func index(of node: NodeID) -> Int? {
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            if members[middle].node < node { low = middle + 1 } else { high = middle }
        }
        return members.indices.contains(low) && members[low].node == node ? low : nil
    }
}
