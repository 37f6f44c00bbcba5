import FleetModel
import Health

/// What a careful observer writes down of inputs and directives alone, to judge the engine by. It
/// knows the promises, and nothing of how they are kept.
struct HealthBook {
    /// One node as its directives and events have it.
    struct Node {
        var state = HealthState.unqualified
        var devices: [HealthState] = []
        var wasInService = false
        var isHeld = false
        var isContested = false
        var isCordoned = false
        var cordonedBy: [ActorID] = []
        var isBusy = false
        var busyDevices: UInt64 = 0
        var domain: DomainID?
        var testedFrom = HealthState.unqualified
        var outSince: Instant?
        var report: HardwareReport
        /// The chassis that it is known to be, told or not.
        var chassis: IdentityID?
        /// What its devices are known to be, told or not, by index.
        var uuids: [IdentityID?] = []
    }

    /// What was asked for.
    struct Asked: Equatable {
        var node: NodeID
        var device: Int32?
        var level: QualificationLevel?
        var devices: UInt64 = 0
        var components: ComponentSet = []
        var action: FaultAction?
        var stack: StackID?
        var partner: NodeID?

        /// Whether it changes the node, rather than tests it.
        var isRepair: Bool { action != nil || stack != nil }
    }

    var policy: HealthPolicy
    var nodes: [NodeID: Node] = [:]
    /// Every operation that was ever asked for.
    var asked: [OperationID: Asked] = [:]
    /// Those without an answer, oldest first.
    var outstanding: [OperationID] = []
    var charges: [OutageCharge] = []
    var now = Instant.zero
    var wall: Instant?
    var counts = HealthSometimesCounts()
    var complaints: [String] = []
    /// Identities of hardware with faults that nothing has proved to be gone.
    var bad: [IdentityID: Int] = [:]
    private var step = 0
    /// Identities that may name nothing any more.
    var nameless: Set<IdentityID> = []
    /// A node that is never told to be faulty, and must never go out for a fault.
    let innocent: NodeID
    var tripped: [BreakerID] = []
    /// When each device was last tested with success in the step that is looked at.
    private var proofs: [NodeID: UInt64] = [:]
    private var nodeProofs: Set<NodeID> = []
    /// What nodes have passed of their own tests, while their network is looked after: the devices,
    /// and whether nothing but the network is left to prove.
    var passed: [NodeID: (devices: UInt64, needsNetwork: Bool)] = [:]
    /// The nodes whose network passed in the step that is looked at.
    private var networkProofs: Set<NodeID> = []
    /// Nodes that could not be reached, by who called, and who spoke against each node.
    var misses = MissBook()
    private var policyVersion: Int32 = 1
    /// The node of which somebody says in this step that what is held back is done.
    var accepted: NodeID?
    /// Whether it was told that repairs wait for others.
    private var repairsWait = false

    init(policy: HealthPolicy, innocent: NodeID) {
        self.policy = policy
        self.innocent = innocent
    }

    mutating func complain(_ text: String) {
        if complaints.count < 4 { complaints.append(text) }
    }

    // MARK: Inputs

    /// Writes down what the engine is told.
    mutating func note(_ step: HealthStep) {
        self.step += 1
        if let wall {
            let delta = step.at.nanoseconds - wall.nanoseconds
            now =
                now
                + TimeSpan(
                    nanoseconds: min(max(delta, 0), HealthClock.longestStep.nanoseconds))
        }
        wall = step.at
        accepted = nil
        proofs = [:]
        nodeProofs = []
        networkProofs = []
        switch step.input {
        case .arrived(let id, let arrival):
            let domain = arrival.domains.last
            nodes[id, default: Node(report: arrival.report)].domain = domain
            nodes[id]?.report = arrival.report
            nodes[id]?.report.deviceCount = min(
                arrival.report.deviceCount, Int32(FleetLimits.devicesPerNode))
        case .departed(let id):
            nodes[id] = nil
            passed[id] = nil
            outstanding.removeAll { asked[$0]?.node == id }
        case .occupied(let id, let devices, let isBusy):
            nodes[id]?.isBusy = isBusy || devices != 0
            nodes[id]?.busyDevices = devices
        case .qualified(let id, let operation, let outcome): note(outcome, operation, id)
        case .repaired(_, let operation, _): outstanding.removeAll { $0 == operation }
        case .stated(let id, let statement): note(statement, id)
        case .setPolicy(let policy):
            if policy.mistakes().isEmpty {
                self.policy = policy
                policyVersion += 1
            }
        case .deaf: counts.note(.deaf)
        case .found, .heard, .attemptEnded, .compared, .resetBreaker, .resumed, .wake: break
        }
    }

    private mutating func note(
        _ outcome: QualificationOutcome, _ id: OperationID, _ node: NodeID
    ) {
        guard outstanding.contains(id), let ask = asked[id], ask.node == node,
            let level = ask.level
        else { return }
        outstanding.removeAll { $0 == id }
        if let partner = ask.partner {
            guard outcome.verdict == .passed, outcome.components.contains(.network) else { return }
            misses.reach(partner, from: node)
            return networkProofs.formUnion([node, partner])
        }
        let needsNetwork = !ask.components.isSubset(of: outcome.components)
        guard outcome.isLoaded, outcome.level >= level,
            ask.components.subtracting(.network).isSubset(of: outcome.components)
        else { return }
        if ask.device == nil, outcome.verdict == .passed, ask.devices & ~outcome.devices == 0 {
            passed[node] = (ask.devices & outcome.devices, needsNetwork)
        }
        guard !needsNetwork else { return }
        let failed = outcome.verdict == .passed ? 0 : outcome.failedDevices
        guard outcome.verdict == .passed || outcome.verdict == .failed && failed != 0,
            ask.devices & ~failed & ~outcome.devices == 0
        else { return }
        proofs[node] = ask.devices & outcome.devices & ~failed
        if ask.device == nil { nodeProofs.insert(node) }
    }

    private mutating func note(_ statement: Statement, _ id: NodeID) {
        guard nodes[id] != nil else { return }
        switch statement {
        case .cordoned(let who):
            if nodes[id]?.cordonedBy.contains(who) == false {
                nodes[id]?.cordonedBy.append(who)
                nodes[id]?.cordonedBy.sort()
            }
        case .uncordoned(let who): nodes[id]?.cordonedBy.removeAll { $0 == who }
        case .liftedOurs: nodes[id]?.isCordoned = false
        case .cleared:
            if let node = nodes[id], node.state.takesWork { forgive(node) }
        case .accept: nodes[id]?.isHeld = false
        case .identitiesAreShared:
            if let node = nodes[id] {
                forgive(node)
                nameless.formUnion(node.report.devices.compactMap(\.uuid))
                node.report.chassis.map { _ = nameless.insert($0) }
            }
        case .repairedByHand:
            outstanding.removeAll { asked[$0]?.node == id && asked[$0]?.isRepair == true }
        case .restacked:
            outstanding.removeAll { asked[$0]?.node == id && asked[$0]?.stack != nil }
        case .retire where nodes[id]?.state.takesWork == false && nodes[id]?.state != .draining:
            outstanding.removeAll { asked[$0]?.node == id }
        case .proceed: accepted = id
        case .test, .retire, .reinstate, .forgiveAttempts, .restack, .withdrawRestack,
            .withdrawn:
            break
        }
    }

    private mutating func forgive(_ node: Node) {
        if let chassis = node.report.chassis { bad[chassis] = nil }
        for device in node.report.devices { device.uuid.map { bad[$0] = nil } }
    }

    // MARK: Directives

    /// Writes down what the engine answers, and complains of what breaks a promise.
    mutating func note(_ answer: [HealthDirective], to input: HealthInput) {
        markBad(answer, input)
        for directive in answer {
            switch directive {
            case .cordon(let id), .drain(let id, _):
                nodes[id]?.isCordoned = true
                if nodes[id] == nil { complain("node \(id) is cordoned and not here") }
            case .uncordon(let id):
                // After a restart the driver is told again what is so already.
                if nodes[id]?.isCordoned != true, input != .resumed {
                    complain("node \(id): not our cordon")
                }
                if nodes[id]?.state.takesWork != true {
                    complain("node \(id): uncordoned while it is out")
                }
                nodes[id]?.isCordoned = false
            case .setDevices(let id, _):
                if nodes[id] == nil { complain("devices of node \(id), which is not here") }
            case .qualify(let id, let operation, let level, let devices, let components):
                let device = asked[operation]?.device ?? loneDevice(devices, id)
                note(
                    operation,
                    Asked(
                        node: id, device: device, level: level, devices: devices,
                        components: components))
            case .pair(let id, let operation, let level, let partner):
                note(operation, Asked(node: id, device: nil, level: level, partner: partner))
                if input != .resumed { judgePartner(partner, of: id) }
            case .repair(let id, let operation, let action, let device):
                let isNew = asked[operation] == nil
                note(operation, Asked(node: id, device: device, action: action))
                if isNew, action < .replace, accepted != id { checkRepairs() }
                if isNew, accepted == id { counts.note(.accepted) }
            case .restack(let id, let operation, let stack):
                if nodes[id]?.isBusy == true { complain("node \(id): a new stack under jobs") }
                note(operation, Asked(node: id, device: nil, stack: stack))
            case .refuse(let id, _):
                counts.note(.refused)
                nodes[id]?.isHeld = true
            case .propose(_, let action, let why):
                if case .restack = action, why == .exhausted { counts.note(.restackFailed) }
                note(why)
            case .tell(let event): note(event)
            case .wake(let at, _):
                if let wall, at < wall { complain("a wake in the past") }
            }
        }
    }

    /// The device that a test of one device is of: the engine says so by the state it is in.
    private func loneDevice(_ devices: UInt64, _ id: NodeID) -> Int32? {
        guard let node = nodes[id], devices.nonzeroBitCount == 1 else { return nil }
        let index = devices.trailingZeroBitCount
        guard node.devices.indices.contains(index), node.state.takesWork else { return nil }
        let state = node.devices[index]
        return state == .qualifying || state == .proving ? Int32(index) : nil
    }

    private mutating func note(_ id: OperationID, _ ask: Asked) {
        if let before = asked[id] {
            if before != ask { complain("operation \(id.rawValue) is asked with other words") }
            return
        }
        if let last = outstanding.last, last >= id { complain("operation ids go back") }
        asked[id] = ask
        outstanding.append(id)
        guard let node = nodes[ask.node] else {
            return complain("operation \(id.rawValue) of a node that is not here")
        }
        let isInUse =
            ask.device.map { node.busyDevices & 1 << UInt64($0) != 0 } ?? node.isBusy
        if isInUse { complain("operation \(id.rawValue) on node \(ask.node), which is busy") }
        if node.isHeld { complain("operation \(id.rawValue) on a node that is not taken in") }
    }

    private mutating func checkRepairs() {
        let running = outstanding.filter { asked[$0]?.action.map { $0 < .replace } ?? false }
        if policyVersion == 1, running.count > Int(policy.breakers.concurrentRepairs) {
            complain("\(running.count) repairs at a time")
        }
    }

    private mutating func markBad(_ answer: [HealthDirective], _ input: HealthInput) {
        guard case .found(let id, let finding) = input, finding.permittedAction.takesOut,
            let node = nodes[id], !node.isHeld
        else { return }
        let isPassedOver = answer.contains {
            switch $0 {
            case .tell(.staleFinding(_, let other)), .tell(.unknownFault(_, let other)):
                other.cause == finding.cause
            default: false
            }
        }
        guard !isPassedOver else { return }
        // What was passed before says nothing of this, if there is such a device.
        var isThere = true
        if case .device(let index) = finding.scope {
            isThere = node.devices.indices.contains(Int(index))
        }
        if isThere { passed[id] = nil }
        var identity: IdentityID?
        switch finding.scope {
        case .node: identity = node.report.chassis
        case .device(let index):
            identity = node.report.devices.first { $0.index == index }?.uuid
        }
        if let identity, isUnique(identity) { bad[identity] = step }
    }

    /// Whether one node alone says that it has this, and says so once: then whose it is is clear.
    private func isUnique(_ identity: IdentityID) -> Bool {
        var count = 0
        for id in nodes.keys.sorted() {
            guard let report = nodes[id]?.report else { continue }
            if report.chassis == identity { count += 1 }
            count += report.devices.reduce(0) { $0 + ($1.uuid == identity ? 1 : 0) }
        }
        return count == 1 && !nameless.contains(identity)
    }

    private mutating func note(_ why: HoldReason) {
        switch why {
        case .concurrentRepairs: counts.note(.concurrentRepairs)
        case .exhausted: counts.note(.exhausted)
        case .noProof: counts.note(.noProof)
        case .byHand: counts.note(.restackByHand)
        case .breaker, .policy: break
        }
    }

    private mutating func note(_ event: HealthEvent) {
        switch event {
        case .moved(let id, let device, let from, let to, let decision):
            note(id, device, from, to, decision.rule)
        case .arrived(let id, _, let standing): noteArrival(id, standing)
        case .contradiction(_, let contradiction):
            switch contradiction {
            case .movedDevice: counts.note(.movedDevice)
            case .sharedChassis(let chassis, _):
                counts.note(.sharedChassis)
                // The same serial twice says nothing of either.
                bad[chassis] = nil
                nameless.insert(chassis)
            case .sharedDevice: counts.note(.contested)
            case .repeatedInReport, .otherDevices, .otherChassis, .missingDevice,
                .tooFewDevices:
                break
            }
        case .tripped(let breaker): note(breaker)
        case .closed(let breaker): noteClosed(breaker)
        case .repairsWait:
            if repairsWait { complain("it is told twice that repairs wait") }
            repairsWait = true
        case .repairsGoOn:
            if !repairsWait { complain("repairs go on that never waited") }
            repairsWait = false
            counts.note(.repairsGoOn)
        case .lostOperation(_, let id):
            counts.note(.lostOperation)
            outstanding.removeAll { $0 == id }
        case .unknownFault: counts.note(.unknownFault)
        case .staleFinding: counts.note(.stale)
        case .askedAgain: counts.note(.askedAgain)
        case .lateAnswer: counts.note(.lateAnswer)
        case .weakProof: counts.note(.weakProof)
        case .paired: counts.note(.paired)
        case .pairTested, .unreached, .controlled, .unreachable, .mute, .reachesAgain:
            notePair(event)
        case .waitsForPartner: counts.note(.awaitedPartner)
        case .networkUntested(let id, _):
            counts.note(.networkUntested)
            misses.forget(id)
        case .drainOverdue: counts.note(.overdue)
        case .silent: counts.note(.silent)
        case .cordonedByOthers: counts.note(.cordonedByOthers)
        case .cordonRestored: counts.note(.cordonRestored)
        case .slowerThanPeers: counts.note(.slowPeer)
        case .lemon: counts.note(.lemon)
        case .clockJumped: counts.note(.clockJumped)
        case .policyRefused: counts.note(.policyRefused)
        case .deviceReplaced(let id, let index):
            guard nodes[id]?.devices.indices.contains(Int(index)) == true else { break }
            nodes[id]?.devices[Int(index)] = .unqualified
        case .restacked(let id, _):
            if nodes[id]?.state.takesWork != true || !proof(id, device: nil) {
                complain("node \(id): another stack without a proof")
            }
        case .noted: break
        }
    }

    private mutating func note(_ breaker: BreakerID) {
        tripped.append(breaker)
        switch breaker {
        case .fleetWindow: counts.note(.trippedFleet)
        case .fleetHeld: counts.note(.trippedHeld)
        case .domain: counts.note(.trippedDomain)
        case .machine, .cause: counts.note(.trippedAttempts)
        }
    }

    private mutating func noteClosed(_ breaker: BreakerID) {
        counts.note(.closed)
        tripped.removeAll { $0 == breaker }
        switch breaker {
        case .fleetWindow: charges = []
        case .domain(let domain):
            for index in charges.indices where charges[index].domain == domain {
                charges[index].domain = nil
            }
        case .fleetHeld, .machine, .cause: break
        }
    }

    private mutating func noteArrival(_ id: NodeID, _ standing: Standing) {
        guard let old = nodes[id] else { return }
        var node = Node(report: old.report)
        node.domain = old.domain
        node.isContested = old.isContested
        node.isCordoned = old.isCordoned
        node.cordonedBy = old.cordonedBy
        (node.isBusy, node.busyDevices) = (old.isBusy, old.busyDevices)
        node.devices = []
        nodes[id] = node
        passed[id] = nil
        misses.forget(id)
        outstanding.removeAll { asked[$0]?.node == id }
    }

    /// The proofs of the step: bit `i` of a node says that device `i` passed.
    func proof(_ id: NodeID, device: Int32?) -> Bool {
        let earlier = passed[id].flatMap {
            !$0.needsNetwork || networkProofs.contains(id) ? $0.devices : nil
        }
        guard let device else { return nodeProofs.contains(id) || earlier != nil }
        guard (0..<64).contains(device) else { return false }
        if let earlier, earlier & 1 << UInt64(device) != 0 { return true }
        return proofs[id].map { $0 & 1 << UInt64(device) != 0 } ?? false
    }
}
