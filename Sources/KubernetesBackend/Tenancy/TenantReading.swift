import Documents
import FleetModel
import KubernetesObjects

/// What all Tenant objects say together.
///
/// What is wrong with one of them stops no other: a field that cannot count is left out, or the
/// object when it cannot be a part of the tree. Of two that want the same the older has it.
struct TenantReading {
    /// The quota tree of those that can be in it.
    private(set) var tree: TenantTree
    /// The names behind the tree's ids of kinds.
    let kinds: [String]
    /// Full names by the names of objects, of those in the tree.
    private(set) var fullNames: [String: String] = [:]
    /// Those of them that can have work, by their full names and by those of their objects.
    private(set) var leaves: [String: String] = [:]
    /// Full names of tenants by queue and by namespace.
    private(set) var queues: [String: String] = [:]
    private(set) var namespaces: [String: String] = [:]
    /// What is wrong, by the names of objects.
    private(set) var problems: [String: [TenantProblem]]

    /// Reads objects, the oldest first. O(tenants × quotas) for each pass, of which there are as
    /// many as objects hang on others that are left out, or one for a hundred mistakes.
    init(_ objects: [TenantObject], _ fleet: FleetDefinition) {
        kinds = fleet.kinds.names
        var drafts = TenantDrafts(objects, fleet: fleet)
        tree = drafts.resolve()
        problems = drafts.problems
        cut(fleet)
        nameAll()
        remarkOnSums(objects, fleet)
        claim(objects)
    }

    /// The name of the object behind a tenant: names of objects have no slashes.
    static func object(_ fullName: String) -> String {
        fullName.split(separator: "/").last.map(String.init) ?? fullName
    }

    private mutating func cut(_ fleet: FleetDefinition) {
        for cut in tree.cutGuarantees() {
            let kind = fleet.kinds[cut.kind]
            problems[TenantReading.object(tree.names[cut.tenant]), default: []].append(
                TenantProblem(
                    reason: .guaranteeTooLarge, field: "spec.quota[\(kind)].guaranteed",
                    message: "\(GPUText.gpus(milli: cut.askedMilli)) GPUs are more than the "
                        + "\(GPUText.gpus(milli: cut.leftMilli)) that its parent has left, which "
                        + "count; raise the guarantee of '\(tree.names[cut.parent])'"))
        }
    }

    private mutating func nameAll() {
        let parents = Set(tree.tenants.compactMap(\.parent))
        for tenant in tree.tenants {
            let full = tree.names[tenant.id]
            let object = TenantReading.object(full)
            fullNames[object] = full
            guard !parents.contains(tenant.id) else { continue }
            (leaves[object], leaves[full]) = (full, full)
        }
    }

    /// Guarantees may be more than there is now; whoever comes last should know.
    private mutating func remarkOnSums(_ order: [TenantObject], _ fleet: FleetDefinition) {
        let capacity = fleet.devicesByKind
        var sums = [Int64](repeating: 0, count: capacity.count)
        let roots = Dictionary(
            tree.tenants.filter { $0.parent == nil }.map { (tree.names[$0.id], $0) },
            uniquingKeysWith: { first, _ in first })
        for object in order {
            for quota in roots[object.metadata.name]?.quotas ?? [] where quota.guaranteedMilli > 0 {
                sums[quota.kind.index] += quota.guaranteedMilli
                guard sums[quota.kind.index] > capacity[quota.kind.index] * 1000 else { continue }
                problems[object.metadata.name, default: []].append(
                    TenantProblem(
                        reason: .largerThanCluster,
                        field: "spec.quota[\(fleet.kinds[quota.kind])].guaranteed",
                        message: "with the tenants before it "
                            + "\(GPUText.gpus(milli: sums[quota.kind.index])) GPUs are guaranteed, "
                            + "and the cluster has \(capacity[quota.kind.index]) now"))
            }
        }
    }

    /// Gives namespaces and queues to those that name them, the oldest first.
    private mutating func claim(_ order: [TenantObject]) {
        for object in order {
            let name = object.metadata.name
            guard let full = fullNames[name] else { continue }
            guard leaves[name] != nil else {
                let field = object.namespaces.isEmpty ? "spec.queues" : "spec.namespaces"
                guard !object.namespaces.isEmpty || !object.queues.isEmpty else { continue }
                problems[name, default: []].append(
                    TenantProblem(
                        reason: .notALeaf, field: field,
                        message: "there are tenants below it, and only leaves have work; these "
                            + "namespaces and queues are left out"))
                continue
            }
            for (index, namespace) in object.namespaces.enumerated() {
                TenantReading.claim(
                    namespace, "namespace", "spec.namespaces[\(index)]", full, &namespaces,
                    &problems[name, default: []])
            }
            for (index, queue) in object.queues.enumerated() {
                TenantReading.claim(
                    queue, "queue", "spec.queues[\(index)]", full, &queues,
                    &problems[name, default: []])
            }
        }
    }

    private static func claim(
        _ what: String, _ noun: String, _ field: String, _ tenant: String,
        _ owners: inout [String: String], _ problems: inout [TenantProblem]
    ) {
        guard let owner = owners[what], owner != tenant else {
            owners[what] = tenant
            return
        }
        problems.append(
            TenantProblem(
                reason: .alreadyClaimed, field: field,
                message: "the \(noun) '\(what)' is of '\(owner)' already, which stays so"))
    }
}
