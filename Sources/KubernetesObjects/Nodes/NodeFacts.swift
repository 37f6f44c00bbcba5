import FleetModel
import HealthSignals

/// What is known of a node.
public struct NodeFacts: Hashable, Sendable {
    /// A condition of the node.
    public struct Condition: Hashable, Sendable {
        /// The type, as `Ready`.
        public var type: String
        /// `True`, `False` or `Unknown`.
        public var status: String
        /// The reason, a word.
        public var reason: String
        /// A sentence for people; kept where something is known of the type.
        public var message: String
        /// Since when the status is so; kept where something is known of the type.
        public var since: Instant?

        /// Gathers a condition.
        public init(
            _ type: String, _ status: String, reason: String = "", message: String = "",
            since: Instant? = nil
        ) {
            self.type = type
            self.status = status
            self.reason = reason
            self.message = message
            self.since = since
        }
    }

    /// An address of the node.
    public struct Address: Hashable, Sendable {
        /// The type, as `InternalIP`.
        public var type: String
        /// The address.
        public var address: String
    }

    /// The name.
    public var name: String
    /// The labels.
    public var labels: LabelSet
    /// The taints, in their order, without the one that `isUnschedulable` stands for.
    public var taints: [Taint] = []
    /// Whether it is cordoned (`spec.unschedulable`).
    public var isUnschedulable = false
    /// What the hardware has.
    public var capacity = ResourceAmounts()
    /// What pods may have of it.
    public var allocatable = ResourceAmounts()
    /// The conditions.
    public var conditions: [Condition] = []
    /// The machine as the cloud calls it; may be empty.
    public var providerID = ""
    /// The addresses.
    public var addresses: [Address] = []
    /// What the kernel's present start is called; may be empty.
    public var bootID = ""
    /// The machine as its system calls it; may be empty.
    public var machineID = ""
    /// What Muster has noted on it of a repair that is under way (the annotation
    /// `muster.dev/repair`); empty for nothing.
    public var repairNote = ""

    /// A node with a name and labels and nothing else.
    public init(name: String, labels: LabelSet = [:]) {
        self.name = name
        self.labels = labels
    }

    /// The taints that count: a cordoned node has one more.
    public var effectiveTaints: [Taint] {
        guard isUnschedulable, !taints.contains(where: { $0.key == Taint.unschedulable.key }) else {
            return taints
        }
        return taints + [.unschedulable]
    }

    /// Whether a node can be given work.
    public enum Readiness: Hashable, Sendable {
        /// It can.
        case ready
        /// It is in order, and takes no new work.
        case cordoned
        /// It is not in order; the reason in a word or two.
        case notReady(String)
    }

    /// Whether it can be given work: by the condition `Ready`, the taints that Kubernetes sets for
    /// nodes that are not ready or not heard, and `spec.unschedulable`.
    public var readiness: Readiness {
        if taints.contains(where: { $0.key == Taint.unreachableKey }) {
            return .notReady("unreachable")
        }
        guard let ready = conditions.first(where: { $0.type == "Ready" }) else {
            return .notReady("no condition Ready")
        }
        guard ready.status == "True" else {
            return .notReady(ready.reason.isEmpty ? "Ready is \(ready.status)" : ready.reason)
        }
        if taints.contains(where: { $0.key == Taint.notReadyKey }) {
            return .notReady("tainted not-ready")
        }
        return effectiveTaints.contains(.unschedulable) ? .cordoned : .ready
    }

    /// The accelerators of one resource on this node.
    public struct Accelerators: Hashable, Sendable {
        /// The resource, as `nvidia.com/gpu`.
        public var resource: String
        /// The engine's kind: the product by its label, else the resource.
        public var kind: String
        /// Devices that the hardware has.
        public var capacity: Int64
        /// Devices that pods may have; what is missing is out of service.
        public var allocatable: Int64
    }

    /// Labels that tell the product behind a resource, as the vendors' feature discovery sets them.
    public static let productLabels: [(resource: String, label: String)] = [
        ("nvidia.com/gpu", "nvidia.com/gpu.product"),
        ("amd.com/gpu", "amd.com/gpu.product-name"),
    ]

    /// The accelerators by resource, sorted by its name: one engine kind for each. MIG profiles are
    /// resources of their own, and so kinds of their own. What a node no longer offers at all does
    /// not count.
    public func accelerators(_ naming: ResourceNaming) -> [Accelerators] {
        var found: [Accelerators] = []
        for entry in capacity.others.maximum(allocatable.others).entries
        where naming.role(of: entry.name) == .accelerator {
            let label = NodeFacts.productLabels.first { $0.resource == entry.name }?.label
            let product = label.flatMap { labels[$0] } ?? ""
            found.append(
                Accelerators(
                    resource: entry.name, kind: product.isEmpty ? entry.name : product,
                    capacity: entry.count,
                    allocatable: min(allocatable.others[entry.name], entry.count)))
        }
        return found
    }
}

extension ResourceCounts {
    fileprivate func maximum(_ other: ResourceCounts) -> ResourceCounts {
        var result = self
        for entry in other.entries { result[entry.name] = max(result[entry.name], entry.count) }
        return result
    }
}
