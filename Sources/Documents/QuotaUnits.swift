import FleetModel

/// Turns whole nodes and racks into GPUs of a kind.
struct QuotaUnits {
    /// Why a unit cannot be counted in GPUs.
    enum Failure: Error {
        case unknownLevel
        /// The kind has no devices in the fleet.
        case absent
        /// Domains of the level differ in how many devices of the kind they have.
        case uneven(least: Int64, most: Int64)
    }

    let fleet: FleetDefinition
    /// Whether nodes come and go, so that a domain is as large as most of its level are.
    private let isLive: Bool
    private var known: [Key: Result<Int64, Failure>] = [:]

    private struct Key: Hashable {
        var level: LevelIndex
        var kind: AcceleratorKindID
    }

    init(fleet: FleetDefinition, isLive: Bool = false) {
        self.fleet = fleet
        self.isLive = isLive
    }

    /// The level that a unit such as `racks`, `leaves` or `node` names.
    func level(unit: String) -> LevelIndex? {
        let unit = unit.lowercased()
        for (index, level) in fleet.topology.levels.enumerated() {
            let name = level.name.lowercased()
            var forms = [name, name + "s", name + "es"]
            if name == Topology.hostName { forms += ["node", "nodes"] }
            if name.hasSuffix("f") { forms.append(name.dropLast() + "ves") }
            if forms.contains(unit) { return LevelIndex(index) }
        }
        return nil
    }

    /// Devices of the kind in one whole domain of the unit's level. O(nodes) once for each pair.
    mutating func devices(unit: String, kind: AcceleratorKindID) throws(Failure) -> Int64 {
        guard let level = level(unit: unit) else { throw .unknownLevel }
        let key = Key(level: level, kind: kind)
        if let result = known[key] { return try result.get() }
        let result = count(level, kind)
        known[key] = result
        return try result.get()
    }

    private func count(_ level: LevelIndex, _ kind: AcceleratorKindID) -> Result<Int64, Failure> {
        let isHost = level == fleet.topology.host
        var sums = [Int64](repeating: 0, count: isHost ? fleet.nodes.count : fleet.domains.count)
        for node in fleet.nodes where node.kind == kind {
            sums[isHost ? node.id.index : node.domains[level.index].index] += Int64(node.devices)
        }
        let present = sums.filter { $0 > 0 }
        guard let least = present.min(), let most = present.max() else { return .failure(.absent) }
        guard least != most else { return .success(most) }
        return isLive
            ? .success(QuotaUnits.mostCommon(present))
            : .failure(.uneven(least: least, most: most))
    }

    /// The number that is there most often; of several the largest.
    private static func mostCommon(_ numbers: [Int64]) -> Int64 {
        var best: (count: Int, number: Int64) = (0, 0)
        var run = 0
        let sorted = numbers.sorted()
        for (index, number) in sorted.enumerated() {
            run = index > 0 && sorted[index - 1] == number ? run + 1 : 1
            if (run, number) > best { best = (run, number) }
        }
        return best.number
    }
}
