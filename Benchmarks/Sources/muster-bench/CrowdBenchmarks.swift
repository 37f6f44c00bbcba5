import FleetModel
import Scheduler

/// 20,000 gangs running and as many or more waiting on 10,000 nodes of 8 GPUs.
struct Crowd {
    /// What is known of jobs, and what may be done to them.
    enum Knowledge: String {
        /// Nobody knows how long they run.
        case unknown = "no durations"
        /// Each says how long it runs, from one to sixteen hours.
        case declared = "declared durations"
        /// Nobody knows, and all may be stopped.
        case preemptible = "all preemptible"
    }

    /// What is special.
    var name: String
    /// Tenants.
    var tenants = 40
    /// How many CPU requests there are for every number of devices.
    var cpuVariants = 1
    /// A limit per tenant that never binds.
    var limitGPUs: Int64?
    /// Jobs that wait.
    var waiting = 20_000
    /// The queue's order.
    var order = QueueOrder.fair
    /// What is known of jobs.
    var knowledge = Knowledge.unknown
    /// What the 99th percentile of an end must keep, in milliseconds. Crowded variants measured
    /// 1.4 to 10.4 ms on two cores that other work shared, hence the wide margin: they are to
    /// catch a return of quadratic costs (160 to 410 ms before they were removed).
    var limitMilliseconds = 2.0
    /// What every end must keep.
    static let longestMilliseconds = 20.0

    private static let scenes = [
        Crowd(name: "40 tenants"),
        Crowd(name: "2,000 tenants", tenants: 2_000, limitMilliseconds: 20),
        Crowd(name: "40 tenants with limits", limitGPUs: 50_000),
        Crowd(name: "200 shapes", cpuVariants: 40, limitMilliseconds: 20),
        Crowd(name: "400 shapes", cpuVariants: 80, limitMilliseconds: 20),
        Crowd(
            name: "200 shapes and limits", cpuVariants: 40, limitGPUs: 50_000,
            limitMilliseconds: 20),
    ]

    /// The scenes under `fair`.
    static let fair = scenes

    /// The scenes under `muster`: the first with everything that may be known, the others with
    /// what is hardest.
    static let muster: [Crowd] = scenes.flatMap { scene in
        let kinds: [Knowledge] =
            scene.name == scenes[0].name
            ? [.unknown, .declared, .preemptible] : [.preemptible]
        return kinds.map { kind in
            var crowd = scene
            crowd.order = .muster
            crowd.knowledge = kind
            crowd.name = "muster, \(scene.name), \(kind.rawValue)"
            return crowd
        }
    }
}

/// A crowd that goes on: jobs end, others come.
struct CrowdRun {
    /// The engine with its driver.
    var cluster: Cluster
    private let crowd: Crowd
    private var generator = SplitMix(seed: 7)

    /// Fills the fleet and the queue.
    ///
    /// The driver of the fair order ignores the clock, as nothing there depends on it. Under
    /// `muster` the queue fills within minutes; then three hours pass, so that some gangs have
    /// run long enough to make way for others.
    init(_ crowd: Crowd) {
        self.crowd = crowd
        cluster = Cluster(
            nodes: 10_000, policy: Policy(queueOrder: crowd.order), tenants: crowd.tenants,
            limitGPUs: crowd.limitGPUs)
        guard crowd.order == .muster else {
            while cluster.engine.waitingJobs < crowd.waiting { submit() }
            return
        }
        cluster.step = TimeSpan(nanoseconds: 10_000_000)
        while cluster.engine.waitingJobs < crowd.waiting { submit() }
        cluster.step = TimeSpan(nanoseconds: 500_000_000)
        cluster.pass(.seconds(3 * 3600))
    }

    private mutating func shape() -> (members: Int32, devices: Int32) {
        let draw = generator.below(1000)
        if draw < 550 { return (1, 1) }
        if draw < 680 { return (1, 2) }
        if draw < 800 { return (1, 4) }
        if draw < 950 { return (1, 8) }
        if draw < 994 { return (2, 8) }
        return (Int32(4 << generator.below(4)), 8)
    }

    /// The next job.
    mutating func job() -> JobSpec {
        let (members, devices) = shape()
        var spec = cluster.job(
            members: members, devices: devices, tenant: generator.below(crowd.tenants),
            extraCPUMilli: Int64(generator.below(crowd.cpuVariants)) * 100)
        switch crowd.knowledge {
        case .unknown: break
        case .declared:
            spec.expectedDuration = .seconds(Int64(3600 + generator.below(15 * 3600)))
        case .preemptible: spec = spec.madeCheap
        }
        return spec
    }

    /// Submits one job.
    mutating func submit() { cluster.apply(.submit(job())) }

    /// The index of some running job.
    mutating func someRunning() -> Int { generator.below(cluster.running.count) }
}

extension EngineBenchmarks {
    /// One job ends, all decisions follow; and, under `muster`, what else the engine is told.
    static func endOfJob(_ crowd: Crowd) -> [Figure] {
        var run = CrowdRun(crowd)
        run.cluster.forgetMoments()
        var ends = Latencies()
        var submissions = Latencies()
        let isAhead = crowd.order == .muster
        for _ in 0..<5_000 {
            let index = run.someRunning()
            ends.measure { run.cluster.finish(at: index) }
            if isAhead {
                run.cluster.settle()
                run.cluster.wake()
            }
            while run.cluster.engine.waitingJobs < 20_000 {
                let job = run.job()
                submissions.measure { run.cluster.apply(.submit(job)) }
                if isAhead { run.cluster.settle() }
            }
        }
        let counters = run.cluster.engine.counters
        let longest = (ends.longest * 1000).rounded() / 1000
        var figures = [
            Figure(
                name: "20,000 wait, one of \(run.cluster.running.count) ends, \(crowd.name): p99 "
                    + "(max \(longest) ms)",
                unit: "ms", limit: crowd.limitMilliseconds, isFloor: false,
                value: ends.percentile(99), counters: counters)
        ]
        figures[0].detail += ", state \(String(run.cluster.engine.stateHash(), radix: 16))"
        guard isAhead else { return figures }
        figures[0].secondary = ends.longest <= Crowd.longestMilliseconds
        for (name, latencies) in [
            ("submission", submissions), ("review", run.cluster.latencies(.review)),
            ("estimates and other wake-ups", run.cluster.latencies(.wake)),
            ("victim confirmed stopped", run.cluster.latencies(.stop)),
        ] where latencies.count > 0 {
            figures.append(Figure(name: "  \(crowd.name): \(name)", of: latencies))
        }
        return figures
    }
}
