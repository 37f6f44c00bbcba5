import ControlPlane
import FleetModel
import KubernetesObjects

// What follows from Tenant and Topology objects, and from the tenants of the driver.
extension ClusterState {
    /// The full name of the tenant that pays for a gang.
    func tenant(of gang: ClusterGang) -> String {
        tenancy.mapping.tenant(
            namespace: gang.namespace, metadata: namespaces[gang.namespace]?.metadata,
            queue: gang.queue
        ) { tenancy.leaf(named: $0, namespaces: namespaces) }
    }

    /// Reads the Tenant objects again if they have changed; what waits may be somebody else's then.
    mutating func readTenants() {
        guard tenancy.read(nodes) else { return }
        lookAtWaiting()
    }

    /// Takes in the tenants that the driver has.
    mutating func take(_ figures: [TenantFigures]) {
        if tenancy.note(figures) { lookAtWaiting() }
    }

    /// Looks again at what waits: its tenant may be another one. What runs keeps its own.
    private mutating func lookAtWaiting() {
        guard hasBegun else { return }
        for key in refused.keys.sorted() { retry(key) }
        let waiting = Set(jobs.values.filter { $0.phase == .waiting }.map(\.gang))
        for key in waiting.sorted(by: {
            ($0.namespace, $0.title) < ($1.namespace, $1.title)
        }) {
            look(at: key)
        }
    }

    /// Takes note of what has changed of nodes, for what is said about objects.
    mutating func noteNodes(_ news: NodeBook.News) {
        guard !news.changed.isEmpty else { return }
        tenancy.noteNodes(nodes, hasGrown: news.hasGrown)
        topologies?.noteNodes()
    }

    /// Says what is new about Tenant and Topology objects. To be called about twice a second.
    mutating func speakOfObjects() {
        for (subject, problem) in tenancy.takeProblems() {
            call(
                .event(
                    EventText(
                        subject: subject, isWarning: true, reason: problem.reason.rawValue,
                        action: "Reading", note: problem.text)))
        }
        if let all = tenancy.takeStatuses() { tenantStatuses.want(all) }
        if let words = topologies?.takeWords(nodes) {
            topologyStatuses.want(words.statuses)
            for event in words.events { call(.event(event)) }
        }
        for status in tenantStatuses.due(at: now) + topologyStatuses.due(at: now) {
            call(.status(status))
        }
    }

    /// A status was not taken by the server.
    mutating func statusFailed(_ status: ObjectStatus) {
        if status.subject.key.kind == .tenant {
            tenantStatuses.forget(status)
        } else {
            topologyStatuses.forget(status)
        }
    }
}
