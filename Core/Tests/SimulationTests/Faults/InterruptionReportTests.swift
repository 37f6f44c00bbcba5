import FleetModel
import Testing

@testable import Simulation

@Suite struct InterruptionReportTests {
    /// 1,024 GPUs that lose a node at minute 30 and wait ten minutes, then meet the same one.
    private func recorder() -> RunRecorder {
        var tenants = TenantTree()
        let team = tenants.leaf(named: "team")
        let fleet = FleetDefinition.uniform(nodes: 128, devices: 8, groups: [16])
        var run = RunRecorder(fleet: fleet, tenants: tenants, jobCount: 1)
        func minutes(_ count: Int64) -> Instant { .seconds(count * 60) }
        let gpuMinute = Int128(1_024_000) * 60_000_000_000
        run.struck(.node)
        run.submitted(0, gpuMilli: 1_024_000, members: 128, tenant: team, at: .zero)
        run.started(
            0, attempt: Attempt(1), gpuMilli: 1_024_000, domainsPerLevel: [8, 128], at: .zero)
        run.interrupted(
            0, .node, AttemptLosses(work: 20 * gpuMinute, held: gpuMinute),
            failedAt: minutes(29), at: minutes(30))
        run.started(
            0, attempt: Attempt(2), gpuMilli: 1_024_000, domainsPerLevel: [8, 128],
            at: minutes(40), isOnSuspect: true)
        run.settle(0, AttemptLosses(restart: 5 * gpuMinute, slowed: 2 * gpuMinute))
        run.ended(0, outcome: .succeeded, at: minutes(100))
        return run
    }

    private func report() -> RunReport {
        recorder().report(
            RunIdentity(policy: "fair"),
            cost: RunCost(
                inputs: 0, decisions: 0, wallSeconds: 0, peakResidentMiB: 0, stateHash: 0),
            at: .seconds(6000))
    }

    @Test func figures() {
        let figures = report().interruptions
        let node = figures[InterruptionCause.node]
        #expect(node.count == 1)
        #expect(node.workGPUSeconds == 20 * 60 * 1024)
        #expect(node.heldGPUSeconds == 60 * 1024)
        #expect(node.restartGPUSeconds == 5 * 60 * 1024)
        #expect(node.waitGPUSeconds == 10 * 60 * 1024)
        #expect(figures[InterruptionCause.slowNode].slowedGPUSeconds == 2 * 60 * 1024)
        #expect(figures.lostGPUSeconds == 28 * 60 * 1024)
        #expect(figures.restartOfLargest.count == 1)
        #expect(figures.restartOfLargest.p50 == 11 * 60)
        #expect(figures.restartBySize[GangSizeClass.from64.rawValue].p90 == 11 * 60)
        #expect(figures.suspectStarts == 1)
        #expect(report().lostGPUSeconds == 21 * 60 * 1024)
    }

    @Test func allFormsTellIt() {
        let json = RunReportJSON.text([report()])
        #expect(json.contains("\"restartsOnSuspects\": 1"))
        #expect(json.contains("\"1024+\": {"))
        #expect(json.contains("\"heldGPUSeconds\": 61440.000"))
        #expect(!json.contains("\"rack\": {"))
        let table = ReportTable(width: 100).text([report()])
        for text in ["GPU-hours lost by cause", "slow node", "1,024+ GPUs, median", "11m"] {
            #expect(table.contains(text), "\(text)")
        }
        #expect(HTMLReport.text([report()]).contains("From failure to restart"))
    }

    @Test func aRunWithoutInterruptionsSaysNothingOfThem() {
        let tenants = TenantTree()
        let fleet = FleetDefinition.uniform(nodes: 1, devices: 8, groups: [])
        let empty = RunRecorder(fleet: fleet, tenants: tenants, jobCount: 0).report(
            RunIdentity(policy: "fair"),
            cost: RunCost(
                inputs: 0, decisions: 0, wallSeconds: 0, peakResidentMiB: 0, stateHash: 0),
            at: .zero)
        #expect(empty.interruptions.isEmpty)
        #expect(!ReportTable(width: 100).text([empty]).contains("by cause"))
    }

    @Test func aGangThatGrowsAndShrinksIsChargedForWhatItHas() {
        var tenants = TenantTree()
        let team = tenants.leaf(named: "team")
        let fleet = FleetDefinition.uniform(nodes: 4, devices: 8, groups: [4])
        var run = RunRecorder(fleet: fleet, tenants: tenants, jobCount: 1)
        run.submitted(0, gpuMilli: 8000, members: 1, tenant: team, at: .zero)
        run.started(
            0, attempt: Attempt(1), gpuMilli: 8000, domainsPerLevel: [1, 1], at: .zero)
        run.resized(0, gpuMilli: 24_000, at: .seconds(1000))
        run.resized(0, gpuMilli: 16_000, at: .seconds(1500))
        run.ended(0, outcome: .succeeded, at: .seconds(3000))
        let report = run.report(
            RunIdentity(policy: "fair"),
            cost: RunCost(
                inputs: 0, decisions: 0, wallSeconds: 0, peakResidentMiB: 0, stateHash: 0),
            at: .seconds(3000))
        #expect(report.allocatedGPUSeconds == Double(8 * 1000 + 24 * 500 + 16 * 1500))
        #expect(report.tenants[0].allocatedGPUSeconds == report.allocatedGPUSeconds)
        #expect(report.slowdown.maximum == 1)
    }

    @Test func elasticGangsRunAsFastAsTheyAreLarge() {
        let role = RoleSpec(count: 1, maximum: 4, request: MemberRequest(devices: 8))
        let spec = JobSpec(id: JobID(0), tenant: TenantID(0), roles: [role])
        let members = (0..<4).map { MemberPlacement(node: NodeID($0), role: 0, devices: 255) }
        var progress = JobProgress(runTime: .seconds(4000))
        progress.start(Attempt(1), of: spec, on: Array(members[..<2]), at: .zero)
        #expect(progress.end == .seconds(8000))
        let unit = AttemptProgress.fullSpeed
        progress.change(of: spec, to: members, nodeSpeed: unit, at: .seconds(2000))
        #expect(progress.end == .seconds(2000 + 3000))
        #expect(progress.gpuMilli == 32_000)
        let left = progress.members(without: [members[1], members[1], members[3]])
        #expect(left == [members[0], members[2]])
        progress.change(of: spec, to: [members[0]], nodeSpeed: unit / 2, at: .seconds(3000))
        #expect(progress.end == .seconds(3000 + 2000 * 4 * 2))
        // Two members that share a device are told apart only by their number.
        let twins = [members[0], members[0], members[0]]
        progress.change(of: spec, to: twins, nodeSpeed: unit, at: .seconds(3000))
        #expect(progress.members(without: [members[0]]).count == 2)
    }
}
