import FleetModel
import Scheduler
import Testing

@testable import Simulation

@Suite struct PublicTraceRunTests {
    @Test func firstJobsOfCluster04() throws {
        guard let bytes = try PublicTraces.bytes("itp/cluster04.csv.gz") else { return }
        let fleet = FleetDefinition.uniform(nodes: 64, devices: 8, groups: [16])
        let trace = Array(try readTrace(bytes).get().jobs.prefix(2000))
        var fitting = TraceFitting(fleet: fleet, file: "cluster04")
        let workload = try fitting.fit(trace).get()
        let reports = QueueOrder.allCases.map { order in
            let run = HandRun(
                SimulationRun.Setup(
                    fleet: fleet, workload: workload, policy: Policy(queueOrder: order)))
            #expect(run.run.settledJobs == 2000)
            #expect(run.run.engine.checkInvariants().isEmpty)
            return run.report
        }
        for report in reports {
            #expect(report.counts.succeeded == 2000)
            #expect(report.allocationRatio > 0 && report.allocationRatio <= 1)
            #expect(report.series.allocatedGPUs.peaks.allSatisfy { $0 <= 512 })
            #expect(
                isNear(
                    report.allocatedGPUSeconds, reports[0].allocatedGPUSeconds, within: 1e-9))
        }
        let wait = reports.map(\.wait.mean)
        let (fifo, firstFit) = (0, 1)
        #expect(wait[fifo] >= wait[firstFit])
        #expect(wait[fifo] >= wait[Int(QueueOrder.easy.rawValue)])
    }
}
