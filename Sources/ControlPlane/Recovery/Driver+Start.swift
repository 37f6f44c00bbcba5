import Documents
import FleetModel
import HealthControl
import Scheduler
import Store

extension Driver {
    /// Compares the backend's nodes with those that are known: takes in new ones, and those that
    /// are back or gone.
    func takeInventory(
        _ inventory: FleetDefinition, _ facts: [NodeID: HardwareFacts] = [:]
    ) throws {
        var names = view.directory.fleet
        nodeOfBackend = []
        backendOfNode = [:]
        var joined: [NodeSpec] = []
        var back: [NodeID] = []
        var changed: [NodeSpec] = []
        var isThere: Set<NodeID> = []
        for foreign in inventory.nodes {
            let name = inventory.nodeNames[foreign.id]
            let spec = adopt(foreign, of: inventory, named: name, into: &names)
            nodeOfBackend.append(spec.id)
            backendOfNode[spec.id] = foreign.id
            isThere.insert(spec.id)
            if let facts = facts[foreign.id] { note(facts, of: spec.id, from: .backend) }
            guard let known = view.nodes[spec.id.index] else {
                names.nodes.append(spec)
                view.nodes[spec.id.index] = NodeView(row: NodeRow(spec: spec, since: now))
                pending.changedNodes.insert(spec.id)
                joined.append(spec)
                continue
            }
            // What the backend said of its nodes before is what it says of them now.
            if known.row.isClosed { try take(.resume(spec.id, detail: "")) }
            try take(.deviceHealth(spec.id, unhealthy: foreign.unhealthyDevices, detail: ""))
            if known.row.spec.hasSameHardware(as: spec) {
                if !known.row.isPresent { back.append(spec.id) }
                continue
            }
            // Other devices under the same name: what ran there is gone with the old machine.
            let isSameMachine =
                known.row.spec.kind == spec.kind && known.row.spec.devices == spec.devices
            if known.row.isPresent, !isSameMachine {
                try take(.nodesLost([spec.id], detail: "was replaced"))
            }
            names.nodes[spec.id.index] = spec
            view.nodes.modify(spec.id.index) { $0.row.spec = spec }
            pending.changedNodes.insert(spec.id)
            if known.row.isPresent, isSameMachine {
                changed.append(spec)
            } else {
                back.append(spec.id)
            }
        }
        view.directory.fleet = names
        if !joined.isEmpty {
            try add(joined)
            tell(
                EventRow(
                    kind: "nodeJoined", at: now,
                    node: joined.count == 1
                        ? view.directory.node(joined[0].id) : nil,
                    text: joined.count == 1
                        ? "joins the fleet" : "\(joined.count) nodes join the fleet"))
        }
        if !changed.isEmpty { try apply(.updateNodes(changed)) }
        if !back.isEmpty { try take(.nodesJoined(back)) }
        for node in isThere.sorted() { arrive(node) }
        var gone: [NodeID] = []
        var closed: [NodeID] = []
        view.nodes.forEach { node in
            guard !isThere.contains(node.row.spec.id) else { return true }
            if node.row.isPresent { gone.append(node.row.spec.id) }
            if node.row.isClosed { closed.append(node.row.spec.id) }
            return true
        }
        // Should they come back, the backend says again if they are closed then.
        for node in closed { try take(.resume(node, detail: "")) }
        if !gone.isEmpty { try take(.nodesLost(gone, detail: "the backend does not know it")) }
        door = JobDoor(fleet: view.directory.fleet, tenants: view.directory.tenants)
    }

    /// A node of the backend with our ids; new names are kept.
    private func adopt(
        _ foreign: NodeSpec, of inventory: FleetDefinition, named name: String,
        into names: inout FleetDefinition
    ) -> NodeSpec {
        return NodeSpec(
            id: intern(name, &names.nodeNames, .node),
            pool: intern(inventory.pools[foreign.pool], &names.pools, .pool),
            kind: foreign.kind.map { intern(inventory.kinds[$0], &names.kinds, .kind) },
            devices: foreign.devices, unhealthyDevices: foreign.unhealthyDevices,
            host: foreign.host,
            domains: foreign.domains.map {
                intern(inventory.domains[$0], &names.domains, .domain)
            })
    }

    /// Applies the quota tree of a file if it is another one than last time; a new folder without
    /// one gets the tenant `default`.
    func takeTenants(
        _ tenants: (source: String, digest: String)?, isNew: Bool, store: Store
    ) throws {
        guard let tenants else {
            guard isNew else { return }
            var tree = TenantTree()
            _ = tree.leaf(named: JobsDocument.defaultTenant)
            return try setTenants(tree)
        }
        let known = try store.read { try $0.meta(Recovery.Fact.tenantsFile) }
        guard known != tenants.digest else { return }
        let document = TenantsDocument.parse(SourceText(tenants.source, file: "tenants"))
        switch document.resolve(fleet: view.directory.fleet) {
        case .success(let tree): try setTenants(tree)
        case .failure(let list):
            throw OperatingError(refused: "the tenants file", list.diagnostics)
        }
        pending.others.append {
            try $0.setMeta(Recovery.Fact.tenantsFile, tenants.digest)
        }
    }

    /// Makes a quota tree the present one. Throws `M0704` when the engine refuses it.
    func setTenants(_ tree: TenantTree) throws {
        let adopted = adopt(tree)
        try apply(.setTenants(adopted.tenants))
        guard engine.has(adopted.tenants) else {
            throw Driver.treeRefusal
        }
        let known = view.directory.tenants.names.count
        for (index, name) in adopted.names.names.enumerated().dropFirst(known) {
            pending.names.append(PendingWrites.NewName(kind: .tenant, id: index, name: name))
        }
        view.directory.tenants = adopted
        view.directory.noteTenants()
        door = JobDoor(fleet: view.directory.fleet, tenants: view.directory.tenants)
        let text = TenantBytes.text(adopted.tenants)
        pending.others.append { try $0.setMeta(Recovery.Fact.tenants, text) }
        pending.hasNewTenants = true
        // Cells come and go with their tenants.
        noteSpares(isUrgent: true)
        hasUntoldTenants = true
        tell(
            EventRow(
                kind: "tenantsChanged", at: now,
                text: "the quota tree has \(counted(adopted.tenants.count, "tenant"))"))
    }

    /// A tree with our ids: known names keep theirs.
    func adopt(_ tree: TenantTree) -> TenantTree {
        var adopted = TenantTree()
        adopted.names = view.directory.tenants.names
        for tenant in tree.tenants {
            adopted.tenants.append(
                TenantSpec(
                    id: adopted.names.intern(tree.names[tenant.id]),
                    parent: tenant.parent.map { adopted.names.intern(tree.names[$0]) },
                    quotas: tenant.quotas, cells: tenant.cells))
        }
        return adopted
    }

    /// Says that the control plane is there.
    func tellStart(replayed: Int, isNew: Bool) {
        tell(
            EventRow(
                kind: "controlPlane", at: now,
                text: isNew
                    ? "started in a new data folder"
                    : "started again; \(counted(replayed, "input")) replayed"))
    }

    // MARK: What should run

    /// The gangs that hold devices, with what they were launched with.
    func expectedGangs(
        _ launch: (JobID, Attempt, [RankedMember], LaunchFacts) throws -> GangLaunch
    ) throws -> [ExpectedGang] {
        var gangs: [ExpectedGang] = []
        var placed: [JobView] = []
        view.jobs.forEach { job in
            if job.row.state.isPlaced { placed.append(job) }
            return true
        }
        for job in placed {
            let launch = try launch(job.row.id, job.row.attempt, job.members, facts(job.row))
            let phase: ExpectedGang.Phase =
                switch job.row.state {
                case .starting: .starting
                case .stopping: .stopping
                default: .running
                }
            gangs.append(
                ExpectedGang(
                    launch: launch, phase: phase, startedAt: job.row.startedAt ?? .zero))
        }
        return gangs
    }

    /// The order behind a directive that nobody has confirmed; nil when there is nothing to do any
    /// more.
    func order(of directive: Directive) -> DriverOrder? {
        switch directive {
        case .start(let job, let attempt, let placements):
            // One that is to stop already must not begin because of an order of before.
            guard let present = current(job, attempt), present.row.state == .starting else {
                return nil
            }
            let members = placements.enumerated().map {
                RankedMember(rank: Int32($0.offset), placement: $0.element)
            }
            return .start(job, attempt, members: members, facts: facts(present.row))
        case .stop(let job, let attempt, let reason):
            return current(job, attempt).map { _ in .stop(job, attempt, reason) }
        case .shrink(let job, let attempt, let resize, _):
            // The recovery has gathered those that nobody has confirmed.
            guard current(job, attempt) != nil, let leaving = leaving[job],
                leaving.resize == resize
            else { return nil }
            return .shrink(job, attempt, resize, ranks: leaving.ranks.map { Int($0) })
        case .grow(let job, let attempt, let resize, let placements):
            guard let present = current(job, attempt) else { return nil }
            let ranks = Driver.ranks(of: placements, among: present.members)
            return .grow(
                job, attempt, resize, members: present.members, ranks: ranks.map { Int($0) },
                facts: facts(present.row))
        case .wait, .requeue, .end, .reject, .wake, .estimate: return nil
        }
    }

    private func current(_ job: JobID, _ attempt: Attempt) -> JobView? {
        guard let present = view.jobs[job.index], present.row.attempt == attempt,
            present.row.state.isPlaced
        else { return nil }
        return present
    }
}

extension NodeSpec {
    /// Whether it is the same machine for all that matters to placement.
    fileprivate func hasSameHardware(as other: NodeSpec) -> Bool {
        pool == other.pool && kind == other.kind && devices == other.devices && host == other.host
            && domains == other.domains
    }
}
