import FleetModel
import Health

// What is to be done next in a rollout.
extension StackBook {
    /// Brings every rollout up to what the health engine has, and says what to tell it. Whoever
    /// asks tells it, lets the book hear what the engine answers, and asks again.
    public mutating func tend(_ engine: HealthEngine) -> [StackOrder] {
        isToBeTended = false
        tendedAt = engine.clock.engine
        var orders: [StackOrder] = []
        for index in rollouts.indices where !rollouts[index].phase.isOver {
            follow(index, engine, &orders)
            switch rollouts[index].phase {
            case .rolling: roll(index, engine, &orders)
            case .rollingBack: goBack(index, engine, &orders)
            case .cancelling: cancel(index, engine, &orders)
            case .done, .rolledBack, .cancelled, .stopped: break
            }
        }
        return orders
    }

    /// Whether there is something to tend by now.
    public func isDue(at now: Instant) -> Bool {
        guard rollouts.contains(where: { !$0.phase.isOver }) else { return false }
        return isToBeTended || nextDue.map { $0 <= now } ?? false
    }

    /// Rollouts are looked at so often, whatever happens.
    private static let pause = TimeSpan.seconds(600)

    /// When a rollout goes on by itself, by the engine's clock; nil when there is none.
    public var nextDue: Instant? {
        rollouts.compactMap { rollout -> Instant? in
            guard !rollout.phase.isOver else { return nil }
            let next = tendedAt + StackBook.pause
            guard rollout.phase == .rolling, !rollout.isPaused, let due = rollout.soakUntil else {
                return next
            }
            return min(next, due)
        }.min()
    }

    // MARK: Forward

    private mutating func roll(
        _ index: Int, _ engine: HealthEngine, _ orders: inout [StackOrder]
    ) {
        let plan = rollouts[index].plan
        let failures = rollouts[index].failures
        if failures > Int(plan.failures) {
            let why = "\(failures) nodes failed, of \(plan.failures) that may"
            guard rollouts[index].previous != nil else {
                rollouts[index].phase = .cancelling
                rollouts[index].reason = why + ", and there is no old stack to go back to"
                return cancel(index, engine, &orders)
            }
            rollBack(index, why, at: engine.clock.moment)
            return goBack(index, engine, &orders)
        }
        guard !rollouts[index].isPaused else { return }
        let now = engine.clock.engine
        while isSettled(index, engine) {
            guard let wave = rollouts[index].wave else {
                beginWave(index, 0, engine)
                continue
            }
            let isNew = rollouts[index].members.contains { $0.isChanged && $0.wave == wave }
            let due = rollouts[index].soakUntil ?? (isNew ? now + plan.soak : now)
            rollouts[index].soakUntil = due
            guard due <= now else { return }
            guard rollouts[index].members.contains(where: { $0.step == .waits }) else {
                return end(index, .done, "", engine)
            }
            beginWave(index, wave + 1, engine)
        }
        send(index, goingBack: false, engine, &orders) { member, health in
            guard member.step == .waits else { return false }
            return health.track.state.takesWork || health.track.state == .unqualified
                || StackBook.isWaitingForStack(health)
        }
    }

    /// Whether nothing of the present wave is under way, or waits and could begin.
    private mutating func isSettled(_ index: Int, _ engine: HealthEngine) -> Bool {
        guard let wave = rollouts[index].wave else { return true }
        var waiting: [Int] = []
        for (place, member) in rollouts[index].members.enumerated() {
            // Of an earlier wave, too: somebody may have had it tried again.
            if member.step.isInMotion { return false }
            guard member.wave == wave, member.step == .waits else { continue }
            guard StackBook.isOutForOtherReasons(engine[member.node]) else { return false }
            waiting.append(place)
        }
        for place in waiting {
            rollouts[index].members[place].step = .left
            rollouts[index].members[place].note = "it was not in service"
        }
        return true
    }

    private static func isOutForOtherReasons(_ health: NodeHealth?) -> Bool {
        guard let health, health.hold == nil else { return true }
        if isWaitingForStack(health) { return false }
        switch health.track.state {
        case .unqualified, .qualifying, .inService, .suspect: return false
        case .draining, .quarantined, .repairing, .proving, .retired: return true
        }
    }

    /// Whether a node is out because an earlier stack could not be installed or proved.
    private static func isWaitingForStack(_ health: NodeHealth) -> Bool {
        health.restack?.phase == .failed || health.restack?.phase == .impossible
    }

    private mutating func beginWave(_ index: Int, _ wave: Int32, _ engine: HealthEngine) {
        let target = rollouts[index].target
        for place in rollouts[index].members.indices
        where rollouts[index].members[place].step == .waits {
            let node = rollouts[index].members[place].node
            guard meets(node, target), let health = engine[node], health.restack == nil else {
                continue
            }
            rollouts[index].members[place].step = .done
            rollouts[index].members[place].note = "it had the stack already"
        }
        let rollout = rollouts[index]
        let waiting = rollout.members.indices.filter { rollout.members[$0].step == .waits }
        let sizes = rollout.plan.waves
        let count =
            sizes.indices.contains(Int(wave))
            ? sizes[Int(wave)].count(of: rollout.members.count) : waiting.count
        for place in StackBook.easiest(waiting, of: rollout, engine).prefix(count) {
            rollouts[index].members[place].wave = wave
        }
        rollouts[index].wave = wave
        rollouts[index].soakUntil = nil
        if !waiting.isEmpty {
            tell(
                nil,
                "wave \(wave + 1) begins in pool '\(rollout.pool)': "
                    + "\(min(count, waiting.count)) nodes")
        }
    }

    /// In which order nodes are taken: those that can be, then those where nothing runs, then by
    /// id.
    private static func easiest(
        _ places: [Int], of rollout: Rollout, _ engine: HealthEngine
    ) -> [Int] {
        func rank(_ place: Int) -> Int {
            let health = engine[rollout.members[place].node]
            if isOutForOtherReasons(health) { return 2 }
            return health?.isBusy == true ? 1 : 0
        }
        return places.sorted { (rank($0), $0) < (rank($1), $1) }
    }

    /// Gives orders to members of the present wave, as far as the limits go.
    private mutating func send(
        _ index: Int, goingBack: Bool, _ engine: HealthEngine, _ orders: inout [StackOrder],
        _ isReady: (RolloutMember, NodeHealth) -> Bool
    ) {
        let rollout = rollouts[index]
        guard let goal = goingBack ? rollout.previous : rollout.target else { return }
        var room = Int(rollout.mostOut) - StackBook.out(rollout, engine)
        var taken: [NodeID] = []
        var isHeldBack = false
        for place in rollout.members.indices where rollout.members[place].wave == rollout.wave {
            let member = rollout.members[place]
            guard let health = engine[member.node], health.hold == nil, isReady(member, health)
            else { continue }
            let isServing = health.track.state.takesWork
            if !StackBook.isOut(member, health) {
                guard room > 0 else { break }
                room -= 1
            }
            if isServing {
                guard engine.mayTakeOutForWork(member.node, beside: taken) else {
                    isHeldBack = true
                    break
                }
                taken.append(member.node)
            }
            rollouts[index].members[place].goesBack = goingBack
            rollouts[index].members[place].step = .draining
            rollouts[index].members[place].since = engine.clock.engine
            rollouts[index].members[place].note = ""
            orders.append(StackBook.order(goal, rollout.plan, member.node))
        }
        if isHeldBack, !rollout.isHeldBack {
            tell(nil, "the health engine holds the rollout in pool '\(rollout.pool)' back")
        }
        rollouts[index].isHeldBack = isHeldBack
    }

    /// Nodes that are out for a rollout.
    static func out(_ rollout: Rollout, _ engine: HealthEngine) -> Int {
        rollout.members.reduce(0) { $0 + (isOut($1, engine[$1.node]) ? 1 : 0) }
    }

    /// Whether a node is out for a rollout, or for one before it.
    private static func isOut(_ member: RolloutMember, _ health: NodeHealth?) -> Bool {
        if member.step.isInMotion { return true }
        if health?.track.state.takesWork == true { return false }
        return member.step == .failed || member.step == .held || health?.restack != nil
    }

    // MARK: Back

    /// Turns a rollout round.
    mutating func rollBack(_ index: Int, _ why: String, at moment: Moment) {
        rollouts[index].phase = .rollingBack
        rollouts[index].reason = why
        rollouts[index].wave = nil
        rollouts[index].soakUntil = nil
        for place in rollouts[index].members.indices {
            rollouts[index].members[place].wave = nil
        }
        tell(nil, "the rollout in pool '\(rollouts[index].pool)' is rolled back: \(why)")
    }

    private mutating func goBack(
        _ index: Int, _ engine: HealthEngine, _ orders: inout [StackOrder]
    ) {
        withdraw(index, engine, &orders)
        guard !rollouts[index].isPaused else { return }
        while !rollouts[index].members.contains(where: {
            $0.wave != nil && $0.wave == rollouts[index].wave && isUnderWayBack($0)
        }) {
            let places = rollouts[index].members.indices.filter {
                isToGoBack(rollouts[index].members[$0])
            }
            if places.isEmpty { break }
            let wave = (rollouts[index].wave ?? -1) + 1
            let sizes = rollouts[index].plan.waves
            let count =
                sizes.indices.contains(Int(wave))
                ? sizes[Int(wave)].count(of: rollouts[index].members.count) : places.count
            let ready = StackBook.mostBroken(places, of: rollouts[index])
            for place in ready.prefix(count) { rollouts[index].members[place].wave = wave }
            rollouts[index].wave = wave
        }
        send(index, goingBack: true, engine, &orders) { member, health in
            guard !member.goesBack, member.isChanged else { return false }
            switch member.step {
            case .done, .failed: return true
            case .installing: return health.restack?.phase == .impossible
            case .qualifying: return health.track.held != nil
            case .waits, .draining, .held, .left, .returning: return false
            }
        }
        guard !rollouts[index].members.contains(where: { isUnfinishedBack($0) }) else { return }
        end(index, .rolledBack, rollouts[index].reason, engine)
    }

    /// Takes orders back that nobody has begun with; where `byHand`, also those that wait for
    /// people.
    private mutating func withdraw(
        _ index: Int, byHand: Bool = false, _ engine: HealthEngine, _ orders: inout [StackOrder]
    ) {
        for place in rollouts[index].members.indices {
            let member = rollouts[index].members[place]
            guard let health = engine[member.node], let phase = health.restack?.phase else {
                continue
            }
            let isUntouched =
                member.step == .draining && !member.goesBack && !member.isChanged
                && phase == .wanted
            guard isUntouched || byHand && member.step == .installing && phase == .impossible
            else { continue }
            rollouts[index].members[place].step = .returning
            rollouts[index].members[place].since = engine.clock.engine
            orders.append(StackOrder(node: member.node, statement: .withdrawRestack))
        }
    }

    /// Those that failed first: they are out anyway.
    private static func mostBroken(_ places: [Int], of rollout: Rollout) -> [Int] {
        func rank(_ place: Int) -> Int { rollout.members[place].step == .done ? 1 : 0 }
        return places.sorted { (rank($0), $0) < (rank($1), $1) }
    }

    private func isToGoBack(_ member: RolloutMember) -> Bool {
        member.isChanged && !member.goesBack && member.wave == nil && member.step != .left
    }

    private func isUnderWayBack(_ member: RolloutMember) -> Bool {
        !member.goesBack && member.step != .left || member.step.isInMotion
    }

    private func isUnfinishedBack(_ member: RolloutMember) -> Bool {
        if member.step.isInMotion { return true }
        return member.isChanged && !member.goesBack && member.step != .left
    }

    // MARK: Ends

    private mutating func cancel(
        _ index: Int, _ engine: HealthEngine, _ orders: inout [StackOrder]
    ) {
        withdraw(index, byHand: true, engine, &orders)
        guard !rollouts[index].members.contains(where: { $0.step.isInMotion }) else { return }
        let isBroken = rollouts[index].failures > Int(rollouts[index].plan.failures)
        end(index, isBroken ? .stopped : .cancelled, rollouts[index].reason, engine)
    }

    private mutating func end(
        _ index: Int, _ phase: RolloutPhase, _ why: String, _ engine: HealthEngine
    ) {
        rollouts[index].phase = phase
        rollouts[index].reason = why
        rollouts[index].endedAt = engine.clock.moment
        rollouts[index].isHeldBack = false
        rollouts[index].soakUntil = nil
        let rollout = rollouts[index]
        if phase == .done { assign(rollout.target, to: rollout.pool) }
        tell(
            nil,
            "the rollout in pool '\(rollout.pool)' is over: \(phase.name)"
                + (why.isEmpty ? "" : ", \(why)"))
    }
}

extension RolloutPhase {
    /// The name in reports.
    public var name: String {
        switch self {
        case .rolling: "rolling"
        case .rollingBack: "rolling back"
        case .cancelling: "cancelling"
        case .done: "done"
        case .rolledBack: "rolled back"
        case .cancelled: "cancelled"
        case .stopped: "stopped"
        }
    }
}
