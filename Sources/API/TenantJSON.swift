import ControlPlane
import FleetModel
import Store

/// Writes the quota tree with its use.
public struct TenantJSON {
    private let view: FleetView
    private let capacity: [Int64]
    private let standings: TenantStandings

    /// Adds up who uses what. O(jobs + nodes).
    public init(_ view: FleetView, _ figures: FleetFigures) {
        self.view = view
        capacity = figures.kinds.map(\.schedulable)
        standings = TenantStandings(view)
    }

    /// All tenants, parents before children.
    public func writeAll(to json: inout JSONBytes) {
        json.array(view.directory.tenants.tenants) { json, tenant in write(tenant, to: &json) }
    }

    /// One tenant.
    public func write(_ tenant: TenantSpec, to json: inout JSONBytes) {
        let standing = standings[tenant.id]
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
