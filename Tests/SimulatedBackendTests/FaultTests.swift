import ControlPlane
import FleetModel
import Testing

@testable import SimulatedBackend
@testable import Simulation

/// What each kind of fault does, at a time that is known. Stops take 30 s.
@Suite struct FaultTests {
    private let job = JobID(rawValue: 7)

    private func fault(
        _ kind: FaultKind, at second: Int64, nodes: [Int] = [0], repair: Int64 = 1000,
        detection: Int64 = 600, speed: Int64 = 500_000, draw: UInt64 = 0
    ) -> Fault {
        Fault(
            at: .seconds(second), kind: kind, nodes: nodes.map { NodeID($0) },
            repair: .seconds(repair), detection: .seconds(detection), speed: speed, draw: draw)
    }

    /// A stage on which a gang has run on nodes 0 and 1 since second 20.
    private func stage(_ faults: [Fault], checkpoint: Int64? = nil) async throws -> Stage {
        let stage = Stage()
        try await stage.start()
        stage.plan(faults)
        let period = checkpoint.map { ", checkpointPeriod: \($0)s" } ?? ""
        stage.give(.start(.of(7, nodes: [0, 1], "members: 2, runTime: 1h" + period)), at: 0)
        stage.run(until: 20)
        #expect(stage.lines() == ["20 started 7.1"])
        return stage
    }

    @Test func aNodeTakesItsGangAlongAndComesBack() async throws {
        let stage = try await stage([fault(.node, at: 100)])
        stage.run(until: 150)
        stage.give(.stop(job, Attempt(1), .hardware), at: 150)
        stage.run(until: 5000)
        #expect(stage.lines() == ["100 lost [0]", "180 stopped 7.1 2", "1100 joined [0]"])
    }

    @Test func aRackTakesAllItsNodes() async throws {
        let stage = try await stage([fault(.rack, at: 100, nodes: [0, 1])])
        stage.run(until: 5000)
        // Nobody stopped it: it does not finish either.
        #expect(stage.lines() == ["100 lost [0, 1]", "1100 joined [0, 1]"])
    }

    @Test func aDeviceIsOutUntilItIsRepaired() async throws {
        let stage = try await stage([fault(.device, at: 100, draw: 3)])
        stage.give(.stop(job, Attempt(1), .hardware), at: 110)
        stage.run(until: 5000)
        #expect(
            stage.lines() == [
                "100 devices of 0 out: 8", "140 stopped 7.1 2", "1100 devices of 0 out: 0",
            ])
    }

    @Test func aDeviceThatNobodyHasDisturbsNobody() async throws {
        let stage = try await stage([fault(.device, at: 100, nodes: [2])])
        stage.run(until: 4000)
        #expect(
            stage.lines() == [
                "100 devices of 2 out: 1", "1100 devices of 2 out: 0", "3620 finished 7.1 2",
            ])
    }

    @Test func aDeadLinkBreaksTheGangAndThoseThatComeLater() async throws {
        let stage = try await stage([fault(.link, at: 100)])
        stage.run(until: 140)
        stage.give(
            .start(.of(7, attempt: 2, nodes: [0, 1], "members: 2, runTime: 1h")), at: 140)
        stage.give(.start(.of(8, nodes: [0], "runTime: 100s")), at: 140)
        stage.run(until: 3000)
        #expect(
            stage.lines() == [
                "130 failed 7.1 node on 0", "160 started 7.2", "160 started 8.1", "220 drain 0",
                "230 failed 7.2 node on 0", "260 finished 8.1 1", "1220 resume 0",
            ])
    }

    @Test func aCrashOfAProgramBlamesNoNode() async throws {
        let stage = try await stage([fault(.software, at: 100)])
        stage.run(until: 5000)
        #expect(stage.lines() == ["130 failed 7.1 start"])
    }

    @Test func corruptionMakesCheckpointsWorthless() async throws {
        let stage = try await stage(
            [fault(.corruption, at: 400, detection: 800)], checkpoint: 300)
        stage.run(until: 5000)
        #expect(
            stage.lines() == [
                "320 progress 7.1 300 300", "620 progress 7.1 600 300", "920 progress 7.1 900 300",
                "1200 drain 0", "1230 failed 7.1 node on 0", "2200 resume 0",
            ])
    }

    @Test func aSlowNodeSlowsTheGangUntilItIsFound() async throws {
        let slow = fault(.slowNode, at: 1820, detection: 4000)
        let stage = try await stage([slow])
        stage.run(until: 20_000)
        #expect(
            stage.lines() == [
                "5420 finished 7.1 2", "5820 drain 0 by", "7050 lost [0]", "8050 joined [0]",
            ])
    }

    @Test func aGangThatStartsOnASlowNodeIsSlow() async throws {
        let stage = try await stage([fault(.slowNode, at: 30, nodes: [2], detection: 90_000)])
        stage.give(.start(.of(8, nodes: [2, 3], "members: 2, runTime: 100s")), at: 40)
        stage.run(until: 400)
        #expect(stage.lines() == ["60 started 8.1", "260 finished 8.1 2"])
    }

    /// The same seed and start bring the same faults, another start others.
    @Test func chanceIsRepeatable() async throws {
        var runs: [[String]] = []
        for origin: Int64 in [1_790_000_000, 1_790_000_000, 1_790_086_400] {
            let stage = Stage(
                nodes: 64, faults: .published().scaled(to: 1_000_000), origin: .seconds(origin))
            try await stage.start()
            let text = "members: 2, runTime: 40h, checkpointPeriod: 1h"
            for job: Int32 in 0..<32 {
                let nodes = [2 * Int(job), 2 * Int(job) + 1]
                stage.backend.execute(.start(.of(job, nodes: nodes, text)))
            }
            stage.run(until: 86_400)
            runs.append(stage.lines())
        }
        #expect(runs[0] == runs[1])
        #expect(runs[0] != runs[2])
        for word in ["lost", "joined", "devices", "drain", "resume", "failed"] {
            #expect(runs[0].contains { $0.contains(word) }, "no \(word) in a day")
        }
    }
}
