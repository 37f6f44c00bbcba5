/// Resources in exact units: of a container, a pod or a node.
public struct ResourceAmounts: Hashable, Sendable {
    /// Thousandths of a CPU core.
    public var cpuMilli: Int64 = 0
    /// Memory in bytes.
    public var memoryBytes: Int64 = 0
    /// Ephemeral storage in bytes.
    public var diskBytes: Int64 = 0
    /// Everything else by name, in whole units: extended resources, huge pages in bytes, and the
    /// number of pods of a node.
    public var others = ResourceCounts()

    /// Nothing.
    public init() {}

    /// Adds an amount of one resource; saturates.
    mutating func set(_ name: String, _ quantity: Quantity, ofNode: Bool = false) {
        let units = max(ofNode ? quantity.floored : quantity.value, 0)
        switch name {
        case "cpu": cpuMilli = max(quantity.milli, 0)
        case "memory": memoryBytes = units
        case "ephemeral-storage": diskBytes = units
        default: others[name] = units
        }
    }

    /// Resource by resource sum; saturates.
    public static func + (left: ResourceAmounts, right: ResourceAmounts) -> ResourceAmounts {
        left.merged(with: right) { left, right in
            let (sum, isOver) = left.addingReportingOverflow(right)
            return isOver ? .max : sum
        }
    }

    /// Resource by resource, the larger.
    public func maximum(_ other: ResourceAmounts) -> ResourceAmounts {
        merged(with: other) { max($0, $1) }
    }

    private func merged(
        with other: ResourceAmounts, _ combine: (Int64, Int64) -> Int64
    ) -> ResourceAmounts {
        var result = self
        result.cpuMilli = combine(cpuMilli, other.cpuMilli)
        result.memoryBytes = combine(memoryBytes, other.memoryBytes)
        result.diskBytes = combine(diskBytes, other.diskBytes)
        for entry in other.others.entries {
            result.others[entry.name] = combine(others[entry.name], entry.count)
        }
        return result
    }
}

/// A container's requests and its way of living, as far as accounting needs them.
public struct ContainerRequest: Hashable, Sendable {
    /// What it requests.
    public var requests: ResourceAmounts
    /// Whether it is an init container that runs on beside the others (`restartPolicy: Always`).
    public var isSidecar: Bool

    /// Gathers a container.
    public init(_ requests: ResourceAmounts, isSidecar: Bool = false) {
        self.requests = requests
        self.isSidecar = isSidecar
    }
}

extension ResourceAmounts {
    /// What a pod takes of its node, as the kubelet and kube-scheduler count it
    /// (`k8s.io/component-helpers/resource.PodRequests`): containers and sidecars run together;
    /// each other init container runs alone, beside the sidecars that were started before it. The
    /// larger of both, resource by resource, and the overhead of the runtime on top.
    ///
    /// `podLevel` are the requests of `spec.resources` (Kubernetes 1.32 and later): where given
    /// they stand for the sum of the containers'.
    public static func ofPod(
        containers: [ContainerRequest], initContainers: [ContainerRequest],
        overhead: ResourceAmounts, podLevel: ResourceAmounts? = nil
    ) -> ResourceAmounts {
        var running = ResourceAmounts()
        for container in containers { running = running + container.requests }
        var sidecars = ResourceAmounts()
        var starting = ResourceAmounts()
        for container in initContainers {
            if container.isSidecar {
                sidecars = sidecars + container.requests
                starting = starting.maximum(sidecars)
            } else {
                starting = starting.maximum(sidecars + container.requests)
            }
        }
        var total = (running + sidecars).maximum(starting)
        if let podLevel {
            if podLevel.cpuMilli > 0 { total.cpuMilli = podLevel.cpuMilli }
            if podLevel.memoryBytes > 0 { total.memoryBytes = podLevel.memoryBytes }
            for entry in podLevel.others.entries { total.others[entry.name] = entry.count }
        }
        return total + overhead
    }
}
