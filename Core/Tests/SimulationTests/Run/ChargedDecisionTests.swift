import FleetModel
import Scheduler
import Testing

@testable import Simulation

/// Decisions that take virtual time.
struct ChargedDecisionTests {
    private func report(cost: Int64, preset: WorkloadGenerator.Preset) throws -> RunReport {
        let fleet = FleetDefinition.uniform(nodes: 4, devices: 8, groups: [2])
        let generator = try WorkloadGenerator(
            preset: preset, seed: 3, extent: .jobs(80), fleetGPUs: 32)
        var fitting = TraceFitting(
            fleet: fleet, file: "generated", skipsUnplaceable: true,
            traits: WorkloadGenerator.traits)
        var run = SimulationRun(
            SimulationRun.Setup(
                fleet: fleet, workload: try fitting.fit(generator.generate()).get(),
                policy: Policy(), decisionCost: .perInput(.seconds(cost))))
        while run.step() {}
        let identity = RunIdentity(
            policy: "fair", placement: "default", durations: "exact", seed: 3, fleet: "4x8/2",
            workload: preset.rawValue)
        return run.finish(identity: identity, effort: RunEffort(wallSeconds: 0, peakResidentMiB: 0))
    }

    /// A wake that changes nothing is charged as well, and may be the last thing that happens.
    @Test(arguments: WorkloadGenerator.Preset.allCases)
    func everyJobEndsHoweverSlowTheSchedulerIs(preset: WorkloadGenerator.Preset) throws {
        var waits: [Double] = []
        for cost in [0, 1, 60, 3600] as [Int64] {
            let report = try report(cost: cost, preset: preset)
            #expect(report.counts.finished == 80)
            #expect(report.counts.unfinished == 0)
            waits.append(report.wait.mean)
        }
        #expect(waits[3] > waits[0], "charged time makes jobs wait")
    }
}
