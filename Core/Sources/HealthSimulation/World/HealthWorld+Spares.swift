import FleetModel
import Health
import Scheduler

// Hot spares, by the policy of the control plane: so many good nodes outside of the gang are closed
// to small jobs, that a gang which breaks finds its place at once.
extension HealthWorld {
    /// The gang's size, of which there is nothing else.
    private var sparePolicy: SparePolicy {
        SparePolicy(
            .nodes(Int32(scenario.spares)),
            leastGPUs: Int32(scenario.gangNodes * HealthScenario.devices))
    }

    mutating func keepSpares() {
        guard scenario.variant.hasSpares, areSparesStale else { return }
        areSparesStale = false
        let policy = sparePolicy
        let candidates = node.compactMap { $0 }.sorted().map(candidate)
        let before = Set(scheduler.spareNodes)
        let choice = SpareChoice(policy, among: candidates) { before.contains($0) }
        let gangs = [SpareGangs(pool: PoolID(0), leastMilli: policy.leastMilli)]
        guard choice.kept != scheduler.spareNodes || gangs != scheduler.spareGangs else { return }
        give(.keepSpares(choice.kept, gangs: gangs))
    }

    private func candidate(_ id: NodeID) -> SpareCandidate {
        let known = health[id]
        let occupants = occupants[id.index]
        let hasGang = occupants.contains { $0.job == HealthWorld.gang }
        return SpareCandidate(
            node: id, domains: fleet.nodes[slotOf[id.index]].domains,
            isGood: known?.track.state == .inService && known?.toldUnhealthy == 0,
            isIdle: occupants.isEmpty && !scheduler.isReserved(id),
            isBriefly: known?.track.isBrieflyDoubted == true && known?.toldUnhealthy == 0,
            gang: hasGang
                ? SpareGang(job: HealthWorld.gang, gpuMilli: sparePolicy.leastMilli) : nil)
    }
}
