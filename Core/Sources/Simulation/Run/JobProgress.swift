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
    /// Thousandths of GPUs that the last attempt had.
    private(set) var gpuMilli: Int64 = 0

    /// Nanoseconds at full speed that are still to run.
    private var remaining: Int64
    private var startedAt = Instant.zero
    /// Nanoseconds that pass in the attempt before work goes on.
    private var overhead: Int64 = 0
    /// Parts per million of full speed, less when an elastic gang is smaller than it may be.
    private var speed: Int64 = 1_000_000

    /// A job that has not started.
    init(runTime: TimeSpan) { remaining = max(0, runTime.nanoseconds) }

    /// Whether the job has ended, one way or another.
    var isSettled: Bool { life == .over || life == .refused }

    /// Starts an attempt and says when it ends if nothing comes between. From the second one on,
    /// the restart cost comes before the work.
    mutating func start(
        _ attempt: Attempt, of spec: JobSpec, on members: [MemberPlacement], at: Instant
    ) -> Instant {
        var full: Int64 = 0
        var actual: Int64 = 0
        for role in spec.roles {
            full += Int64(role.maximum) * max(1, role.request.gpuMilli)
        }
        gpuMilli = 0
        for member in members {
            let milli = spec.roles[Int(member.role)].request.gpuMilli
            gpuMilli += milli
            actual += max(1, milli)
        }
        self.attempt = attempt
        life = .running
        startedAt = at
        speed = actual == full ? 1_000_000 : max(1, actual * 1_000_000 / full)
        overhead = attempt.rawValue > 1 ? spec.restartCost.nanoseconds : 0
        let run = JobProgress.scale(remaining, by: 1_000_000, over: speed)
        return at + TimeSpan(nanoseconds: overhead) + TimeSpan(nanoseconds: run)
    }

    /// Ends the attempt before its time and says what was lost, in GPU-nanoseconds: everything
    /// since the last checkpoint, or all of the attempt when its own program failed.
    mutating func interrupt(_ cause: FailureCause, of spec: JobSpec, at: Instant) -> Int64 {
        life = .waiting
        let elapsed = (at - startedAt).nanoseconds
        let worked = max(0, elapsed - overhead)
        let period = spec.checkpointPeriod?.nanoseconds ?? .max
        let kept = cause == .application ? 0 : worked / period * period
        remaining = max(0, remaining - JobProgress.scale(kept, by: speed, over: 1_000_000))
        return JobProgress.scale(elapsed - kept, by: gpuMilli, over: 1000)
    }

    /// `value` times `factor` over `divisor` without overflow on the way; saturates.
    private static func scale(_ value: Int64, by factor: Int64, over divisor: Int64) -> Int64 {
        Int64(clamping: Int128(value) * Int128(factor) / Int128(divisor))
    }
}
