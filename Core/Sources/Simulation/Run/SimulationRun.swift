import FleetModel
import Journal
import Scheduler

/// One run of a workload on a fleet in virtual time: the engine, a world that does what the engine
/// says, and the recorder that watches both.
///
/// The edge calls ``step()`` until it returns false, and may look at progress, drain the journal or
/// stop between two steps.
public struct SimulationRun {
    /// What is run.
    public struct Setup {
        /// The fleet at the start.
        public var fleet: FleetDefinition
        /// The jobs and tenants.
        public var workload: Workload
        /// How the engine decides.
        public var policy: Policy
        /// What the engine is told of run times.
        public var durations: DurationKnowledge
        /// What deciding costs.
        public var decisionCost: DecisionCost
        /// When the run is cut off; nil runs to the end.
        public var until: Instant?
        /// Whether inputs are journalled.
        public var isJournalled: Bool
        /// What goes wrong in the fleet; nil when nothing does but what the workload plans.
        public var faults: FaultModel?
        /// From the order to stop a gang, or its own break, until nothing of it runs any more.
        public var stopDelay: TimeSpan

        /// Gathers a setup; exact durations, free decisions, no cut-off, no journal, no faults and
        /// no time to stop by default.
        public init(
            fleet: FleetDefinition, workload: Workload, policy: Policy,
            durations: DurationKnowledge = .exact, decisionCost: DecisionCost = .free,
            until: Instant? = nil, isJournalled: Bool = false, faults: FaultModel? = nil,
            stopDelay: TimeSpan = .zero
        ) {
            self.fleet = fleet
            self.workload = workload
            self.policy = policy
            self.durations = durations
            self.decisionCost = decisionCost
            self.until = until
            self.isJournalled = isJournalled
            self.faults = faults
            self.stopDelay = stopDelay
        }
    }

    /// The engine.
    public private(set) var engine: Engine
    /// The watcher.
    public internal(set) var recorder: RunRecorder
    /// Jobs that have ended or were refused.
    public internal(set) var settledJobs = 0
    /// The virtual time.
    public private(set) var now = Instant.zero
    /// The journal of inputs, if one is kept; drain its bytes between steps.
    public var journal: JournalWriter?
    /// Why the journal could not be written, if so.
    public private(set) var journalError: JournalError?

    let setup: Setup
    var events = EventQueue<WorldEvent>()
    var progress: [JobProgress]
    /// What is broken; nil in a run without faults.
    var faults: FaultWorld?
    var pending: [Input] = []
    private var directives: [Directive] = []
    private var digest = DirectiveDigest()
    private(set) var busyUntil = Instant.zero
    /// When something last changed; timers that are of no use any more do not count.
    private var lastChange = Instant.zero
    /// Whether something has changed since the fleet was last looked at as a whole.
    private var hasChanged = false
    private(set) var sampling: SampleSchedule
    private(set) var nextSubmit = 0
    private var nextFleetEvent = 0
    /// Events to come that bring nodes into the fleet.
    private var hasLostNodes = false
    private var additionsToCome: Int
    private var schedulableMilli: Int64 = -1
    private var inputsSinceCheckpoint = 0

    /// Inputs between two state hashes in the journal.
    static let checkpointInputs = 4096

    /// Prepares a run: tenants and nodes are told to the engine at time zero.
    public init(_ setup: Setup) {
        var setup = setup
        setup.policy = setup.durations.applied(to: setup.policy)
        self.setup = setup
        engine = Engine(topology: setup.fleet.topology, policy: setup.policy)
        recorder = RunRecorder(
            fleet: setup.fleet, tenants: setup.workload.tenants,
            jobCount: setup.workload.jobs.count,
            trackedTenants: RunRecorder.largestTenants(of: setup.workload))
        progress = setup.workload.jobs.map { JobProgress(runTime: $0.runTime) }
        sampling = SampleSchedule(workload: setup.workload, devices: setup.fleet.deviceCount)
        additionsToCome = setup.workload.events.count(where: \.addsNodes)
        faults = setup.faults.map {
            FaultWorld($0, setup.fleet, stopDelay: setup.stopDelay)
        }
        if setup.isJournalled { openJournal() }
        give(.setTenants(setup.workload.tenants.tenants))
        give(.addNodes(setup.fleet.nodes))
    }

    /// Jobs of the workload.
    public var jobCount: Int { setup.workload.jobs.count }

    /// Does the next thing that happens. False when nothing is left.
    ///
    /// At one instant jobs end and timers go off first, then come the workload's events, then
    /// faults, then submissions. Events and faults after the end of the last job concern nobody and
    /// are left out.
    public mutating func step() -> Bool {
        faults?.skip(before: now)
        let submit = nextSubmit < jobCount ? setup.workload.jobs[nextSubmit].submit : Instant.never
        let change = nextFleetEventTime
        let event = events.nextTime ?? .never
        let fault = nextFaultTime
        let next = min(submit, change, event, fault)
        guard next != .never, next <= setup.until ?? .never else { return false }
        sample(before: next)
        now = next
        if event == next, let entry = events.next() {
            happen(entry.event)
        } else if change == next {
            happen(setup.workload.events[nextFleetEvent])
            nextFleetEvent += 1
        } else if fault == next {
            strikeFault()
        } else {
            submitJob(JobID(nextSubmit))
            nextSubmit += 1
        }
        return true
    }

    /// Goes on until nothing is left to happen up to an instant, and gives a copy of the engine as
    /// it is then. The run itself can go on.
    public mutating func run(until instant: Instant) -> Engine {
        while let next = nextTime, next <= instant, step() {}
        var engine = engine
        var directives: [Directive] = []
        // An input about no job changes nothing but the time.
        engine.apply(.release(JobID(rawValue: -1)), at: instant, into: &directives)
        return engine
    }

    /// When the next thing happens; nil when nothing is left.
    private var nextTime: Instant? {
        let submit = nextSubmit < jobCount ? setup.workload.jobs[nextSubmit].submit : Instant.never
        let next = min(submit, nextFleetEventTime, events.nextTime ?? .never)
        return next == .never ? nil : next
    }

    private var nextFleetEventTime: Instant {
        guard nextFleetEvent < setup.workload.events.count,
            engine.openJobs > 0 || nextSubmit < jobCount
        else { return .never }
        return setup.workload.events[nextFleetEvent].at
    }

    /// Ends the journal and gives the report; the effort is measured by the edge.
    public mutating func finish(identity: RunIdentity, effort: RunEffort) -> RunReport {
        let hash = engine.stateHash()
        journal?.end(stateHash: hash)
        var recorder = recorder
        for (job, state) in progress.enumerated() where state.life == .running {
            recorder.settle(Int32(job), state.losses(at: end))
        }
        return recorder.report(
            identity,
            cost: RunCost(
                inputs: engine.counters.inputs, decisions: Int(engine.decisions),
                wallSeconds: effort.wallSeconds, peakResidentMiB: effort.peakResidentMiB,
                stateHash: hash),
            at: end)
    }

    /// When the run is over: at the cut-off if anything is left for later, else at the last change.
    private var end: Instant {
        let submit = nextSubmit < jobCount ? setup.workload.jobs[nextSubmit].submit : Instant.never
        let next = min(submit, events.nextTime ?? .never)
        guard let until = setup.until, next > until, settledJobs < jobCount else {
            return lastChange
        }
        return max(lastChange, until)
    }

    private mutating func openJournal() {
        do throws(JournalError) {
            journal = try JournalWriter(
                header: JournalHeader(topology: setup.fleet.topology, policy: setup.policy))
        } catch {
            journalError = error
        }
    }

    // MARK: The world

    private mutating func happen(_ event: WorldEvent) {
        switch event {
        case .runEnds(let id, let attempt, let revision):
            let state = progress[id.index]
            guard state.life == .running, state.attempt == attempt, state.revision == revision
            else { return }
            if setup.workload.jobs[id.index].failsAtEnd && !state.hasFailed {
                progress[id.index].hasFailed = true
                give(.fail(id, attempt, .application))
            } else {
                give(.finish(id, attempt))
            }
        case .giveUp(let id):
            if !progress[id.index].isSettled { give(.cancel(id)) }
        case .wake(let token): give(.wake(token: token))
        case .stopped(let id, let attempt): give(.confirmStop(id, attempt))
        case .failed(let id, let attempt, let cause, let suspect):
            tellFailure(id, attempt, cause, suspect)
        case .breaks(let id, let attempt, let fault): breakOnLink(id, attempt, fault)
        case .fault(let index, let step): happen(index, step)
        }
    }

    private mutating func happen(_ event: FleetEvent) {
        if event.addsNodes { additionsToCome -= 1 }
        if case .removeNodes = event.input { hasLostNodes = true }
        if let job = event.job, progress[job.index].isSettled { return }
        tell(planned: event.input)
    }

    private mutating func submitJob(_ id: JobID) {
        let job = setup.workload.jobs[id.index]
        recorder.submitted(
            Int32(id.index), gpuMilli: job.spec.minimumGPUMilli,
            members: job.spec.minimumMembers, tenant: job.spec.tenant, since: now,
            at: max(now, busyUntil))
        if let span = job.cancelAfter { events.schedule(.giveUp(id), at: now + span) }
        var spec = job.spec
        spec.expectedDuration = setup.durations.declaration(of: job)
        give(.submit(spec))
    }

    // MARK: The engine

    /// Tells the engine something and does what it says, until it has nothing more to say.
    mutating func give(_ input: Input) {
        pending.append(input)
        var place = 0
        while place < pending.count {
            let input = pending[place]
            place += 1
            apply(input)
        }
        pending.removeAll(keepingCapacity: true)
    }

    private mutating func apply(_ input: Input) {
        var at = max(now, busyUntil)
        directives.removeAll(keepingCapacity: true)
        switch setup.decisionCost {
        case .free: engine.apply(input, at: at, into: &directives)
        case .perInput(let span):
            engine.apply(input, at: at, into: &directives)
            busyUntil = at + span
        case .measured(let clock):
            let start = clock()
            engine.apply(input, at: at, into: &directives)
            busyUntil = at + TimeSpan(nanoseconds: max(0, clock() - start))
        }
        write(input, at: at)
        at = max(at, busyUntil)
        if case .wake = input, directives.isEmpty {
            // A timer that nobody waits for any more changes nothing.
        } else {
            lastChange = at
            hasChanged = true
        }
        for directive in directives { obey(directive, to: input, at: at) }
        if engine.schedulableMilli != schedulableMilli {
            schedulableMilli = engine.schedulableMilli
            recorder.capacityChanged(schedulableGPUMilli: schedulableMilli, at: at)
        }
    }

    private mutating func write(_ input: Input, at: Instant) {
        guard journal != nil else { return }
        for directive in directives { digest.add(directive) }
        do throws(JournalError) {
            try journal?.append(input, at: at, decisionDigest: digest.digest)
        } catch {
            journalError = error
            journal = nil
        }
        inputsSinceCheckpoint += 1
        if inputsSinceCheckpoint == SimulationRun.checkpointInputs {
            inputsSinceCheckpoint = 0
            journal?.appendCheckpoint(stateHash: engine.stateHash())
        }
    }

    private mutating func obey(_ directive: Directive, to input: Input, at: Instant) {
        switch directive {
        case .start(let id, let attempt, let members): start(id, attempt, members, at: at)
        case .stop(let id, let attempt, _): stop(id, attempt, at: at)
        case .wait(let id, let refusal):
            recorder.toldToWait(Int32(id.index), refusal.code)
            // Refused is what no node to come could hold: at its submission, or when that turns
            // out later. A job that nodes could have held which have left since waits for them.
            var isNew = false
            if case .submit(let spec) = input { isNew = spec.id == id }
            let nodesAreToCome = additionsToCome > 0 || faults?.conditions.outages ?? 0 > 0
            let haveNodesLeft = hasLostNodes || faults?.conditions.hasLostNodes ?? false
            if refusal.code == .pool && !nodesAreToCome && (isNew || !haveNodesLeft) { refuse(id) }
        case .requeue(let id, _, let cause): interrupt(id, cause, at: at)
        case .end(let id, let outcome): end(id, outcome, at: at)
        case .reject(let id, _): refuse(id)
        case .wake(let time, let token): events.schedule(.wake(token: token), at: time)
        case .shrink(let id, let attempt, let resize, let members):
            setMembers(id, progress[id.index].members(without: members), at: at)
            pending.append(.confirmShrink(id, attempt, resize))
        case .grow(let id, _, _, let members):
            setMembers(id, progress[id.index].members + members, at: at)
        case .estimate(let id, let estimate):
            recorder.toldEstimate(Int32(id.index), estimate, at: at)
        }
    }

    private mutating func sample(before next: Instant) {
        guard hasChanged, sampling.isDue(at: next) else { return }
        hasChanged = false
        let summary = engine.summary()
        recorder.sampleFragmentation(
            at: lastChange, freeGPUMilli: summary.freeMilli,
            strandedGPUMilli: summary.strandedMilli,
            largestGangGPUs: summary.largestGang.first ?? 0)
        sampling.looked(at: next)
    }
}
