import FleetModel
import Scheduler

/// An engine with a little driver that acknowledges what it is told to do, on a clock of its own.
struct Cluster {
    /// What the driver took of an input, for those who time one kind of it.
    enum Moment {
        /// A wake-up on which the engine looked again at what waits.
        case review
        /// Another wake-up.
        case wake
        /// The confirmation that a gang has stopped.
        case stop
    }

    /// The engine under test.
    var engine: Engine
    /// Attempts of jobs that run, unordered.
    private(set) var running: [(job: JobID, attempt: Attempt)] = []
    /// Time between two inputs.
    var step = TimeSpan.seconds(1)
    /// The time of the last input.
    private(set) var clock = Instant.zero
    /// Gangs that were told to stop, so far.
    private(set) var stops = 0
    /// Inputs that the driver gave by itself, with what they took.
    private(set) var moments: [(moment: Moment, nanoseconds: Int64)] = []
    private var directives: [Directive] = []
    private var wakes: [(time: Instant, token: Int64)] = []
    private var confirmations: [Input] = []
    private var placeOf: [Int32] = []
    private var nextJob = 0

    /// A fleet of `nodes` times eight GPUs under four topology levels (zone, spine, leaf, host).
    /// With `limitGPUs` every tenant has that limit; the first one is guaranteed
    /// `guaranteedGPUs`.
    init(
        nodes: Int, policy: Policy = Policy(), tenants: Int = 1, limitGPUs: Int64? = nil,
        guaranteedGPUs: Int64 = 0
    ) {
        let fleet = FleetDefinition.uniform(nodes: nodes, devices: 8, groups: [16, 16, 10])
        engine = Engine(topology: fleet.topology, policy: policy)
        let specs = (0..<tenants).map { tenant in
            let guaranteed = tenant == 0 ? guaranteedGPUs * 1000 : 0
            let isQuota = guaranteed > 0 || limitGPUs != nil
            return TenantSpec(
                id: TenantID(tenant),
                quotas: isQuota
                    ? [
                        QuotaSpec(
                            kind: AcceleratorKindID(0), guaranteedMilli: guaranteed,
                            limitMilli: limitGPUs.map { $0 * 1000 })
                    ] : [])
        }
        apply(.setTenants(specs))
        apply(.addNodes(fleet.nodes))
    }

    /// Gives the engine one input and takes note of what it wants; nothing is answered yet.
    mutating func apply(_ input: Input) {
        clock = clock + step
        directives.removeAll(keepingCapacity: true)
        engine.apply(input, at: clock, into: &directives)
        for directive in directives { note(directive) }
    }

    private mutating func note(_ directive: Directive) {
        switch directive {
        case .start(let job, let attempt, _):
            while placeOf.count <= job.index { placeOf.append(-1) }
            placeOf[job.index] = Int32(running.count)
            running.append((job, attempt))
        case .stop(let job, let attempt, _):
            stops += 1
            remove(job)
            confirmations.append(.confirmStop(job, attempt))
        case .wake(let time, let token): wakes.append((time, token))
        case .end(let job, _): remove(job)
        default: break
        }
    }

    private mutating func remove(_ job: JobID) {
        guard job.index < placeOf.count, placeOf[job.index] >= 0 else { return }
        let place = Int(placeOf[job.index])
        placeOf[job.index] = -1
        let last = running.removeLast()
        guard place < running.count else { return }
        running[place] = last
        placeOf[last.job.index] = Int32(place)
    }

    /// Whether a job runs, as the driver sees it.
    func isRunning(_ job: JobID) -> Bool {
        job.index < placeOf.count && placeOf[job.index] >= 0
    }

    /// Confirms what was told to stop, and what that brings with it.
    mutating func settle() {
        var next = 0
        while next < confirmations.count {
            timed(.stop, confirmations[next])
            next += 1
        }
        confirmations.removeAll(keepingCapacity: true)
    }

    /// Delivers the wake-ups that are due, and settles.
    mutating func wake() {
        while let place = wakes.indices.min(by: { wakes[$0].time < wakes[$1].time }),
            wakes[place].time <= clock
        {
            let due = wakes.remove(at: place)
            let reviews = engine.counters.reviews
            timed(.wake, .wake(token: due.token))
            if engine.counters.reviews != reviews { moments[moments.count - 1].moment = .review }
            settle()
        }
    }

    /// Lets time pass, from wake-up to wake-up.
    mutating func pass(_ span: TimeSpan) {
        let end = clock + span
        while let time = wakes.map(\.time).min(), time <= end {
            clock = max(clock, time)
            wake()
        }
        clock = max(clock, end)
    }

    private mutating func timed(_ moment: Moment, _ input: Input) {
        let start = ThreadClock.nanoseconds
        apply(input)
        moments.append((moment, ThreadClock.nanoseconds - start))
    }

    /// Forgets what the driver's own inputs took.
    mutating func forgetMoments() { moments.removeAll(keepingCapacity: true) }

    /// Latencies of one kind of the driver's own inputs.
    func latencies(_ moment: Moment) -> Latencies {
        var result = Latencies()
        for one in moments where one.moment == moment { result.add(one.nanoseconds) }
        return result
    }

    /// A job of one role with whole devices.
    mutating func job(
        members: Int32, devices: Int32, tenant: Int = 0, extraCPUMilli: Int64 = 0,
        topology: TopologyPreference = .closest
    ) -> JobSpec {
        nextJob += 1
        return JobSpec(
            id: JobID(nextJob - 1), tenant: TenantID(tenant),
            roles: [
                RoleSpec(
                    count: members,
                    request: MemberRequest(
                        devices: devices,
                        host: HostResources(
                            cpuMilli: 8_000 * Int64(devices) + extraCPUMilli, memoryMiB: 65_536)))
            ],
            topology: TopologyConstraint(preference: topology))
    }

    /// A job as ``job(members:devices:tenant:extraCPUMilli:topology:)`` makes it that may be
    /// stopped: it writes a checkpoint every 30 minutes and restarts in 5.
    mutating func cheapJob(members: Int32, devices: Int32, tenant: Int = 0) -> JobSpec {
        job(members: members, devices: devices, tenant: tenant).madeCheap
    }

    /// Ends the running job at an index; the last one takes its place in the list.
    mutating func finish(at index: Int) {
        let ended = running[index]
        apply(.finish(ended.job, ended.attempt))
    }
}

extension JobSpec {
    /// The same job, preemptible, with a checkpoint every 30 minutes and a restart in 5.
    var madeCheap: JobSpec {
        var spec = self
        spec.preemptible = true
        spec.checkpointPeriod = .seconds(1800)
        spec.restartCost = .seconds(300)
        return spec
    }
}
