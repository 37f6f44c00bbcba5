import FleetModel
import Scheduler
import Store

extension Driver {
    /// What is looked at again once a second: what the free capacity is good for, and reserved
    /// places.
    func refreshSummary() {
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

    /// Deletes some of what is too old.
    func prune(_ retention: Retention) {
        let now = now
        pending.others.append { _ = try $0.prune(retention, at: now) }
    }
}
