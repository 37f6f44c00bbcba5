import FleetModel
import Health
import Qualification

/// What the book wants said to the health engine about a node.
public struct StackOrder: Hashable, Sendable {
    /// The node.
    public var node: NodeID
    /// What is said.
    public var statement: Statement
}

// The nodes of rollouts, as the health engine has them.
extension StackBook {
    /// How long a node that is gone in the middle of it is waited for.
    private static let absence = TimeSpan.seconds(86_400)
    /// Rules by which something that is in service goes out because it does not work.
    private static let breaks: [DecisionRule] = [
        .fault, .deviceNeedsNode, .proofFailed, .faultInProof,
    ]

    /// Hears what the health engine says; whether rollouts may have to be tended.
    public mutating func hear(_ directive: HealthDirective, at moment: Moment) {
        switch directive {
        case .tell(.restacked(let node, let stack)): finish(node, stack, at: moment)
        case .tell(.moved(let node, nil, let from, let to, let decision)):
            isToBeTended = true
            if decision.rule == .restacked { forgetRun(of: node) }
            let isBroken = StackBook.breaks.contains(decision.rule) && !to.takesWork
            if isBroken, from.takesWork || from == .qualifying { noteBroken(node, at: moment) }
        case .tell(.closed): isToBeTended = true
        case .propose(let node, .prove, why: .noProof):
            note(node, "tests bring no proof: somebody has to look")
        default: break
        }
    }

    /// Another stack was installed: what a run of checks told before that was so then.
    private mutating func forgetRun(of node: NodeID) {
        guard let run = versions(of: node)?.run else { return }
        let since = rollouts.last { !$0.phase.isOver && $0.index(of: node) != nil }.flatMap {
            rollout in rollout.index(of: node).map { rollout.members[$0].since }
        }
        if let since, run.at < since { nodes[node.index]?.run = nil }
    }

    /// Why a test that a node passed does not count: it has other versions than it was to be
    /// brought to. Empty when it counts. One on which the target failed may return on the old
    /// stack.
    public func objections(toProofOf node: NodeHealth) -> [StackDifference] {
        guard let order = node.restack, order.phase == .installed else { return [] }
        let found = differences(node.id, order.stack)
        guard !found.isEmpty else { return [] }
        // The last rollout that it was in gave the order.
        guard let rollout = rollouts.last(where: { $0.index(of: node.id) != nil }),
            let index = rollout.index(of: node.id), rollout.target == order.stack,
            rollout.members[index].hasFailed, let previous = rollout.previous,
            meets(node.id, previous)
        else { return found }
        return []
    }

    /// Tells that a test did not count.
    public mutating func tellObjections(_ objections: [StackDifference], of node: NodeID) {
        let text = objections.prefix(4).map(\.text).joined(separator: "; ")
        tell(node, "passed a test that does not count: \(text)")
        note(node, text)
    }

    private mutating func change(
        _ node: NodeID, _ body: (inout RolloutMember, Rollout) -> Void
    ) {
        for index in rollouts.indices where !rollouts[index].phase.isOver {
            guard let place = rollouts[index].index(of: node) else { continue }
            var member = rollouts[index].members[place]
            body(&member, rollouts[index])
            rollouts[index].members[place] = member
        }
    }

    private mutating func note(_ node: NodeID, _ text: String) {
        change(node) { member, _ in if member.step.isInMotion { member.note = text } }
    }

    /// A node is proved on a stack.
    private mutating func finish(_ node: NodeID, _ stack: StackID, at moment: Moment) {
        isToBeTended = true
        // Only what the target failed on is let through with other versions.
        let isOther = !differences(node, stack).isEmpty
        change(node) { member, rollout in
            guard rollout.goal(of: member) == stack else { return }
            member.step = isOther ? .left : .done
            member.since = moment.engine
            member.note = isOther ? "it works on the old stack" : ""
        }
        let name = self[stack]?.name ?? ""
        tell(node, isOther ? "is proved on the old stack" : "is proved on the stack '\(name)'")
    }

    /// A node that was proved on the target goes out for a fault: that counts against the target.
    private mutating func noteBroken(_ node: NodeID, at moment: Moment) {
        change(node) { member, rollout in
            guard rollout.phase == .rolling, member.step == .done, !member.goesBack,
                member.isChanged
            else { return }
            member.hasFailed = true
            member.note = "it broke after it was proved"
        }
    }

    // MARK: Following

    /// Brings the members of a rollout up to what the health engine has, and adds what has to be
    /// said to it.
    mutating func follow(
        _ index: Int, _ engine: HealthEngine, _ orders: inout [StackOrder]
    ) {
        let now = engine.clock.engine
        for place in rollouts[index].members.indices {
            var member = rollouts[index].members[place]
            let before = member
            if member.step == .returning {
                followReturning(&member, engine[member.node], now)
            } else if member.step.isInMotion || member.step == .failed || member.step == .held {
                follow(&member, rollouts[index], engine, &orders)
            }
            if member.step != before.step { member.since = now }
            rollouts[index].members[place] = member
        }
    }

    private func followReturning(
        _ member: inout RolloutMember, _ health: NodeHealth?, _ now: Instant
    ) {
        guard let health else {
            if now - member.since > StackBook.absence { leave(&member, "it is gone") }
            return
        }
        if health.track.state.takesWork {
            member.step = .waits
            member.wave = nil
            member.note = ""
        } else if health.track.held != nil || !health.track.kept.isEmpty
            || health.track.state == .retired || health.hold != nil
        {
            leave(&member, "it is out for another reason")
        }
    }

    private func leave(_ member: inout RolloutMember, _ note: String) {
        member.step = .left
        member.note = note
    }

    private mutating func follow(
        _ member: inout RolloutMember, _ rollout: Rollout, _ engine: HealthEngine,
        _ orders: inout [StackOrder]
    ) {
        guard let goal = rollout.goal(of: member) else { return }
        guard let health = engine[member.node] else {
            if member.step.isInMotion, engine.clock.engine - member.since > StackBook.absence {
                leave(&member, "it is gone")
            }
            return
        }
        if health.track.state == .retired || health.track.retires || health.hold != nil {
            if member.step.isInMotion { leave(&member, "it is retired or not taken in") }
            return
        }
        guard let order = health.restack, order.stack == goal else {
            // It came anew, perhaps as another machine: what was begun is begun again.
            if member.step.isInMotion {
                member.step = .draining
                orders.append(StackBook.order(goal, rollout.plan, member.node))
            }
            return
        }
        switch order.phase {
        case .wanted: member.step = .draining
        case .installing:
            member.step = .installing
            member.isChanged = true
        case .installed:
            // It broke meanwhile, and the health engine has left it to people.
            if health.track.state == .quarantined, health.track.held != nil {
                fail(&member, rollout)
            } else {
                member.step = .qualifying
            }
        case .failed: fail(&member, rollout)
        case .impossible:
            if member.step != .installing {
                tell(
                    member.node,
                    "is drained: somebody has to bring it to '\(self[goal]?.name ?? "")'")
            }
            member.step = .installing
            member.isChanged = true
            member.note = "people have to install it"
            if meets(member.node, goal) {
                orders.append(StackOrder(node: member.node, statement: .restacked))
            }
        }
    }

    private mutating func fail(_ member: inout RolloutMember, _ rollout: Rollout) {
        let step: RolloutStep = member.goesBack ? .held : .failed
        guard member.step != step else { return }
        member.note =
            member.step == .qualifying ? "it failed its test" : "it could not be installed"
        member.step = step
        if !member.goesBack { member.hasFailed = true }
        let goal = rollout.goal(of: member).flatMap { self[$0]?.name } ?? ""
        tell(member.node, "'\(goal)': \(member.note)")
    }

    static func order(_ stack: StackID, _ plan: RolloutPlan, _ node: NodeID) -> StackOrder {
        StackOrder(
            node: node,
            statement: .restack(
                RestackOrder(stack: stack, level: plan.level, grace: plan.grace)))
    }
}
