import FleetModel

/// What cuts attempts short, by cause.
extension RunRecorder {
    /// A fault struck the fleet, whether it hit a job or not.
    mutating func struck(_ kind: FaultKind) { interruptions.struck(kind) }

    /// As ``interrupted(_:lostGPUNanoseconds:preempted:at:)``, with the cause, what was lost to
    /// what, and when that which is to blame broke.
    mutating func interrupted(
        _ job: Int32, _ cause: InterruptionCause, _ losses: AttemptLosses, failedAt: Instant,
        at instant: Instant
    ) {
        interruptions.interrupted(
            job, cause, losses, failedAt: failedAt, isOver: false, at: instant)
        let lost = Int64(clamping: (losses.work + losses.restart + losses.held) / 1000)
        interrupted(
            job, lostGPUNanoseconds: lost, preempted: cause == .preemption, at: instant)
    }

    /// The attempt was cut short and the job has no retries left; its end is still to be told.
    mutating func brokeForGood(
        _ job: Int32, _ cause: InterruptionCause, _ losses: AttemptLosses, at instant: Instant
    ) {
        interruptions.interrupted(
            job, cause, losses, failedAt: instant, isOver: true, at: instant)
    }

    /// The attempt ends with its job, or with the run.
    mutating func settle(_ job: Int32, _ losses: AttemptLosses) {
        interruptions.settle(job, losses)
    }

    /// The gang that runs has `gpuMilli` from now on.
    mutating func resized(_ job: Int32, gpuMilli: Int64, at instant: Instant) {
        advance(to: instant)
        let record = jobs[Int(job)]
        precondition(record.state == .running, "a job changed its size that did not run")
        let ran = instant.nanoseconds - record.attemptStart
        jobs[Int(job)].usefulRun += ran
        tenantUsage[Int(record.tenant)] += Int128(ran) * Int128(record.attemptGPUMilli)
        jobs[Int(job)].attemptStart = instant.nanoseconds
        jobs[Int(job)].attemptGPUMilli = gpuMilli
        allocate(gpuMilli - record.attemptGPUMilli, tenant: record.tenant, at: instant)
    }
}
