import FleetModel

/// One breaker.
public enum BreakerID: Hashable, Sendable {
    /// What may be taken out of the fleet in a window.
    case fleetWindow
    /// What may be out at a time.
    case fleetHeld
    /// What may be taken out of one fault domain in a window.
    case domain(DomainID)
    /// Repairs of one machine.
    case machine(MachineID)
    /// Repairs of one machine for one cause.
    case cause(MachineID, CauseID)

    /// Whether it counts attempts rather than capacity.
    public var isAboutAttempts: Bool {
        switch self {
        case .fleetWindow, .fleetHeld, .domain: false
        case .machine, .cause: true
        }
    }
}

/// A breaker that is open: what it guards is proposed only.
public struct TrippedBreaker: Hashable, Sendable {
    /// Which one.
    public var id: BreakerID
    /// Since when.
    public var at: Moment
    /// What it has kept from being done since.
    public var blocked: Int32
}

/// Capacity that was taken out.
public struct OutageCharge: Hashable, Sendable {
    /// When, by the engine's clock.
    public var at: Instant
    /// Devices; a node without any counts as one.
    public var devices: Int32
    /// The fault domain, if the node names one.
    public var domain: DomainID?

    /// Gathers a charge.
    public init(at: Instant, devices: Int32, domain: DomainID?) {
        self.at = at
        self.devices = devices
        self.domain = domain
    }
}

/// All breakers, and what they count.
public struct BreakerPanel: Hashable, Sendable {
    /// Open breakers, in the order in which they tripped.
    public internal(set) var tripped: [TrippedBreaker] = []
    /// What was taken out in the last window, oldest first.
    public internal(set) var charges: [OutageCharge] = []

    /// Starts with every breaker closed.
    public init() {}

    /// Whether a breaker is open.
    public func isTripped(_ id: BreakerID) -> Bool { tripped.contains { $0.id == id } }

    /// What keeps capacity from being taken out: an open breaker, or one that trips just now.
    mutating func objection(
        to devices: Int32, in domain: DomainID?, _ figures: CapacityFigures,
        policy: BreakerPolicy, at moment: Moment
    ) -> (breaker: BreakerID, isNew: Bool)? {
        prune(policy, at: moment.engine)
        var ids: [BreakerID] = [.fleetWindow, .fleetHeld]
        if let domain { ids.append(.domain(domain)) }
        for id in ids where isTripped(id) { return (id, false) }
        let asked = Int64(devices)
        let window = charged(within: policy, at: moment.engine)
        let least = policy.leastDevices
        if window + asked > policy.limit(figures.total, policy.fleetMilli, least) {
            return (trip(.fleetWindow, at: moment), true)
        }
        if figures.out + asked > policy.limit(figures.total, policy.heldMilli, least) {
            return (trip(.fleetHeld, at: moment), true)
        }
        if let domain {
            let taken = charges.reduce(0) { $0 + ($1.domain == domain ? Int64($1.devices) : 0) }
            let limit = policy.limit(
                figures.domainTotal, policy.domainMilli, policy.leastDomainDevices)
            if taken + asked > limit { return (trip(.domain(domain), at: moment), true) }
        }
        return nil
    }

    mutating func charge(_ devices: Int32, in domain: DomainID?, at moment: Moment) {
        guard devices > 0 else { return }
        charges.append(OutageCharge(at: moment.engine, devices: devices, domain: domain))
    }

    /// What keeps a machine from another repair.
    mutating func objection(
        toRepairOf machine: MachineID, _ attempts: [RepairAttempt], for cause: CauseID?,
        policy: BreakerPolicy, at moment: Moment
    ) -> (breaker: BreakerID, isNew: Bool)? {
        var ids: [BreakerID] = [.machine(machine)]
        if let cause { ids.append(.cause(machine, cause)) }
        for id in ids where isTripped(id) { return (id, false) }
        let recent = attempts.filter { moment.engine - $0.at <= policy.attemptWindow }
        if recent.count >= Int(policy.attemptsPerMachine) {
            return (trip(.machine(machine), at: moment), true)
        }
        guard let cause else { return nil }
        let same = recent.reduce(0) { $0 + ($1.cause == cause ? 1 : 0) }
        return same >= Int(policy.attemptsPerCause)
            ? (trip(.cause(machine, cause), at: moment), true) : nil
    }

    /// Closes a breaker; whether it was open.
    mutating func close(_ id: BreakerID) -> Bool {
        guard let index = tripped.firstIndex(where: { $0.id == id }) else { return false }
        tripped.remove(at: index)
        // Whoever closes it lets as much go as from the start.
        switch id {
        case .fleetWindow: charges = []
        case .domain(let domain):
            for index in charges.indices where charges[index].domain == domain {
                charges[index].domain = nil
            }
        case .fleetHeld, .machine, .cause: break
        }
        return true
    }

    /// Breakers whose time to close has come.
    func due(_ policy: BreakerPolicy, at now: Instant) -> [BreakerID] {
        tripped.compactMap { breaker in
            resetTime(of: breaker, policy).map { $0 <= now } ?? false ? breaker.id : nil
        }
    }

    /// When the next breaker closes by itself.
    func nextReset(_ policy: BreakerPolicy) -> Instant? {
        tripped.compactMap { resetTime(of: $0, policy) }.min()
    }

    func resetTime(of breaker: TrippedBreaker, _ policy: BreakerPolicy) -> Instant? {
        switch breaker.id.isAboutAttempts ? policy.attemptReset : policy.reset {
        case .manual: nil
        case .after(let span): breaker.at.engine + span
        }
    }

    private mutating func trip(_ id: BreakerID, at moment: Moment) -> BreakerID {
        tripped.append(TrippedBreaker(id: id, at: moment, blocked: 0))
        return id
    }

    /// Counts one more thing that an open breaker keeps from being done.
    mutating func noteBlocked(by id: BreakerID) {
        if let index = tripped.firstIndex(where: { $0.id == id }), tripped[index].blocked < .max {
            tripped[index].blocked += 1
        }
    }

    private mutating func prune(_ policy: BreakerPolicy, at now: Instant) {
        charges.removeAll { now - $0.at > policy.window }
    }

    func fold(into hasher: inout StateHasher) {
        for breaker in tripped {
            hasher.add(breaker.at.engine.nanoseconds)
            hasher.add(breaker.blocked)
        }
        for charge in charges {
            hasher.add(charge.at.nanoseconds)
            hasher.add(charge.devices)
            hasher.add(charge.domain?.rawValue ?? -1)
        }
    }
}
