import FleetModel
import Store

/// What tenants use and wait for, those below them included. Amounts are thousandths of GPUs.
public struct TenantStandings: Sendable {
    /// One tenant.
    public struct Standing: Sendable {
        /// In use, by kind.
        public var used: [Int64]
        /// Asked for by jobs that wait, by kind.
        public var waiting: [Int64]
        /// Jobs that hold something.
        public var running = 0
        /// Jobs that wait.
        public var queued = 0
    }

    private var standings: [Standing]

    /// Adds up who uses what. O(jobs + nodes).
    public init(_ view: FleetView) {
        let kinds = view.directory.fleet.kinds.count
        standings = view.directory.tenants.names.names.map { _ in
            Standing(
                used: .init(repeating: 0, count: kinds), waiting: .init(repeating: 0, count: kinds))
        }
        let parents = TenantStandings.parents(view)
        var kindOfJob: [JobID: [Int64]] = [:]
        view.nodes.forEach { node in
            guard let kind = node.row.spec.kind else { return true }
            for occupant in node.occupants {
                kindOfJob[occupant.job, default: .init(repeating: 0, count: kinds)][kind.index] +=
                    occupant.gpuMilli
            }
            return true
        }
        view.jobs.forEach { job in
            guard !job.row.state.isOver else { return true }
            var tenant = job.row.tenant.index
            while tenant >= 0, tenant < standings.count {
                if job.row.state.isPlaced {
                    standings[tenant].running += 1
                    for (kind, milli) in (kindOfJob[job.row.id] ?? []).enumerated() {
                        standings[tenant].used[kind] += milli
                    }
                } else {
                    standings[tenant].queued += 1
                    // Which kind it gets is open when it takes several: the first of them counts.
                    let first = (0..<kinds).first { job.kinds.contains(AcceleratorKindID($0)) }
                    if let first { standings[tenant].waiting[first] += job.row.gpuMilli }
                }
                tenant = parents[tenant]
            }
            return true
        }
    }

    /// The standing of a tenant.
    public subscript(tenant: TenantID) -> Standing { standings[tenant.index] }

    private static func parents(_ view: FleetView) -> [Int] {
        var parents = view.directory.tenants.names.names.map { _ in -1 }
        for tenant in view.directory.tenants.tenants {
            parents[tenant.id.index] = tenant.parent?.index ?? -1
        }
        return parents
    }
}
