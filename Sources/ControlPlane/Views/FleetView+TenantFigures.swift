import FleetModel

extension FleetView {
    /// All tenants with their use, and those that cannot be in the tree now with the reason, by
    /// name. O(jobs + nodes).
    func tenantFigures(absences: [String: String]) -> [TenantFigures] {
        let standings = TenantStandings(self)
        var figures = directory.tenants.tenants.map { tenant in
            let standing = standings[tenant.id]
            return TenantFigures(
                name: directory.tenant(tenant.id), isLeaf: directory.isLeaf[tenant.id.index],
                hasNumbers: !tenant.quotas.isEmpty || !tenant.cells.isEmpty,
                kinds: directory.fleet.kinds.names.enumerated().compactMap { index, kind in
                    let quota = tenant.quotas.first { $0.kind.index == index }
                    let used = standing.used[index]
                    guard quota != nil || used > 0 else { return nil }
                    return TenantFigures.Kind(
                        name: kind, usedMilli: used, guaranteedMilli: quota?.guaranteedMilli ?? 0,
                        limitMilli: quota?.limitMilli)
                }, running: standing.running, waiting: standing.queued)
        }
        for (name, why) in absences.sorted(by: { $0.key < $1.key }) {
            figures.append(TenantFigures(name: name, absence: why))
        }
        return figures
    }
}
