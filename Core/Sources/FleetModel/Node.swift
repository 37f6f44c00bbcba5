/// A node as the engine is told of it.
public struct NodeSpec: Hashable, Sendable {
    /// The node.
    public var id: NodeID
    /// The pool it is kept for.
    public var pool: PoolID
    /// The kind of its devices; nil when it has none.
    public var kind: AcceleratorKindID?
    /// Devices, 0 to ``FleetLimits/devicesPerNode``.
    public var devices: Int32
    /// Bit `i` says that device `i` is out of service on arrival.
    public var unhealthyDevices: UInt64
    /// What the host has for jobs.
    public var host: HostResources
    /// The domain at each level above the host, coarse to fine.
    public var domains: [DomainID]

    /// Gathers a node's description; all devices healthy by default.
    public init(
        id: NodeID, pool: PoolID, kind: AcceleratorKindID?, devices: Int32,
        unhealthyDevices: UInt64 = 0, host: HostResources, domains: [DomainID]
    ) {
        self.id = id
        self.pool = pool
        self.kind = kind
        self.devices = devices
        self.unhealthyDevices = unhealthyDevices
        self.host = host
        self.domains = domains
    }
}

/// Where one member of a gang runs.
@frozen public struct MemberPlacement: Hashable, Sendable {
    /// The node.
    public var node: NodeID
    /// The role of the job that the member plays, an index into its roles.
    public var role: Int32
    /// Bit `i` says that the member has device `i` of the node.
    public var devices: UInt64

    /// Gathers a member's place.
    @inlinable public init(node: NodeID, role: Int32, devices: UInt64) {
        self.node = node
        self.role = role
        self.devices = devices
    }
}
