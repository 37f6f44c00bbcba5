import FleetModel
import Testing

@testable import Simulation

@Suite struct FleetEventTests {
    /// A gang of two whole nodes, that saves its work every ten minutes, loses one after 25.
    private func interrupted(nodes: Int, back: Int64?) -> RunReport {
        var run = SmallRun(nodes: nodes)
        run.job(members: 2, minutes: 60, checkpoint: 10, restart: 2)
        run.remove(1, at: 25, until: back)
        return run.report()
    }

    @Test func aLostNodeCostsTheWorkSinceTheLastCheckpoint() {
        let report = interrupted(nodes: 3, back: nil)
        #expect(report.lostGPUSeconds == 5 * 60 * 16)
        #expect(report.otherInterruptions == 1)
        #expect(report.preemptions == 0)
        #expect(report.restarts == 1)
        #expect(report.counts.succeeded == 1)
        // 25 minutes, then 2 to start again and the 40 that no checkpoint covered.
        #expect(report.makespanMinutes == 25 + 2 + 40)
        #expect(report.allocatedGPUSeconds == 67 * 60 * 16)
        #expect(report.schedulableGPUSeconds == 25 * 60 * 24 + 42 * 60 * 16)
        #expect(report.waitGPUSeconds == 0)
    }

    @Test func aGangWaitsForItsNodeToComeBack() {
        let report = interrupted(nodes: 2, back: 40)
        #expect(report.lostGPUSeconds == 5 * 60 * 16)
        #expect(report.makespanMinutes == 40 + 2 + 40)
        #expect(report.waitGPUSeconds == 15 * 60 * 16)
        #expect(report.allocatedGPUSeconds == Double((25 + 42) * 60 * 16))
        #expect(report.counts.waitingAtEnd == 0)
    }

    @Test func aGangWhoseNodeNeverComesBackStaysWaiting() {
        let report = interrupted(nodes: 2, back: nil)
        #expect(report.counts.waitingAtEnd == 1)
        #expect(report.counts.finished == 0)
        #expect(report.lostGPUSeconds == 5 * 60 * 16)
        #expect(report.makespanMinutes == 25)
        #expect(report.allocatedGPUSeconds == 25 * 60 * 16)
        #expect(report.allocationRatio == 1)
        // It started at once; what it is told later is no reason for its first wait.
        #expect(report.waitReasons.allSatisfy { $0 == 0 })
    }

    @Test func aWaitingJobIsNotRefusedBecauseNodesLeave() {
        var run = SmallRun(nodes: 2)
        run.job(members: 2, minutes: 60)
        run.job(members: 2, at: 10, minutes: 60)
        run.remove(0, at: 30)
        let report = run.report()
        #expect(report.counts.refused == 0)
        #expect(report.counts.waitingAtEnd == 2)
        #expect(report.jobsWaiting(for: .capacity) == 1)
    }

    @Test func theRestartCostCountsAsLostWhenItIsCutShortToo() {
        var run = SmallRun(nodes: 1)
        run.job(minutes: 60, checkpoint: 10, restart: 5)
        run.remove(0, at: 25, until: 30)
        // Of the second attempt 5 minutes went into the start and 3 into work that is not saved.
        run.remove(0, at: 38, until: 40)
        let report = run.report()
        #expect(report.lostGPUSeconds == (5 + 8) * 60 * 8)
        #expect(report.makespanMinutes == 40 + 5 + 40)
    }

    @Test func removingSeveralNodesIsOneInput() {
        var run = SmallRun(nodes: 3)
        run.job(members: 2, minutes: 60)
        run.event(at: 10, .removeNodes([NodeID(0), NodeID(1)]))
        let report = run.report()
        // One at a time the gang would move, and be hit again.
        #expect(report.otherInterruptions == 1)
        #expect(report.counts.waitingAtEnd == 1)
    }

    @Test func aDrainedNodeFinishesItsWorkAndTakesNoMore() {
        var run = SmallRun(nodes: 1)
        run.job(minutes: 60)
        run.job(at: 20, minutes: 10)
        run.event(at: 10, .drain(NodeID(0)))
        run.event(at: 90, .resume(NodeID(0)))
        let report = run.report()
        #expect(report.otherInterruptions == 0)
        #expect(report.makespanMinutes == 100)
        #expect(report.wait.maximum == 70 * 60)
        #expect(report.jobsWaiting(for: .health) == 1)
        #expect(report.allocatedGPUSeconds == 70 * 60 * 8)
        #expect(report.schedulableGPUSeconds == 70 * 60 * 8)
    }

    @Test func deviceHealthHitsThoseOnTheDeviceAndHeals() {
        var run = SmallRun(nodes: 1)
        run.job(gpus: 4, minutes: 60)
        run.job(gpus: 4, minutes: 60)
        run.job(gpus: 8, at: 1, minutes: 10)
        run.event(at: 30, .setDeviceHealth(NodeID(0), unhealthy: 0b1))
        run.event(at: 50, .setDeviceHealth(NodeID(0), unhealthy: 0b11))
        run.event(at: 200, .setDeviceHealth(NodeID(0), unhealthy: 0))
        let report = run.report()
        // One of the two was on device 0, and starts again from the beginning once four of the
        // others are free: when the second one ends. Eight are only free after all healed.
        #expect(report.otherInterruptions == 1)
        #expect(report.lostGPUSeconds == 30 * 60 * 4)
        #expect(report.makespanMinutes == 210)
        #expect(report.counts.succeeded == 3)
    }

    @Test func heldJobsStartWhenTheyAreReleased() {
        var run = SmallRun(nodes: 1)
        let held = run.job(minutes: 10, held: true)
        let later = run.job(at: 5, minutes: 10)
        run.event(at: 6, .hold(later))
        run.event(at: 120, .release(held))
        let report = run.report()
        #expect(report.counts.succeeded == 2)
        #expect(report.makespanMinutes == 130)
        #expect(report.jobsWaiting(for: .held) == 1)
        #expect(report.waitReasons.reduce(0, +) == 1)
    }

    @Test func aHoldKeepsAWaitingJobFromStarting() {
        var run = SmallRun(nodes: 1)
        run.job(minutes: 10)
        let second = run.job(at: 1, minutes: 10)
        run.job(at: 2, minutes: 10)
        run.event(at: 5, .hold(second))
        run.event(at: 60, .release(second))
        let report = run.report()
        #expect(report.makespanMinutes == 70)
        #expect(report.wait.maximum == 59 * 60)
        #expect(report.jobsWaiting(for: .capacity) == 2)
    }

    @Test func aJobThatIsNeverReleasedStaysWaiting() {
        var run = SmallRun(nodes: 1)
        run.job(minutes: 10)
        run.job(minutes: 10, held: true)
        let report = run.report()
        #expect(report.counts.waitingAtEnd == 1)
        #expect(report.counts.succeeded == 1)
        #expect(report.makespanMinutes == 10)
        #expect(report.jobsWaiting(for: .held) == 1)
    }

    @Test func jobsAreCancelledWaitingOrRunning() {
        var run = SmallRun(nodes: 1)
        let first = run.job(minutes: 60)
        let second = run.job(minutes: 60)
        run.event(at: 20, .cancel(second))
        run.event(at: 30, .cancel(first))
        let report = run.report()
        #expect(report.counts.cancelled == 2)
        #expect(report.makespanMinutes == 30)
    }

    @Test func eventsComeAfterEndsAndBeforeSubmissionsOfTheirInstant() {
        var run = SmallRun(nodes: 1)
        run.job(minutes: 30)
        run.job(at: 30, minutes: 10)
        run.remove(0, at: 30, until: 45)
        let report = run.report()
        // The first job just makes it; the second finds no node.
        #expect(report.otherInterruptions == 0)
        #expect(report.wait.maximum == 15 * 60)
        #expect(report.makespanMinutes == 55)
    }

    @Test func whatNoNodeHoldsIsRefusedUnlessNodesComeBack() {
        var run = SmallRun(nodes: 1)
        run.job(minutes: 5)
        run.job(at: 20, minutes: 10)
        run.remove(0, at: 10)
        #expect(run.report().counts.refused == 1)
        #expect(run.report().jobsWaiting(for: .pool) == 1)
        run.event(at: 30, .addNodes([run.fleet.nodes[0]]))
        let report = run.report()
        #expect(report.counts.refused == 0)
        #expect(report.counts.succeeded == 2)
        #expect(report.jobsWaiting(for: .pool) == 1)
    }

    @Test func eventsAfterTheLastJobAreLeftOut() {
        var run = SmallRun(nodes: 2)
        run.job(minutes: 10)
        run.remove(0, at: 600)
        let report = run.report()
        #expect(report.seriesMinutes == 10)
        #expect(report.cost.inputs == 5)
    }

    @Test func eventsBeforeTheFirstSubmissionCount() {
        var run = SmallRun(nodes: 2)
        run.job(members: 2, at: 60, minutes: 10)
        run.remove(0, at: 10, until: 90)
        let report = run.report()
        #expect(report.wait.maximum == 30 * 60)
        #expect(report.schedulableGPUSeconds == 30 * 60 * 8 + 10 * 60 * 16)
    }

    @Test func eventsAreKeptInOrderOfTime() {
        var workload = Workload(
            jobs: [], tenants: TenantTree(),
            events: [
                FleetEvent(at: .seconds(2), input: .drain(NodeID(0))),
                FleetEvent(at: .seconds(1), input: .drain(NodeID(1))),
                FleetEvent(at: .seconds(2), input: .resume(NodeID(0))),
            ])
        #expect(workload.events.map(\.at) == [.seconds(1), .seconds(2), .seconds(2)])
        #expect(workload.events[2].input == .resume(NodeID(0)))
        workload.events.append(FleetEvent(at: .zero, input: .drain(NodeID(7))))
        #expect(workload.events.map(\.at) == [.zero, .seconds(1), .seconds(2), .seconds(2)])
        #expect(workload.events[2].input == .drain(NodeID(0)))
    }
}
