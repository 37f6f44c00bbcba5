/// How far the engine looks ahead, and what it may disturb.
public struct TimelinePolicy: Hashable, Sendable {
    /// Whether run times are learned from jobs that have ended, for jobs that declare none.
    public var learnsDurations: Bool
    /// Reservations for blocked gangs that one leaf of the quota tree is given at the same time.
    /// Places that are taken from others count, but are not refused for it.
    public var reservationsPerTenant: Int32
    /// Reservations of the whole fleet at the same time; gangs that are moved may double that.
    public var reservations: Int32
    /// Whether preemptible gangs are stopped for others.
    public var preempts: Bool
    /// Whether cheap work is moved to make room for a gang; only where ``preempts`` is set.
    public var consolidates: Bool
    /// A gang that has run less than this in all its attempts is young: it goes before others of
    /// its tenant and priority, and may take the place of veterans. Zero turns that off.
    public var youngSpan: TimeSpan
    /// A preemptible gang that has run so long in all its attempts is a veteran: it makes way for
    /// young ones when it is stopped cheaply. Twice the young span, so that nobody alternates.
    public var veteranSpan: TimeSpan
    /// How long a young gang waits before it takes the place of a veteran. One that is overdue, or
    /// whose hardware broke, does not wait.
    public var youngWait: TimeSpan
    /// No attempt is preempted before it has run this long, but for those that slipped in behind a
    /// reservation, or that a tenant calls back from its cells for the first time. A job's own
    /// minimum holds for all.
    public var minimumRunTime: TimeSpan
    /// What those that make way for a gang in turn may lose together: the gang's GPUs for this
    /// part of the young span, in percent.
    public var lossPercent: Int32
    /// A gang of several members that waited so long since it last ran is overdue.
    public var gangPatience: TimeSpan
    /// A job of one member that waited so long since it last ran is overdue.
    public var singlePatience: TimeSpan
    /// The part of the fleet that overdue gangs of several members may have, in percent.
    public var overdueGangPercent: Int32
    /// The part of the fleet that overdue jobs of one member may have, in percent.
    public var overdueSinglePercent: Int32
    /// A gang that was overdue does not make way in turn before it has run this long.
    public var overdueRunTime: TimeSpan
    /// How long a broken gang keeps its healthy nodes, and a moved one its new place.
    public var graceTime: TimeSpan
    /// Gangs whose stopping costs at most so much of each of their GPUs' time may slip in where a
    /// reservation will need the place, and may be moved.
    public var cheapRestart: TimeSpan
    /// Times that a gang is stopped in turn, for a higher priority or to be moved, before it makes
    /// way in turn no more, is not moved, and slips in only where it ends in time.
    public var evictionsPerJob: Int32
    /// Running gangs looked at in one search for a place.
    public var victimSteps: Int32
    /// Nodes and running gangs up to which blocked gangs are given reservations before an input is
    /// done. In larger fleets a wake-up that follows at once does it, one search each, so that no
    /// end of a job waits for plans of others.
    public var promptSteps: Int32
    /// How often what waits is looked at again while nothing else happens.
    public var reviewPeriod: TimeSpan
    /// How often estimates of starts are told, to learn from them; zero turns that off. Once more
    /// rarely for every 1,024 jobs that wait, as each time the whole queue is run ahead.
    public var estimatePeriod: TimeSpan

    /// The defaults of `muster`.
    public init(
        learnsDurations: Bool = true, reservationsPerTenant: Int32 = 2, reservations: Int32 = 64,
        preempts: Bool = true, consolidates: Bool = true,
        youngSpan: TimeSpan = .seconds(2 * 3600), veteranSpan: TimeSpan = .seconds(4 * 3600),
        youngWait: TimeSpan = .seconds(600), minimumRunTime: TimeSpan = .seconds(1800),
        lossPercent: Int32 = 100, gangPatience: TimeSpan = .seconds(10 * 3600),
        singlePatience: TimeSpan = .seconds(24 * 3600), overdueGangPercent: Int32 = 25,
        overdueSinglePercent: Int32 = 10, overdueRunTime: TimeSpan = .seconds(4 * 3600),
        graceTime: TimeSpan = .seconds(300), cheapRestart: TimeSpan = .seconds(2400),
        evictionsPerJob: Int32 = 20, victimSteps: Int32 = 20_000, promptSteps: Int32 = 8_192,
        reviewPeriod: TimeSpan = .seconds(300), estimatePeriod: TimeSpan = .seconds(600)
    ) {
        self.learnsDurations = learnsDurations
        self.reservationsPerTenant = reservationsPerTenant
        self.reservations = reservations
        self.preempts = preempts
        self.consolidates = consolidates
        self.youngSpan = youngSpan
        self.veteranSpan = veteranSpan
        self.youngWait = youngWait
        self.minimumRunTime = minimumRunTime
        self.lossPercent = lossPercent
        self.gangPatience = gangPatience
        self.singlePatience = singlePatience
        self.overdueGangPercent = overdueGangPercent
        self.overdueSinglePercent = overdueSinglePercent
        self.overdueRunTime = overdueRunTime
        self.graceTime = graceTime
        self.cheapRestart = cheapRestart
        self.evictionsPerJob = evictionsPerJob
        self.victimSteps = victimSteps
        self.promptSteps = promptSteps
        self.reviewPeriod = reviewPeriod
        self.estimatePeriod = estimatePeriod
    }

    /// Whether every number is one that the engine can work with.
    public var isWellFormed: Bool {
        let longest = TimeSpan.seconds(FleetLimits.seconds)
        let spans = [
            youngSpan, veteranSpan, youngWait, minimumRunTime, gangPatience, singlePatience,
            overdueRunTime, graceTime, cheapRestart, reviewPeriod, estimatePeriod,
        ]
        return spans.allSatisfy { $0 >= .zero && $0 <= longest } && reservationsPerTenant >= 0
            && (0...1024).contains(reservations) && evictionsPerJob >= 0 && victimSteps >= 0
            && promptSteps >= 0 && reviewPeriod > .zero && veteranSpan >= youngSpan
            && (0...1_000_000).contains(lossPercent) && (0...100).contains(overdueGangPercent)
            && (0...100).contains(overdueSinglePercent)
    }
}
