import FleetModel

/// The scheduler as a pure value: inputs with their times in, directives out.
///
/// It reads no clock, does no I/O and draws no randomness of its own; the same inputs give the same
/// directives and the same state on every run and machine, however a driver batches them, because
/// every input is decided upon by itself. One writer owns it; readers take copies.
public struct Engine: Sendable {
    /// What the decisions depend on beside the inputs.
    public internal(set) var policy: Policy
    /// The topology levels of the fleet.
    public let topology: Topology
    /// The time of the last input.
    public private(set) var now = Instant.zero
    /// Directives given so far.
    public private(set) var decisions: Int64 = 0

    var placer: Placer
    var quota: QuotaTree
    var jobs = JobTable()
    var room: WaitingRoom
    /// Who holds something of a node, by node, once per member.
    var holders = HolderTable()
    /// Future places of gangs that wait, or are moved.
    var reservations = ReservationBook()
    /// Reservations that hold more than when they were last looked at.
    var changedHolds: [Int32] = []
    /// Reservations all of whose devices are held.
    var complete: [Int32] = []
    /// Whether some waiting job may want a reservation.
    var wantsReservations = false
    /// Jobs that came to wait in this cycle and may take the place of others.
    var newcomers: [Int32] = []
    /// Whether something became free that elastic gangs may want.
    var wantsGrowth = false
    /// Broken gangs that keep what is left of their place and lack the rest.
    var bereft: [Int32] = []
    /// Jobs that lost their reservation with its hardware.
    var displaced: [Int32] = []
    /// Where the next review goes on.
    var reviewCursor = 0
    /// Whether the places of others are still to be looked at in this input's review.
    var isReviewing = false
    /// When the next review is due; nil when none is asked for.
    var reviewAt: Instant?
    /// Whether a wake-up to reserve places for blocked gangs is asked for, and when one last came.
    var isPlanningAsked = false
    var plannedAt = Instant.zero
    /// Jobs for which the present row of such wake-ups has found no place.
    var plannedInVain: [Int32] = []
    /// Slots of running gangs that have, or had, more members than they need.
    var elasticSlots: [Int32] = []
    /// Slots of jobs that suspect some node.
    var suspicious: [Int32] = []
    /// Running gangs by priority.
    var runningPriorities = PriorityCounts()
    /// What overdue jobs ask for or hold.
    var overdue = OverdueShare()
    /// Who owns which domains.
    var cells = CellBook()
    /// Whether some node belongs to a cell.
    var hasBoundCells = false
    /// Deadlines of nodes that are drained, by node.
    var drainDeadlines: [NodeID: Instant] = [:]
    /// Slots of the jobs that hold something, unordered, and each one's place in the list.
    var placedSlots: [Int32] = []
    var placeInPlaced: [Int32] = []
    /// Kinds that some node ever had.
    var kindsPresent: UInt64 = 0
    var nextOrder: Int64 = 0
    /// The fleet's growth that the last cycle has seen.
    var seenGrowth = 0
    /// What was in service when the last cycle ran.
    var seenService = 0
    /// Whether a class became ready since the last cycle.
    var hasNewReady = false
    /// Wake-ups to ask for.
    var timers: [Directive] = []
    /// Finds whose turn it is; kept for its storage.
    var tournament = FairTournament()
    /// Jobs to tell that they wait, if they still do after the cycle.
    var untold: [JobID] = []
    /// How long jobs ran that ended well.
    var durations = DurationBook()
    /// Estimates of starts, and what was learned from them.
    var desk = EstimateDesk()
    /// What the first waiting job of an `easy` queue waits for.
    var headReservation: HeadReservation?

    /// An engine without nodes, tenants or jobs.
    public init(topology: Topology, policy: Policy) {
        precondition(policy.isWellFormed, "a policy outside its limits: \(policy)")
        self.policy = policy
        self.topology = topology
        placer = Placer(topology: topology, policy: policy)
        quota = QuotaTree(policy: policy)
        room = WaitingRoom(isByTenant: policy.queueOrder.isByTenant)
    }

    /// Work done so far.
    public var counters: WorkCounters { placer.counters }

    /// Jobs that have not ended.
    public var openJobs: Int { jobs.count }

    /// Jobs that wait for a place.
    public var waitingJobs: Int { room.waiting }

    /// Tells the engine one thing and appends what it wants done.
    ///
    /// Time does not go back: an earlier `now` than the last one counts as the last one. Inputs
    /// that refer to jobs, attempts or nodes that are not, or no longer, as they say change
    /// nothing. An input that cannot change an answer costs O(1).
    public mutating func apply(
        _ input: Input, at now: Instant, into directives: inout [Directive]
    ) {
        let before = directives.count
        self.now = max(self.now, now)
        placer.counters.inputs += 1
        switch input {
        case .addNodes(let nodes): addNodes(nodes, &directives)
        case .removeNodes(let nodes): removeNodes(nodes, &directives)
        case .drain(let node): setDrained(node, true)
        case .resume(let node): setDrained(node, false)
        case .setDeviceHealth(let node, let bits): setDeviceHealth(node, bits, &directives)
        case .setTenants(let tenants): setTenants(tenants)
        case .submit(let spec): submit(spec, &directives)
        case .cancel(let job): cancel(job, &directives)
        case .hold(let job): hold(job)
        case .release(let job): release(job)
        case .confirmStart(let job, let attempt): confirmStart(job, attempt)
        case .confirmStop(let job, let attempt): confirmStop(job, attempt, &directives)
        case .finish(let job, let attempt): finish(job, attempt, &directives)
        case .fail(let job, let attempt, let cause): fail(job, attempt, cause, &directives)
        case .wake(let token): wake(token, &directives)
        case .expectWorkload(let classes): placer.expectWorkload(classes)
        case .drainBy(let node, let deadline): drain(node, by: deadline)
        case .failOn(let job, let attempt, let cause, let suspect):
            fail(job, attempt, cause, suspect: suspect, &directives)
        case .checkpointed(let job, let attempt): noteCheckpoint(job, attempt)
        case .confirmShrink(let job, let attempt, let resize):
            confirmShrink(job, attempt, resize)
        case .updateNodes(let nodes): updateNodes(nodes)
        case .setRule(let rule, let nodes): setRule(rule, nodes)
        case .preferNodes(let rule, let nodes): preferNodes(rule, nodes)
        case .adopt(let spec, let attempt, let places):
            adopt(spec, attempt, places, &directives)
        case .replace(let gone, let spec, let attempt, let places):
            for id in gone { dismiss(id, &directives) }
            adopt(spec, attempt, places, &directives)
        case .resubmit(let spec, let suspects): submit(spec, suspects: suspects, &directives)
        case .suspect(let job, let node): suspect(node, ofWaiting: job)
        case .keepSpares(let nodes, let gangs): keepSpares(nodes, gangs)
        }
        flushTimers(&directives)
        decide(&directives)
        if hasTimeline { growElastic(&directives) }
        tellWaiting(&directives)
        armReview()
        armEstimates()
        flushTimers(&directives)
        decisions += Int64(directives.count - before)
    }

    private mutating func flushTimers(_ directives: inout [Directive]) {
        directives += timers
        timers.removeAll(keepingCapacity: true)
    }

    /// The capacity of a kind column that quotas and shares refer to.
    func capacity(_ column: Int) -> Int64 {
        column < FleetLimits.acceleratorKinds
            ? placer.fleet.schedulableMilli[column] : placer.fleet.schedulableCPUMilli
    }

    private mutating func tellWaiting(_ directives: inout [Directive]) {
        guard !untold.isEmpty else { return }
        for id in untold {
            guard let slot = jobs.slot(of: id), !jobs[slot].isWaitTold,
                jobs[slot].phase == .queued || jobs[slot].phase == .blocked
            else { continue }
            jobs[slot].isWaitTold = true
            directives.append(.wait(id, dominantRefusal(slot)))
        }
        untold.removeAll(keepingCapacity: true)
    }
}

extension Engine {
    /// Everything that the engine knows, as bytes from which it can be restored exactly
    /// (docs/SNAPSHOT.md): the same state gives the same bytes, and the restored engine answers
    /// every further input as this one does. O(state).
    public func snapshotBytes() -> [UInt8] {
        var coder = SnapshotCoder(.writing)
        var (topology, copy) = (topology, self)
        coder.field(&topology)
        coder.field(&copy.policy)
        coder.field(&copy)
        return SnapshotFrame.seal(coder.bytes)
    }

    /// The engine that a snapshot was taken of.
    ///
    /// Refuses bytes that are cut off, changed, or of another version, and reserves no more memory
    /// than a small multiple of their number. A checksum finds accidents; bytes that somebody
    /// forged may be taken for a state that no engine was ever in.
    public init(snapshot bytes: [UInt8]) throws(SnapshotError) {
        let (state, version) = try SnapshotFrame.open(bytes)
        var coder = SnapshotCoder(reading: bytes, in: state, version: version)
        var (topology, policy) = (Topology.blank, Policy.blank)
        coder.field(&topology)
        coder.field(&policy)
        if !policy.isWellFormed {
            coder.fail("a policy outside its limits", expected: "one that an engine can have")
            policy = .blank
        }
        self.init(topology: topology, policy: policy)
        coder.field(&self)
        if let fault = coder.fault {
            throw SnapshotError(
                .content, at: fault.byteOffset, fault.message, expected: fault.expected)
        }
        guard coder.isDone else {
            throw SnapshotError(
                .content, at: coder.position, "\(coder.remaining) bytes after the last field",
                expected: "none")
        }
    }
}

extension Engine: SnapshotValue {
    static var blank: Engine { Engine(topology: .blank, policy: .blank) }

    mutating func pass(through coder: inout SnapshotCoder) {
        // The two that the engine is made of come first of all.
        coder.leaveOut()
        coder.leaveOut()
        coder.field(&now)
        coder.field(&decisions)
        coder.field(&placer)
        coder.field(&quota)
        coder.field(&jobs)
        coder.field(&room)
        coder.field(&holders)
        coder.field(&reservations)
        coder.field(&changedHolds)
        coder.field(&complete)
        coder.field(&wantsReservations)
        coder.field(&newcomers)
        coder.field(&wantsGrowth)
        coder.field(&bereft)
        coder.field(&displaced)
        coder.field(&reviewCursor)
        coder.field(&isReviewing)
        coder.field(&reviewAt)
        coder.field(&isPlanningAsked)
        coder.field(&plannedAt)
        coder.field(&plannedInVain)
        coder.field(&elasticSlots)
        coder.field(&suspicious)
        coder.field(&runningPriorities)
        coder.field(&overdue)
        coder.field(&cells)
        coder.field(&hasBoundCells)
        coder.field(&drainDeadlines)
        coder.field(&placedSlots)
        coder.field(&placeInPlaced)
        coder.field(&kindsPresent)
        coder.field(&nextOrder)
        coder.field(&seenGrowth)
        coder.field(&seenService)
        coder.field(&hasNewReady)
        // None is left to ask for between two inputs.
        precondition(timers.isEmpty, "a snapshot within an input")
        coder.leaveOut()
        // Every cycle begins a tournament anew.
        coder.leaveOut()
        coder.field(&untold)
        coder.field(&durations)
        coder.field(&desk)
        coder.field(&headReservation)
    }
}
