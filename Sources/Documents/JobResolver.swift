import FleetModel

/// Gives the names in jobs their ids and refuses jobs that could never start.
struct JobResolver {
    let scope: NameScope
    var findings: Findings
    /// The tree that tenants are looked up in, or grow in when the scope is open.
    private(set) var tree = TenantTree()
    private var isLeaf: [Bool] = []
    private var leafNames: [String] = []
    private var capacity: GangCapacity?

    init(scope: NameScope, findings: Findings) {
        self.scope = scope
        self.findings = findings
        capacity = scope.fleet.map(GangCapacity.init)
        guard case .tree(let tree) = scope.tenants else { return }
        self.tree = tree
        // By id, and names of tenants that are gone keep theirs.
        isLeaf = [Bool](repeating: false, count: tree.names.count)
        for tenant in tree.tenants { isLeaf[tenant.id.index] = true }
        for tenant in tree.tenants {
            if let parent = tenant.parent { isLeaf[parent.index] = false }
        }
        for (index, name) in tree.names.names.enumerated() where isLeaf[index] {
            leafNames.append(name)
        }
    }

    /// Forgets which gangs the fleet could hold.
    mutating func forgetShapes() { capacity = scope.fleet.map(GangCapacity.init) }

    /// The job without its dependencies and its family; nil when names in it cannot be resolved.
    mutating func spec(of job: JobDocument, id: JobID, origin: Instant) -> JobSpec? {
        let before = findings.count
        let tenant = tenant(of: job)
        guard !job.roles.isEmpty else { return nil }
        checkSlice(job)
        guard let fleet = scope.fleet else { return nil }
        let roles = job.roles.map { role in
            RoleSpec(
                count: role.minimum, maximum: role.maximum, request: role.request,
                accelerators: ids(role.accelerators, "accelerator kind", fleet.kinds))
        }
        let pools = ids(job.pools, "pool", fleet.pools)
        let topology = constraint(job.topology, fleet.topology)
        guard findings.count == before, let topology else { return nil }
        reportShortfall(job, roles, pools, topology)
        guard let tenant else { return nil }
        return JobSpec(
            id: id, tenant: tenant, priority: job.priority, preemptible: job.preemptible,
            roles: roles, topology: topology, pools: pools, timeLimit: job.timeLimit,
            expectedDuration: job.expectedDuration, checkpointPeriod: job.checkpointPeriod,
            restartCost: job.restartCost, minimumRunTime: job.minimumRunTime,
            retries: job.retries, held: job.held, notBefore: job.notBefore.map { origin + $0 })
    }

    // MARK: Names

    private mutating func tenant(of job: JobDocument) -> TenantID? {
        switch scope.tenants {
        case .unknown: return nil
        case .open: return tree.leaf(named: job.tenant?.value ?? JobsDocument.defaultTenant)
        case .tree: break
        }
        guard let name = job.tenant else {
            if leafNames.count == 1 { return tree.names.id(of: leafNames[0]) }
            findings.report(
                .missingKey, line: job.line, "the job '\(job.name.value)' has no 'tenant'",
                expected: Findings.listing(leafNames))
            return nil
        }
        if name.value.isEmpty { return nil }
        let id = tree.names.id(of: name.value)
        if let id, isLeaf[id.index] { return id }
        guard let id, tree.tenants.contains(where: { $0.id == id }) else {
            findings.reportUnknown(
                "tenant", name.value, line: name.line, among: leafNames)
            return nil
        }
        let below = leafNames.filter { $0.hasPrefix(name.value + "/") }
        findings.report(
            .invalidValue, line: name.line, "the tenant '\(name.value)' has tenants below it",
            expected: Findings.listing(below), hint: "only leaves of the quota tree submit jobs")
        return nil
    }

    func ids<ID: DenseID>(
        _ names: [Located<String>]?, _ what: String, _ table: NameTable<ID>
    ) -> SmallIDSet<ID> {
        guard let names else { return .all }
        var set = SmallIDSet<ID>(bits: 0)
        for name in names {
            if let id = table.id(of: name.value) {
                set.insert(id)
            } else {
                findings.reportUnknown(what, name.value, line: name.line, among: table.names)
            }
        }
        return set
    }

    private func level(_ name: Located<String>, _ topology: Topology) -> LevelIndex? {
        if let level = topology.level(named: name.value) { return level }
        findings.reportUnknown(
            "topology level", name.value, line: name.line, among: topology.levels.map(\.name))
        return nil
    }

    // MARK: Topology

    func constraint(_ entry: TopologyEntry, _ topology: Topology) -> TopologyConstraint? {
        var constraint = TopologyConstraint()
        switch entry.preference {
        case .closest: break
        case .required(let name):
            guard let level = level(name, topology) else { return nil }
            constraint.preference = .required(level)
        case .preferred(let name):
            guard let level = level(name, topology) else { return nil }
            constraint.preference = .preferred(level)
        case .relaxing(let name, let after, let then):
            guard let level = level(name, topology) else { return nil }
            var coarser: LevelIndex?
            if let then {
                guard let found = self.level(then, topology) else { return nil }
                if found >= level {
                    findings.report(
                        .invalidValue, line: then.line,
                        "'then' is '\(then.value)', which is no coarser than '\(name.value)'",
                        expected: level.index == 0
                            ? "any"
                            : "any, or one of "
                                + topology.levels.prefix(level.index).map(\.name)
                                .joined(separator: ", "))
                }
                coarser = found
            }
            constraint.preference = .relaxing(level, after: after, then: coarser)
        }
        if let slice = entry.slice {
            guard let level = level(slice.level, topology) else { return nil }
            constraint.slice = TopologySlice(members: slice.members.value, level: level)
        }
        return constraint
    }

    private func checkSlice(_ job: JobDocument) {
        guard let slice = job.topology.slice else { return }
        let size = slice.members.value
        for role in job.roles {
            for count in Set([role.minimum, role.maximum]).sorted() where count % size != 0 {
                findings.report(
                    .invalidValue, line: slice.members.line,
                    "slices of \(size) members do not divide the \(count) members of"
                        + " '\(role.name)'",
                    expected: "a divisor of \(count)")
            }
        }
    }

    // MARK: Capacity

    private mutating func reportShortfall(
        _ job: JobDocument, _ roles: [RoleSpec], _ pools: PoolSet, _ topology: TopologyConstraint
    ) {
        let level: LevelIndex? =
            switch topology.preference {
            case .required(let level): level
            case .relaxing(_, _, let then): then
            case .closest, .preferred: nil
            }
        let shortfall = capacity?.shortfall(
            GangCapacity.Gang(roles: roles, pools: pools, level: level, slice: topology.slice))
        guard let shortfall, let fleet = scope.fleet else { return }
        let name = level.map { fleet.topology.levels[$0.index].name }
        let place = name.map { "one \($0)" } ?? "the whole fleet"
        let start = "the job '\(job.name.value)' can never start: "
        switch shortfall {
        case .noNode(let role, let devices):
            let entry = job.roles[role]
            let isTooWide = Int64(entry.request.devices) > devices
            findings.report(
                .unplaceable, line: entry.line,
                start + "no node holds one member of '\(entry.name)'",
                expected: isTooWide
                    ? "at most \(devices) GPUs a member"
                    : "a member that fits on a node of its pools and accelerator kinds",
                hint: isTooWide ? "give it more members with fewer GPUs each" : "")
        case .members(let role, let have):
            let entry = job.roles[role]
            findings.report(
                .unplaceable, line: entry.line,
                start + "it needs \(entry.minimum) members of '\(entry.name)' in \(place), which"
                    + " holds \(have)" + (name == nil ? "" : " at most"),
                expected: "at most \(have) members",
                hint: name == nil ? "" : "write 'preferred', or require a coarser level")
        case .together:
            findings.report(
                .unplaceable, line: job.line,
                start + "its roles do not fit together into \(place)",
                expected: "fewer or smaller members",
                hint: name == nil ? "" : "write 'preferred', or require a coarser level")
        }
    }
}
