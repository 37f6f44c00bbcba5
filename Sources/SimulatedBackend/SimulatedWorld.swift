import ControlPlane
import Documents
import FleetModel
import Health
import Qualification
import Simulation

/// Machines that exist only as numbers: what runs on them, what goes wrong with them and when, and
/// what they have to say. A value without a clock; whoever owns it lets time pass.
struct SimulatedWorld: Sendable {
    /// Something that is to happen.
    enum Event: Sendable {
        /// A gang is due, unless it has changed since.
        case gang(JobID, Attempt, revision: Int32)
        /// A gang breaks that was started on what a fault had broken.
        case breaks(JobID, Attempt, fault: Int)
        /// A test or a repair is over.
        case care(CareOrder)
        /// A fault goes on to the next step of its life.
        case fault(Int, FaultStep)
    }

    let fleet: FleetDefinition
    let delays: SimulatedDelays
    let seed: UInt64
    /// Fleet time that passes between two reports of checkpoints by one gang, or more.
    let reportGap: TimeSpan
    private let model: FaultModel?

    private(set) var now = Instant.zero
    /// What is broken; nil without faults, and before the start.
    var faults: FaultWorld?
    var events = EventQueue<Event>()
    var gangs: [JobID: SimulatedGang] = [:]
    /// What is known of jobs until they are forgotten.
    var histories: [JobID: JobHistory] = [:]
    /// Tests and repairs that are under way.
    var care: Set<OperationID> = []
    /// The versions of machines that have others than they came with.
    var versions: [NodeID: [FoundVersion]] = [:]
    let installation: SimulatedInstallation
    /// Nodes whose network does not work until their machine is another one.
    var deadLinks: Set<NodeID>
    /// What is to be told, in order.
    private var reports: [BackendReport] = []

    /// Machines on which nothing runs.
    init(
        fleet: FleetDefinition, faults: FaultModel?, seed: UInt64, delays: SimulatedDelays,
        reportGap: TimeSpan, installation: SimulatedInstallation = SimulatedInstallation(),
        deadLinks: Set<NodeID> = []
    ) {
        self.deadLinks = deadLinks
        self.installation = installation
        self.fleet = fleet
        self.delays = delays
        self.seed = seed
        self.reportGap = reportGap
        model = faults
    }

    // MARK: Time

    /// When something next happens by itself.
    var nextTime: Instant { min(events.nextTime ?? .never, faults?.nextTime ?? .never) }

    /// Lets everything happen up to an instant, in order of time. Instants before the present count
    /// as the present.
    mutating func advance(to instant: Instant) {
        while nextTime <= instant {
            now = max(now, nextTime)
            if let fault = faults?.nextTime, fault < events.nextTime ?? .never {
                strikeFault()
            } else if let entry = events.next() {
                happen(entry.event)
            }
        }
        now = max(now, instant)
    }

    /// What there is to tell since the last time.
    mutating func takeReports() -> [BackendReport] {
        defer { reports = [] }
        return reports
    }

    mutating func report(_ report: BackendReport) { reports.append(report) }

    /// The first start: faults come from now on, and not in the order of the last start.
    mutating func begin(at instant: Instant) {
        now = max(now, instant)
        guard faults == nil, var model else { return }
        model.seed = SplitMix.mix(model.seed ^ SplitMix.mix(UInt64(bitPattern: now.nanoseconds)))
        faults = FaultWorld(model, fleet, stopDelay: delays.stop, from: now)
    }

    private mutating func happen(_ event: Event) {
        switch event {
        case .gang(let job, let attempt, let revision):
            guard let gang = gangs[job], gang.attempt == attempt, gang.revision == revision else {
                return
            }
            go(on: job)
        case .breaks(let job, let attempt, let fault): breakOnLink(job, attempt, fault)
        case .care(let order): finish(order)
        case .fault(let index, let step):
            for effect in faults?.advance(index, step, at: now) ?? [] {
                bringAbout(effect, of: index)
            }
        }
    }

    /// Schedules the next event of a gang, and voids the one before.
    mutating func reschedule(_ job: JobID) {
        guard let revision = gangs[job]?.revision else { return }
        gangs[job]?.revision = revision + 1
        guard let gang = gangs[job], gang.nextTime < .never else { return }
        events.schedule(
            .gang(job, gang.attempt, revision: gang.revision), at: max(now, gang.nextTime))
        // Events of gangs that were stopped long before their end would pile up.
        if events.count > 1024 + 4 * (gangs.count + fleet.nodes.count) { dropVoidEvents() }
    }

    private mutating func dropVoidEvents() {
        let gangs = gangs
        events.removeAll { event in
            switch event {
            case .gang(let job, let attempt, let revision):
                gangs[job]?.attempt != attempt || gangs[job]?.revision != revision
            case .breaks(let job, let attempt, _): gangs[job]?.attempt != attempt
            case .fault, .care: false
            }
        }
    }

    // MARK: Gangs

    /// Does what a gang has to do now.
    private mutating func go(on job: JobID) {
        guard var gang = gangs[job] else { return }
        let attempt = gang.attempt
        let left = gang.leaves.filter { $0.until <= now }
        if !left.isEmpty {
            gang.leaves.removeAll { $0.until <= now }
            for leave in left { report(.shrunk(job, attempt, leave.resize)) }
        }
        gangs[job] = gang
        switch gang.phase {
        case .starting(let until) where until <= now:
            gangs[job]?.phase = .running
            gangs[job]?.skipReports(until: now + reportGap)
            histories[job]?.runs(attempt, at: now)
            report(.started(job, attempt))
        case .running where gang.end <= now:
            finish(job)
        case .running where gang.nextReport <= now:
            let steps = gang.steps(at: now)
            gangs[job]?.skipReports(until: now + max(reportGap, TimeSpan(nanoseconds: 1)))
            histories[job]?.checkpoints(attempt, step: steps.checkpointed, at: now)
            report(
                .progress(
                    job, attempt,
                    JobProgress(step: steps.step, checkpointedStep: steps.checkpointed)))
        case .stopping(let until) where until <= now:
            let exits = gang.exits(signal: SimulatedGang.terminate)
            remove(job, "stopped, as it was told")
            report(.stopped(job, attempt, exits))
        case .breaking(let until, let breakdown) where until <= now:
            fail(job, breakdown)
        case .starting, .running, .stopping, .breaking, .stuck: break
        }
        reschedule(job)
    }

    private mutating func finish(_ job: JobID) {
        guard let gang = gangs[job] else { return }
        guard gang.fails, histories[job]?.hasFailed != true else {
            remove(job, "finished")
            report(.finished(job, gang.attempt, gang.exits(code: 0, of: nil)))
            return
        }
        histories[job]?.hasFailed = true
        let culprit = gang.members.first?.rank
        let detail = "rank \(culprit ?? 0) exited with code 1: the program failed"
        remove(job, detail)
        report(
            .failed(
                job, gang.attempt, .application, suspect: nil, retry: .byCause,
                exits: gang.exits(code: 1, of: culprit), detail: detail))
    }

    private mutating func fail(_ job: JobID, _ breakdown: SimulatedGang.Breakdown) {
        guard let gang = gangs[job] else { return }
        remove(job, breakdown.detail)
        let culprit = breakdown.suspect.flatMap { suspect in
            gang.members.first { $0.node == suspect }?.rank
        }
        report(
            .failed(
                job, gang.attempt, breakdown.cause, suspect: breakdown.suspect, retry: .byCause,
                exits: gang.exits(code: 1, of: culprit ?? gang.members.first?.rank),
                detail: breakdown.detail))
    }

    /// Puts a gang on its nodes, with what awaits it there.
    mutating func put(_ gang: SimulatedGang, at start: Instant) {
        let job = gang.job
        gangs[job] = gang
        let speed = slowestSpeed(gang.placements)
        gangs[job]?.setSpeed(of: speed, at: start)
        meetFaults(job, from: [])
    }

    /// Takes a gang off its nodes.
    mutating func remove(_ job: JobID, _ detail: String) {
        guard let gang = gangs.removeValue(forKey: job) else { return }
        faults?.move(job.rawValue, from: gang.placements, to: [])
        histories[job]?.ends(gang.attempt, detail, at: now)
    }

    func slowestSpeed(_ placements: [MemberPlacement]) -> Int64 {
        faults?.speed(of: placements) ?? AttemptProgress.fullSpeed
    }
}
