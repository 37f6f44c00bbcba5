import FleetModel
import Scheduler

extension EngineBenchmarks {
    /// 500 nodes of 8 GPUs, full of preemptible one-GPU jobs of tenants beyond their guarantee;
    /// another tenant asks for what it is guaranteed. Decisions only.
    static var reclaims: [() -> [Figure]] {
        [
            reclaimOne, reclaimGang, { reclaimSingles(isBurst: false) },
            { reclaimSingles(isBurst: true) },
        ]
    }

    /// The first tenant owns everything and uses nothing; forty others have filled the fleet, and
    /// have run for longer than the least time that they are left alone.
    private static func borrowed() -> Cluster {
        var cluster = Cluster(
            nodes: 500, policy: Policy(queueOrder: .muster), tenants: 41, guaranteedGPUs: 4_000)
        cluster.step = TimeSpan(nanoseconds: 1_000_000)
        for number in 0..<4_000 {
            let job = cluster.cheapJob(members: 1, devices: 1, tenant: 1 + number % 40)
            cluster.apply(.submit(job))
        }
        precondition(cluster.running.count == 4_000, "the fleet is not full")
        cluster.pass(.seconds(3600))
        return cluster
    }

    private static func reclaimOne() -> [Figure] {
        var cluster = borrowed()
        var latencies = Latencies()
        var exact = 0
        for _ in 0..<500 {
            let job = cluster.job(members: 1, devices: 1)
            let before = cluster.stops
            latencies.measure { cluster.apply(.submit(job)) }
            let victims = cluster.stops - before
            cluster.settle()
            if victims == 1, cluster.isRunning(job.id) { exact += 1 }
        }
        var figure = Figure(
            name: "reclaim 1 GPU among 4,000 candidates, p99 (one victim and a start in \(exact) "
                + "of 500)",
            unit: "ms", limit: 5, isFloor: false, value: latencies.percentile(99),
            counters: cluster.engine.counters)
        figure.secondary = exact == 500
        return [figure]
    }

    private static func reclaimGang() -> [Figure] {
        var cluster = borrowed()
        let gang = cluster.job(members: 500, devices: 8)
        let before = cluster.stops
        var stopping = Latencies()
        stopping.measure { cluster.apply(.submit(gang)) }
        let victims = cluster.stops - before
        var confirming = Latencies()
        confirming.measure { cluster.settle() }
        let confirmed = (confirming.totalSeconds * 1000).rounded()
        let isRunning = cluster.isRunning(gang.id)
        var figure = Figure(
            name: "reclaim 4,000 GPUs for a gang of 500 x 8 (\(victims) victims, then "
                + "\(confirmed) ms for their confirmations; gang "
                + (isRunning ? "started)" : "NOT started)"),
            unit: "ms", limit: 500, isFloor: false, value: stopping.totalSeconds * 1000,
            counters: cluster.engine.counters)
        figure.secondary = victims == 4_000 && isRunning
        return [figure]
    }

    /// 4,000 jobs one by one, with each victim confirmed at once, or only after the last was
    /// submitted.
    private static func reclaimSingles(isBurst: Bool) -> [Figure] {
        var cluster = borrowed()
        let before = cluster.stops
        let start = cluster.clock
        var deciding = Latencies()
        var ids: [JobID] = []
        for _ in 0..<4_000 {
            let job = cluster.job(members: 1, devices: 1)
            ids.append(job.id)
            deciding.measure { cluster.apply(.submit(job)) }
            if !isBurst { deciding.measure { cluster.settle() } }
        }
        let early = cluster.stops - before
        var reviews = 0
        while cluster.stops - before < 4_000, reviews < 1_000 {
            reviews += 1
            deciding.measure {
                cluster.settle()
                cluster.pass(.seconds(300))
            }
        }
        cluster.settle()
        let started = ids.count { cluster.isRunning($0) }
        let hours = Double((cluster.clock - start).wholeSeconds) / 3600
        let name = isBurst ? "submitted at once" : "each victim confirmed at once"
        var figure = Figure(
            name: "reclaim 4,000 GPUs for 4,000 jobs, \(name) (\(early) victims before the last "
                + "confirmation, \(cluster.stops - before) in all, \(started) started, "
                + "\((hours * 10).rounded() / 10) h of the engine's time)",
            unit: "ms", limit: 500, isFloor: false, value: deciding.totalSeconds * 1000,
            counters: cluster.engine.counters)
        figure.secondary = cluster.stops - before == 4_000 && started == 4_000
        return [figure]
    }

    /// 41 gangs of 10 whole nodes on 500 nodes with one cheap one-GPU job each: they start when
    /// the jobs have moved together.
    static func consolidation() -> [Figure] {
        var cluster = Cluster(nodes: 500, policy: Policy(queueOrder: .muster), tenants: 2)
        cluster.step = TimeSpan(nanoseconds: 1_000_000)
        let spread = (0..<4_000).map { _ in cluster.cheapJob(members: 1, devices: 1) }
        for job in spread { cluster.apply(.submit(job)) }
        // Jobs were placed node by node, eight on each.
        for job in spread where job.id.index % 8 != 0 {
            cluster.apply(.finish(job.id, Attempt(1)))
        }
        cluster.pass(.seconds(3600))
        let gangs = (0..<41).map { _ in cluster.job(members: 10, devices: 8, tenant: 1) }
        var deciding = Latencies()
        let start = cluster.clock
        let moves = cluster.engine.counters.moves
        for gang in gangs { deciding.measure { cluster.apply(.submit(gang)) } }
        let free = gangs.count { cluster.isRunning($0.id) }
        var started = free
        var rounds = 0
        while started < gangs.count, rounds < 500 {
            rounds += 1
            deciding.measure { cluster.pass(.seconds(300)) }
            started = gangs.count { cluster.isRunning($0.id) }
        }
        let minutes = (cluster.clock - start).wholeSeconds / 60
        var figure = Figure(
            name: "consolidation for 41 gangs x 10 at 500 nodes (\(started) started, \(free) at "
                + "once, \(cluster.engine.counters.moves - moves) moves, \(minutes) min of the "
                + "engine's time)",
            unit: "ms", limit: 1_000, isFloor: false, value: deciding.totalSeconds * 1000,
            counters: cluster.engine.counters)
        figure.secondary = started == gangs.count
        return [figure]
    }
}
