import BackendConformance
import ControlPlane
import FleetModel
import Foundation
import Glibc
import LocalBackend
import Supervisor
import Testing

@Suite struct RestartTests {
    private func expected(
        _ gang: GangLaunch, _ phase: ExpectedGang.Phase = .running
    ) -> ExpectedGang { ExpectedGang(launch: gang, phase: phase, startedAt: .zero) }

    @Test func membersGoOnAndTheirEndIsSeen() async throws {
        try await onStage { stage in
            let first = try await Session(stage)
            let flag = stage.folder + "/go"
            let gang = Stage.gang(
                try Stage.job(
                    "echo up; while [ ! -e \(flag) ]; do sleep 0.05; done; exit 6", "members: 2"))
            try await first.run(gang)
            await first.backend.stop()
            let second = try await Session(stage, expecting: [expected(gang)])
            #expect(second.book.kinds(of: gang.job) == [.started])
            #expect(FileManager.default.createFile(atPath: flag, contents: nil))
            let failure = try Failure(try await second.book.wait(for: .failed, of: gang.job))
            #expect(failure.cause == .application)
            #expect(contents(stage.member(0) + "/log.0") == "up\n")
            await second.backend.stop()
        }
    }

    @Test func endsOfTheMeantimeAreReported() async throws {
        try await onStage { stage in
            let first = try await Session(stage)
            let flag = stage.folder + "/go"
            let waits = "while [ ! -e \(flag) ]; do sleep 0.05; done"
            let good = Stage.gang(try Stage.job(waits, "members: 2"), job: 1)
            let bad = Stage.gang(try Stage.job(waits + "; exit 76"), job: 2)
            let told = Stage.gang(
                try Stage.job("trap 'exit 0' TERM; echo up; sleep 600 & wait", "grace: 5m"), job: 3)
            for gang in [good, bad, told] { try await first.run(gang) }
            try await eventually("it is up") { try first.text(told) == "up\n" }
            first.backend.execute(.stop(told.job, told.attempt, .preemption))
            await first.backend.stop()
            #expect(FileManager.default.createFile(atPath: flag, contents: nil))
            try await eventually("all have ended") {
                (1...3).allSatisfy { !contents(stage.member(0, job: $0) + "/exit").isEmpty }
            }
            let second = try await Session(
                stage, expecting: [expected(good), expected(bad), expected(told, .stopping)])
            #expect(second.book.kinds(of: good.job) == [.finished])
            let failure = try Failure(try await second.book.wait(for: .failed, of: bad.job))
            #expect(failure.retry == .elsewhere)
            #expect(second.book.kinds(of: told.job) == [.stopped])
            // The orders come again, and so do the answers.
            second.backend.execute(.start(good))
            try await second.book.wait(for: .finished, of: good.job, count: 2)
            second.backend.execute(.start(bad))
            try await second.book.wait(for: .failed, of: bad.job, count: 2)
            second.backend.execute(.stop(told.job, told.attempt, .preemption))
            let report = try await second.book.wait(for: .stopped, of: told.job, count: 2)
            guard case .stopped(_, _, let exits) = report else { return }
            #expect(exits == [MemberExit(rank: 0, code: 0)])
            await second.backend.stop()
        }
    }

    /// The control plane ended between two members, or between a claim and its start.
    @Test func aStartThatWasCutShortIsCompletedOrFails() async throws {
        try await onStage { stage in
            let first = try await Session(stage)
            let gang = Stage.gang(try Stage.job("echo $RANK; exec sleep 600", "members: 2"))
            try await first.run(gang)
            // A third member that was never claimed.
            var larger = gang
            larger.members.append(
                MemberLaunch(rank: 2, role: 0, node: NodeID(0), devices: 4))
            await first.backend.stop()
            let second = try await Session(stage, expecting: [expected(larger, .starting)])
            #expect(second.book.kinds(of: gang.job) == [])
            second.backend.execute(.start(larger))
            try await second.book.wait(for: .started, of: gang.job)
            for rank in 0..<3 {
                try await eventually("member \(rank) has said so once") {
                    contents(stage.member(rank) + "/log.0") == "\(rank)\n"
                }
            }
            // A fourth that was claimed, and nothing else.
            await second.backend.stop()
            larger.members.append(
                MemberLaunch(rank: 3, role: 0, node: NodeID(0), devices: 8))
            try FileManager.default.createDirectory(
                atPath: stage.member(3), withIntermediateDirectories: false)
            let third = try await Session(stage, expecting: [expected(larger, .starting)])
            let failure = try Failure(try await third.book.wait(for: .failed, of: gang.job))
            #expect(failure.cause == .start)
            #expect(failure.exits.count == 4)
            #expect(contents(stage.member(0) + "/exit").contains("stop 1"))
            await third.backend.stop()
        }
    }

    /// A supervisor that has not yet come to start its program has the lock of its folder already.
    @Test func aSupervisorThatIsSlowToStartIsNotTakenForDead() async throws {
        try await onStage { stage in
            let wrapper = stage.folder + "-slow"
            try """
            #!/bin/sh
            while [ ! -e \(wrapper)-go ]; do sleep 0.02; done
            exec \(Stage.supervisor) "$@"
            """.write(toFile: wrapper, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(atPath: wrapper + "-go") }
            defer { try? FileManager.default.removeItem(atPath: wrapper) }
            chmod(wrapper, 0o755)
            var settings = LocalSettings(folder: stage.folder, devices: 8)
            settings.supervisor = wrapper
            let slow = LocalBackend(settings)
            try await slow.start(expecting: []) { _ in }
            let gang = Stage.gang(try Stage.job("echo once; exec sleep 600"))
            slow.execute(.start(gang))
            try await eventually("it is claimed") {
                FileManager.default.fileExists(atPath: stage.member(0) + "/launch")
            }
            await slow.stop()
            let session = try await Session(stage, expecting: [expected(gang, .starting)])
            session.backend.execute(.start(gang))
            // Longer than it takes to look at everything.
            try await Task.sleep(nanoseconds: 1_500_000_000)
            #expect(session.book.kinds(of: gang.job) == [])
            #expect(FileManager.default.createFile(atPath: wrapper + "-go", contents: nil))
            try await session.book.wait(for: .started, of: gang.job)
            #expect(session.book.kinds(of: gang.job) == [.started])
            try await eventually("it has said so") { try session.text(gang) == "once\n" }
            await session.backend.stop()
        }
    }

    @Test func twoControlPlanesDoNotShareAFolder() async throws {
        try await onStage { stage in
            let first = try await Session(stage)
            await #expect(throws: SystemError.self) { try await Session(stage) }
            await first.backend.stop()
            let second = try await Session(stage)
            await second.backend.stop()
        }
    }

    /// Control planes that are killed at any moment of their starts: no member starts twice, and
    /// what was ordered runs in the end.
    @Test(arguments: 0..<4)
    func killedControlPlanesStartNothingTwice(_ round: Int) async throws {
        try await onStage { stage in
            let starts = stage.folder + "-starts"
            defer { try? FileManager.default.removeItem(atPath: starts) }
            let line = "echo \"$MUSTER_JOB $RANK\" >>\(starts); exec sleep 600"
            let gangs = try (0..<12).map { job in
                Stage.gang(try Stage.job(line, "members: 3"), job: job)
            }
            var rest = UInt64(round)
            for _ in 0..<6 {
                let host = Process()
                host.executableURL = URL(fileURLWithPath: Stage.beside("LocalBackendHost"))
                host.arguments = [stage.folder, line, "12", "3"]
                host.standardOutput = FileHandle.nullDevice
                host.standardError = FileHandle.nullDevice
                try host.run()
                rest = rest &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                // A start of all takes some 100 ms.
                try await Task.sleep(nanoseconds: 20_000_000 + (rest >> 33) % 200_000_000)
                kill(host.processIdentifier, SIGKILL)
                host.waitUntilExit()
            }
            let session = try await Session(stage, expecting: gangs.map { expected($0, .starting) })
            for gang in gangs { session.backend.execute(.start(gang)) }
            try await eventually("every gang is settled") {
                gangs.allSatisfy { !session.book.kinds(of: $0.job).isEmpty }
            }
            var running = 0
            for gang in gangs {
                let kinds = Set(session.book.kinds(of: gang.job))
                #expect(kinds == [.started] || kinds == [.failed], "\(gang.job): \(kinds)")
                if kinds == [.started] { running += 1 }
            }
            #expect(running > 0)
            try await eventually("whoever runs has said so") {
                contents(starts).split(separator: "\n").count >= running * 3
            }
            let lines = contents(starts).split(separator: "\n")
            #expect(Set(lines).count == lines.count, "a member was started twice")
            await session.backend.stop()
        }
    }
}
