import FleetModel

/// The gangs that hold something in a part of the fleet, each with its members there.
struct HolderTally {
    /// Slots, each once.
    var slots: [Int32] = []
    /// Members there, by slot.
    var members: [Int32]
}

extension Engine {
    /// Who holds something of the nodes at these positions that the gang accepts. O(holders there).
    func tally(_ positions: Range<Int>, for request: GangRequest) -> HolderTally {
        var tally = HolderTally(members: [Int32](repeating: 0, count: jobs.slotCount))
        for position in positions {
            let node = Int(placer.tree.nodeAt[position])
            guard request.accepts(node, of: placer.fleet) else { continue }
            for holder in holders[node] {
                if tally.members[Int(holder.slot)] == 0 { tally.slots.append(holder.slot) }
                tally.members[Int(holder.slot)] += 1
            }
        }
        return tally
    }

    /// The largest of these gangs, as far as the scope goes.
    func largest(_ tally: HolderTally, in positions: Range<Int>, limit: Int) -> [HoldingGang] {
        // By slot among equals, so that the choice does not depend on where they stand.
        let most = tally.slots.least(AnswerLimits.examinedHolders) { left, right in
            (-tally.members[Int(left)], left) < (-tally.members[Int(right)], right)
        }
        var found = most.map { (holder(Int($0), in: positions), jobs[Int($0)].order) }
        found.sort { left, right in
            left.0.gpuMilli != right.0.gpuMilli
                ? left.0.gpuMilli > right.0.gpuMilli : left.1 < right.1
        }
        return found.prefix(limit).map(\.0)
    }

    /// Those of these gangs that are expected to end first.
    func nextToEnd(_ tally: HolderTally, in positions: Range<Int>) -> [HoldingGang] {
        var ends: [(end: Instant, slot: Int32)] = []
        for slot in tally.slots {
            guard let end = expectedEnd(Int(slot)) else { continue }
            ends.append((end, slot))
        }
        return ends.least(AnswerLimits.nextToEnd) { ($0.end, $0.slot) < ($1.end, $1.slot) }
            .map { holder(Int($0.slot), in: positions) }
    }

    /// A gang with what it holds at these positions.
    func holder(_ slot: Int, in positions: Range<Int>) -> HoldingGang {
        let spec = jobs[slot].spec
        var nodes: [NodeID] = []
        var milli: Int64 = 0
        for member in jobs[slot].members {
            let node = member.grant.node
            guard positions.contains(Int(placer.tree.positionOf[node.index])) else { continue }
            nodes.append(node)
            milli += Int64(member.grant.devices.nonzeroBitCount) * Int64(member.grant.deviceMilli)
        }
        nodes.sort()
        return HoldingGang(
            job: spec.id, tenant: spec.tenant,
            nodes: nodes.indices.count { $0 == 0 || nodes[$0] != nodes[$0 - 1] },
            gpuMilli: milli, expectedEnd: expectedEnd(slot),
            isPreemptible: spec.preemptible)
    }

    /// The largest gangs of a tenant and those below it. O(running jobs).
    func largestHolders(of tenant: TenantID) -> [HoldingGang] {
        var sized: [(milli: Int64, slot: Int32)] = []
        for slot in placedSlots {
            var payer = jobs[Int(slot)].spec.tenant.index
            while payer >= 0, payer != tenant.index { payer = Int(quota.parent[payer]) }
            guard payer >= 0 else { continue }
            var milli: Int64 = 0
            for member in jobs[Int(slot)].members {
                milli +=
                    Int64(member.grant.devices.nonzeroBitCount) * Int64(member.grant.deviceMilli)
            }
            sized.append((milli, slot))
        }
        let all = 0..<placer.tree.nodeCount
        return sized.least(AnswerLimits.holders) { ($1.milli, $0.slot) < ($0.milli, $1.slot) }
            .map { holder(Int($0.slot), in: all) }
    }
}

extension GangRequest {
    /// Whether some role may stand on the node, as far as its pool and kind go.
    func accepts(_ node: Int, of fleet: FleetState) -> Bool {
        !avoids(node) && roles.contains { $0.shape.accepts(node, of: fleet) && !(isHostRole($0)) }
    }

    /// Whether the role is of no account beside roles with devices.
    private func isHostRole(_ role: RoleRequest) -> Bool {
        role.shape.request.devices == 0 && !isHostOnly
    }
}

extension Array {
    /// The least `count` elements in order. O(n log count).
    func least(_ count: Int, by precedes: (Element, Element) -> Bool) -> [Element] {
        var kept: [Element] = []
        for element in self {
            if kept.count == count {
                guard let last = kept.last, precedes(element, last) else { continue }
                kept.removeLast()
            }
            var low = 0
            var high = kept.count
            while low < high {
                let middle = (low + high) / 2
                if precedes(kept[middle], element) { low = middle + 1 } else { high = middle }
            }
            kept.insert(element, at: low)
        }
        return kept
    }
}
