import FleetModel
import Scheduler
import Testing

@testable import Simulation

/// A month on 2,048 GPUs at the published rates: as in `Examples/scenarios/faults.yaml`.
@Suite struct PublishedMonthTests {
    private struct Series {
        var members: Int32
        var count: Int64
        var everySeconds: Int64
        var runSeconds: Int64
        var checkpointSeconds: Int64?
        var restartSeconds: Int64
    }

    private static let series = [
        Series(
            members: 128, count: 1, everySeconds: 0, runSeconds: 29 * 86_400,
            checkpointSeconds: 1800, restartSeconds: 300),
        Series(
            members: 16, count: 29, everySeconds: 86_400, runSeconds: 30 * 3600,
            checkpointSeconds: 1800, restartSeconds: 300),
        Series(
            members: 4, count: 348, everySeconds: 7200, runSeconds: 9 * 3600,
            checkpointSeconds: 900, restartSeconds: 180),
        Series(
            members: 1, count: 2088, everySeconds: 1200, runSeconds: 3 * 3600,
            checkpointSeconds: nil, restartSeconds: 60),
    ]

    private func workload() -> Workload {
        var tenants = TenantTree()
        let team = tenants.leaf(named: "team")
        var jobs: [SimulatedJob] = []
        for series in Self.series {
            for copy in 0..<series.count {
                let spec = JobSpec(
                    id: JobID(0), tenant: team, priority: series.members, preemptible: false,
                    roles: [RoleSpec(count: series.members, request: MemberRequest(devices: 8))],
                    checkpointPeriod: series.checkpointSeconds.map { .seconds($0) },
                    restartCost: .seconds(series.restartSeconds),
                    retries: RetryLimits(infrastructure: 1000))
                jobs.append(
                    SimulatedJob(
                        spec: spec, submit: .seconds(copy * series.everySeconds),
                        runTime: .seconds(series.runSeconds)))
            }
        }
        let order = jobs.indices.sorted { (jobs[$0].submit, $0) < (jobs[$1].submit, $1) }
        jobs = order.map { jobs[$0] }
        for index in jobs.indices { jobs[index].spec.id = JobID(index) }
        return Workload(jobs: jobs, tenants: tenants)
    }

    @Test(arguments: [QueueOrder.fair, .muster])
    func theLargestGangIsSoonBackAndNeverOnWhatBrokeIt(order: QueueOrder) {
        let fleet = FleetDefinition.uniform(nodes: 256, devices: 8, groups: [16, 4])
        for seed in 1...3 as ClosedRange<UInt64> {
            let report = SmallRun.finish(
                SimulationRun(
                    SimulationRun.Setup(
                        fleet: fleet, workload: workload(), policy: Policy(queueOrder: order),
                        faults: .published(seed: seed), stopDelay: .seconds(30))))
            let figures = report.interruptions
            #expect(figures.restartOfLargest.count >= 10)
            #expect(report.counts.failed == 0)
            #expect(figures.restartOfLargest.p50 <= 300)
            // Only `muster` heeds who is to blame; the others may come back before the drain.
            if order == .muster { #expect(figures.suspectStarts == 0) }
            // About 50 faults by 6.5 per 1000 node-days; five standard deviations.
            let struck = FaultKind.allCases.reduce(0) { $0 + figures[$1] }
            #expect((15...90).contains(struck))
            #expect(figures.lostGPUSeconds > 0)
            #expect(figures.lostGPUSeconds < report.allocatedGPUSeconds / 10)
        }
    }
}
