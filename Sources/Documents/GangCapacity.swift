import FleetModel

/// Tells gangs that even the empty fleet with all its hardware in service could not hold.
///
/// Only what is certain counts: a gang that passes may still prove impossible in the engine.
struct GangCapacity {
    /// What decides whether a gang can ever be placed.
    struct Gang: Hashable {
        var roles: [RoleSpec]
        var pools: PoolSet
        /// One domain of this level must hold the gang; nil for the whole fleet.
        var level: LevelIndex?
        var slice: TopologySlice?
    }

    /// What is missing.
    enum Shortfall {
        /// No node holds a single member; the most devices that a node of its pools and kinds has.
        case noNode(role: Int, devices: Int64)
        /// Fewer members than the gang's smallest size fit.
        case members(role: Int, have: Int64)
        /// Each role fits by itself, but not all of them.
        case together
    }

    private let fleet: FleetDefinition
    private var known: [Gang: Shortfall?] = [:]

    init(fleet: FleetDefinition) { self.fleet = fleet }

    /// What is missing for the gang; nil when nothing is. O(nodes × roles), once for each shape.
    mutating func shortfall(_ gang: Gang) -> Shortfall? {
        if let answer = known[gang] { return answer }
        let answer = evaluate(gang)
        known[gang] = .some(answer)
        return answer
    }

    private func domain(of node: NodeSpec, _ level: LevelIndex?) -> Int {
        guard let level else { return 0 }
        return level == fleet.topology.host ? node.id.index : node.domains[level.index].index
    }

    private func domainCount(_ level: LevelIndex?) -> Int {
        guard let level else { return 1 }
        return level == fleet.topology.host ? fleet.nodes.count : fleet.domains.count
    }

    private func evaluate(_ gang: Gang) -> Shortfall? {
        var fitting: [[Int64]] = []
        for (index, role) in gang.roles.enumerated() {
            let members = members(of: role, gang)
            if let shortfall = shortfall(role, index, members, gang) { return shortfall }
            fitting.append(members)
        }
        guard gang.roles.count > 1 else { return nil }
        let rooms = rooms(gang)
        let need = gang.roles.reduce(into: Room()) { $0.add($1) }
        let holdsAll = rooms.indices.contains { domain in
            rooms[domain].contains(need)
                && gang.roles.indices.allSatisfy {
                    fitting[$0][domain] >= Int64(gang.roles[$0].minimum)
                }
        }
        return holdsAll ? nil : .together
    }

    private func shortfall(
        _ role: RoleSpec, _ index: Int, _ members: [Int64], _ gang: Gang
    ) -> Shortfall? {
        let most = members.max() ?? 0
        if most >= Int64(role.minimum) { return nil }
        let fits = fleet.nodes.contains { GangCapacity.fit(role, $0, gang.pools) > 0 }
        if fits { return .members(role: index, have: most) }
        let usable = fleet.nodes.filter { GangCapacity.admits(role, $0, gang.pools) }
        return .noNode(role: index, devices: Int64(usable.map(\.devices).max() ?? 0))
    }

    /// Members of the role that fit into each domain by themselves, whole slices counted.
    private func members(of role: RoleSpec, _ gang: Gang) -> [Int64] {
        var counts = [Int64](repeating: 0, count: domainCount(gang.level))
        guard let slice = gang.slice, gang.level.map({ $0 < slice.level }) ?? true else {
            for node in fleet.nodes {
                counts[domain(of: node, gang.level)] += GangCapacity.fit(role, node, gang.pools)
            }
            return gang.slice.map { slice in
                counts.map { $0 - $0 % Int64(slice.members) }
            } ?? counts
        }
        var inner = [Int64](repeating: 0, count: domainCount(slice.level))
        var outer = [Int](repeating: 0, count: inner.count)
        for node in fleet.nodes {
            let place = domain(of: node, slice.level)
            inner[place] += GangCapacity.fit(role, node, gang.pools)
            outer[place] = domain(of: node, gang.level)
        }
        for (place, count) in inner.enumerated() {
            counts[outer[place]] += count - count % Int64(slice.members)
        }
        return counts
    }

    private static func admits(_ role: RoleSpec, _ node: NodeSpec, _ pools: PoolSet) -> Bool {
        guard pools.contains(node.pool) else { return false }
        if role.request.devices == 0 { return true }
        return node.kind.map(role.accelerators.contains) ?? false
    }

    /// Members of the role that the empty node holds.
    private static func fit(_ role: RoleSpec, _ node: NodeSpec, _ pools: PoolSet) -> Int64 {
        guard admits(role, node, pools) else { return 0 }
        let request = role.request
        var fit = Int64(FleetLimits.membersPerJob)
        if request.isFractional {
            fit = min(fit, Int64(node.devices) * Int64(1000 / request.deviceMilli))
        } else if request.devices > 0 {
            fit = min(fit, Int64(node.devices / request.devices))
        }
        let pairs = [
            (request.host.cpuMilli, node.host.cpuMilli),
            (request.host.memoryMiB, node.host.memoryMiB),
            (request.host.diskMiB, node.host.diskMiB), (request.host.nics, node.host.nics),
        ]
        for (need, have) in pairs where need > 0 { fit = min(fit, have / need) }
        return fit
    }

    /// Resources in sum.
    private struct Room {
        var gpuMilli: Int64 = 0
        var host = HostResources.zero

        mutating func add(_ role: RoleSpec) {
            gpuMilli += Int64(role.minimum) * role.request.gpuMilli
            host = host + role.request.host * Int64(role.minimum)
        }

        func contains(_ other: Room) -> Bool {
            other.gpuMilli <= gpuMilli && host.contains(other.host)
        }
    }

    /// What the nodes that serve any of the roles have, by domain.
    private func rooms(_ gang: Gang) -> [Room] {
        var rooms = [Room](repeating: Room(), count: domainCount(gang.level))
        for node in fleet.nodes {
            let serving = gang.roles.filter { GangCapacity.fit($0, node, gang.pools) > 0 }
            guard !serving.isEmpty else { continue }
            let place = domain(of: node, gang.level)
            rooms[place].host = rooms[place].host + node.host
            if serving.contains(where: { $0.request.devices > 0 }) {
                rooms[place].gpuMilli += Int64(node.devices) * 1000
            }
        }
        return rooms
    }
}
