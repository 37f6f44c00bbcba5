import BackendConformance
import ControlPlane
import FleetModel
import Foundation
import Glibc
import Testing

@Suite struct JobFolderTests {
    private func progress(_ book: ReportBook) -> [String] {
        book.all.compactMap { report in
            guard case .progress(_, _, let told) = report else { return nil }
            let (step, kept) = (told.step, told.checkpointedStep)
            return "\(step) \(kept.map(String.init) ?? "-")"
        }
    }

    @Test func progressIsTheFirstMembers() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(
                try Stage.job(
                    """
                    say() { echo "$1" >$MUSTER_PROGRESS_FILE.new
                    mv $MUSTER_PROGRESS_FILE.new $MUSTER_PROGRESS_FILE; }
                    [ $RANK = 1 ] && { say 99; exit; }
                    say 5; until [ -e seen-5 ]; do sleep 0.05; done
                    say "6 4"; until [ -e seen-6 ]; do sleep 0.05; done
                    say nonsense; sleep 0.4; say "8 8"
                    """.replacingOccurrences(of: "\n", with: "; ")
                        .replacingOccurrences(of: "{;", with: "{"), "members: 2"))
            session.backend.execute(.start(gang))
            for (step, told) in [("5", "5 -"), ("6", "6 4")] {
                try await eventually("step \(step) is told") {
                    progress(session.book).last == told
                }
                #expect(
                    FileManager.default.createFile(
                        atPath: stage.folder + "/jobs/1/1/work/seen-" + step, contents: nil))
            }
            try await session.book.wait(for: .finished, of: gang.job)
            #expect(progress(session.book) == ["5 -", "6 4", "8 8"])
            await session.backend.stop()
        }
    }

    @Test func aProgressFileThatIsNoFileIsPassedOver() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let secret = stage.folder + "-secret"
            try "7 7".write(toFile: secret, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(atPath: secret) }
            let gang = Stage.gang(
                try Stage.job(
                    "ln -s \(secret) $MUSTER_PROGRESS_FILE; sleep 0.5; rm $MUSTER_PROGRESS_FILE; "
                        + "mkfifo $MUSTER_PROGRESS_FILE; sleep 0.5"))
            session.backend.execute(.start(gang))
            try await session.book.wait(for: .finished, of: gang.job)
            #expect(progress(session.book) == [])
            await session.backend.stop()
        }
    }

    @Test func checkpointsOutliveAttempts() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let write = Stage.gang(try Stage.job("echo kept >$MUSTER_CHECKPOINT_DIR/step"))
            _ = try await session.output(of: write)
            let read = Stage.gang(try Stage.job("cat $MUSTER_CHECKPOINT_DIR/step"), attempt: 2)
            #expect(try await session.output(of: read) == "kept\n")
            await session.backend.stop()
        }
    }

    /// Any tree that a program can make goes, and nothing that its links lead to.
    @Test func forgottenJobsLeaveNothing() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let precious = stage.folder + "-precious"
            try FileManager.default.createDirectory(
                atPath: precious, withIntermediateDirectories: false)
            #expect(FileManager.default.createFile(atPath: precious + "/file", contents: nil))
            chmod(precious, 0o711)
            defer { try? FileManager.default.removeItem(atPath: precious) }
            let gang = Stage.gang(
                try Stage.job(
                    "ln -s \(precious) link; mkdir -p closed/inner lifted-1/lifted-2; "
                        + "touch closed/inner/file lifted-1/lifted-2/file; ln -s \(precious) "
                        + "closed/inner/link; chmod 0 closed/inner closed; mkfifo pipe; "
                        + "for i in $(seq 150); do mkdir deep-deep-deep-deep; "
                        + "cd deep-deep-deep-deep || exit 1; done; touch bottom"))
            session.backend.execute(.start(gang))
            try await session.book.wait(for: .finished, of: gang.job)
            let running = Stage.gang(try Stage.job("exec sleep 600"), job: 2)
            try await session.run(running)
            session.backend.execute(.forget(gang.job))
            session.backend.execute(.forget(running.job))
            try await eventually("the trash is empty") {
                let trash = try FileManager.default
                    .contentsOfDirectory(atPath: stage.folder + "/trash")
                return trash.isEmpty
                    && !FileManager.default.fileExists(atPath: stage.folder + "/jobs/1")
            }
            #expect(FileManager.default.fileExists(atPath: precious + "/file"))
            let mode = try FileManager.default.attributesOfItem(atPath: precious)[.posixPermissions]
            #expect((mode as? NSNumber)?.intValue == 0o711)
            // What runs goes on, and its folder goes when it has ended.
            #expect(FileManager.default.fileExists(atPath: stage.member(0, job: 2) + "/launched"))
            session.backend.execute(.stop(running.job, running.attempt, .cancelled))
            try await eventually("the second job is gone as well") {
                !FileManager.default.fileExists(atPath: stage.folder + "/jobs/2")
            }
            await session.backend.stop()
        }
    }

    @Test func attemptsThatAreOverKeepNothingOpen() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            func descriptors() -> Int {
                let files = FileManager.default
                let numbers = try? files.contentsOfDirectory(atPath: "/proc/self/fd")
                return (numbers ?? []).count { number in
                    let path = try? files.destinationOfSymbolicLink(
                        atPath: "/proc/self/fd/" + number)
                    return path?.hasPrefix(stage.folder + "/jobs/") ?? false
                }
            }
            for job in 1...4 {
                let gang = Stage.gang(try Stage.job("exit 0"), job: job)
                session.backend.execute(.start(gang))
                try await session.book.wait(for: .finished, of: gang.job)
            }
            for _ in 0..<12_000 where descriptors() > 0 {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(descriptors() == 0)
            #expect(session.backend.keptJobs().count == 4)
            await session.backend.stop()
        }
    }
}
