import FleetModel
import Scheduler
import Store

extension Driver {
    /// What is looked at again once a second: what the free capacity is good for, and reserved
    /// places.
    func refreshSummary() {
        if hasNewHealth { showsHealth = true }
        view.summary = engine.summary()
        let before = Set(view.reservations.flatMap(\.outlook.nodes))
        view.reservations = engine.reservedPlaces()
        var holders: [NodeID: JobID] = [:]
        for place in view.reservations {
            for node in place.outlook.nodes where holders[node] == nil { holders[node] = place.job }
        }
        for node in before.union(holders.keys) {
            let holder = holders[node]
            guard view.nodes[node.index]?.reservedFor != holder else { continue }
            view.nodes.modify(node.index) { $0.reservedFor = holder }
            pending.touchedNodes.insert(node)
        }
    }

    /// Keeps a sample of who uses what, for the present step of each length.
    func sampleUsage() {
        let capacity = engine.schedulableMilli
        var rows: [(TenantID?, Int64, Int64)] = [
            (nil, usage.allocated.reduce(0, +), usage.waiting.reduce(0, +))
        ]
        for tenant in usage.allocated.indices
        where usage.allocated[tenant] != 0 || usage.waiting[tenant] != 0 {
            rows.append((TenantID(tenant), usage.allocated[tenant], usage.waiting[tenant]))
        }
        let now = now
        pending.others.append { transaction in
            for step in Driver.usageSteps {
                let at = Instant(
                    nanoseconds: now.nanoseconds / step.nanoseconds * step.nanoseconds)
                for (tenant, allocated, waiting) in rows {
                    try transaction.putUsage(
                        UsageRow(
                            at: at, tenant: tenant, capacityMilli: capacity,
                            allocatedMilli: allocated, waitingMilli: waiting), step: step)
                }
            }
        }
    }

    /// The steps of the kept samples.
    static let usageSteps: [TimeSpan] = [.seconds(60), .seconds(3600)]

    /// Deletes some of what is too old, more at a time while there is more than a step takes.
    func prune(_ retention: Retention) {
        dropForgotten()
        let now = now
        var step = retention
        step.rowsPerStep = retention.rowsPerStep << pruneHaste
        let lastEvent = nextEvent - 1
        pending.others.append { [unowned self] transaction in
            let pruned = try transaction.prune(step, at: now)
            // Numbers of events go on even when all of them are too old.
            try transaction.setMeta(Recovery.Fact.lastEvent, String(lastEvent))
            forgotten += pruned.jobs
            orders += pruned.jobs.map { .forget($0) }
            hasMoreToPrune = pruned.hasMore
            pruneHaste = pruned.hasMore ? min(pruneHaste + 1, Driver.mostHaste) : 0
        }
    }

    /// Doublings of a step: sixteen times the rows, some tens of milliseconds.
    private static let mostHaste = 4

    /// Takes jobs out of the view that were deleted.
    private func dropForgotten() {
        for job in forgotten {
            guard let row = view.jobs[job.index]?.row else { continue }
            view.counts[row.state.rawValue] -= 1
            view.jobs[job.index] = nil
            pending.changedJobs.remove(job)
        }
        forgotten.removeAll()
    }
}
