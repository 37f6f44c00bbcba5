import FleetModel
import Scheduler
import Testing

@testable import Simulation

@Suite struct HandRunTests {
    private static let two = FleetDefinition.uniform(nodes: 2, devices: 8, groups: [])

    @Test func twoJobsOnOneNode() {
        let run = HandRun([handJob(0, at: 0, runs: 1000), handJob(1, at: 100, runs: 700)])
        let report = run.report
        #expect(run.starts == [0, 1000])
        #expect(run.ends == [1000, 1700])
        #expect(report.wait.maximum == 900 && report.wait.mean == 450)
        #expect(report.slowdown.maximum == 1600.0 / 700)
        let second = 1600.0 / 700
        #expect(report.slowdown.mean == (1 + second) / 2)
        #expect(report.makespanSeconds == 1700)
        #expect(report.allocatedGPUSeconds == 1700 * 8)
        #expect(report.schedulableGPUSeconds == 1700 * 8)
        #expect(report.waitGPUSeconds == 900 * 8)
        #expect(report.allocationRatio == 1)
        #expect(report.counts.succeeded == 2 && report.counts.unfinished == 0)
        #expect(run.run.settledJobs == 2)
        #expect(run.run.engine.checkInvariants().isEmpty)
    }

    @Test func lateFirstSubmission() {
        let run = HandRun([handJob(0, at: 500, runs: 100)])
        #expect(run.report.makespanSeconds == 100)
        #expect(run.report.allocationRatio == 1)
        #expect(HandRun([]).report.makespanSeconds == 0)
        #expect(HandRun([handJob(0, at: 3, runs: 0)]).report.counts.succeeded == 1)
    }

    @Test func timeLimitKills() {
        let jobs = [
            handJob(0, at: 0, runs: 100_000) { $0.spec.timeLimit = .seconds(30) },
            handJob(1, at: 0, runs: 10) { $0.spec.timeLimit = .seconds(30) },
        ]
        let run = HandRun(jobs)
        #expect(run.ends == [30, 40])
        #expect(run.report.counts.timedOut == 1 && run.report.counts.succeeded == 1)
        #expect(run.report.allocatedGPUSeconds == 40 * 8)
    }

    @Test func endAtTheLimitIsAnEnd() {
        let run = HandRun([handJob(0, at: 0, runs: 30) { $0.spec.timeLimit = .seconds(30) }])
        #expect(run.report.counts.succeeded == 1 && run.report.counts.timedOut == 0)
    }

    @Test func failsWithoutRetries() {
        let run = HandRun([
            handJob(0, at: 0, runs: 100) { $0.failsAtEnd = true }, handJob(1, at: 0, runs: 5),
        ])
        #expect(run.ends == [100, 105])
        #expect(run.report.counts.failed == 1 && run.report.counts.succeeded == 1)
        #expect(run.report.lostGPUSeconds == 0)
    }

    @Test func failsAndIsTriedAgain() {
        let run = HandRun([
            handJob(0, at: 0, runs: 100) {
                $0.failsAtEnd = true
                $0.spec.retries = RetryLimits(application: 1)
                $0.spec.restartCost = .seconds(10)
                $0.spec.checkpointPeriod = .seconds(20)
            }
        ])
        // What a program did before it failed by itself is not kept.
        #expect(run.ends == [210])
        #expect(run.report.counts.succeeded == 1 && run.report.counts.failed == 0)
        #expect(run.report.restarts == 1 && run.report.otherInterruptions == 1)
        #expect(run.report.lostGPUSeconds == 800)
        #expect(run.report.allocatedGPUSeconds == 210 * 8)
    }

    @Test func givenUpWhileWaiting() {
        let run = HandRun([
            handJob(0, at: 0, runs: 100),
            handJob(1, at: 10, runs: 100) { $0.cancelAfter = .seconds(20) },
            handJob(2, at: 11, runs: 100),
        ])
        #expect(run.starts == [0, -1, 100])
        #expect(run.ends == [100, 30, 200])
        #expect(run.report.counts.cancelled == 1 && run.report.counts.started == 2)
        #expect(run.report.waitGPUSeconds == Double(8 * (20 + 89)))
        #expect(run.run.settledJobs == 3)
    }

    @Test func givenUpWhileRunning() {
        let run = HandRun([
            handJob(0, at: 0, runs: 100) { $0.cancelAfter = .seconds(40) },
            handJob(1, at: 10, runs: 20) { $0.cancelAfter = .seconds(400_000) },
        ])
        #expect(run.starts == [0, 40])
        #expect(run.ends == [40, 60])
        #expect(run.report.counts.cancelled == 1 && run.report.counts.succeeded == 1)
        #expect(run.report.allocatedGPUSeconds == 60 * 8)
    }

    @Test func halfAnElasticJobTakesTwiceAsLong() {
        func elastic(_ id: Int, at: Int64) -> SimulatedJob {
            handJob(id, at: at, runs: 100, gpus: 4) { $0.spec.roles[0].maximum = 2 }
        }
        let run = HandRun(
            [elastic(0, at: 0), handJob(1, at: 200, runs: 1000, gpus: 4), elastic(2, at: 210)])
        #expect(run.ends == [100, 1200, 410])
        #expect(run.report.allocatedGPUSeconds == 800 + 4000 + 800)
    }

    @Test func dependencies() {
        func after(_ job: Int, mustSucceed: Bool = true) -> (inout SimulatedJob) -> Void {
            {
                $0.spec.dependencies = [Dependency(job: JobID(job), mustSucceed: mustSucceed)]
            }
        }
        let run = HandRun(
            [
                handJob(0, at: 0, runs: 100, gpus: 1), handJob(1, at: 0, runs: 10, after(0)),
                handJob(2, at: 0, runs: 50, gpus: 1) { $0.failsAtEnd = true },
                handJob(3, at: 0, runs: 10, gpus: 1, after(2)),
                handJob(4, at: 0, runs: 10, gpus: 1, after(2, mustSucceed: false)),
                handJob(5, at: 0, runs: 10, gpus: 1, after(3)),
                handJob(6, at: 500, runs: 10, gpus: 1, after(0)),
                handJob(7, at: 500, runs: 10, gpus: 1, after(9)),
            ], fleet: Self.two)
        #expect(run.starts == [0, 100, 0, -1, 50, -1, 500, -1])
        #expect(run.ends == [100, 110, 50, 50, 60, 50, 510, 0])
        #expect(run.report.counts.failed == 3)
        #expect(run.report.counts.refused == 1)
        #expect(run.run.settledJobs == 8)
    }

    @Test func cutOff() {
        let jobs = [
            handJob(0, at: 0, runs: 100), handJob(1, at: 20, runs: 5), handJob(2, at: 80, runs: 5),
        ]
        let report = HandRun(jobs, until: 60).report
        #expect(report.counts.jobs == 2)
        #expect(report.counts.runningAtEnd == 1 && report.counts.waitingAtEnd == 1)
        #expect(report.counts.finished == 0)
        #expect(report.makespanSeconds == 60)
        #expect(report.allocatedGPUSeconds == 60 * 8)
        #expect(report.waitGPUSeconds == 40 * 8)
        #expect(report.series.lengthSeconds == 60)
    }

    @Test func whatHappensAtTheCutOffStillDoes() {
        let jobs = [handJob(0, at: 0, runs: 100), handJob(1, at: 0, runs: 5)]
        #expect(HandRun(jobs, until: 100).report.counts.succeeded == 1)
        #expect(HandRun(jobs, until: 99).report.counts.succeeded == 0)
        #expect(HandRun(jobs, until: 105).report.counts.succeeded == 2)
        #expect(HandRun(jobs, until: 5000).report.makespanSeconds == 105)
        #expect(HandRun(jobs, until: 5000).report.series.lengthSeconds == 105)
    }

    @Test func refusedJobsAreCounted() {
        let jobs = [
            handJob(0, at: 0, runs: 10, members: 2),
            handJob(1, at: 0, runs: 10) { $0.spec.roles = [] },
            handJob(2, at: 1, runs: 10) { $0.spec.tenant = TenantID(0) },
            handJob(3, at: 1, runs: 10) { $0.spec.dependencies = [Dependency(job: JobID(0))] },
            handJob(4, at: 2, runs: 10, members: 2) { $0.cancelAfter = .seconds(3) },
        ]
        let run = HandRun(jobs)
        #expect(run.report.counts.refused == 3)
        #expect(run.report.counts.succeeded == 1)
        #expect(run.report.counts.failed == 1)
        #expect(run.report.counts.cancelled == 0)
        #expect(run.report.counts.waitingAtEnd == 0)
        #expect(run.run.settledJobs == 5)
        #expect(run.run.engine.openJobs == 0)
    }
}
