import BackendConformance
import ControlPlane
import FleetModel
import Foundation
import Glibc
import Health
import HealthControl
import LocalBackend
import Logging
import NodeChecks
import Qualification
import Store
import Testing

/// Goal: this machine is tested by a program of its own, which nobody waits for, and what that does
/// not say clearly says nothing of the hardware.
@Suite("Tests of this machine")
struct CareTests {
    /// What a run says of this machine with so many devices, all of it loaded and right.
    private static func lines(
        level: QualificationLevel = .twoMinutes, devices: Int32 = 8
    ) -> String {
        var results = [CheckResult(.hostMemory, .passed), CheckResult(.hostCPU, .passed)]
        for check in [CheckID.deviceCopy, .deviceMemory, .deviceMultiply] {
            if devices == 0 { results.append(CheckResult(check, .notApplicable)) }
            for device in 0..<devices {
                results.append(CheckResult(check, device: device, .passed))
            }
        }
        var facts = MachineFacts()
        facts.devices = (0..<devices).map { _ in DeviceFacts() }
        let verdict = RunVerdict(
            results: results, level: level, devices: devices, isComplete: true)
        return
            ([CheckReport.begin(facts, level: level, at: .zero)] + results.map(ResultLine.write)
            + [CheckReport.end(verdict, milliseconds: 1)]).joined(separator: "\n")
    }

    /// A folder with a program that tests, in the place of `muster check`.
    private struct Fake {
        let folder: String

        init(_ shell: String, says: String = "") throws {
            folder = NSTemporaryDirectory() + "muster-care-\(UUID().uuidString)"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            try Data((says + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/says"))
            let text = "cd \(folder)\necho \"$$ $*\" >> runs\n\(shell)\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/check"))
        }

        var command: [String] { ["/bin/sh", folder + "/check"] }

        /// The runs so far: the process and its arguments.
        var runs: [Substring] {
            let bytes = FileManager.default.contents(atPath: folder + "/runs") ?? Data()
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        }

        /// The process of a run.
        func process(_ run: Int) -> pid_t? {
            runs.indices.contains(run)
                ? runs[run].split(separator: " ").first.flatMap { pid_t($0) }
                : nil
        }

        /// Whether its shell has set the trap for its end.
        var isReady: Bool { FileManager.default.fileExists(atPath: folder + "/ready") }

        func letGo() { _ = FileManager.default.createFile(atPath: folder + "/go", contents: nil) }
        func leave() { try? FileManager.default.removeItem(atPath: folder) }

        /// Waits until it is let go.
        static let waits = "while [ ! -e go ]; do sleep 0.02; done\n"
    }

    private func qualify(
        _ id: Int64, _ level: QualificationLevel = .twoMinutes
    ) -> CareOrder {
        .qualify(NodeID(0), OperationID(id), level, devices: 0xFF, components: .ofOneDevice)
    }

    private func answers(_ session: Session, _ id: Int64) -> [QualificationAnswer] {
        session.book.all.compactMap { report in
            guard case .qualified(_, let other, let answer) = report, other.rawValue == id else {
                return nil
            }
            return answer
        }
    }

    private func eventually(_ isSo: () -> Bool) async throws {
        for _ in 0..<48_000 where !isSo() { try await Task.sleep(for: .milliseconds(5)) }
        #expect(isSo())
    }

    private func answer(_ session: Session, _ id: Int64) async throws -> QualificationAnswer {
        try await eventually { !answers(session, id).isEmpty }
        return try #require(answers(session, id).first)
    }

    /// Runs a test with a backend whose program is this fake.
    private func with(
        _ fake: Fake, _ body: (Session, any NodeCare) async throws -> Void
    ) async throws {
        defer { fake.leave() }
        try await onStage({ $0.check = fake.command }) { stage in
            let session = try await Session(stage)
            try await body(session, try #require(session.backend.care))
            await session.backend.stop()
        }
    }

    @Test func whatTheProgramFindsIsTold() async throws {
        try await with(Fake("echo talk >&2; cat says", says: CareTests.lines())) { session, care in
            #expect(!care.installsStacks)
            care.take(qualify(7))
            let outcome = try await answer(session, 7).outcome
            #expect(outcome.verdict == .passed && outcome.isLoaded && outcome.devices == 0xFF)
            #expect(outcome.level == .twoMinutes && outcome.components.contains(.ofOneDevice))
        }
    }

    @Test func anOrderThatComesAgainStartsNothingTwice() async throws {
        let fake = try Fake(Fake.waits + "cat says", says: CareTests.lines())
        try await with(fake) { session, care in
            for _ in 0..<3 { care.take(qualify(7)) }
            try await eventually { fake.runs.count == 1 }
            care.take(qualify(7))
            fake.letGo()
            _ = try await answer(session, 7)
            care.take(qualify(7))
            try await eventually { answers(session, 7).count == 2 }
            #expect(fake.runs.count == 1)
            #expect(fake.runs.first?.hasSuffix("--level 2m --json") == true)
            #expect(Set(answers(session, 7)).count == 1)
        }
    }

    @Test(arguments: [
        "exit 3", "cat says; exit 64", "cat says; kill -9 $$", "echo '{\"kind\":'", "head -2 says",
        "sed s/passed/fine/ says", "sed s/2m/1h/g says",
    ])
    func whatSaysNothingIsInconclusive(shell: String) async throws {
        try await with(Fake(shell, says: CareTests.lines())) { session, care in
            care.take(qualify(1))
            let answer = try await answer(session, 1)
            #expect(answer.outcome.verdict == .inconclusive && !answer.outcome.isLoaded)
            #expect(answer.outcome.devices == 0 && answer.failedTests.isEmpty)
        }
    }

    @Test func aProgramThatIsNotThereIsInconclusive() async throws {
        try await onStage({ $0.check = ["/nowhere/muster", "check"] }) { stage in
            let session = try await Session(stage)
            session.backend.care?.take(qualify(1))
            #expect(try await answer(session, 1).outcome.verdict == .inconclusive)
            session.backend.care?.take(
                .repair(NodeID(0), OperationID(2), .reboot, device: nil))
            try await eventually {
                session.book.all.contains {
                    if case .repaired(_, let id, .impossible) = $0 {
                        id.rawValue == 2
                    } else {
                        false
                    }
                }
            }
            await session.backend.stop()
        }
    }

    @Test func aRunThatIsKilledIsInconclusiveAndTheNextOneCounts() async throws {
        let fake = try Fake("[ -e go ] || sleep 600\ncat says", says: CareTests.lines())
        try await with(fake) { session, care in
            care.take(qualify(1))
            try await eventually { fake.process(0) != nil }
            kill(try #require(fake.process(0)), SIGKILL)
            #expect(try await answer(session, 1).outcome.verdict == .inconclusive)
            fake.letGo()
            care.take(qualify(2))
            #expect(try await answer(session, 2).outcome.verdict == .passed)
        }
    }

    @Test func aNewOrderEndsTheOneBefore() async throws {
        let fake = try Fake("[ -e go ] || sleep 600\ncat says", says: CareTests.lines())
        try await with(fake) { session, care in
            care.take(qualify(1))
            try await eventually { fake.process(0) != nil }
            fake.letGo()
            care.take(qualify(2))
            #expect(try await answer(session, 2).outcome.verdict == .passed)
            #expect(answers(session, 1).map(\.outcome.verdict) == [.inconclusive])
        }
    }

    @Test func jobsGoBeforeTests() async throws {
        let fake = try Fake("sleep 600")
        try await with(fake) { session, care in
            care.take(qualify(1))
            try await eventually { fake.process(0) != nil }
            let gang = Stage.gang(try Stage.job("exec sleep 600"))
            try await session.run(gang)
            #expect(try await answer(session, 1).outcome.verdict == .inconclusive)
            // Beside a job none begins.
            care.take(qualify(2))
            #expect(try await answer(session, 2).outcome.verdict == .inconclusive)
            #expect(fake.runs.count == 1)
            session.backend.execute(.stop(gang.job, gang.attempt, .cancelled))
            try await session.book.wait(for: .stopped, of: gang.job)
        }
    }

    /// A test that needs a while to end, as one whose driver gives memory back.
    @Test func jobsWaitUntilTheTestHasEndedAndNoOtherBegins() async throws {
        let fake = try Fake(
            "trap 'sleep 0.7; touch ended; exit 1' TERM\ntouch ready\nsleep 600 & wait", says: "")
        try await with(fake) { session, care in
            care.take(qualify(1))
            try await eventually { fake.isReady }
            // Another one waits for it to end.
            care.take(qualify(2))
            let gang = Stage.gang(
                try Stage.job("[ -e \(fake.folder)/ended ] || exit 9; exec sleep 600"))
            try await session.run(gang)
            try await eventually {
                FileManager.default.fileExists(atPath: fake.folder + "/ended")
            }
            for id in [1, 2] as [Int64] {
                #expect(try await answer(session, id).outcome.verdict == .inconclusive)
            }
            #expect(!session.book.kinds(of: gang.job, gang.attempt).contains(.failed))
            #expect(fake.runs.count == 1)
            session.backend.execute(.stop(gang.job, gang.attempt, .cancelled))
            try await session.book.wait(for: .stopped, of: gang.job)
        }
    }

    /// What is told of a job that waits for a test comes after its start.
    @Test func aJobThatWaitsCanBeStopped() async throws {
        let fake = try Fake("trap 'sleep 0.5; exit 1' TERM\ntouch ready\nsleep 600 & wait")
        try await with(fake) { session, care in
            care.take(qualify(1))
            try await eventually { fake.isReady }
            let gang = Stage.gang(try Stage.job("exec sleep 600"))
            session.backend.execute(.start(gang))
            session.backend.execute(.stop(gang.job, gang.attempt, .cancelled))
            try await session.book.wait(for: .stopped, of: gang.job)
            #expect(try await answer(session, 1).outcome.verdict == .inconclusive)
        }
    }

    @Test func noTestOutlivesTheBackend() async throws {
        let fake = try Fake("exec sleep 600")
        try await with(fake) { session, care in
            care.take(qualify(1))
            try await eventually { fake.process(0) != nil }
            let process = try #require(fake.process(0))
            await session.backend.stop()
            try await eventually { kill(process, 0) != 0 }
            #expect(answers(session, 1).isEmpty)
        }
    }

    @Test func theProgramsOwnChecksProveNothingWithoutGPUs() async throws {
        guard access("/proc/driver/nvidia", F_OK) != 0 else { return }
        try await onStage({ $0.check = [Stage.supervisor, "check"] }) { stage in
            let session = try await Session(stage)
            session.backend.care?.take(qualify(1, .seconds))
            let outcome = try await answer(session, 1).outcome
            #expect(outcome.verdict != .failed && !outcome.isLoaded && outcome.devices == 0)
            await session.backend.stop()
        }
    }

    private func plane(
        _ stage: Stage, _ check: [String], _ change: (inout ControlPlaneSettings) -> Void
    ) async throws -> ControlPlane {
        var settings = ControlPlaneSettings()
        change(&settings)
        var local = LocalSettings(folder: stage.folder, devices: 8)
        local.check = check
        local.logger.logLevel = .critical
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try await ControlPlane(
            store: Store(folder: stage.folder + "-data"), backend: LocalBackend(local),
            settings: settings, logger: logger)
    }

    @Test func virtualDevicesAreNotProvedAndPeopleAreAsked() async throws {
        let fake = try Fake("cat says", says: CareTests.lines(level: .twoMinutes, devices: 0))
        defer { fake.leave() }
        try await onStage { stage in
            defer { try? FileManager.default.removeItem(atPath: stage.folder + "-data") }
            // As ever: what comes is admitted, and nothing is run.
            var plane = try await plane(stage, fake.command) { _ in }
            #expect(plane.view.nodes[0]?.state == .ready)
            await plane.stop()
            #expect(fake.runs.isEmpty)
            try FileManager.default.removeItem(atPath: stage.folder + "-data")
            plane = try await self.plane(stage, fake.command) { settings in
                settings.health.arrival.new = .qualify
                settings.health.repair.fruitlessTests = 1
            }
            func health() -> NodeHealth? { plane.view.health.desk.engine[NodeID(0)] }
            try await eventually { health()?.track.held == .noProof }
            #expect(health()?.track.state == .unqualified && fake.runs.count == 1)
            #expect(plane.view.nodes[0]?.isClosed == true)
            await plane.stop()
        }
    }
}
