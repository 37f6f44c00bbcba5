import AgentWire
import FleetModel
import Foundation
import Glibc
import HealthSignals
import Synchronization
import Testing

@testable import NodeAgent

/// Goal: what the journal tells is told once and whole, whoever of the agent and `journalctl` ends,
/// and not by two sources.
@Suite(.serialized) struct JournalTests {
    // MARK: Entries

    private let text = """
        __CURSOR=s=1;i=2;t=5
        __REALTIME_TIMESTAMP=5000000
        __MONOTONIC_TIMESTAMP=7000000
        _BOOT_ID=6e7c2a9d0f004abc8def000000000001
        _TRANSPORT=kernel
        MESSAGE=NVRM: a=b


        """

    private func entries(_ bytes: [UInt8], piece: Int) -> [JournalEntry] {
        var entries = JournalEntries()
        var found: [JournalEntry] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            entries.take(Array(bytes[start..<min(bytes.count, start + piece)])) { found.append($0) }
        }
        return found
    }

    @Test(arguments: [1, 2, 7, 4096]) func entriesAreReadHoweverTheyAreCut(piece: Int) {
        func line(_ entry: JournalEntry?, ofThisBoot: Bool = true) -> String? {
            entry.map { String(decoding: $0.line(ofThisBoot: ofThisBoot), as: UTF8.self) }
        }
        let length: [UInt8] = [11, 0, 0, 0, 0, 0, 0, 0]
        let binary =
            Array("__CURSOR=c\nSYSLOG_IDENTIFIER=nv-fabricmanager\nMESSAGE\n".utf8) + length
            + Array("one\ntwo\n\n=x".utf8) + Array("\n\n".utf8)
        let found = entries(Array(text.utf8) + binary + Array(text.utf8), piece: piece)
        #expect(found.count == 3)
        #expect(found.first?.cursor == "s=1;i=2;t=5" && found.first?.monotonic == 7_000_000)
        #expect(line(found.first) == "6,0,7000000,-;NVRM: a=b")
        let source = "_SOURCE_MONOTONIC_TIMESTAMP=9\n__CURSOR=c\nMESSAGE=x\n_TRANSPORT=kernel\n\n"
        let own = entries(Array(source.utf8), piece: piece).first
        #expect(line(own) == "6,0,9,-;x" && line(own, ofThisBoot: false) == "<6>x")
        let program = "SYSLOG_FACILITY=1\n" + source
        #expect(line(entries(Array(program.utf8), piece: piece).first) == "14,0,9,-;x")
        #expect(found.map(\.transport.isEmpty) == [false, true, false])
        #expect(found.dropFirst().first?.message == Array("one".utf8))
        #expect(found.last == found.first)
    }

    @Test func whatIsTooLongOrNoEntryIsPassedOver() {
        let long = Array("MESSAGE=".utf8) + [UInt8](repeating: 65, count: 100_000)
        let noise = Array("Failed to do something\n".utf8)
        let found = entries(
            Array("__CURSOR=a\n".utf8) + long + Array("\n\n".utf8) + Array(text.utf8), piece: 999)
        #expect(found.map(\.cursor) == ["a", "s=1;i=2;t=5"] && found.first?.message == [])
        // Eight bytes of something as a length: nothing of it is an entry, and it ends.
        #expect(entries(noise + Array("________".utf8), piece: 5).isEmpty)
        #expect(entries(Array("MESSAGE=x\n\n\n".utf8), piece: 5).isEmpty)
        // What journalctl says of a damaged file comes by the same pipe.
        let warning = "Journal file /var/log/journal/a.journal is truncated, ignoring file.\n"
        #expect(entries(Array((warning + text + text).utf8), piece: 7).count == 2)
    }

    @Test func itIsAskedForTheRightThings() {
        let first = Journal.words(after: "", goesByTime: false, hasKernel: true)
        #expect(first.contains("--boot") && first.suffix(2) == ["+", "_TRANSPORT=kernel"])
        let cursor = "s=1;i=2;t=f4240"
        let later = Journal.words(after: cursor, goesByTime: false, hasKernel: false)
        #expect(later.contains("--after-cursor=" + cursor) && !later.contains("--boot"))
        #expect(later.last == "_SYSTEMD_UNIT=nvidia-fabricmanager.service")
        #expect(!later.contains("+"))
        let lost = Journal.words(after: cursor, goesByTime: true, hasKernel: false)
        #expect(lost.contains("--since=@1") && !lost.contains { $0.hasPrefix("--after-cursor") })
    }

    @Test func positionsOfSeveralLogsAreKept() throws {
        let one = LogPosition.file(device: 1, inode: 2, offset: 3)
        let logs = [
            NamedPosition(name: "/var/log/a", position: one),
            NamedPosition(name: "journalctl", position: .journal(cursor: "s=1;i=2;t=5")),
        ]
        for position in [one, .beginning, LogPosition(logs), LogPosition([logs[0]])] {
            var writer = WireWriter()
            position.write(to: &writer)
            var reader = WireReader(writer.bytes)
            #expect(try LogPosition(from: &reader) == position)
            #expect(reader.remaining == 0)
        }
        let both = LogPosition(logs)
        #expect(both.position(of: "journalctl", isFirst: false) == logs[1].position)
        #expect(both.position(of: "/other", isFirst: true) == .beginning)
        #expect(one.position(of: "/var/log/a", isFirst: true) == one)
        #expect(one.position(of: "journalctl", isFirst: false) == .beginning)
        // Positions of several do not hold others of several.
        var reader = WireReader([4, 1, 1, 65, 4, 0])
        #expect(throws: WireRefusal.self) { try LogPosition(from: &reader) }
    }

    // MARK: The program

    /// A `journalctl` that gives the lines of a file, and writes down how it was called.
    private static let fake = """
        #!/bin/sh
        folder=${0%/bin/*}
        echo "$$ $*" >> "$folder/calls"
        after=0
        for word; do case $word in --after-cursor=*) after=${word##*i=} ;; esac; done
        while :; do
            n=0
            while IFS= read -r line; do
                n=$((n + 1))
                [ "$n" -gt "$after" ] || continue
                printf '__CURSOR=s=1;t=%x;i=%d\\n__REALTIME_TIMESTAMP=%d\\n' "$n" "$n" "$n"
                printf '_BOOT_ID=0\\n%s\\n\\n' "$line" | tr '|' '\\n'
                after=$n
            done < "$folder/journal"
            sleep 0.05
        done
        """

    private final class Stage {
        let folder = TemporaryFolder()
        let plane = FlakyPlane()
        let options: [String]
        private var process: Process?

        init(_ options: [String]) throws {
            self.options = options
            folder.write(JournalTests.fake, to: "bin/journalctl")
            chmod(folder.path + "/bin/journalctl", 0o755)
            folder.write("", to: "journal")
            folder.write("", to: "one")
            folder.write("", to: "two")
            folder.write("secret\n", to: "token")
            try start()
        }

        func start() throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: BuiltProgram.path)
            process.arguments =
                [
                    "--control-plane", "http://127.0.0.1:\(plane.port)", "--node", "gpu/1",
                    "--token-file", folder.path + "/token", "--root", folder.path,
                    "--state-folder", folder.path + "/state", "--interval", "5",
                    "--nvml", "none",
                ] + options.map { $0.replacingOccurrences(of: "FOLDER", with: folder.path) }
            var environment = ProcessInfo.processInfo.environment
            environment["PATH"] = folder.path + "/bin:" + (environment["PATH"] ?? "")
            process.environment = environment
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

        /// How `journalctl` was called, each time: its process and its words.
        var calls: [(process: pid_t, words: String)] {
            let text = (try? String(contentsOfFile: folder.path + "/calls", encoding: .utf8)) ?? ""
            return text.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ", maxSplits: 1)
                return words.first.flatMap { pid_t($0) }
                    .map { ($0, words.count > 1 ? String(words[1]) : "") }
            }
        }

        func journal(_ number: Int) {
            folder.append(
                "_TRANSPORT=kernel|MESSAGE=NVRM: Xid (PCI:0000:3b:00): \(number), pid=1, x\n",
                to: "journal")
        }

        func file(_ name: String, _ number: Int) {
            folder.append("NVRM: Xid (PCI:0000:3b:00): \(number), pid=1, x\n", to: name)
        }

        var told: [FaultCode] {
            plane.state.withLock { state in
                state.events.compactMap { event in
                    guard case .record(let record) = event, case .fault(let fault) = record.body
                    else { return nil }
                    return fault.code
                }
            }
        }

        func wait(_ isDone: () -> Bool) async throws -> Bool {
            for _ in 0..<60 * 20 where !isDone() { try await Task.sleep(for: .milliseconds(50)) }
            return isDone()
        }

        func end() {
            kill()
            plane.stop()
        }
    }

    /// Who has ended may stay in the table until somebody asks how.
    private func isAlive(_ process: pid_t) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        else { return false }
        return !text.contains(") Z ")
    }

    @Test func theJournalIsToldOnceWhoeverEnds() async throws {
        let stage = try Stage(["--journal"])
        defer { stage.end() }
        stage.folder.append(
            "SYSLOG_IDENTIFIER=nv-fabricmanager|MESSAGE=detected NVSwitch non-fatal error 12028 on "
                + "fid 0 on NVSwitch pci bus id 00000000:86:00.0 physical id 3 port 61\n",
            to: "journal")
        stage.journal(1001)
        #expect(try await stage.wait { stage.told == [.sxid(12028), .xid(1001)] })
        let first = try #require(stage.calls.first)
        #expect(first.words.contains("--boot") && first.words.contains("_TRANSPORT=kernel"))
        // The agent ends: its child does, too, and what comes meanwhile is not left out.
        stage.kill()
        #expect(try await stage.wait { !isAlive(first.process) })
        stage.journal(1002)
        try stage.start()
        #expect(try await stage.wait { stage.told.last == .xid(1002) })
        #expect(try #require(stage.calls.last).words.contains("--after-cursor=s=1;t=2;i=2"))
        // The child ends: another one goes on behind the last entry.
        let second = try #require(stage.calls.last)
        Glibc.kill(second.process, SIGKILL)
        stage.journal(1003)
        #expect(try await stage.wait { stage.told.last == .xid(1003) })
        #expect(stage.told == [.sxid(12028), .xid(1001), .xid(1002), .xid(1003)])
        #expect(stage.calls.count == 3)
    }

    @Test func severalLogsAreFollowedAndTheKernelIsReadOfOneSource() async throws {
        let stage = try Stage(
            ["--journal", "--kernel-log", "FOLDER/one", "--kernel-log", "FOLDER/two"])
        defer { stage.end() }
        #expect(try await stage.wait { stage.plane.state.withLock { $0.messages > 0 } })
        #expect(try await stage.wait { stage.calls.count == 1 })
        #expect(try #require(stage.calls.first).words.contains("_TRANSPORT=kernel") == false)
        // Files are read from their ends, which the first reading has found.
        try await Task.sleep(for: .seconds(2))
        for round in 0..<4 {
            let number = 2000 + 10 * round
            stage.file("one", number)
            stage.file("two", number + 1)
            stage.journal(number + 2)
            if round % 2 == 1 {
                stage.kill()
                stage.file("two", number + 3)
                try stage.start()
            }
            let count = 3 * (round + 1) + (round + 1) / 2
            #expect(try await stage.wait { stage.told.count >= count }, "\(stage.told)")
        }
        let numbers = stage.told.compactMap { code in
            if case .xid(let number) = code { number } else { nil as Int32? }
        }
        #expect(
            numbers.sorted() == [
                2000, 2001, 2002, 2010, 2011, 2012, 2013, 2020, 2021, 2022, 2030, 2031, 2032, 2033,
            ])
    }

    @Test func withoutAJournalTheAgentGoesOn() async throws {
        let stage = try Stage(["--journal", "--kernel-log", "FOLDER/one"])
        defer { stage.end() }
        stage.kill()
        unlink(stage.folder.path + "/bin/journalctl")
        stage.folder.write("exit 1", to: "bin/journalctl")
        try stage.start()
        #expect(try await stage.wait { stage.plane.state.withLock { $0.messages > 0 } })
        try await Task.sleep(for: .seconds(2))
        stage.file("one", 3001)
        #expect(try await stage.wait { stage.told == [.xid(3001)] })
    }
}
