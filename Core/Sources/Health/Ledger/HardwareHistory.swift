import FleetModel

/// A fault of a piece of hardware, as the ledger keeps it.
public struct FaultRecord: Hashable, Sendable {
    /// What went wrong.
    public var cause: CauseID
    /// How bad.
    public var severity: FaultSeverity
    /// What it asks for.
    public var action: FaultAction
    /// When it was told.
    public var at: Moment
    /// When it was seen, by the wall's clock.
    public var seenAt: Instant
    /// Under which node's name.
    public var node: NodeID
    /// The rule that classified it, and the version of the rules.
    public var rule: RuleID
    /// The version of the rules.
    public var version: Int32
}

/// A fault that nothing has proved to be gone.
public struct OpenFault: Hashable, Sendable {
    /// What went wrong.
    public var cause: CauseID
    /// The strongest action that was asked for because of it.
    public var action: FaultAction
    /// What has to be proved.
    public var components: ComponentSet
    /// The first and the last time.
    public var first: Moment
    /// The last time.
    public var last: Moment
    /// How often.
    public var count: Int32
}

/// A test, as the ledger keeps it.
public struct TestRecord: Hashable, Sendable {
    /// What it found.
    public var outcome: QualificationOutcome
    /// When it ended.
    public var at: Moment
    /// Under which node's name.
    public var node: NodeID
}

/// A repair, as the ledger keeps it.
public struct RepairRecord: Hashable, Sendable {
    /// What was done.
    public var action: FaultAction
    /// Because of what; nil when it was no fault.
    public var cause: CauseID?
    /// How it ended; nil when nobody said.
    public var outcome: RepairOutcome?
    /// When it ended.
    public var at: Moment
    /// Under which node's name.
    public var node: NodeID
}

/// A job that ended there, as the ledger keeps it.
public struct JobEndRecord: Hashable, Sendable {
    /// The job.
    public var job: JobID
    /// Why it ended.
    public var cause: RestartCause
    /// Whether this hardware was to blame.
    public var isSuspect: Bool
    /// When.
    public var at: Moment
}

/// A place that a piece of hardware lived in.
public struct PlaceRecord: Hashable, Sendable {
    /// The node's name at that time.
    public var node: NodeID
    /// The machine; of a machine itself, its own.
    public var machine: MachineID
    /// Of a device, its index there.
    public var index: Int32?
    /// Of a device, where that sits in its rack; nil where that is not told.
    public var seat: DeviceSeat?
    /// From when.
    public var from: Moment
    /// Until when; nil while it is there.
    public var until: Moment?
}

/// How often things happened, for ever.
public struct HistoryCounts: Hashable, Sendable {
    /// Faults.
    public var faults: Int64 = 0
    /// Faults that asked for a repair or a proof.
    public var severeFaults: Int64 = 0
    /// Tests that passed.
    public var passedTests: Int64 = 0
    /// Tests that failed.
    public var failedTests: Int64 = 0
    /// Tests without an answer.
    public var inconclusiveTests: Int64 = 0
    /// Repairs that were carried out.
    public var repairs: Int64 = 0
    /// Jobs that ended there.
    public var jobs: Int64 = 0
    /// Jobs that failed because of it.
    public var blamedJobs: Int64 = 0
    /// Places that it lived in.
    public var places: Int64 = 0
    /// Times that it went out of service.
    public var outages: Int64 = 0
}

/// Everything that happened to one piece of hardware: counters for ever, the last in detail.
public struct HardwareHistory: Hashable, Sendable {
    /// How often.
    public var counts = HistoryCounts()
    /// The last faults, oldest first.
    public var faults: [FaultRecord] = []
    /// The last tests, oldest first.
    public var tests: [TestRecord] = []
    /// The last repairs, oldest first.
    public var repairs: [RepairRecord] = []
    /// The last jobs, oldest first.
    public var jobs: [JobEndRecord] = []
    /// The last places, oldest first.
    public var places: [PlaceRecord] = []
    /// Faults that nothing has proved to be gone, at most ``openKept`` kinds.
    public var open: [OpenFault] = []
    /// The last test that passed, if nothing has been wrong and no failed job has been put down to
    /// it since.
    public var lastProof: TestRecord?
    /// When it was last repaired.
    public var repairedAt: Moment?
    /// Whether it is not to come back.
    public var isRetired = false

    /// Kinds of open faults that are kept; of more, the weakest goes.
    public static let openKept = 16

    /// Starts without a past.
    public init() {}

    /// The strongest action that is open.
    public var openAction: FaultAction { open.map(\.action).max() ?? .nothing }

    /// Whether something is known against it.
    public var isBad: Bool { isRetired || !open.isEmpty }

    mutating func note(_ finding: Finding, node: NodeID, at moment: Moment, keeps most: Int32) {
        counts.faults += 1
        HardwareHistory.append(
            FaultRecord(
                cause: finding.cause, severity: finding.severity, action: finding.action,
                at: moment, seenAt: finding.seenAt, node: node, rule: finding.rule,
                version: finding.version), to: &faults, keeps: most)
    }

    /// Opens a fault that takes hardware out; nothing proves it to be well any more.
    mutating func open(
        _ cause: CauseID, _ action: FaultAction, _ components: ComponentSet, at moment: Moment
    ) {
        counts.severeFaults += 1
        lastProof = nil
        if let known = open.firstIndex(where: { $0.cause == cause }) {
            open[known].action = max(open[known].action, action)
            open[known].components.formUnion(components)
            open[known].last = moment
            open[known].count = open[known].count == .max ? .max : open[known].count + 1
            return
        }
        if open.count == HardwareHistory.openKept,
            let weakest = open.indices.min(by: { open[$0].action < open[$1].action })
        {
            let lost = open.remove(at: weakest)
            // What it asked to be proved stays asked for.
            open[0].components.formUnion(lost.components)
            open[0].action = max(open[0].action, lost.action)
        }
        open.append(
            OpenFault(
                cause: cause, action: action, components: components, first: moment, last: moment,
                count: 1))
    }

    mutating func note(
        _ outcome: QualificationOutcome, node: NodeID, at moment: Moment, keeps most: Int32
    ) {
        switch outcome.verdict {
        case .passed: counts.passedTests += 1
        case .failed:
            counts.failedTests += 1
            lastProof = nil
        case .inconclusive: counts.inconclusiveTests += 1
        }
        HardwareHistory.append(
            TestRecord(outcome: outcome, at: moment, node: node), to: &tests, keeps: most)
    }

    /// A test has proved it: what was open is closed.
    mutating func prove(_ outcome: QualificationOutcome, node: NodeID, at moment: Moment) {
        open = []
        lastProof = TestRecord(outcome: outcome, at: moment, node: node)
    }

    mutating func note(_ repair: RepairRecord, keeps most: Int32) {
        if repair.outcome == .done {
            counts.repairs += 1
            repairedAt = repair.at
        }
        HardwareHistory.append(repair, to: &repairs, keeps: most)
    }

    mutating func note(_ end: JobEndRecord, keeps most: Int32) {
        counts.jobs += 1
        if end.isSuspect {
            counts.blamedJobs += 1
            lastProof = nil
        }
        HardwareHistory.append(end, to: &jobs, keeps: most)
    }

    mutating func enter(_ place: PlaceRecord, keeps most: Int32) {
        leave(at: place.from)
        counts.places += 1
        HardwareHistory.append(place, to: &places, keeps: most)
    }

    /// Says of the last place where in the rack it is.
    mutating func seat(_ seat: DeviceSeat?) {
        if let last = places.indices.last { places[last].seat = seat }
    }

    mutating func leave(at moment: Moment) {
        if let last = places.indices.last, places[last].until == nil {
            places[last].until = moment
        }
    }

    private static func append<Record>(
        _ record: Record, to records: inout [Record], keeps most: Int32
    ) {
        records.append(record)
        if records.count > Int(most) { records.removeFirst(records.count - Int(most)) }
    }
}
