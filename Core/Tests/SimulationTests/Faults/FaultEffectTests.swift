import FleetModel
import Scheduler
import Testing

@testable import Simulation

/// What each kind of fault does to one job, at a time that is known.
@Suite struct FaultEffectTests {
    /// A fault on nodes, repaired within so many minutes.
    private func fault(
        _ kind: FaultKind, at minute: Int64, nodes: [Int] = [0], repair: Int64 = 30,
        detection: Int64 = 60, speed: Int64 = 500_000, draw: UInt64 = 0
    ) -> Fault {
        Fault(
            at: .seconds(minute * 60), kind: kind, nodes: nodes.map { NodeID($0) },
            repair: .seconds(repair * 60), detection: .seconds(detection * 60), speed: speed,
            draw: draw)
    }

    /// A run that meets these faults and no others.
    private func run(
        _ small: SmallRun, _ faults: [Fault], stopDelay: TimeSpan = .zero
    ) -> SimulationRun {
        var run = SimulationRun(
            SimulationRun.Setup(
                fleet: small.fleet, workload: small.workload,
                policy: Policy(queueOrder: small.order), decisionCost: small.cost,
                isJournalled: true, faults: FaultModel(), stopDelay: stopDelay))
        run.faults?.schedule = FaultSchedule(faults)
        return run
    }

    private func report(
        _ small: SmallRun, _ faults: [Fault], stopDelay: TimeSpan = .zero
    ) -> RunReport {
        SmallRun.finish(run(small, faults, stopDelay: stopDelay))
    }

    /// A gang of two whole nodes for an hour, with a checkpoint each ten minutes.
    private func gang(nodes: Int, retries: Int32 = 10) -> SmallRun {
        var run = SmallRun(nodes: nodes)
        run.job(members: 2, minutes: 60, checkpoint: 10, restart: 2)
        run.workload.jobs[0].spec.retries = RetryLimits(infrastructure: retries)
        return run
    }

    @Test func aCrashTakesTheNodeUntilItIsRepaired() {
        let report = report(gang(nodes: 2), [fault(.node, at: 25)])
        let cost = report.interruptions[InterruptionCause.node]
        #expect(cost.count == 1)
        #expect(cost.workGPUSeconds == 5 * 60 * 16)
        #expect(cost.restartGPUSeconds == 2 * 60 * 16)
        #expect(cost.waitGPUSeconds == 30 * 60 * 16)
        #expect(cost.lostGPUSeconds == 7 * 60 * 16)
        #expect(report.lostGPUSeconds == 5 * 60 * 16)
        #expect(report.makespanMinutes == 25 + 30 + 2 + 40)
        #expect(report.interruptions[FaultKind.node] == 1)
        #expect(report.interruptions.restartBySize[GangSizeClass.nineTo31.rawValue].p50 == 1800)
        #expect(report.interruptions.suspectStarts == 0)
        #expect(report.counts.succeeded == 1)
    }

    @Test func aSpareLetsTheGangRestartAtOnce() {
        let report = report(gang(nodes: 3), [fault(.node, at: 25)])
        #expect(report.makespanMinutes == 25 + 2 + 40)
        #expect(report.interruptions.restartBySize[GangSizeClass.nineTo31.rawValue].p90 == 0)
        #expect(report.interruptions[InterruptionCause.node].waitGPUSeconds == 0)
    }

    @Test func aDeviceFaultHitsOnlyThoseOnTheDevice() {
        var small = SmallRun(nodes: 1)
        small.job(gpus: 4, minutes: 60)
        small.job(gpus: 4, minutes: 60)
        let report = report(small, [fault(.device, at: 30, repair: 20, draw: 8 + 5)])
        #expect(report.interruptions[InterruptionCause.device].count == 1)
        // Only three are left until the device is back.
        #expect(report.makespanMinutes == 30 + 20 + 60)
        #expect(report.interruptions[InterruptionCause.device].workGPUSeconds == 30 * 60 * 4)
    }

    @Test func aDeadLinkBreaksGangsThatSpanNodesAndClosesTheNode() {
        var small = gang(nodes: 3)
        small.job(at: 27, minutes: 10)
        let report = report(small, [fault(.link, at: 25, repair: 60)])
        #expect(report.interruptions[InterruptionCause.link].count >= 1)
        #expect(report.counts.succeeded == 2)
        // Node 0 takes nothing from minute 27 to 87; the one at 27 must wait for the gang.
        #expect(report.wait.maximum > 0)
    }

    @Test func aDeadLinkLeavesASingleNodeAlone() {
        var small = SmallRun(nodes: 1)
        small.job(minutes: 60)
        let report = report(small, [fault(.link, at: 25)])
        #expect(report.interruptions.count == 0)
        #expect(report.interruptions[FaultKind.link] == 1)
        #expect(report.makespanMinutes == 60)
    }

    @Test func aGangThatIsPutBackOnADeadLinkBreaksAgainAndCounts() {
        // Two nodes and no other: a policy that does not heed the suspect comes back at once.
        let report = report(gang(nodes: 2), [fault(.link, at: 25, repair: 10)])
        let cost = report.interruptions[InterruptionCause.link]
        #expect(cost.count == report.interruptions.suspectStarts + 1)
        #expect(report.counts.succeeded == 1)
        #expect(report.makespanMinutes >= 25 + 2 + 10 + 2 + 40)
    }

    @Test func aRackTakesAllItsNodesAndEachBreaksAGangOnce() {
        var small = SmallRun(nodes: 4)
        small.job(members: 4, minutes: 60, checkpoint: 10)
        let report = report(small, [fault(.rack, at: 25, nodes: [0, 1, 2, 3], repair: 60)])
        #expect(report.interruptions[InterruptionCause.rack].count == 1)
        #expect(report.makespanMinutes == 25 + 60 + 40)
    }

    @Test func aRackOnTopOfACrashWaitsForBoth() {
        let faults = [
            fault(.node, at: 10, nodes: [1], repair: 100),
            fault(.rack, at: 20, nodes: [0, 1], repair: 30),
        ]
        var small = SmallRun(nodes: 2)
        small.job(members: 2, minutes: 30)
        #expect(report(small, faults).makespanMinutes == 110 + 30)
        small = SmallRun(nodes: 2)
        small.job(members: 1, minutes: 60, checkpoint: 10)
        // It was on node 0 or had to move there; node 0 is back at 50.
        #expect(report(small, faults).counts.succeeded == 1)
    }

    @Test func aProgramCrashNeedsNoRetriesOfItsOwn() {
        let report = report(gang(nodes: 2), [fault(.software, at: 25)])
        #expect(report.interruptions[InterruptionCause.software].count == 1)
        #expect(report.makespanMinutes == 25 + 2 + 40)
        #expect(report.counts.succeeded == 1)
    }

    @Test func withoutRetriesAFaultEndsTheJobAndStillCounts() {
        let report = report(gang(nodes: 2, retries: 0), [fault(.node, at: 25)])
        #expect(report.counts.failed == 1)
        #expect(report.interruptions[InterruptionCause.node].count == 1)
        #expect(report.interruptions[InterruptionCause.node].workGPUSeconds == 5 * 60 * 16)
    }

    @Test func corruptionCostsEverythingSinceItBegan() {
        let report = report(gang(nodes: 3), [fault(.corruption, at: 15, detection: 30)])
        let cost = report.interruptions[InterruptionCause.corruption]
        #expect(cost.count == 1)
        // Noticed at 45; good is what was saved at 10.
        #expect(cost.workGPUSeconds == 35 * 60 * 16)
        #expect(report.makespanMinutes == 45 + 2 + 50)
    }

    @Test func aSlowNodeSlowsTheWholeGangUntilItIsFoundAndDrained() {
        var small = SmallRun(nodes: 3)
        small.job(members: 2, minutes: 600, checkpoint: 10)
        let report = report(small, [fault(.slowNode, at: 60, detection: 100)])
        let cost = report.interruptions[InterruptionCause.slowNode]
        #expect(cost.count == 1)
        // Half speed from 60 to 160, found, then until the deadline and perhaps the slack after it.
        #expect(cost.slowedGPUSeconds >= 115 * 60 * 16 / 2)
        #expect(cost.slowedGPUSeconds <= 120 * 60 * 16 / 2)
        #expect(report.makespanMinutes > 655 && report.makespanMinutes < 675)
        #expect(report.counts.succeeded == 1)
    }

    @Test func aJobThatEndsBeforeAnybodyNoticesIsOnlySlow() {
        var small = SmallRun(nodes: 1)
        small.job(minutes: 60)
        let report = report(small, [fault(.slowNode, at: 30, detection: 600)])
        #expect(report.makespanMinutes == 90)
        #expect(report.interruptions.count == 0)
        #expect(report.interruptions[InterruptionCause.slowNode].slowedGPUSeconds == 30 * 60 * 8)
    }

    @Test func stoppingTakesTime() {
        let report = report(gang(nodes: 3), [fault(.node, at: 25)], stopDelay: .seconds(120))
        let cost = report.interruptions[InterruptionCause.node]
        #expect(cost.heldGPUSeconds == 2 * 60 * 16)
        #expect(report.makespanMinutes == 25 + 2 + 2 + 40)
        #expect(report.interruptions.restartBySize[GangSizeClass.nineTo31.rawValue].p50 == 120)
        #expect(report.lostGPUSeconds == (5 + 2) * 60 * 16)
    }

    @Test func breakingDownTakesTimeToo() {
        let report = report(gang(nodes: 3), [fault(.software, at: 25)], stopDelay: .seconds(120))
        let cost = report.interruptions[InterruptionCause.software]
        #expect(cost.workGPUSeconds == 5 * 60 * 16)
        #expect(cost.heldGPUSeconds == 2 * 60 * 16)
        #expect(report.makespanMinutes == 25 + 2 + 2 + 40)
    }

    @Test func aSecondFaultOnABrokenNodeDoesNothing() {
        let faults = [fault(.node, at: 10, repair: 60), fault(.node, at: 20, repair: 600)]
        let report = report(gang(nodes: 2), faults)
        #expect(report.interruptions[FaultKind.node] == 1)
        #expect(report.makespanMinutes == 70 + 2 + 50)
    }

    @Test func plannedAbsenceAndRepairBothKeepANodeAway() {
        var small = gang(nodes: 2)
        small.remove(0, at: 20, until: 200)
        #expect(report(small, [fault(.node, at: 10)]).makespanMinutes == 200 + 2 + 50)
        small = gang(nodes: 2)
        small.remove(0, at: 20, until: 30)
        #expect(
            report(small, [fault(.node, at: 10, repair: 90)]).makespanMinutes == 100 + 2 + 50)
    }

    @Test func aJobIsNotRefusedWhileItsNodesAreInRepair() {
        var small = SmallRun(nodes: 2)
        small.job(minutes: 60)
        small.job(members: 2, at: 20, minutes: 10)
        let report = report(small, [fault(.node, at: 10, nodes: [1], repair: 20)])
        #expect(report.counts.refused == 0)
        #expect(report.counts.succeeded == 2)
    }

    @Test func everyRunOfFaultsCanBeReplayed() {
        let faults = [
            fault(.device, at: 5, draw: 3), fault(.link, at: 7, nodes: [1]),
            fault(.slowNode, at: 9, nodes: [2], detection: 20), fault(.software, at: 12),
        ]
        var small = SmallRun(nodes: 4)
        for _ in 0..<6 { small.job(members: 2, minutes: 60, checkpoint: 10) }
        var run = run(small, faults)
        while run.step() { #expect(run.engine.checkInvariants() == []) }
        let report = SmallRun.finish(run)
        #expect(report.counts.succeeded == 6)
        #expect(run.journalError == nil)
    }
}
