import FleetModel

@testable import Simulation

/// Runs that the tests of reports look at.
enum ReportSamples {
    /// Two tenants on four nodes of two GPUs in two leaves; each figure can be computed by hand.
    ///
    /// At 10 s `a` is submitted (4 GPUs, 2 members) and starts; at 10 s `b` (8 GPUs, 4 members) is
    /// submitted and waits; at 30 s `c` (half a GPU) is submitted and starts; at 50 s `a` is
    /// preempted, losing 20 s; at 60 s `c` fails and `b` starts; at 110 s `b` succeeds and `a`
    /// starts again; at 170 s `a` succeeds. `d` is refused at 30 s. `e` waits and is cancelled.
    /// `b` and `e` are told that capacity is short, `e` later that it is held, `d` that no pool has
    /// what it asks.
    static func byHand() -> RunRecorder {
        var tenants = TenantTree()
        let research = tenants.leaf(named: "research")
        let vision = tenants.leaf(named: "vision")
        tenants.tenants[research.index].quotas = [
            QuotaSpec(kind: AcceleratorKindID(0), guaranteedMilli: 6_000, limitMilli: 8_000)
        ]
        let fleet = FleetDefinition.uniform(nodes: 4, devices: 2, groups: [2])
        var run = RunRecorder(fleet: fleet, tenants: tenants, jobCount: 6)
        run.submitted(0, gpuMilli: 4_000, members: 2, tenant: research, at: .seconds(10))
        run.submitted(1, gpuMilli: 8_000, members: 4, tenant: vision, at: .seconds(10))
        run.toldToWait(1, .capacity)
        run.sampleFragmentation(
            at: .seconds(10), freeGPUMilli: 8_000, strandedGPUMilli: 2_000, largestGangGPUs: 8)
        run.started(
            0, attempt: Attempt(1), gpuMilli: 4_000, domainsPerLevel: [1, 2], at: .seconds(10))
        run.submitted(2, gpuMilli: 500, members: 1, tenant: vision, at: .seconds(30))
        run.submitted(3, gpuMilli: 99_000, members: 9, tenant: vision, at: .seconds(30))
        run.toldToWait(3, .pool)
        run.refused(3)
        run.started(
            2, attempt: Attempt(1), gpuMilli: 500, domainsPerLevel: [1, 1], at: .seconds(30))
        run.interrupted(
            0, lostGPUNanoseconds: 80_000_000_000, preempted: true, at: .seconds(50))
        run.ended(2, outcome: .failed, at: .seconds(60))
        run.started(
            1, attempt: Attempt(1), gpuMilli: 8_000, domainsPerLevel: [2, 4], at: .seconds(60))
        run.submitted(4, gpuMilli: 0, members: 1, tenant: vision, at: .seconds(60))
        run.toldToWait(4, .capacity)
        run.toldToWait(4, .held)
        run.ended(4, outcome: .cancelled, at: .seconds(110))
        run.ended(1, outcome: .succeeded, at: .seconds(110))
        run.started(
            0, attempt: Attempt(2), gpuMilli: 4_000, domainsPerLevel: [2, 2], at: .seconds(110))
        run.ended(0, outcome: .succeeded, at: .seconds(170))
        return run
    }

    /// The report of ``byHand()``, closed at 200 s.
    static func byHandReport(policy: String = "fifo") -> RunReport {
        byHand().report(
            RunIdentity(policy: policy, seed: .max, fleet: "4x2/2", workload: "by hand"),
            cost: RunCost(
                inputs: 14, decisions: 9, wallSeconds: 0.25, peakResidentMiB: 12.5,
                stateHash: 0xBEEF),
            at: .seconds(200))
    }

    /// A week of seeded work for `tenantCount` tenants on 64 nodes of eight GPUs, run first come
    /// first served by a counter of free GPUs (`backfills`: whoever fits).
    static func week(
        policy: String, seed: UInt64, tenantCount: Int = 5, backfills: Bool,
        names: [String] = [], jobCount: Int = 4_000
    ) -> RunReport {
        var tenants = TenantTree()
        let fallback = ["vision", "language", "speech", "robotics", "platform"]
        for index in 0..<tenantCount {
            let known = index < names.count ? names[index] : nil
            let name = known ?? (index < 5 ? fallback[index] : "team-\(index)")
            let tenant = tenants.leaf(named: name)
            tenants.tenants[tenant.index].quotas = [
                QuotaSpec(
                    kind: AcceleratorKindID(0), guaranteedMilli: 160_000 >> Int64(min(index, 8)),
                    limitMilli: index == 0 ? 400_000 : nil)
            ]
        }
        var loop = CountingLoop(
            tenants: tenants, seed: seed, jobCount: jobCount, backfills: backfills)
        loop.run()
        return loop.recorder.report(
            RunIdentity(
                policy: policy, placement: "default", durations: "declared", seed: seed,
                fleet: "64x8/16", workload: names.last ?? "synthetic week"),
            cost: RunCost(
                inputs: 2 * jobCount, decisions: 3 * jobCount, wallSeconds: 0.834,
                peakResidentMiB: 61.2, stateHash: 0x0123_4567_89AB_CDEF &* seed),
            at: loop.now)
    }
}

/// A cluster that is no more than a count of free GPUs, to make reports with.
private struct CountingLoop {
    private struct Task {
        var job: Int32
        var gpus: Int64
        var submit: Int64
        var runTime: Int64
        var tenant: TenantID
    }

    var recorder: RunRecorder
    private(set) var now = Instant.zero
    private var arrivals: [Task] = []
    private var waiting: [Task] = []
    private var running: [(end: Int64, task: Task)] = []
    private var free: Int64 = 512
    private let backfills: Bool

    init(tenants: TenantTree, seed: UInt64, jobCount: Int, backfills: Bool) {
        self.backfills = backfills
        let fleet = FleetDefinition.uniform(nodes: 64, devices: 8, groups: [16])
        recorder = RunRecorder(fleet: fleet, tenants: tenants, jobCount: jobCount)
        var random = SplitMix(seed: seed)
        var clock: Int64 = 0
        let sizes: [Int64] = [1, 1, 1, 1, 2, 4, 8, 8, 16, 32, 64, 128]
        for job in 0..<jobCount {
            let isDay = (clock / 3_600) % 24 > 8
            clock += Int64(random.below(isDay ? 180 : 420))
            let spread = Int64(1) << Int64(random.below(9))
            arrivals.append(
                Task(
                    job: Int32(job), gpus: sizes[random.below(sizes.count)], submit: clock,
                    runTime: 60 + spread * Int64(1 + random.below(60)),
                    tenant: TenantID(min(random.below(8), tenants.tenants.count - 1))))
        }
    }

    mutating func run() {
        var next = 0
        while next < arrivals.count || !running.isEmpty {
            let arrival = next < arrivals.count ? arrivals[next].submit : Int64.max
            if let first = running.first, first.end <= arrival {
                now = .seconds(first.end)
                running.removeFirst()
                free += first.task.gpus
                recorder.ended(first.task.job, outcome: .succeeded, at: now)
            } else {
                let task = arrivals[next]
                next += 1
                now = .seconds(task.submit)
                recorder.submitted(
                    task.job, gpuMilli: task.gpus * 1_000,
                    members: Int(max(1, task.gpus / 8)), tenant: task.tenant, at: now)
                waiting.append(task)
            }
            startWhatFits()
            if let last = waiting.last { recorder.toldToWait(last.job, .capacity) }
            recorder.sampleFragmentation(
                at: now, freeGPUMilli: free * 1_000, strandedGPUMilli: free % 24 * 1_000,
                largestGangGPUs: free - free % 24)
        }
    }

    private mutating func startWhatFits() {
        var index = 0
        while index < waiting.count {
            let task = waiting[index]
            guard task.gpus <= free else {
                if !backfills { return }
                index += 1
                continue
            }
            waiting.remove(at: index)
            free -= task.gpus
            let hosts = Int32(max(1, task.gpus / 8))
            recorder.started(
                task.job, attempt: Attempt(1), gpuMilli: task.gpus * 1_000,
                domainsPerLevel: [(hosts + 15) / 16, hosts], at: now)
            let end = now.nanoseconds / 1_000_000_000 + task.runTime
            let place = running.firstIndex { $0.end > end } ?? running.count
            running.insert((end, task), at: place)
        }
    }
}
