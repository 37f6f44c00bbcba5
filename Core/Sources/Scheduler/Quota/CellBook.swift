import FleetModel

/// Which nodes belong to whom: the cells of tenants, bound to domains of the fleet.
///
/// HiveD (Zhao et al., OSDI 2020) gives a tenant cells, not counts, so that what it owns stays
/// whole. Here a cell is bound to one domain for as long as that domain serves; every node carries
/// the zone of its owner, and zone 0 belongs to nobody in particular.
struct CellBook: Sendable {
    /// What was asked, in order of tenants.
    private(set) var wanted: [(tenant: TenantID, cell: CellQuota)] = []
    /// The owner of each zone from 1 on.
    private(set) var owners: [TenantID] = []
    /// Domains bound for each entry of ``wanted``: a domain's first level id, or a node.
    private(set) var bound: [[Int32]] = []

    /// Owners that a fleet can tell apart: zones share a word with zone 0.
    static let mostOwners = 63

    /// Whether nobody owns anything.
    var isEmpty: Bool { wanted.isEmpty }

    /// Takes over what tenants want; those beyond ``mostOwners`` get none. What was bound is kept
    /// for the same tenant and cell.
    mutating func replace(with tenants: [TenantSpec]) {
        let before = zip(wanted, bound).map { ($0.0.tenant, $0.0.cell, $0.1) }
        wanted.removeAll()
        owners.removeAll()
        for tenant in tenants where !tenant.cells.isEmpty {
            guard owners.count < CellBook.mostOwners else { break }
            owners.append(tenant.id)
            for cell in tenant.cells { wanted.append((tenant.id, cell)) }
        }
        bound = wanted.map { entry in
            before.first {
                $0.0 == entry.tenant && $0.1.kind == entry.cell.kind
                    && $0.1.level == entry.cell.level
            }?.2 ?? []
        }
    }

    /// The zone of an owner, from 1 on.
    func zone(of tenant: TenantID) -> UInt8? {
        owners.firstIndex(of: tenant).map { UInt8($0 + 1) }
    }

    /// Forgets which domains are bound: the next ``bind(_:)`` chooses as in a new fleet.
    mutating func unbind() { bound = wanted.map { _ in [] } }

    /// Binds cells anew where they have to be: what is bound stays unless it is gone, too much, or
    /// broken while its owner does not use it and a better one is there.
    ///
    /// - Parameter candidates: the domains that could be a tenant's cell.
    mutating func bind(_ candidates: (TenantID, CellQuota) -> [CellCandidate]) {
        var taken: Set<Int64> = []
        var choices = wanted.map { candidates($0.tenant, $0.cell) }
        for (index, entry) in wanted.enumerated() {
            let known = choices[index]
            bound[index] = Array(
                bound[index].filter { id in
                    known.contains { $0.id == id } && !isTaken(id, entry.cell, taken, known)
                }.prefix(Int(max(0, entry.cell.count))))
            for id in bound[index] { take(id, known, &taken) }
        }
        for (index, entry) in wanted.enumerated() {
            choices[index].sort { $0.isBetter(than: $1) }
            replaceBroken(index, choices[index], &taken)
            for candidate in choices[index] where bound[index].count < Int(entry.cell.count) {
                guard candidate.nodes.allSatisfy({ !taken.contains(Int64($0)) }) else { continue }
                bound[index].append(candidate.id)
                for node in candidate.nodes { taken.insert(Int64(node)) }
            }
        }
    }

    private mutating func replaceBroken(
        _ index: Int, _ choices: [CellCandidate], _ taken: inout Set<Int64>
    ) {
        for place in bound[index].indices {
            guard let old = choices.first(where: { $0.id == bound[index][place] }),
                old.ownDevices == 0,
                let better = choices.first(where: {
                    $0.nodes.allSatisfy { !taken.contains(Int64($0)) }
                }), better.foreignDevices == 0, better.devices > old.devices
            else { continue }
            for node in old.nodes { taken.remove(Int64(node)) }
            for node in better.nodes { taken.insert(Int64(node)) }
            bound[index][place] = better.id
        }
    }

    private func isTaken(
        _ id: Int32, _ cell: CellQuota, _ taken: Set<Int64>, _ known: [CellCandidate]
    ) -> Bool {
        known.first { $0.id == id }?.nodes.contains { taken.contains(Int64($0)) } ?? true
    }

    private func take(_ id: Int32, _ known: [CellCandidate], _ taken: inout Set<Int64>) {
        for node in known.first(where: { $0.id == id })?.nodes ?? [] { taken.insert(Int64(node)) }
    }
}

/// A domain that a cell could be bound to.
struct CellCandidate: Sendable {
    /// Its number among the domains of the level, or the node.
    var id: Int32
    /// Its nodes.
    var nodes: [Int32]
    /// Devices of the kind in service.
    var devices: Int
    /// Devices that others hold and do not give back.
    var foreignDevices: Int
    /// Devices that the owner holds.
    var ownDevices: Int

    /// Whether a cell is rather bound to this one.
    func isBetter(than other: CellCandidate) -> Bool {
        if foreignDevices != other.foreignDevices { return foreignDevices < other.foreignDevices }
        if devices != other.devices { return devices > other.devices }
        return ownDevices != other.ownDevices ? ownDevices > other.ownDevices : id < other.id
    }
}

extension CellBook: SnapshotValue {
    static var blank: CellBook { CellBook() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.list(&wanted, blank: (TenantID(0), .blank)) { entry, coder in
            coder.field(&entry.tenant)
            coder.field(&entry.cell)
        }
        coder.field(&owners)
        coder.field(&bound)
    }
}
