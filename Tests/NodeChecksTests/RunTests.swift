import Foundation
import Testing

/// Whole runs of the command, each check in its process, with fake drivers and tools.
@Suite(.serialized)
final class RunTests {
    private struct Ran {
        var status: Int32
        var out: String
        var talk: String

        var lines: [[String: Any]] {
            out.split(separator: "\n").compactMap {
                try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
        }

        func results(_ check: String) -> [[String: Any]] {
            lines.filter { $0["check"] as? String == check }
        }

        func status(_ check: String) -> [String] {
            results(check).compactMap { $0["status"] as? String }
        }

        var verdict: [String: Any] { lines.last ?? [:] }
    }

    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("muster-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private static let program: String = {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: own ?? CommandLine.arguments[0])
            .deletingLastPathComponent().appendingPathComponent("muster").path
    }()

    private func process(
        _ arguments: [String], fake: Fake? = nil, tools: [String: String] = [:]
    ) throws -> (Process, URL, URL) {
        let (out, talk) = (
            folder.appendingPathComponent("out"), folder.appendingPathComponent("talk")
        )
        for file in [out, talk] { try Data().write(to: file) }
        for (name, text) in tools {
            let file = folder.appendingPathComponent(name)
            try Data("#!/bin/sh\n\(text)\n".utf8).write(to: file)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: file.path)
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: RunTests.program)
        process.arguments = ["check"] + arguments
        var variables = ["PATH": "\(folder.path):/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no"]
        if let fake { variables["LD_LIBRARY_PATH"] = try fake.folder }
        process.environment = variables
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: out)
        process.standardError = try FileHandle(forWritingTo: talk)
        return (process, out, talk)
    }

    private func check(
        _ arguments: [String], fake: Fake? = nil, tools: [String: String] = [:]
    ) throws -> Ran {
        let (process, out, talk) = try process(arguments, fake: fake, tools: tools)
        try process.run()
        process.waitUntilExit()
        return Ran(
            status: process.terminationStatus, out: try String(contentsOf: out, encoding: .utf8),
            talk: try String(contentsOf: talk, encoding: .utf8))
    }

    private static let fast = ["--json", "--pace", "0.01"]
    private static let devices = [
        "device-copy", "device-memory", "device-multiply", "device-links",
    ]

    private func only(_ checks: [String]) -> [String] { checks.flatMap { ["--only", $0] } }

    @Test func withoutAGPUItsChecksAreNotApplicableAndNeverPassed() throws {
        let all =
            RunTests.devices + [
                "identity", "device-ecc", "device-pcie", "device-fabric", "dcgm", "nvbandwidth",
                "nccl", "pytorch", "health-validation",
            ]
        let ran = try check(RunTests.fast + only(all))
        for name in all { #expect(ran.status(name) == ["notApplicable"], "\(name)") }
        #expect(ran.status == 75)
        #expect(ran.verdict["outcome"] as? String == "inconclusive")
        #expect(ran.verdict["loaded"] as? Bool == false)
        let text = try check(["--pace", "0.01"] + only(all))
        #expect(text.out.contains("not applicable device-copy"))
        #expect(!text.out.contains("\npassed"))
    }

    @Test func everyLineIsJSON() throws {
        let ran = try check(RunTests.fast + only(["network", "versions"]))
        #expect(ran.lines.count == ran.out.split(separator: "\n").count)
        #expect(
            ran.lines.map { $0["kind"] as? String } == ["run", "result", "result", "verdict"])
        #expect(ran.talk.isEmpty)
        #expect(ran.status == 75 || ran.status == 0)
    }

    @Test func aDriverThatFailsIsAnErrorOfEveryDeviceCheck() throws {
        let ran = try check(RunTests.fast + only(RunTests.devices + ["identity"]), fake: .noDevice)
        for name in RunTests.devices + ["identity"] {
            #expect(ran.status(name) == ["error"], "\(name)")
            #expect(ran.results(name).first?["code"] as? String == "M1102")
        }
        #expect(ran.status == 75)
    }

    @Test func aGoodNodeIsProvedUnderLoad() throws {
        let checks = RunTests.devices + ["identity", "device-ecc", "device-pcie"]
        let ran = try check(RunTests.fast + only(checks), fake: .good)
        for name in checks {
            let isOfEach = RunTests.devices.contains(name) && name != "device-links"
            let expected = [String](repeating: "passed", count: isOfEach ? 2 : 1)
            #expect(ran.status(name) == expected, "\(name): \(ran.results(name))")
        }
        #expect(ran.status == 0)
        #expect(ran.verdict["outcome"] as? String == "passed")
        #expect(ran.verdict["devices"] as? [Int] == [0, 1])
        let loaded = ran.verdict["components"] as? [String]
        #expect(loaded == ["device", "deviceMemory", "deviceLink", "pcie"])
        let thresholds = ran.results("device-copy").first?["thresholds"] as? [[String: Any]] ?? []
        #expect(thresholds.contains { $0["least"] as? Double == 48 })
    }

    /// In text and JSON, and where there is no fabric it is no pass.
    @Test func aFabricThatIsNotThereIsNotApplicable() throws {
        let alone = only(["device-fabric"])
        for (fake, status) in [(Fake.good, "notApplicable"), (.onFabric, "passed")] {
            let ran = try check(RunTests.fast + alone, fake: fake)
            #expect(ran.status("device-fabric") == [status])
        }
        let bad = try check(RunTests.fast + alone, fake: .offFabric)
        #expect(bad.status("device-fabric") == ["failed"] && bad.status == 1)
        #expect(bad.verdict["failedChecks"] as? [String] == ["device-fabric"])
        let text = try check(alone, fake: .offFabric)
        #expect(text.out.contains("device 1 could not be registered with its fabric"))
    }

    @Test func aDeviceThatIsWrongIsBlamedAlone() throws {
        let ran = try check(
            RunTests.fast + only(["device-memory", "device-copy"]), fake: .wrongMemory)
        #expect(ran.status("device-memory") == ["passed", "failed"])
        #expect(ran.status == 1)
        #expect(ran.verdict["failedDevices"] as? [Int] == [1])
        // What is written on the device is wrong for copies as well.
        #expect(ran.verdict["failedChecks"] as? [String] == ["device-copy", "device-memory"])
    }

    @Test func aDeviceThatHangsIsGivenUpAndTheOthersAreNot() throws {
        let start = Date()
        let ran = try check(
            RunTests.fast + only(["device-copy", "device-memory"]) + ["--hang-after", "6"],
            fake: .hang)
        #expect(Date().timeIntervalSince(start) < 600)
        let copies = ran.results("device-copy")
        #expect(copies.map { $0["status"] as? String ?? "" }.first == "error")
        let note = (copies.first?["notes"] as? [String])?.first
        #expect(note?.hasPrefix("there was no answer") == true, "\(ran.out)")
        #expect(ran.status("device-memory").first == "notRun")
        #expect(ran.status == 75 || ran.status == 1)
    }

    @Test func aProcessThatDiesIsAnErrorOfItsCheckAlone() throws {
        let ran = try check(RunTests.fast + only(["device-copy", "network"]), fake: .dies)
        let copies = ran.results("device-copy")
        try #require(copies.count == 2, "\(ran.out)")
        #expect(copies[1]["status"] as? String == "error")
        let notes = copies[1]["notes"] as? [String] ?? []
        #expect(notes.first?.contains("signal") == true)
        #expect(ran.status("network") == ["passed"])
    }

    @Test func toolsAreRunAndUnderstood() throws {
        let diag = #"""
            echo 'Successfully ran diagnostic for group.'
            echo '{"DCGM Diagnostic": {"test_categories": [{"category": "x", "tests": [{"name":'
            echo '"memory", "results": [{"entity_id": 1, "status": "Fail"}]}]}]}}'
            exit 226
            """#
        let ran = try check(
            RunTests.fast + only(["dcgm", "nvbandwidth", "nccl"]), fake: .good,
            tools: ["dcgmi": diag, "nvbandwidth": "echo out of memory; exit 3"])
        #expect(ran.status("dcgm") == ["failed"])
        #expect(ran.results("dcgm").first?["device"] as? Int == 1)
        #expect(ran.status("nvbandwidth") == ["error"])
        #expect(ran.results("nvbandwidth").first?["code"] as? String == "M1104")
        #expect(ran.status("nccl") == ["notApplicable"])
        #expect(ran.status == 1)
        #expect(ran.verdict["failedDevices"] as? [Int] == [1])
    }

    @Test func devicesThatAreSplitAreNotTestedAsWhole() throws {
        let names = RunTests.devices + ["nccl", "nvbandwidth"]
        let ran = try check(RunTests.fast + only(["identity"] + names), fake: .split)
        for name in names {
            #expect(Set(ran.status(name)) == ["notApplicable"], "\(name): \(ran.status(name))")
        }
        #expect(ran.status("identity") == ["passed"])
        #expect(ran.verdict["outcome"] as? String == "inconclusive")
    }

    @Test func aStackIsHeldAgainstTheNodeAndItsMistakesAreAllTold() throws {
        let file = folder.appendingPathComponent("stack.yaml")
        try Data("stack: s\ndriver: 575.1\ndevices: {count: 8}\n".utf8).write(to: file)
        let ran = try check(
            RunTests.fast + only(["identity", "versions"]) + ["--stack", file.path], fake: .good)
        #expect(ran.status("identity") == ["failed"])
        #expect(ran.status("versions") == ["failed"])
        #expect(ran.status == 1)
        try Data("driver: x\ncolour: red\n".utf8).write(to: file)
        let bad = try check(["--stack", file.path])
        #expect(bad.status == 65)
        #expect(bad.out.isEmpty)
        #expect(bad.talk.contains("stack.yaml:1: error M0203"))
        #expect(bad.talk.contains("stack.yaml:1: error M0204"))
        #expect(bad.talk.contains("stack.yaml:2: error M0202"))
        #expect(try check(["--stack", "/proc/nowhere.yaml"]).status == 66)
    }

    @Test func learnsFromEarlierRuns() throws {
        let file = folder.appendingPathComponent("baseline.ndjson")
        let own = try check(RunTests.fast + only(["network"]))
        let begin = try #require(own.out.split(separator: "\n").first)
        func baseline(note: String, isComplete: Bool = true) throws {
            var lines: [String] = []
            for machine in 0..<6 {
                lines.append(
                    begin.replacingOccurrences(
                        of: #""host":"#, with: #""host":"m\#(machine)","was":"#
                    )
                    .replacingOccurrences(of: #""chassis":"#, with: #""chassis":"","had":"#))
                lines.append(
                    #"{"kind":"result","check":"network","status":"passed","notes":["\#(note)"],"#
                        + #""figures":[{"name":"network","value":90000,"unit":"GB/s"}]}"#)
                lines.append(
                    #"{"kind":"result","check":"disk","status":"passed","figures":"#
                        + #"[{"name":"diskWrite","value":9000000,"unit":"MB/s"}]}"#)
                lines.append(#"{"kind":"verdict","complete":\#(isComplete)}"#)
            }
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
        }
        func bounds(_ check: String, _ ran: Ran) -> [Double] {
            let all = ran.results(check).first?["thresholds"] as? [[String: Any]] ?? []
            return all.filter { $0["learned"] as? Bool == true }.compactMap {
                $0["least"] as? Double
            }
        }
        let arguments = RunTests.fast + only(["network", "disk"]) + ["--baseline", file.path]
        // Of a connection to itself nothing is learned, and none is held against a network.
        for note in ["to itself", "peer m9:7071"] {
            try baseline(note: note)
            let ran = try check(arguments)
            #expect(ran.status("network") == ["passed"] && bounds("network", ran) == [])
            #expect(ran.status("disk") == ["failed"] && bounds("disk", ran) == [8_550_000])
        }
        let loose = try check(arguments + ["--drop", "5,diskWrite=20"])
        #expect(bounds("disk", loose) == [7_200_000])
        // A run that was stopped is no example.
        try baseline(note: "to itself", isComplete: false)
        let ran = try check(arguments)
        #expect(bounds("disk", ran) == [] && ran.talk.contains("teaches nothing"), "\(ran.talk)")
        try Data("{}\nnonsense\n".utf8).write(to: file)
        let bad = try check(["--baseline", file.path])
        #expect(bad.status == 65)
        #expect(bad.talk.contains("baseline.ndjson:2: error M0302"))
    }

    @Test func aStopEndsItCleanly() throws {
        let (process, out, _) = try process(["--json", "--only", "host-cpu"])
        try process.run()
        // Once the first line is there, the check runs or is about to.
        for _ in 0..<4800 where try Data(contentsOf: out).isEmpty { usleep(50_000) }
        let list =
            "/proc/\(process.processIdentifier)/task/\(process.processIdentifier)/children"
        var children = ""
        for _ in 0..<4800 where children.isEmpty {
            children = try String(contentsOfFile: list, encoding: .utf8)
            usleep(50_000)
        }
        usleep(300_000)
        process.interrupt()
        process.waitUntilExit()
        #expect(process.terminationStatus == 130)
        let text = try String(contentsOf: out, encoding: .utf8)
        #expect(text.contains(#""status":"notRun""#))
        #expect(text.contains(#""complete":false"#))
        for child in children.split(separator: " ") {
            #expect(!FileManager.default.fileExists(atPath: "/proc/\(child)"))
        }
        #expect(!children.isEmpty)
    }

    @Test(arguments: [
        ["--level", "3m"], ["--only", "disc"], ["--drop", "0"], ["--drop", "5,disc=5"],
        ["--peer", "nowhere"],
        ["--listen", "x"], ["--pace", "0"],
    ])
    func refusesWhatMakesNoSense(arguments: [String]) throws {
        let ran = try check(arguments)
        #expect(ran.status == 64)
        #expect(ran.out.isEmpty)
        #expect(ran.talk.hasPrefix("error M0501: "))
    }
}
