import FleetModel
import Testing

@testable import Health

/// Goal: the arithmetic agrees with what others have published.
@Suite struct RecoveryTests {
    @Test func youngAndDaly() throws {
        // 30 s writes and 7.9 h between stops: 22 minutes; 1.8 h: 10 minutes.
        let long = try #require(
            CheckpointArithmetic.youngInterval(
                writeSeconds: 30, secondsBetweenStops: 7.9 * 3600))
        #expect(abs(long / 60 - 21.8) < 0.1)
        let short = try #require(
            CheckpointArithmetic.youngInterval(
                writeSeconds: 30, secondsBetweenStops: 1.8 * 3600))
        #expect(abs(short / 60 - 10.4) < 0.1)
        let daly = try #require(
            CheckpointArithmetic.dalyInterval(
                writeSeconds: 30, secondsBetweenStops: 1.8 * 3600))
        #expect(daly < short && daly > short - 30)
        // Writes that are not short: Daly's bound.
        #expect(
            CheckpointArithmetic.dalyInterval(writeSeconds: 500, secondsBetweenStops: 200) == 200)
        #expect(
            CheckpointArithmetic.youngInterval(writeSeconds: 0, secondsBetweenStops: 1) == nil)
    }

    @Test func effectiveRatio() throws {
        // 256 nodes at 6.5 failures per 1000 node-days, hourly checkpoints, restarts of 10 min.
        let ratio = try #require(
            CheckpointArithmetic.effectiveRatio(
                stopsPerSecond: 256 * 0.0065 / 86_400, restartSeconds: 600,
                intervalSeconds: 3600, writeSeconds: 60))
        #expect(ratio > 0.9 && ratio < 0.96)
    }

    @Test func theFleetsOwnRate() throws {
        var policy = HealthHarness.trusting
        policy.suspicion.idleTestPeriod = nil
        var harness = HealthHarness(policy)
        for node in 0..<10 { harness.arrive(node, box: node) }
        _ = harness.pass(10 * 86_400)
        for job in 0..<4 {
            harness.tell(
                .attemptEnded(
                    AttemptEnd(
                        job: JobID(job), nodes: [NodeID(0)],
                        cause: job == 3 ? .application : .hardware, suspect: NodeID(0),
                        gpuSeconds: 36_000, lostGPUSeconds: 3600)))
        }
        let report = RecoveryReport(harness.engine.losses)
        #expect(abs(report.nodeDays - 100) < 0.1)
        #expect(report.stops == 3)
        let hours = try #require(report.hoursBetweenStops(nodes: 10))
        #expect(abs(hours - 80) < 0.2)
        #expect(report.lostGPUHours[Int(RestartCause.hardware.rawValue)] == 3)
        #expect(report.effectiveShare.map { abs($0 - 0.9) < 1e-9 } == true)
    }
}
