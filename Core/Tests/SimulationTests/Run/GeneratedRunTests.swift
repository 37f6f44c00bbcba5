import FleetModel
import Scheduler
import Testing

@testable import Simulation

@Suite struct GeneratedRunTests {
    private static let fleet = FleetDefinition.uniform(nodes: 8, devices: 8, groups: [4])

    @Test(arguments: QueueOrder.allCases) func everythingSettlesAndIsConserved(
        _ order: QueueOrder
    ) throws {
        let workload = try fittedWorkload(.llm, seed: 3, jobs: 150, fleet: Self.fleet)
        let run = HandRun(
            SimulationRun.Setup(
                fleet: Self.fleet, workload: workload, policy: Policy(queueOrder: order)))
        let report = run.report
        #expect(run.run.settledJobs == workload.jobs.count)
        #expect(report.counts.finished == workload.jobs.count)
        #expect(report.counts.succeeded + report.counts.timedOut == workload.jobs.count)
        #expect((report.lostGPUSeconds > 0) == (order == .muster), "only muster stops gangs")
        var expected = Int128(0)
        for job in workload.jobs {
            let ran = min(job.runTime, job.spec.timeLimit ?? job.runTime)
            expected += Int128(job.spec.minimumGPUMilli) * Int128(ran.nanoseconds)
        }
        // What muster stops is started again, and does again what it did since its checkpoint.
        let done = Double(expected) / 1e12 + report.interruptions.lostGPUSeconds
        #expect(isNear(report.allocatedGPUSeconds, done, within: 1e-9))
        let ofTenants = report.tenants.reduce(0) { $0 + $1.allocatedGPUSeconds }
        #expect(isNear(ofTenants, report.allocatedGPUSeconds, within: 1e-9))
        #expect(report.allocationRatio <= 1)
        #expect(run.run.engine.openJobs == 0)
        #expect(run.run.engine.allocatedMilli == 0)
        #expect(run.run.engine.checkInvariants().isEmpty)
    }

    @Test(arguments: WorkloadGenerator.Preset.allCases) func sameTwice(
        _ preset: WorkloadGenerator.Preset
    ) throws {
        func run() throws -> HandRun {
            let workload = try fittedWorkload(preset, seed: 5, jobs: 100, fleet: Self.fleet)
            return HandRun(
                SimulationRun.Setup(
                    fleet: Self.fleet, workload: workload, policy: Policy(), durations: .predicted,
                    isJournalled: true))
        }
        let (first, second) = (try run(), try run())
        #expect(first.report.stateHash == second.report.stateHash)
        #expect(first.journal == second.journal)
        var slower = second.report
        slower.cost.wallSeconds = 7
        #expect(RunReportJSON.text([first.report]) != RunReportJSON.text([slower]))
        slower.cost.wallSeconds = first.report.cost.wallSeconds
        #expect(RunReportJSON.text([first.report]) == RunReportJSON.text([slower]))
    }

    @Test func journallingChangesNothing() throws {
        let workload = try fittedWorkload(.itp, seed: 5, jobs: 100, fleet: Self.fleet)
        let runs = [false, true].map {
            HandRun(
                SimulationRun.Setup(
                    fleet: Self.fleet, workload: workload, policy: Policy(), isJournalled: $0))
        }
        #expect(runs[0].report == runs[1].report)
        #expect(runs[0].journal.isEmpty && !runs[1].journal.isEmpty)
    }
}
