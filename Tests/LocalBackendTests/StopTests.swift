import BackendConformance
import ControlPlane
import FleetModel
import Foundation
import Glibc
import Supervisor
import Testing

@Suite struct StopTests {
    private func stopped(_ session: Session, _ gang: GangLaunch) async throws -> [MemberExit] {
        let report = try await session.book.wait(for: .stopped, of: gang.job)
        guard case .stopped(_, _, let exits) = report else { return [] }
        return exits
    }

    @Test func exitZeroAfterTheOrderIsStopped() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(
                try Stage.job(
                    "trap 'echo saved; exit 0' TERM; echo up; sleep 600 & wait", "grace: 5m"))
            try await session.run(gang)
            try await eventually("it is up") { try session.text(gang) == "up\n" }
            session.backend.execute(.stop(gang.job, gang.attempt, .preemption))
            #expect(try await stopped(session, gang) == [MemberExit(rank: 0, code: 0)])
            #expect(try session.text(gang) == "up\nsaved\n")
            #expect(session.book.kinds(of: gang.job) == [.started, .stopped])
            await session.backend.stop()
        }
    }

    @Test func whoeverIgnoresTheSignalIsKilledAfterTheGrace() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(
                try Stage.job(
                    "trap '' TERM; echo up; while :; do sleep 0.1; done", "grace: 500ms"))
            try await session.run(gang)
            try await eventually("it is up") { try session.text(gang) == "up\n" }
            let began = DispatchTime.now().uptimeNanoseconds
            session.backend.execute(.stop(gang.job, gang.attempt, .preemption))
            #expect(try await stopped(session, gang) == [MemberExit(rank: 0, signal: SIGKILL)])
            #expect(DispatchTime.now().uptimeNanoseconds - began > 500_000_000)
            await session.backend.stop()
        }
    }

    /// Orders that come faster than the grace is over would keep it alive for ever.
    @Test func aSecondOrderDoesNotGiveMoreTime() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(
                try Stage.job("trap '' TERM; echo up; while :; do sleep 0.1; done", "grace: 2s"))
            try await session.run(gang)
            try await eventually("it is up") { try session.text(gang) == "up\n" }
            try await eventually("it is killed all the same") {
                session.backend.execute(.stop(gang.job, gang.attempt, .preemption))
                return session.book.kinds(of: gang.job).contains(.stopped)
            }
            _ = try await stopped(session, gang)
            let record = try #require(
                ExitRecord(Array(contents(stage.member(0) + "/exit").utf8)))
            #expect(record.isForced)
            await session.backend.stop()
        }
    }

    /// The shell dies of the signal at once; what it started is still about to save its work.
    @Test func descendantsHaveTheGraceAsWell() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(
                try Stage.job(
                    """
                    (trap "sleep 0.4; echo saved; exit 0" TERM; echo up; \
                    while :; do sleep 0.05; done) & wait
                    """, "grace: 5m"))
            try await session.run(gang)
            try await eventually("it is up") { try session.text(gang) == "up\n" }
            session.backend.execute(.stop(gang.job, gang.attempt, .preemption))
            #expect(try await stopped(session, gang) == [MemberExit(rank: 0, signal: SIGTERM)])
            #expect(try session.text(gang).contains("saved"))
            await session.backend.stop()
        }
    }

    @Test func whatASuccessLeavesBehindIsEnded() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let mark = "3571.\(getpid())"
            let gang = Stage.gang(
                try Stage.job(
                    "setsid sleep \(mark) & (setsid sh -c \"trap '' TERM; sleep \(mark) & "
                        + "setsid sleep \(mark); wait\" &) ; while [ ! -e go ]; do sleep 0.05; done"
                ))
            session.backend.execute(.start(gang))
            try await eventually("they run") { processes(with: "sleep\0\(mark)").count == 3 }
            #expect(
                FileManager.default.createFile(
                    atPath: stage.folder + "/jobs/1/1/work/go", contents: nil))
            try await session.book.wait(for: .finished, of: gang.job)
            #expect(processes(with: mark) == [])
            await session.backend.stop()
        }
    }

    @Test func whatAKilledProgramLeavesBehindIsEnded() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let mark = "3572.\(getpid())"
            let gang = Stage.gang(
                try Stage.job("setsid sleep \(mark) & setsid sleep \(mark) & sleep 0.3; kill -9 $$")
            )
            session.backend.execute(.start(gang))
            try await session.book.wait(for: .failed, of: gang.job)
            #expect(processes(with: mark) == [])
            await session.backend.stop()
        }
    }

    @Test func aKilledSupervisorTakesItsMemberAlong() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let mark = "3573.\(getpid())"
            let gang = Stage.gang(
                try Stage.job("setsid sleep \(mark) & exec sleep \(mark)", "members: 2"))
            try await session.run(gang)
            try await eventually("they run") { processes(with: "sleep\0\(mark)").count == 4 }
            let supervisors = processes(with: stage.member(1))
            #expect(supervisors.count == 1)
            for supervisor in supervisors { kill(supervisor, SIGKILL) }
            let failure = try Failure(try await session.book.wait(for: .failed, of: gang.job))
            #expect(failure.cause == .node)
            #expect(failure.detail.contains("member 1 (j) was lost"))
            #expect(processes(with: "sleep\0\(mark)") == [])
            await session.backend.stop()
        }
    }

    @Test func aSupervisorThatIsToldToEndEndsItsMember() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(
                try Stage.job("trap 'exit 0' TERM; echo up; sleep 600 & wait", "grace: 5m"))
            try await session.run(gang)
            try await eventually("it is up") { try session.text(gang) == "up\n" }
            for supervisor in processes(with: stage.member(0)) { kill(supervisor, SIGTERM) }
            let failure = try Failure(try await session.book.wait(for: .failed, of: gang.job))
            #expect(failure.cause == .node)
            #expect(failure.exits == [MemberExit(rank: 0, code: 0)])
            await session.backend.stop()
        }
    }

    @Test func anEndThatCameFirstIsNoStop() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(try Stage.job("exit 0", "members: 2"))
            session.backend.execute(.start(gang))
            // Not before both have ended, and before anybody may have looked.
            try await eventually("they have ended") {
                (0..<2).allSatisfy { !contents(stage.member($0) + "/exit").isEmpty }
            }
            session.backend.execute(.stop(gang.job, gang.attempt, .preemption))
            try await session.book.wait(for: .stopped, of: gang.job)
            #expect(session.book.kinds(of: gang.job) == [.started, .finished, .stopped])
            await session.backend.stop()
        }
    }

    @Test func aRankThatLeftMayComeBack() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(try Stage.job("echo $RANK; exec sleep 600", "members: 2"))
            try await session.run(gang)
            session.backend.execute(.shrink(gang.job, gang.attempt, Resize(1), ranks: [1]))
            try await session.book.wait(for: .shrunk, of: gang.job)
            let grow = BackendOrder.grow(gang.job, gang.attempt, Resize(2), gang, ranks: [1])
            session.backend.execute(grow)
            try await eventually("it is back") {
                contents(stage.member(1) + "/log.0") == "1\n"
                    && contents(stage.member(1) + "/exit").isEmpty
            }
            session.backend.execute(grow)
            try await Task.sleep(nanoseconds: 200_000_000)
            #expect(contents(stage.member(1) + "/exit").isEmpty)
            await session.backend.stop()

            // Another control plane, to which both changes come again after a third.
            let next = try await Session(
                stage, expecting: [ExpectedGang(launch: gang, phase: .running, startedAt: .zero)])
            let shrink = BackendOrder.shrink(gang.job, gang.attempt, Resize(3), ranks: [1])
            next.backend.execute(shrink)
            try await next.book.wait(for: .shrunk, of: gang.job)
            await next.backend.stop()
            let last = try await Session(
                stage, expecting: [ExpectedGang(launch: gang, phase: .running, startedAt: .zero)])
            last.backend.execute(grow)
            last.backend.execute(shrink)
            try await last.book.wait(for: .shrunk, of: gang.job)
            #expect(contents(stage.member(1) + "/exit").contains("stop 1"))
            #expect(!FileManager.default.fileExists(atPath: stage.member(1) + ".left-2"))
            // And one that grows again.
            last.backend.execute(.grow(gang.job, gang.attempt, Resize(4), gang, ranks: [1]))
            try await eventually("it is back again") {
                contents(stage.member(1) + "/log.0") == "1\n"
                    && contents(stage.member(1) + "/exit").isEmpty
            }
            last.backend.execute(.stop(gang.job, gang.attempt, .cancelled))
            #expect(try await stopped(last, gang).count == 2)
            await last.backend.stop()
        }
    }
}
