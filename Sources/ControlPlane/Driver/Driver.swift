import Documents
import FleetModel
import Health
import HealthControl
import HealthSignals
import Journal
import Qualification
import Scheduler
import Store

/// Owns the engine and the books beside it. One thread has it; nothing of it is shared.
///
/// A batch applies inputs in memory, then ``commit()`` writes all that they changed in one
/// transaction; only then are readers shown the result, orders carried out and callers answered.
final class Driver {
    let store: Store
    let clock: FleetClock
    var engine: Engine
    /// What readers see, and the book that is kept of jobs and nodes.
    var view: FleetView
    var timers = TimerHeap()
    var digest: DirectiveDigest
    var journal: JournalWriter
    /// The journal that inputs go to; a new one begins with each process and each snapshot.
    var segment: Int64
    var lastBatch: Int64
    var nextJob: Int32
    var nextEvent: Int64
    var nextAllocation: Int64
    var nextOutbox: Int64
    var pending = PendingWrites()
    /// Orders for the backend, sent after the commit.
    var orders: [DriverOrder] = []
    var openAttempts: [JobID: AttemptRow] = [:]
    var openAllocations: [JobID: [AllocationRow]] = [:]
    /// Members that were told to leave, by job.
    var leaving: [JobID: Leaving] = [:]
    /// Jobs that end as failed though the engine takes them for cancelled: their program said
    /// that it must never be tried again.
    var doomed: Set<JobID> = []
    var door: JobDoor
    /// Set when the engine knows something that the journal does not: nothing may be kept then.
    var failure: OperatingError?
    /// Open jobs that the backend found, by its keys, and back.
    var foundJobs: [String: JobID] = [:]
    var foundKeys: [JobID: String] = [:]
    var ruleUses = NameUses<NodeRuleID>()
    /// Rules that are told apart at a time.
    var ruleLimit = FleetLimits.nodeRules
    var exclusiveUses = NameUses<ExclusiveID>()
    /// How found jobs go whose end is being taken in.
    var departures: [JobID: Departure] = [:]
    /// Places that others are leaving for found jobs, as the backend was told.
    var clearedPlaces: [JobID: ClearedPlace] = [:]
    /// Found jobs for which others were stopped since the last commit, and those others.
    var askers: [JobID: [String]] = [:]
    /// Idempotency keys of this batch, which the database does not have yet.
    var keys: [String: (digest: String, job: JobID)] = [:]
    /// Whether the door knows another fleet than there is.
    var hasStaleDoor = false
    /// Whether the backend's ids of nodes are not known to the dispatcher yet.
    var hasNewTranslation = false
    /// The nodes of the backend by its own ids, and back.
    var nodeOfBackend: [NodeID]
    var backendOfNode: [NodeID: NodeID]
    /// The quota tree, when the backend has it in objects.
    var foreignTenants = ForeignTenants()
    /// Whether there are other tenants than the backend was told.
    var hasUntoldTenants = false
    /// When it was last told, in nanoseconds of a clock that only goes forward.
    var tenantsToldAt: Int64 = 0
    /// Jobs that ended lately, the oldest first: they leave the view in this order.
    var ended: [JobID] = []
    var endedStart = 0
    var directives: [Directive] = []
    /// Deleted jobs that the view still has.
    var forgotten: [JobID] = []
    /// Whether the last step of the retention left something.
    var hasMoreToPrune = false
    /// How often the next step is doubled.
    var pruneHaste = 0
    /// Thousandths of GPUs that run and wait, by tenant.
    var usage: UsageBook
    /// The health engine, with what stands before it.
    var desk: HealthDesk
    /// The last batch that was kept for it.
    var lastHealthBatch: Int64
    /// What it asks for and has not been done yet. Lost with the process, and asked for again then.
    var healthDirectives: [HealthDirective] = []
    /// What tests have measured. The store has the same; outcomes, not this, are journalled.
    var learned = LearnedBounds()
    /// When it wants to be woken, by token.
    var healthWakes: [Int64: Instant] = [:]
    /// Names of the desk that are kept, by kind.
    var keptNames: HealthNameCounts
    /// Nodes on which something began or ended since the health engine was told.
    var occupancyChanges: Set<NodeID> = []
    /// What nodes are made of, as far as this process was told.
    var hardware: [NodeID: HardwareFacts] = [:]
    /// The same by who said it.
    var toldFacts: [NodeID: ToldHardware] = [:]
    /// What agents tell of values.
    var metrics = NodeMetrics()
    /// Whether agents can be heard.
    var hearing: Hearing
    /// What other tools say of nodes, as far as the backend says.
    var statements: [NodeID: [ToolStatement]] = [:]
    /// Whether members get the very devices that the engine chose.
    var assignsDevices = true
    /// How many devices of nodes are given to nobody, as far as the backend says.
    var withheld: [NodeID: Int] = [:]
    /// Whether the backend can test and repair nodes.
    var hasCare = false
    /// Whether it brings nodes to other stacks.
    var installsStacks = false
    /// What the backend was told to test and repair, and has not answered.
    var careOrders: [OperationID: NodeID] = [:]
    /// Runs that passed, of nodes whose network is tested before they teach.
    var lessons: [NodeID: Lesson] = [:]
    /// Rollouts that were paused because their target is slower.
    var slowRollouts: Set<Int64> = []
    /// Nodes that are to blame for what their jobs' attempts end of.
    var suspects: [JobID: NodeID] = [:]
    /// Why the attempt failed whose end is being taken in, by what the engine is told.
    var failures: [JobID: FailureCause] = [:]
    /// Nodes that found jobs rule out by name, until that has counted once.
    var exclusions: [JobID: [NodeID]] = [:]
    /// Nodes to blame for what others of their lineage ended of.
    var lineages = LineageBook()
    /// What was handed in about attempts that hung.
    var cases = EvidenceCases()
    /// Failures that wait for what agents say of them.
    var openEnds = OpenEnds()
    /// How long steps of running jobs take.
    var stepBooks: [JobID: StepBook] = [:]
    /// The node whose loss is being taken in.
    var lostNode: NodeID?
    /// How many good nodes are to be kept free for large gangs, by pool.
    var spares: [PoolSpares] = []
    /// Nodes that readers see as spares.
    var shownSpares: [NodeID] = []
    /// Whether something has changed on which the choice of spares may depend.
    var hasSpareNews = true
    /// Whether that is to be looked at before the next commit.
    var hasStaleSpares = true
    /// Whether readers see an older state of health.
    var hasNewHealth = true
    /// Whether the next commit is to show them the present one; else that is done once a second,
    /// since it copies what changes next.
    var showsHealth = true
    /// The last input's time.
    var now: Instant

    /// Jobs that are over and stay in the view.
    static let rememberedJobs = 20_000

    init(_ state: RecoveredState, store: Store, clock: FleetClock) {
        self.store = store
        self.clock = clock
        engine = state.engine
        view = state.view
        timers = state.timers
        digest = state.digest
        journal = state.journal
        segment = state.segment
        lastBatch = state.lastBatch
        nextJob = state.nextJob
        nextEvent = state.nextEvent
        nextAllocation = state.nextAllocation
        nextOutbox = state.nextOutbox
        openAttempts = state.openAttempts
        openAllocations = state.openAllocations
        leaving = state.leaving
        foundJobs = state.foundJobs
        for (key, job) in foundJobs { foundKeys[job] = key }
        ended = state.ended
        desk = state.desk
        desk.handOnEntries()
        lastHealthBatch = state.lastHealthBatch
        keptNames = HealthNameCounts(state.desk.names)
        now = state.now
        hearing = Hearing(at: clock.now(), pace: clock.speed)
        nodeOfBackend = state.nodeOfBackend
        backendOfNode = state.backendOfNode
        door = JobDoor(fleet: view.directory.fleet, tenants: view.directory.tenants)
        usage = UsageBook(view: state.view)
        for job in foundKeys.keys { engine.specification(of: job).map(noteUses) }
    }

    /// Tells the engine one thing, at the clock's time, and keeps the books.
    ///
    /// Throws only for what a journal cannot hold; the batch must be given up then.
    func apply(_ input: Input) throws {
        now = max(now, clock.now())
        try apply(input, at: now)
    }

    private func apply(_ input: Input, at now: Instant) throws {
        directives.removeAll(keepingCapacity: true)
        let began = FleetClock.monotonic()
        engine.apply(input, at: now, into: &directives)
        let took = FleetClock.monotonic() - began
        view.latencies.decisions.add(seconds: Double(took) / 1e9)
        view.latencies.inputs += 1
        for directive in directives { digest.add(directive) }
        do throws(JournalError) {
            try journal.append(input, at: engine.now, decisionDigest: digest.digest)
        } catch {
            failure = OperatingError(
                .journalRecord, "an input cannot be recorded", detail: error.message)
            throw failure ?? error
        }
        pending.inputs += 1
        note(input)
        for directive in directives { carryOut(directive) }
    }

    /// Sends the engine every wake-up that is due, at most `limit`. Says whether more are.
    func wake(limit: Int) throws -> Bool {
        now = max(now, clock.now())
        for _ in 0..<limit {
            guard let first = timers.first, first.at <= now else { return false }
            _ = timers.pop()
            try apply(.wake(token: first.token), at: now)
        }
        return timers.first.map { $0.at <= now } ?? false
    }

    /// Says what happened, for people.
    func tell(_ event: EventRow) {
        var event = event
        event.id = nextEvent
        nextEvent += 1
        pending.events.append(event)
    }
}

/// Members that were told to leave a gang that goes on.
struct Leaving {
    /// Which change of its size that is.
    var resize: Resize
    /// Their ranks.
    var ranks: [Int32]
    /// The row of the outbox that says so until they are gone.
    var row: Int64
}

/// What is to be done after a commit; the dispatcher adds the job's document.
enum DriverOrder: Sendable {
    case start(JobID, Attempt, members: [RankedMember], facts: LaunchFacts)
    case stop(JobID, Attempt, StopReason)
    case shrink(JobID, Attempt, Resize, ranks: [Int])
    case grow(JobID, Attempt, Resize, members: [RankedMember], ranks: [Int], facts: LaunchFacts)
    case forget(JobID)
    case tell(key: String, FoundJobNews)
    case sayRule(String)
    /// Figures are made of the view where nobody waits for them.
    case tenants(FleetView, absences: [String: String])
    case care(CareOrder, HardwareFacts)
}

/// What a launch needs beside the job's document.
struct LaunchFacts: Sendable {
    var tenant: String
    var deadline: Instant?
    var checkpointedStep: Int64?
    var kept: TimeSpan
    /// The document, where it has just been read anyway.
    var document: JobDocument?
}
