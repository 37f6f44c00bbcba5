import FleetModel

/// A port that a pod takes of its node's address.
public struct HostPort: Hashable, Sendable {
    /// The port.
    public var port: Int32
    /// `TCP`, `UDP` or `SCTP`.
    public var transport: String
    /// The address; empty for all.
    public var address: String

    /// Gathers a port.
    public init(port: Int32, transport: String = "TCP", address: String = "") {
        self.port = port
        self.transport = transport
        self.address = address
    }

    private var isEverywhere: Bool { address.isEmpty || address == "0.0.0.0" || address == "::" }

    /// Whether two pods with these ports cannot share a node.
    public func conflicts(with other: HostPort) -> Bool {
        port == other.port && transport == other.transport
            && (address == other.address || isEverywhere || other.isEverywhere)
    }
}

/// What a pod takes of its node, in Muster's quantities.
public struct PodRequest: Hashable, Sendable {
    /// Thousandths of a CPU core.
    public var cpuMilli: Int64 = 0
    /// Memory in MiB, rounded up.
    public var memoryMiB: Int64 = 0
    /// Ephemeral storage in MiB, rounded up.
    public var diskMiB: Int64 = 0
    /// Network interfaces of the accelerators' fabric.
    public var nics: Int64 = 0
    /// Accelerators by resource name.
    public var devices = ResourceCounts()
    /// Other resources by name, which only the node itself counts: huge pages, other plug-ins.
    public var others = ResourceCounts()
    /// Ports of the node's address.
    public var hostPorts: [HostPort] = []

    /// Nothing.
    public init() {}

    /// Sorts exact amounts into Muster's quantities.
    public init(_ amounts: ResourceAmounts, hostPorts: [HostPort] = [], naming: ResourceNaming) {
        cpuMilli = amounts.cpuMilli
        memoryMiB = PodRequest.mebibytes(amounts.memoryBytes)
        diskMiB = PodRequest.mebibytes(amounts.diskBytes)
        for entry in amounts.others.entries {
            switch naming.role(of: entry.name) {
            case .accelerator: devices[entry.name] = entry.count
            case .nic: nics = min(nics, .max - entry.count) + entry.count
            case .other: others[entry.name] = entry.count
            }
        }
        self.hostPorts = hostPorts
    }

    private static func mebibytes(_ bytes: Int64) -> Int64 {
        (bytes >> 20) + (bytes & (1 << 20 - 1) == 0 ? 0 : 1)
    }

    /// What it asks of the host, as the engine counts it: one of the node's pods in any case.
    public var host: HostResources {
        HostResources(
            cpuMilli: cpuMilli, memoryMiB: memoryMiB, diskMiB: diskMiB, nics: nics, slots: 1)
    }

    /// Whether it asks for nothing but to be one of the node's pods.
    public var asksForNothing: Bool {
        devices.isEmpty && host == HostResources(slots: 1)
    }

    /// The one accelerator resource that it asks for; nil when there is none. Of several the first
    /// by name, which ``GangProblem/Code/severalAccelerators`` says.
    public var accelerator: ResourceCounts.Entry? { devices.entries.first }

    /// What the engine is to place; nil when the engine has no form for it: several accelerator
    /// resources, more devices than a node can have, quantities beyond ``FleetLimits``.
    public var member: MemberRequest? {
        guard devices.entries.count <= 1,
            let count = Int32(exactly: accelerator?.count ?? 0)
        else { return nil }
        let request = MemberRequest(devices: count, host: host)
        return request.isWellFormed ? request : nil
    }
}
