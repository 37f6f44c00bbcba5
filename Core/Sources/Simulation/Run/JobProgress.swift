import FleetModel

/// How far a job has come in the simulated world.
struct JobProgress: Sendable {
    /// Where the job is in its life.
    enum Life: Sendable {
        /// Not submitted, or without a place.
        case waiting
        /// An attempt is under way.
        case running
        /// The fleet could never run it.
        case refused
        /// It has ended.
        case over
    }

    /// Where the job is in its life.
    var life = Life.waiting
    /// Whether its program has failed once.
    var hasFailed = false
    /// The last attempt.
    private(set) var attempt = Attempt(0)
    /// Changes whenever the end of the attempt does.
    private(set) var revision: Int32 = 0
    /// The members of the attempt that is under way.
    private(set) var members: [MemberPlacement] = []

    /// Nanoseconds at full speed still to run at the start of the attempt.
    private var remaining: Int64
    /// The attempt that is under way, apart, so that a job that does not run costs little.
    private var current: [AttemptProgress] = []

    /// A job that has not started.
    init(runTime: TimeSpan) { remaining = max(0, runTime.nanoseconds) }

    /// Whether the job has ended, one way or another.
    var isSettled: Bool { life == .over || life == .refused }

    /// Thousandths of GPUs that the attempt has.
    var gpuMilli: Int64 { current.first?.gpuMilli ?? 0 }

    /// When the attempt ends if nothing comes between.
    var end: Instant { current.first?.end(of: remaining) ?? .never }

    /// Starts an attempt. From the second one on, the restart cost comes before the work.
    mutating func start(
        _ attempt: Attempt, of spec: JobSpec, on members: [MemberPlacement],
        nodeSpeed: Int64 = AttemptProgress.fullSpeed, at instant: Instant
    ) {
        self.attempt = attempt
        life = .running
        current = [
            AttemptProgress(
                at: instant, overhead: attempt.rawValue > 1 ? spec.restartCost : .zero,
                period: spec.checkpointPeriod)
        ]
        change(of: spec, to: members, nodeSpeed: nodeSpeed, at: instant)
    }

    /// Members or the speed of the slowest node have changed.
    mutating func change(
        of spec: JobSpec, to members: [MemberPlacement], nodeSpeed: Int64, at instant: Instant
    ) {
        self.members = members
        revision += 1
        var full: Int64 = 0
        for role in spec.roles {
            full += Int64(role.maximum) * max(1, role.request.gpuMilli)
        }
        var gpuMilli: Int64 = 0
        var actual: Int64 = 0
        for member in members {
            let milli = spec.roles[Int(member.role)].request.gpuMilli
            gpuMilli += milli
            actual += max(1, milli)
        }
        current[0].setSize(
            gpuMilli: gpuMilli, speed: AttemptProgress.speed(actual: actual, full: full),
            nodeSpeed: nodeSpeed, at: instant)
    }

    /// The members but for these; of equal ones, which share a device, as many go as are named.
    func members(without leaving: [MemberPlacement]) -> [MemberPlacement] {
        var leaving = leaving
        return members.filter { member in
            guard let place = leaving.firstIndex(of: member) else { return true }
            leaving.remove(at: place)
            return false
        }
    }

    /// The order to stop has come: nothing more is done, but the devices are held.
    mutating func halt(at instant: Instant) {
        current[0].halt(at: instant)
        revision += 1
    }

    /// From now on the results are wrong.
    mutating func taint(at instant: Instant) { current[0].taint(at: instant) }

    /// Ends the attempt before its time and says what was lost: everything since the last
    /// checkpoint, or all of the attempt when its own program failed.
    mutating func interrupt(_ cause: FailureCause, at instant: Instant) -> AttemptLosses {
        life = .waiting
        let keepsCheckpoint = cause != .application
        if keepsCheckpoint, let kept = current.first?.kept(at: instant) {
            remaining = max(0, remaining - kept)
        }
        return takeLosses(keepsCheckpoint: keepsCheckpoint, at: instant)
    }

    /// What the attempt has spent other than on work that counts, as if it ended now with success.
    func losses(at instant: Instant) -> AttemptLosses {
        current.first?.losses(at: instant) ?? AttemptLosses()
    }

    /// Ends the job; says what its last attempt spent other than on work that counts.
    mutating func finish(at instant: Instant) -> AttemptLosses {
        life = .over
        defer { (current, members) = ([], []) }
        return losses(at: instant)
    }

    private mutating func takeLosses(keepsCheckpoint: Bool, at instant: Instant) -> AttemptLosses {
        defer { (current, members) = ([], []) }
        guard var attempt = current.first else { return AttemptLosses() }
        attempt.settle(to: instant)
        var losses = attempt.losses
        losses.work = attempt.lostWork(keepsCheckpoint: keepsCheckpoint)
        return losses
    }
}
