import FleetModel
import Health

// Hot spares as policy: so many good nodes outside of the gang are closed to small jobs, by a node
// rule, that a gang which breaks finds its place at once. Whatever small jobs run there runs on.
extension HealthWorld {
    mutating func keepSpares() {
        guard scenario.variant.hasSpares, areSparesStale else { return }
        areSparesStale = false
        let usable = node.indices.map { isUsableAsSpare($0) }
        for slot in node.indices where isSpare[slot] && !usable[slot] { isSpare[slot] = false }
        var missing = scenario.spares - isSpare.count { $0 }
        for isIdle in [true, false] {
            for slot in node.indices where missing > 0 && usable[slot] && !isSpare[slot] {
                guard let id = node[slot], occupants[id.index].isEmpty == isIdle else { continue }
                isSpare[slot] = true
                missing -= 1
            }
        }
        let others = node.indices.compactMap { isSpare[$0] ? nil : node[$0] }
        give(.setRule(HealthWorld.rule, nodes: others))
    }

    private func isUsableAsSpare(_ slot: Int) -> Bool {
        guard let id = node[slot], let known = health[id], known.track.state == .inService,
            known.toldUnhealthy == 0
        else { return false }
        return !occupants[id.index].contains { $0.job == HealthWorld.gang }
    }
}
