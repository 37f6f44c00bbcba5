import FleetModel
import Scheduler

/// The engine's own benchmarks: decisions only, no driver and no journal.
enum EngineBenchmarks {
    /// 80,000 one-GPU jobs onto 10,000 nodes of 8 GPUs; from submission to start directive.
    static func singles() -> Figure {
        var cluster = Cluster(nodes: 10_000)
        let jobs = (0..<80_000).map { _ in cluster.job(members: 1, devices: 1) }
        var latencies = Latencies()
        latencies.measure { for job in jobs { cluster.apply(.submit(job)) } }
        precondition(cluster.running.count == 80_000, "not every job was placed")
        return Figure(
            name: "place 80,000 one-GPU jobs on 10,000 nodes", unit: "placements/s",
            limit: 100_000, isFloor: true, value: 80_000 / latencies.totalSeconds,
            counters: cluster.engine.counters)
    }

    /// 512-node gangs on the same fleet, half full and fragmented.
    static func largeGangs() -> [Figure] {
        var cluster = Cluster(nodes: 10_000)
        fragment(&cluster)
        var placed = Latencies()
        var refused = Latencies()
        for round in 0..<400 {
            let fits = round % 2 == 0
            let job = cluster.job(
                members: fits ? 512 : 2_000, devices: 8,
                topology: fits ? .closest : .required(LevelIndex(0)))
            let before = cluster.running.count
            if fits {
                placed.measure { cluster.apply(.submit(job)) }
                precondition(cluster.running.count == before + 1, "the gang was not placed")
                cluster.finish(at: cluster.running.count - 1)
            } else {
                refused.measure {
                    cluster.apply(.submit(job))
                    let reasons = cluster.engine.explain(job.id)
                    precondition(!reasons.isEmpty, "a refused gang has no reason")
                }
                cluster.apply(.cancel(job.id))
            }
            cluster.finish(at: round * 7 % cluster.running.count)
            cluster.apply(.submit(cluster.job(members: 1, devices: 4)))
        }
        return [
            Figure(
                name: "512-node gang placed, p99", unit: "ms", limit: 5, isFloor: false,
                value: placed.percentile(99), counters: cluster.engine.counters),
            Figure(
                name: "gang refused with all reasons, p99", unit: "ms", limit: 5,
                isFloor: false, value: refused.percentile(99),
                counters: cluster.engine.counters),
        ]
    }

    /// Resident memory with 10,000 nodes and 100,000 jobs.
    static func memory() -> Figure {
        var cluster = Cluster(nodes: 10_000, tenants: 40)
        for index in 0..<100_000 {
            cluster.apply(
                .submit(
                    cluster.job(
                        members: index % 50 == 0 ? 4 : 1, devices: index % 5 == 0 ? 8 : 1,
                        tenant: index % 40)))
        }
        precondition(cluster.engine.openJobs == 100_000, "not every job was taken")
        return Figure(
            name: "memory with 10,000 nodes and 100,000 jobs", unit: "MiB", limit: 600,
            isFloor: false, value: Memory.peakResidentMiB(), counters: cluster.engine.counters)
    }

    /// Fills half of every second node and more, so that free capacity is scattered.
    private static func fragment(_ cluster: inout Cluster) {
        var generator = SplitMix(seed: 3)
        for _ in 0..<20_000 {
            cluster.apply(
                .submit(cluster.job(members: 1, devices: Int32(1 << generator.below(4)))))
        }
        while cluster.engine.allocatedMilli > cluster.engine.schedulableMilli / 2 {
            cluster.finish(at: generator.below(cluster.running.count))
        }
    }
}
