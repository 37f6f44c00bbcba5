import FleetModel

/// Gives the names of a fleet document their ids and runs its generators.
struct FleetResolver {
    let document: FleetDocument
    let findings: Findings

    private var levelNames: [String] { document.levels.map(\.value.name) }

    /// The fleet; nil when there are mistakes.
    func resolve() -> FleetDefinition? {
        var fleet = FleetDefinition(topology: Topology(levels: document.levels.map(\.value)))
        let total = document.nodes.reduce(0) { $0 + ($1.count?.value ?? 1) }
        if total > FleetLimits.nodes {
            findings.report(
                .invalidValue, line: document.nodes.last?.line ?? 0,
                "the fleet has \(total) nodes", expected: "at most \(FleetLimits.nodes) nodes")
        }
        var kinds = declared(document.kinds)
        var pools = declared(document.pools)
        var plans: [NodePlan] = []
        for entry in document.nodes {
            let pool = pool(of: entry, &pools)
            let kind = kind(of: entry, &kinds)
            if let places = places(of: entry) {
                plans.append(NodePlan(entry: entry, pool: pool, kind: kind, places: places))
            }
        }
        checkLimit(kinds.names.count, FleetLimits.acceleratorKinds, "accelerator kinds")
        checkLimit(pools.names.count, FleetLimits.pools, "pools")
        guard total <= FleetLimits.nodes else { return nil }
        checkNames()
        guard findings.count == 0 else { return nil }
        for kind in kinds.names { _ = fleet.kinds.intern(kind) }
        for pool in pools.names { _ = fleet.pools.intern(pool) }
        add(plans, to: &fleet)
        return fleet
    }

    /// A node entry with everything looked up.
    private struct NodePlan {
        var entry: NodeEntry
        var pool: String
        var kind: String?
        /// One per level above the host, coarse to fine.
        var places: [Place]
    }

    /// Where the nodes of one entry stand at one level.
    private struct Place {
        /// The domain's name, in which `{index}` is the number of the group.
        var pattern: IndexPattern
        /// Nodes per domain; 0 when all of the entry's nodes share it.
        var nodesPerDomain: Int
    }

    private struct Declared {
        var names: [String]
        var isClosed: Bool
    }

    private func declared(_ names: [Located<String>]?) -> Declared {
        Declared(names: names?.map(\.value) ?? [], isClosed: names != nil)
    }

    private func checkLimit(_ count: Int, _ limit: Int, _ what: String) {
        guard count > limit, findings.count == 0 else { return }
        findings.report(
            .invalidValue, line: 0, "the fleet has \(count) \(what)", expected: "at most \(limit)")
    }

    private func pool(of entry: NodeEntry, _ pools: inout Declared) -> String {
        guard let pool = entry.pool else {
            if pools.isClosed, pools.names.count == 1 { return pools.names[0] }
            if pools.isClosed {
                findings.report(
                    .missingKey, line: entry.line, "the node '\(entry.name.value)' has no 'pool'",
                    expected: Findings.listing(pools.names))
            } else if !pools.names.contains(FleetDocument.defaultPool) {
                pools.names.append(FleetDocument.defaultPool)
            }
            return FleetDocument.defaultPool
        }
        note(pool, "pool", &pools)
        return pool.value
    }

    private func kind(of entry: NodeEntry, _ kinds: inout Declared) -> String? {
        guard let kind = entry.kind else {
            if entry.devices == 0 { return nil }
            if kinds.isClosed, kinds.names.count == 1 { return kinds.names[0] }
            findings.report(
                .missingKey, line: entry.line,
                "the devices of the node '\(entry.name.value)' have no kind",
                expected: kinds.isClosed ? Findings.listing(kinds.names) : "a name such as H100",
                hint: "write gpus: {count: \(entry.devices), kind: ...}")
            return nil
        }
        note(kind, "accelerator kind", &kinds)
        return entry.devices == 0 ? nil : kind.value
    }

    private func note(_ name: Located<String>, _ what: String, _ known: inout Declared) {
        if name.value.isEmpty || known.names.contains(name.value) { return }
        if known.isClosed {
            findings.reportUnknown(what, name.value, line: name.line, among: known.names)
        } else {
            known.names.append(name.value)
        }
    }

    /// The entry's place at every level; nil when something about it was wrong.
    private func places(of entry: NodeEntry) -> [Place]? {
        let before = findings.count
        for level in entry.domains.map(\.level) + entry.groups.map(\.level)
        where !levelNames.contains(level.value) {
            findings.reportUnknown(
                "topology level", level.value, line: level.line, among: levelNames)
        }
        var places: [Place] = []
        var nodesPerDomain = 1
        for level in levelNames.reversed() {
            let domain = entry.domains.first { $0.level.value == level }
            let group = entry.groups.first { $0.level.value == level }
            if let group {
                // Beyond the largest fleet the exact product makes no difference.
                nodesPerDomain = min(nodesPerDomain * group.size, FleetLimits.nodes)
                places.append(
                    Place(
                        pattern: IndexPattern(
                            domain?.value ?? "\(level)-\(IndexPattern.placeholder)"),
                        nodesPerDomain: nodesPerDomain))
            } else if let domain {
                places.append(Place(pattern: IndexPattern(domain.value), nodesPerDomain: 0))
            } else {
                findings.report(
                    .missingKey, line: entry.line,
                    "the node '\(entry.name.value)' has no domain at the level '\(level)'",
                    expected: "a domain at each of \(levelNames.joined(separator: ", "))",
                    hint: entry.count == nil
                        ? "write domains: {\(level): ...}"
                        : "write domains: {\(level): ...} or group: {\(level): ...}")
            }
            checkPattern(domain, isGrouped: group != nil)
        }
        return findings.count == before ? places.reversed() : nil
    }

    private func checkPattern(_ domain: DomainEntry?, isGrouped: Bool) {
        guard let domain, !domain.value.isEmpty else { return }
        let pattern = IndexPattern(domain.value)
        let hasIndex = pattern.hasIndex
        if hasIndex != isGrouped {
            findings.report(
                .invalidValue, line: domain.level.line,
                isGrouped
                    ? "the domain '\(domain.value)' is one for all groups of"
                        + " '\(domain.level.value)'"
                    : "the domain '\(domain.value)' has {index}, but its level has no group size",
                expected: isGrouped
                    ? "a pattern with {index}, such as \(domain.value)-{index}"
                    : "a size for '\(domain.level.value)' in 'group', or a name without {index}")
        } else if pattern.hasOtherBraces {
            findings.report(
                .invalidValue, line: domain.level.line,
                "the domain '\(domain.value)' has braces beside {index}",
                expected: "a name, or a pattern with {index}")
        }
    }

    /// Reports entries whose nodes have names that are taken, once for each entry.
    private func checkNames() {
        var lines: [String: Int] = [:]
        for entry in document.nodes {
            var clash: (name: String, line: Int)?
            let pattern = IndexPattern(entry.name.value)
            for position in 0..<(pattern.hasIndex ? entry.count?.value ?? 1 : 1) {
                let name = FleetResolver.name(of: entry, pattern, position)
                if let line = lines[name] {
                    clash = clash ?? (name, line)
                } else {
                    lines[name] = entry.line
                }
            }
            if let clash {
                findings.report(
                    .duplicateName, line: entry.name.line, "the node '\(clash.name)' exists twice",
                    expected: "each node once",
                    hint: "it is made by the entry on line \(clash.line) already")
            }
        }
    }

    private static func name(
        of entry: NodeEntry, _ pattern: IndexPattern, _ position: Int
    ) -> String {
        guard entry.count != nil else { return entry.name.value }
        var number = String(entry.first + position)
        if number.utf8.count < entry.digits {
            number = String(repeating: "0", count: entry.digits - number.utf8.count) + number
        }
        return pattern.filled(with: number)
    }

    /// Makes the nodes. Groups are numbered through the whole file, so that two generators never
    /// share a domain by accident.
    private func add(_ plans: [NodePlan], to fleet: inout FleetDefinition) {
        var groupsBefore = [Int](repeating: 0, count: levelNames.count)
        for plan in plans {
            let count = plan.entry.count?.value ?? 1
            let pattern = IndexPattern(plan.entry.name.value)
            for position in 0..<count {
                let path = plan.places.enumerated().map { level, place in
                    place.nodesPerDomain == 0
                        ? place.pattern.filled(with: "")
                        : place.pattern.filled(
                            with: String(groupsBefore[level] + position / place.nodesPerDomain))
                }
                fleet.addNode(
                    name: FleetResolver.name(of: plan.entry, pattern, position), pool: plan.pool,
                    kind: plan.kind, devices: plan.entry.devices,
                    unhealthyDevices: plan.entry.unhealthyDevices, host: plan.entry.host,
                    path: path)
            }
            for (level, place) in plan.places.enumerated() where place.nodesPerDomain > 0 {
                groupsBefore[level] += (count + place.nodesPerDomain - 1) / place.nodesPerDomain
            }
        }
    }
}
