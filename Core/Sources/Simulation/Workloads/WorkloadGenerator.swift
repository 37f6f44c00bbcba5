import FleetModel

/// Makes jobs out of a seed, shaped like published traces, for a fleet of any size.
///
/// The same arguments give the same jobs on every machine: no floating point is involved.
public struct WorkloadGenerator: Sendable {
    /// A shape of workload.
    public enum Preset: String, CaseIterable, Hashable, Sendable {
        /// Microsoft ITP cluster 04: one-GPU jobs by number, gangs of 8 to 64 by GPU time.
        case itp
        /// Microsoft Philly: fifteen virtual clusters, most jobs small, some very long.
        case philly
        /// Alibaba openb: parts of GPUs, single GPUs and jobs without any, with CPU and memory.
        case openb
        /// A language model laboratory: pretraining, tuning, bursts of evaluations, notebooks.
        case llm

        var shape: WorkloadShape {
            switch self {
            case .itp: .itp
            case .philly: .philly
            case .openb: .openb
            case .llm: .lab
            }
        }
    }

    /// How much is generated.
    public enum Extent: Hashable, Sendable {
        /// This many jobs, over the time in which they make the load.
        case jobs(Int)
        /// As many jobs as make the load over this time, at most ``maximumJobs``; none runs longer
        /// than it.
        case span(TimeSpan)
    }

    /// The most jobs that are generated.
    public static let maximumJobs = 1_000_000

    private let preset: Preset
    private let seed: UInt64
    private let extent: Extent
    private let fleetGPUs: Int
    private let loadPercent: Int

    /// Plans a workload for `fleetGPUs` GPUs whose offered load, GPU time of all jobs over GPU time
    /// of the fleet from the first to the last submission, is `loadPercent` percent.
    ///
    /// M0501 for an extent, fleet or load outside its range, all at once.
    public init(
        preset: Preset, seed: UInt64, extent: Extent, fleetGPUs: Int, loadPercent: Int = 90
    ) throws(DiagnosticList) {
        var found: [Diagnostic] = []
        func check(_ value: Int64, _ range: ClosedRange<Int64>, _ what: String) {
            if range.contains(value) { return }
            found.append(
                Diagnostic(
                    .usage, message: "\(what) of \(value) for a generated workload",
                    expected: "\(range.lowerBound) to \(range.upperBound)"))
        }
        switch extent {
        case .jobs(let jobs): check(Int64(jobs), 1...Int64(Self.maximumJobs), "a number of jobs")
        case .span(let span):
            check(span.wholeSeconds, 3600...Self.longestSeconds, "a span in seconds")
        }
        check(Int64(fleetGPUs), 1...Self.mostGPUs, "a number of GPUs")
        check(Int64(loadPercent), 1...1000, "a load in percent")
        if !found.isEmpty { throw DiagnosticList(found) }
        self.preset = preset
        self.seed = seed
        self.extent = extent
        self.fleetGPUs = fleetGPUs
        self.loadPercent = loadPercent
    }

    private static let longestSeconds: Int64 = FleetLimits.seconds
    private static let mostGPUs = Int64(FleetLimits.nodes * FleetLimits.devicesPerNode)

    /// The jobs, in order of submission, the first at 0. Jobs for more than half of the fleet are
    /// made as large as the largest power of two that is not.
    public func generate() -> [TraceJob] {
        var random = SplitMix(seed: seed)
        let shape = preset.shape
        let arrivals = ArrivalTimes(shape.arrivals)
        let draw = ClassDraw(shape.classes)
        let limits = bounds
        var jobs: [TraceJob] = []
        var gaps: [Int64] = []
        var gpuTime = Int128(0)
        var current = 0
        while jobs.count < limits.jobs, gpuTime < limits.gpuTime {
            let startsBurst = arrivals.sampleStartsBurst(&random)
            gaps.append(arrivals.sampleGap(startsBurst: startsBurst, &random))
            let isOther = random.below(100) >= shape.arrivals.sameClassPercent
            if startsBurst || isOther || jobs.isEmpty { current = draw.sample(&random) }
            let job = job(
                of: shape.classes[current], number: jobs.count, limits.milliseconds, &random)
            gpuTime += Self.gpuTime(of: job)
            jobs.append(job)
        }
        let times = arrivals.milliseconds(
            gaps: gaps, spanMilliseconds: spanMilliseconds(gpuTime, jobs: jobs.count))
        for index in jobs.indices { jobs[index].submitNanoseconds = times[index] * 1_000_000 }
        return jobs
    }

    private func job(
        of kind: WorkloadClass, number: Int, _ longest: Int64, _ random: inout SplitMix
    ) -> TraceJob {
        let family = kind.families.isEmpty ? 0 : random.below(kind.families.count)
        let milliseconds = min(longest, kind.durations.sampleMilliseconds(&random))
        let limit = DeclaredLimit.sampleSeconds(milliseconds: milliseconds, &random)
        let gpus = fitted(kind.gpus)
        var job = TraceJob(
            line: number + 1, name: "\(preset.rawValue)-\(number)", submitNanoseconds: 0,
            durationNanoseconds: milliseconds * 1_000_000, gpus: gpus)
        job.gpuMilli = kind.gpuMilli
        job.cpuMilli = kind.cpuMilli
        job.memoryMiB = kind.memoryMiB
        job.tenant = kind.tenant
        job.family = kind.families.isEmpty ? "" : kind.families[family]
        job.priority = kind.priority
        job.limitNanoseconds = limit.map { $0 * 1_000_000_000 } ?? -1
        return job
    }

    private func fitted(_ gpus: Int) -> Int {
        let most = max(1, fleetGPUs / 2)
        if gpus <= most { return gpus }
        return 1 << (Int.bitWidth - 1 - most.leadingZeroBitCount)
    }

    /// What ends the generation, and the longest job in milliseconds.
    private var bounds: (jobs: Int, gpuTime: Int128, milliseconds: Int64) {
        switch extent {
        case .jobs(let jobs):
            return (jobs, .max, .max)
        case .span(let span):
            let milliseconds = span.nanoseconds / 1_000_000
            let fleetTime = Int128(milliseconds) * Int128(fleetGPUs) * 1000
            return (Self.maximumJobs, fleetTime * Int128(loadPercent) / 100, milliseconds)
        }
    }

    /// GPU time in thousandths of a GPU by milliseconds.
    private static func gpuTime(of job: TraceJob) -> Int128 {
        Int128(job.gpus * job.gpuMilli) * Int128(job.durationNanoseconds / 1_000_000)
    }

    /// The time over which `gpuTime` is the load that was asked for.
    private func spanMilliseconds(_ gpuTime: Int128, jobs: Int) -> Int64 {
        if case .span(let span) = extent { return span.nanoseconds / 1_000_000 }
        let span = gpuTime * 100 / (Int128(fleetGPUs) * 1000 * Int128(loadPercent))
        // Jobs without GPUs make no load; a second each keeps them apart.
        return Int64(min(max(span, Int128(jobs) * 1000), Int128(Self.longestSeconds) * 1000))
    }
}

/// Draws classes by their weights.
private struct ClassDraw {
    private var sums: [Int] = []

    init(_ classes: [WorkloadClass]) {
        var sum = 0
        for kind in classes {
            sum += kind.weight
            sums.append(sum)
        }
    }

    /// The index of a random class. O(log classes).
    func sample(_ random: inout SplitMix) -> Int {
        let point = random.below(sums[sums.count - 1])
        var low = 0
        var high = sums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > point { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
