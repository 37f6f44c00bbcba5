import AgentWire
import FleetModel
import Foundation
import Glibc
import HealthSignals
import Synchronization
import Testing

/// The program on a machine whose network cards hang: their files are pipes that nobody writes to.
@Suite(.serialized) struct SilentPartTests {
    private let card = "sys/class/infiniband/mlx5_0/ports/1/hw_counters/roce_slow_restart"
    private let speed = "sys/class/net/eth0/speed"

    private func machine() -> TemporaryFolder {
        let folder = TemporaryFolder()
        folder.write("", to: "log")
        folder.write("4: ACTIVE\n", to: "sys/class/infiniband/mlx5_0/ports/1/state")
        folder.write("4: ACTIVE\n", to: "sys/class/infiniband/mlx5_1/ports/1/state")
        folder.write("2\n", to: "sys/class/infiniband/mlx5_1/ports/1/counters/link_downed")
        folder.write("x", to: "sys/class/net/eth0/device/x")
        folder.write("1\n", to: "sys/class/net/eth0/carrier")
        folder.write("41000\n", to: "sys/class/thermal/thermal_zone0/temp")
        folder.write("x", to: "sys/class/infiniband/mlx5_0/ports/1/hw_counters/x")
        for pipe in [card, speed] { #expect(mkfifo(folder.path + "/" + pipe, 0o600) == 0) }
        return folder
    }

    /// What holds its reader lets go of it, and is well from then on.
    private func heal(_ path: String, _ text: String, in folder: TemporaryFolder) {
        let pipe = open(folder.path + "/" + path, O_RDWR | O_NONBLOCK)
        folder.write(text, to: path + ".new")
        rename(folder.path + "/" + path + ".new", folder.path + "/" + path)
        close(pipe)
    }

    private func start(_ folder: TemporaryFolder, _ plane: FlakyPlane) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: BuiltProgram.path)
        process.arguments = [
            "--control-plane", "http://127.0.0.1:\(plane.port)", "--node", "n", "--nvml", "none",
            "--kernel-log", folder.path + "/log", "--root", folder.path,
            "--state-folder", folder.path + "/state", "--interval", "5",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// The value that was told last.
    private func value(_ plane: FlakyPlane, _ name: String, _ counter: String) -> Int64? {
        plane.state.withLock { state in
            var value: Int64?
            for case .samples(let samples, let isWhole) in state.events {
                if isWhole { value = nil }
                for sample in samples
                where sample.key == SampleKey(.named(name), .counter(counter)) {
                    value = sample.value
                }
            }
            return value
        }
    }

    private func wait(_ seconds: Int, until isDone: () -> Bool) async throws -> Bool {
        for _ in 0..<seconds * 20 {
            if isDone() { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    @Test func cardsThatHangStopNobodyElse() async throws {
        let folder = machine()
        let plane = FlakyPlane()
        plane.state.withLock { $0.roster = AgentRoster(intervalSeconds: 5) }
        let process = try start(folder, plane)
        defer {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            plane.stop()
        }
        // The agent goes on while its first reading hangs.
        #expect(try await wait(240) { plane.state.withLock { $0.messages > 0 } })
        folder.append("NVRM: Xid (PCI:0000:3b:00): 79, pid=1, name=x, Ch 1\n", to: "log")
        #expect(
            try await wait(240) {
                plane.state.withLock { state in
                    state.events.contains { if case .record = $0 { true } else { false } }
                }
            })
        // Both are found to be silent, one after the other, and others are read.
        #expect(
            try await wait(240) {
                value(plane, "mlx5_0", "silent") == 1 && value(plane, "eth0", "silent") == 1
                    && value(plane, "thermal_zone0", "temp_celsius") == 41
            })
        #expect(value(plane, "mlx5_1", "silent") == 0)
        #expect(value(plane, "mlx5_1/1", "link_downed") == 2)
        #expect(value(plane, "mlx5_0/1", "state") == nil && value(plane, "eth0", "carrier") == nil)
        // They go on to be read.
        folder.write("3\n", to: "sys/class/infiniband/mlx5_1/ports/1/counters/link_downed")
        #expect(try await wait(240) { value(plane, "mlx5_1/1", "link_downed") == 3 })
        // And what lets go of its reader is read again: after twice what it was silent for, which
        // on a busy machine is long.
        heal(card, "7\n", in: folder)
        heal(speed, "100000\n", in: folder)
        #expect(
            try await wait(300) {
                value(plane, "mlx5_0", "silent") == 0 && value(plane, "eth0", "silent") == 0
            })
        #expect(value(plane, "mlx5_0/1", "roce_slow_restart") == 7)
        #expect(value(plane, "mlx5_0/1", "state") == 4)
        #expect(value(plane, "eth0", "speed") == 100_000 && value(plane, "eth0", "carrier") == 1)
    }

    /// An agent that is killed leaves nobody behind who waits for a card.
    @Test func whoReadsEndsWithTheAgent() async throws {
        let folder = machine()
        let plane = FlakyPlane()
        defer { plane.stop() }
        let process = try start(folder, plane)
        let agent = process.processIdentifier
        let list = "/proc/\(agent)/task/\(agent)/children"
        func children() -> [pid_t] {
            let text = (try? String(contentsOfFile: list, encoding: .utf8)) ?? ""
            return text.split(separator: " ").compactMap { pid_t($0) }
        }
        #expect(try await wait(240) { !children().isEmpty })
        let readers = children()
        #expect(readers.count == 1)
        kill(agent, SIGKILL)
        process.waitUntilExit()
        // A process that is not our own is gone when its folder is.
        #expect(
            try await wait(240) {
                readers.allSatisfy { reader in
                    let state = try? String(contentsOfFile: "/proc/\(reader)/stat", encoding: .utf8)
                    return state.map { $0.contains(") Z ") } ?? true
                }
            })
    }

    @Test func showingWaitsForWhatAnswers() throws {
        let folder = machine()
        unlink(folder.path + "/" + card)
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: BuiltProgram.path)
        process.arguments = [
            "--show", "--patience", "120", "--node", "n", "--nvml", try StubLibrary.path,
            "--root", folder.path, "--kernel-log", folder.path + "/log",
        ]
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        #expect(process.terminationStatus == 0)
        #expect(text.contains("mlx5_1/1  link_downed  2"))
        // What the devices told belongs to it.
        #expect(text.contains("devices    8 answer"), "\(text)")
        #expect(text.contains("device 2  field 150  42"), "\(text)")
    }
}
