import ControlPlane
import FleetModel
import Simulation
import Testing

@testable import SimulatedBackend

/// What orders do to gangs, without faults. Starts take 20 s and stops 30 s.
@Suite struct GangTests {
    private let job = JobID(rawValue: 7)

    @Test func aGangStartsAndFinishesWhenItsDocumentSays() async throws {
        let stage = Stage()
        try await stage.start()
        stage.give(.start(.of(7, nodes: [0, 1], "members: 2, runTime: 10m")), at: 5)
        stage.run(until: 10_000)
        #expect(stage.lines() == ["25 started 7.1", "625 finished 7.1 2"])
    }

    @Test func whatIsExpectedStandsInForARunTime() async throws {
        let stage = Stage()
        try await stage.start()
        stage.give(.start(.of(7, nodes: [0], "expectedDuration: 1h")), at: 0)
        stage.run(until: 10_000)
        #expect(stage.lines() == ["20 started 7.1", "3620 finished 7.1 1"])
    }

    @Test func withoutEitherChanceDecidesTheSameWayEachTime() async throws {
        var ends: [String] = []
        for seed: UInt64 in [1, 1, 2] {
            let stage = Stage(seed: seed)
            try await stage.start()
            stage.give(.start(.of(7, nodes: [0], "priority: 1")), at: 0)
            stage.run(until: 5 * 3600)
            ends.append(stage.lines().last ?? "")
        }
        #expect(ends[0].hasSuffix("finished 7.1 1"))
        #expect(ends[0] == ends[1])
        #expect(ends[0] != ends[2])
    }

    @Test func aProgramThatFailsDoesSoOnce() async throws {
        let stage = Stage()
        try await stage.start()
        let text = "runTime: 1m, fails: true"
        stage.give(.start(.of(7, nodes: [0], text)), at: 0)
        stage.give(.start(.of(7, attempt: 2, nodes: [0], text)), at: 100)
        stage.run(until: 1000)
        #expect(
            stage.lines() == [
                "20 started 7.1", "80 failed 7.1 application", "120 started 7.2",
                "180 finished 7.2 1",
            ])
    }

    @Test func aStopTakesItsTimeAndComesOnce() async throws {
        let stage = Stage()
        try await stage.start()
        stage.give(.start(.of(7, nodes: [0], "runTime: 10m")), at: 0)
        stage.give(.stop(job, Attempt(1), .preemption), at: 100)
        stage.give(.stop(job, Attempt(1), .preemption), at: 110)
        stage.run(until: 1000)
        #expect(stage.lines() == ["20 started 7.1", "130 stopped 7.1 1"])
        stage.give(.stop(job, Attempt(1), .preemption), at: 1000)
        #expect(stage.lines() == ["1000 stopped 7.1 0"])
    }

    @Test func aStopBeforeTheStartIsDoneLeavesNothing() async throws {
        let stage = Stage()
        try await stage.start()
        stage.give(.start(.of(7, nodes: [0], "runTime: 10m")), at: 0)
        stage.give(.stop(job, Attempt(1), .cancelled), at: 5)
        stage.run(until: 1000)
        #expect(stage.lines() == ["35 stopped 7.1 1"])
    }

    @Test func anOrderThatComesTwiceChangesNothing() async throws {
        let stage = Stage()
        try await stage.start()
        let launch = GangLaunch.of(7, nodes: [0], "runTime: 10m")
        for second: Int64 in [0, 10, 300, 700] { stage.give(.start(launch), at: second) }
        stage.run(until: 2000)
        #expect(stage.lines() == ["20 started 7.1", "620 finished 7.1 1"])
    }

    @Test func aMemberOnANodeThatDoesNotExistFailsToStart() async throws {
        let stage = Stage(nodes: 2)
        try await stage.start()
        stage.give(.start(.of(7, nodes: [0, 2], "members: 2, runTime: 1m")), at: 0)
        #expect(stage.lines() == ["0 failed 7.1 start"])
    }

    @Test func checkpointsAreReportedAndKept() async throws {
        let stage = Stage()
        try await stage.start()
        let text = "runTime: 1h, checkpointPeriod: 20m, restartCost: 5m"
        stage.give(.start(.of(7, nodes: [0], text)), at: 0)
        stage.give(.stop(job, Attempt(1), .preemption), at: 2 * 1200 + 100)
        stage.give(.start(.of(7, attempt: 2, nodes: [1], kept: 2400, text)), at: 3000)
        stage.run(until: 6000)
        #expect(
            stage.lines() == [
                "20 started 7.1", "1220 progress 7.1 1200 1200", "2420 progress 7.1 2400 2400",
                "2530 stopped 7.1 1", "3020 started 7.2", "4520 finished 7.2 1",
            ])
    }

    @Test func aSmallerGangIsSlower() async throws {
        let stage = Stage()
        try await stage.start()
        let text = "members: {min: 1, max: 4}, runTime: 1000s"
        stage.give(.start(.of(7, nodes: [0, 1, 2, 3], text)), at: 0)
        // A quarter done at full speed, then half as fast.
        stage.give(.shrink(job, Attempt(1), Resize(1), ranks: [1, 3]), at: 270)
        stage.give(.shrink(job, Attempt(1), Resize(1), ranks: [1, 3]), at: 280)
        stage.run(until: 3000)
        #expect(
            stage.lines() == ["20 started 7.1", "300 shrunk 7.1 1", "1770 finished 7.1 2"])
        stage.give(.shrink(job, Attempt(1), Resize(2), ranks: [0]), at: 3000)
        #expect(stage.lines() == ["3000 shrunk 7.1 2"])
    }

    @Test func aGangThatGrowsIsFaster() async throws {
        let stage = Stage()
        try await stage.start()
        let text = "members: {min: 1, max: 4}, runTime: 1000s"
        stage.give(.start(.of(7, nodes: [0, 1], text)), at: 0)
        let grown = GangLaunch.of(7, nodes: [0, 1, 2, 3], text)
        for second: Int64 in [1020, 1100] {
            stage.give(.grow(job, Attempt(1), Resize(1), grown, ranks: [2, 3]), at: second)
        }
        stage.run(until: 3000)
        #expect(stage.lines() == ["20 started 7.1", "1520 finished 7.1 4"])
    }

    @Test func thousandsOfGangsInOneGo() async throws {
        let stage = Stage(nodes: 1)
        try await stage.start()
        for job: Int32 in 0..<5000 {
            var launch = GangLaunch.of(job, nodes: [0], "runTime: 100s")
            launch.members[0].devices = 1
            stage.backend.execute(.start(launch))
        }
        stage.run(until: 200)
        let lines = stage.lines()
        #expect(lines.count == 10_000)
        #expect(lines.prefix(5000).allSatisfy { $0.hasPrefix("20 started") })
        #expect(lines.suffix(5000).allSatisfy { $0.hasPrefix("120 finished") })
    }

    @Test func eventsOfGangsThatAreGoneDoNotPileUp() {
        var world = SimulatedWorld(
            fleet: .uniform(nodes: 1, devices: 8, groups: []), faults: nil, seed: 1,
            delays: SimulatedDelays(start: .zero, stop: .zero), reportGap: .zero)
        let launch = GangLaunch.of(0, nodes: [0], "runTime: 52w")
        for job: Int32 in 0..<5000 {
            var launch = launch
            launch.job = JobID(rawValue: job)
            world.execute(.start(launch))
            world.advance(to: .seconds(Int64(2 * job + 1)))
            world.execute(.stop(launch.job, launch.attempt, .cancelled))
            world.advance(to: .seconds(Int64(2 * job + 2)))
            world.execute(.forget(launch.job))
        }
        #expect(world.events.count <= 1100)
        #expect(world.histories.isEmpty)
        #expect(world.gangs.isEmpty)
    }
}
