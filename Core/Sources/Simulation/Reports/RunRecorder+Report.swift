import FleetModel

extension RunRecorder {
    /// The report of the run so far, which is over at `end`. O(jobs × log jobs + series).
    public func report(_ identity: RunIdentity, cost: RunCost, at end: Instant) -> RunReport {
        var closed = self
        closed.advance(to: end)
        closed.series.settleAll(to: end)
        return closed.closedReport(identity, cost)
    }

    private func closedReport(_ identity: RunIdentity, _ cost: RunCost) -> RunReport {
        let isCutOff = runningJobs > 0
        let totals = isCutOff ? totals : totalsAtLastEnd
        let windowEnd = (isCutOff ? now : lastEnd) ?? firstSubmit
        let makespan = firstSubmit.flatMap { first in windowEnd.map { $0 - first } } ?? .zero
        let started = jobs.filter(\.hasStarted)
        let finished = started.filter { $0.state == .ended }
        let order = tenantOrder()
        return RunReport(
            identity: identity, cost: cost, nodes: nodeCount, devices: Int(deviceCount),
            counts: counts(started: started.count, finished: finished.count),
            waitReasons: waitReasonCounts,
            preemptions: preemptions, otherInterruptions: otherInterruptions, restarts: restarts,
            makespanSeconds: Double(makespan.nanoseconds) / 1e9,
            allocatedGPUSeconds: Double(totals.allocated) / 1e12,
            schedulableGPUSeconds: Double(totals.schedulable) / 1e12,
            waitGPUSeconds: Double(totals.waiting) / 1e12,
            lostGPUSeconds: Double(lostGPUNanoseconds) / 1e9,
            wait: Distribution(nanoseconds: started.map { $0.firstStart - $0.submit }),
            waitBySize: GangSizeClass.allCases.map { size in
                let members = started.filter { GangSizeClass(gpuMilli: $0.gpuMilli) == size }
                return Distribution(nanoseconds: members.map { $0.firstStart - $0.submit })
            },
            waitOfLarge: GangSizeClass.largeGangGPUs.map { least in
                let members = started.filter { $0.gpuMilli >= least * 1000 }
                return Distribution(nanoseconds: members.map { $0.firstStart - $0.submit })
            },
            completion: Distribution(nanoseconds: finished.map { $0.end - $0.submit }),
            slowdown: Distribution(values: finished.map(Self.boundedSlowdown)),
            domainsPerGang: zip(levelNames, domainSums).map { level, sum in
                LevelMean(level: level, mean: gangStarts > 0 ? Double(sum) / Double(gangStarts) : 0)
            },
            gangStarts: gangStarts,
            quadrantShares: CongestionQuadrant.allCases.map { quadrant in
                guard makespan > .zero else { return 0 }
                return Double(totals.quadrants[quadrant.rawValue]) / Double(makespan.nanoseconds)
            },
            estimates: accuracy.figures,
            tenants: tenantFigures(order, window: makespan), series: runSeries(order),
            interruptions: interruptions.figures)
    }

    private static func boundedSlowdown(_ job: JobRecord) -> Double {
        let bound: Int64 = 600 * 1_000_000_000
        return max(1, Double(job.end - job.submit) / Double(max(job.usefulRun, bound)))
    }

    private func counts(started: Int, finished: Int) -> JobCounts {
        var counts = JobCounts()
        counts.started = started
        counts.finished = finished
        for job in jobs where job.state != .absent {
            counts.jobs += 1
            if job.state == .refused { counts.refused += 1 }
        }
        func ends(_ outcome: JobOutcome) -> Int { outcomeCounts[Int(outcome.rawValue)] }
        counts.succeeded = ends(.succeeded)
        counts.failed = ends(.failed) + ends(.dependencyFailed)
        counts.cancelled = ends(.cancelled)
        counts.timedOut = ends(.timedOut)
        counts.runningAtEnd = runningJobs
        counts.waitingAtEnd = waitingJobs
        return counts
    }
}

/// Tenants of the report.
extension RunRecorder {
    /// GPU-milli × nanoseconds by tenant, running attempts up to now included.
    private var usageUpToNow: [Int128] {
        var usage = tenantUsage
        guard let now else { return usage }
        for job in jobs where job.state == .running {
            let ran = now.nanoseconds - job.attemptStart
            usage[Int(job.tenant)] += Int128(ran) * Int128(job.attemptGPUMilli)
        }
        return usage
    }

    /// Positions of the tracked tenants, most GPU time first.
    private func tenantOrder() -> [Int] {
        let usage = usageUpToNow
        return trackedTenants.indices.sorted { left, right in
            let first = usage[trackedTenants[left].index]
            let second = usage[trackedTenants[right].index]
            return first != second ? first > second : trackedTenants[left] < trackedTenants[right]
        }
    }

    private func tenantFigures(_ order: [Int], window: TimeSpan) -> [TenantFigures] {
        let usage = usageUpToNow
        var groups = order.map { [trackedTenants[$0]] }
        if let others = otherTenants { groups.append(others) }
        var groupOfTenant = [Int](repeating: -1, count: tenants.tenants.count)
        for (position, group) in groups.enumerated() {
            for tenant in group { groupOfTenant[tenant.index] = position }
        }
        var jobCounts = [Int](repeating: 0, count: groups.count)
        var waits = [[Int64]](repeating: [], count: groups.count)
        for job in jobs where job.tenant >= 0 {
            let position = groupOfTenant[Int(job.tenant)]
            jobCounts[position] += 1
            if job.hasStarted { waits[position].append(job.firstStart - job.submit) }
        }
        return groups.enumerated().map { position, group in
            let used = group.reduce(Int128(0)) { $0 + usage[$1.index] }
            let quotas = group.flatMap { tenants.tenants[$0.index].quotas }
            let limits = quotas.compactMap(\.limitMilli)
            let isLimited = !quotas.isEmpty && limits.count == quotas.count
            let isOther = position == order.count
            return TenantFigures(
                name: isOther ? RunReport.otherTenantsName : tenants.names[group[0]],
                jobs: jobCounts[position],
                guaranteedGPUs: Double(quotas.reduce(0) { $0 + $1.guaranteedMilli }) / 1_000,
                limitGPUs: isLimited ? Double(limits.reduce(0, +)) / 1_000 : nil,
                meanGPUs: window > .zero
                    ? Double(used) / Double(window.nanoseconds) / 1_000 : 0,
                allocatedGPUSeconds: Double(used) / 1e12,
                waitSeconds: Distribution(nanoseconds: waits[position]))
        }
    }

    /// Tenants without a time series of their own that submitted jobs; nil without any.
    private var otherTenants: [TenantID]? {
        var isOther = [Bool](repeating: false, count: tenants.tenants.count)
        for job in jobs where job.tenant >= 0 { isOther[Int(job.tenant)] = true }
        for tenant in trackedTenants { isOther[tenant.index] = false }
        let others = isOther.indices.filter { isOther[$0] }.map { TenantID($0) }
        return others.isEmpty ? nil : others
    }

    private func runSeries(_ order: [Int]) -> RunSeries {
        let count = series.bucketCount
        guard count > 0 else { return RunSeries() }
        var result = RunSeries(
            bucketSeconds: Double(series.width) / 1e9,
            lastBucketSeconds: Double(series.duration(ofBucket: count - 1)) / 1e9)
        result.allocatedGPUs = line(Channel.allocated.rawValue, unit: 1_000)
        result.schedulableGPUs = line(Channel.schedulable.rawValue, unit: 1_000)
        result.waitingGPUs = line(Channel.waiting.rawValue, unit: 1_000)
        result.runningJobs = line(Channel.runningJobs.rawValue, unit: 1)
        result.waitingJobs = line(Channel.waitingJobs.rawValue, unit: 1)
        let sampled = Channel.sampled.rawValue
        if (0..<count).contains(where: { series.integral(sampled, bucket: $0) > 0 }) {
            result.fragmentation = ratioLine(Channel.stranded, of: Channel.free)
            result.largestGangGPUs = ratioLine(Channel.largestGang, of: Channel.sampled)
            result.largestGangGPUs.peaks = (0..<count).map {
                Double(series.maximum(Channel.largestGang.rawValue, bucket: $0))
            }
        }
        result.tenantGPUs = order.map { line(Self.channel(ofTracked: $0), unit: 1_000) }
        if otherTenants != nil {
            let other = Self.channel(ofTracked: Self.trackedTenantLimit)
            result.tenantGPUs.append(line(other, unit: 1_000))
        }
        return result
    }

    private func line(_ channel: Int, unit: Double) -> SeriesLine {
        let buckets = 0..<series.bucketCount
        return SeriesLine(
            means: buckets.map { bucket in
                let span = Double(series.duration(ofBucket: bucket))
                return Double(series.integral(channel, bucket: bucket)) / span / unit
            },
            peaks: buckets.map { Double(series.maximum(channel, bucket: $0)) / unit })
    }

    /// The ratio of two integrals by bucket, zero where the lower one is.
    private func ratioLine(_ upper: Channel, of lower: Channel) -> SeriesLine {
        let means = (0..<series.bucketCount).map { bucket in
            let whole = series.integral(lower.rawValue, bucket: bucket)
            let part = series.integral(upper.rawValue, bucket: bucket)
            return whole > 0 ? Double(part) / Double(whole) : 0
        }
        return SeriesLine(means: means, peaks: means)
    }
}
