import FleetModel
import Scheduler
import Testing

@testable import Simulation

/// How far the engine's own estimates of starts are off over whole runs.
@Suite struct EstimateRunTests {
    private static func figures(
        _ workload: Workload, _ fleet: FleetDefinition, _ durations: DurationKnowledge
    ) -> EstimateFigures {
        let run = HandRun(
            SimulationRun.Setup(
                fleet: fleet, workload: workload, policy: Policy(queueOrder: .muster),
                durations: durations))
        return run.report.estimates
    }

    /// A real cluster's trace on a fleet that is a little small for it at times. Limits are wide:
    /// with few estimates much of the run is spent on learning.
    @Test func rangesOfCluster04Hold() throws {
        guard let bytes = try PublicTraces.bytes("itp/cluster04.csv.gz") else { return }
        let fleet = FleetDefinition.uniform(nodes: 90, devices: 8, groups: [16])
        let trace = Array(try readTrace(bytes).get().jobs.prefix(8000))
        var fitting = TraceFitting(fleet: fleet, file: "cluster04", skipsUnplaceable: true)
        let found = Self.figures(try fitting.fit(trace).get(), fleet, .predicted)
        #expect(found.started > 100)
        #expect(found.withinRange > 0.7 && found.withinRange < 0.95, "\(found)")
        #expect(found.error.p50 < found.guessError.p50, "\(found)")
    }

    @Test func aRunWithEstimatesEnds() throws {
        let fleet = FleetDefinition.uniform(nodes: 8, devices: 8, groups: [4])
        let workload = try fittedWorkload(.llm, seed: 5, jobs: 200, load: 150, fleet: fleet)
        let run = HandRun(
            SimulationRun.Setup(
                fleet: fleet, workload: workload, policy: Policy(queueOrder: .muster),
                durations: .predicted))
        #expect(run.run.settledJobs == 200)
        #expect(run.report.estimates.told > 0)
        #expect(run.run.engine.checkInvariants().isEmpty)
    }
}
