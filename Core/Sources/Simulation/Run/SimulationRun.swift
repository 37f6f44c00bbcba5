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

        /// Gathers a setup; exact durations, free decisions, no cut-off, no journal by default.
        public init(
            fleet: FleetDefinition, workload: Workload, policy: Policy,
            durations: DurationKnowledge = .exact, decisionCost: DecisionCost = .free,
            until: Instant? = nil, isJournalled: Bool = false
        ) {
            self.fleet = fleet
            self.workload = workload
            self.policy = policy
            self.durations = durations
            self.decisionCost = decisionCost
            self.until = until
            self.isJournalled = isJournalled
        }
    }

    /// The engine.
    public private(set) var engine: Engine
    /// The watcher.
    public private(set) var recorder: RunRecorder
    /// Jobs that have ended or were refused.
    public private(set) var settledJobs = 0
    /// The virtual time.
    public private(set) var now = Instant.zero
    /// The journal of inputs, if one is kept; drain its bytes between steps.
    public var journal: JournalWriter?
    /// Why the journal could not be written, if so.
    public private(set) var journalError: JournalError?

    private let setup: Setup
    private var events = EventQueue()
    private var progress: [JobProgress]
    private var pending: [Input] = []
    private var directives: [Directive] = []
    private var digest = DirectiveDigest()
    private var busyUntil = Instant.zero
    /// When something last changed; timers that are of no use any more do not count.
    private var lastChange = Instant.zero
    /// Whether something has changed since the fleet was last looked at as a whole.
    private var hasChanged = false
    private(set) var sampling: SampleSchedule
    private var nextSubmit = 0
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
        if setup.isJournalled { openJournal() }
        give(.setTenants(setup.workload.tenants.tenants))
        give(.addNodes(setup.fleet.nodes))
    }

    /// Jobs of the workload.
    public var jobCount: Int { setup.workload.jobs.count }

    /// Does the next thing that happens. False when nothing is left.
    ///
    /// At one instant jobs end and timers go off first, then come the workload's events, then
    /// submissions. Events after the end of the last job concern nobody and are left out.
    public mutating func step() -> Bool {
        let submit = nextSubmit < jobCount ? setup.workload.jobs[nextSubmit].submit : Instant.never
        let change = nextFleetEventTime
        let event = events.nextTime ?? .never
        let next = min(submit, change, event)
        guard next != .never, next <= setup.until ?? .never else { return false }
        sample(before: next)
        now = next
        if event == next, let entry = events.next() {
            happen(entry.event)
        } else if change == next {
            happen(setup.workload.events[nextFleetEvent])
            nextFleetEvent += 1
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
        case .runEnds(let id, let attempt):
            let state = progress[id.index]
            guard state.life == .running, state.attempt == attempt else { return }
            if setup.workload.jobs[id.index].failsAtEnd && !state.hasFailed {
                progress[id.index].hasFailed = true
                give(.fail(id, attempt, .application))
            } else {
                give(.finish(id, attempt))
            }
        case .giveUp(let id):
            if !progress[id.index].isSettled { give(.cancel(id)) }
        case .wake(let token): give(.wake(token: token))
        }
    }

    private mutating func happen(_ event: FleetEvent) {
        if event.addsNodes { additionsToCome -= 1 }
        if case .removeNodes = event.input { hasLostNodes = true }
        if let job = event.job, progress[job.index].isSettled { return }
        give(event.input)
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
    private mutating func give(_ input: Input) {
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
        case .stop(let id, let attempt, _): pending.append(.confirmStop(id, attempt))
        case .wait(let id, let refusal):
            recorder.toldToWait(Int32(id.index), refusal.code)
            // Refused is what no node to come could hold: at its submission, or when that turns
            // out later. A job that nodes could have held which have left since waits for them.
            var isNew = false
            if case .submit(let spec) = input { isNew = spec.id == id }
            if refusal.code == .pool && additionsToCome == 0 && (isNew || !hasLostNodes) {
                refuse(id)
            }
        case .requeue(let id, _, let cause): interrupt(id, cause, at: at)
        case .end(let id, let outcome): end(id, outcome, at: at)
        case .reject(let id, _): refuse(id)
        case .wake(let time, let token): events.schedule(.wake(token: token), at: time)
        case .estimate(let id, let estimate):
            recorder.toldEstimate(Int32(id.index), estimate, at: at)
        case .shrink, .grow: break
        }
    }

    private mutating func start(
        _ id: JobID, _ attempt: Attempt, _ members: [MemberPlacement], at: Instant
    ) {
        let spec = setup.workload.jobs[id.index].spec
        let end = progress[id.index].start(attempt, of: spec, on: members, at: at)
        recorder.started(
            Int32(id.index), attempt: attempt, gpuMilli: progress[id.index].gpuMilli,
            domainsPerLevel: domainCounts(members), at: at)
        pending.append(.confirmStart(id, attempt))
        events.schedule(.runEnds(id, attempt), at: end)
    }

    private mutating func interrupt(_ id: JobID, _ cause: FailureCause, at: Instant) {
        let spec = setup.workload.jobs[id.index].spec
        let lost = progress[id.index].interrupt(cause, of: spec, at: at)
        recorder.interrupted(
            Int32(id.index), lostGPUNanoseconds: lost, preempted: cause == .preemption, at: at)
    }

    private mutating func end(_ id: JobID, _ outcome: JobOutcome, at: Instant) {
        guard progress[id.index].life != .refused else { return }
        progress[id.index].life = .over
        recorder.ended(Int32(id.index), outcome: outcome, at: at)
        settledJobs += 1
    }

    private mutating func refuse(_ id: JobID) {
        guard progress[id.index].life != .refused else { return }
        progress[id.index].life = .refused
        recorder.refused(Int32(id.index))
        settledJobs += 1
        pending.append(.cancel(id))
    }

    /// Distinct domains of a gang at each level, hosts last.
    private func domainCounts(_ members: [MemberPlacement]) -> [Int32] {
        let levels = setup.fleet.topology.levels.count
        guard members.count > 1 else { return [Int32](repeating: 1, count: levels) }
        var nodes = members.map(\.node)
        nodes.sort()
        var unique: [NodeID] = []
        for node in nodes where unique.last != node { unique.append(node) }
        var counts: [Int32] = []
        for level in 0..<(levels - 1) {
            let sorted = unique.map { engine.domains(of: $0)[level] }.sorted()
            var count: Int32 = 0
            for place in sorted.indices where place == 0 || sorted[place] != sorted[place - 1] {
                count += 1
            }
            counts.append(count)
        }
        counts.append(Int32(unique.count))
        return counts
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
