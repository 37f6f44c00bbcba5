import Documents
import FleetModel
import Scheduler
import Store

// What a backend tells that does not make its fleet and its jobs itself.
extension Driver {
    /// Takes in nodes as they are now: new ones, known ones that have changed, and those that are
    /// back.
    func takeNodes(_ reports: [NodeReport]) throws {
        var joined: [NodeSpec] = []
        var changed: [NodeSpec] = []
        var names = view.directory.fleet
        var hasOtherNodes = false
        for report in reports {
            guard report.path.count == names.topology.domainLevelCount else { continue }
            let spec = spec(of: report, names: &names)
            note(report.id, is: spec.id)
            guard let known = view.nodes[spec.id.index] else {
                names.nodes.append(spec)
                view.nodes[spec.id.index] = NodeView(row: NodeRow(spec: spec, since: now))
                pending.changedNodes.insert(spec.id)
                joined.append(spec)
                hasOtherNodes = true
                continue
            }
            let isSameMachine =
                known.row.spec.kind == spec.kind && known.row.spec.devices == spec.devices
            if known.row.isPresent, !isSameMachine, !known.occupants.isEmpty {
                try take(.nodesLost([spec.id], detail: "was replaced"))
            }
            if known.row.spec != spec {
                names.nodes[spec.id.index] = spec
                view.nodes.modify(spec.id.index) { $0.row.spec = spec }
                pending.changedNodes.insert(spec.id)
                hasOtherNodes = true
                if known.row.isPresent { changed.append(spec) }
            }
        }
        // Gathering the names anew costs as much as there are domains, and so does a door.
        if hasOtherNodes {
            view.directory.fleet = names
            hasStaleDoor = true
        }
        for report in reports {
            if let facts = report.hardware { note(facts, of: own(report.id), from: .backend) }
        }
        if !joined.isEmpty { try add(joined) }
        for spec in joined {
            tell(
                EventRow(
                    kind: "nodeJoined", at: now, node: view.directory.node(spec.id),
                    text: "joins the fleet"))
        }
        if !changed.isEmpty { try apply(.updateNodes(changed)) }
        for report in reports where own(report.id).rawValue >= 0 { arrive(own(report.id)) }
        let back = reports.compactMap { view.directory.fleet.nodeNames.id(of: $0.name) }
            .filter { view.nodes[$0.index].map { !$0.row.isPresent } ?? false }
        if !back.isEmpty { try take(.nodesJoined(back)) }
        for report in reports {
            guard let id = view.directory.fleet.nodeNames.id(of: report.name) else { continue }
            try take(.deviceHealth(id, unhealthy: report.unhealthy, detail: ""))
        }
    }

    private func spec(of report: NodeReport, names: inout FleetDefinition) -> NodeSpec {
        let domains = FleetDefinition.domainNames(report.path)
            .map { intern($0, &names.domains, .domain) }
        return NodeSpec(
            id: intern(report.name, &names.nodeNames, .node),
            pool: intern(report.pool, &names.pools, .pool),
            kind: report.devices > 0
                ? report.kind.map { intern($0, &names.kinds, .kind) } : nil,
            devices: report.devices, unhealthyDevices: 0, host: report.host, domains: domains)
    }

    /// Remembers what the backend calls a node.
    private func note(_ foreign: NodeID, is own: NodeID) {
        while nodeOfBackend.count <= foreign.index { nodeOfBackend.append(NodeID(rawValue: -1)) }
        guard nodeOfBackend[foreign.index] != own else { return }
        nodeOfBackend[foreign.index] = own
        backendOfNode[own] = foreign
        hasNewTranslation = true
    }

    /// Our id of one of the backend's nodes; one that no node has for a stranger.
    func own(_ foreign: NodeID) -> NodeID {
        nodeOfBackend.indices.contains(foreign.index)
            ? nodeOfBackend[foreign.index] : NodeID(rawValue: -1)
    }

    /// Takes in which nodes a rule admits, and would rather have; node ids are ours.
    func takeRule(_ name: String, admits: [NodeID], prefers: [NodeID]) throws {
        guard let rule = try rule(named: name) else { return }
        ruleUses.touch(rule)
        try apply(.setRule(rule, nodes: admits.filter { $0.rawValue >= 0 }))
        let preferred = prefers.filter { $0.rawValue >= 0 }
        if preferred.isEmpty, !engine.hasPreference(rule) { return }
        try apply(.preferNodes(rule, nodes: preferred))
    }

    /// The id of a rule. When all are given out, one that no open job has becomes this one; nil
    /// when there is none.
    private func rule(named name: String) throws -> NodeRuleID? {
        if let known = view.directory.rules.id(of: name) { return known }
        let count = view.directory.rules.count
        guard count >= ruleLimit else {
            return intern(name, &view.directory.rules, .rule)
        }
        guard let idle = ruleUses.longestIdle(of: count) else { return nil }
        try apply(.setRule(idle, nodes: []))
        if engine.hasPreference(idle) { try apply(.preferNodes(idle, nodes: [])) }
        rename(idle, name, &view.directory.rules, .rule)
        return idle
    }

    /// The id of something that a node has once. Only so many are told apart: beyond them one that
    /// no open job has becomes this one, and when there is none two count as the same.
    private func exclusive(named name: String) -> ExclusiveID {
        if let known = view.directory.exclusives.id(of: name) { return known }
        guard view.directory.exclusives.count >= FleetLimits.exclusives,
            let idle = exclusiveUses.longestIdle(of: FleetLimits.exclusives)
        else { return intern(name, &view.directory.exclusives, .exclusive) }
        rename(idle, name, &view.directory.exclusives, .exclusive)
        return idle
    }

    private func rename<ID: DenseID>(
        _ id: ID, _ name: String, _ table: inout NameTable<ID>, _ kind: NameKind
    ) {
        table.rename(id, to: name)
        pending.names.append(PendingWrites.NewName(kind: kind, id: id.index, name: name))
    }

    /// Remembers which rules and exclusives an open job of the backend has.
    func noteUses(of spec: JobSpec) {
        for role in spec.roles {
            if let rule = role.rule { ruleUses.add(rule, by: spec.id) }
            let bits = role.request.host.exclusives.available
            for index in 0..<FleetLimits.exclusives where bits & 1 << UInt64(index) != 0 {
                exclusiveUses.add(ExclusiveID(index), by: spec.id)
            }
        }
    }

    /// The id of a name, which is kept when it is new.
    func intern<ID: DenseID>(
        _ text: String, _ table: inout NameTable<ID>, _ kind: NameKind
    ) -> ID {
        let count = table.count
        let id = table.intern(text)
        if id.index == count {
            pending.names.append(PendingWrites.NewName(kind: kind, id: count, name: text))
        }
        return id
    }

    // MARK: Jobs

    /// Takes in a job that the backend found, and lets those go that stand in its place; places are
    /// by our ids of nodes.
    func take(found job: FoundJob) throws {
        let displaced = job.displaced.compactMap { other in
            foundJobs[other.key].map { (other: other, id: $0) }
        }
        for (other, id) in displaced { departures[id] = other.departure }
        defer { for (_, id) in displaced { departures[id] = nil } }
        try takeIn(job)
        if !job.excluded.isEmpty, let id = foundJobs[job.key] {
            exclusions[id] = Array(job.excluded.prefix(FoundJob.excludedKept))
        }
        for (other, id) in displaced {
            // Where the engine has not heard of it they go on their own.
            try takeVanished(other.key, other.departure)
            pending.foundJobs[other.key] = (id, true)
        }
    }

    private func takeIn(_ job: FoundJob) throws {
        if let known = foundJobs[job.key] {
            guard asksTheSame(job, known) else {
                try takeVanished(job.key, .withdrawn)
                return orders.append(.tell(key: job.key, .spent))
            }
            orders.append(.tell(key: job.key, .accepted(known)))
            lineages.add(known, of: job.lineage)
            askers[known] = askers[known] ?? []
            if let reason = view.jobs[known.index]?.row.reason {
                orders.append(.tell(key: job.key, .waits(reason.code, sentence(reason))))
            }
            return
        }
        let last = try pending.foundJobs[job.key] ?? store.read { try $0.foundJob(job.key) }
        if let known = last {
            return try takeEnded(known.job, key: job.key, isSpent: known.isWithdrawn)
        }
        guard job.members.allSatisfy({ view.nodes[$0.node.index] != nil }) else {
            let why = "it stands on a node that is not in the fleet"
            return orders.append(.tell(key: job.key, .refused(why)))
        }
        now = max(now, clock.now())
        do {
            try addTenant(job.document.tenant?.value)
            var spec = try specification(job.document, id: JobID(rawValue: nextJob))
            do {
                for (asked, role) in zip(job.roles, spec.roles.indices) {
                    try add(asked, to: &spec.roles[role], of: spec.id)
                }
                try admit(job, spec)
            } catch {
                forgetUses(of: spec.id)
                throw error
            }
        } catch let error as OperatingError {
            let details = error.diagnostics.map { $0.message + ": " + $0.expected }
            let text = ([error.message] + details + [error.detail, error.hint])
                .filter { !$0.isEmpty }.joined(separator: "; ")
            orders.append(.tell(key: job.key, .refused(text)))
        }
    }

    /// Whether a job that waits asks of nodes what it asked when it was found: a rule that the
    /// backend names otherwise by now would never be told again.
    private func asksTheSame(_ job: FoundJob, _ known: JobID) -> Bool {
        guard view.jobs[known.index]?.row.state.isWaiting ?? false,
            let spec = engine.specification(of: known)
        else { return true }
        return zip(job.roles, spec.roles).allSatisfy { asked, role in
            let exclusives = asked.exclusives.compactMap { view.directory.exclusives.id(of: $0) }
            return role.rule == asked.rule.flatMap { view.directory.rules.id(of: $0) }
                && role.request.host.slots == asked.slots
                && role.request.host.exclusives == Exclusives(exclusives)
                && exclusives.count == asked.exclusives.count
        }
    }

    /// The key is that of a job which is over. What somebody cancelled stays cancelled as long as
    /// its pods are the same; else there is something new behind the key.
    private func takeEnded(_ job: JobID, key: String, isSpent: Bool) throws {
        let state = try view.jobs[job.index]?.row.state ?? store.read { try $0.job(job) }?.state
        guard state == .cancelled, !isSpent else {
            return orders.append(.tell(key: key, .spent))
        }
        orders.append(.tell(key: key, .accepted(job)))
        orders.append(.tell(key: key, .ended(.cancelled, "")))
    }

    /// Gives a role what the backend asks for it; what it names is in use from then on.
    private func add(_ asked: FoundRole, to role: inout RoleSpec, of job: JobID) throws {
        role.request.host.slots = asked.slots
        let exclusives = asked.exclusives.map { name in
            let id = exclusive(named: name)
            exclusiveUses.add(ExclusiveID(id.index % FleetLimits.exclusives), by: job)
            return id
        }
        role.request.host.exclusives = Exclusives(exclusives)
        guard let name = asked.rule else { return }
        let isKnown = view.directory.rules.id(of: name) != nil
        guard let rule = try rule(named: name) else {
            throw OperatingError(
                .invalidValue, "open jobs have \(ruleLimit) different node rules",
                hint: "let jobs share node selectors, affinity and tolerations, or wait until some"
                    + " of them are over")
        }
        ruleUses.add(rule, by: job)
        role.rule = rule
        // It had been given up, though the backend still has it.
        if !isKnown { orders.append(.sayRule(name)) }
    }

    /// Nothing of a job needs its rules and exclusives any more.
    func forgetUses(of job: JobID) {
        ruleUses.remove(job)
        exclusiveUses.remove(job)
    }

    /// A job of the backend is gone: it ends here as well.
    func takeVanished(_ key: String, _ departure: Departure) throws {
        guard let job = foundJobs[key], let present = view.jobs[job.index] else { return }
        let attempt = present.row.attempt
        departures[job] = departure
        defer { departures[job] = nil }
        if case .evicted(let why) = departure, openAttempts[job] != nil {
            openAttempts[job]?.detail = String(why.prefix(1000))
            pending.attempts[job] = openAttempts[job]
        }
        try apply(.cancel(job))
        // Nothing of it runs any more, so nobody else will say so.
        if view.jobs[job.index]?.row.state.isPlaced ?? false {
            try apply(.confirmStop(job, attempt))
        }
        pending.foundJobs[key] = (job, true)
    }

    /// A tenant that nobody has a quota for yet is a leaf below the fleet without numbers.
    private func addTenant(_ name: String?) throws {
        guard let name, view.directory.tenant(named: name) == nil else { return }
        // One that could not be in the tree because of jobs may be there without them.
        try settleForeignTenants()
        guard view.directory.tenant(named: name) == nil else { return }
        var tree = view.directory.tenants
        _ = tree.leaf(named: name)
        try setTenants(tree)
    }

    private func admit(_ job: FoundJob, _ spec: JobSpec) throws {
        let row = JobRow(spec: spec, name: job.document.name.value, owner: job.owner, at: now)
        foundJobs[job.key] = spec.id
        foundKeys[spec.id] = job.key
        lineages.add(spec.id, of: job.lineage)
        let told = orders.count
        orders.append(.tell(key: job.key, .accepted(spec.id)))
        do {
            try admit(
                JobView(row: row, spec: spec), spec, job.document, text: job.text,
                standing: job.members,
                inPlaceOf: job.displaced.compactMap { foundJobs[$0.key] },
                suspects: lineages.suspects(of: job.lineage, at: now))
        } catch {
            foundJobs[job.key] = nil
            foundKeys[spec.id] = nil
            lineages.remove(spec.id)
            orders.remove(at: told)
            throw error
        }
        let (key, id) = (job.key, spec.id)
        pending.foundJobs[key] = (id, false)
    }
}
