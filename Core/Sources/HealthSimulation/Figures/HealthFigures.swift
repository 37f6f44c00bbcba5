import FleetModel

/// How the gang came back to work once.
public struct Recovery: Hashable, Sendable {
    /// From the end of its work until it worked again.
    public var downtime: TimeSpan
    /// The work that it did over: what was done since the last checkpoint.
    public var checkpointAge: TimeSpan

    /// Pairs the two.
    public init(downtime: TimeSpan, checkpointAge: TimeSpan) {
        self.downtime = downtime
        self.checkpointAge = checkpointAge
    }
}

/// What a run came to.
public struct HealthFigures: Hashable, Sendable {
    /// When the gang first started.
    public var gangStartedAt: Instant?
    /// Nanoseconds from there to the end.
    public var gangSpan: Int64 = 0
    /// Nanoseconds of its work that counted.
    public var gangKept: Int64 = 0
    /// Attempts of the gang that ended.
    public var gangStops = 0
    /// How it came back, each time.
    public var recoveries: [Recovery] = []
    /// GPU-seconds that attempts held without use which a fault or drain ended: work since the last
    /// checkpoint, standstill, start. Of the gang also its waits.
    public var lostGPUSeconds: Int64 = 0
    /// The same of attempts that made way for the gang.
    public var preemptedGPUSeconds: Int64 = 0
    /// Jobs that came.
    public var jobs = 0
    /// Faults that met hardware in service.
    public var faults = 0
    /// Attempts that a defect or fault ended.
    public var jobsKilled = 0
    /// Good hardware that a wrong fault or test took out.
    public var wrongOutages = 0
    /// Times that a machine with a defect was taken into service, first or again.
    public var badEntries = 0
    /// Seconds that machines with a defect were in service.
    public var badSeconds: Int64 = 0
    /// Machines with a defect in service at the end.
    public var badAtEnd = 0
    /// Bad machines that were handed back under a new name.
    public var handedBack = 0
    /// Those of them that were refused at once.
    public var handedBackRefused = 0
    /// Arrivals that were refused.
    public var refused = 0
    /// Repairs that were asked for.
    public var repairs = 0
    /// Times that a place went without a node in service, and came back.
    public var outages = 0
    /// Seconds of that.
    public var outSeconds: Int64 = 0
    /// Breakers of capacity that tripped.
    public var trips = 0
    /// Thousandths of the fleet that faults took out in the worst hour.
    public var worstHourMilli: Int64 = 0
    /// Thousandths of the fleet that were out at most when something was taken out.
    public var mostOutMilli: Int64 = 0
    /// Attempts but the first of their jobs.
    public var restarts = 0
    /// Those on the node that the end before was put down to, without a test since. Must be none.
    public var restartsOnSuspect = 0
    /// Those on a node that an earlier end was put down to, without a test since.
    public var restartsOnFormerSuspect = 0
    /// Ends that hardware was the reason of, and that were put down to nobody, or to another node.
    public var unexplainedEnds = 0
    /// Restarts on what really ended the attempt before, whoever that was put down to, where no
    /// test has passed since.
    public var restartsOnCulprit = 0
    /// Starts on hardware that is out of service. Must be none.
    public var startsOnOut = 0
    /// What must never happen and did, and invariants of the engines that are broken at the end.
    public var violations: [String] = []

    /// Starts at nothing.
    public init() {}

    /// Adds another run.
    public mutating func add(_ other: HealthFigures) {
        gangStartedAt = gangStartedAt ?? other.gangStartedAt
        gangSpan += other.gangSpan
        gangKept += other.gangKept
        gangStops += other.gangStops
        recoveries += other.recoveries
        lostGPUSeconds += other.lostGPUSeconds
        preemptedGPUSeconds += other.preemptedGPUSeconds
        jobs += other.jobs
        faults += other.faults
        jobsKilled += other.jobsKilled
        wrongOutages += other.wrongOutages
        badEntries += other.badEntries
        badSeconds += other.badSeconds
        badAtEnd += other.badAtEnd
        handedBack += other.handedBack
        handedBackRefused += other.handedBackRefused
        refused += other.refused
        repairs += other.repairs
        outages += other.outages
        outSeconds += other.outSeconds
        trips += other.trips
        worstHourMilli = max(worstHourMilli, other.worstHourMilli)
        mostOutMilli = max(mostOutMilli, other.mostOutMilli)
        restarts += other.restarts
        restartsOnSuspect += other.restartsOnSuspect
        restartsOnFormerSuspect += other.restartsOnFormerSuspect
        unexplainedEnds += other.unexplainedEnds
        restartsOnCulprit += other.restartsOnCulprit
        startsOnOut += other.startsOnOut
        violations += other.violations
    }

    /// The effective training time ratio of the gang: the part of the time since its first start in
    /// which it did work that counted, in hundredths of a per cent.
    public var effectiveBasisPoints: Int64 {
        gangSpan > 0 ? Int64(Int128(gangKept) * 10_000 / Int128(gangSpan)) : 0
    }

    /// The downtime of which so many in a hundred recoveries of the gang are not longer; nil
    /// without any.
    public func downtime(percent: Int) -> TimeSpan? {
        let sorted = recoveries.map(\.downtime).sorted()
        return sorted.isEmpty ? nil : sorted[min(sorted.count - 1, sorted.count * percent / 100)]
    }

    /// The mean downtime of the gang; nil without any.
    public var meanDowntime: TimeSpan? {
        guard !recoveries.isEmpty else { return nil }
        let sum = recoveries.reduce(Int128(0)) { $0 + Int128($1.downtime.nanoseconds) }
        return TimeSpan(nanoseconds: Int64(clamping: sum / Int128(recoveries.count)))
    }

    /// The mean age of the checkpoint that the gang went back to; nil without any.
    public var meanCheckpointAge: TimeSpan? {
        guard !recoveries.isEmpty else { return nil }
        let sum = recoveries.reduce(Int128(0)) { $0 + Int128($1.checkpointAge.nanoseconds) }
        return TimeSpan(nanoseconds: Int64(clamping: sum / Int128(recoveries.count)))
    }
}
