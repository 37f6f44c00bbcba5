import FleetModel

/// What one member asks and where it may go: the key of a shape index.
struct Shape: Hashable, Sendable {
    /// What one member asks.
    var request: MemberRequest
    /// Kinds that it accepts; all for members without devices.
    var kinds: AcceleratorKindSet
    /// Pools that it may use.
    var pools: PoolSet
    /// Zones that it may use, by bit.
    var zones: UInt64 = .max
    /// The rule that its nodes must meet; -1 for none.
    var rule: Int32 = -1
    /// Pools whose spares it may have, by bit.
    var sparePools: UInt64 = .max
    /// Whether only those nodes will do that its rule prefers.
    var isChoosy = false

    /// What a member of a role asks, wherever it may stand in these pools.
    init(_ role: RoleSpec, pools: PoolSet) {
        self.init(
            request: role.request, kinds: role.accelerators, pools: pools,
            rule: role.rule?.rawValue ?? -1)
    }

    /// Gathers a shape.
    init(
        request: MemberRequest, kinds: AcceleratorKindSet, pools: PoolSet, zones: UInt64 = .max,
        rule: Int32 = -1, sparePools: UInt64 = .max
    ) {
        self.request = request
        self.kinds = kinds
        self.pools = pools
        self.zones = zones
        self.rule = rule
        self.sparePools = sparePools
    }

    /// Whether the node is of a kind and pool that the member accepts, and not kept from it.
    @inline(__always)
    func accepts(_ node: Int, of fleet: FleetState) -> Bool {
        (!fleet.spares.contains(node) || sparePools & (1 << UInt64(fleet.pool[node])) != 0)
            && suits(node, of: fleet)
    }

    /// Whether the node is of a kind and pool that the member accepts, kept from it now or not.
    @inline(__always)
    func suits(_ node: Int, of fleet: FleetState) -> Bool {
        guard pools.bits & (1 << UInt64(fleet.pool[node])) != 0,
            zones & (1 << UInt64(fleet.zone[node])) != 0,
            rule < 0 || fleet.admits(Int(rule), node),
            !isChoosy || fleet.prefers(Int(rule), node)
        else { return false }
        guard request.devices > 0 else { return true }
        let kind = fleet.kind[node]
        return kind != FleetState.noKind && kinds.bits & (1 << UInt64(kind)) != 0
    }

    /// How many members of this shape the node has room for now.
    @inline(__always)
    func fit(_ node: Int, of fleet: FleetState) -> Int32 {
        guard fleet.takesWork(node), accepts(node, of: fleet) else { return 0 }
        var most = Int64(FleetLimits.membersPerJob)
        if request.devices > 0 {
            most =
                request.isFractional
                ? fractionalFit(node, of: fleet)
                : Int64(
                    (fleet.wholeFree[node] & ~fleet.claimed[node]).nonzeroBitCount
                        / Int(request.devices))
            if most == 0 { return 0 }
        }
        return Int32(truncatingIfNeeded: Shape.hostFit(request.host, fleet.hostFree[node], most))
    }

    /// How many members the node could hold if it were empty, counting or not counting devices out
    /// of service and drained nodes. Spares count, as which nodes they are changes, unless only
    /// what lies beside them is asked for.
    func potential(
        _ node: Int, of fleet: FleetState, whenHealthy: Bool, besideSpares: Bool = false
    ) -> Int32 {
        guard fleet.present[node],
            besideSpares ? accepts(node, of: fleet) : suits(node, of: fleet)
        else { return 0 }
        guard whenHealthy || !fleet.drained[node] else { return 0 }
        var most = Int64(FleetLimits.membersPerJob)
        if request.devices > 0 {
            let all = FleetState.mask(fleet.deviceCount[node])
            let usable = whenHealthy ? all : all & ~fleet.unhealthy[node]
            let devices = usable.nonzeroBitCount
            most =
                request.isFractional
                ? Int64(devices * (1000 / Int(request.deviceMilli)))
                : Int64(devices / Int(request.devices))
        }
        return Int32(truncatingIfNeeded: Shape.hostFit(request.host, fleet.hostTotal[node], most))
    }

    private func fractionalFit(_ node: Int, of fleet: FleetState) -> Int64 {
        let offset = Int(fleet.deviceOffset[node])
        var count: Int64 = 0
        let unhealthy = fleet.unhealthy[node] | fleet.claimed[node]
        for device in 0..<Int(fleet.deviceCount[node])
        where unhealthy & (1 << UInt64(device)) == 0 {
            count += Int64(fleet.deviceFree[offset + device]) / Int64(request.deviceMilli)
        }
        return count
    }

    @inline(__always)
    static func hostFit(
        _ need: HostResources, _ free: HostResources, _ most: Int64
    ) -> Int64 {
        var most = most
        if need.cpuMilli > 0 { most = min(most, free.cpuMilli / need.cpuMilli) }
        if need.memoryMiB > 0 { most = min(most, free.memoryMiB / need.memoryMiB) }
        if need.diskMiB > 0 { most = min(most, free.diskMiB / need.diskMiB) }
        if need.nics > 0 { most = min(most, free.nics / need.nics) }
        if need.slots > 0 { most = min(most, free.slots / need.slots) }
        if need.exclusives != .none {
            most = free.exclusives.contains(need.exclusives) ? min(most, 1) : 0
        }
        return max(0, most)
    }
}

extension Shape: SnapshotValue {
    static var blank: Shape { Shape(request: .blank, kinds: .all, pools: .all) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&request)
        coder.field(&kinds)
        coder.field(&pools)
        coder.field(&zones)
        coder.field(&rule, since: 2)
        coder.field(&sparePools, since: 4)
        // Only while a gang is being placed.
        coder.leaveOut()
    }
}
