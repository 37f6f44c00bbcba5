import FleetModel
import Testing

@testable import Simulation

@Suite struct RunRecorderTests {
    @Test func countsByHand() {
        let report = ReportSamples.byHandReport()
        #expect(report.counts.jobs == 5)
        #expect(report.counts.started == 3)
        #expect(report.counts.finished == 3)
        #expect(report.counts.succeeded == 2)
        #expect(report.counts.failed == 1)
        #expect(report.counts.cancelled == 1)
        #expect(report.counts.refused == 1)
        #expect(report.counts.unfinished == 0)
        #expect(report.preemptions == 1)
        #expect(report.otherInterruptions == 0)
        #expect(report.restarts == 1)
        #expect(report.lostGPUSeconds == 80)
        #expect(report.nodes == 4)
        #expect(report.devices == 8)
        #expect(report.stateHash == "000000000000beef")
    }

    @Test func integralsByHand() {
        let report = ReportSamples.byHandReport()
        #expect(report.makespanSeconds == 160)
        // a: 40 s and 60 s on 4; b: 50 s on 8; c: 30 s on half a GPU.
        #expect(report.allocatedGPUSeconds == 160 + 240 + 400 + 15)
        #expect(report.schedulableGPUSeconds == 160 * 8)
        #expect(report.allocationRatio == 815.0 / 1_280)
        // b waits 50 s for 8 GPUs; a once more for 4 GPUs from 50 s to 110 s.
        #expect(report.waitGPUHours == Double(400 + 240) / 3_600)
    }

    @Test func distributionsByHand() {
        let report = ReportSamples.byHandReport()
        #expect(report.wait.count == 3)
        #expect(report.wait.mean == 50.0 / 3)
        #expect(report.wait.p50 == 0)
        #expect(report.wait.maximum == 50)
        #expect(report.waitBySize.map(\.count) == [1, 1, 1, 0, 0, 0])
        #expect(report.waitBySize[GangSizeClass.eight.rawValue].p50 == 50)
        #expect(report.waitOfLarge.map(\.count) == [0, 0])
        #expect(report.completion.mean == Double(160 + 100 + 30) / 3)
        #expect(report.completion.maximum == 160)
        #expect(report.slowdown.maximum == 1)
        // Starts of gangs: a on 1 leaf, b on 2, a again on 2.
        #expect(report.gangStarts == 3)
        #expect(report.domainsPerGang.map(\.level) == ["leaf", "host"])
        #expect(report.domainsPerGang.map(\.mean) == [5.0 / 3, 8.0 / 3])
    }

    @Test func onlyTheFirstReasonToWaitCounts() {
        let report = ReportSamples.byHandReport()
        #expect(report.waitReasons.count == RefusalCode.allCases.count)
        #expect(report.jobsWaiting(for: .capacity) == 2)
        #expect(report.jobsWaiting(for: .pool) == 1)
        #expect(report.waitReasons.reduce(0, +) == 3)
    }

    @Test func workOnDrainedNodesIsInService() {
        var tenants = TenantTree()
        let tenant = tenants.leaf(named: "t")
        let fleet = FleetDefinition.uniform(nodes: 1, devices: 8, groups: [])
        var run = RunRecorder(fleet: fleet, tenants: tenants, jobCount: 1)
        run.submitted(0, gpuMilli: 6_000, members: 1, tenant: tenant, at: .zero)
        run.started(0, attempt: Attempt(1), gpuMilli: 6_000, domainsPerLevel: [1], at: .zero)
        run.capacityChanged(schedulableGPUMilli: 0, at: .seconds(10))
        run.ended(0, outcome: .succeeded, at: .seconds(20))
        let report = run.report(
            RunIdentity(policy: "fifo"),
            cost: RunCost(
                inputs: 0, decisions: 0, wallSeconds: 0, peakResidentMiB: 0, stateHash: 0),
            at: .seconds(20))
        #expect(report.schedulableGPUSeconds == 80 + 60)
        #expect(report.allocationRatio == 120.0 / 140)
    }

    @Test func anAttemptThatIsNeverRepeatedCounts() {
        var tenants = TenantTree()
        let tenant = tenants.leaf(named: "t")
        let fleet = FleetDefinition.uniform(nodes: 1, devices: 8, groups: [])
        var run = RunRecorder(fleet: fleet, tenants: tenants, jobCount: 1)
        run.submitted(0, gpuMilli: 8_000, members: 1, tenant: tenant, at: .zero)
        run.started(0, attempt: Attempt(1), gpuMilli: 8_000, domainsPerLevel: [1], at: .zero)
        run.interrupted(
            0, lostGPUNanoseconds: 80_000_000_000, preempted: false, at: .seconds(10))
        run.capacityChanged(schedulableGPUMilli: 0, at: .seconds(10))
        let report = run.report(
            RunIdentity(policy: "fifo"),
            cost: RunCost(
                inputs: 0, decisions: 0, wallSeconds: 0, peakResidentMiB: 0, stateHash: 0),
            at: .seconds(60))
        #expect(report.makespanSeconds == 10)
        #expect(report.allocatedGPUSeconds == 80)
        #expect(report.lostGPUSeconds == 80)
        #expect(report.counts.waitingAtEnd == 1)
    }

    @Test func quadrantsByHand() {
        // 10–50 s: 4 to 4.5 of 8 run, 8 wait; 50–60 s: 0.5 run, 12 wait; 60–110 s: 8 run, 4 wait;
        // 110–170 s: 4 run, none wait.
        let shares = ReportSamples.byHandReport().quadrantShares
        #expect(shares == [0.375, 0, 0.3125, 0.3125])
    }

    @Test func tenantsByHand() {
        let tenants = ReportSamples.byHandReport().tenants
        #expect(tenants.map(\.name) == ["vision", "research"])
        #expect(tenants.map(\.jobs) == [4, 1])
        #expect(tenants.map(\.allocatedGPUSeconds) == [415, 400])
        #expect(tenants.map(\.guaranteedGPUs) == [0, 6])
        #expect(tenants.map(\.limitGPUs) == [nil, 8])
        #expect(tenants[1].meanGPUs == 2.5)
        #expect(tenants[0].waitSeconds.maximum == 50)
    }

    @Test func seriesByHand() {
        let series = ReportSamples.byHandReport().series
        #expect(series.count == 190)
        #expect(series.bucketSeconds == 1)
        #expect(series.lengthSeconds == 190)
        #expect(series.allocatedGPUs.means[0] == 4)
        #expect(series.allocatedGPUs.means[20] == 4.5)
        #expect(series.allocatedGPUs.means[189] == 0)
        #expect(series.waitingGPUs.means[45] == 12)
        #expect(series.runningJobs.means[25] == 2)
        #expect(series.waitingJobs.means[50] == 2)
        #expect(series.fragmentation.means[0] == 0.25)
        #expect(series.largestGangGPUs.peak == 8)
        #expect(series.tenantGPUs.count == 2)
        #expect(series.tenantGPUs[0].means[60] == 8)
    }

    @Test func mergedSeriesKeepIntegrals() {
        let series = ReportSamples.byHandReport().series
        for limit in [1, 2, 7, 64, 189, 190, 500] {
            let merged = series.merged(toAtMost: limit)
            #expect(merged.count <= limit)
            #expect(merged.lengthSeconds == series.lengthSeconds)
            var sum = 0.0
            for (index, mean) in merged.allocatedGPUs.means.enumerated() {
                let isLast = index == merged.count - 1
                sum += mean * (isLast ? merged.lastBucketSeconds : merged.bucketSeconds)
            }
            #expect(abs(sum - 815) < 1e-9)
            #expect(merged.waitingGPUs.peak == 12)
        }
    }

    @Test func workThatIsCutOffCountsUpToTheEnd() {
        var tenants = TenantTree()
        let tenant = tenants.leaf(named: "t")
        let fleet = FleetDefinition.uniform(nodes: 1, devices: 8, groups: [])
        var run = RunRecorder(fleet: fleet, tenants: tenants, jobCount: 3)
        run.capacityChanged(schedulableGPUMilli: 4_000, at: .seconds(1))
        run.submitted(0, gpuMilli: 2_000, members: 1, tenant: tenant, at: .seconds(5))
        run.submitted(1, gpuMilli: 9_000, members: 9, tenant: tenant, at: .seconds(5))
        run.started(0, attempt: Attempt(1), gpuMilli: 2_000, domainsPerLevel: [1], at: .seconds(5))
        run.capacityChanged(schedulableGPUMilli: 2_000, at: .seconds(10))
        let report = run.report(
            RunIdentity(policy: "fifo"),
            cost: RunCost(
                inputs: 0, decisions: 0, wallSeconds: 0, peakResidentMiB: 0, stateHash: 0),
            at: .seconds(15))
        #expect(report.makespanSeconds == 10)
        #expect(report.allocatedGPUSeconds == 20)
        #expect(report.schedulableGPUSeconds == 30)
        #expect(report.counts.jobs == 2)
        #expect(report.counts.finished == 0)
        #expect(report.counts.runningAtEnd == 1)
        #expect(report.counts.waitingAtEnd == 1)
        #expect(report.wait.count == 1)
        #expect(report.tenants[0].meanGPUs == 2)
        #expect(!report.series.hasFragmentation)
        #expect(report.gangStarts == 0)
    }

    @Test func slowdownIsBoundedAndLeavesLostWorkOut() {
        var tenants = TenantTree()
        let tenant = tenants.leaf(named: "t")
        let fleet = FleetDefinition.uniform(nodes: 1, devices: 8, groups: [])
        var run = RunRecorder(fleet: fleet, tenants: tenants, jobCount: 2)
        run.submitted(0, gpuMilli: 1_000, members: 1, tenant: tenant, at: .zero)
        run.submitted(1, gpuMilli: 2_000, members: 1, tenant: tenant, at: .zero)
        run.started(
            0, attempt: Attempt(1), gpuMilli: 1_000, domainsPerLevel: [1], at: .seconds(1_199))
        run.ended(0, outcome: .succeeded, at: .seconds(1_200))
        run.started(
            1, attempt: Attempt(1), gpuMilli: 2_000, domainsPerLevel: [1], at: .seconds(1_200))
        run.interrupted(
            1, lostGPUNanoseconds: 1_000_000_000_000, preempted: false, at: .seconds(2_200))
        run.started(
            1, attempt: Attempt(2), gpuMilli: 2_000, domainsPerLevel: [1], at: .seconds(2_200))
        run.ended(1, outcome: .timedOut, at: .seconds(2_700))
        let report = run.report(
            RunIdentity(policy: "fifo"),
            cost: RunCost(
                inputs: 0, decisions: 0, wallSeconds: 0, peakResidentMiB: 0, stateHash: 0),
            at: .seconds(2_700))
        // 1,200 s ÷ 600 s, and 2,700 s ÷ (1,500 s − 500 s lost on each of two GPUs).
        #expect(report.slowdown.p50 == 2)
        #expect(report.slowdown.maximum == 2.7)
        #expect(report.otherInterruptions == 1)
        #expect(report.counts.timedOut == 1)
    }

    @Test func nothingSubmitted() {
        let fleet = FleetDefinition.uniform(nodes: 1, devices: 8, groups: [])
        var run = RunRecorder(fleet: fleet, tenants: TenantTree(), jobCount: 1)
        run.refused(0)
        let report = run.report(
            RunIdentity(policy: "fifo"),
            cost: RunCost(
                inputs: 0, decisions: 0, wallSeconds: .nan, peakResidentMiB: 0, stateHash: 0),
            at: .seconds(15))
        #expect(report.counts.jobs == 1)
        #expect(report.counts.refused == 1)
        #expect(report.makespanSeconds == 0)
        #expect(report.allocationRatio == 0)
        #expect(report.series.count == 0)
    }

    @Test func tenantsBeyondTheTrackedOnesAreGathered() {
        let report = ReportSamples.week(policy: "fifo", seed: 3, tenantCount: 5, backfills: true)
        #expect(report.tenants.count == 5)
        var tenants = TenantTree()
        for index in 0..<15 { _ = tenants.leaf(named: "t\(index)") }
        let fleet = FleetDefinition.uniform(nodes: 2, devices: 8, groups: [])
        var run = RunRecorder(
            fleet: fleet, tenants: tenants, jobCount: 15, trackedTenants: [TenantID(14)])
        for job in 0..<15 {
            run.submitted(
                Int32(job), gpuMilli: 1_000, members: 1, tenant: TenantID(job), at: .zero)
            run.started(
                Int32(job), attempt: Attempt(1), gpuMilli: 1_000, domainsPerLevel: [1], at: .zero)
        }
        for job in 0..<15 {
            run.ended(Int32(job), outcome: .succeeded, at: .seconds(Int64(job) + 1))
        }
        let gathered = run.report(
            RunIdentity(policy: "fifo"),
            cost: RunCost(
                inputs: 0, decisions: 0, wallSeconds: 0, peakResidentMiB: 0, stateHash: 0),
            at: .seconds(15))
        #expect(gathered.tenants.count == 13)
        #expect(gathered.tenants[0].name == "t14")
        #expect(gathered.tenants[12].name == RunReport.otherTenantsName)
        #expect(gathered.tenants[12].jobs == 3)
        #expect(gathered.tenants[12].allocatedGPUSeconds == 12 + 13 + 14)
        #expect(gathered.tenants.map(\.allocatedGPUSeconds).reduce(0, +) == 120)
        #expect(gathered.series.tenantGPUs[12].means[0] == 3)
    }

    @Test func largestTenantsByDemand() {
        var workload = Workload(jobs: [], tenants: TenantTree())
        for index in 0..<20 {
            let tenant = workload.tenants.leaf(named: "t\(index)")
            let role = RoleSpec(count: 2, request: MemberRequest(devices: 1))
            let spec = JobSpec(id: JobID(index), tenant: tenant, roles: [role])
            workload.jobs.append(
                SimulatedJob(spec: spec, submit: .zero, runTime: .seconds(Int64(index))))
        }
        let largest = RunRecorder.largestTenants(of: workload)
        #expect(largest == (8..<20).reversed().map { TenantID($0) })
    }

    @Test func recordsStaySmall() {
        #expect(MemoryLayout<RunRecorder.JobRecord>.stride <= 64)
    }
}
