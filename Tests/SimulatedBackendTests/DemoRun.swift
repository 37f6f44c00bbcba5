import ControlPlane
import Documents
import FleetModel
import Scheduler
import Simulation

@testable import SimulatedBackend

/// The demo with an engine in place of the driver, in virtual time: what is submitted, decided,
/// carried out and reported, and how often.
struct DemoRun {
    private let fleet: FleetDefinition
    private var door: JobDoor
    private var engine: Engine
    private var world: SimulatedWorld
    private var traffic: DemoTraffic
    private var wakes = EventQueue<Int64>()
    private var documents: [JobDocument] = []
    private var specs: [JobSpec] = []
    private var steps: [Int64] = []
    private var waiting: [Int64] = []
    private var jobs: [String: JobID] = [:]
    private var families = NameTable<FamilyID>()
    private var pending: [Input] = []
    private(set) var now: Instant
    let start: Instant

    /// How often what happened.
    private(set) var counts: [String: Int] = [:]

    init(fleet: FleetDefinition, tenants: TenantTree, at start: Instant, seed: UInt64 = 1) {
        self.fleet = fleet
        door = JobDoor(fleet: fleet, tenants: tenants)
        self.start = start
        now = start
        engine = Engine(topology: fleet.topology, policy: Policy(queueOrder: .muster))
        world = SimulatedWorld(
            fleet: fleet, faults: DemoFleet.faults(seed: seed), seed: seed,
            delays: SimulatedDelays(), reportGap: .seconds(60))
        traffic = DemoTraffic(fleet: fleet, seed: seed, from: start)
        world.begin(at: start)
        give(.setTenants(tenants.tenants))
        give(.addNodes(fleet.nodes))
        for submission in traffic.preload() { submit(submission) }
        next = traffic.next()
    }

    private var next: DemoTraffic.Submission?

    /// Lets everything happen up to a second after the start.
    mutating func run(until second: Int64) {
        let end = start + .seconds(second)
        while true {
            let arrival = next?.at ?? .never
            let time = min(arrival, world.nextTime, wakes.nextTime ?? .never)
            guard time <= end else { break }
            now = max(now, time)
            if wakes.nextTime == time, let wake = wakes.next() {
                give(.wake(token: wake.event))
            } else if world.nextTime == time {
                world.advance(to: time)
                for report in world.takeReports() { hear(report) }
            } else if let submission = next {
                submit(submission)
                next = traffic.next()
            }
        }
        now = end
        world.advance(to: end)
    }

    /// GPUs in use.
    var allocatedGPUs: Int64 { engine.allocatedMilli / 1000 }
    /// GPUs that jobs wait for.
    var waitingGPUs: Int64 { waiting.reduce(0, +) / 1000 }
    /// Jobs that wait.
    var waitingJobs: Int { engine.waitingJobs }
    /// What is wrong within the engine.
    var faults: [String] { engine.checkInvariants() }

    private mutating func count(_ what: String) {
        counts[what, default: 0] += 1
    }

    private mutating func submit(_ submission: DemoTraffic.Submission) {
        let job = JobsDocument.parse(SourceText(submission.text, file: "job.yaml")).jobs[0]
        let id = JobID(documents.count)
        guard
            case .success(let spec) = door.spec(
                of: job, id: id, file: "job.yaml", origin: now,
                jobNamed: { jobs[$0] }, familyNamed: { families.intern($0) })
        else { preconditionFailure("a document of the demo is refused: \(submission.text)") }
        jobs[job.name.value] = id
        documents.append(job)
        specs.append(spec)
        steps.append(0)
        waiting.append(spec.minimumGPUMilli)
        count("submitted")
        give(.submit(spec))
    }

    private mutating func give(_ input: Input) {
        pending.append(input)
        var place = 0
        while place < pending.count {
            var directives: [Directive] = []
            engine.apply(pending[place], at: now, into: &directives)
            place += 1
            for directive in directives { obey(directive) }
        }
        pending.removeAll()
        world.advance(to: now)
        for report in world.takeReports() { hear(report) }
    }

    private mutating func obey(_ directive: Directive) {
        switch directive {
        case .start(let job, let attempt, let members):
            waiting[job.index] = 0
            count("start")
            world.execute(.start(launch(job, attempt, members)))
        case .stop(let job, let attempt, let reason):
            count("stop \(reason)")
            world.execute(.stop(job, attempt, reason))
        case .wait(_, let refusal): count("wait \(refusal.code)")
        case .requeue(let job, _, let cause):
            waiting[job.index] = specs[job.index].minimumGPUMilli
            count("requeue \(cause)")
        case .end(let job, let outcome):
            waiting[job.index] = 0
            count("end \(outcome)")
            world.execute(.forget(job))
        case .reject: count("reject")
        case .wake(let at, let token): wakes.schedule(token, at: at)
        case .shrink(let job, let attempt, let resize, let members):
            count("shrink")
            let ranks = Array((world.gangs[job]?.members.map(\.rank) ?? []).suffix(members.count))
            world.execute(.shrink(job, attempt, resize, ranks: ranks))
        case .grow(let job, let attempt, let resize, let members):
            count("grow")
            let next = (world.gangs[job]?.members.last?.rank ?? -1) + 1
            let grown = launch(job, attempt, members, from: next)
            world.execute(
                .grow(job, attempt, resize, grown, ranks: grown.members.map(\.rank)))
        case .estimate: break
        }
    }

    private func launch(
        _ job: JobID, _ attempt: Attempt, _ members: [MemberPlacement], from rank: Int = 0
    ) -> GangLaunch {
        GangLaunch(
            job: job, attempt: attempt, document: documents[job.index], tenant: "",
            members: members.enumerated().map { index, member in
                MemberLaunch(
                    rank: rank + index, role: Int(member.role), node: member.node,
                    devices: member.devices)
            }, progressKept: .seconds(steps[job.index]))
    }

    private mutating func hear(_ report: BackendReport) {
        switch report {
        case .nodes, .rule, .found, .vanished, .tenants, .hardware, .qualified, .repaired,
            .tested, .remarked, .evidence, .versions, .statements, .withheld:
            preconditionFailure("a simulated world makes its nodes and jobs itself")
        case .started(let job, let attempt): give(.confirmStart(job, attempt))
        case .finished(let job, let attempt, _): give(.finish(job, attempt))
        case .failed(let job, let attempt, let cause, let suspect, _, _, _):
            count("failed \(cause)")
            if let suspect {
                give(.failOn(job, attempt, cause, suspect: suspect))
            } else {
                give(.fail(job, attempt, cause))
            }
        case .stopped(let job, let attempt, _): give(.confirmStop(job, attempt))
        case .shrunk(let job, let attempt, let resize): give(.confirmShrink(job, attempt, resize))
        case .progress(let job, let attempt, let told):
            steps[job.index] = max(steps[job.index], told.checkpointedStep ?? 0)
            give(.checkpointed(job, attempt))
        case .nodesJoined(let nodes):
            count("joined")
            give(.addNodes(nodes.map { fleet.nodes[$0.index] }))
        case .nodesLost(let nodes, _):
            count("lost")
            give(.removeNodes(nodes))
        case .deviceHealth(let node, let unhealthy, _):
            count("device")
            give(.setDeviceHealth(node, unhealthy: unhealthy))
        case .drain(let node, let deadline, _):
            count("drain")
            give(deadline.map { .drainBy(node, deadline: $0) } ?? .drain(node))
        case .resume(let node, _): give(.resume(node))
        }
    }
}
