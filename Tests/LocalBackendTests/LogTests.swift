import BackendConformance
import ControlPlane
import FleetModel
import Foundation
import Glibc
import LocalBackend
import Supervisor
import Testing

@Suite struct LogTests {
    private func log(_ session: Session, _ gang: GangLaunch) throws -> any MemberLog {
        let key = MemberKey(job: gang.job, attempt: gang.attempt, rank: 0)
        return try #require(session.backend.log(of: key))
    }

    @Test func outputAndErrorsStandInOneLog() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(try Stage.job("echo out; echo err >&2; printf end"))
            #expect(try await session.output(of: gang) == "out\nerr\nend")
            let log = try log(session, gang)
            #expect(try log.extent() == 0..<11)
            #expect(log.isComplete())
            #expect(try log.read(from: 4, limit: 3) == Array("err".utf8))
            #expect(try log.read(from: 11, limit: 100) == [])
            #expect(try log.read(from: 1 << 40, limit: 100) == [])
            await session.backend.stop()
        }
    }

    @Test func theNewestPartIsKept() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(
                try Stage.job("seq 1 1000000; printf last", "logLimit: 1MiB"))
            _ = try await session.output(of: gang)
            let log = try log(session, gang)
            let extent = try log.extent()
            let whole = 6_888_896 + 4
            #expect(extent.upperBound == Int64(whole))
            #expect(extent.count <= 1 << 20)
            #expect(extent.count > 7 << 17)
            let bytes = try log.read(from: 0, limit: 1 << 21)
            #expect(bytes.count == extent.count)
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.hasSuffix("\n999999\n1000000\nlast"))
            let lines = text.split(separator: "\n").dropFirst().dropLast().compactMap { Int($0) }
            let isInOrder = lines == Array((lines.first ?? 0)...1_000_000)
            #expect(isInOrder)
            await session.backend.stop()
        }
    }

    @Test func outputWithoutLinesIsBoundedAsWell() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(
                try Stage.job("head -c 20000000 /dev/zero | tr '\\0' x", "logLimit: 1MiB"))
            let text = try await session.output(of: gang)
            let isWhole = text.utf8.allSatisfy { $0 == UInt8(ascii: "x") }
            #expect(isWhole)
            #expect(try log(session, gang).extent().upperBound == 20_000_000)
            await session.backend.stop()
        }
    }

    @Test func aReaderFollowsWhileItIsWritten() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(
                try Stage.job("for i in 1 2 3 4 5 6 7 8; do seq 1 20000; sleep 0.02; done"))
            try await session.run(gang)
            let log = try log(session, gang)
            var all: [UInt8] = []
            while true {
                let isComplete = log.isComplete()
                let part = try log.read(from: Int64(all.count), limit: 7777)
                all += part
                if part.isEmpty && isComplete { break }
                if part.isEmpty { try await Task.sleep(nanoseconds: 1_000_000) }
            }
            let once = (1...20_000).map { "\($0)\n" }.joined()
            let isWhole = all == Array(String(repeating: once, count: 8).utf8)
            #expect(isWhole)
            await session.backend.stop()
        }
    }

    @Test func aProgramMayCloseItsOutput() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(try Stage.job("echo bye; exec >&- 2>&-; sleep 0.3; exit 5"))
            #expect(try await session.output(of: gang) == "bye\n")
            let failure = try Failure(try await session.book.wait(for: .failed, of: gang.job))
            #expect(failure.exits == [MemberExit(rank: 0, code: 5)])
            await session.backend.stop()
        }
    }

    @Test func logsOfPastAttemptsAreBoundedTogether() async throws {
        try await onStage {
            $0.endedLogBytes = 250_000
        } _: { stage in
            let session = try await Session(stage)
            for attempt in 1...4 {
                let gang = Stage.gang(
                    try Stage.job("head -c 100000 /dev/zero"), attempt: Int32(attempt))
                _ = try await session.output(of: gang)
            }
            try await eventually("the oldest are gone") {
                !FileManager.default.fileExists(atPath: stage.member(0, attempt: 2) + "/log.0")
            }
            #expect(contents(stage.member(0, attempt: 3) + "/log.0").utf8.count == 100_000)
            #expect(contents(stage.member(0, attempt: 4) + "/log.0").utf8.count == 100_000)
            await session.backend.stop()
        }
    }

    /// The disk is full while the job writes: it goes on, and its exit status is kept.
    @Test func aFullDiskCostsOutputAndNothingElse() async throws {
        guard getuid() == 0 else {
            print("skipped: only root can mount a small disk")
            return
        }
        let disk = NSTemporaryDirectory() + "muster-disk-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        defer {
            umount2(disk, Int32(MNT_DETACH))
            try? FileManager.default.removeItem(atPath: disk)
        }
        guard mount("tmpfs", disk, "tmpfs", 0, "size=1m") == 0 else {
            print("skipped: no disk can be mounted here")
            return
        }
        try await onStage {
            $0.folder = disk + "/data"
        } _: { stage in
            let session = try await Session(stage)
            let filler = disk + "/filler"
            let log = stage.member(0) + "/log.*"
            // Each step waits until the supervisor has come to it.
            let gang = Stage.gang(
                try Stage.job(
                    "fill() { head -c 10000000 /dev/zero >\(filler) 2>/dev/null; }; "
                        + "kept() { until cat \(log) | grep -q $1; do sleep 0.05; done; }; "
                        + "head -c 300000 /dev/zero | tr '\\0' a; echo filled; kept filled; fill; "
                        + "head -c 300000 /dev/zero | tr '\\0' b; sleep 1; rm \(filler); "
                        + "echo again; kept again; fill; exit 3"))
            let text = try await session.output(of: gang)
            let failure = try Failure(try await session.book.wait(for: .failed, of: gang.job))
            #expect(failure.exits == [MemberExit(rank: 0, code: 3)])
            let note = "bytes of output are lost: No space left on device]\nagain\n"
            let hasNote = text.contains(note)
            #expect(hasNote)
            let record = try #require(
                ExitRecord(Array(contents(stage.member(0) + "/exit").utf8)))
            #expect(record.lostBytes > 0)
            let kept = text.utf8.count { $0 == UInt8(ascii: "a") }
            #expect(kept >= 300_000)
            await session.backend.stop()
        }
    }
}
