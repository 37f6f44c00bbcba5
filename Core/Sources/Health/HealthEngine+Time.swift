import FleetModel

extension HealthEngine {
    /// The longest time between two wakes, so that the engine's clock follows the wall's.
    static let longestSleep = TimeSpan.seconds(1800)
    /// How late a wake may come without its being taken for a time in which nobody listened.
    static let lateness = TimeSpan.seconds(60)
    /// The longest time that one input may excuse.
    static let longestExcuse = TimeSpan.seconds(86_400)
    /// The least time until a node that was just looked at is due again.
    static let shortestDue = TimeSpan.seconds(1)

    /// Looks at every node whose time has come, and closes breakers.
    mutating func tendDue() {
        for breaker in breakers.due(policy.breakers, at: clock.engine) { close(breaker) }
        // Each node that is looked at is due a second later at the earliest.
        while let entry = dues.first, entry.at <= clock.engine {
            _ = dues.popFirst()
            guard queuedDue[entry.node.index] == entry.at else { continue }
            queuedDue[entry.node.index] = nil
            if isHere(entry.node) { tend(entry.node) }
        }
    }

    /// Puts a node into the queue for the next time that something may happen by itself.
    mutating func schedule(_ node: NodeID) {
        guard let due = nextDue(of: node) else { return }
        schedule(node, at: max(due, clock.engine + HealthEngine.shortestDue))
    }

    /// Puts a node into the queue for a time, unless it is there for an earlier one.
    mutating func schedule(_ node: NodeID, at: Instant) {
        while queuedDue.count <= node.index { queuedDue.append(nil) }
        if let queued = queuedDue[node.index], queued <= at { return }
        queuedDue[node.index] = at
        dues.insert(DueLook(at: at, node: node))
    }

    private func nextDue(of id: NodeID) -> Instant? {
        guard let node = self[id] else { return nil }
        var dues: [Instant] = []
        if let test = node.network, node.track.operation == nil, test.guest == nil {
            dues.append(min(test.until, clock.engine + NetworkTest.pause))
        }
        for operation in operations(of: node) { dues.append(operation.due(policy.repair)) }
        if let suspicion = node.suspicion { dues.append(suspicion.until) }
        if let heard = node.lastHeard, node.silenceTold < 2, node.track.state.takesWork {
            let silence =
                node.silenceTold == 0
                ? policy.suspicion.silence
                : policy.suspicion.longSilence
            dues.append(heard + silence)
        }
        if node.track.state == .draining, let until = node.drainUntil, !node.isOverdueTold {
            dues.append(until)
        }
        for track in [node.track] + node.devices {
            if track.testNotBefore > clock.engine { dues.append(track.testNotBefore) }
        }
        for device in node.devices where device.state == .quarantined {
            let patience = device.since.engine + policy.repair.shrunkPatience
            if patience > clock.engine { dues.append(patience) }
        }
        if wantsIdleTest(node), !node.isBusy {
            // Kept from it by the interval, or by what is out already; then all of them are looked
            // at together.
            let tested = node.idleTestedAt.map { $0 + policy.suspicion.idleTestInterval }
            let pause = policy.repair.testPause.nanoseconds
            let rounds = clock.engine.nanoseconds / pause + 1
            let (next, overflow) = rounds.multipliedReportingOverflow(by: pause)
            dues.append(max(tested ?? .zero, overflow ? .never : Instant(nanoseconds: next)))
        } else if !node.isBusy, node.track.state.takesWork, node.hold == nil,
            let due = idleTestDue(of: node)
        {
            dues.append(due)
        }
        return dues.min()
    }

    mutating func askToBeWoken() {
        // Entries that an earlier one took the place of are not in a snapshot either.
        while let entry = dues.first, queuedDue[entry.node.index] != entry.at {
            _ = dues.popFirst()
        }
        var next = clock.engine + HealthEngine.longestSleep
        // An engine that was restored has no entries that others have taken the place of: both ask
        // for the same.
        while let first = dues.first, queuedDue[first.node.index] != first.at {
            _ = dues.popFirst()
        }
        if let due = dues.first?.at { next = min(next, due) }
        if let reset = breakers.nextReset(policy.breakers) { next = min(next, reset) }
        let wall = clock.wallTime(ofEngine: max(next, clock.engine + HealthEngine.shortestDue))
        if let asked = askedWake, asked <= wall, asked > clock.wall { return }
        askedWake = wall
        output.append(.wake(at: wall, token: 0))
    }

    /// Restores what follows from the rest and from when nodes are due.
    mutating func rebuild(_ queued: [Instant?]) {
        dues = MinimumHeap()
        queuedDue = queued
        for (index, due) in queued.enumerated() {
            if let due { dues.insert(DueLook(at: due, node: NodeID(index))) }
        }
        contested = []
        networked = []
        pairs = operations.compactMap { operation in
            operation.partner.map {
                NodePair(id: operation.id, node: operation.node, partner: $0)
            }
        }
        for case .some(let node) in nodes {
            recount(node.id)
            if node.isContested { contested.append(node.id) }
            if node.network != nil { networked.append(node.id) }
        }
        restoreRepairQueue()
    }
}
