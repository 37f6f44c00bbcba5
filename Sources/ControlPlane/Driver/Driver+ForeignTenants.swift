import FleetModel
import Store

/// The quota tree of a backend that has it in objects of its own.
struct ForeignTenants {
    /// The tree as the backend wants it, by our ids of kinds; nil when it has none.
    var wanted: TenantTree?
    /// The names of all tenants that it ever had: others may have been made for jobs, and stay.
    /// Empty when the tree is made here.
    var named: Set<String> = []
    /// Why tenants of it are not in the tree, by full name.
    var absences: [String: String] = [:]
    /// Whether the tree is to be another one as soon as jobs are over.
    var isUnsettled = false
}

extension Driver {
    /// Takes in the quota tree that the backend wants from now on.
    func takeTenants(_ report: TenantsReport?) throws {
        guard let report else {
            guard !foreignTenants.named.isEmpty else { return }
            try settle(on: TenantTree())
            foreignTenants = ForeignTenants()
            return rememberForeignTenants()
        }
        foreignTenants.wanted = tree(of: report)
        let named = foreignTenants.named.count
        foreignTenants.named.formUnion(report.tree.tenants.map { report.tree.names[$0.id] })
        if foreignTenants.named.count != named { rememberForeignTenants() }
        foreignTenants.isUnsettled = true
        hasUntoldTenants = true
        try settleForeignTenants()
    }

    /// Takes over what another driver knew whose last inputs were not kept: the tree that it had
    /// made may be lost with them. One of kinds that are lost as well comes again.
    func takeOver(_ tenants: ForeignTenants) {
        foreignTenants = tenants
        let kinds = view.directory.fleet.kinds.count
        let isKnown = tenants.wanted?.tenants.allSatisfy { tenant in
            tenant.quotas.allSatisfy { $0.kind.index < kinds }
                && tenant.cells.allSatisfy { $0.kind.index < kinds }
        }
        if isKnown == false { foreignTenants.wanted = nil }
        foreignTenants.isUnsettled = foreignTenants.wanted != nil
        if !tenants.named.isEmpty { rememberForeignTenants() }
    }

    private func rememberForeignTenants() {
        let text = foreignTenants.named.sorted().joined(separator: "\n")
        pending.others.append { try $0.setMeta(Recovery.Fact.foreignTenants, text) }
    }

    /// Recalls which tenants the backend had before this start: its objects may have gone since.
    func recallForeignTenants() throws {
        let text = try store.read { try $0.meta(Recovery.Fact.foreignTenants) } ?? ""
        foreignTenants.named = Set(text.split(separator: "\n").map(String.init))
    }

    /// The tree by our ids of kinds. Kinds are known before their nodes are there, so that nobody
    /// has them without a limit for a moment.
    private func tree(of report: TenantsReport) -> TenantTree {
        var names = view.directory.fleet
        let kinds = report.kinds.map { kind -> AcceleratorKindID? in
            if let known = names.kinds.id(of: kind) { return known }
            guard names.kinds.count < FleetLimits.acceleratorKinds else { return nil }
            return intern(kind, &names.kinds, .kind)
        }
        if names.kinds.count != view.directory.fleet.kinds.count {
            view.directory.fleet = names
            hasStaleDoor = true
        }
        var tree = report.tree
        for index in tree.tenants.indices {
            tree.tenants[index].quotas = tree.tenants[index].quotas.compactMap { quota in
                guard let kind = kinds[quota.kind.index] else { return nil }
                var quota = quota
                quota.kind = kind
                return quota
            }
            tree.tenants[index].cells = tree.tenants[index].cells.compactMap { cell in
                guard let kind = kinds[cell.kind.index] else { return nil }
                var cell = cell
                cell.kind = kind
                return cell
            }
        }
        return tree
    }

    /// Makes the backend's tree the present one, as far as jobs let it, if that is not so yet.
    func settleForeignTenants() throws {
        guard foreignTenants.isUnsettled, let wanted = foreignTenants.wanted else { return }
        try settle(on: wanted)
    }

    private func settle(on wanted: TenantTree) throws {
        let settled = settled(wanted)
        if foreignTenants.absences != settled.absences { hasUntoldTenants = true }
        foreignTenants.absences = settled.absences
        foreignTenants.isUnsettled = settled.isUnsettled
        guard adopt(settled.tree).tenants != view.directory.tenants.tenants else { return }
        hasUntoldTenants = true
        do {
            try setTenants(settled.tree)
        } catch let error as OperatingError where error.code == .differentFleet {
            tell(
                EventRow(
                    kind: "tenantsChanged", at: now,
                    text: "the quota tree stays as it was: \(error.message)"))
        }
    }

    /// A tree as it can be now: tenants with jobs stay leaves, and those that are to go stay
    /// without numbers until their jobs are over. Leaves that were made for jobs stay.
    func settled(
        _ wanted: TenantTree
    ) -> (tree: TenantTree, absences: [String: String], isUnsettled: Bool) {
        let busy = busyTenants()
        var tree = TenantTree()
        tree.names = wanted.names
        var absences: [String: String] = [:]
        for tenant in wanted.tenants {
            let name = wanted.names[tenant.id]
            if let parent = tenant.parent.map({ wanted.names[$0] }) {
                guard absences[parent] == nil else {
                    absences[name] = absences[parent]
                    continue
                }
                guard !busy.contains(parent) else {
                    absences[name] = "'\(parent)' still has jobs of its own"
                    continue
                }
            }
            tree.tenants.append(tenant)
        }
        let present = Set(tree.tenants.map { tree.names[$0.id] })
        var isUnsettled = !absences.isEmpty
        for tenant in view.directory.tenants.tenants {
            let name = view.directory.tenant(tenant.id)
            guard !present.contains(name) else { continue }
            let isMadeForJobs =
                tenant.parent == nil && tenant.quotas.isEmpty && tenant.cells.isEmpty
                && view.directory.isLeaf[tenant.id.index] && !name.contains("/")
                && !foreignTenants.named.contains(name)
            guard isMadeForJobs || busy.contains(name) else { continue }
            _ = tree.leaf(named: name)
            if !isMadeForJobs { isUnsettled = true }
        }
        return (tree, absences, isUnsettled)
    }

    /// The full names of tenants whose jobs are not over.
    private func busyTenants() -> Set<String> {
        var ids: Set<TenantID> = []
        view.jobs.forEach { job in
            if !job.row.state.isOver { ids.insert(job.row.tenant) }
            return true
        }
        return Set(ids.map(view.directory.tenant))
    }

    // MARK: Words

    /// Use changes all the time, and whoever shows it suffers from writes.
    private static let pauseNanoseconds: Int64 = 5_000_000_000

    /// Orders to tell the backend of tenants: at once when there are others, and of their use every
    /// few seconds.
    func tellTenants(at monotonic: Int64) {
        guard hasUntoldTenants || monotonic - tenantsToldAt >= Driver.pauseNanoseconds else {
            return
        }
        (hasUntoldTenants, tenantsToldAt) = (false, monotonic)
        orders.append(.tenants(view, absences: foreignTenants.absences))
    }
}
