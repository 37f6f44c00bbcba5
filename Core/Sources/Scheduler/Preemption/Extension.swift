import FleetModel

extension Engine {
    /// Takes room for more members of a gang near those that it has, or changes nothing when there
    /// is room for fewer than `least`. All get the kind that the role has already.
    ///
    /// The finest domain around the anchor comes first, then those above it, up to where the gang's
    /// topology binds it. O(nodes).
    mutating func extend(
        _ request: GangRequest, role index: Int, around anchor: NodeID, kind: UInt8,
        atLeast least: Int, atMost most: Int
    ) -> [PlacedMember]? {
        var shape = request.roles[index].shape
        if shape.request.devices > 0 {
            guard kind != FleetState.noKind, shape.kinds.bits & (1 << UInt64(kind)) != 0 else {
                return nil
            }
            shape.kinds = AcceleratorKindSet(bits: 1 << UInt64(kind))
        }
        let slot = placer.slot(of: shape, isScored: false)
        var positions: [Int] = []
        var seen = 0..<0
        for range in rangesAround(anchor, request.topology) {
            for position in range where !seen.contains(position) { positions.append(position) }
            seen = range
        }
        var members: [PlacedMember] = []
        for position in positions {
            guard members.count < most else { break }
            let node = Int(placer.tree.nodeAt[position])
            guard placer.indexes.entries[slot].fit[position] > 0, !request.avoids(node) else {
                continue
            }
            var view = NodeForecast(node, of: placer.fleet, claimed: 0)
            while members.count < most,
                let grant = view.take(shape.request, on: NodeID(node), preferring: 0)
            {
                members.append(PlacedMember(grant: grant, role: Int32(index)))
            }
        }
        guard members.count >= least else { return nil }
        for member in members { placer.fleet.take(member.grant) }
        return members
    }

    /// Ranges of positions around a node, finest domain first, as far as the topology allows.
    private mutating func rangesAround(
        _ anchor: NodeID, _ topology: TopologyConstraint
    ) -> [Range<Int>] {
        placer.refreshTree()
        let position = Int(placer.tree.positionOf[anchor.index])
        guard position >= 0 else { return [] }
        var ranges = [position..<(position + 1)]
        let coarsest = topology.preference.requiredLevel?.index ?? -1
        var domain = Int(placer.tree.leafOf[position])
        var level = placer.tree.levelRanges.count - 1
        while level >= max(0, coarsest) {
            ranges.append(placer.tree.positions(domain))
            domain = Int(placer.tree.parent[domain])
            level -= 1
        }
        if coarsest < 0 { ranges.append(0..<placer.tree.nodeCount) }
        return ranges
    }
}
