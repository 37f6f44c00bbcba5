/// Which tenant pays for a gang.
public struct TenantMapping: Hashable, Sendable {
    /// Tenants by queue, as `namespace/queue` or `queue` alone for every namespace.
    public var queues: [String: String]
    /// Tenants by namespace.
    public var namespaces: [String: String]
    /// The label or annotation of a namespace that names its tenant.
    public var namespaceKey: String
    /// Whether a queue that is mapped nowhere is itself the name of a tenant, when there is one.
    public var usesQueueNames: Bool

    /// Gathers a mapping; by default the label `muster/tenant` of the namespace, then queues that
    /// are called like a tenant, then the namespace's own name.
    public init(
        queues: [String: String] = [:], namespaces: [String: String] = [:],
        namespaceKey: String = "muster/tenant", usesQueueNames: Bool = true
    ) {
        self.queues = queues
        self.namespaces = namespaces
        self.namespaceKey = namespaceKey
        self.usesQueueNames = usesQueueNames
    }

    /// The full name of the tenant: by the queue's mapping, the namespace's mapping, the label or
    /// annotation of the namespace, the queue when a tenant is called so, the namespace's name.
    /// O(1). `leaf` answers the full name of the leaf of the quota tree that is called so; nil for
    /// none.
    public func tenant(
        namespace: String, metadata: ObjectMetadata?, queue: String?, leaf: (String) -> String?
    ) -> String {
        if let queue, let tenant = queues["\(namespace)/\(queue)"] ?? queues[queue] {
            return tenant
        }
        if let tenant = namespaces[namespace] { return tenant }
        if let tenant = metadata.flatMap(named(by:)) { return leaf(tenant) ?? tenant }
        if usesQueueNames, let queue, let tenant = leaf(queue) { return tenant }
        return namespace
    }

    /// The tenant that a namespace names in its label or annotation; nil for none.
    public func named(by metadata: ObjectMetadata) -> String? {
        let name = metadata.labels[namespaceKey] ?? metadata.annotations[namespaceKey]
        return name?.isEmpty == false ? name : nil
    }
}
