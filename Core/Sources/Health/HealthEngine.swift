import FleetModel

/// What the engine refused or passed over.
public struct HealthCounters: Hashable, Sendable {
    /// Moves that the table does not have.
    public var refusedMoves: Int64 = 0
    /// Inputs about nodes that are not there, or with ids outside of their limits.
    public var ignoredInputs: Int64 = 0
    /// Answers to operations that nobody waits for.
    public var lateAnswers: Int64 = 0
    /// Faults that were too old to act on.
    public var staleFindings: Int64 = 0
    /// Faults whose code nobody knows.
    public var unknownFindings: Int64 = 0
    /// Times that the wall's clock jumped.
    public var clockJumps: Int64 = 0
    /// What was proposed rather than done.
    public var proposals: Int64 = 0
    /// Searches that stopped at their bound.
    public var boundsReached: Int64 = 0
}

/// The health engine: what is known of the hardware goes in, what to do about it comes out.
///
/// A value without a clock, files or threads, like the scheduler's `Engine`: the same inputs give
/// the same directives and the same state. It decides what is in service, and nothing that was
/// taken out comes back without a test under load that passed. See docs/HEALTH.md.
public struct HealthEngine: Sendable {
    /// The limits that are in force.
    public internal(set) var policy: HealthPolicy
    /// How often the limits were set.
    public internal(set) var policyVersion: Int32 = 1
    /// The engine's clock.
    public internal(set) var clock = HealthClock()
    /// All hardware that ever was here.
    public internal(set) var ledger: HardwareLedger
    /// The nodes that are here, by id.
    public internal(set) var nodes: [NodeHealth?] = []
    /// What was asked for and has no answer, by id.
    public internal(set) var operations: [Operation] = []
    /// The breakers.
    public internal(set) var breakers = BreakerPanel()
    /// The last decisions, oldest first.
    public internal(set) var decisions: [Decision] = []
    /// What was refused or passed over.
    public internal(set) var counters = HealthCounters()
    /// What failures cost.
    public internal(set) var losses = LossBook()
    /// Pools in which nodes could not reach each other, in order of the first time.
    public internal(set) var reaches: [PoolReach] = []

    var nextOperation: Int64 = 1
    var nextDecision: Int64 = 1
    /// The wall's time for which the last wake was asked; nil when none is outstanding.
    var askedWake: Instant?

    /// When nodes are due; follows from the rest.
    var dues = MinimumHeap<DueLook>()
    /// The first entry of each node in ``dues``; follows from the rest.
    var queuedDue: [Instant?] = []
    /// Nodes that another one stands in the way of, in order; follows from the rest.
    var contested: [NodeID] = []
    /// The tests between nodes that are outstanding, in no order; follows from the rest.
    var pairs: [NodePair] = []
    /// Nodes whose network test has begun, and perhaps ended since; follows from the rest.
    var networked: [NodeID] = []
    /// How much of the fleet is out; follows from the rest.
    var capacity = CapacityBook()
    /// Repairs that wait for others to end; follows from the rest.
    var repairQueue = RepairQueue()
    /// Whether it was told that repairs wait; follows from the rest.
    var isRepairLimitTold = false
    /// What somebody lets be done, while the input is taken in that says so.
    var accepted: [AcceptedStep] = []
    /// What the present input has led to.
    var output: [HealthDirective] = []

    /// Starts without nodes. The policy must be well formed (``HealthPolicy/mistakes()``).
    public init(policy: HealthPolicy = HealthPolicy()) {
        precondition(policy.mistakes().isEmpty, "a health policy that is not well formed")
        self.policy = policy
        ledger = HardwareLedger(kept: policy.historyKept)
    }

    /// Takes one input in, at a time that may be earlier than that of the last one.
    public mutating func apply(
        _ input: HealthInput, at told: Instant, into directives: inout [HealthDirective]
    ) {
        let before = clock.engine
        let isLate = askedWake.map { told > $0 + HealthEngine.lateness } ?? false
        if let jump = clock.advance(to: told) {
            counters.clockJumps += 1
            tell(.clockJumped(by: jump))
        }
        losses.advance(from: before, to: clock.engine)
        // Whoever was not woken in time, as while the control plane was down, has heard nobody.
        if isLate { hearAnew() }
        take(input)
        settlePairs()
        tendDue()
        beginWaitingRepairs()
        settlePairs()
        tellRepairLimit()
        askToBeWoken()
        directives += output
        output.removeAll(keepingCapacity: true)
    }

    /// The node, if it is here.
    public subscript(node: NodeID) -> NodeHealth? {
        nodes.indices.contains(node.index) ? nodes[node.index] : nil
    }

    /// Now, on both clocks.
    var moment: Moment { clock.moment }

    private mutating func take(_ input: HealthInput) {
        switch input {
        case .arrived(let node, let arrival): arrive(node, arrival)
        case .departed(let node): depart(node)
        case .found(let node, let finding): note(finding, of: node)
        case .heard(let node): hear(node)
        case .deaf(let span): excuse(span)
        case .occupied(let node, let devices, let isBusy):
            guard isHere(node) else { return ignore() }
            nodes[node.index]?.busyDevices = devices
            nodes[node.index]?.isBusy = isBusy || devices != 0
            if isBusy || devices != 0 { giveUpIdleTest(of: node) }
            tend(node)
        case .qualified(let node, let id, let outcome): conclude(id, on: node, outcome)
        case .repaired(let node, let id, let outcome): conclude(id, on: node, outcome)
        case .stated(let node, let statement): hear(statement, about: node)
        case .attemptEnded(let end): note(end)
        case .compared(let job, let samples): compare(samples, of: job)
        case .resetBreaker(let breaker): close(breaker, isByHand: true)
        case .setPolicy(let policy): set(policy)
        case .resumed: resume()
        case .wake: askedWake = nil
        }
    }

    func isHere(_ node: NodeID) -> Bool {
        nodes.indices.contains(node.index) && nodes[node.index] != nil
    }

    mutating func ignore() { counters.ignoredInputs += 1 }

    mutating func tell(_ event: HealthEvent) { output.append(.tell(event)) }

    private mutating func set(_ policy: HealthPolicy) {
        let mistakes = policy.mistakes()
        guard mistakes.isEmpty else { return tell(.policyRefused(mistakes: mistakes.count)) }
        self.policy = policy
        policyVersion += 1
        ledger.setKept(policy.historyKept)
        for case .some(let node) in nodes { recount(node.id) }
        for case .some(let node) in nodes { tend(node.id) }
    }

    /// Closes a breaker. Faults that it held back act if they are not too old; where somebody
    /// closes it by hand, they act all the same.
    mutating func close(_ breaker: BreakerID, isByHand: Bool = false) {
        guard breakers.close(breaker) else { return }
        switch breaker {
        case .machine(let machine) where machine.index < ledger.machines.count,
            .cause(let machine, _) where machine.index < ledger.machines.count:
            ledger.machines[machine.index].attempts = []
        default: break
        }
        tell(.closed(breaker))
        retry(isByHand: isByHand) { $0 == .breaker(breaker) }
    }

    /// Looks again at everything that a reason has kept from going on.
    mutating func retry(isByHand: Bool = false, _ isReason: (HoldReason) -> Bool) {
        for index in nodes.indices {
            guard nodes[index]?.isHeldBack == true, let node = nodes[index] else { continue }
            let tracks = [node.track] + node.devices
            guard tracks.contains(where: { $0.held.map(isReason) ?? false }) else { continue }
            if node.track.held.map(isReason) ?? false {
                nodes[index]?.track.held = nil
                if isByHand { nodes[index]?.track.wantedAt = clock.engine }
            }
            for device in node.devices.indices
            where node.devices[device].held.map(isReason) ?? false {
                nodes[index]?.devices[device].held = nil
                if isByHand { nodes[index]?.devices[device].wantedAt = clock.engine }
            }
            tend(node.id)
        }
    }

    /// Asks for everything again, as a driver that has just started may have lost it: the state
    /// that each node is to be in, and what has no answer.
    private mutating func resume() {
        askedWake = nil
        hearAnew()
        for case .some(let node) in nodes {
            if node.track.state == .draining {
                output.append(.drain(node.id, deadline: node.drainUntil.map(clock.wallTime)))
            } else if node.isCordoned {
                output.append(.cordon(node.id))
            }
            if !node.devices.isEmpty {
                output.append(.setDevices(node.id, unhealthy: node.toldUnhealthy))
            }
            if !node.isCordoned { output.append(.uncordon(node.id)) }
        }
        for index in operations.indices {
            operations[index].askedAt = moment
            output.append(operations[index].directive)
        }
        for case .some(let node) in nodes { tend(node.id) }
    }
}
