import FleetModel

/// Keeps what interruptions of jobs cost, by cause. O(1) a call; bounded by the jobs and the
/// restarts of a run.
public struct InterruptionLog: Sendable {
    /// Sums of one cause, in GPU-milli × nanoseconds.
    struct Sums: Sendable {
        var count = 0
        var work: Int128 = 0
        var restart: Int128 = 0
        var held: Int128 = 0
        var slowed: Int128 = 0
        var waiting: Int128 = 0
    }

    /// A job between the end of an attempt and its next one.
    private struct Broken {
        var cause: InterruptionCause
        var failedAt: Instant
        var waitingSince: Instant
    }

    /// One failure after which the gang ran again.
    struct Restart: Sendable {
        /// Thousandths of GPUs that the job asks for.
        var gpuMilli: Int64
        /// Nanoseconds from the failure to the next start.
        var nanoseconds: Int64
    }

    private(set) var sums = [Sums](repeating: Sums(), count: InterruptionCause.allCases.count)
    private(set) var restarts: [Restart] = []
    /// Starts on what had broken the job before and was not repaired.
    private(set) var suspectStarts = 0
    /// Faults that struck, by ``FaultKind/rawValue``.
    private(set) var faults = [Int](repeating: 0, count: FaultKind.allCases.count)
    private var broken: [Int32: Broken] = [:]
    /// Why the running attempt of a job is not its first.
    private var causes: [Int32: InterruptionCause] = [:]

    /// A fault struck, whether it hit a job or not.
    mutating func struck(_ kind: FaultKind) { faults[Int(kind.rawValue)] += 1 }

    /// The attempt of a job is over, and the job waits for its next one unless it `isOver`.
    mutating func interrupted(
        _ job: Int32, _ cause: InterruptionCause, _ losses: AttemptLosses, failedAt: Instant,
        isOver: Bool, at instant: Instant
    ) {
        settle(job, losses)
        sums[Int(cause.rawValue)].count += 1
        sums[Int(cause.rawValue)].work += losses.work
        sums[Int(cause.rawValue)].held += losses.held
        if !isOver {
            broken[job] = Broken(cause: cause, failedAt: failedAt, waitingSince: instant)
        }
    }

    /// The next attempt starts of a job that asks for `gpuMilli`, on hardware that is known to be
    /// broken or not.
    mutating func restarted(_ job: Int32, gpuMilli: Int64, isOnSuspect: Bool, at instant: Instant) {
        guard let last = broken.removeValue(forKey: job) else { return }
        causes[job] = last.cause
        if isOnSuspect { suspectStarts += 1 }
        let wait = (instant - last.waitingSince).nanoseconds
        sums[Int(last.cause.rawValue)].waiting += Int128(wait) * Int128(gpuMilli)
        if last.cause.isFailure {
            let span = (instant - last.failedAt).nanoseconds
            restarts.append(Restart(gpuMilli: gpuMilli, nanoseconds: span))
        }
    }

    /// The job is over with its present attempt, or the run is.
    mutating func settle(_ job: Int32, _ losses: AttemptLosses) {
        broken[job] = nil
        sums[Int(InterruptionCause.slowNode.rawValue)].slowed += losses.slowed
        guard let cause = causes.removeValue(forKey: job) else { return }
        sums[Int(cause.rawValue)].restart += losses.restart
    }

    /// The figures so far. O(restarts × log restarts).
    var figures: InterruptionFigures {
        func seconds(_ value: Int128) -> Double { Double(value) / 1e12 }
        var figures = InterruptionFigures()
        figures.causes = InterruptionCause.allCases.map { cause in
            let sum = sums[Int(cause.rawValue)]
            return InterruptionFigures.Cause(
                count: sum.count, workGPUSeconds: seconds(sum.work),
                restartGPUSeconds: seconds(sum.restart), heldGPUSeconds: seconds(sum.held),
                slowedGPUSeconds: seconds(sum.slowed), waitGPUSeconds: seconds(sum.waiting))
        }
        figures.faults = faults
        figures.suspectStarts = suspectStarts
        figures.restartBySize = GangSizeClass.allCases.map { size in
            distribution { GangSizeClass(gpuMilli: $0) == size }
        }
        figures.restartOfLargest = distribution { $0 >= InterruptionFigures.largestGPUs * 1000 }
        return figures
    }

    private func distribution(where isMeant: (Int64) -> Bool) -> Distribution {
        Distribution(nanoseconds: restarts.filter { isMeant($0.gpuMilli) }.map(\.nanoseconds))
    }
}
