import Foundation
import Testing

/// A server for one test that answers from a list, and writes down what it was asked.
final class ClientStub {
    /// One request that it got.
    struct Request {
        var method: String
        var target: String
        var headers: [String: String]
        var body: String

        /// The body as JSON.
        func json() throws -> [String: Any] {
            try #require(
                try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        }
    }

    let place: Workplace
    let port: Int
    private let folder: URL
    private let process = Process()

    /// Starts it with rules in JSON (`Stub/server.py`).
    init(_ rules: [String]) throws {
        place = try Workplace()
        folder = place.folder.appendingPathComponent("stub")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let answers = folder.appendingPathComponent("answers.json")
        try Data("[\(rules.joined(separator: ",\n"))]".utf8).write(to: answers)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", Program.repository + "/Tests/MusterCLITests/Stub/server.py", folder.path,
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let file = folder.appendingPathComponent("port").path
        for _ in 0..<12_000 where !FileManager.default.fileExists(atPath: file) {
            usleep(20_000)
        }
        let text = FileManager.default.contents(atPath: file) ?? Data()
        port = try #require(Int(String(decoding: text, as: UTF8.self)))
    }

    deinit {
        // Threads of tests may block other signals, and children inherit that.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// The server's address.
    var address: String { "http://127.0.0.1:\(port)" }

    /// The environment of a command that finds this server, and nothing of whoever runs the tests.
    var environment: [String: String] {
        ["MUSTER_SERVER": address, "HOME": place.folder.path]
    }

    /// Runs `muster` with arguments against it.
    func muster(_ arguments: [String], _ more: [String: String] = [:]) throws -> Ran {
        try place.muster(arguments, environment: environment.merging(more) { $1 })
    }

    /// Runs `muster` with arguments, split at blanks.
    func muster(_ line: String, _ more: [String: String] = [:]) throws -> Ran {
        try muster(line.split(separator: " ").map(String.init), more)
    }

    /// What it was asked, in order.
    func requests() throws -> [Request] {
        let path = folder.appendingPathComponent("requests.jsonl").path
        let text = String(
            decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        return try text.split(separator: "\n").map { line in
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            return Request(
                method: object["method"] as? String ?? "",
                target: object["target"] as? String ?? "",
                headers: object["headers"] as? [String: String] ?? [:],
                body: object["body"] as? String ?? "")
        }
    }
}

/// Answers as a server gives them.
enum Answers {
    static let fleet = """
        {"path": "/v1/fleet", "body": {
          "clock": {"now": "2026-11-27T12:00:00.000Z", "speed": 1}, "version": "0.1.0",
          "backend": "local", "isSimulated": false, "message": "2 virtual devices",
          "levels": ["rack", "host"],
          "capacity": {"installed": 1024, "healthy": 1016, "schedulable": 1000, "allocated": 512.5,
            "active": null, "effective": null},
          "kinds": [{"name": "H100", "installed": 1024, "healthy": 1016, "schedulable": 1000,
            "allocated": 512.5, "free": 487.5}],
          "pools": [{"name": "train", "nodes": 128, "installed": 1024, "schedulable": 1000,
            "allocated": 512.5}],
          "nodes": {"ready": 125, "cordoned": 2, "draining": 0, "lost": 1},
          "jobs": {"running": 40, "starting": 0, "stopping": 0, "queued": 7, "blocked": 1},
          "queue": {"gpusWaiting": 320, "oldestWaitingSeconds": 5400, "byReason": [
            {"code": "capacity", "jobs": 6, "gpus": 256},
            {"code": "fairShare", "jobs": 1, "gpus": 64}]},
          "largestGang": [{"level": "fleet", "gpus": 440}, {"level": "rack", "gpus": 64}],
          "stranded": {"gpus": 12, "byResource": [{"resource": "cpu", "gpus": 12}]},
          "freePerNode": [60, 0, 65]}}
        """

    static func job(
        _ id: Int, _ name: String, _ state: String, tenant: String = "research/vision",
        extra: String = ""
    ) -> String {
        let waits = state == "queued"
        let isOver = ["succeeded", "failed", "cancelled", "timedOut"].contains(state)
        let reason =
            waits
            ? """
            {"code": "fragmentation", "text": "what is free lies apart: room for 13 of 16 members",
             "need": 16, "have": 13, "since": "2026-11-27T11:20:00.000Z"}
            """ : "null"
        let estimate =
            waits
            ? """
            {"earliest": "2026-11-27T15:05:00.000Z", "likely": "2026-11-27T15:20:00.000Z",
             "latest": "2026-11-27T15:40:00.000Z", "basis": "runTimes"}
            """ : "null"
        let started = waits ? "null" : "\"2026-11-27T11:30:00.000Z\""
        let ended = isOver ? "\"2026-11-27T11:45:00.000Z\"" : "null"
        let nodes = state == "running" ? "[\"gpu-001\", \"gpu-002\", \"gpu-003\"]" : "[]"
        return """
            {"id": \(id), "name": "\(name)", "tenant": "\(tenant)", "owner": "ada",
             "state": "\(state)", "priority": 0, "preemptible": true, "members": 16, "gpus": 128,
             "attempt": \(waits ? 0 : 1), "submittedAt": "2026-11-27T11:19:00.000Z",
             "startedAt": \(started), "endedAt": \(ended), "nodes": \(nodes),
             "nodeCount": \(state == "running" ? 3 : 0), "reason": \(reason),
             "estimate": \(estimate), "progress": null, "held": false\(extra)}
            """
    }

    static func rule(
        _ path: String, status: Int = 200, times: Int? = nil, _ body: String
    ) -> String {
        rule("GET", path, status: status, times: times, body)
    }

    static func rule(
        _ method: String, _ path: String, status: Int = 200, times: Int? = nil, _ body: String
    ) -> String {
        let times = times.map { ", \"times\": \($0)" } ?? ""
        return """
            {"method": "\(method)", "path": "\(path)", "status": \(status)\(times), "body": \(body)}
            """
    }

    static func error(_ code: String, _ message: String, hint: String = "") -> String {
        #"{"code": "\#(code)", "message": "\#(message)", "detail": "", "hint": "\#(hint)"}"#
    }

    static func event(_ id: Int, _ kind: String, job: Int, _ text: String) -> String {
        let data =
            "{\\\"id\\\":\(id),\\\"at\\\":\\\"2026-11-27T12:00:0\(id % 10).000Z\\\","
            + "\\\"kind\\\":\\\"\(kind)\\\",\\\"job\\\":\(job),\\\"name\\\":\\\"train\\\","
            + "\\\"tenant\\\":\\\"a\\\",\\\"node\\\":null,\\\"attempt\\\":1,"
            + "\\\"text\\\":\\\"\(text)\\\"}"
        return "id: \(id)\\nevent: \(kind)\\ndata: \(data)\\n\\n"
    }
}
