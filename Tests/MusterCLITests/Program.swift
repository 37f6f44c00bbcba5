import Foundation
import Testing

/// What a run of the program came to.
struct Ran {
    /// The exit status, or 128 and the signal that ended it, as shells say it.
    var status: Int32
    /// Standard output.
    var out: String
    /// Standard error.
    var talk: String

    /// Standard output as JSON.
    func json() throws -> Any { try JSONSerialization.jsonObject(with: Data(out.utf8)) }

    /// The codes of the mistakes that were told, in order.
    var codes: [String] {
        talk.split(separator: "\n").compactMap { line in
            line.range(of: "error M").map { "M" + line[$0.upperBound...].prefix(4) }
        }
    }
}

/// A folder of its own for one test, in which the program is run; it goes with the test.
final class Workplace {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("muster-cli-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("work"), withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The path of a file in the folder that commands run in.
    func path(_ name: String) -> String {
        folder.appendingPathComponent("work").appendingPathComponent(name).path
    }

    func write(_ text: String, _ name: String) throws {
        try write(Array(text.utf8), name)
    }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    }

    func bytes(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path(name)).map { [UInt8]($0) }
    }

    /// Everything in the folder that commands run in.
    var names: [String] {
        let work = folder.appendingPathComponent("work").path
        return (try? FileManager.default.contentsOfDirectory(atPath: work).sorted()) ?? []
    }

    /// Runs `muster` with arguments.
    func muster(_ arguments: [String], environment: [String: String] = [:]) throws -> Ran {
        try run(Program.path, arguments, environment)
    }

    /// Runs `muster` with arguments, split at blanks.
    func muster(_ line: String) throws -> Ran {
        try muster(line.split(separator: " ").map(String.init))
    }

    /// Runs a line of shell, in which `$muster` is the program and `$examples` its examples.
    func shell(_ line: String) throws -> Ran {
        try run(
            "/bin/bash", ["-c", line],
            ["muster": Program.path, "examples": Program.repository + "/Examples"])
    }

    /// Output goes to files: pipes would be inherited by programs of other tests.
    private func run(
        _ path: String, _ arguments: [String], _ environment: [String: String]
    ) throws -> Ran {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = folder.appendingPathComponent("work")
        var variables = ["PATH": "/usr/bin:/bin", "COLUMNS": "80"]
        // A backtrace takes seconds, and a crash is a failure without it.
        variables["SWIFT_BACKTRACE"] = "enable=no"
        process.environment = variables.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try stream("out")
        process.standardError = try stream("talk")
        try process.run()
        process.waitUntilExit()
        let isSignal = process.terminationReason == .uncaughtSignal
        return Ran(
            status: process.terminationStatus + (isSignal ? 128 : 0),
            out: try text("out"), talk: try text("talk"))
    }

    private func stream(_ name: String) throws -> FileHandle {
        let path = folder.appendingPathComponent(name).path
        try #require(FileManager.default.createFile(atPath: path, contents: nil))
        return try #require(FileHandle(forWritingAtPath: path))
    }

    private func text(_ name: String) throws -> String {
        let path = folder.appendingPathComponent(name).path
        return String(
            decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
    }
}

extension Workplace {
    /// Runs a line of shell beside a server of its own, to whose virtual devices
    /// `$MUSTER_SERVER` and `$MUSTER_TOKEN` lead.
    func shell(besideServerWith devices: Int, _ line: String) throws -> Ran {
        // Everything in one shell, so that the server ends with the test.
        try shell(
            """
            export HOME=$PWD/home; mkdir home
            $muster up --data data --devices \(devices) --listen 127.0.0.1:0 \\
              --insecure-plaintext 2>talk &
            server=$!; trap 'kill $server; wait $server' EXIT
            for _ in $(seq 2400); do grep -q dashboard talk && break; sleep 0.1; done
            address=$(sed -n 's/^ *dashboard *//p' talk)
            export MUSTER_SERVER=${address%%/#*} MUSTER_TOKEN=${address##*=}
            \(line)
            """)
    }
}

/// Where things are.
enum Program {
    /// The root of the repository.
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The program that was built with the tests: it stands beside them.
    static let path: String = {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let besideTests = URL(fileURLWithPath: own ?? CommandLine.arguments[0])
            .deletingLastPathComponent().appendingPathComponent("muster").path
        let isThere = FileManager.default.isExecutableFile(atPath: besideTests)
        return isThere ? besideTests : repository + "/.build/debug/muster"
    }()
}
