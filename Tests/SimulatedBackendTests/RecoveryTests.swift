import ControlPlane
import FleetModel
import Testing

@testable import SimulatedBackend

/// What a new backend makes of what the driver believes to run.
@Suite struct RecoveryTests {
    private let text = "members: 2, runTime: 1h, checkpointPeriod: 20m, restartCost: 5m"

    private func expected(
        _ job: Int32, attempt: Int32 = 1, kept: Int64 = 0, phase: ExpectedGang.Phase,
        at second: Int64,
        _ stage: Stage
    ) -> ExpectedGang {
        ExpectedGang(
            launch: .of(job, attempt: attempt, nodes: [0, 1], kept: kept, text), phase: phase,
            startedAt: stage.origin + .seconds(second))
    }

    @Test func whatRunsRunsOnToTheSameEnd() async throws {
        let first = Stage()
        try await first.start()
        first.give(.start(.of(7, nodes: [0, 1], text)), at: 100)
        first.run(until: 5000)
        #expect(
            first.lines() == [
                "120 started 7.1", "1320 progress 7.1 1200 1200", "2520 progress 7.1 2400 2400",
                "3720 finished 7.1 2",
            ])

        let second = Stage(at: 2000)
        try await second.start([expected(7, phase: .running, at: 100, second)])
        #expect(second.lines() == ["2000 started 7.1"])
        second.run(until: 5000)
        #expect(second.lines() == ["2520 progress 7.1 2400 2400", "3720 finished 7.1 2"])
    }

    @Test func workOfEarlierAttemptsStillCounts() async throws {
        let stage = Stage(at: 2000)
        try await stage.start([
            expected(7, attempt: 2, kept: 2400, phase: .running, at: 1000, stage)
        ])
        stage.run(until: 5000)
        // 20 s to start, 5 min to load, 20 min of work.
        #expect(stage.lines() == ["2000 started 7.2", "2520 finished 7.2 2"])
    }

    @Test func whatACheckpointKeepsIsDoneHoweverItCameToBe() async throws {
        let stage = Stage(at: 1000)
        var gang = expected(7, phase: .running, at: 0, stage)
        gang.launch.checkpointedStep = 3000
        try await stage.start([gang])
        stage.run(until: 5000)
        #expect(
            stage.lines() == [
                "1000 started 7.1", "1220 progress 7.1 3220 3220", "1600 finished 7.1 2",
            ])
    }

    @Test func whatEndedMeanwhileIsReportedAsItEnded() async throws {
        let stage = Stage(at: 100_000)
        try await stage.start([expected(7, phase: .running, at: 0, stage)])
        #expect(stage.lines() == ["100000 finished 7.1 2"])
    }

    @Test func aStopIsToldAgainAndTakesItsTime() async throws {
        let stage = Stage(at: 1000)
        try await stage.start([expected(7, phase: .stopping, at: 0, stage)])
        stage.run(until: 9000)
        #expect(stage.lines() == [])
        stage.give(.stop(JobID(rawValue: 7), Attempt(1), .cancelled), at: 9000)
        stage.run(until: 9100)
        #expect(stage.lines() == ["9030 stopped 7.1 2"])
    }

    @Test func aStartThatNobodySawIsToldAgain() async throws {
        let stage = Stage(at: 1000)
        let gang = expected(7, phase: .starting, at: 990, stage)
        try await stage.start([gang])
        stage.run(until: 2000)
        #expect(stage.lines() == [])
        stage.give(.start(gang.launch), at: 2000)
        stage.run(until: 2100)
        #expect(stage.lines() == ["2020 started 7.1"])
    }

    @Test func aGangOnANodeThatIsGoneIsLost() async throws {
        let stage = Stage(nodes: 1, at: 1000)
        try await stage.start([
            expected(7, phase: .running, at: 0, stage), expected(8, phase: .stopping, at: 0, stage),
        ])
        #expect(stage.lines() == ["1000 failed 7.1 node", "1000 stopped 8.1 0"])
    }

    @Test func theSameBackendKeepsWhatIsExpectedAndEndsTheRest() async throws {
        let stage = Stage()
        try await stage.start()
        stage.give(.start(.of(7, nodes: [0, 1], text)), at: 0)
        stage.give(.start(.of(8, nodes: [2, 3], text)), at: 0)
        stage.run(until: 100)
        _ = stage.lines()
        await stage.backend.stop()
        stage.run(until: 200)
        try await stage.start([expected(7, phase: .running, at: 0, stage)])
        stage.run(until: 5000)
        let lines = stage.lines()
        #expect(lines.first == "200 started 7.1")
        #expect(lines.last == "3620 finished 7.1 2")
        #expect(!lines.contains { $0.contains(" 8.1") })
    }
}
