import FleetModel
import Qualification

/// The stack of a pool, as a file says it.
public struct PoolStack: Hashable, Sendable {
    /// The pool.
    public var pool: String
    /// The name of its stack.
    public var stack: String

    /// Pairs both.
    public init(pool: String, stack: String) {
        self.pool = pool
        self.stack = stack
    }
}

/// What a file says about stacks.
public struct StackCatalogue: Hashable, Sendable {
    /// The stacks, each with a name of its own.
    public var stacks: [StackDeclaration]
    /// Which pool has which.
    public var pools: [PoolStack]

    /// Gathers a file.
    public init(stacks: [StackDeclaration] = [], pools: [PoolStack] = []) {
        self.stacks = stacks
        self.pools = pools
    }
}

/// An order to bring a pool to a stack.
public struct RolloutRequest: Hashable, Sendable {
    /// The pool.
    public var pool: String
    /// The name of the stack.
    public var stack: String
    /// How.
    public var plan: RolloutPlan
    /// Who orders it.
    public var by: String

    /// Gathers an order.
    public init(pool: String, stack: String, plan: RolloutPlan = RolloutPlan(), by: String) {
        self.pool = pool
        self.stack = stack
        self.plan = plan
        self.by = by
    }
}

/// What people may do with a rollout that is under way.
public enum RolloutCommand: String, CaseIterable, Hashable, Sendable {
    /// Nothing new begins.
    case pause
    /// It goes on.
    case resume
    /// What was changed goes back.
    case rollBack
    /// It ends as it is: nothing new begins, what is under way comes to its end.
    case cancel
}

/// What the book of stacks is told. Everything that it knows came in as one of these, or from the
/// health engine beside it.
public enum StackInput: Hashable, Sendable {
    /// A file with another digest than the last.
    case declared(StackCatalogue, digest: UInt64)
    /// A node is here, in this pool.
    case placed(NodeID, pool: String)
    /// Somebody tells what a node has.
    case told(NodeID, VersionSource, [FoundVersion])
    /// An attempt of a job ended.
    case used(StackUse)
    /// A pool is to be brought to a stack.
    case begin(RolloutRequest)
    /// Somebody wants something of the rollout in a pool.
    case command(pool: String, RolloutCommand, by: String)
}

/// Something about stacks that people may want to know.
public struct StackNews: Hashable, Sendable {
    /// The node, if it is about one.
    public var node: NodeID?
    /// What, in words.
    public var text: String
}

/// Why an order is not taken.
public enum StackRefusal: Hashable, Sendable {
    /// No file names this stack.
    case unknownStack
    /// No node is in this pool.
    case emptyPool
    /// There is a rollout in the pool already.
    case underWay
    /// There is none.
    case noRollout
    /// There is no old stack to go back to.
    case noPrevious
    /// The rollout is being rolled back or cancelled already.
    case tooLate
    /// The plan has these mistakes.
    case plan([String])
}
