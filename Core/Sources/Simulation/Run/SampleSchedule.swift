import FleetModel

/// When to look at the whole fleet, which costs O(nodes), in a run of unknown length.
///
/// A thousand looks are meant for the time that the run takes at least: the submissions, or the
/// work offered over what the fleet can do. From then on the period doubles with every 64 looks, so
/// that a run a thousand times as long takes fewer than two thousand.
struct SampleSchedule: Sendable {
    /// Looks taken so far.
    private(set) var count = 0
    private var period: Int64
    private var next = Instant.zero

    /// Looks in the time that a run takes at least.
    static let planned = 1000
    /// Looks after those until the period doubles.
    static let perDoubling = 64
    private static let shortest: Int64 = 1_000_000_000

    /// Plans the looks at a run of `workload` on so many devices. O(jobs).
    init(workload: Workload, devices: Int64) {
        var demand = Int128(0)
        for job in workload.jobs {
            demand += Int128(job.spec.minimumGPUMilli) * Int128(max(0, job.runTime.nanoseconds))
        }
        let offered = Int64(clamping: demand / Int128(max(1, devices) * 1000))
        let submissions = workload.jobs.last?.submit.nanoseconds ?? 0
        period = max(SampleSchedule.shortest, max(offered, submissions) / Int64(Self.planned))
    }

    /// Whether it is time for a look.
    func isDue(at instant: Instant) -> Bool { instant >= next }

    /// Takes note of a look.
    mutating func looked(at instant: Instant) {
        count += 1
        if count > Self.planned, (count - Self.planned) % Self.perDoubling == 0 {
            period = period.multipliedReportingOverflow(by: 2).overflow ? .max : period * 2
        }
        next = instant + TimeSpan(nanoseconds: period)
    }
}
