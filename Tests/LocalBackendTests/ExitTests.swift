import BackendConformance
import ControlPlane
import FleetModel
import Foundation
import Glibc
import LocalBackend
import Testing

/// What a failed gang was reported with.
struct Failure {
    var cause: FailureCause
    var suspect: NodeID?
    var retry: RetryAdvice
    var exits: [MemberExit]
    var detail: String

    init(_ report: BackendReport) throws {
        guard case .failed(_, _, let cause, let suspect, let retry, let exits, let detail) = report
        else { throw ConformanceFailure("\(report) is no failure") }
        self.cause = cause
        self.suspect = suspect
        self.retry = retry
        self.exits = exits
        self.detail = detail
    }
}

@Suite struct ExitTests {
    private func failure(_ shell: String, _ more: String...) async throws -> Failure {
        var found: Failure?
        try await onStage { stage in
            let session = try await Session(stage)
            let text = "name: j\ngpus: 1\ncommand: [sh, -c, \"\(shell)\"]\n"
            let document = try Stage.parse(text + more.joined(separator: "\n") + "\n")
            let gang = Stage.gang(document)
            session.backend.execute(.start(gang))
            found = try Failure(try await session.book.wait(for: .failed, of: gang.job))
            await session.backend.stop()
        }
        return try #require(found)
    }

    @Test func codesHaveClasses() async throws {
        let plain = try await failure("exit 3")
        #expect(plain.cause == .application)
        #expect(plain.retry == .byCause)
        #expect(plain.suspect == nil)
        #expect(plain.exits == [MemberExit(rank: 0, code: 3)])
        #expect(plain.detail == "member 0 (j) ended with exit code 3")
        let crash = try await failure("exit 139")
        #expect(
            crash.detail == "member 0 (j) ended with exit code 139 (it crashed with signal 11)")
        let retry = try await failure("exit 75")
        #expect(retry.cause == .application)
        #expect(retry.retry == .byCause)
        let elsewhere = try await failure("exit 76")
        #expect(elsewhere.cause == .node)
        #expect(elsewhere.retry == .elsewhere)
        #expect(elsewhere.suspect == NodeID(0))
        let never = try await failure("exit 9", "exitCodes: {never: [9]}")
        #expect(never.cause == .application)
        #expect(never.retry == .never)
        // NVRx's launcher: another try is no use, unless the file says otherwise.
        #expect(try await failure("exit 93").retry == .never)
        #expect(try await failure("exit 93", "exitCodes: {retry: [93]}").retry == .byCause)
    }

    @Test func codesThatAreDoneAreSuccess() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(try Stage.job("exit 4", "exitCodes: {done: [4]}"))
            session.backend.execute(.start(gang))
            let report = try await session.book.wait(for: .finished, of: gang.job)
            guard case .finished(_, _, let exits) = report else { return }
            #expect(exits == [MemberExit(rank: 0, code: 4)])
            await session.backend.stop()
        }
    }

    @Test func aSignalIsAFailureOfTheProgram() async throws {
        let failure = try await failure("kill -SEGV $$")
        #expect(failure.cause == .application)
        #expect(failure.exits == [MemberExit(rank: 0, signal: SIGSEGV)])
        #expect(failure.detail.contains("signal 11"))
    }

    @Test func aProgramThatIsNotThereFailsTheStartForGood() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(
                try Stage.parse("name: j\ngpus: 1\nmembers: 2\ncommand: [/no/such/program]\n"))
            session.backend.execute(.start(gang))
            let failure = try Failure(try await session.book.wait(for: .failed, of: gang.job))
            #expect(failure.cause == .start)
            #expect(failure.retry == .never)
            #expect(failure.detail.hasSuffix("cannot be executed: No such file or directory"))
            #expect(session.book.kinds(of: gang.job) == [.failed])
            await session.backend.stop()
        }
    }

    @Test func aFolderThatIsNotThereFailsTheStart() async throws {
        let failure = try await failure("true", "workingDirectory: /no/such/folder")
        #expect(failure.cause == .start)
        #expect(failure.detail.contains("working directory"))
    }

    @Test func aJobWithoutACommandFailsForGood() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(try Stage.parse("name: j\ngpus: 1\n"))
            session.backend.execute(.start(gang))
            let failure = try Failure(try await session.book.wait(for: .failed, of: gang.job))
            #expect(failure.cause == .start)
            #expect(failure.retry == .never)
            await session.backend.stop()
        }
    }

    @Test func aSupervisorThatIsNotThereFailsTheStart() async throws {
        try await onStage {
            $0.supervisor = "/no/such/muster"
        } _: { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(try Stage.job("true", "members: 3"))
            session.backend.execute(.start(gang))
            let failure = try Failure(try await session.book.wait(for: .failed, of: gang.job))
            #expect(failure.cause == .start)
            #expect(failure.retry == .byCause)
            await session.backend.stop()
        }
    }

    @Test func aMemberThatIsKilledEndsTheGang() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(
                try Stage.job(
                    "trap 'echo told; exit 0' TERM; echo $$; while :; do sleep 0.05; done",
                    "members: 3", "grace: 5m"))
            try await session.run(gang)
            try await eventually("every member has said its number") {
                try (0..<3).allSatisfy { try !session.text(gang, rank: $0).isEmpty }
            }
            let first = try session.text(gang, rank: 1).split(separator: "\n").first
            kill(try #require(first.flatMap { pid_t($0) }), SIGKILL)
            let failure = try Failure(try await session.book.wait(for: .failed, of: gang.job))
            #expect(failure.cause == .application)
            #expect(failure.detail.contains("member 1 (j) was ended by signal 9"))
            #expect(
                failure.exits == [
                    MemberExit(rank: 0, code: 0), MemberExit(rank: 1, signal: SIGKILL),
                    MemberExit(rank: 2, code: 0),
                ])
            #expect(try session.text(gang, rank: 0).hasSuffix("told\n"))
            #expect(session.book.kinds(of: gang.job) == [.started, .failed])
            await session.backend.stop()
        }
    }

    @Test func theFirstMemberToFailIsToBlame() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(
                try Stage.job(
                    "trap 'exit 9' TERM; touch up-$RANK; if [ $RANK = 2 ]; then "
                        + "until [ -e up-0 ] && [ -e up-1 ]; do sleep 0.05; done; exit 76; fi; "
                        + "sleep 600 & wait", "members: 3", "grace: 5m"))
            session.backend.execute(.start(gang))
            let failure = try Failure(try await session.book.wait(for: .failed, of: gang.job))
            #expect(failure.retry == .elsewhere)
            #expect(failure.exits.map(\.code) == [9, 9, 76])
            await session.backend.stop()
        }
    }

    @Test func endsAreNoticedAtOnce() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            var best = UInt64.max
            var job = 0
            // A machine that is busy with other tests may be slow for a minute, and is not always.
            let end = ContinuousClock.now + .seconds(240)
            while best >= 150_000_000, ContinuousClock.now < end {
                job += 1
                let gang = Stage.gang(try Stage.job("exec sleep 600"), job: job)
                try await session.run(gang)
                let began = DispatchTime.now().uptimeNanoseconds
                session.backend.execute(.stop(gang.job, gang.attempt, .cancelled))
                try await session.book.wait(for: .stopped, of: gang.job)
                best = min(best, DispatchTime.now().uptimeNanoseconds - began)
            }
            // From the order over the end to the report: measured 15 ms on a quiet machine. Without
            // wake-ups it would take 500 ms on the average.
            #expect(best < 150_000_000)
            await session.backend.stop()
        }
    }
}
