import FleetModel
import Foundation
import Testing

@testable import NodeChecks

/// Real members of `muster check across` on this machine.
final class GangStage {
    let token = "a token that nobody guesses"
    let meeting: String
    let count: Int
    private let folder: URL
    private(set) var members: [Int: Process] = [:]
    private let arguments: [String]
    /// A driver that pretends, for all members.
    var fake: Fake?

    init(_ count: Int, _ arguments: [String] = []) throws {
        self.count = count
        self.arguments = arguments
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("muster-gang-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // A port that is free now, as a launcher finds one.
        meeting = "127.0.0.1:\(try ListeningSocket(try PeerAddress("127.0.0.1:0")).port)"
    }

    deinit {
        for process in members.values where process.isRunning {
            kill(process.processIdentifier, SIGKILL)
        }
        try? FileManager.default.removeItem(at: folder)
    }

    static let program: String = {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: own ?? CommandLine.arguments[0])
            .deletingLastPathComponent().appendingPathComponent("muster").path
    }()

    private func file(_ name: String, _ rank: Int) -> URL {
        folder.appendingPathComponent("\(name)-\(rank)")
    }

    /// Starts a member, as torchrun would; `more` are arguments of its own.
    func start(
        _ rank: Int, meeting: String? = nil, token: String? = nil, _ more: [String] = []
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: GangStage.program)
        process.arguments =
            ["check", "across", "--json", "--only", "network", "--pace", "0.05", "--slack", "80"]
            // Members that a busy machine keeps from running are not to be given up.
            + ["--silence", "300"] + arguments + more
        let place = (meeting ?? self.meeting).split(separator: ":")
        process.environment = [
            "SWIFT_BACKTRACE": "enable=no", "RANK": String(rank),
            "WORLD_SIZE": String(count), "MASTER_ADDR": String(place[0]),
            "MASTER_PORT": String(place[1]), "MUSTER_NODE": "gpu-\(rank)",
            "MUSTER_CHECK_TOKEN": token ?? self.token,
        ]
        process.environment?["PATH"] = "\(folder.path):/usr/bin:/bin"
        if let fake { process.environment?["LD_LIBRARY_PATH"] = try fake.folder }
        process.standardInput = FileHandle.nullDevice
        for name in ["out", "talk"] { try Data().write(to: file(name, rank)) }
        process.standardOutput = try FileHandle(forWritingTo: file("out", rank))
        process.standardError = try FileHandle(forWritingTo: file("talk", rank))
        try process.run()
        members[rank] = process
    }

    /// Puts a program where members look for tools.
    func tool(_ name: String, _ script: String) throws {
        let file = folder.appendingPathComponent(name)
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }

    /// Starts all but some.
    func start(but absent: Set<Int> = []) throws {
        for rank in 0..<count where !absent.contains(rank) { try start(rank) }
    }

    /// Waits until rank 0 says something; fails when it does not.
    func wait(for words: String, seconds: Double = 240) async throws {
        let end = Date().addingTimeInterval(seconds)
        while Date() < end {
            if talk(0).contains(words) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("rank 0 does not say '\(words)': \(talk(0))")
    }

    /// The exit statuses of all that were started, once they have ended.
    func statuses(seconds: Double = 400) async throws -> [Int: Int32] {
        let end = Date().addingTimeInterval(seconds)
        while Date() < end, members.values.contains(where: \.isRunning) {
            try await Task.sleep(for: .milliseconds(20))
        }
        var statuses: [Int: Int32] = [:]
        for (rank, process) in members {
            guard !process.isRunning else {
                Issue.record("rank \(rank) does not end")
                continue
            }
            statuses[rank] = process.terminationStatus
        }
        return statuses
    }

    func signal(_ rank: Int, _ number: Int32) {
        if let process = members[rank] { kill(process.processIdentifier, number) }
    }

    func out(_ rank: Int) -> String {
        (try? String(contentsOf: file("out", rank), encoding: .utf8)) ?? ""
    }
    func talk(_ rank: Int) -> String {
        (try? String(contentsOf: file("talk", rank), encoding: .utf8)) ?? ""
    }

    /// The lines of a member.
    func lines(_ rank: Int) -> [[String: Any]] {
        out(rank).split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    /// The last line of rank 0.
    var result: [String: Any] { lines(0).last { $0["kind"] as? String == "across" } ?? [:] }
    var blamed: [Int] { result["blamed"] as? [Int] ?? [-1] }

    /// Why a member is said not to be there.
    func absence(_ rank: Int) -> String? {
        let members = result["members"] as? [[String: Any]] ?? []
        return members.first { $0["rank"] as? Int == rank }?["absent"] as? String
    }

    /// What a member says of the network.
    func network(_ rank: Int) -> (status: String, note: String) {
        let result = lines(rank).last {
            $0["check"] as? String == "network" && $0["kind"] as? String == "result"
        }
        return (
            result?["status"] as? String ?? "", (result?["notes"] as? [String])?.first ?? ""
        )
    }
}
