import FleetModel

/// Gives the names in cells their ids and refuses more cells than the fleet has.
struct CellResolver {
    let entries: [TenantEntry]
    let findings: Findings
    private let isLive: Bool
    /// Domains of a level that tenants own so far, by level and kind.
    private var owned: [CellKey: Int64] = [:]
    private var owners = 0

    private struct CellKey: Hashable {
        var level: LevelIndex
        var kind: AcceleratorKindID
    }

    init(entries: [TenantEntry], findings: Findings, isLive: Bool) {
        self.isLive = isLive
        self.entries = entries
        self.findings = findings
    }

    /// The cells of every tenant, and the milli-GPUs that they are of each kind.
    mutating func cells(_ units: inout QuotaUnits) -> [[(cell: CellQuota, milli: Int64)]] {
        entries.map { entry in
            if !entry.cells.isEmpty { checkOwners(entry) }
            if entry.cells.count > FleetLimits.cellsPerTenant {
                findings.report(
                    .invalidValue, line: entry.cells[FleetLimits.cellsPerTenant].level.line,
                    "'\(entry.name.value)' has \(entry.cells.count) sorts of cells",
                    expected: "at most \(FleetLimits.cellsPerTenant)")
            }
            var seen: [CellKey: Int] = [:]
            return entry.cells.compactMap { cell in
                guard let (key, devices) = key(of: cell, &units) else { return nil }
                if let line = seen.updateValue(cell.level.line, forKey: key) {
                    findings.report(
                        .duplicateName, line: cell.level.line,
                        "'\(cell.level.value)' is the level of two cells of '\(entry.name.value)'",
                        expected: "each level once for each kind",
                        hint: "it is on line \(line) already")
                    return nil
                }
                return resolved(cell, key, devices, units.fleet)
            }
        }
    }

    private mutating func checkOwners(_ entry: TenantEntry) {
        owners += 1
        guard owners == FleetLimits.cellOwners + 1 else { return }
        findings.report(
            .invalidValue, line: entry.cells[0].kind.line,
            "more than \(FleetLimits.cellOwners) tenants have cells",
            expected: "at most \(FleetLimits.cellOwners)",
            hint: "tenants below an owner use its cells without cells of their own")
    }

    private func key(
        of cell: CellEntry, _ units: inout QuotaUnits
    ) -> (CellKey, devices: Int64)? {
        let names = units.fleet.kinds
        guard let kind = names.id(of: cell.kind.value) else {
            findings.reportUnknown(
                "accelerator kind", cell.kind.value, line: cell.kind.line, among: names.names)
            return nil
        }
        do {
            let devices = try units.devices(unit: cell.level.value, kind: kind)
            guard let level = units.level(unit: cell.level.value) else { return nil }
            return (CellKey(level: level, kind: kind), devices)
        } catch {
            report(error, cell, units.fleet.topology)
            return nil
        }
    }

    private func report(_ failure: QuotaUnits.Failure, _ cell: CellEntry, _ topology: Topology) {
        let (level, kind) = (cell.level.value, cell.kind.value)
        switch failure {
        case .unknownLevel:
            findings.reportUnknown(
                "topology level", level, line: cell.level.line,
                among: topology.levels.map(\.name))
        case .absent:
            findings.report(
                .invalidValue, line: cell.level.line,
                "a cell of \(kind), but no node has \(kind)", expected: "a kind of the fleet")
        case .uneven(let least, let most):
            findings.report(
                .invalidValue, line: cell.level.line,
                "'\(level)' is not one amount: domains have from \(least) to \(most) \(kind)",
                expected: "a level whose domains all have the same number of \(kind)",
                hint: "own whole hosts")
        }
    }

    private mutating func resolved(
        _ cell: CellEntry, _ key: CellKey, _ devices: Int64, _ fleet: FleetDefinition
    ) -> (cell: CellQuota, milli: Int64)? {
        let total = fleet.devicesByKind[key.kind.index] / devices
        let before = owned[key, default: 0]
        owned[key] = before + Int64(cell.count)
        guard isLive || before + Int64(cell.count) <= total else {
            let name = fleet.topology.levels[key.level.index].name
            findings.report(
                .overcommitted, line: cell.level.line,
                "\(before + Int64(cell.count)) \(cell.kind.value) cells of level '\(name)', up to"
                    + " here, are more than the fleet has",
                expected: "at most \(total) in all", hint: "no domain has two owners")
            return nil
        }
        return (
            CellQuota(kind: key.kind, level: key.level, count: cell.count),
            min(Int64(cell.count), total) * devices * 1000
        )
    }
}
