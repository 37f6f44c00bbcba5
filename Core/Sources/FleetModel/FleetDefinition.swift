/// A fleet as files describe it: nodes with the names behind every id.
public struct FleetDefinition: Sendable {
    /// Topology levels.
    public var topology: Topology
    /// Pool names.
    public var pools = NameTable<PoolID>()
    /// Accelerator kind names.
    public var kinds = NameTable<AcceleratorKindID>()
    /// Domain names; each is the path of values from the coarsest level, joined by `/`.
    public var domains = NameTable<DomainID>()
    /// Node names.
    public var nodeNames = NameTable<NodeID>()
    /// The nodes, in order of id.
    public var nodes: [NodeSpec] = []

    /// Starts an empty fleet with the given levels.
    public init(topology: Topology) { self.topology = topology }

    /// Adds a node that stands in the domains named by `path`, one value per level above the host.
    ///
    /// The name must be new and the path complete; the door checks both before it calls.
    @discardableResult
    public mutating func addNode(
        name: String, pool: String, kind: String?, devices: Int, unhealthyDevices: UInt64 = 0,
        host: HostResources, path: [String]
    ) -> NodeID {
        precondition(path.count == topology.domainLevelCount, "a node needs a domain per level")
        precondition(nodeNames.id(of: name) == nil, "two nodes with one name")
        let id = nodeNames.intern(name)
        let ids = FleetDefinition.domainNames(path).map { domains.intern($0) }
        nodes.append(
            NodeSpec(
                id: id, pool: pools.intern(pool), kind: kind.map { kinds.intern($0) },
                devices: Int32(devices), unhealthyDevices: unhealthyDevices, host: host,
                domains: ids))
        return id
    }

    /// The names of the domains that a path of values leads through, coarse to fine.
    public static func domainNames(_ path: [String]) -> [String] {
        var prefix = ""
        return path.map { value in
            prefix += prefix.isEmpty ? value : "/" + value
            return prefix
        }
    }

    /// Devices of all nodes, by kind index.
    public var devicesByKind: [Int64] {
        var counts = [Int64](repeating: 0, count: kinds.count)
        for node in nodes {
            if let kind = node.kind { counts[kind.index] += Int64(node.devices) }
        }
        return counts
    }

    /// Devices of all nodes.
    public var deviceCount: Int64 { devicesByKind.reduce(0, +) }
}

extension FleetDefinition {
    /// The host of the shorthand: what a common server with eight GPUs has.
    public static let commonHost = HostResources(
        cpuMilli: 192_000, memoryMiB: 2 << 20, diskMiB: 28 << 20, nics: 8)

    /// A uniform fleet from `NODESxGPUS/NODES-PER-LEAF[/LEAVES-PER-SPINE[/SPINES-PER-ZONE]]`.
    ///
    /// `64x8/16` is 64 nodes of 8 GPUs in leaves of 16 nodes. Each host has what a common eight-GPU
    /// server has: 192 cores, 2 TiB of memory, 28 TiB of disk and 8 NICs.
    public static func parse(
        shorthand text: String
    ) -> Result<FleetDefinition, DiagnosticList> {
        func refused(_ message: String) -> Result<FleetDefinition, DiagnosticList> {
            .failure(
                DiagnosticList([
                    Diagnostic(
                        .fleetShorthand, message: message,
                        expected: "NODESxGPUS/NODES-PER-LEAF[/LEAVES-PER-SPINE[/SPINES-PER-ZONE]]"
                            + " with 1 to \(FleetLimits.nodes) nodes and 0 to "
                            + "\(FleetLimits.devicesPerNode) GPUs each",
                        hint: "64x8/16 is 64 nodes of 8 GPUs in leaves of 16 nodes")
                ]))
        }
        func count(_ text: Substring) -> Int? {
            // `Int` would take a sign as well.
            text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let size = parts[0].split(separator: "x", omittingEmptySubsequences: false)
        guard size.count == 2, let nodes = count(size[0]), let devices = count(size[1]) else {
            return refused("'\(text)' is not a fleet")
        }
        guard (1...FleetLimits.nodes).contains(nodes),
            (0...FleetLimits.devicesPerNode).contains(devices)
        else { return refused("'\(text)' is outside the limits of a fleet") }
        var groups: [Int] = []
        for part in parts.dropFirst() {
            guard let group = count(part), group > 0, group <= FleetLimits.nodes else {
                return refused("'\(part)' in '\(text)' is not a group size")
            }
            groups.append(group)
        }
        guard groups.count <= 3 else { return refused("'\(text)' has more than three group sizes") }
        return .success(uniform(nodes: nodes, devices: devices, groups: groups))
    }

    /// A uniform fleet of one pool and one kind; `groups` are group sizes, fine to coarse.
    public static func uniform(
        nodes: Int, devices: Int, groups: [Int], kind: String = "GPU",
        host: HostResources = commonHost
    ) -> FleetDefinition {
        let names = ["leaf", "spine", "zone"].prefix(groups.count).reversed()
        var fleet = FleetDefinition(
            topology: Topology(levels: names.map { TopologyLevel(name: $0) }))
        for node in 0..<nodes {
            var path: [String] = []
            var index = node
            for group in groups {
                index /= group
                path.append(String(index))
            }
            let labelled = zip(names, path.reversed()).map { "\($0)-\($1)" }
            fleet.addNode(
                name: "node-\(node)", pool: "default", kind: devices > 0 ? kind : nil,
                devices: devices, host: host, path: labelled)
        }
        return fleet
    }
}
