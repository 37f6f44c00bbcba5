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
    /// Slots of the jobs that hold something of a node, by node, once per member.
    var holders: [[Int32]] = []
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
    /// What the first waiting job of an `easy` queue waits for.
    var reservation: Reservation?

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
        case .drainBy(let node, _): setDrained(node, true)
        case .failOn(let job, let attempt, let cause, _):
            fail(job, attempt, cause, &directives)
        case .checkpointed, .confirmShrink: break
        }
        directives += timers
        timers.removeAll(keepingCapacity: true)
        decide(&directives)
        tellWaiting(&directives)
        decisions += Int64(directives.count - before)
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
