import FleetModel

/// A fault that is kept for as long as the hardware is out of service because of it.
public struct KeptFinding: Hashable, Sendable {
    /// The fault.
    public var finding: Finding
    /// When it was told.
    public var at: Moment

    /// Pairs a fault with its time.
    public init(finding: Finding, at: Moment) {
        self.finding = finding
        self.at = at
    }
}

/// The life of one node or device, from its arrival on.
public struct HealthTrack: Hashable, Sendable {
    /// Where it is.
    public var state: HealthState
    /// Since when.
    public var since: Moment
    /// When it stopped taking work; the first time counts, whatever happens after it.
    public var outSince: Moment?
    /// The strongest action that its faults ask for and that is not done and proved yet.
    public var wanted: FaultAction = .nothing
    /// When that was last asked for, by the engine's clock.
    public var wantedAt: Instant = .zero
    /// When that has to be done.
    public var urgency: FaultUrgency = .afterJob
    /// What has to be proved.
    public var components: ComponentSet = []
    /// The strongest repair that was carried out since it went out.
    public var performed: FaultAction = .nothing
    /// The repair to try next; it rises when one does not help.
    public var rung: FaultAction = .nothing
    /// How often the repair on that rung was tried.
    public var tries: Int32 = 0
    /// The operation that is outstanding.
    public var operation: OperationID?
    /// How many tests in a row had no answer, or one that proves too little.
    public var fruitlessTests: Int32 = 0
    /// No test before this time, by the engine's clock.
    public var testNotBefore: Instant = .zero
    /// The state that a test began in, which it goes back to when it has no answer.
    public var testedFrom = HealthState.unqualified
    /// Whether it goes out for good.
    public var retires = false
    /// Whether a fault was seen since the test began.
    public var isFaultedInProof = false
    /// The first faults since it went out, at most ``keptFindings``.
    public var kept: [KeptFinding] = []
    /// How many faults there were.
    public var findingCount: Int32 = 0
    /// What keeps the next step from being done, as it was told.
    public var held: HoldReason?
    /// The last decisions about it, oldest first, at most ``keptDecisions``.
    public var decisions: [Decision] = []

    /// How many faults are kept in detail.
    public static let keptFindings = 8
    /// How many decisions are kept.
    public static let keptDecisions = 12

    /// Begins a life.
    public init(state: HealthState, since: Moment) {
        self.state = state
        self.since = since
    }

    /// The fault that took it out, or will; the first one counts.
    public var cause: CauseID? { kept.first?.finding.cause }

    /// Whether it is out of service.
    public var isOut: Bool { !state.takesWork }

    /// Whether it is watched, or is being tested because it idles: it is in service, or was and is
    /// again if nothing is found.
    public var isBrieflyDoubted: Bool {
        state == .suspect || state == .qualifying && testedFrom.takesWork
    }

    /// Adds a fault; the wish grows and never shrinks.
    mutating func keep(_ finding: Finding, at moment: Moment) {
        findingCount = findingCount == .max ? .max : findingCount + 1
        if kept.count < HealthTrack.keptFindings {
            kept.append(KeptFinding(finding: finding, at: moment))
        }
        want(
            finding.permittedAction, finding.urgency, finding.components, at: moment.engine)
    }

    /// Asks for at least this.
    mutating func want(
        _ action: FaultAction, _ urgency: FaultUrgency, _ components: ComponentSet, at now: Instant
    ) {
        guard action.takesOut else { return }
        wantedAt = now
        if urgency == .now { self.urgency = .now }
        wanted = max(wanted, action)
        self.components.formUnion(components)
    }

    /// Forgets why it was out, once it is proved.
    mutating func settle() {
        outSince = nil
        wanted = .nothing
        urgency = .afterJob
        components = []
        performed = .nothing
        rung = .nothing
        tries = 0
        operation = nil
        fruitlessTests = 0
        testNotBefore = .zero
        isFaultedInProof = false
        retires = false
        kept = []
        findingCount = 0
        held = nil
    }
}
