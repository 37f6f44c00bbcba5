import FleetModel
import Store

/// Thousandths of GPUs that run and wait, by tenant, kept up as jobs change.
struct UsageBook: Sendable {
    /// In use, by tenant index.
    private(set) var allocated: [Int64]
    /// Asked for by jobs that wait, by tenant index.
    private(set) var waiting: [Int64]

    init(view: FleetView) {
        allocated = []
        waiting = []
        view.jobs.forEach { job in
            add(job)
            return true
        }
    }

    mutating func add(_ job: JobView) { count(job, 1) }
    mutating func remove(_ job: JobView) { count(job, -1) }

    private mutating func count(_ job: JobView, _ sign: Int64) {
        let tenant = job.row.tenant.index
        while allocated.count <= tenant {
            allocated.append(0)
            waiting.append(0)
        }
        // What is held is known by its members: a job that is just being started has none yet.
        if job.row.state.isPlaced, !job.members.isEmpty {
            allocated[tenant] += sign * job.row.gpuMilli
        } else if job.row.state.isWaiting {
            waiting[tenant] += sign * job.row.gpuMilli
        }
    }
}
