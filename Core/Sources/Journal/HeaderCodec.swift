import FleetModel

extension PayloadWriter {
    mutating func header(_ header: JournalHeader) throws(PayloadFault) {
        try list(
            header.topology.levels, of: "topology levels", limit: FleetLimits.topologyLevels
        ) { (writer, level) throws(PayloadFault) in
            try writer.text(level.name)
            try writer.text(level.label)
        }
        let policy = header.policy
        byte(policy.queueOrder.rawValue)
        byte(policy.placement.rawValue)
        fixed(policy.seed)
        span(policy.usageHalfLife)
        span(policy.entryPenalty)
        signed(policy.backfillDepth)
        signed(policy.domainTries)
        signed(policy.shapeIndexes)
        timeline(policy.timeline)
    }

    private mutating func timeline(_ timeline: TimelinePolicy) {
        flag(timeline.learnsDurations)
        signed(timeline.reservationsPerTenant)
        signed(timeline.reservations)
        flag(timeline.preempts)
        flag(timeline.consolidates)
        span(timeline.youngSpan)
        span(timeline.veteranSpan)
        span(timeline.youngWait)
        span(timeline.minimumRunTime)
        signed(timeline.lossPercent)
        span(timeline.gangPatience)
        span(timeline.singlePatience)
        signed(timeline.overdueGangPercent)
        signed(timeline.overdueSinglePercent)
        span(timeline.overdueRunTime)
        span(timeline.graceTime)
        span(timeline.cheapRestart)
        signed(timeline.evictionsPerJob)
        signed(timeline.victimSteps)
        signed(timeline.promptSteps)
        span(timeline.reviewPeriod)
        span(timeline.estimatePeriod)
    }
}

extension PayloadReader {
    mutating func header() throws(PayloadFault) -> JournalHeader {
        let levels = try list(of: "topology levels", limit: FleetLimits.topologyLevels) {
            (reader) throws(PayloadFault) in
            TopologyLevel(name: try reader.text(), label: try reader.text())
        }
        // Without this the topology would add a level, and could then have one too many.
        guard levels.last?.name == Topology.hostName else {
            throw PayloadFault(
                "the last topology level is not '\(Topology.hostName)'",
                expected: "levels that end in '\(Topology.hostName)'")
        }
        var policy = Policy()
        policy.queueOrder = try choice(of: "queue order")
        policy.placement = try choice(of: "placement rule")
        policy.seed = try fixed()
        policy.usageHalfLife = try span()
        policy.entryPenalty = try span()
        policy.backfillDepth = try signed32()
        policy.domainTries = try signed32()
        policy.shapeIndexes = try signed32()
        policy.timeline = try timeline()
        return JournalHeader(topology: Topology(levels: levels), policy: policy)
    }

    private mutating func timeline() throws(PayloadFault) -> TimelinePolicy {
        TimelinePolicy(
            learnsDurations: try flag(), reservationsPerTenant: try signed32(),
            reservations: try signed32(), preempts: try flag(), consolidates: try flag(),
            youngSpan: try span(), veteranSpan: try span(), youngWait: try span(),
            minimumRunTime: try span(), lossPercent: try signed32(), gangPatience: try span(),
            singlePatience: try span(), overdueGangPercent: try signed32(),
            overdueSinglePercent: try signed32(), overdueRunTime: try span(),
            graceTime: try span(), cheapRestart: try span(), evictionsPerJob: try signed32(),
            victimSteps: try signed32(), promptSteps: try signed32(), reviewPeriod: try span(),
            estimatePeriod: try span())
    }
}
