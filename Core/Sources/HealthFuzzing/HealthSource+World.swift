import FleetModel
import Health

extension HealthSource {
    /// Nothing is told of the innocent node that could take it out.
    mutating func spared(_ input: HealthInput) -> HealthInput {
        switch input {
        case .found(innocent, var finding):
            if finding.action.takesOut { finding.severity = .unknown }
            return .found(innocent, finding)
        case .stated(innocent, let statement):
            switch statement {
            case .retire, .repairedByHand: return .stated(innocent, .test)
            default: return .stated(innocent, statement)
            }
        default: return input
        }
    }

    /// An answer to something that was asked, right or wrong, from the right node or not.
    mutating func answer(_ book: HealthBook) -> HealthInput {
        let id = book.outstanding[random.below(book.outstanding.count)]
        guard let ask = book.asked[id] else { return .wake(token: 0) }
        let isStray = random.below(40) == 0
        let shown = isStray ? OperationID(Int64(random.below(50))) : id
        if let other = book.asked[shown], isUnreached(other) {
            return .qualified(ask.node, shown, .unreached(.hour))
        }
        if ask.node == innocent || isStray && book.asked[shown]?.node == innocent {
            return right(id, ask)
        }
        if random.below(3) != 0, !isStray { return right(id, ask) }
        if ask.isRepair {
            let outcomes = RepairOutcome.allCases
            return .repaired(ask.node, shown, outcomes[random.below(outcomes.count)])
        }
        var outcome = QualificationOutcome(
            verdict: QualificationVerdict.allCases[random.below(3)],
            level: QualificationLevel.allCases[random.below(4)],
            isLoaded: random.below(4) != 0, components: random.below(3) == 0 ? .device : .all,
            devices: random.below(2) == 0 ? ask.devices : random.next())
        if outcome.verdict == .failed, random.below(2) == 0 {
            outcome.failedDevices = random.below(2) == 0 ? 1 : random.next()
            outcome.level = .hour
            outcome.isLoaded = true
            outcome.components = .all
            outcome.devices = ask.devices
        }
        outcome.isUnreached = !isHonest && outcome.verdict == .inconclusive && random.below(3) != 0
        return .qualified(ask.node, shown, outcome)
    }

    /// Whether two nodes that are to be tested with each other cannot be.
    private func isUnreached(_ ask: HealthBook.Asked) -> Bool {
        guard let partner = ask.partner else { return false }
        return isForbidden || ask.node == dead || partner == dead
    }

    /// The answer that everybody hopes for.
    func right(_ id: OperationID, _ ask: HealthBook.Asked) -> HealthInput {
        if ask.isRepair { return .repaired(ask.node, id, .done) }
        if isUnreached(ask) { return .qualified(ask.node, id, .unreached(.hour)) }
        return .qualified(
            ask.node, id,
            QualificationOutcome(
                verdict: .passed, level: .hour, isLoaded: true,
                // Most tests of one node say nothing of its network.
                components: ask.partner != nil || id.rawValue % 4 == 0
                    ? .all : ComponentSet.all.subtracting(.network),
                devices: ask.devices))
    }

    mutating func occupancy(_ book: HealthBook) -> HealthInput {
        let node = anyNode()
        // Work comes only to what takes work, and ends anywhere.
        let takesWork = book.nodes[node]?.isCordoned == false
        let devices = takesWork && random.below(2) == 0 ? random.next() & 0xFF : 0
        return .occupied(
            node, devices: devices, isBusy: devices != 0 || takesWork && random.below(8) == 0)
    }

    mutating func statement() -> HealthInput {
        let node = anyNode()
        let who = ActorID(random.below(3))
        let statement: Statement
        switch random.below(15) {
        case 0, 1: statement = .cordoned(by: who)
        case 2, 3: statement = .uncordoned(by: who)
        case 4: statement = .liftedOurs(by: who)
        case 5: statement = .repairedByHand
        case 6: statement = .accept
        case 7: statement = .identitiesAreShared
        case 8: statement = .cleared
        case 9: statement = random.below(3) == 0 ? .retire : .test
        case 10, 11: statement = .reinstate
        case 12: statement = .forgiveAttempts
        case 13: statement = .proceed
        default: statement = node == innocent ? .test : restack()
        }
        return .stated(node, statement)
    }

    private mutating func restack() -> Statement {
        switch random.below(8) {
        case 0: return .withdrawRestack
        case 1: return .restacked
        default:
            return .restack(
                RestackOrder(
                    stack: StackID(random.below(3)),
                    level: QualificationLevel.allCases[random.below(4)],
                    grace: random.below(2) == 0 ? nil : .seconds(Int64(random.below(4000)))))
        }
    }

    mutating func attempt() -> HealthInput {
        let count = random.below(3) == 0 ? 1 : 1 + random.below(names)
        let nodes = (0..<count).map { _ in anyNode() }
        return .attemptEnded(
            AttemptEnd(
                job: JobID(random.below(1000)), nodes: nodes,
                cause: RestartCause.allCases[random.below(7)],
                suspect: random.below(2) == 0 ? nodes[0] : nil,
                excluded: random.below(4) == 0 ? [anyNode()] : [],
                gpuSeconds: Int64(random.below(100_000)),
                lostGPUSeconds: random.below(50) == 0 ? .max : Int64(random.below(10_000))))
    }

    mutating func comparison() -> HealthInput {
        let slow = random.below(names)
        return .compared(
            JobID(random.below(1000)),
            (0..<names).map { index in
                let noise = Int64(random.below(20))
                let cost = random.below(100) == 0 ? Int64.max : 1000 + noise
                return PeerSample(node: NodeID(index), cost: index == slow ? 1400 + noise : cost)
            })
    }

    mutating func reset(_ book: HealthBook) -> HealthInput {
        if !book.tripped.isEmpty {
            return .resetBreaker(book.tripped[random.below(book.tripped.count)])
        }
        return .resetBreaker(random.below(2) == 0 ? .fleetWindow : .machine(MachineID(9999)))
    }

    mutating func policyChange() -> HealthInput {
        var policy = HealthSource.policy(seed: random.next())
        if random.below(2) == 0 { policy.repair.tries = [] }
        return .setPolicy(policy)
    }
}
