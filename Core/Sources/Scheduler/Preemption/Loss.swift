import FleetModel

/// What stopping a running gang now would cost.
struct Loss: Hashable, Sendable {
    /// Time of each of its devices: since its last checkpoint, and to start again.
    var span: TimeSpan
    /// Thousandths of GPUs that it holds; of a thousandth of its cores, when it holds none.
    var gpuMilli: Int64

    /// GPU-seconds in thousandths; saturates.
    var total: Int64 {
        let product = max(1, span.wholeSeconds).multipliedReportingOverflow(by: max(1, gpuMilli))
        return product.overflow ? .max : product.partialValue
    }
}

extension JobRecord {
    /// What stopping the attempt at `now` costs. Checkpoints that were not told of are taken to be
    /// written as often as the job says, from the time on that it needs to start.
    @inline(__always) func loss(at now: Instant) -> Loss {
        Loss(span: stopSpan(at: now), gpuMilli: max(1, heldMilli))
    }

    /// The time of each of its devices that stopping the attempt at `now` costs.
    @inline(__always) func stopSpan(at now: Instant) -> TimeSpan {
        now - keptUntil(at: now) + spec.restartCost
    }

    /// Jobs that one was stopped for that are remembered; a job that was stopped for so many is
    /// left alone.
    static let evictorsKept = 64

    /// The node of the first member with devices.
    @inline(__always) var firstDeviceNode: NodeID? {
        for member in members where member.grant.devices != 0 { return member.grant.node }
        return nil
    }

    /// Until when the attempt's work is safe.
    @inline(__always) func keptUntil(at now: Instant) -> Instant {
        if let checkpointedAt { return max(startedAt, checkpointedAt) }
        guard let period = spec.checkpointPeriod else { return startedAt }
        let overhead = attempt.rawValue > 1 ? spec.restartCost : .zero
        let worked = (now - startedAt).nanoseconds - overhead.nanoseconds
        guard worked >= period.nanoseconds else { return startedAt }
        let kept = worked / period.nanoseconds * period.nanoseconds
        return startedAt + overhead + TimeSpan(nanoseconds: kept)
    }

    /// Thousandths of GPUs that it holds; thousandths of cores for a gang without devices.
    @inline(__always) var heldMilli: Int64 {
        var gpus: Int64 = 0
        var cores: Int64 = 0
        for member in members {
            gpus += member.grant.gpuMilli
            cores += member.grant.host.cpuMilli
        }
        return gpus > 0 ? gpus : cores
    }

    /// How long it has run in all its attempts.
    @inline(__always) func attained(at now: Instant) -> TimeSpan {
        isPlaced ? attained + (now - startedAt) : attained
    }
}

extension Engine {
    /// Whether the attempt could be stopped for another job at all, whatever the policy: not in the
    /// instant of its start.
    ///
    /// Field by field: a method of the record would copy all of it, tens of thousands of times in
    /// one search.
    func mayBeStopped(_ slot: Int) -> Bool {
        guard jobs[slot].spec.preemptible, jobs[slot].phase.isUnderway,
            jobs[slot].evictors.count < JobRecord.evictorsKept
        else { return false }
        let hasRun = now - jobs[slot].startedAt
        return hasRun > .zero && hasRun >= jobs[slot].spec.minimumRunTime
    }
}

extension Int64 {
    /// The sum of two losses, the largest number when it is larger.
    func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
