import FleetModel

// The network of a node that has passed its own test, tested with another node.
extension HealthEngine {
    /// Whether the network follows when a test of a node has passed.
    private func wantsNetwork(
        _ operation: Operation, _ outcome: QualificationOutcome, _ node: NodeHealth
    ) -> Bool {
        guard operation.device == nil, !outcome.components.contains(.network),
            case .qualify(let level, _, _) = operation.kind, level >= .twoMinutes
        else { return false }
        guard !isMute(node) else { return false }
        if node.track.state == .proving { return policy.network.repair }
        if isControl(node.id) { return true }
        return node.track.testedFrom.takesWork ? policy.network.idle : policy.network.arrival
    }

    /// Has the network follow a test of a node that has passed, or has failed for devices that are
    /// out by themselves now, where the policy says so and nothing but the network is left to
    /// prove. Says whether it does.
    mutating func beginNetwork(
        after operation: Operation, _ outcome: QualificationOutcome, _ node: NodeHealth
    ) -> Bool {
        guard wantsNetwork(operation, outcome, node) else { return false }
        var whole = outcome
        whole.components.insert(.network)
        let failed = outcome.failedAlone(of: node)
        guard proves(whole, operation, node, but: failed) else { return false }
        let until = clock.engine + patience(needsNetwork(operation, node))
        networked = networked.filter { self[$0]?.network != nil } + [node.id]
        nodes[node.id.index]?.network = NetworkTest(
            own: operation, outcome: outcome, until: until)
        return true
    }

    func patience(_ isNeeded: Bool) -> TimeSpan {
        isNeeded
            ? policy.network.patience : min(policy.network.patience, NetworkTest.shortPatience)
    }

    /// Whether a node is not proved without its network.
    func needsNetwork(_ own: Operation, _ node: NodeHealth) -> Bool {
        guard case .qualify(_, _, let components) = own.kind else { return false }
        return components.union(node.track.components).contains(.network)
    }

    /// Finds a partner for a node whose network is to be tested, or an end without one; whether
    /// there may be another step.
    mutating func stepNetwork(_ node: NodeHealth) -> Bool {
        guard let test = node.network, node.track.operation == nil, test.guest == nil else {
            return false
        }
        if node.track.isFaultedInProof {
            nodes[node.id.index]?.network = nil
            sendBack(test.own, .faultInProof, node)
            return true
        }
        if test.isUnreachable {
            tell(.unreachable(node.id, partners: test.unreached.map(\.partner)))
            blame(node.id, [])
            return true
        }
        let gap = gap(of: test, node)
        if gap == .mute { return endNetwork(node, test, gap) }
        let mayMeet = test.meetings < NetworkTest.mostPartners
        if mayMeet || !test.toBeRepeated.isEmpty {
            let (mate, held) = node.isBusy ? (nil, nil) : partners(for: node, test)
            if let partner = mate ?? held {
                pair(node, with: partner, isHeld: mate == nil)
                return false
            }
        }
        if !mayMeet, !test.awaitsProof {
            return endNetwork(node, test, gap)
        }
        if test.awaitsProof { askForControl(node, test) }
        let isNeeded =
            needsNetwork(test.own, node) || test.isSecondPass || isControl(node.id)
        guard clock.engine < test.until, isNeeded ? hasOthers(node) : hasMateToCome(for: node)
        else {
            return endNetwork(node, test, gap)
        }
        if !test.isWaitTold {
            nodes[node.id.index]?.network?.isWaitTold = true
            tell(.waitsForPartner(node.id))
        }
        return false
    }

    private func gap(of test: NetworkTest, _ node: NodeHealth) -> NetworkGap {
        if isMute(node) { return .mute }
        if !test.unreached.isEmpty, test.bad.isEmpty { return .unreached }
        return test.isSecondPass ? .noSecond : test.silent.isEmpty ? .noPartner : .noAnswer
    }

    private mutating func pair(_ node: NodeHealth, with partner: NodeID, isHeld: Bool) {
        guard let test = node.network, case .qualify(let level, _, _) = test.own.kind else {
            return
        }
        let id = ask(.pair(with: partner, level), of: node.id, device: nil)
        change(node.id, nil) { $0.operation = id }
        tell(.paired(node.id, id, with: partner))
        pairs.append(NodePair(id: id, node: node.id, partner: partner))
        if isHeld {
            nodes[partner.index]?.lentTo = node.id
            reconcile(partner)
        } else {
            nodes[partner.index]?.network?.guest = id
        }
    }

    // MARK: Partners

    /// The nearest node that waits for a partner itself, and the nearest one in service that may
    /// be held; of equally near ones the first, and before all one that another node could not
    /// reach. Whoever could not reach two looks far from itself and from those. O(nodes).
    private func partners(
        for node: NodeHealth, _ test: NetworkTest
    ) -> (mate: NodeID?, held: NodeID?) {
        let mayHold = heldPartners < mostHeldPartners
        let again = test.toBeRepeated
        let isFull = test.meetings >= NetworkTest.mostPartners
        let doubtful = again + doubtful(but: node.id)
        let isFar = test.unreached.count >= 2
        let origins = [node] + test.unreached.compactMap { self[$0.partner] }
        var (mate, held): ((NodeID, Int)?, (NodeID, Int)?)
        for index in nodes.indices where index != node.id.index {
            guard nodes[index]?.pool == node.pool, nodes[index]?.hold == nil,
                let state = nodes[index]?.track.state
            else { continue }
            let isMate = nodes[index]?.network != nil && !test.isSecondPass
            guard isMate || mayHold && state == .inService, let other = nodes[index],
                !test.met.contains(other.id), !isFull || again.contains(other.id)
            else { continue }
            let isDoubtful = doubtful.contains(other.id)
            let near: Int
            if again.contains(other.id) {
                near = .max
            } else if isFar {
                near = remoteness(of: other, from: origins, isDoubtful)
            } else {
                near = isDoubtful ? .max - 1 : nearness(other, node)
            }
            if isMate {
                if isMateNow(other), mate.map({ near > $0.1 }) ?? true { mate = (other.id, near) }
            } else if held.map({ near > $0.1 }) ?? true, mayBeHeld(other) {
                held = (other.id, near)
            }
        }
        // What is to be shown with it is of use for two.
        return ((held?.1 ?? 0) >= .max - 1 ? nil : mate?.0, held?.0)
    }

    /// Nodes in service that are held as partners.
    var heldPartners: Int64 {
        pairs.reduce(0) { $0 + (self[$1.partner]?.lentTo == $1.node ? 1 : 0) }
    }

    /// How many may be.
    var mostHeldPartners: Int64 {
        let share = Int64(policy.network.heldMilli)
        return share == 0 ? 0 : max(1, losses.inService * share / 1000)
    }

    /// How many domains two nodes have in common, coarse to fine.
    private func nearness(_ one: NodeHealth, _ other: NodeHealth) -> Int {
        zip(one.domains, other.domains).prefix { $0 == $1 }.count
    }

    /// How far a node is from others: the fewer domains in common the farther, and of those as far
    /// the one whose number is, since what is dead together is often near by number where nothing
    /// is known of domains. One that another node could not reach counts as twice as far.
    private func remoteness(
        of other: NodeHealth, from origins: [NodeHealth], _ isDoubtful: Bool
    ) -> Int {
        var (shared, gap) = (0, Int.max)
        for origin in origins {
            shared = max(shared, nearness(other, origin))
            gap = min(gap, abs(other.id.index - origin.id.index))
        }
        return -shared << 32 + gap * (isDoubtful ? 2 : 1)
    }

    /// Whether a node under test waits for a partner as well.
    private func isMateNow(_ other: NodeHealth) -> Bool {
        guard let test = other.network else { return false }
        return other.track.operation == nil && test.guest == nil && !test.isSecondPass
            && !other.track.isFaultedInProof && !other.isBusy
    }

    /// Whether a node is known to be good and free.
    func mayBeHeld(_ node: NodeHealth) -> Bool {
        node.lentTo == nil && isFitToBeHeld(node) && !node.isTestWanted && !node.isHeldBack
            && !hasOperation(node.id)
    }

    /// Whether a node that is held may go on being so.
    private func isFitToBeHeld(_ node: NodeHealth) -> Bool {
        node.hold == nil && node.track.state == .inService && !node.isBusy
            && !node.track.wanted.takesOut && node.suspicion == nil && node.restack == nil
            && node.cordonedBy.isEmpty && node.silenceTold == 0
            && node.devices.allSatisfy { $0.state == .inService && !$0.wanted.takesOut }
    }

    /// Whether another node of the pool is here that may be a partner at some time.
    private func hasOthers(_ node: NodeHealth) -> Bool {
        nodes.indices.contains { index in
            index != node.id.index && nodes[index]?.pool == node.pool
                && nodes[index]?.hold == nil && nodes[index].map { $0.track.state } != nil
                && nodes[index]?.track.state != .retired
        }
    }

    /// Whether another node is under test, and may soon look for a partner as this one does. What
    /// worked until its test does not wait for that.
    private func hasMateToCome(for node: NodeHealth) -> Bool {
        guard !node.track.testedFrom.takesWork, node.network?.met.isEmpty == true else {
            return false
        }
        return nodes.indices.contains { index in
            guard index != node.id.index, nodes[index]?.pool == node.pool,
                let place = nodes[index]?.track.operation.flatMap(place),
                case .qualify(let level, _, _) = operations[place].kind
            else { return false }
            return level >= .twoMinutes
        }
    }

    // MARK: Answers

    /// A test with a partner ended.
    mutating func finishPair(
        _ operation: Operation, with partner: NodeID, _ outcome: QualificationOutcome
    ) {
        let pair = NodePair(id: operation.id, node: operation.node, partner: partner)
        guard self[operation.node]?.network != nil else { return release(pair) }
        change(operation.node, nil) { $0.operation = nil }
        var verdict = outcome.verdict
        // Who says that all is right and not that it was the network has said nothing.
        if verdict == .passed, !outcome.components.contains(.network) { verdict = .inconclusive }
        tell(.pairTested(operation.node, operation.id, with: partner, verdict))
        let isMate = self[partner]?.network?.guest == operation.id
        let failed = outcome.failedTests
        if verdict == .inconclusive, outcome.isUnreached {
            tell(.unreached(operation.node, partner))
            miss(partner, of: operation.node, isDialled: true)
            if isMate { miss(operation.node, of: partner, isDialled: false) }
        } else {
            note(verdict, of: operation.node, with: partner, failed)
            if isMate { note(verdict, of: partner, with: operation.node, failed) }
        }
        release(pair)
        if verdict == .passed { noteReach(of: partner, from: operation.node) }
    }

    private mutating func note(
        _ verdict: QualificationVerdict, of id: NodeID, with partner: NodeID,
        _ failedTests: [TestID]
    ) {
        guard let node = self[id], let test = node.network else { return }
        guard !node.track.isFaultedInProof else { return }
        switch verdict {
        case .inconclusive: nodes[id.index]?.network?.silent.append(partner)
        case .failed:
            nodes[id.index]?.network?.bad.append(partner)
            // The second one is looked for as long as the first could have been.
            let until = clock.engine + policy.network.patience
            nodes[id.index]?.network?.until = until
            nodes[id.index]?.network?.isWaitTold = false
            if !test.bad.isEmpty { blame(id, failedTests) }
        case .passed:
            nodes[id.index]?.network = nil
            var proved = test.outcome
            proved.components.insert(.network)
            pass(proved, test.own, node, but: test.outcome.failedAlone(of: node))
            // Where one is reached that was not, something else has changed.
            let isRepeated = test.unreached.contains { $0.partner == partner }
            let missed = isRepeated ? [] : test.unreached.filter { !$0.isRefuted }.map(\.partner)
            for other in test.bad + missed { accuse(other) }
        }
    }

    /// Bad with two nodes, of which one was known to be good: the node fails.
    mutating func blame(_ id: NodeID, _ failedTests: [TestID]) {
        guard let test = self[id]?.network else { return }
        nodes[id.index]?.network = nil
        change(id, nil) { $0.components.insert(.network) }
        guard let node = self[id] else { return }
        var outcome = test.outcome
        outcome.verdict = .failed
        outcome.failedTests = failedTests
        outcome.components.insert(.network)
        record(outcome, of: node, test.own)
        sendBack(test.own, .proofFailed, node)
    }

    /// A node that was bad with one whose network is in order is watched, and tested when it idles.
    private mutating func accuse(_ id: NodeID) {
        guard let node = self[id], node.track.state.takesWork else { return }
        suspect(id, .suspicion, .none)
        nodes[id.index]?.isTestWanted = true
        schedule(id, at: clock.engine + HealthEngine.shortestDue)
    }

    /// Nobody is left to test the network with. What does not need it is proved without; what was
    /// bad with one node, or needs it, is not, and nobody is blamed for that.
    private mutating func endNetwork(
        _ node: NodeHealth, _ test: NetworkTest, _ gap: NetworkGap
    ) -> Bool {
        nodes[node.id.index]?.network = nil
        tell(.networkUntested(node.id, gap))
        if !test.unreached.isEmpty { noteFailure(of: node, test) }
        guard !test.bad.isEmpty || needsNetwork(test.own, node) else {
            pass(test.outcome, test.own, node, but: test.outcome.failedAlone(of: node))
            return true
        }
        fruitless(test.own, node.track)
        // It may be what is wrong: it is watched where it works.
        if !test.bad.isEmpty, node.track.testedFrom.takesWork {
            suspect(node.id, .suspicion, .none)
        }
        return true
    }

    // MARK: Holding

    /// Gives up the test of a node's network, because the node is not tested any more.
    mutating func giveUpNetwork(of id: NodeID) {
        guard let node = self[id], node.network != nil else { return }
        nodes[id.index]?.network = nil
        guard let index = node.track.operation.flatMap(place), operations[index].partner != nil
        else { return }
        operations.remove(at: index)
        change(id, nil) { $0.operation = nil }
    }

    /// Gives back partners that nobody is tested with any more, and ends tests whose partner is
    /// gone, has work or is not fit any more. After each input; ends, since every round takes an
    /// entry away and a test has few partners. O(pairs).
    mutating func settlePairs() {
        var next = 0
        while next < pairs.count {
            let pair = pairs[next]
            guard let index = place(of: pair.id) else {
                release(pair)
                next = 0
                continue
            }
            guard !isIntact(pair) else {
                next += 1
                continue
            }
            let operation = operations.remove(at: index)
            finishPair(operation, with: pair.partner, .noAnswer(.seconds))
            tend(pair.node)
            next = 0
        }
    }

    /// Whether the partner of a test that is outstanding is still there for it.
    private func isIntact(_ pair: NodePair) -> Bool {
        guard let partner = self[pair.partner] else { return false }
        if partner.lentTo == pair.node { return isFitToBeHeld(partner) }
        return partner.network?.guest == pair.id && !partner.isBusy
            && !partner.track.isFaultedInProof
    }

    /// A partner is nobody's any more, whatever became of its test.
    private mutating func release(_ pair: NodePair) {
        pairs.removeAll { $0.id == pair.id }
        guard let partner = self[pair.partner] else { return }
        if partner.lentTo == pair.node { nodes[partner.id.index]?.lentTo = nil }
        if partner.network?.guest == pair.id { nodes[partner.id.index]?.network?.guest = nil }
        tend(partner.id)
    }
}

extension QualificationOutcome {
    /// Devices that failed a test of which the rest of the node was proved.
    fileprivate func failedAlone(of node: NodeHealth) -> UInt64 {
        verdict == .failed ? failedDevices & node.allDevices : 0
    }
}
