import FleetModel

/// Small lists in one column: little-endian words, read back with their bounds checked.
struct RowBytes {
    private(set) var bytes: [UInt8] = []
    private var position = 0

    init() {}
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func put(_ value: Int64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// The next word; nil at the end.
    mutating func next() -> Int64? {
        guard position + 8 <= bytes.count else { return nil }
        defer { position += 8 }
        return bytes[position..<position + 8].reversed().reduce(0) { $0 << 8 | Int64($1) }
    }

    static func encode(_ members: [RankedMember]) -> [UInt8] {
        var row = RowBytes()
        row.bytes.reserveCapacity(members.count * 32)
        for member in members {
            row.put(Int64(member.rank))
            row.put(Int64(member.placement.node.rawValue))
            row.put(Int64(member.placement.role))
            row.put(Int64(bitPattern: member.placement.devices))
        }
        return row.bytes
    }

    static func members(_ bytes: [UInt8]) -> [RankedMember] {
        var row = RowBytes(bytes)
        var members: [RankedMember] = []
        members.reserveCapacity(bytes.count / 32)
        while let rank = row.next(), let node = row.next(), let role = row.next(),
            let devices = row.next()
        {
            members.append(
                RankedMember(
                    rank: Int32(truncatingIfNeeded: rank),
                    placement: MemberPlacement(
                        node: NodeID(rawValue: Int32(truncatingIfNeeded: node)),
                        role: Int32(truncatingIfNeeded: role),
                        devices: UInt64(bitPattern: devices))))
        }
        return members
    }

    static func encode(_ exits: [ExitRow]) -> [UInt8] {
        var row = RowBytes()
        for exit in exits {
            row.put(Int64(exit.rank))
            row.put(exit.code.map { Int64($0) } ?? .min)
            row.put(exit.signal.map { Int64($0) } ?? .min)
        }
        return row.bytes
    }

    static func exits(_ bytes: [UInt8]) -> [ExitRow] {
        var row = RowBytes(bytes)
        var exits: [ExitRow] = []
        while let rank = row.next(), let code = row.next(), let signal = row.next() {
            exits.append(
                ExitRow(
                    rank: Int32(truncatingIfNeeded: rank),
                    code: code == .min ? nil : Int32(truncatingIfNeeded: code),
                    signal: signal == .min ? nil : Int32(truncatingIfNeeded: signal)))
        }
        return exits
    }

    static func encode(_ refusal: Refusal) -> [UInt8] {
        var row = RowBytes()
        row.put(Int64(refusal.code.rawValue))
        row.put(Int64(refusal.unit.rawValue))
        row.put(refusal.need)
        row.put(refusal.have)
        row.put(refusal.level.map { Int64($0.rawValue) } ?? -1)
        row.put(refusal.tenant.map { Int64($0.rawValue) } ?? -1)
        row.put(refusal.job.map { Int64($0.rawValue) } ?? -1)
        return row.bytes
    }

    static func refusal(_ bytes: [UInt8]) -> Refusal? {
        var row = RowBytes(bytes)
        guard let code = row.next(), let unit = row.next(), let need = row.next(),
            let have = row.next(), let level = row.next(), let tenant = row.next(),
            let job = row.next(), (0...15).contains(code), (0...15).contains(unit),
            let code = RefusalCode(rawValue: UInt8(code)),
            let unit = RefusalUnit(rawValue: UInt8(unit))
        else { return nil }
        return Refusal(
            code: code, unit: unit, need: need, have: have,
            level: (0...15).contains(level) ? LevelIndex(Int(level)) : nil,
            tenant: tenant < 0 ? nil : TenantID(rawValue: Int32(truncatingIfNeeded: tenant)),
            job: job < 0 ? nil : JobID(rawValue: Int32(truncatingIfNeeded: job)))
    }

    /// Stands before the slots and exclusives of a node that has some, in the place of its NICs.
    private static let hasMore = Int64.min

    static func encode(_ spec: NodeSpec) -> [UInt8] {
        var row = RowBytes()
        for value in [
            Int64(spec.id.rawValue), Int64(spec.pool.rawValue),
            spec.kind.map { Int64($0.rawValue) } ?? -1, Int64(spec.devices),
            Int64(bitPattern: spec.unhealthyDevices), spec.host.cpuMilli, spec.host.memoryMiB,
            spec.host.diskMiB,
        ] { row.put(value) }
        if spec.host.slots != 0 || spec.host.exclusives != .none {
            for value in [
                hasMore, spec.host.slots, Int64(bitPattern: spec.host.exclusives.ones),
            ] { row.put(value) }
        }
        row.put(spec.host.nics)
        for domain in spec.domains { row.put(Int64(domain.rawValue)) }
        return row.bytes
    }

    static func nodeSpec(_ bytes: [UInt8]) -> NodeSpec? {
        var row = RowBytes(bytes)
        guard let id = row.next(), let pool = row.next(), let kind = row.next(),
            let devices = row.next(), let unhealthy = row.next(), let cpu = row.next(),
            let memory = row.next(), let disk = row.next(), var nics = row.next()
        else { return nil }
        var host = HostResources(cpuMilli: cpu, memoryMiB: memory, diskMiB: disk)
        if nics == hasMore {
            guard let slots = row.next(), let ones = row.next(), let last = row.next() else {
                return nil
            }
            host.slots = slots
            host.exclusives = Exclusives(UInt64(bitPattern: ones))
            nics = last
        }
        host.nics = nics
        var domains: [DomainID] = []
        while let domain = row.next() {
            domains.append(DomainID(rawValue: Int32(truncatingIfNeeded: domain)))
        }
        return NodeSpec(
            id: NodeID(rawValue: Int32(truncatingIfNeeded: id)),
            pool: PoolID(rawValue: Int32(truncatingIfNeeded: pool)),
            kind: kind < 0 ? nil : AcceleratorKindID(rawValue: Int32(truncatingIfNeeded: kind)),
            devices: Int32(truncatingIfNeeded: devices),
            unhealthyDevices: UInt64(bitPattern: unhealthy),
            host: host, domains: domains)
    }
}
