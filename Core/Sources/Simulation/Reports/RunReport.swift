import FleetModel

/// What was run: the names by which people tell runs apart.
public struct RunIdentity: Equatable, Sendable {
    /// The queue order, as on the command line.
    public var policy: String
    /// The placement rule, as on the command line.
    public var placement: String
    /// What the engine knew of durations, as on the command line.
    public var durations: String
    /// The seed of the run.
    public var seed: UInt64
    /// The fleet's shorthand or file.
    public var fleet: String
    /// The workload's name or the trace's file.
    public var workload: String

    /// Gathers an identity.
    public init(
        policy: String, placement: String = "default", durations: String = "none",
        seed: UInt64 = 1, fleet: String = "", workload: String = ""
    ) {
        self.policy = policy
        self.placement = placement
        self.durations = durations
        self.seed = seed
        self.fleet = fleet
        self.workload = workload
    }
}

/// What a run cost the machine that computed it, and where it ended.
public struct RunCost: Equatable, Sendable {
    /// Inputs that the engine took.
    public var inputs: Int
    /// Directives that the engine gave.
    public var decisions: Int
    /// Seconds of real time.
    public var wallSeconds: Double
    /// The most main memory that the program had held by the end of this run, in MiB. With several
    /// runs in one process it is no figure of the single run: it never falls from one to the next.
    public var peakResidentMiB: Double
    /// The digest of the engine's last state.
    public var stateHash: UInt64

    /// Gathers costs.
    public init(
        inputs: Int, decisions: Int, wallSeconds: Double, peakResidentMiB: Double,
        stateHash: UInt64
    ) {
        self.inputs = inputs
        self.decisions = decisions
        self.wallSeconds = wallSeconds
        self.peakResidentMiB = peakResidentMiB
        self.stateHash = stateHash
    }
}

/// How many jobs came to which end.
public struct JobCounts: Equatable, Sendable {
    /// Jobs that were submitted, refused ones included.
    public var jobs = 0
    /// Jobs that started at least once.
    public var started = 0
    /// Jobs that started and are over, however they ended.
    public var finished = 0
    /// Jobs that were not accepted.
    public var refused = 0
    /// Jobs that ended with success.
    public var succeeded = 0
    /// Jobs that failed for good, those for the sake of a failed dependency included.
    public var failed = 0
    /// Jobs that were cancelled, waiting or running.
    public var cancelled = 0
    /// Jobs that ran into their time limit.
    public var timedOut = 0
    /// Jobs that still ran when the run was cut off.
    public var runningAtEnd = 0
    /// Jobs that still waited when the run was over.
    public var waitingAtEnd = 0

    /// Accepted jobs that are not over.
    public var unfinished: Int { runningAtEnd + waitingAtEnd }

    /// Counts nothing yet.
    public init() {}
}

/// What one tenant got, over the window of ``RunReport/makespanSeconds``.
public struct TenantFigures: Equatable, Sendable {
    /// The full name; ``RunReport/otherTenantsName`` for all that are not listed.
    public var name: String
    /// Jobs submitted.
    public var jobs: Int
    /// GPUs that its quota guarantees, over all kinds.
    public var guaranteedGPUs: Double
    /// GPUs that it may use at most, over all kinds; nil when a kind has no limit.
    public var limitGPUs: Double?
    /// GPUs that it used, on average.
    public var meanGPUs: Double
    /// GPU-seconds that it used.
    public var allocatedGPUSeconds: Double
    /// First start less submission, of its jobs that started.
    public var waitSeconds: Distribution
}

/// A mean over gangs for one topology level.
public struct LevelMean: Equatable, Sendable {
    /// The level's name.
    public var level: String
    /// The mean.
    public var mean: Double

    /// Gathers a mean.
    public init(level: String, mean: Double) {
        self.level = level
        self.mean = mean
    }
}

/// The outcome of one simulation run.
///
/// A run's window goes from the first submission to the last end of an attempt or, when jobs still
/// run as the run is cut off, to then. GPU-seconds, ratios and means are of that
/// window; time series go on to the last event. Jobs that never started are in no wait figure, but
/// in ``JobCounts/waitingAtEnd``.
public struct RunReport: Equatable, Sendable {
    /// The name that stands for the tenants that are not listed one by one.
    public static let otherTenantsName = "other tenants"

    /// What was run.
    public var identity: RunIdentity
    /// What it cost.
    public var cost: RunCost
    /// Nodes of the fleet.
    public var nodes: Int
    /// Devices of the fleet, in service or not.
    public var devices: Int
    /// Jobs by what became of them.
    public var counts: JobCounts
    /// Jobs by the first reason that they were told for waiting, by ``RefusalCode/rawValue``. Jobs
    /// that started at once are in none; refused ones are.
    public var waitReasons: [Int]
    /// Attempts stopped for the sake of another job.
    public var preemptions: Int
    /// Attempts that ended before their job for any other reason.
    public var otherInterruptions: Int
    /// Attempts after the first of their job.
    public var restarts: Int
    /// Seconds of the window.
    public var makespanSeconds: Double
    /// GPU-seconds in use.
    public var allocatedGPUSeconds: Double
    /// GPU-seconds in service on nodes that take work, at any time at least those in use.
    public var schedulableGPUSeconds: Double
    /// GPU-seconds asked for by jobs while they waited.
    public var waitGPUSeconds: Double
    /// GPU-seconds of work done again because of interruptions.
    public var lostGPUSeconds: Double
    /// First start less submission, in seconds, of jobs that started.
    public var wait: Distribution
    /// The same by ``GangSizeClass/rawValue``, by the GPUs that jobs asked for.
    public var waitBySize: [Distribution]
    /// The same of gangs that asked for at least ``GangSizeClass/largeGangGPUs``, in that order.
    public var waitOfLarge: [Distribution]
    /// End less submission, in seconds, of finished jobs.
    public var completion: Distribution
    /// Bounded slowdown of finished jobs: completion ÷ max(run, 600 s), never below 1 (Feitelson
    /// et al., "Theory and Practice in Parallel Job Scheduling", JSSPP 1997). The run is the time
    /// of all attempts without the work lost; so all waiting counts, not only the first.
    public var slowdown: Distribution
    /// Mean count of domains that a gang of two or more members stood on, by level, coarse to fine,
    /// hosts last; over all starts of gangs, zero without any.
    public var domainsPerGang: [LevelMean]
    /// Starts of gangs of two or more members.
    public var gangStarts: Int
    /// Part of the window spent in each ``CongestionQuadrant``, by raw value.
    public var quadrantShares: [Double]
    /// How far estimates of starts were off.
    public var estimates: EstimateFigures
    /// Tenants by GPU time, most first; all that are not listed one by one come last, if any.
    public var tenants: [TenantFigures]
    /// What happened over time.
    public var series: RunSeries
    /// What cut attempts short, and what that cost.
    public var interruptions: InterruptionFigures

    /// Allocated ÷ schedulable GPU-seconds; zero without any schedulable.
    public var allocationRatio: Double {
        schedulableGPUSeconds > 0 ? allocatedGPUSeconds / schedulableGPUSeconds : 0
    }

    /// Jobs that were told to wait for the reason first of all.
    public func jobsWaiting(for code: RefusalCode) -> Int { waitReasons[Int(code.rawValue)] }

    /// GPU-hours asked for by jobs while they waited.
    public var waitGPUHours: Double { waitGPUSeconds / 3_600 }

    /// The digest of the engine's last state in sixteen hexadecimal digits.
    public var stateHash: String { StateHasher.hexadecimal(cost.stateHash) }

    /// Names that tell these runs apart: the policy; where that does not, with the placement; where
    /// that does not either, with the run's number.
    public static func labels(of runs: [RunReport]) -> [String] {
        let policies = runs.map(\.identity.policy)
        if isDistinct(policies) { return policies }
        let placements = runs.map { $0.identity.policy + "/" + $0.identity.placement }
        if isDistinct(placements) { return placements }
        return placements.enumerated().map { "\($0.offset + 1) \($0.element)" }
    }

    private static func isDistinct(_ names: [String]) -> Bool { Set(names).count == names.count }
}
