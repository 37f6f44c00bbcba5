import FleetModel
import Scheduler
import Testing

@testable import Simulation

/// Decisions that take virtual time.
struct ChargedDecisionTests {
    private func report(
        cost: Int64, seed: UInt64, preset: WorkloadGenerator.Preset
    ) throws -> RunReport {
        let fleet = FleetDefinition.uniform(nodes: 8, devices: 8, groups: [4])
        let generator = try WorkloadGenerator(
            preset: preset, seed: seed, extent: .jobs(80), fleetGPUs: 64)
        var fitting = TraceFitting(
            fleet: fleet, file: "generated", skipsUnplaceable: true,
            traits: WorkloadGenerator.traits)
        var run = SimulationRun(
            SimulationRun.Setup(
                fleet: fleet, workload: try fitting.fit(generator.generate()).get(),
                policy: Policy(), decisionCost: .perInput(.seconds(cost))))
        while run.step() {}
        let identity = RunIdentity(
            policy: "fair", placement: "default", durations: "exact", seed: seed, fleet: "8x8/4",
            workload: preset.rawValue)
        return run.finish(identity: identity, effort: RunEffort(wallSeconds: 0, peakResidentMiB: 0))
    }

    /// A wake that changes nothing is charged as well, and may be the last thing that happens.
    @Test(arguments: WorkloadGenerator.Preset.allCases)
    func everyJobEndsHoweverSlowTheSchedulerIs(preset: WorkloadGenerator.Preset) throws {
        for seed in 1...4 as ClosedRange<UInt64> {
            var waits: [Double] = []
            for cost in [0, 60, 3600] as [Int64] {
                let report = try report(cost: cost, seed: seed, preset: preset)
                #expect(report.counts.finished == 80)
                #expect(report.counts.unfinished == 0)
                waits.append(report.wait.mean)
            }
            #expect(waits[2] > waits[0], "charged time makes jobs wait")
        }
    }
}
