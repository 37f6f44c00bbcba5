import FleetModel
import Scheduler

/// The fill protocol that FGD was published with (Weng et al., ATC 2023): pods in random order,
/// then clones of random pods, arrive one by one until what was asked for reaches 130 % of the
/// fleet's GPUs; nothing ever ends, and what does not fit fails.
public struct FillRun {
    /// Allocated GPUs in parts per million of the fleet's, at the marks.
    public struct Outcome: Hashable, Sendable {
        /// The seed of the order.
        public var seed: UInt64
        /// When arrivals had asked for the fleet's GPUs once.
        public var atFull: Int64
        /// When they had asked for 130 %.
        public var atEnd: Int64
        /// Pods that arrived.
        public var arrivals: Int
        /// Pods that did not fit.
        public var failures: Int
        /// The engine's state in the end.
        public var stateHash: UInt64
    }

    private var engine: Engine
    private let fleetMilli: Int64
    private let pods: [SimulatedJob]
    private var order: [Int] = []
    private var directives: [Directive] = []
    private var asked: Int64 = 0
    private var next = 0
    private var failures = 0
    private var atFull: Int64 = -1
    private let seed: UInt64

    /// Prepares a run of a pod list on a fleet. The rule is told the list's shapes, as FGD is.
    public init(
        fleet: FleetDefinition, pods: Workload, placement: PlacementRule, seed: UInt64,
        isToldWorkload: Bool = true
    ) {
        self.pods = pods.jobs
        self.seed = seed
        fleetMilli = fleet.deviceCount * 1000
        engine = Engine(
            topology: fleet.topology,
            policy: Policy(queueOrder: .firstFit, placement: placement, seed: seed))
        give(.setTenants(pods.tenants.tenants))
        give(.addNodes(fleet.nodes))
        if isToldWorkload { give(.expectWorkload(FillRun.classes(of: pods))) }
        order = arrivalOrder()
    }

    /// Whether the fleet has GPUs and the list asks for some; without, a fill has no end.
    public var isPossible: Bool { fleetMilli > 0 && pods.contains { $0.spec.minimumGPUMilli > 0 } }

    /// The part of the run that is done, in percent.
    public var progressPercent: Int { order.isEmpty ? 100 : next * 100 / order.count }

    /// Lets one pod arrive. False when all have.
    public mutating func step() -> Bool {
        guard next < order.count else { return false }
        let id = JobID(next)
        var spec = pods[order[next]].spec
        next += 1
        spec.id = id
        spec.timeLimit = nil
        give(.submit(spec))
        let isStarted = directives.contains { if case .start = $0 { true } else { false } }
        if !isStarted {
            failures += 1
            give(.cancel(id))
        }
        asked += spec.minimumGPUMilli
        if atFull < 0, asked >= fleetMilli { atFull = allocated }
        return true
    }

    /// What came of it.
    public mutating func outcome() -> Outcome {
        Outcome(
            seed: seed, atFull: max(0, atFull), atEnd: allocated, arrivals: order.count,
            failures: failures, stateHash: engine.stateHash())
    }

    /// Everything that is wrong with the engine's state; empty when all is well.
    public func checkInvariants() -> [String] { engine.checkInvariants() }

    private var allocated: Int64 {
        fleetMilli == 0 ? 0 : engine.allocatedMilli * 1_000_000 / fleetMilli
    }

    private mutating func give(_ input: Input) {
        directives.removeAll(keepingCapacity: true)
        engine.apply(input, at: Instant.seconds(Int64(next)), into: &directives)
    }

    private func arrivalOrder() -> [Int] {
        guard isPossible else { return [] }
        var generator = SplitMix(seed: seed)
        var order = Array(pods.indices)
        for last in stride(from: order.count - 1, to: 0, by: -1) {
            order.swapAt(last, generator.below(last + 1))
        }
        var sum: Int64 = 0
        let wanted = fleetMilli * 13 / 10
        var count = 0
        while sum < wanted {
            if count == order.count { order.append(generator.below(pods.count)) }
            sum += pods[order[count]].spec.minimumGPUMilli
            count += 1
        }
        return Array(order.prefix(count))
    }

    /// The shapes of a pod list with how often each occurs.
    static func classes(of pods: Workload) -> [FleetModel.WorkloadClass] {
        var places: [FleetModel.WorkloadClass: Int] = [:]
        var classes: [FleetModel.WorkloadClass] = []
        for job in pods.jobs {
            for role in job.spec.roles {
                let key = FleetModel.WorkloadClass(
                    request: role.request, accelerators: role.accelerators, weight: 0)
                if let place = places[key] {
                    classes[place].weight += Int64(role.minimum)
                } else {
                    places[key] = classes.count
                    classes.append(
                        FleetModel.WorkloadClass(
                            request: role.request, accelerators: role.accelerators,
                            weight: Int64(role.minimum)))
                }
            }
        }
        return classes
    }
}
