import ControlPlane
import FleetModel
import Store

/// Writes the quota tree with its use.
public struct TenantJSON {
    private struct Standing {
        var used: [Int64]
        var waiting: [Int64]
        var running = 0
        var queued = 0
    }

    private let view: FleetView
    private let capacity: [Int64]
    private var standings: [Standing]

    /// Adds up who uses what. O(jobs + nodes).
    public init(_ view: FleetView, _ figures: FleetFigures) {
        self.view = view
        let kinds = view.directory.fleet.kinds.count
        capacity = figures.kinds.map(\.schedulable)
        standings = view.directory.tenants.names.names.map { _ in
            Standing(
                used: .init(repeating: 0, count: kinds), waiting: .init(repeating: 0, count: kinds))
        }
        let parents = TenantJSON.parents(view)
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

    private static func parents(_ view: FleetView) -> [Int] {
        var parents = view.directory.tenants.names.names.map { _ in -1 }
        for tenant in view.directory.tenants.tenants {
            parents[tenant.id.index] = tenant.parent?.index ?? -1
        }
        return parents
    }

    /// All tenants, parents before children.
    public func writeAll(to json: inout JSONBytes) {
        json.array(view.directory.tenants.tenants) { json, tenant in write(tenant, to: &json) }
    }

    /// One tenant.
    public func write(_ tenant: TenantSpec, to json: inout JSONBytes) {
        let standing = standings[tenant.id.index]
        let directory = view.directory
        json.object { json in
            json.member("name", directory.tenant(tenant.id))
            json.member("parent", tenant.parent.map { directory.tenant($0) })
            json.member("isLeaf", directory.isLeaf[tenant.id.index])
            json.key("quotas")
            json.array(0..<directory.fleet.kinds.count) { json, kind in
                let id = AcceleratorKindID(kind)
                let quota = tenant.quotas.first { $0.kind == id } ?? QuotaSpec(kind: id)
                let used = standing.used[kind]
                json.object { json in
                    json.member("kind", directory.fleet.kinds[id])
                    json.member("guaranteed", milli: quota.guaranteedMilli)
                    json.key("limit")
                    if let limit = quota.limitMilli { json.milli(limit) } else { json.null() }
                    json.key("lendable")
                    if let lend = quota.lendableMilli { json.milli(lend) } else { json.null() }
                    json.member("weight", quota.weight)
                    json.member("used", milli: used)
                    json.member("borrowed", milli: max(0, used - quota.guaranteedMilli))
                    json.member("waiting", milli: standing.waiting[kind])
                    json.member(
                        "share", milli: capacity[kind] > 0 ? used * 1000 / capacity[kind] : 0)
                }
            }
            json.key("cells")
            json.array(tenant.cells) { json, cell in
                json.object { json in
                    json.member("kind", directory.fleet.kinds[cell.kind])
                    json.member(
                        "level", directory.fleet.topology.levels[cell.level.index].name)
                    json.member("count", cell.count)
                }
            }
            json.member("running", standing.running)
            json.member("waiting", standing.queued)
        }
    }
}
