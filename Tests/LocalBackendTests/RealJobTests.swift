import BackendConformance
import ControlPlane
import Documents
import FleetModel
import Foundation
import Glibc
import Testing

/// The examples as they are shipped, with real launchers where the machine has them.
@Suite struct RealJobTests {
    private static let examples = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Examples/local").path

    private func example(
        _ name: String, _ change: (String) -> String = { $0 }
    ) throws -> GangLaunch {
        let root = URL(fileURLWithPath: RealJobTests.examples).deletingLastPathComponent()
            .deletingLastPathComponent().path
        let text = contents("\(RealJobTests.examples)/\(name)/job.yaml")
            .replacingOccurrences(of: "/path/to/muster", with: root)
        var gang = Stage.gang(try Stage.parse(change(text)))
        if name == "mpi" { gang.members[0].devices = 0b1111 }
        return gang
    }

    private func has(_ program: String, _ arguments: [String] = ["--version"]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// The last line of every member, without its rank: all must be the same.
    private func answers(_ session: Session, _ gang: GangLaunch) throws -> Set<String> {
        try Set(
            gang.members.map { member in
                let lines = try session.text(gang, rank: member.rank).split(separator: "\n")
                return String(lines.last?.drop { $0 != " " }.dropFirst() ?? "nothing")
            })
    }

    private func step(_ book: ReportBook) -> Int64 {
        book.all.reduce(0) { step, report in
            guard case .progress(_, _, let told) = report else { return step }
            let next = told.step
            return max(step, next)
        }
    }

    @Test func everyExampleIsAJob() throws {
        for name in ["allreduce", "mpi", "plain", "torchrun"] {
            let gang = try example(name)
            #expect(!gang.document.execution.command.isEmpty, "\(name)")
        }
        let torchrun = try example("torchrun").document.execution
        #expect(torchrun.command.prefix(2) == ["/bin/sh", "-c"])
        #expect(torchrun.command.last?.contains("\n") == true)
        #expect(torchrun.grace == .seconds(300))
    }

    @Test func aPlainJobTellsItsProgress() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = try example("plain") {
                $0.replacingOccurrences(of: "sleep 1", with: "sleep 0.1")
            }
            let text = try await session.output(of: gang)
            #expect(text.hasPrefix("job 1 of lab/vision, attempt 1, on devices 0\n"))
            #expect(session.book.kinds(of: gang.job) == [.started, .finished])
            #expect(step(session.book) == 20)
            await session.backend.stop()
        }
    }

    /// Preempted, then a member is killed with SIGKILL, then the control plane is another one, and
    /// the sums are right in the end.
    @Test func aGangComesToTheRightAnswerWhateverHappens() async throws {
        guard has("python3") else {
            print("skipped: there is no python3")
            return
        }
        try await onStage { stage in
            let session = try await Session(stage)
            func sums(pause: String) throws -> GangLaunch {
                try example("allreduce") {
                    $0.replacingOccurrences(of: "--every,", with: "--pause, '\(pause)', --every,")
                }
            }
            // Slow while it is to be interrupted: it has no end before that on a busy machine.
            var gang = try sums(pause: "0.3")
            session.backend.execute(.start(gang))
            try await eventually("some steps are done") { step(session.book) >= 15 }
            session.backend.execute(.stop(gang.job, gang.attempt, .preemption))
            let report = try await session.book.wait(for: .stopped, of: gang.job)
            guard case .stopped(_, _, let exits) = report else { return }
            #expect(exits == (0..<8).map { MemberExit(rank: $0, code: 0) })
            #expect(try answers(session, gang).first?.hasPrefix("stops at step") == true)
            let stoppedAt = step(session.book)

            gang.attempt = Attempt(2)
            session.backend.execute(.start(gang))
            try await eventually("it went on") { step(session.book) >= stoppedAt + 15 }
            #expect(try session.text(gang).contains("begins at step \(stoppedAt)\n"))
            let victim = processes(with: "allreduce.py").first { id in
                contents("/proc/\(id)/environ").contains("\(stage.folder)/jobs/1/2/5/")
            }
            kill(try #require(victim), SIGKILL)
            let failure = try Failure(
                try await session.book.wait(for: .failed, of: gang.job, Attempt(2)))
            #expect(failure.cause == .application)
            #expect(failure.detail == "member 5 (allreduce) was ended by signal 9 (Killed)")

            gang = try sums(pause: "0.01")
            gang.attempt = Attempt(3)
            try await session.run(gang)
            await session.backend.stop()
            let next = try await Session(
                stage,
                expecting: [ExpectedGang(launch: gang, phase: .running, startedAt: .zero)])
            try await next.book.wait(for: .finished, of: gang.job, Attempt(3), seconds: 600)
            let all = try answers(next, gang)
            #expect(all.count == 1)
            #expect(all.first?.hasPrefix("right after 300 steps: ") == true)
            await next.backend.stop()
        }
    }

    @Test func mpirunFindsItsSlotsAndStops() async throws {
        guard has("python3"), has("mpirun") else {
            print("skipped: there is no mpirun")
            return
        }
        try await onStage { stage in
            let session = try await Session(stage)
            var gang = try example("mpi") { $0.replacingOccurrences(of: "300", with: "100") }
            session.backend.execute(.start(gang))
            try await eventually("some steps are done") { step(session.book) >= 15 }
            session.backend.execute(.stop(gang.job, gang.attempt, .preemption))
            try await session.book.wait(for: .stopped, of: gang.job)
            let text = try session.text(gang)
            #expect(text.contains("[3] member 3 of 4 begins at step 0\n"))
            #expect(text.contains("[0] stops at step"), "\(text)")
            gang.attempt = Attempt(2)
            session.backend.execute(.start(gang))
            try await session.book.wait(for: .finished, of: gang.job, Attempt(2), seconds: 600)
            let lines = try session.text(gang).split(separator: "\n")
            #expect(lines.count { $0.contains("right after 100 steps") } == 4)
            await session.backend.stop()
        }
    }
}
