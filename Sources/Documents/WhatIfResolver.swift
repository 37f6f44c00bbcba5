import FleetModel

/// Gives the names in a list of changes their ids.
struct WhatIfResolver {
    private let scope: WhatIfDocument.Scope
    private let findings: Findings
    private var jobs: JobResolver
    private var units: QuotaUnits
    private var tenants: TenantTree
    private var nodeCount: Int
    /// What the changes so far came to.
    private(set) var resolved = WhatIfDocument.Resolved(changes: [], submitted: [])

    init(scope: WhatIfDocument.Scope, findings: Findings) {
        self.scope = scope
        self.findings = findings
        jobs = JobResolver(
            scope: NameScope(fleet: scope.fleet, tenants: scope.tenants), findings: findings)
        units = QuotaUnits(fleet: scope.fleet)
        tenants = scope.tenants
        nodeCount = scope.fleet.nodes.count
    }

    mutating func resolve(_ item: WhatIfDocument.Item) {
        switch item.kind {
        case .job(let edit): respecify(edit, item.line)
        case .submit(let job): submit(job, item.line)
        case .cancel(let names): for id in ids(names) { add(.cancel(id), item.line) }
        case .release(let names): for id in ids(names) { add(.release(id), item.line) }
        case .quota(let tenant, let edits): quota(tenant, edits, item.line)
        case .tenants(let entries): replace(entries, item.line)
        case .drain(let names): for id in nodes(names) { add(.drain(id), item.line) }
        case .resume(let names): for id in nodes(names) { add(.resume(id), item.line) }
        case .remove(let names): add(.removeNodes(nodes(names)), item.line)
        case .bringBack(let names):
            add(.addNodes(nodes(names).map { scope.fleet.nodes[$0.index] }), item.line)
        case .add(let name, let count): extend(name, count, item.line)
        case .unhealthy(let name, let devices): unhealthy(name, devices, item.line)
        case .policy(let order):
            var policy = scope.policy
            policy.queueOrder = order
            add(.policy(policy), item.line)
        }
    }

    private mutating func add(_ change: Change, _ line: Int) {
        resolved.changes.append(Located(change, line: line))
    }

    // MARK: Jobs

    private func ids(_ names: [Located<String>]) -> [JobID] { names.compactMap(id) }

    private func id(_ name: Located<String>) -> JobID? {
        if let id = scope.jobNamed(name.value) { return id }
        findings.reportUnknown("job", name.value, line: name.line, among: scope.jobNames)
        return nil
    }

    private mutating func respecify(_ edit: WhatIfDocument.JobEdit, _ line: Int) {
        guard let id = id(edit.name) else { return }
        guard var spec = scope.specification(id) else {
            findings.report(
                .invalidValue, line: line,
                "the job '\(edit.name.value)' is not submitted yet, or has ended",
                expected: "a job that is waiting or running at this time")
            return
        }
        resize(&spec, edit)
        if let names = edit.accelerators {
            let kinds = jobs.ids(names, "accelerator kind", scope.fleet.kinds)
            for role in spec.roles.indices { spec.roles[role].accelerators = kinds }
        }
        if let entry = edit.topology,
            let topology = jobs.constraint(entry, scope.fleet.topology)
        {
            spec.topology = topology
        }
        if let names = edit.pools { spec.pools = jobs.ids(names, "pool", scope.fleet.pools) }
        if let name = edit.tenant {
            if let tenant = scope.tenants.names.id(of: name.value) {
                spec.tenant = tenant
            } else {
                findings.reportUnknown(
                    "tenant", name.value, line: name.line, among: scope.tenants.names.names)
            }
        }
        spec.priority = edit.priority ?? spec.priority
        spec.preemptible = edit.preemptible ?? spec.preemptible
        spec.timeLimit = edit.timeLimit ?? spec.timeLimit
        add(.respecify(spec), line)
    }

    private func resize(_ spec: inout JobSpec, _ edit: WhatIfDocument.JobEdit) {
        guard let line = edit.members?.line ?? edit.gpus?.line else { return }
        guard spec.roles.count == 1 else {
            findings.report(
                .invalidValue, line: line,
                "the job '\(edit.name.value)' has \(spec.roles.count) roles",
                expected: "'members' and 'gpus' for a job with a single role")
            return
        }
        if let members = edit.members?.value {
            spec.roles[0].minimum = members.lowerBound
            spec.roles[0].maximum = members.upperBound
        }
        if let gpus = edit.gpus?.value {
            spec.roles[0].request = MemberRequest(
                devices: gpus, host: spec.roles[0].request.host)
        }
    }

    private mutating func submit(_ job: JobDocument, _ line: Int) {
        if scope.jobNamed(job.name.value) != nil || resolved.submitted.contains(job.name.value) {
            findings.report(
                .duplicateName, line: job.name.line, "there is a job '\(job.name.value)'",
                expected: "a new name")
        }
        let id = JobID(scope.nextJob.index + resolved.submitted.count)
        guard var spec = jobs.spec(of: job, id: id, origin: scope.now) else { return }
        for dependency in job.dependencies {
            guard let known = self.id(dependency.job) else { continue }
            spec.dependencies.append(
                Dependency(job: known, mustSucceed: dependency.mustSucceed))
        }
        resolved.submitted.append(job.name.value)
        add(.submit(spec), line)
    }

    // MARK: Quotas

    private mutating func quota(
        _ name: Located<String>, _ edits: [WhatIfDocument.QuotaEdit], _ line: Int
    ) {
        guard let tenant = tenants.names.id(of: name.value) else {
            findings.reportUnknown(
                "tenant", name.value, line: name.line, among: tenants.names.names)
            return
        }
        let resolver = TenantsResolver(
            document: TenantsDocument(file: findings.file, tenants: [], diagnostics: []),
            fleet: scope.fleet, findings: findings)
        for edit in edits {
            guard let kind = scope.fleet.kinds.id(of: edit.kind.value) else {
                findings.reportUnknown(
                    "accelerator kind", edit.kind.value, line: edit.kind.line,
                    among: scope.fleet.kinds.names)
                continue
            }
            var place = tenants.tenants[tenant.index].quotas.firstIndex { $0.kind == kind }
            if place == nil {
                place = tenants.tenants[tenant.index].quotas.count
                tenants.tenants[tenant.index].quotas.append(QuotaSpec(kind: kind))
            }
            guard let place else { continue }
            var numbers = tenants.tenants[tenant.index].quotas[place]
            func milli(_ amount: Located<QuotaAmount>?) -> Int64? {
                resolver.milli(amount, kind, edit.kind.value, &units)
            }
            numbers.guaranteedMilli = milli(edit.guaranteed) ?? numbers.guaranteedMilli
            numbers.limitMilli = milli(edit.limit) ?? numbers.limitMilli
            numbers.lendableMilli = milli(edit.lend) ?? numbers.lendableMilli
            numbers.weight = edit.weight ?? numbers.weight
            tenants.tenants[tenant.index].quotas[place] = numbers
            add(.quota(tenant, numbers), line)
        }
    }

    /// Another tree: tenants that are in the present one keep their ids.
    private mutating func replace(_ entries: [TenantEntry], _ line: Int) {
        let document = TenantsDocument(file: findings.file, tenants: entries, diagnostics: [])
        let own = Findings(file: findings.file)
        let tree = TenantsResolver(document: document, fleet: scope.fleet, findings: own).resolve()
        findings.take(own)
        guard let tree else { return }
        var names = scope.tenants.names
        let ids = tree.names.names.map { names.intern($0) }
        let specs = tree.tenants.map { spec in
            TenantSpec(
                id: ids[spec.id.index], parent: spec.parent.map { ids[$0.index] },
                quotas: spec.quotas, cells: spec.cells)
        }
        add(.tenants(specs), line)
    }

    // MARK: Nodes

    private func nodes(_ names: [Located<String>]) -> [NodeID] { names.compactMap(node) }

    private func node(_ name: Located<String>) -> NodeID? {
        if let id = scope.fleet.nodeNames.id(of: name.value) { return id }
        findings.reportUnknown(
            "node", name.value, line: name.line, among: scope.fleet.nodeNames.names)
        return nil
    }

    private mutating func extend(_ name: Located<String>, _ count: Int, _ line: Int) {
        guard let like = node(name) else { return }
        guard nodeCount + count <= FleetLimits.nodes else {
            findings.report(
                .invalidValue, line: line, "the fleet would have \(nodeCount + count) nodes",
                expected: "at most \(FleetLimits.nodes)")
            return
        }
        var added: [NodeSpec] = []
        for _ in 0..<count {
            var spec = scope.fleet.nodes[like.index]
            spec.id = NodeID(nodeCount)
            spec.unhealthyDevices = 0
            nodeCount += 1
            added.append(spec)
        }
        add(.addNodes(added), line)
    }

    private mutating func unhealthy(
        _ name: Located<String>, _ devices: [Located<Int>], _ line: Int
    ) {
        guard let id = node(name) else { return }
        let have = scope.fleet.nodes[id.index].devices
        for device in devices where device.value >= Int(have) {
            findings.report(
                .invalidValue, line: device.line,
                "the node '\(name.value)' has no device \(device.value)",
                expected: have == 0 ? "a node with devices" : "an index from 0 to \(have - 1)")
        }
        let bits = devices.reduce(UInt64(0)) { $0 | 1 << UInt64($1.value) }
        add(.setDeviceHealth(id, unhealthy: bits), line)
    }
}
