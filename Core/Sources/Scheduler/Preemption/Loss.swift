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
    func loss(at now: Instant) -> Loss {
        Loss(span: now - keptUntil(at: now) + spec.restartCost, gpuMilli: max(1, heldMilli))
    }

    /// Until when the attempt's work is safe.
    func keptUntil(at now: Instant) -> Instant {
        if let checkpointedAt { return max(startedAt, checkpointedAt) }
        guard let period = spec.checkpointPeriod else { return startedAt }
        let overhead = attempt.rawValue > 1 ? spec.restartCost : .zero
        let worked = (now - startedAt).nanoseconds - overhead.nanoseconds
        guard worked >= period.nanoseconds else { return startedAt }
        let kept = worked / period.nanoseconds * period.nanoseconds
        return startedAt + overhead + TimeSpan(nanoseconds: kept)
    }

    /// Thousandths of GPUs that it holds; thousandths of cores for a gang without devices.
    var heldMilli: Int64 {
        var gpus: Int64 = 0
        var cores: Int64 = 0
        for member in members {
            gpus += member.grant.gpuMilli
            cores += member.grant.host.cpuMilli
        }
        return gpus > 0 ? gpus : cores
    }

    /// How long it has run in all its attempts.
    func attained(at now: Instant) -> TimeSpan {
        isPlaced ? attained + (now - startedAt) : attained
    }
}
