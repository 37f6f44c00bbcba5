import ControlPlane
import Documents
import FleetModel
import Simulation

/// A gang on the simulated machines.
struct SimulatedGang: Sendable {
    /// Where it is in its life.
    enum Phase: Sendable {
        /// Its members come up.
        case starting(until: Instant)
        /// Every member runs.
        case running
        /// It goes down, as it was told.
        case stopping(until: Instant)
        /// It goes down by itself.
        case breaking(until: Instant, Breakdown)
        /// Some of its hardware is gone, or an order to stop it is known to come: nothing more
        /// happens before that order.
        case stuck
    }

    /// Why a gang goes down by itself.
    struct Breakdown: Sendable {
        /// What the engine will be told.
        var cause: FailureCause
        /// The node to blame.
        var suspect: NodeID?
        /// What people will read.
        var detail: String
    }

    /// An order to give members up.
    struct Leave: Sendable {
        /// The order.
        var resize: Resize
        /// When the members are gone.
        var until: Instant
    }

    let job: JobID
    let attempt: Attempt
    /// The members in order of rank.
    private(set) var members: [MemberLaunch]
    var phase: Phase
    /// Changes whenever the time of its next event may have.
    var revision: Int32 = 0
    /// The last order to shrink or grow.
    var lastResize = Resize(0)
    /// Members that go down while the others go on.
    var leaves: [Leave] = []
    /// Whether its program fails at the end.
    let fails: Bool

    /// GPU thousandths of a member by role, one for those without GPUs.
    private let weights: [Int64]
    /// The same for all the members that it may have.
    private let fullWeight: Int64
    private var progress: AttemptProgress
    /// Nanoseconds of work behind it before it started, and those that it has to do.
    private let kept: Int64
    private let work: Int64
    /// From when on the next checkpoint is worth a report.
    private var reportFrom: Instant

    /// A gang whose members all run from `start` on.
    init(_ launch: GangLaunch, kept: TimeSpan, runTime: TimeSpan, from start: Instant) {
        let document = launch.document
        job = launch.job
        attempt = launch.attempt
        members = launch.members
        phase = .starting(until: start)
        fails = document.simulation.fails
        weights = document.roles.map { max(1, $0.request.gpuMilli) }
        fullWeight = document.roles.reduce(0) {
            $0 + Int64($1.maximum) * max(1, $1.request.gpuMilli)
        }
        self.kept = min(kept.nanoseconds, runTime.nanoseconds)
        work = runTime.nanoseconds - self.kept
        progress = AttemptProgress(
            at: start, overhead: launch.attempt.rawValue > 1 ? document.restartCost : .zero,
            period: document.checkpointPeriod)
        reportFrom = start
    }

    /// The nodes and devices of its members.
    var placements: [MemberPlacement] {
        members.map { MemberPlacement(node: $0.node, role: Int32($0.role), devices: $0.devices) }
    }

    /// Whether it still does something, or will.
    var isAlive: Bool {
        switch phase {
        case .starting, .running: true
        case .stopping, .breaking, .stuck: false
        }
    }

    // MARK: Time

    /// When it has done its work, if nothing comes between.
    var end: Instant { progress.end(of: work) }

    /// When it next reports a checkpoint.
    var nextReport: Instant {
        progress.checkpoint(after: Instant(nanoseconds: reportFrom.nanoseconds - 1))
    }

    /// When something next happens to it by itself; never when it waits for an order.
    var nextTime: Instant {
        let own: Instant
        switch phase {
        case .starting(let until), .stopping(let until), .breaking(let until, _): own = until
        case .running: own = min(end, nextReport)
        case .stuck: own = .never
        }
        return leaves.reduce(own) { min($0, $1.until) }
    }

    /// Seconds of work behind it, and those that its last checkpoint keeps.
    func steps(at instant: Instant) -> (step: Int64, checkpointed: Int64) {
        let second: Int64 = 1_000_000_000
        return (
            (kept + progress.done(at: instant)) / second,
            (kept + progress.kept(at: instant)) / second
        )
    }

    /// Seconds of work that earlier attempts left behind.
    var startStep: Int64 { kept / 1_000_000_000 }

    /// The next checkpoint is reported no earlier than `gap` from now.
    mutating func skipReports(until instant: Instant) { reportFrom = max(reportFrom, instant) }

    /// From now on nothing more is done.
    mutating func halt(_ phase: Phase, at instant: Instant) {
        progress.halt(at: instant)
        self.phase = phase
    }

    /// From now on what it computes is wrong.
    mutating func taint(at instant: Instant) { progress.taint(at: instant) }

    // MARK: Members

    /// Goes on with the present members, the slowest on a node of this speed.
    mutating func setSpeed(of node: Int64, at instant: Instant) {
        let actual = members.reduce(0) { $0 + weights[$1.role] }
        progress.setSize(
            gpuMilli: actual,
            speed: AttemptProgress.speed(actual: actual, full: max(actual, fullWeight)),
            nodeSpeed: node, at: instant)
    }

    /// Gives members up.
    mutating func remove(ranks: [Int]) {
        let leaving = Set(ranks)
        members.removeAll { leaving.contains($0.rank) }
    }

    /// Takes members in that are not there yet.
    mutating func add(_ new: [MemberLaunch]) {
        let present = Set(members.map(\.rank))
        members += new.filter { !present.contains($0.rank) }
        members.sort { $0.rank < $1.rank }
    }

    /// What is left of every member when all of them were ended by a signal.
    func exits(signal: Int32) -> [MemberExit] {
        members.map { MemberExit(rank: $0.rank, signal: signal) }
    }

    /// What is left of every member when the program of one ended and the others were stopped.
    func exits(code: Int32, of culprit: Int?) -> [MemberExit] {
        members.map { member in
            guard let culprit, member.rank != culprit else {
                return MemberExit(rank: member.rank, code: code)
            }
            return MemberExit(rank: member.rank, signal: SimulatedGang.terminate)
        }
    }

    /// SIGTERM and SIGKILL.
    static let terminate: Int32 = 15
    static let kill: Int32 = 9
}
