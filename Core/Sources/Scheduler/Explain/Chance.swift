import FleetModel

extension Engine {
    /// Whether the gang could be placed if nothing else ran. O(nodes) once per gang and change of
    /// what is in service, else O(1).
    mutating func chance(ofGang gang: Int) -> GangChance {
        let version = placer.fleet.serviceVersion
        if room.gangs[gang].chanceVersion == version { return room.gangs[gang].chance }
        let chance = chance(of: room.gangs[gang].request)
        room.gangs[gang].chance = chance
        room.gangs[gang].chanceVersion = version
        return chance
    }

    /// The same for a request that no job waits with. O(nodes).
    mutating func chance(of request: GangRequest) -> GangChance {
        placer.refreshTree()
        if isPossible(request, whenHealthy: false) { return .possible }
        return isPossible(request, whenHealthy: true) ? .onlyWhenHealthy : .never
    }

    /// Whether every role by itself, and all roles in sum, have room on an empty fleet.
    private func isPossible(_ request: GangRequest, whenHealthy: Bool) -> Bool {
        for role in request.roles where role.minimum > 0 {
            let room = potentialRoom(
                role, request.topology, avoided: request.avoided, whenHealthy: whenHealthy)
            if room < Int(role.minimum) { return false }
        }
        let devices = deviceMilli(request.kinds, whenHealthy: whenHealthy)
        return request.minimumGPUMilli <= devices
    }

    /// The most members of a role that one allowed place could hold if nothing else ran, all with
    /// devices of one kind; on spares that are kept from it, too, or only beside them.
    func potentialRoom(
        _ role: RoleRequest, _ topology: TopologyConstraint, avoided: [NodeID] = [],
        whenHealthy: Bool, besideSpares: Bool = false
    ) -> Int {
        var shape = role.shape
        let kinds = shape.kinds.bits & kindsPresent
        guard shape.request.devices > 0, kinds & (kinds &- 1) != 0 else {
            return potentialRoom(shape, topology, avoided, whenHealthy, besideSpares)
        }
        var most = 0
        var rest = kinds
        while rest != 0 {
            shape.kinds = AcceleratorKindSet(bits: rest & (0 &- rest))
            rest &= rest - 1
            most = max(
                most, potentialRoom(shape, topology, avoided, whenHealthy, besideSpares))
        }
        return most
    }

    private func potentialRoom(
        _ shape: Shape, _ topology: TopologyConstraint, _ avoided: [NodeID],
        _ whenHealthy: Bool, _ besideSpares: Bool
    ) -> Int {
        let tree = placer.tree
        var room = [Int](repeating: 0, count: tree.domainCount)
        var mostOnNode = 0
        let slice = topology.slice.map { Int($0.members) } ?? 1
        let isHostSlice = topology.slice.map { $0.level.index >= tree.levelRanges.count } ?? false
        for position in 0..<tree.nodeCount {
            let node = Int(tree.nodeAt[position])
            var fit =
                avoided.contains(NodeID(node))
                ? 0
                : Int(
                    shape.potential(
                        node, of: placer.fleet, whenHealthy: whenHealthy,
                        besideSpares: besideSpares))
            if isHostSlice { fit = fit / slice * slice }
            mostOnNode = max(mostOnNode, fit)
            room[Int(tree.leafOf[position])] += fit
        }
        for domain in stride(from: tree.domainCount - 1, to: 0, by: -1) {
            if let level = topology.slice?.level.index, level < tree.levelRanges.count,
                tree.levelRanges[level].contains(domain)
            {
                room[domain] = room[domain] / slice * slice
            }
            room[Int(tree.parent[domain])] += room[domain]
        }
        guard let required = topology.preference.requiredLevel else { return room[0] }
        guard required.index < tree.levelRanges.count else { return mostOnNode }
        return tree.levelRanges[required.index].reduce(0) { max($0, room[$1]) }
    }

    /// What all devices of some kinds come to, but for spares of other than these pools.
    func deviceMilli(
        _ kinds: AcceleratorKindSet, whenHealthy: Bool, sparePools: UInt64 = .max
    ) -> Int64 {
        let fleet = placer.fleet
        var sum: Int64 = 0
        for node in 0..<fleet.nodeCount
        where fleet.present[node] && fleet.kind[node] != FleetState.noKind {
            guard kinds.bits & (1 << UInt64(fleet.kind[node])) != 0,
                !fleet.spares.contains(node) || sparePools & (1 << UInt64(fleet.pool[node])) != 0
            else { continue }
            if whenHealthy {
                sum += Int64(fleet.deviceCount[node]) * 1000
            } else if !fleet.drained[node] {
                sum += fleet.serviceMilli(node)
            }
        }
        return sum
    }
}
