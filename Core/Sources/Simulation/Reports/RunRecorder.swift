import FleetModel

/// Watches one simulation run and keeps what its report needs, in bounded memory per job and time.
///
/// The simulation loop tells it what happens, in order of virtual time; a time before the last one
/// is a broken invariant and traps. Every call costs O(1), except that time series are folded when
/// they outgrow their buckets. 64 bytes per job and 1.1 MiB for the series.
///
/// The run begins with the first submission. Job numbers are positions in the workload, below
/// `jobCount`.
public struct RunRecorder: Sendable {
    /// What is kept of each job.
    struct JobRecord: Sendable {
        /// Where the job is in its life.
        enum State: UInt8, Sendable {
            case absent, waiting, running, ended, refused
        }

        var submit: Int64 = 0
        var firstStart: Int64 = -1
        var end: Int64 = 0
        var attemptStart: Int64 = 0
        var usefulRun: Int64 = 0
        var gpuMilli: Int64 = 0
        var attemptGPUMilli: Int64 = 0
        var tenant: Int32 = -1
        var isGang = false
        var isToldToWait = false
        var state = State.absent

        var hasStarted: Bool { firstStart >= 0 }
    }

    /// Sums up to a moment, in GPU-milli × nanoseconds and, for the quadrants, nanoseconds.
    struct Totals: Sendable {
        var allocated: Int128 = 0
        var schedulable: Int128 = 0
        var waiting: Int128 = 0
        var quadrants = SIMD4<Int64>(repeating: 0)
    }

    /// Channels of the time series; those of the tracked tenants follow.
    enum Channel: Int, CaseIterable {
        case allocated, schedulable, waiting, runningJobs, waitingJobs
        case free, stranded, largestGang, sampled
    }

    /// How many tenants have a time series of their own.
    public static let trackedTenantLimit = 12

    let tenants: TenantTree
    let levelNames: [String]
    let deviceCount: Int64
    let nodeCount: Int

    var jobs: [JobRecord]
    var series: BucketSeries
    var totals = Totals()
    var totalsAtLastEnd = Totals()
    var firstSubmit: Instant?
    var lastEnd: Instant?
    var now: Instant?
    var outcomeCounts = [Int](repeating: 0, count: JobOutcome.allCases.count)
    var waitReasonCounts = [Int](repeating: 0, count: RefusalCode.allCases.count)
    var preemptions = 0
    var otherInterruptions = 0
    var lostGPUNanoseconds: Int128 = 0
    var restarts = 0
    var gangStarts = 0
    var domainSums: [Int64]
    var tenantUsage: [Int128]
    var trackedTenants: [TenantID] = []
    var interruptions = InterruptionLog()
    var accuracy: StartAccuracy

    private var channelOfTenant: [Int32]
    private var tenantAllocated: [Int64]
    private var allocatedMilli: Int64 = 0
    private var waitingMilli: Int64 = 0
    private var schedulableMilli: Int64
    private(set) var runningJobs = 0
    private(set) var waitingJobs = 0

    /// Prepares for a run of `jobCount` jobs on `fleet`.
    ///
    /// Schedulable at first are all devices in service, until
    /// ``capacityChanged(schedulableGPUMilli:at:)`` says otherwise. Of `trackedTenants` the first
    /// twelve have time series of their own; without any, the first twelve that submit.
    /// `bucketLimit` (even) bounds the points of a time series, the first buckets are
    /// `bucketWidth` wide.
    public init(
        fleet: FleetDefinition, tenants: TenantTree, jobCount: Int,
        trackedTenants: [TenantID] = [], bucketLimit: Int = 2_048,
        bucketWidth: TimeSpan = .seconds(1)
    ) {
        self.tenants = tenants
        levelNames = fleet.topology.levels.map(\.name)
        deviceCount = fleet.deviceCount
        nodeCount = fleet.nodes.count
        schedulableMilli = fleet.nodes.reduce(0) {
            $0 + 1_000 * Int64(Int($1.devices) - $1.unhealthyDevices.nonzeroBitCount)
        }
        jobs = [JobRecord](repeating: JobRecord(), count: jobCount)
        accuracy = StartAccuracy(jobCount: jobCount)
        domainSums = [Int64](repeating: 0, count: fleet.topology.levels.count)
        tenantUsage = [Int128](repeating: 0, count: tenants.tenants.count)
        tenantAllocated = [Int64](repeating: 0, count: Self.trackedTenantLimit + 1)
        channelOfTenant = [Int32](repeating: -1, count: tenants.tenants.count)
        series = BucketSeries(
            channelCount: Channel.allCases.count + Self.trackedTenantLimit + 1,
            capacity: bucketLimit, width: bucketWidth)
        for tenant in trackedTenants.prefix(Self.trackedTenantLimit) { track(tenant) }
    }

    /// The tenants that ask for the most GPU time in `workload`, at most twelve, most first.
    public static func largestTenants(of workload: Workload) -> [TenantID] {
        var demand = [Int128](repeating: 0, count: workload.tenants.tenants.count)
        for job in workload.jobs {
            demand[job.spec.tenant.index] +=
                Int128(job.spec.minimumGPUMilli) * Int128(job.runTime.nanoseconds)
        }
        let asking = demand.indices.filter { demand[$0] > 0 }
        return asking.sorted { (demand[$1], $0) < (demand[$0], $1) }
            .prefix(trackedTenantLimit).map { TenantID($0) }
    }

    /// The job was submitted; it asks for `gpuMilli` in all. From now on it counts as waiting,
    /// whatever it waits for: capacity, a hold, a dependency. Its wait counts from `since`, which
    /// is earlier than `instant` if the scheduler was too busy to hear of it.
    public mutating func submitted(
        _ job: Int32, gpuMilli: Int64, members: Int, tenant: TenantID, since: Instant? = nil,
        at instant: Instant
    ) {
        advance(to: instant)
        if firstSubmit == nil {
            firstSubmit = instant
            series.begin(at: instant)
            publish(.schedulable, schedulableMilli, at: instant)
        }
        precondition(jobs[Int(job)].state == .absent, "a job was submitted twice")
        if channelOfTenant[tenant.index] < 0 { track(tenant) }
        jobs[Int(job)].submit = (since ?? instant).nanoseconds
        jobs[Int(job)].gpuMilli = gpuMilli
        jobs[Int(job)].tenant = tenant.rawValue
        jobs[Int(job)].isGang = members > 1
        enqueue(job, at: instant)
    }

    /// The job was told why it waits; only the first reason for its first start counts.
    public mutating func toldToWait(_ job: Int32, _ code: RefusalCode) {
        guard !jobs[Int(job)].isToldToWait, !jobs[Int(job)].hasStarted else { return }
        jobs[Int(job)].isToldToWait = true
        waitReasonCounts[Int(code.rawValue)] += 1
    }

    /// The job, which waits, was told when it is likely to start.
    public mutating func toldEstimate(
        _ job: Int32, _ estimate: StartEstimate, at instant: Instant
    ) {
        guard jobs[Int(job)].state == .waiting else { return }
        accuracy.tell(job, estimate, at: instant)
    }

    /// An attempt of the job started with `gpuMilli`, on so many domains of each topology level
    /// (coarse to fine, hosts last); perhaps on what broke the job last and is not repaired.
    public mutating func started(
        _ job: Int32, attempt: Attempt, gpuMilli: Int64, domainsPerLevel: [Int32],
        at instant: Instant, isOnSuspect: Bool = false
    ) {
        advance(to: instant)
        interruptions.restarted(
            job, gpuMilli: jobs[Int(job)].gpuMilli, isOnSuspect: isOnSuspect, at: instant)
        if attempt.rawValue > 1 { restarts += 1 }
        dequeue(job, at: instant)
        accuracy.started(job, at: instant)
        if !jobs[Int(job)].hasStarted { jobs[Int(job)].firstStart = instant.nanoseconds }
        jobs[Int(job)].state = .running
        jobs[Int(job)].attemptStart = instant.nanoseconds
        jobs[Int(job)].attemptGPUMilli = gpuMilli
        if jobs[Int(job)].isGang {
            gangStarts += 1
            for (level, count) in domainsPerLevel.enumerated() {
                domainSums[level] += Int64(count)
            }
        }
        runningJobs += 1
        allocate(gpuMilli, tenant: jobs[Int(job)].tenant, at: instant)
        publish(.runningJobs, Int64(runningJobs), at: instant)
    }

    /// The job is over, whether it runs or waits.
    public mutating func ended(_ job: Int32, outcome: JobOutcome, at instant: Instant) {
        advance(to: instant)
        if jobs[Int(job)].state == .running {
            release(job, lostGPUNanoseconds: 0, at: instant)
        } else {
            dequeue(job, at: instant)
        }
        jobs[Int(job)].state = .ended
        jobs[Int(job)].end = instant.nanoseconds
        outcomeCounts[Int(outcome.rawValue)] += 1
        if jobs[Int(job)].hasStarted { closeWindow(at: instant) }
    }

    /// The running attempt is over and the job waits for its next one.
    ///
    /// `lostGPUNanoseconds` is what was done since the last checkpoint: GPUs × nanoseconds.
    public mutating func interrupted(
        _ job: Int32, lostGPUNanoseconds lost: Int64, preempted: Bool, at instant: Instant
    ) {
        advance(to: instant)
        release(job, lostGPUNanoseconds: lost, at: instant)
        lostGPUNanoseconds += Int128(lost)
        if preempted { preemptions += 1 } else { otherInterruptions += 1 }
        closeWindow(at: instant)
        enqueue(job, at: instant)
    }

    /// The job was not accepted; it may have been reported as submitted at the same time or not.
    public mutating func refused(_ job: Int32) {
        if jobs[Int(job)].state == .waiting, let now { dequeue(job, at: now) }
        jobs[Int(job)].state = .refused
    }

    /// From now on so many thousandths of GPUs are in service on nodes that take work, in use or
    /// not.
    public mutating func capacityChanged(schedulableGPUMilli: Int64, at instant: Instant) {
        advance(to: instant)
        schedulableMilli = schedulableGPUMilli
        publish(.schedulable, schedulableGPUMilli, at: instant)
    }

    /// The fleet's free capacity was looked at: all of it, the part of it on nodes in
    /// part use, and the GPUs of the largest gang of whole nodes that could start now.
    ///
    /// The figures count until the next sample.
    public mutating func sampleFragmentation(
        at instant: Instant, freeGPUMilli: Int64, strandedGPUMilli: Int64, largestGangGPUs: Int64
    ) {
        advance(to: instant)
        publish(.free, freeGPUMilli, at: instant)
        publish(.stranded, strandedGPUMilli, at: instant)
        publish(.largestGang, largestGangGPUs, at: instant)
        publish(.sampled, 1, at: instant)
    }

    /// Lets time pass without an event, so that the last stretch of a run counts.
    mutating func advance(to instant: Instant) {
        defer { now = instant }
        guard let now else { return }
        precondition(instant >= now, "the recorder was told of the past")
        guard firstSubmit != nil, instant > now else { return }
        let span = (instant - now).nanoseconds
        totals.allocated += Int128(allocatedMilli) * Int128(span)
        // What still runs on drained nodes is in service, though nothing new may go there.
        totals.schedulable += Int128(max(schedulableMilli, allocatedMilli)) * Int128(span)
        totals.waiting += Int128(waitingMilli) * Int128(span)
        let quadrant = CongestionQuadrant(
            allocated: allocatedMilli, waiting: waitingMilli, schedulable: schedulableMilli)
        totals.quadrants[quadrant.rawValue] += span
    }

    /// The channel of a tracked tenant by its position, or of all other tenants after them.
    static func channel(ofTracked position: Int) -> Int { Channel.allCases.count + position }

    private mutating func publish(_ channel: Channel, _ value: Int64, at instant: Instant) {
        series.set(channel.rawValue, to: value, at: instant)
    }

    private mutating func track(_ tenant: TenantID) {
        let position = trackedTenants.count
        guard position < Self.trackedTenantLimit else {
            channelOfTenant[tenant.index] = Int32(Self.trackedTenantLimit)
            return
        }
        guard channelOfTenant[tenant.index] < 0 else { return }
        channelOfTenant[tenant.index] = Int32(position)
        trackedTenants.append(tenant)
    }

    private mutating func closeWindow(at instant: Instant) {
        lastEnd = instant
        totalsAtLastEnd = totals
    }

    private mutating func enqueue(_ job: Int32, at instant: Instant) {
        jobs[Int(job)].state = .waiting
        accuracy.waits(job, by: 1)
        wait(by: jobs[Int(job)].gpuMilli, jobs: 1, at: instant)
    }

    private mutating func dequeue(_ job: Int32, at instant: Instant) {
        precondition(jobs[Int(job)].state == .waiting, "a job left the queue that was not in it")
        accuracy.waits(job, by: -1)
        wait(by: -jobs[Int(job)].gpuMilli, jobs: -1, at: instant)
    }

    private mutating func wait(by gpuMilli: Int64, jobs change: Int, at instant: Instant) {
        waitingMilli += gpuMilli
        waitingJobs += change
        publish(.waiting, waitingMilli, at: instant)
        publish(.waitingJobs, Int64(waitingJobs), at: instant)
    }

    mutating func allocate(_ gpuMilli: Int64, tenant: Int32, at instant: Instant) {
        allocatedMilli += gpuMilli
        publish(.allocated, allocatedMilli, at: instant)
        let position = Int(channelOfTenant[Int(tenant)])
        tenantAllocated[position] += gpuMilli
        series.set(
            Self.channel(ofTracked: position), to: tenantAllocated[position], at: instant)
    }

    private mutating func release(_ job: Int32, lostGPUNanoseconds lost: Int64, at now: Instant) {
        let record = jobs[Int(job)]
        precondition(record.state == .running, "a job ended an attempt that it did not run")
        let ran = now.nanoseconds - record.attemptStart
        var useful = Int128(record.usefulRun) + Int128(ran)
        if record.attemptGPUMilli > 0 {
            useful -= Int128(lost) * 1_000 / Int128(record.attemptGPUMilli)
        }
        jobs[Int(job)].usefulRun = Int64(max(0, useful))
        tenantUsage[Int(record.tenant)] += Int128(ran) * Int128(record.attemptGPUMilli)
        runningJobs -= 1
        allocate(-record.attemptGPUMilli, tenant: record.tenant, at: now)
        publish(.runningJobs, Int64(runningJobs), at: now)
    }
}
