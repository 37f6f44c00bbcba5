import FleetModel

/// Simpler variants of what a case is made of.
enum SpecSimplifier {
    /// The policy with one thing after another at its default; each starts from the given one.
    static func policies(_ policy: Policy) -> [Policy] {
        let plain = Policy()
        var variants: [Policy] = []
        func vary(_ change: (inout Policy) -> Void) {
            var variant = policy
            change(&variant)
            if variant.isWellFormed { variants.append(variant) }
        }
        vary { $0 = Policy(queueOrder: policy.queueOrder) }
        vary { $0 = Policy(queueOrder: policy.queueOrder, timeline: policy.timeline) }
        vary { $0.timeline = plain.timeline }
        vary { $0.placement = plain.placement }
        vary { $0.backfillDepth = plain.backfillDepth }
        vary { $0.shapeIndexes = plain.shapeIndexes }
        vary { $0.domainTries = plain.domainTries }
        return variants
    }

    /// Inputs that say less than the given one.
    static func inputs(_ input: Input) -> [Input] {
        switch input {
        case .submit(let spec): jobs(spec).map { .submit($0) }
        case .resubmit(let spec, let suspects):
            jobs(spec).map { .resubmit($0, suspects: suspects) }
                + without(suspects).map { .resubmit(spec, suspects: $0) }
        case .addNodes(let nodes): nodeLists(nodes).map { .addNodes($0) }
        case .updateNodes(let nodes): without(nodes).map { .updateNodes($0) }
        case .setRule(let rule, let nodes): without(nodes).map { .setRule(rule, nodes: $0) }
        case .preferNodes(let rule, let nodes):
            without(nodes).map { .preferNodes(rule, nodes: $0) }
        case .keepSpares(let nodes, let gangs):
            without(nodes).map { .keepSpares($0, gangs: gangs) }
                + without(gangs).map { .keepSpares(nodes, gangs: $0) }
        case .replace(let gone, let spec, let attempt, let places):
            without(gone).map { .replace($0, spec, attempt, places) }
        case .removeNodes(let ids): without(ids).map { .removeNodes($0) }
        case .setTenants(let tenants): trees(tenants).map { .setTenants($0) }
        case .setDeviceHealth(let node, let bits) where bits & (bits &- 1) != 0:
            [.setDeviceHealth(node, unhealthy: bits & (bits &- 1))]
        default: []
        }
    }

    private static func without<Item>(_ items: [Item]) -> [[Item]] {
        guard items.count > 1 else { return [] }
        var variants: [[Item]] = []
        if items.count > 3 {
            variants = [Array(items.prefix(items.count / 2)), Array(items.suffix(items.count / 2))]
        }
        for index in items.indices {
            var fewer = items
            fewer.remove(at: index)
            variants.append(fewer)
        }
        return variants
    }

    private static func nodeLists(_ nodes: [NodeSpec]) -> [[NodeSpec]] {
        let host = HostResources(
            cpuMilli: 64_000, memoryMiB: 65_536, nics: 4, slots: 110, exclusives: .all)
        let plain = nodes.map { node in
            var node = node
            node.unhealthyDevices = 0
            node.host = host
            return node
        }
        return without(nodes) + (plain == nodes ? [] : [plain])
    }

    private static func trees(_ tenants: [TenantSpec]) -> [[TenantSpec]] {
        var variants = without(tenants)
        for index in tenants.indices {
            for change in [
                TenantSpec(id: tenants[index].id, parent: tenants[index].parent),
                TenantSpec(
                    id: tenants[index].id, parent: tenants[index].parent,
                    quotas: tenants[index].quotas),
            ] where change != tenants[index] {
                var simpler = tenants
                simpler[index] = change
                variants.append(simpler)
            }
        }
        return variants
    }

    private static func jobs(_ spec: JobSpec) -> [JobSpec] {
        var variants: [JobSpec] = []
        func vary(_ change: (inout JobSpec) -> Void) {
            var variant = spec
            change(&variant)
            if variant != spec { variants.append(variant) }
        }
        vary { $0 = JobSpec(id: spec.id, tenant: spec.tenant, roles: spec.roles) }
        vary { $0.topology = TopologyConstraint() }
        vary { $0.topology.slice = nil }
        vary { $0.dependencies = [] }
        vary { $0.held = false }
        vary { $0.notBefore = nil }
        vary { $0.pools = .all }
        vary { $0.priority = 0 }
        vary { $0.timeLimit = nil }
        vary { $0.expectedDuration = nil }
        vary { $0.checkpointPeriod = nil }
        vary { $0.family = nil }
        vary { $0.restartCost = .zero }
        vary { $0.minimumRunTime = .zero }
        vary { $0.retries = RetryLimits() }
        vary { $0.preemptible = false }
        if spec.roles.count > 1 {
            vary { $0.roles.removeLast() }
            vary { $0.roles.removeFirst() }
        }
        for index in spec.roles.indices {
            vary { $0.roles[index].maximum = $0.roles[index].minimum }
            vary { $0.roles[index].accelerators = .all }
            vary { $0.roles[index].request.host = .zero }
            vary { $0.roles[index].minimum /= 2 }
            vary {
                $0.roles[index].maximum = max($0.roles[index].minimum, $0.roles[index].maximum / 2)
            }
        }
        return variants
    }
}
