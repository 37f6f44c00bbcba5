import FleetModel

extension Topology {
    /// The levels that nodes of a cluster can have: those with a label, and the host.
    ///
    /// Levels without a label (of the presets `simple` and `datacentre`) are for fleets in files.
    public var labelled: Topology {
        Topology(levels: levels.dropLast().filter { !$0.label.isEmpty })
    }
}

/// The topology that was found for a cluster.
public struct TopologyReading: Hashable, Sendable {
    /// The name of the preset; `zone` or `host` when no preset fits.
    public var name: String
    /// Its levels, as far as nodes have them.
    public var topology: Topology
    /// Nodes that have a label for every level.
    public var labelledNodes: Int
    /// Nodes that were looked at.
    public var nodes: Int

    /// Finds the preset that says most about these nodes.
    ///
    /// Of each preset only the levels count that some node has a label for, and at least one beside
    /// the zone must be there: the zone alone is in all of them. The preset wins for which the most
    /// nodes have all of the remaining levels, then the one with more levels, then the first. Half
    /// of the nodes must be labelled. O(presets × nodes × labels).
    ///
    /// Look only at nodes with accelerators: others are often labelled otherwise.
    public static func detect(_ nodes: [NodeFacts]) -> TopologyReading {
        let zone = TopologyLevel(name: "zone", label: "topology.kubernetes.io/zone")
        var best: TopologyReading?
        for (name, preset) in Topology.presets {
            let seen = preset.labelled.levels.dropLast().filter { level in
                nodes.contains { $0.labels[level.label] != nil }
            }
            guard seen.contains(where: { $0.label != zone.label }) else { continue }
            let reading = TopologyReading(name, Array(seen), nodes)
            guard reading.labelledNodes * 2 >= nodes.count else { continue }
            let (score, known) = (reading.score, best?.score ?? (0, 0))
            if best == nil || score > known { best = reading }
        }
        if let best { return best }
        let zoned = TopologyReading("zone", [zone], nodes)
        return zoned.labelledNodes > 0 ? zoned : TopologyReading("host", [], nodes)
    }

    private var score: (Int, Int) { (labelledNodes, topology.levels.count) }

    private init(_ name: String, _ levels: [TopologyLevel], _ nodes: [NodeFacts]) {
        self.name = name
        self.nodes = nodes.count
        topology = Topology(levels: levels)
        labelledNodes = nodes.reduce(0) { count, node in
            count + (levels.allSatisfy { node.labels[$0.label] != nil } ? 1 : 0)
        }
    }
}
