import AgentWire
import FleetModel
import Foundation
import Glibc
import HealthSignals
import Synchronization
import Testing

/// The program itself, on a machine in files, with a control plane that is often not there.
@Suite(.serialized) struct AgentTests {
    private final class Stage {
        let folder = TemporaryFolder()
        let plane = FlakyPlane()
        private var process: Process?
        private let library: String
        private let environment: [String: String]

        init(_ environment: [String: String] = [:]) throws {
            library = try StubLibrary.path
            self.environment = environment
            folder.write("", to: "log")
            folder.write("secret\n", to: "token")
            folder.write(
                "6e7c2a9d-0f00-4abc-8def-000000000001", to: "proc/sys/kernel/random/boot_id")
            folder.write("SN4711", to: "sys/class/dmi/id/chassis_serial")
            try start()
        }

        func start() throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: BuiltProgram.path)
            process.arguments = [
                "--control-plane", "http://127.0.0.1:\(plane.port)", "--node", "gpu/1",
                "--token-file", folder.path + "/token", "--kernel-log", folder.path + "/log",
                "--root", folder.path, "--state-folder", folder.path + "/state",
                "--interval", "5", "--nvml", library,
            ]
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            self.process = process
        }

        func kill() {
            guard let process else { return }
            Glibc.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }

        func log(_ number: Int) {
            folder.append(
                "NVRM: Xid (PCI:0000:3b:00): \(number), pid=1, name=x, Ch 1\n", to: "log")
        }

        var told: [Int32] {
            plane.state.withLock { state in
                state.events.compactMap { event in
                    guard case .record(let record) = event, case .fault(let fault) = record.body,
                        case .xid(let number) = fault.code
                    else { return nil }
                    return number
                }
            }
        }

        func wait(_ seconds: Int, until isDone: () -> Bool) async throws {
            for _ in 0..<seconds * 20 where !isDone() {
                try await Task.sleep(for: .milliseconds(50))
            }
        }

        func end() {
            kill()
            plane.stop()
        }
    }

    /// Faults come while the network and both sides break: all are told, once, in order.
    @Test func everyFaultIsToldOnce() async throws {
        let stage = try Stage()
        defer { stage.end() }
        try await stage.wait(240) { stage.plane.state.withLock { $0.messages > 0 } }
        // Each number is one of its own, so that none is taken for a flood.
        var number = 1000
        let moods: [FlakyPlane.Mood] = [.well, .mute, .dying, .busy, .well, .mute]
        for (round, mood) in moods.enumerated() {
            stage.plane.set(mood)
            for _ in 0..<4 {
                number += 1
                stage.log(number)
                try await Task.sleep(for: .milliseconds(30))
            }
            try await Task.sleep(for: .milliseconds(700))
            guard round % 2 == 1 else { continue }
            stage.kill()
            // Nobody is there to see these being written.
            number += 1
            stage.log(number)
            try stage.start()
        }
        stage.plane.set(.well)
        try await stage.wait(240) { stage.told.count >= number - 1000 }
        #expect(stage.told == (1001...Int32(number)).map { $0 })
        let state = stage.plane.state.withLock { $0 }
        #expect(state.authorizations == ["Bearer secret"])
        #expect(state.paths == ["/v1/agents/gpu%2F1/deltas"])
    }

    @Test func theMachineIsReported() async throws {
        let stage = try Stage()
        defer { stage.end() }
        func report() -> MachineReport? {
            stage.plane.state.withLock { state in
                state.events.reduce(nil) { found, event in
                    if case .arrived(let report, _) = event { report } else { found }
                }
            }
        }
        try await stage.wait(240) { report()?.devices.count == 8 }
        let found = report()
        #expect(found?.devices.map(\.uuid).first == "GPU-00000000")
        #expect(found?.devices.count == 8 && found?.chassisSerial == "SN4711")
        #expect(found?.versions.contains(ReportedVersion("driver", "580.82.07")) == true)
        let boots = stage.plane.state.withLock { state in
            state.events.compactMap { if case .arrived(_, let boot) = $0 { boot } else { nil } }
        }
        #expect(boots.first == BootID(text: "6e7c2a9d-0f00-4abc-8def-000000000001"))
        try await stage.wait(240) { values(stage)[SampleKey(.device(2), .field(150))] == 42 }
        #expect(values(stage)[SampleKey(.device(2), .field(150))] == 42)
        #expect(values(stage)[SampleKey(.device(2), .field(1523))] == 2)
    }

    private func reports(_ stage: Stage) -> [MachineReport] {
        stage.plane.state.withLock { state in
            state.events.compactMap { if case .arrived(let report, _) = $0 { report } else { nil } }
        }
    }

    /// The library takes longer to start than the agent to speak: it says nothing of devices before
    /// it knows them, at its first start and at every other one.
    @Test func aSlowLibraryDoesNotMakeDevicesGo() async throws {
        let stage = try Stage(["MUSTER_STUB_SLOW": "4"])
        defer { stage.end() }
        for count in 1...2 {
            try await stage.wait(240) { reports(stage).count >= count }
            stage.kill()
            try stage.start()
        }
        try await stage.wait(240) { reports(stage).count >= 3 }
        #expect(reports(stage).count >= 3)
        #expect(reports(stage).allSatisfy { $0.devices.count == 8 })
        // Faults do not wait for it.
        #expect(stage.plane.state.withLock { $0.messages } > reports(stage).count)
    }

    /// Showing leaves the memory of an agent that runs alone.
    @Test func showingTouchesNothing() throws {
        let folder = TemporaryFolder()
        folder.write("", to: "log")
        folder.write("what another agent remembers", to: "state/spill")
        func run(state: String) throws -> String {
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: BuiltProgram.path)
            process.arguments = [
                "--show", "--node", "n", "--kernel-log", folder.path + "/log", "--nvml", "none",
                "--root", folder.path, "--state-folder", folder.path + "/" + state,
            ]
            process.standardOutput = output
            try process.run()
            let text = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            return String(decoding: text, as: UTF8.self)
        }
        #expect(try run(state: "state").contains("chassis"))
        _ = try run(state: "none")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/state")
        #expect(names == ["spill"])
        let kept = FileManager.default.contents(atPath: folder.path + "/state/spill") ?? Data()
        #expect(String(decoding: kept, as: UTF8.self) == "what another agent remembers")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/none"))
    }

    @Test func aDamagedMemoryIsSaid() throws {
        let folder = TemporaryFolder()
        folder.write("", to: "log")
        folder.write("what no agent remembers", to: "state/spill")
        let process = Process()
        let talk = Pipe()
        process.executableURL = URL(fileURLWithPath: BuiltProgram.path)
        process.arguments = [
            "--control-plane", "http://127.0.0.1:1", "--node", "n", "--nvml", "none",
            "--kernel-log", folder.path + "/log", "--root", folder.path,
            "--state-folder", folder.path + "/state",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = talk
        try process.run()
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while Glibc.read(talk.fileHandleForReading.fileDescriptor, &byte, 1) == 1, byte != 10 {
            line.append(byte)
        }
        let said = String(decoding: line, as: UTF8.self)
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(said.hasPrefix("muster-agent: \(folder.path)/state/spill is damaged"), "\(said)")
    }

    private func values(_ stage: Stage) -> [SampleKey: Int64] {
        stage.plane.state.withLock { state in
            state.events.reduce(into: [:]) { values, event in
                guard case .samples(let samples, let isWhole) = event else { return }
                if isWhole { values = [:] }
                for sample in samples { values[sample.key] = sample.value }
            }
        }
    }

    @Test func twoDoNotShareAMemory() async throws {
        let stage = try Stage()
        defer { stage.end() }
        try await stage.wait(240) { stage.plane.state.withLock { $0.messages > 0 } }
        let second = Process()
        second.executableURL = URL(fileURLWithPath: BuiltProgram.path)
        second.arguments = [
            "--control-plane", "http://127.0.0.1:1", "--state-folder",
            stage.folder.path + "/state", "--nvml", "none", "--root", stage.folder.path,
        ]
        second.standardError = FileHandle.nullDevice
        try second.run()
        second.waitUntilExit()
        #expect(second.terminationStatus == 75)
    }
}
