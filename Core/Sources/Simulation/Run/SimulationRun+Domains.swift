import FleetModel
import Scheduler

extension SimulationRun {
    /// Distinct domains of a gang at each level, hosts last.
    func domainCounts(_ members: [MemberPlacement]) -> [Int32] {
        let levels = setup.fleet.topology.levels.count
        guard members.count > 1 else { return [Int32](repeating: 1, count: levels) }
        var nodes = members.map(\.node)
        nodes.sort()
        var unique: [NodeID] = []
        for node in nodes where unique.last != node { unique.append(node) }
        var counts: [Int32] = []
        for level in 0..<(levels - 1) {
            let sorted = unique.map { engine.domains(of: $0)[level] }.sorted()
            var count: Int32 = 0
            for place in sorted.indices where place == 0 || sorted[place] != sorted[place - 1] {
                count += 1
            }
            counts.append(count)
        }
        counts.append(Int32(unique.count))
        return counts
    }
}
