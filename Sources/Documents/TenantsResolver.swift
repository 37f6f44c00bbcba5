import FleetModel

/// Gives the names of a tenants document their ids and proves the tree sound.
struct TenantsResolver {
    let document: TenantsDocument
    /// Nil when the fleet itself is wrong; then only what needs no fleet is checked.
    let fleet: FleetDefinition?
    let findings: Findings
    /// Whether nodes come and go: what the fleet has now is no bound then, and sums are for
    /// ``TenantTree/cutGuarantees()``.
    var isLive = false

    /// The tree; nil when there are mistakes.
    func resolve() -> TenantTree? {
        let entries = document.tenants
        if entries.count > FleetLimits.tenants {
            findings.report(
                .invalidValue, line: entries[FleetLimits.tenants].name.line,
                "\(entries.count) tenants", expected: "at most \(FleetLimits.tenants)")
            return nil
        }
        let lineage = TenantLineage(entries: entries, findings: findings)
        guard let order = lineage.order() else {
            // Kinds and amounts do not depend on who is above whom.
            if let fleet {
                var units = QuotaUnits(fleet: fleet, isLive: isLive)
                let cells = cells(&units)
                _ = quotas(cells.map(owned), &units)
            }
            return nil
        }
        var quotas: [[QuotaSpec]] = document.tenants.map { _ in [] }
        var cells: [[(cell: CellQuota, milli: Int64)]] = document.tenants.map { _ in [] }
        if let fleet {
            var units = QuotaUnits(fleet: fleet, isLive: isLive)
            cells = self.cells(&units)
            quotas = self.quotas(ownedBelow(cells, order, lineage), &units)
        }
        if let fleet, !isLive {
            checkSums(order, lineage, quotas, fleet)
        }
        guard findings.count == 0, fleet != nil else { return nil }
        var tree = TenantTree()
        for position in order {
            let id = tree.names.intern(lineage.fullNames[position])
            let parent = lineage.parents[position].flatMap {
                tree.names.id(of: lineage.fullNames[$0])
            }
            tree.tenants.append(
                TenantSpec(
                    id: id, parent: parent, quotas: quotas[position],
                    cells: cells[position].map(\.cell)))
        }
        return tree
    }

    private func cells(_ units: inout QuotaUnits) -> [[(cell: CellQuota, milli: Int64)]] {
        var resolver = CellResolver(
            entries: document.tenants, findings: findings, isLive: isLive)
        return resolver.cells(&units)
    }

    /// The milli-GPUs of a tenant's own cells, by kind.
    private func owned(_ cells: [(cell: CellQuota, milli: Int64)]) -> [AcceleratorKindID: Int64] {
        var sums: [AcceleratorKindID: Int64] = [:]
        for (cell, milli) in cells { sums[cell.kind, default: 0] += milli }
        return sums
    }

    /// The milli-GPUs of the cells of each tenant and of all below it, by kind.
    private func ownedBelow(
        _ cells: [[(cell: CellQuota, milli: Int64)]], _ order: [Int], _ lineage: TenantLineage
    ) -> [[AcceleratorKindID: Int64]] {
        var sums = cells.map(owned)
        for position in order.reversed() {
            guard let parent = lineage.parents[position] else { continue }
            sums[parent].merge(sums[position]) { $0 + $1 }
        }
        return sums
    }

    /// The quotas of each entry in milli-GPUs, checked one by one. What a tenant owns is guaranteed
    /// to it, if the file guarantees it no more.
    private func quotas(
        _ owned: [[AcceleratorKindID: Int64]], _ units: inout QuotaUnits
    ) -> [[QuotaSpec]] {
        let kinds = units.fleet.kinds.names.indices.map { AcceleratorKindID($0) }
        return document.tenants.enumerated().map { position, entry in
            var quotas = entry.quotas.compactMap {
                quota($0, of: entry, owned[position], units.fleet, &units)
            }
            for kind in kinds {
                guard let milli = owned[position][kind], milli > 0,
                    !entry.quotas.contains(where: {
                        units.fleet.kinds.id(of: $0.kind.value) == kind
                    })
                else { continue }
                quotas.append(QuotaSpec(kind: kind, guaranteedMilli: milli))
            }
            return quotas
        }
    }

    private func quota(
        _ entry: QuotaEntry, of tenant: TenantEntry, _ owned: [AcceleratorKindID: Int64],
        _ fleet: FleetDefinition, _ units: inout QuotaUnits
    ) -> QuotaSpec? {
        guard let kind = fleet.kinds.id(of: entry.kind.value) else {
            findings.reportUnknown(
                "accelerator kind", entry.kind.value, line: entry.kind.line,
                among: fleet.kinds.names)
            return nil
        }
        let stated = milli(entry.guaranteed, kind, entry.kind.value, &units)
        let isReadable = entry.guaranteed == nil || stated != nil
        let guaranteed = isReadable ? max(stated ?? 0, owned[kind] ?? 0) : nil
        let limit = milli(entry.limit, kind, entry.kind.value, &units)
        let lend = milli(entry.lend, kind, entry.kind.value, &units)
        let name = entry.kind.value
        if let limit, let guaranteed, guaranteed > 0, limit < guaranteed {
            findings.report(
                .invalidValue, line: entry.limit?.line ?? entry.kind.line,
                "the limit of '\(tenant.name.value)', \(GPUText.gpus(milli: limit)) \(name), is"
                    + " below " + (guaranteed == stated ? "its guarantee" : "what it owns"),
                expected: "at least \(GPUText.gpus(milli: guaranteed)) \(name)")
        }
        if let lend, let guaranteed, lend > guaranteed {
            findings.report(
                .invalidValue, line: entry.lend?.line ?? entry.kind.line,
                "'\(tenant.name.value)' would lend \(GPUText.gpus(milli: lend)) \(name), more than"
                    + " its guarantee",
                expected: "at most \(GPUText.gpus(milli: guaranteed)) \(name)")
        }
        return QuotaSpec(
            kind: kind, guaranteedMilli: guaranteed ?? 0, limitMilli: limit, lendableMilli: lend,
            weight: entry.weight)
    }

    func milli(
        _ amount: Located<QuotaAmount>?, _ kind: AcceleratorKindID, _ kindName: String,
        _ units: inout QuotaUnits
    ) -> Int64? {
        guard let amount else { return nil }
        switch amount.value {
        case .gpuMilli(let milli): return milli
        case .domains(let count, let unit):
            do {
                // So much at most that the engine can count it, of fleets that still grow as well.
                return min(
                    count * 1000 * (try units.devices(unit: unit, kind: kind)),
                    TenantsParser.most * 1000)
            } catch {
                report(error, unit, kindName, line: amount.line, units.fleet.topology)
                return nil
            }
        }
    }

    private func report(
        _ failure: QuotaUnits.Failure, _ unit: String, _ kind: String, line: Int,
        _ topology: Topology
    ) {
        switch failure {
        case .unknownLevel:
            findings.reportUnknown(
                "unit", unit, line: line, among: ["gpus", "nodes"] + topology.levels.map(\.name))
        case .absent:
            findings.report(
                .invalidValue, line: line, "a quota in \(unit), but no node has \(kind)",
                expected: "an amount in GPUs")
        case .uneven(let least, let most):
            findings.report(
                .invalidValue, line: line,
                "'\(unit)' is not one amount: domains have from \(least) to \(most) \(kind)",
                expected: "a level whose domains all have the same number of \(kind)",
                hint: "write the quota in GPUs")
        }
    }

    /// Reports guarantees that add up to more than the tenant above them or the fleet has.
    private func checkSums(
        _ order: [Int], _ lineage: TenantLineage, _ quotas: [[QuotaSpec]],
        _ fleet: FleetDefinition
    ) {
        let kinds = fleet.kinds.count
        let capacity = fleet.devicesByKind
        var childSums = [Int64](repeating: 0, count: (document.tenants.count + 1) * kinds)
        // The last row is the fleet.
        let root = document.tenants.count
        for position in order {
            for quota in quotas[position] {
                let parent = lineage.parents[position] ?? root
                childSums[parent * kinds + quota.kind.index] += quota.guaranteedMilli
            }
        }
        for kind in fleet.kinds.names.indices {
            for position in order {
                let own = quotas[position].first { $0.kind.index == kind }?.guaranteedMilli ?? 0
                reportSum(
                    childSums[position * kinds + kind], own, fleet.kinds.names[kind],
                    line: document.tenants[position].name.line,
                    "the tenants in '\(lineage.fullNames[position])'", "its own guarantee",
                    hint: "raise the guarantee of '\(lineage.fullNames[position])' or lower theirs")
            }
            reportSum(
                childSums[root * kinds + kind], capacity[kind] * 1000,
                fleet.kinds.names[kind],
                line: order.first.map { document.tenants[$0].name.line } ?? 0,
                "all tenants together", "what the fleet has",
                hint: "lower guarantees; 'limit' and 'weight' are for what is shared")
        }
    }

    private func reportSum(
        _ sum: Int64, _ available: Int64, _ kind: String, line: Int, _ who: String,
        _ above: String, hint: String
    ) {
        guard sum > available else { return }
        findings.report(
            .overcommitted, line: line,
            "\(who) are guaranteed \(GPUText.gpus(milli: sum)) \(kind), more than \(above)",
            expected: "at most \(GPUText.gpus(milli: available)) \(kind)", hint: hint)
    }
}
