import FleetModel
import Scheduler
import Testing

@testable import Simulation

/// Whole runs under faults that strike by chance.
@Suite struct FaultRunTests {
    /// Gangs on 64 nodes with three hundred times the published rate.
    private func report(
        seed: UInt64, order: QueueOrder = .fair, rate: Int64 = 2_000_000, jobs: Int = 150
    ) throws -> (report: RunReport, invariants: [String]) {
        let fleet = FleetDefinition.uniform(nodes: 64, devices: 8, groups: [16])
        var workload = try fittedWorkload(.llm, seed: 11, jobs: jobs, load: 60, fleet: fleet)
        for index in workload.jobs.indices {
            workload.jobs[index].spec.retries = RetryLimits(infrastructure: 1000)
        }
        var model = FaultModel.published(seed: seed).scaled(to: rate)
        model[.slowNode] = rate / 10
        model[.rack] = rate / 2
        var run = SimulationRun(
            SimulationRun.Setup(
                fleet: fleet, workload: workload, policy: Policy(queueOrder: order),
                faults: model, stopDelay: .seconds(20)))
        var steps = 0
        var invariants: [String] = []
        while run.step() {
            steps += 1
            if steps % 500 == 0 { invariants += run.engine.checkInvariants() }
            if steps > 2_000_000 { break }
        }
        #expect(steps < 2_000_000)
        return (SmallRun.finish(run), invariants + run.engine.checkInvariants())
    }

    @Test(arguments: QueueOrder.allCases)
    func everyPolicyComesThroughWithItsInvariants(order: QueueOrder) throws {
        let (report, invariants) = try report(seed: 2, order: order)
        #expect(invariants == [])
        #expect(report.counts.succeeded + report.counts.refused == 150)
        #expect(report.counts.runningAtEnd == 0)
        for kind in FaultKind.allCases { #expect(report.interruptions[kind] > 0, "\(kind)") }
    }

    @Test func sameSeedSameEnd() throws {
        let first = try report(seed: 7).report
        let second = try report(seed: 7).report
        #expect(first.cost.stateHash == second.cost.stateHash)
        #expect(first.interruptions == second.interruptions)
        #expect(try report(seed: 8).report.cost.stateHash != first.cost.stateHash)
    }

    @Test func sumsAgree() throws {
        let report = try report(seed: 5).report
        let causes = report.interruptions.causes
        #expect(
            causes.reduce(0) { $0 + $1.count } == report.preemptions + report.otherInterruptions)
        let again = causes.reduce(0) { $0 + $1.workGPUSeconds + $1.heldGPUSeconds }
        let restart = causes.reduce(0) { $0 + $1.restartGPUSeconds }
        // What is lost of interrupted attempts is their work, their holding, and their own start,
        // which is part of all starts.
        #expect(again <= report.lostGPUSeconds * 1.000_001)
        #expect(report.lostGPUSeconds <= (again + restart) * 1.000_001)
        #expect(report.interruptions.lostGPUSeconds < report.allocatedGPUSeconds)
        let times = report.interruptions.restartBySize.reduce(0) { $0 + $1.count }
        #expect(times <= report.restarts)
        #expect(times > 0)
        let slow = report.interruptions[InterruptionCause.slowNode]
        #expect(slow.slowedGPUSeconds > 0)
    }

    @Test func aRunEndsThoughAJobNeverCan() throws {
        // It needs all nodes at once, of which some are always broken, and is never placed again.
        var small = SmallRun(nodes: 8)
        small.job(members: 8, minutes: 100_000)
        var model = FaultModel()
        model[.node] = 100_000_000
        model.repair = .fixed(.seconds(7200))
        var run = SimulationRun(
            SimulationRun.Setup(
                fleet: small.fleet, workload: small.workload, policy: Policy(), faults: model))
        var steps = 0
        while run.step(), steps < 100_000 { steps += 1 }
        #expect(steps < 100_000)
    }

    @Test func withoutRatesNothingChanges() throws {
        let fleet = FleetDefinition.uniform(nodes: 16, devices: 8, groups: [4])
        let workload = try fittedWorkload(.llm, seed: 7, jobs: 100, load: 90, fleet: fleet)
        func hash(_ faults: FaultModel?) -> UInt64 {
            SmallRun.finish(
                SimulationRun(
                    SimulationRun.Setup(
                        fleet: fleet, workload: workload, policy: Policy(), faults: faults))
            ).cost.stateHash
        }
        #expect(hash(nil) == hash(FaultModel()))
    }
}
