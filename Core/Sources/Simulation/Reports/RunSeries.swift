/// One figure over time: its mean and its highest value in each bucket.
public struct SeriesLine: Equatable, Sendable {
    /// Time-weighted means by bucket.
    public var means: [Double]
    /// The highest values that lasted for any time, by bucket.
    public var peaks: [Double]

    /// Gathers a line.
    public init(means: [Double] = [], peaks: [Double] = []) {
        self.means = means
        self.peaks = peaks
    }

    /// The highest value of all.
    public var peak: Double { peaks.max() ?? 0 }

    func merged(by group: Int, weights: [Double]) -> SeriesLine {
        var line = SeriesLine()
        for start in stride(from: 0, to: means.count, by: group) {
            let members = start..<min(start + group, means.count)
            let weight = members.reduce(0) { $0 + weights[$1] }
            let sum = members.reduce(0) { $0 + means[$1] * weights[$1] }
            line.means.append(weight > 0 ? sum / weight : 0)
            line.peaks.append(members.reduce(0) { max($0, peaks[$1]) })
        }
        return line
    }
}

/// What a run did over time, in equal buckets from the first submission on.
public struct RunSeries: Equatable, Sendable {
    /// Seconds per bucket.
    public var bucketSeconds: Double
    /// Seconds that the last bucket covers, at most ``bucketSeconds``.
    public var lastBucketSeconds: Double
    /// GPUs in use.
    public var allocatedGPUs = SeriesLine()
    /// GPUs in service.
    public var schedulableGPUs = SeriesLine()
    /// GPUs asked for by jobs that wait.
    public var waitingGPUs = SeriesLine()
    /// Jobs that run.
    public var runningJobs = SeriesLine()
    /// Jobs that wait.
    public var waitingJobs = SeriesLine()
    /// Part of the free GPUs that lie on nodes in part use, 0 to 1; without buckets when the run
    /// took no samples.
    public var fragmentation = SeriesLine()
    /// GPUs of the largest gang that could start; without buckets when the run took no samples.
    public var largestGangGPUs = SeriesLine()
    /// GPUs in use by tenant, in the order of ``RunReport/tenants``.
    public var tenantGPUs: [SeriesLine] = []

    /// Buckets of every line that has any.
    public var count: Int { allocatedGPUs.means.count }

    /// Whether the run sampled the fleet's fragmentation.
    public var hasFragmentation: Bool { !fragmentation.means.isEmpty }

    /// Seconds from the first submission to the end of the last bucket.
    public var lengthSeconds: Double {
        count == 0 ? 0 : Double(count - 1) * bucketSeconds + lastBucketSeconds
    }

    /// The same in at most `limit` buckets, each a whole number of these; integrals stay.
    public func merged(toAtMost limit: Int) -> RunSeries {
        guard count > limit, limit > 0 else { return self }
        let group = (count + limit - 1) / limit
        var weights = [Double](repeating: 1, count: count)
        weights[count - 1] = lastBucketSeconds / bucketSeconds
        let rest = (count - 1) % group
        var series = RunSeries(
            bucketSeconds: bucketSeconds * Double(group),
            lastBucketSeconds: Double(rest) * bucketSeconds + lastBucketSeconds)
        func merge(_ line: SeriesLine) -> SeriesLine {
            line.merged(by: group, weights: weights)
        }
        series.allocatedGPUs = merge(allocatedGPUs)
        series.schedulableGPUs = merge(schedulableGPUs)
        series.waitingGPUs = merge(waitingGPUs)
        series.runningJobs = merge(runningJobs)
        series.waitingJobs = merge(waitingJobs)
        series.fragmentation = merge(fragmentation)
        series.largestGangGPUs = merge(largestGangGPUs)
        series.tenantGPUs = tenantGPUs.map(merge)
        return series
    }

    /// Starts without lines.
    public init(bucketSeconds: Double = 0, lastBucketSeconds: Double = 0) {
        self.bucketSeconds = bucketSeconds
        self.lastBucketSeconds = lastBucketSeconds
    }
}
