import FleetModel

/// What shares are shares of.
struct CapacityFigures: Hashable, Sendable {
    /// Devices of nodes that have been in service since they came.
    var total: Int64 = 0
    /// Those of them that are out now.
    var out: Int64 = 0
    /// The total of the fault domain in question.
    var domainTotal: Int64 = 0
}

/// How much of the fleet there is and how much is out, kept up to date node by node so that a storm
/// of faults does not count the fleet each time.
struct CapacityBook: Hashable, Sendable {
    /// What one node adds.
    struct Entry: Hashable, Sendable {
        var units: Int32
        var out: Int32
        var domain: DomainID?
    }

    private var entries: [Entry?] = []
    private var total: Int64 = 0
    private var out: Int64 = 0
    /// Looked up and never iterated over.
    private var domainTotals: [DomainID: Int64] = [:]

    /// Sets what a node adds; nil when it does not count.
    mutating func set(_ node: NodeID, _ entry: Entry?) {
        while entries.count <= node.index { entries.append(nil) }
        let old = entries[node.index]
        guard old != entry else { return }
        if let old { add(old, sign: -1) }
        if let entry { add(entry, sign: 1) }
        entries[node.index] = entry
    }

    private mutating func add(_ entry: Entry, sign: Int64) {
        total += sign * Int64(entry.units)
        out += sign * Int64(entry.out)
        if let domain = entry.domain {
            domainTotals[domain, default: 0] += sign * Int64(entry.units)
        }
    }

    /// The figures for the fleet and one domain.
    func figures(for domain: DomainID?) -> CapacityFigures {
        CapacityFigures(
            total: total, out: out, domainTotal: domain.flatMap { domainTotals[$0] } ?? 0)
    }
}
