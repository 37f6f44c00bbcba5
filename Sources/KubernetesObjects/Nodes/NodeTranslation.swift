import FleetModel

/// A node as the engine is to know it. Most nodes of a cluster are one; a node with several
/// accelerator resources is one for each.
public struct NodePart: Hashable, Sendable {
    /// The name: the node's; for the second resource and on with `#` and the resource behind it.
    public var name: String
    /// The node of the cluster.
    public var node: String
    /// The resource that its devices are; nil for a node without accelerators.
    public var resource: String?
    /// The pool.
    public var pool: String
    /// The accelerator kind; nil for a node without.
    public var kind: String?
    /// Devices, 0 to ``FleetLimits/devicesPerNode``.
    public var devices: Int
    /// Bit `i` says that device `i` is out of service.
    public var unhealthyDevices: UInt64
    /// Devices that are not allocatable: a plug-in has reported them as unhealthy, or is away.
    public var withheldDevices: Int
    /// What the host has for pods.
    public var host: HostResources
    /// The domain at each level above the host, coarse to fine.
    public var path: [String]
}

/// Turns nodes of a cluster into nodes of the engine.
public struct NodeTranslation: Hashable, Sendable {
    /// The levels and the labels that carry them.
    public var topology: Topology
    /// Labels that name the pool, the first that a node has counts.
    public var poolLabels: [String]
    /// Which resources are accelerators and network interfaces.
    public var naming: ResourceNaming

    /// Gathers the settings; the pool by the label `muster/pool` by default.
    public init(
        topology: Topology, poolLabels: [String] = ["muster/pool"],
        naming: ResourceNaming = ResourceNaming()
    ) {
        self.topology = topology
        self.poolLabels = poolLabels
        self.naming = naming
    }

    /// The labels of the machine type, new and old.
    private static let instanceTypeLabels = [
        "node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type",
    ]

    /// The pool of a node: by its label, else the family of its machine type (`p5` of
    /// `p5.48xlarge`, `a3-highgpu` of `a3-highgpu-8g`), else `default`.
    public func pool(of node: NodeFacts) -> String {
        if let name = node.labels.first(of: poolLabels), !name.isEmpty { return name }
        guard let type = node.labels.first(of: NodeTranslation.instanceTypeLabels), !type.isEmpty
        else { return "default" }
        if let point = type.firstIndex(of: "."), point > type.startIndex {
            return String(type[..<point])
        }
        let words = type.split(separator: "-")
        return words.count > 2 ? words.dropLast().joined(separator: "-") : type
    }

    /// The domain at each level above the host, coarse to fine. A node without a label stands in a
    /// domain of its own: it is near to nobody as far as anyone knows, and a gang that must stay
    /// together is not put half on it.
    public func path(of node: NodeFacts, problems: inout [FieldProblem]) -> [String] {
        topology.levels.dropLast().map { level in
            let value = level.label.isEmpty ? nil : node.labels[level.label]
            if let value, !value.isEmpty { return value }
            problems.append(
                FieldProblem(
                    "metadata.labels[\(level.label.isEmpty ? level.name : level.label)]",
                    "the node '\(node.name)' has no label for the level '\(level.name)'; it "
                        + "stands in a domain of its own"))
            return "~\(node.name)"
        }
    }

    /// The engine's nodes for a node of the cluster, sorted by resource.
    ///
    /// The engine knows one accelerator kind a node, so that a node with several accelerator
    /// resources (MIG profiles, two vendors) is one for each. Their host quantities are divided in
    /// proportion to devices: what all of them have together is never more than the node has. Pods
    /// without devices can be put on any of them.
    ///
    /// `taken` is what pods of other schedulers take of the host; it is taken off first, and
    /// `takenDevices` by resource off the devices, which are counted as out of service. Devices out
    /// of service are the last ones: device plug-ins do not tell which.
    public func parts(
        of node: NodeFacts, taken: HostResources = .zero,
        takenDevices: ResourceCounts = ResourceCounts(), problems: inout [FieldProblem]
    ) -> [NodePart] {
        let host = clamped(hostResources(of: node) - taken)
        let (pool, path) = (pool(of: node), path(of: node, problems: &problems))
        let accelerators = node.accelerators(naming)
        guard !accelerators.isEmpty else {
            return [
                NodePart(
                    name: node.name, node: node.name, resource: nil, pool: pool, kind: nil,
                    devices: 0, unhealthyDevices: 0, withheldDevices: 0, host: host, path: path)
            ]
        }
        let total = accelerators.reduce(0) { $0 + min($1.capacity, 1 << 20) }
        return accelerators.enumerated().map { index, accelerator in
            let limit = Int64(FleetLimits.devicesPerNode)
            if accelerator.capacity > limit {
                problems.append(
                    FieldProblem(
                        "status.capacity[\(accelerator.resource)]",
                        "the node '\(node.name)' has \(accelerator.capacity) devices, of which "
                            + "\(limit) are used"))
            }
            let devices = Int(min(accelerator.capacity, limit))
            let usable = min(
                max(accelerator.allocatable - takenDevices[accelerator.resource], 0),
                Int64(devices))
            return NodePart(
                name: index == 0 ? node.name : "\(node.name)#\(accelerator.resource)",
                node: node.name, resource: accelerator.resource, pool: pool,
                kind: accelerator.kind, devices: devices,
                unhealthyDevices: NodeTranslation.mask(from: Int(usable), to: devices),
                withheldDevices: devices
                    - Int(min(max(accelerator.allocatable, 0), Int64(devices))),
                host: share(host, min(accelerator.capacity, 1 << 20), of: max(total, 1)),
                path: path)
        }
    }

    /// What pods may have of the host, rounded down to the engine's units.
    public func hostResources(of node: NodeFacts) -> HostResources {
        var nics: Int64 = 0
        // A node that does not say how many pods it can have is not held to a number.
        var slots = FleetLimits.hostQuantity
        for entry in node.allocatable.others.entries {
            if entry.name == "pods" { slots = entry.count }
            guard naming.role(of: entry.name) == .nic else { continue }
            nics = min(nics + entry.count, FleetLimits.hostQuantity)
        }
        return clamped(
            HostResources(
                cpuMilli: node.allocatable.cpuMilli,
                memoryMiB: node.allocatable.memoryBytes >> 20,
                diskMiB: node.allocatable.diskBytes >> 20, nics: nics, slots: slots,
                exclusives: .all))
    }

    private func clamped(_ host: HostResources) -> HostResources {
        func clamp(_ value: Int64) -> Int64 { min(max(value, 0), FleetLimits.hostQuantity) }
        return HostResources(
            cpuMilli: clamp(host.cpuMilli), memoryMiB: clamp(host.memoryMiB),
            diskMiB: clamp(host.diskMiB), nics: clamp(host.nics), slots: clamp(host.slots),
            exclusives: host.exclusives)
    }

    private func share(_ host: HostResources, _ devices: Int64, of total: Int64) -> HostResources {
        // Quantities are at most 2^32 and devices at most 2^20: the products fit.
        HostResources(
            cpuMilli: host.cpuMilli * devices / total, memoryMiB: host.memoryMiB * devices / total,
            diskMiB: host.diskMiB * devices / total, nics: host.nics * devices / total,
            slots: host.slots * devices / total, exclusives: host.exclusives)
    }

    /// Bits `first` to `end - 1`.
    private static func mask(from first: Int, to end: Int) -> UInt64 {
        func low(_ count: Int) -> UInt64 { count >= 64 ? .max : (1 << UInt64(count)) - 1 }
        return low(end) & ~low(first)
    }
}
