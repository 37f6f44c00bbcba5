import FleetModel
import Health
import Qualification

/// The book of stacks: which pool should have which versions, which node has which, what the fleet
/// has seen of them, and pools on their way from one stack to another.
///
/// A value under the laws of Core that stands beside the ``HealthEngine``: what it wants done with
/// nodes it says to the engine, as statements, so that nothing returns without proof under load
/// and nobody else's cordon is lifted.
public struct StackBook: Hashable, Sendable {
    /// Every stack that was ever declared, by id. One that changes under its name is another.
    public internal(set) var stacks: [StackDeclaration] = []
    /// The stack of each pool that has one, by the pool's name.
    public internal(set) var assigned: [Assignment] = []
    /// Names that the present file declares, with their stacks.
    public internal(set) var declared: [StackID] = []
    /// The digest of the file that was read last; 0 before the first.
    public internal(set) var fileDigest: UInt64 = 0
    /// What is known of nodes, by id.
    public internal(set) var nodes: [NodeVersions?] = []
    /// Rollouts, oldest first: those that are not over, and the last that are.
    public internal(set) var rollouts: [Rollout] = []
    /// What the fleet has seen.
    public internal(set) var observed = ObservedTable()

    var nextRollout: Int64 = 1
    /// Whether something has changed that rollouts may depend on; false once they were tended.
    var isToBeTended = false
    /// When rollouts were last tended, by the engine's clock.
    var tendedAt = Instant.zero
    /// What people may want to know since that was last taken; not part of the state.
    var news: [StackNews] = []

    /// The stack of a pool.
    public struct Assignment: Hashable, Sendable {
        /// The pool.
        public var pool: String
        /// Its stack.
        public var stack: StackID
    }

    /// Stacks that are kept.
    public static let mostStacks = 4096
    /// Rollouts that are kept, those under way included.
    public static let mostRollouts = 32
    /// Pieces of news that wait to be taken; more are dropped.
    private static let mostNews = 1000

    /// A book of which nothing is written.
    public init() {}

    // MARK: Questions

    /// A stack by its id.
    public subscript(stack: StackID) -> StackDeclaration? {
        stacks.indices.contains(stack.index) ? stacks[stack.index] : nil
    }

    /// What is known of a node.
    public func versions(of node: NodeID) -> NodeVersions? {
        nodes.indices.contains(node.index) ? nodes[node.index] : nil
    }

    /// The stack that a pool should have.
    public func stack(of pool: String) -> StackID? {
        assigned.first { $0.pool == pool }?.stack
    }

    /// The stack that a test of a node is held against: that of its pool. While the pool is on its
    /// way to another, only nodes that are done are held against it; the rollout itself sees to
    /// what is under way. Nil where there is none.
    public func standard(of node: NodeID) -> StackID? {
        guard let known = versions(of: node), known.isHere else { return nil }
        guard let rollout = rollout(in: known.pool) else { return stack(of: known.pool) }
        guard let index = rollout.index(of: node), rollout.members[index].step == .done else {
            return nil
        }
        return rollout.goal(of: rollout.members[index])
    }

    /// The stack of a name in the present file.
    public func stack(named name: String) -> StackID? {
        declared.first { self[$0]?.name == name }
    }

    /// The rollout in a pool that is not over.
    public func rollout(in pool: String) -> Rollout? {
        rollouts.last { $0.pool == pool && !$0.phase.isOver }
    }

    /// Nodes that are here and in a pool, by id.
    public func members(of pool: String) -> [NodeID] {
        nodes.indices.filter { nodes[$0]?.pool == pool && nodes[$0]?.isHere == true }
            .map { NodeID($0) }
    }

    /// What is wrong with the versions of a node that is here; nil for one that is not.
    ///
    /// - Parameter kind: What its accelerators are called; empty where that is not known.
    public func drift(of node: NodeID, kind: String) -> NodeDrift? {
        guard let known = versions(of: node), known.isHere else { return nil }
        let found = known.found
        // What a rollout has brought to another stack has not drifted from its pool's.
        let stack = standard(of: node) ?? stack(of: known.pool)
        return NodeDrift(
            node: node, pool: known.pool, stack: stack,
            standing: stack.flatMap { self[$0] }.map { StackStanding(found, against: $0) },
            conflicts: KnownConflict.among(found, models: [kind]))
    }

    /// The tuple of versions of a node.
    public func tuple(of node: NodeID) -> [TupleVersion] {
        (versions(of: node)?.found ?? []).map { TupleVersion($0.part, $0.version.text) }
    }

    /// What attempts that still run have used of each tuple. It is in ``observed`` when they end,
    /// and in none of its rows before. O(shares).
    public func running(_ uses: some Sequence<StackUse>) -> ObservedTable {
        var known = [[TupleVersion]?](repeating: nil, count: nodes.count)
        var table = ObservedTable()
        for use in uses {
            table.add(use) { node in
                guard known.indices.contains(node.index) else { return [] }
                let tuple = known[node.index] ?? self.tuple(of: node)
                known[node.index] = tuple
                return tuple
            }
        }
        return table
    }

    /// Why an order is not taken; nil when it would be.
    public func objection(to request: RolloutRequest) -> StackRefusal? {
        if stack(named: request.stack) == nil { return .unknownStack }
        if members(of: request.pool).isEmpty { return .emptyPool }
        if rollout(in: request.pool) != nil { return .underWay }
        let mistakes = request.plan.mistakes()
        return mistakes.isEmpty ? nil : .plan(mistakes)
    }

    /// Why a command is not taken; nil when it would be.
    public func objection(to command: RolloutCommand, in pool: String) -> StackRefusal? {
        guard let rollout = rollout(in: pool) else { return .noRollout }
        switch command {
        case .pause, .resume: return nil
        case .rollBack:
            if rollout.previous == nil { return .noPrevious }
            return rollout.phase == .rollingBack ? .tooLate : nil
        case .cancel: return rollout.phase == .cancelling ? .tooLate : nil
        }
    }

    // MARK: Inputs

    /// Takes one input in. What is refused (``objection(to:)``) changes nothing.
    public mutating func apply(_ input: StackInput, at moment: Moment) {
        isToBeTended = true
        switch input {
        case .declared(let catalogue, let digest): declare(catalogue, digest)
        case .placed(let node, let pool): place(node, pool, at: moment)
        case .told(let node, let source, let found):
            guard versions(of: node) != nil else { break }
            let told = ToldVersions(at: moment.engine, found)
            switch source {
            case .watcher: nodes[node.index]?.watcher = told
            case .run: nodes[node.index]?.run = told
            }
        case .used(let use): observed.add(use, tuple: tuple)
        case .begin(let request): begin(request, at: moment)
        case .command(let pool, let command, let who): take(command, pool, who, at: moment)
        }
    }

    /// A node is gone.
    public mutating func depart(_ node: NodeID) {
        guard versions(of: node) != nil else { return }
        nodes[node.index]?.isHere = false
        isToBeTended = true
    }

    /// Something may have changed that nobody has told: rollouts are looked at in the same input.
    public mutating func lookAgain() { isToBeTended = true }

    /// What happened since this was last asked. It is told once.
    public mutating func takeNews() -> [StackNews] {
        defer { news = [] }
        return news
    }

    mutating func tell(_ node: NodeID?, _ text: String) {
        if news.count < StackBook.mostNews { news.append(StackNews(node: node, text: text)) }
    }

    private mutating func declare(_ catalogue: StackCatalogue, _ digest: UInt64) {
        fileDigest = digest
        declared = []
        for stack in catalogue.stacks {
            if let known = stacks.lastIndex(of: stack) {
                declared.append(StackID(known))
            } else if stacks.count < StackBook.mostStacks {
                stacks.append(stack)
                declared.append(StackID(stacks.count - 1))
            }
        }
        let before = assigned
        // A pool that is on its way keeps what its rollout says.
        assigned = assigned.filter { rollout(in: $0.pool) != nil }
        for pool in catalogue.pools {
            guard let stack = stack(named: pool.stack) else { continue }
            guard rollout(in: pool.pool) == nil else {
                let isSame = before.contains { $0.pool == pool.pool && $0.stack == stack }
                if !isSame {
                    tell(
                        nil,
                        "the file gives pool '\(pool.pool)' the stack '\(pool.stack)': that does "
                            + "not hold, since the pool is on its way to another")
                }
                continue
            }
            assign(stack, to: pool.pool)
        }
    }

    mutating func assign(_ stack: StackID, to pool: String) {
        assigned.removeAll { $0.pool == pool }
        assigned.append(Assignment(pool: pool, stack: stack))
        assigned.sort { $0.pool < $1.pool }
    }

    private mutating func place(_ node: NodeID, _ pool: String, at moment: Moment) {
        guard (0..<FleetLimits.nodes).contains(node.index) else { return }
        while nodes.count <= node.index { nodes.append(nil) }
        if nodes[node.index] == nil { nodes[node.index] = NodeVersions(pool: pool) }
        nodes[node.index]?.pool = pool
        nodes[node.index]?.isHere = true
        for index in rollouts.indices
        where rollouts[index].pool == pool && rollouts[index].phase == .rolling {
            guard rollouts[index].index(of: node) == nil else { continue }
            rollouts[index].members.append(RolloutMember(node: node, since: moment.engine))
            rollouts[index].members.sort { $0.node < $1.node }
        }
    }

    private mutating func begin(_ request: RolloutRequest, at moment: Moment) {
        guard objection(to: request) == nil, let target = stack(named: request.stack) else {
            return
        }
        let nodes = members(of: request.pool)
        let previous = stack(of: request.pool)
        var rollout = Rollout(
            number: nextRollout, pool: request.pool, target: target,
            previous: previous == target ? nil : previous, plan: request.plan,
            mostOut: request.plan.limit(of: nodes.count), startedBy: request.by,
            startedAt: moment)
        nextRollout += 1
        rollout.members = nodes.map { RolloutMember(node: $0, since: moment.engine) }
        rollouts.append(rollout)
        while rollouts.count > StackBook.mostRollouts,
            let oldest = rollouts.firstIndex(where: { $0.phase.isOver })
        {
            rollouts.remove(at: oldest)
        }
        tell(
            nil,
            "\(request.by) begins to bring pool '\(request.pool)' to the stack "
                + "'\(request.stack)'")
    }

    private mutating func take(
        _ command: RolloutCommand, _ pool: String, _ who: String, at moment: Moment
    ) {
        guard objection(to: command, in: pool) == nil,
            let index = rollouts.lastIndex(where: { $0.pool == pool && !$0.phase.isOver })
        else { return }
        switch command {
        case .pause:
            rollouts[index].isPaused = true
            rollouts[index].reason = "\(who) says so"
        case .resume:
            rollouts[index].isPaused = false
            rollouts[index].reason = ""
        case .rollBack:
            rollouts[index].isPaused = false
            rollBack(index, "\(who) says so", at: moment)
        case .cancel:
            rollouts[index].phase = .cancelling
            rollouts[index].reason = "\(who) says so"
        }
        tell(nil, "the rollout in pool '\(pool)': \(who) says \(command.rawValue)")
    }

    /// Whether a node is known to have all of a stack.
    func meets(_ node: NodeID, _ stack: StackID) -> Bool {
        guard let known = versions(of: node), let wanted = self[stack] else { return false }
        return StackStanding(known.found, against: wanted).isMet
    }

    /// What a node is known to have other than in a stack.
    func differences(_ node: NodeID, _ stack: StackID) -> [StackDifference] {
        guard let known = versions(of: node), let wanted = self[stack] else { return [] }
        return StackStanding(known.found, against: wanted).differences
    }
}
