import FleetModel

/// One role of a gang as placement sees it.
struct RoleRequest: Hashable, Sendable {
    /// What each member asks.
    var shape: Shape
    /// The fewest members.
    var minimum: Int32
    /// The most members.
    var maximum: Int32
}

/// A gang as placement sees it: equal requests are equivalent, and are tried once.
struct GangRequest: Hashable, Sendable {
    /// Its roles.
    var roles: [RoleRequest]
    /// Where members may stand, after any relaxing.
    var topology: TopologyConstraint
    /// Nodes where no member may stand, in order of id.
    var avoided: [NodeID] = []

    /// Zones to try first, one set after the other; none when all are alike.
    var zoneSteps: [UInt64] = []

    /// Whether no member may stand on a node.
    func avoids(_ node: Int) -> Bool { !avoided.isEmpty && avoided.contains(NodeID(node)) }

    /// Whether some role can do with fewer members than it wants.
    var isElastic: Bool { roles.contains { $0.maximum > $0.minimum } }

    /// The same gang, but for nodes that are kept as spares, if there are any.
    func besideSpares(of fleet: FleetState) -> GangRequest {
        guard !fleet.spares.nodes.isEmpty else { return self }
        var beside = self
        for role in roles.indices { beside.roles[role].shape.sparePools = 0 }
        return beside
    }

    /// Members of the smallest gang.
    var minimumMembers: Int { roles.reduce(0) { $0 + Int($1.minimum) } }

    /// Thousandths of GPUs of the smallest gang.
    var minimumGPUMilli: Int64 {
        roles.reduce(0) { $0 + Int64($1.minimum) * $1.shape.request.gpuMilli }
    }

    /// Thousandths of GPUs of the largest gang.
    var maximumGPUMilli: Int64 {
        roles.reduce(0) { $0 + Int64($1.maximum) * $1.shape.request.gpuMilli }
    }

    /// Thousandths of GPUs of the smallest role that must have some; 0 if none must.
    var smallestRoleMilli: Int64 {
        roles.map { Int64($0.minimum) * $0.shape.request.gpuMilli }.filter { $0 > 0 }.min() ?? 0
    }

    /// Every kind that some role with devices accepts.
    var kinds: AcceleratorKindSet {
        var bits: UInt64 = 0
        for role in roles where role.shape.request.devices > 0 { bits |= role.shape.kinds.bits }
        return AcceleratorKindSet(bits: bits)
    }

    /// Whether no member asks for a device.
    var isHostOnly: Bool { roles.allSatisfy { $0.shape.request.devices == 0 } }
}

/// A member with its place, before the driver hears of it.
struct PlacedMember: Hashable, Sendable {
    /// What it holds.
    var grant: Grant
    /// Its role.
    var role: Int32
}

extension RoleRequest: SnapshotValue {
    static var blank: RoleRequest { RoleRequest(shape: .blank, minimum: 0, maximum: 0) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&shape)
        coder.field(&minimum)
        coder.field(&maximum)
    }
}

extension GangRequest: SnapshotValue {
    static var blank: GangRequest { GangRequest(roles: [], topology: .blank) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&roles)
        coder.field(&topology)
        coder.field(&avoided)
        coder.field(&zoneSteps)
    }
}

extension PlacedMember: SnapshotValue {
    static var blank: PlacedMember { PlacedMember(grant: .blank, role: 0) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&grant)
        coder.field(&role)
    }
}
