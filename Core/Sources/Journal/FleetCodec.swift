import FleetModel

/// What stands in place of a quantity of a host.
private enum HostMark {
    /// More quantities follow than four. No node has so few network interfaces.
    static let more = Int64.min
}

extension HostResources {
    /// Whether four numbers do not tell all.
    fileprivate var hasMore: Bool {
        slots != 0 || exclusives != .none || nics == HostMark.more
    }
}

extension PayloadWriter {
    mutating func node(_ node: NodeSpec) throws(PayloadFault) {
        guard (0...FleetLimits.devicesPerNode).contains(Int(node.devices)) else {
            throw .devicesBeyond(Int(node.devices))
        }
        try id(node.id)
        try id(node.pool, below: FleetLimits.pools)
        flag(node.kind != nil)
        if let kind = node.kind { try id(kind, below: FleetLimits.acceleratorKinds) }
        byte(UInt8(node.devices))
        bits(node.unhealthyDevices)
        host(node.host)
        try list(node.domains, of: "domains", limit: FleetLimits.topologyLevels) {
            (writer, domain) throws(PayloadFault) in try writer.id(domain)
        }
    }

    /// Where there are slots or exclusives, ``HostMark/more`` stands before the fourth number, and
    /// they follow it.
    mutating func host(_ host: HostResources) {
        signed(host.cpuMilli)
        signed(host.memoryMiB)
        signed(host.diskMiB)
        guard host.hasMore else { return signed(host.nics) }
        signed(HostMark.more)
        signed(host.nics)
        signed(host.slots)
        bits(host.exclusives.ones)
        bits(host.exclusives.signs)
    }

    mutating func tenant(_ tenant: TenantSpec) throws(PayloadFault) {
        try id(tenant.id)
        flag(tenant.parent != nil)
        if let parent = tenant.parent { try id(parent) }
        try list(tenant.quotas, of: "quotas", limit: FleetLimits.acceleratorKinds) {
            (writer, quota) throws(PayloadFault) in try writer.quota(quota)
        }
        try list(tenant.cells, of: "cells", limit: FleetLimits.cellsPerTenant) {
            (writer, cell) throws(PayloadFault) in
            try writer.id(cell.kind, below: FleetLimits.acceleratorKinds)
            writer.byte(cell.level.rawValue)
            writer.signed(cell.count)
        }
    }

    private mutating func quota(_ quota: QuotaSpec) throws(PayloadFault) {
        try id(quota.kind, below: FleetLimits.acceleratorKinds)
        flag(quota.limitMilli != nil)
        flag(quota.lendableMilli != nil)
        signed(quota.guaranteedMilli)
        if let limit = quota.limitMilli { signed(limit) }
        if let lendable = quota.lendableMilli { signed(lendable) }
        signed(quota.weight)
    }

    mutating func request(_ request: MemberRequest) {
        signed(request.devices)
        signed(request.deviceMilli)
        host(request.host)
    }

    mutating func workloadClass(_ workload: WorkloadClass) {
        request(workload.request)
        bits(workload.accelerators.bits)
        signed(workload.weight)
    }
}

extension PayloadReader {
    mutating func node() throws(PayloadFault) -> NodeSpec {
        let id: NodeID = try id()
        let pool: PoolID = try self.id(below: FleetLimits.pools)
        var kind: AcceleratorKindID?
        if try flag() { kind = try self.id(below: FleetLimits.acceleratorKinds) }
        let devices = try byte()
        guard devices <= FleetLimits.devicesPerNode else { throw .devicesBeyond(Int(devices)) }
        return NodeSpec(
            id: id, pool: pool, kind: kind, devices: Int32(devices),
            unhealthyDevices: try bits(), host: try host(),
            domains: try list(of: "domains", limit: FleetLimits.topologyLevels) {
                (reader) throws(PayloadFault) in try reader.id()
            })
    }

    mutating func host() throws(PayloadFault) -> HostResources {
        var host = HostResources(
            cpuMilli: try signed(), memoryMiB: try signed(), diskMiB: try signed(),
            nics: try signed())
        guard host.nics == HostMark.more else { return host }
        host.nics = try signed()
        host.slots = try signed()
        host.exclusives = Exclusives(ones: try bits(), signs: try bits())
        guard host.hasMore else {
            throw PayloadFault("a host announces more than it has", expected: "four quantities")
        }
        return host
    }

    mutating func tenant() throws(PayloadFault) -> TenantSpec {
        let id: TenantID = try id()
        var parent: TenantID?
        if try flag() { parent = try self.id() }
        return TenantSpec(
            id: id, parent: parent,
            quotas: try list(of: "quotas", limit: FleetLimits.acceleratorKinds) {
                (reader) throws(PayloadFault) in try reader.quota()
            },
            cells: try list(of: "cells", limit: FleetLimits.cellsPerTenant) {
                (reader) throws(PayloadFault) in
                CellQuota(
                    kind: try reader.id(below: FleetLimits.acceleratorKinds),
                    level: LevelIndex(Int(try reader.byte())), count: try reader.signed32())
            })
    }

    private mutating func quota() throws(PayloadFault) -> QuotaSpec {
        let kind: AcceleratorKindID = try id(below: FleetLimits.acceleratorKinds)
        let hasLimit = try flag()
        let hasLendable = try flag()
        return QuotaSpec(
            kind: kind, guaranteedMilli: try signed(),
            limitMilli: hasLimit ? try signed() : nil,
            lendableMilli: hasLendable ? try signed() : nil, weight: try signed())
    }

    mutating func request() throws(PayloadFault) -> MemberRequest {
        let devices = try signed32()
        let deviceMilli = try signed32()
        var request = MemberRequest(devices: devices, host: try host())
        // The initializer has a rule of its own for members without devices.
        request.deviceMilli = deviceMilli
        return request
    }

    mutating func workloadClass() throws(PayloadFault) -> WorkloadClass {
        WorkloadClass(
            request: try request(), accelerators: AcceleratorKindSet(bits: try bits()),
            weight: try signed())
    }
}

extension PayloadFault {
    fileprivate static func devicesBeyond(_ devices: Int) -> PayloadFault {
        PayloadFault(
            "a node of \(devices) devices", expected: "0 to \(FleetLimits.devicesPerNode)")
    }
}
