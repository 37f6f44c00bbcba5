import FleetModel

// What an engine is made of.

extension Policy: SnapshotValue {
    static var blank: Policy { Policy() }
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&queueOrder)
        coder.field(&placement)
        coder.field(&seed)
        coder.field(&usageHalfLife)
        coder.field(&entryPenalty)
        coder.field(&backfillDepth)
        coder.field(&domainTries)
        coder.field(&shapeIndexes)
        coder.field(&timeline)
    }
}

extension TimelinePolicy: SnapshotValue {
    static var blank: TimelinePolicy { TimelinePolicy() }
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&learnsDurations)
        coder.field(&reservationsPerTenant)
        coder.field(&reservations)
        coder.field(&preempts)
        coder.field(&consolidates)
        coder.field(&youngSpan)
        coder.field(&veteranSpan)
        coder.field(&youngWait)
        coder.field(&minimumRunTime)
        coder.field(&lossPercent)
        coder.field(&gangPatience)
        coder.field(&singlePatience)
        coder.field(&overdueGangPercent)
        coder.field(&overdueSinglePercent)
        coder.field(&overdueRunTime)
        coder.field(&graceTime)
        coder.field(&cheapRestart)
        coder.field(&evictionsPerJob)
        coder.field(&victimSteps)
        coder.field(&promptSteps)
        coder.field(&reviewPeriod)
        coder.field(&estimatePeriod)
    }
}
