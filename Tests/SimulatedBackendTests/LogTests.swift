import ControlPlane
import FleetModel
import Testing

@testable import SimulatedBackend

@Suite struct LogTests {
    private let job = JobID(rawValue: 7)

    @Test func aLogTellsOfStartCheckpointsAndEnd() async throws {
        let stage = Stage(origin: .seconds(1_790_000_000))
        try await stage.start()
        let text = "members: 2, runTime: 50m, checkpointPeriod: 20m"
        stage.give(.start(.of(7, nodes: [0, 3], text)), at: 0)
        #expect(
            try stage.log(7, rank: 1)
                == "2026-09-21T14:13:20Z job-7 attempt 1 rank 1 on node-3 with devices 0-7, "
                + "a simulated machine\n")
        stage.run(until: 4000)
        #expect(
            try stage.log(7, rank: 1) == """
                2026-09-21T14:13:20Z job-7 attempt 1 rank 1 on node-3 with devices 0-7, \
                a simulated machine
                2026-09-21T14:13:40Z all 2 members run
                2026-09-21T14:33:40Z step       1200, checkpoint written
                2026-09-21T14:53:40Z step       2400, checkpoint written
                2026-09-21T15:03:40Z finished

                """)
        #expect(try stage.log(7, rank: 2) == nil)
        #expect(try stage.log(7, attempt: 2) == nil)
        #expect(try stage.log(8) == nil)
        stage.give(.forget(job), at: 4000)
        #expect(try stage.log(7) == nil)
    }

    /// Offsets only grow, and what was read before stays where it was.
    @Test func aLongLogIsBoundedAndItsOffsetsStay() async throws {
        let stage = Stage()
        try await stage.start()
        stage.give(.start(.of(7, nodes: [0], "runTime: 30d, checkpointPeriod: 1h")), at: 0)
        let log = try #require(
            stage.backend.log(of: MemberKey(job: job, attempt: Attempt(1), rank: 0)))
        var text: [UInt8] = []
        var last: Range<Int64> = 0..<0
        for hour: Int64 in 1...720 {
            stage.run(until: hour * 3600 + 1)
            let extent = try log.extent()
            #expect(extent.lowerBound >= last.lowerBound && extent.upperBound >= last.upperBound)
            #expect(extent.count < 8000)
            #expect(Int64(text.count) >= extent.lowerBound)
            text += try log.read(from: Int64(text.count), limit: .max)
            #expect(Int64(text.count) == extent.upperBound)
            #expect(!log.isComplete())
            last = extent
        }
        stage.run(until: 31 * 86_400)
        text += try log.read(from: Int64(text.count), limit: .max)
        #expect(log.isComplete())
        let lines = text.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 2 + 719 + 1)
        #expect(try log.read(from: 0, limit: 7).count == 7)
        #expect(try log.read(from: .max, limit: 7).isEmpty)
    }

    @Test func aMemberThatLeftIsDone() async throws {
        let stage = Stage()
        try await stage.start()
        let text = "members: {min: 1, max: 2}, runTime: 1h"
        stage.give(.start(.of(7, nodes: [0, 1], text)), at: 0)
        stage.give(.shrink(job, Attempt(1), Resize(1), ranks: [1]), at: 100)
        let keys = [0, 1].map { MemberKey(job: job, attempt: Attempt(1), rank: $0) }
        #expect(keys.map { stage.backend.log(of: $0)?.isComplete() } == [false, true])
        let grown = GangLaunch.of(7, nodes: [0, 1, 2], text)
        stage.give(.grow(job, Attempt(1), Resize(2), grown, ranks: [2]), at: 200)
        #expect(try stage.log(7, rank: 2)?.contains("node-2") == true)
    }
}
