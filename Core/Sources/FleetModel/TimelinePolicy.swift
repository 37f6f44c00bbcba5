/// How far the engine looks ahead, and what it may disturb.
public struct TimelinePolicy: Hashable, Sendable {
    /// Whether run times are learned from jobs that have ended, for jobs that declare none.
    public var learnsDurations: Bool
    /// Reservations that one leaf of the quota tree may hold at the same time.
    public var reservationsPerTenant: Int32
    /// Reservations of the whole fleet at the same time.
    public var reservations: Int32
    /// Whether preemptible gangs are stopped for others.
    public var preempts: Bool
    /// Whether cheap work is moved to make room for a gang.
    public var consolidates: Bool
    /// A gang that has run less than this in all its attempts is young: it may take the place of
    /// others of its tenant and priority that are not. Zero turns that off.
    public var youngSpan: TimeSpan
    /// No attempt is preempted before it has run this long.
    public var minimumRunTime: TimeSpan
    /// A gang that waited this long since it last ran is served before all that did not.
    public var patience: TimeSpan
    /// How long a broken gang keeps its healthy nodes.
    public var graceTime: TimeSpan
    /// Gangs whose stopping costs at most so much of each of their GPUs' time may slip in where a
    /// reservation will need the place.
    public var cheapRestart: TimeSpan
    /// Times that a gang is stopped for others of its own tenant before it is left alone.
    public var evictionsPerJob: Int32
    /// Gangs looked at in one search for victims.
    public var victimSteps: Int32
    /// How often what waits is looked at again while nothing else happens.
    public var reviewPeriod: TimeSpan
    /// How often estimates of starts are told, to learn from them; zero turns that off.
    public var estimatePeriod: TimeSpan

    /// The defaults of `muster`.
    public init(
        learnsDurations: Bool = true, reservationsPerTenant: Int32 = 4, reservations: Int32 = 64,
        preempts: Bool = true, consolidates: Bool = true, youngSpan: TimeSpan = .seconds(3600),
        minimumRunTime: TimeSpan = .seconds(600), patience: TimeSpan = .seconds(12 * 3600),
        graceTime: TimeSpan = .seconds(300), cheapRestart: TimeSpan = .seconds(2400),
        evictionsPerJob: Int32 = 16, victimSteps: Int32 = 20_000,
        reviewPeriod: TimeSpan = .seconds(300), estimatePeriod: TimeSpan = .seconds(600)
    ) {
        self.learnsDurations = learnsDurations
        self.reservationsPerTenant = reservationsPerTenant
        self.reservations = reservations
        self.preempts = preempts
        self.consolidates = consolidates
        self.youngSpan = youngSpan
        self.minimumRunTime = minimumRunTime
        self.patience = patience
        self.graceTime = graceTime
        self.cheapRestart = cheapRestart
        self.evictionsPerJob = evictionsPerJob
        self.victimSteps = victimSteps
        self.reviewPeriod = reviewPeriod
        self.estimatePeriod = estimatePeriod
    }

    /// Whether every number is one that the engine can work with.
    public var isWellFormed: Bool {
        let longest = TimeSpan.seconds(FleetLimits.seconds)
        let spans = [
            youngSpan, minimumRunTime, patience, graceTime, cheapRestart, reviewPeriod,
            estimatePeriod,
        ]
        return spans.allSatisfy { $0 >= .zero && $0 <= longest } && reservationsPerTenant >= 0
            && (0...1024).contains(reservations) && evictionsPerJob >= 0 && victimSteps >= 0
            && reviewPeriod > .zero
    }
}
