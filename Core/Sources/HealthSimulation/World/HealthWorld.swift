import FleetModel
import Health
import Scheduler
import Simulation

/// Something that happens at a time.
enum HealthWorldEvent: Sendable {
    case strike
    case noise(slot: Int)
    case show(slot: Int, box: Int)
    case storm
    case found(NodeID, Finding)
    /// A program is gone; what it left behind may name a node.
    case crash(JobID, Attempt, named: NodeID?)
    /// Agents were heard for long enough.
    case judge(JobID, Attempt)
    case lost(NodeID)
    case back(slot: Int, NodeID)
    case tested(NodeID, OperationID, QualificationOutcome)
    case mended(NodeID, OperationID)
    case operate(NodeID)
    case deliver(slot: Int, isSame: Bool)
    case submit
    case stopped(JobID, Attempt)
    case ends(JobID, Attempt)
    case works(JobID, Attempt)
    case schedulerWake(token: Int64)
    case healthWake(token: Int64)
}

/// A fleet in virtual time: the scheduler's engine and the health engine, joined as the control
/// plane joins them, around machines that break, people who send them away, and jobs.
///
/// The engines see what they see in a real fleet: what machines say of themselves, logs, answers to
/// tests, ends of attempts. What is really wrong only the figures know.
public struct HealthWorld {
    /// What is run.
    public let scenario: HealthScenario
    /// The health engine.
    public internal(set) var health: HealthEngine
    /// The scheduler's.
    public internal(set) var scheduler: Engine
    /// What it came to; whole after ``run()``.
    public internal(set) var figures = HealthFigures()

    let fleet: FleetDefinition
    let end: Instant
    var now = HealthScenario.beginning
    var events = EventQueue<HealthWorldEvent>()
    var strikes: FaultSchedule
    /// Of tests, repairs, people and defects.
    var luck: SplitMix
    /// Of things that mean nothing.
    var noiseLuck: SplitMix
    /// Of jobs that come.
    var workLuck: SplitMix

    var boxes: [TrueBox] = []
    /// The machine and the node name in each place; nil while the provider has it.
    var box: [Int?]
    var node: [NodeID?]
    /// The place of each node.
    var slotOf: [Int] = []
    /// What of each node is in use.
    var occupants: [[Occupant]] = []
    /// When each node last passed a proof.
    var provedAt: [Instant] = []
    var occupancyChanges: [NodeID] = []
    /// Whether other nodes may be kept for gangs that break than were.
    var areSparesStale = true

    var jobs: [JobRun] = []
    /// Started at this instant on what took no work then.
    var startedOnOut: [JobID] = []
    var pending: [Input] = []
    var isGiving = false
    var healthDirectives: [HealthDirective] = []
    /// The node whose loss the scheduler is being told of.
    var lostNode: NodeID?
    var outages = OutageWatch()
    var watch: PlaceWatch

    /// Prepares a run; nothing has happened yet.
    public init(_ scenario: HealthScenario) {
        self.scenario = scenario
        health = HealthEngine(policy: scenario.healthPolicy)
        fleet = FleetDefinition.uniform(
            nodes: scenario.nodes, devices: HealthScenario.devices,
            groups: [scenario.nodesPerLeaf])
        scheduler = Engine(topology: fleet.topology, policy: scenario.schedulerPolicy)
        var model = scenario.mix.faults
        model.seed = scenario.seed
        strikes = FaultSchedule(model: model, fleet: fleet, from: HealthScenario.beginning)
        luck = SplitMix(seed: SplitMix.mix(scenario.seed &+ 1))
        noiseLuck = SplitMix(seed: SplitMix.mix(scenario.seed &+ 2))
        workLuck = SplitMix(seed: SplitMix.mix(scenario.seed &+ 3))
        end = HealthScenario.beginning + .seconds(scenario.days * 86_400)
        box = [Int?](repeating: nil, count: scenario.nodes)
        node = [NodeID?](repeating: nil, count: scenario.nodes)
        watch = PlaceWatch(places: scenario.nodes)
    }

    /// Runs to the end.
    public mutating func run() -> HealthFigures {
        begin()
        while let entry = events.next(), entry.at <= end {
            now = entry.at
            happen(entry.event)
            settle()
        }
        now = end
        close()
        return figures
    }

    private mutating func begin() {
        setTenants()
        for slot in node.indices {
            place(newBox(isFirst: true), in: slot)
            expectNoise(slot)
        }
        submitGang()
        settle()
        after(.seconds(3600), .submit)
        if let strike = strikes.next { events.schedule(.strike, at: strike.at) }
        if scenario.hasStorm { after(.seconds(scenario.days * 43_200), .storm) }
    }

    private mutating func happen(_ event: HealthWorldEvent) {
        switch event {
        case .strike:
            strike()
            if let strike = strikes.next { events.schedule(.strike, at: strike.at) }
        case .noise(let slot):
            noise(slot)
            expectNoise(slot)
        case .show(let slot, let number): show(slot, number)
        case .storm: storm()
        case .found(let id, let finding):
            tell(.found(id, finding))
            // What is bad is closed before what an attempt leaves behind is given to others.
            settle()
            explainEnds(on: id)
        case .crash(let id, let attempt, let named): crash(id, attempt, named)
        case .judge(let id, let attempt):
            if jobs[id.index].attempt == attempt { judge(id, isLast: true) }
        case .lost(let id): lose(id)
        case .back(let slot, let id): comeBack(slot, id)
        case .tested(let id, let operation, let outcome): tested(id, operation, outcome)
        case .mended(let id, let operation): mended(id, operation)
        case .operate(let id): operate(id)
        case .deliver(let slot, let isSame): deliver(slot, isSame: isSame)
        case .submit: submitSmall()
        case .stopped(let id, let attempt): give(.confirmStop(id, attempt))
        case .ends(let id, let attempt): endWell(id, attempt)
        case .works(let id, let attempt): works(id, attempt)
        case .schedulerWake(let token): give(.wake(token: token))
        case .healthWake(let token): tell(.wake(token: token))
        }
    }

    // MARK: Time and chance

    mutating func after(_ span: TimeSpan, _ event: HealthWorldEvent) {
        events.schedule(event, at: now + span)
    }

    /// A span of the exponential distribution.
    func exponential(mean: TimeSpan, _ random: inout SplitMix) -> TimeSpan {
        let factor = Int128(FixedPoint.exponential(&random))
        return TimeSpan(nanoseconds: Int64(clamping: (Int128(mean.nanoseconds) * factor) >> 32))
    }

    /// From `least` up to a second below `most`, all as likely.
    mutating func seconds(_ least: Int64, _ most: Int64) -> TimeSpan {
        .seconds(least + Int64(luck.below(Int(most - least))))
    }

    /// Up to a millisecond below `most`, all as likely.
    mutating func milliseconds(_ least: Int, _ most: Int) -> TimeSpan {
        TimeSpan(nanoseconds: Int64(least + luck.below(most - least)) * 1_000_000)
    }

    mutating func happens(_ milli: Int) -> Bool { luck.below(1000) < milli }

    private mutating func expectNoise(_ slot: Int) {
        let rate = scenario.mix.noisePerMillionNodeDays
        guard rate > 0 else { return }
        let mean = TimeSpan(nanoseconds: Int64(86_400_000_000_000) / rate * 1_000_000)
        after(exponential(mean: mean, &noiseLuck), .noise(slot: slot))
    }

    // MARK: What is there

    func serves(_ slot: Int) -> Bool {
        node[slot].flatMap { health[$0] }?.track.state.takesWork ?? false
    }

    /// Whether what is bad about the machine of a place is in service.
    func badServes(_ slot: Int) -> Bool {
        guard serves(slot), let number = box[slot], let id = node[slot] else { return false }
        switch boxes[number].defect {
        case .none: return false
        case .silent: return true
        case .device(let index):
            return health[id]?.devices[Int(index)].state.takesWork ?? false
        }
    }

    /// The place of a node that is still there.
    func slot(of id: NodeID) -> Int? {
        guard slotOf.indices.contains(id.index), node[slotOf[id.index]] == id else { return nil }
        return slotOf[id.index]
    }
}
