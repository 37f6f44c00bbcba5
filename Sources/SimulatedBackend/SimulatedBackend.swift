import ControlPlane
import Documents
import FleetModel
import Foundation
import HealthControl
import Qualification
import Simulation
import Synchronization

/// Virtual machines in scaled real time: a fleet without hardware, on which jobs take as long as
/// their documents say, and things go wrong.
///
/// Everything that happens is in one queue, which one thread follows, however many nodes and jobs
/// there are. A class, since the thread and those who give orders share it.
public final class SimulatedBackend: Backend {
    private typealias Reporter = @Sendable (BackendReport) -> Void

    /// An order and when it came.
    private struct Arrival {
        var at: Instant
        var order: BackendOrder
    }

    /// What the one thread, and those who wait for it, agree on.
    private struct Control {
        var inbox: [Arrival] = []
        var care: [CareOrder] = []
        var reporter: Reporter?
        var isRunning = false
        var isStopping = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// What it is called.
    public let name = "simulated"

    private let fleet: FleetDefinition
    private let clock: @Sendable () -> Instant
    private let speed: Double
    private let hasThread: Bool
    private let machines: [String: String]
    private let world: Mutex<SimulatedWorld>
    private let control = Mutex(Control())
    private let bell = Bell()

    /// The longest sleep, in seconds: the clock of the fleet may be set.
    private static let longestSleep = 1.0
    /// The shortest, so that what happens close together is done in one go.
    private static let shortestSleep = 0.0005

    /// Simulates `fleet`, from ``start(expecting:reporting:)`` on.
    ///
    /// - Parameters:
    ///   - fleet: the machines.
    ///   - faults: how often what goes wrong; nil when nothing does. Its own seed is not used.
    ///   - seed: the seed of faults, and of run times that no document names.
    ///   - speed: how many times as fast as the wall's the fleet's clock runs; above zero.
    ///   - delays: how long gangs take to start and to stop, in fleet time.
    ///   - machines: which machine a node is, by its name, where that is not the machine of the
    ///     same name: one that was handed back under another.
    ///   - installation: how machines are brought to other stacks.
    ///   - deadLinks: nodes, by name, whose network never works until the machine is replaced, and
    ///     which only a test with another node finds.
    ///   - clock: the fleet's time.
    public convenience init(
        fleet: FleetDefinition, faults: FaultModel? = nil, seed: UInt64 = 1, speed: Double = 1,
        delays: SimulatedDelays = SimulatedDelays(), machines: [String: String] = [:],
        installation: SimulatedInstallation = SimulatedInstallation(),
        deadLinks: Set<String> = [], clock: @escaping @Sendable () -> Instant
    ) {
        self.init(
            fleet: fleet, faults: faults, seed: seed, speed: speed, delays: delays,
            hasThread: true, machines: machines, installation: installation, deadLinks: deadLinks,
            clock: clock)
    }

    /// As the public one; without a thread, what is due happens in ``pump()``.
    init(
        fleet: FleetDefinition, faults: FaultModel?, seed: UInt64, speed: Double,
        delays: SimulatedDelays, hasThread: Bool, machines: [String: String] = [:],
        installation: SimulatedInstallation = SimulatedInstallation(),
        deadLinks: Set<String> = [], clock: @escaping @Sendable () -> Instant
    ) {
        precondition(speed > 0, "a fleet whose time stands still")
        self.fleet = fleet
        self.clock = clock
        self.speed = speed
        self.hasThread = hasThread
        self.machines = machines
        var model = faults
        model?.seed = seed
        // One report of a checkpoint per gang and second of the wall is enough to look at.
        let gap = TimeSpan(nanoseconds: hasThread ? Int64(speed * 1_000_000_000) : 0)
        world = Mutex(
            SimulatedWorld(
                fleet: fleet, faults: model, seed: seed, delays: delays, reportGap: gap,
                installation: installation,
                deadLinks: Set(deadLinks.compactMap { fleet.nodeNames.id(of: $0) })))
    }

    /// The fleet with all its nodes in service.
    public func inventory() async throws -> FleetDefinition { fleet }

    /// Serial numbers of every machine, the same on every start.
    public func hardware() async -> [NodeID: HardwareFacts] {
        var facts: [NodeID: HardwareFacts] = [:]
        for node in fleet.nodes {
            let name = fleet.nodeNames[node.id]
            facts[node.id] = SimulatedHardware.facts(
                machine: machines[name] ?? name, devices: node.devices)
        }
        return facts
    }

    /// What every machine came with. What was installed since is known to the control plane alone.
    public func versions() async -> [NodeID: [FoundVersion]] {
        var versions: [NodeID: [FoundVersion]] = [:]
        for node in fleet.nodes { versions[node.id] = SimulatedStack.first }
        return versions
    }

    /// It tests and repairs its machines itself.
    public var care: (any NodeCare)? { SimulatedCare(backend: self) }

    /// Begins a test or a repair, some time soon.
    func take(_ order: CareOrder) {
        control.withLock { $0.care.append(order) }
        bell.ring()
    }

    /// Goes on with what the driver believes to run, and reports from then on.
    ///
    /// When an attempt ends is a matter of its document and of when it was started, so that nothing
    /// is ever lost. What is broken is known to the running program alone: after a start of the
    /// program all nodes are in service.
    public func start(
        expecting gangs: [ExpectedGang], reporting: @escaping @Sendable (BackendReport) -> Void
    ) async throws {
        control.withLock { $0.reporter = reporting }
        let now = clock()
        world.withLock { world in
            world.begin(at: now)
            world.adopt(gangs)
        }
        pump()
        let starts = control.withLock { control in
            guard hasThread, !control.isRunning else { return false }
            control.isRunning = true
            control.isStopping = false
            return true
        }
        guard starts else { return }
        let thread = Thread { [self] in follow() }
        thread.name = "simulated fleet"
        thread.start()
    }

    /// Takes an order; it is carried out on the backend's own thread.
    public func execute(_ order: BackendOrder) {
        let arrival = Arrival(at: clock(), order: order)
        control.withLock { $0.inbox.append(arrival) }
        bell.ring()
    }

    /// Reports no more; what runs goes on when the backend is started again.
    public func stop() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isRunning = control.withLock { control in
                control.isStopping = true
                guard control.isRunning else { return false }
                control.waiting.append(continuation)
                return true
            }
            if isRunning { bell.ring() } else { continuation.resume() }
        }
        control.withLock { $0.reporter = nil }
    }

    /// A few lines on how the member's attempt goes; nil when the member, or its job, is not known
    /// any more.
    public func log(of member: MemberKey) -> (any MemberLog)? {
        guard lines(of: member) != nil else { return nil }
        return SimulatedLog(backend: self, member: member)
    }

    fileprivate func lines(of member: MemberKey) -> SyntheticLog? {
        world.withLock { world in
            guard let history = world.histories[member.job],
                let attempt = history.attempts.first(where: { $0.attempt == member.attempt })
            else { return nil }
            return SyntheticLog(history, attempt, rank: member.rank, fleet: fleet)
        }
    }

    /// Looks into the machines, or changes what will happen to them.
    func withWorld(_ body: (inout SimulatedWorld) -> Void) {
        world.withLock { body(&$0) }
    }

    // MARK: Time

    /// Carries out what was ordered, lets everything happen that is due, and reports it. Gives the
    /// seconds of the wall until something next happens by itself.
    @discardableResult
    func pump() -> Double {
        let (arrivals, care, reporter) = control.withLock { control in
            defer { (control.inbox, control.care) = ([], []) }
            return (control.inbox, control.care, control.reporter)
        }
        let now = clock()
        let (reports, next) = world.withLock { world in
            for arrival in arrivals {
                world.advance(to: arrival.at)
                world.execute(arrival.order)
            }
            world.advance(to: now)
            for order in care { world.take(order) }
            return (world.takeReports(), world.nextTime)
        }
        if let reporter { for report in reports { reporter(report) } }
        return Double((next < .never ? next.nanoseconds - now.nanoseconds : .max)) / 1e9 / speed
    }

    /// The thread: follows the queue until it is told to stop.
    private func follow() {
        while !control.withLock({ $0.isStopping }) {
            let pause = pump()
            bell.wait(
                seconds: min(max(pause, Self.shortestSleep), Self.longestSleep))
        }
        let waiting = control.withLock { control in
            control.isRunning = false
            defer { control.waiting = [] }
            return control.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// The log of a member as it is when somebody looks.
private struct SimulatedLog: MemberLog {
    let backend: SimulatedBackend
    let member: MemberKey

    func extent() throws -> Range<Int64> {
        guard let lines = backend.lines(of: member) else { return 0..<0 }
        return lines.start..<(lines.start + Int64(lines.bytes.count))
    }

    func read(from offset: Int64, limit: Int) throws -> [UInt8] {
        guard let lines = backend.lines(of: member) else { return [] }
        let from = Int(clamping: max(0, offset - lines.start))
        return Array(lines.bytes.dropFirst(from).prefix(max(0, limit)))
    }

    func isComplete() -> Bool { backend.lines(of: member)?.isComplete ?? true }
}

/// Wakes a thread that sleeps.
private final class Bell: Sendable {
    private let condition = NSCondition()
    private let hasRung = Mutex(false)

    func ring() {
        condition.lock()
        hasRung.withLock { $0 = true }
        condition.signal()
        condition.unlock()
    }

    /// Sleeps until it rings, or has rung since the last time, at most so long.
    func wait(seconds: Double) {
        let end = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while !hasRung.withLock({ $0 }), condition.wait(until: end) {}
        hasRung.withLock { $0 = false }
    }
}
