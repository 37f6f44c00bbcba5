import Documents
import FleetModel

/// What is different between the present quota tree and another one.
struct TenantDifference {
    private let before: TenantTree
    private let after: TenantTree
    private let fleet: FleetDefinition
    private let standings: TenantStandings

    /// Compares with a tree of the same names.
    init(_ after: TenantTree, _ view: FleetView) {
        before = view.directory.tenants
        self.after = after
        fleet = view.directory.fleet
        standings = TenantStandings(view)
    }

    /// One line for each tenant and kind.
    func lines() -> [String] {
        var lines: [String] = []
        let old = Dictionary(
            before.tenants.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let new = Set(after.tenants.map(\.id))
        for tenant in before.tenants where !new.contains(tenant.id) {
            lines.append("\(after.names[tenant.id]): taken away")
        }
        for tenant in after.tenants {
            let name = after.names[tenant.id]
            guard let known = old[tenant.id] else {
                lines.append("\(name): new")
                continue
            }
            for kind in 0..<fleet.kinds.count {
                let id = AcceleratorKindID(kind)
                let was = known.quotas.first { $0.kind == id }
                let now = tenant.quotas.first { $0.kind == id }
                if was != now {
                    lines.append("\(name), \(fleet.kinds[id]): \(text(was)) → \(text(now))")
                    if let excess = excess(tenant.id, was, now, id) {
                        lines.append("\(name), \(fleet.kinds[id]): \(excess)")
                    }
                }
            }
            if known.cells != tenant.cells { lines.append("\(name): other cells") }
            if known.parent != tenant.parent { lines.append("\(name): another parent") }
        }
        return lines
    }

    private func text(_ quota: QuotaSpec?) -> String {
        guard let quota else { return "no numbers" }
        return "guaranteed \(GPUText.gpus(milli: quota.guaranteedMilli)), "
            + (quota.limitMilli.map { "limit \(GPUText.gpus(milli: $0))" } ?? "no limit")
            + ", weight \(quota.weight)"
    }

    /// What a tenant uses of a kind beyond its new numbers, when it was within the old ones.
    private func excess(
        _ tenant: TenantID, _ was: QuotaSpec?, _ now: QuotaSpec?, _ kind: AcceleratorKindID
    ) -> String? {
        let used = standings[tenant].used[kind.index]
        func isNew(_ bound: Int64, _ old: Int64) -> Bool { used > bound && used <= old }
        if let limit = now?.limitMilli, isNew(limit, was?.limitMilli ?? .max) {
            return "uses \(GPUText.gpus(milli: used)), more than its limit from then on"
        }
        guard isNew(now?.guaranteedMilli ?? 0, was?.guaranteedMilli ?? 0) else { return nil }
        return "uses \(GPUText.gpus(milli: used)), more than its guarantee from then on"
    }
}
