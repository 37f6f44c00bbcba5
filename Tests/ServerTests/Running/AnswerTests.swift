import ControlPlane
import FleetModel
import Foundation
import Testing

@testable import Server

@Suite("Answers")
struct AnswerTests {
    @Test("a drain without a deadline lets work stay, one with a deadline stops it")
    func drains() async throws {
        let server = try await LiveServer()
        let token = try await server.token("o", .operator)
        let job = try await server.run("{name: one, gpus: 8}")
        let busy = server.plane.view.nodes[0]?.occupants.isEmpty == true ? 1 : 0
        let name = server.plane.view.directory.node(NodeID(rawValue: Int32(busy)))
        func order(_ order: String, _ body: String) async throws -> [String: Any] {
            let answer = try await server.ask(
                "POST", "/v1/nodes/\(name)/\(order)", token: token, body)
            #expect(answer.status == 202, "\(answer)")
            return try answer.json()
        }
        // Work that may stay for ever and work that is to leave are told apart.
        #expect(try await order("cordon", #"{"reason": "x"}"#)["state"] as? String == "cordoned")
        let drained = try await order("drain", #"{"reason": "x"}"#)
        #expect(drained["state"] as? String == "draining" && drained["deadline"] is NSNull)
        try await Task.sleep(for: .milliseconds(300))
        #expect(server.backend.stopped == [])
        let within = try await order("drain", #"{"reason": "x", "deadlineSeconds": 900}"#)
        #expect(within["deadline"] is String)
        // Taken back, so that the deadline that was there is nobody's any more.
        #expect(try await order("drain", #"{"reason": "x"}"#)["deadline"] is NSNull)
        #expect(try await order("drain", #"{"reason": "x", "deadlineSeconds": 0}"#)["state"] != nil)
        #expect(try await eventually { server.backend.stopped == [job] })
        server.backend.report(.stopped(job, Attempt(1), []))
        #expect(
            try await eventually {
                server.plane.view.nodes[busy]?.occupants.isEmpty ?? false
            })
        #expect(try await order("drain", #"{"reason": "x"}"#)["state"] as? String == "cordoned")
        await server.stop()
    }

    @Test("a body that is too large is refused at once, and its connection closed")
    func tooLarge() async throws {
        let server = try await LiveServer { $0.bodySeconds = 3600 }
        let token = try await server.token("o", .operator)
        for head in ["Content-Length: 99999999", "Transfer-Encoding: chunked"] {
            let begin = ContinuousClock.now
            let wire = try server.connect()
            try wire.send(
                "POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"
                    + "Authorization: Bearer \(token)\r\nContent-Type: application/json\r\n"
                    + head + "\r\n\r\n")
            if head.hasPrefix("T") {
                let chunk = "10000\r\n" + String(repeating: " ", count: 0x10000) + "\r\n"
                for _ in 0..<20 { try wire.send(chunk) }
            }
            let answer = try await wire.answer()
            #expect(answer.status == 413 && answer.code == "M0607", "\(head)")
            // Long before a body of that length would have to be there.
            #expect(ContinuousClock.now - begin < .seconds(200), "\(head)")
        }
        // Who never stops is cut off, long before it has sent all.
        let wire = try server.connect()
        try wire.send(
            "POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"
                + "Authorization: Bearer \(token)\r\nContent-Type: application/json\r\n"
                + "Content-Length: 999999999\r\n\r\n")
        let piece = String(repeating: " ", count: 1 << 20)
        await #expect(throws: POSIXError.self) {
            for _ in 0..<100 {
                try wire.send(piece)
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        await server.stop()
    }

    @Test("a job depends on the job that its name meant when it was submitted")
    func dependencies() async throws {
        let server = try await LiveServer()
        let first = try await server.submit("{name: data, gpus: 1}")
        let job = try await server.submit("{name: train, gpus: 1, dependsOn: [data]}")
        _ = try await server.submit("{name: data, gpus: 1}")
        try await server.plane.settle()
        func dependency() async throws -> Int? {
            let answer = try await server.ask("GET", "/v1/jobs/\(job)")
            let all = try answer.json()["dependsOn"] as? [[String: Any]]
            return all?.first?["job"] as? Int
        }
        #expect(try await dependency() == Int(first.rawValue))
        // The engine forgets jobs that are over.
        _ = try await server.plane.act(.cancel, on: job, reason: "", by: LiveServer.caller)
        #expect(try await dependency() == Int(first.rawValue))
        await server.stop()
    }

    @Test("events of several kinds are those of each")
    func kinds() async throws {
        let server = try await LiveServer()
        _ = try await server.submit("{name: a, gpus: 1}")
        try await server.plane.settle()
        func kinds(_ query: String) async throws -> Set<String> {
            let events = try await server.ask("GET", "/v1/events?\(query)").json()["events"]
            return Set(
                try #require(events as? [[String: Any]]).compactMap { $0["kind"] as? String })
        }
        let all = try await kinds("")
        #expect(all.isSuperset(of: ["submitted", "started"]), "\(all)")
        for query in ["kind=submitted,started", "kind=submitted%2Cstarted&after=0"] {
            #expect(try await kinds(query) == ["submitted", "started"], "\(query)")
        }
        #expect(try await kinds("kind=started") == ["started"])
        for kind in ["", "started,bogus", ","] {
            #expect(try await server.ask("GET", "/v1/events?kind=\(kind)").status == 400, "\(kind)")
        }
        let wire = try server.connect()
        try wire.send(
            Wire.request(
                "GET", "/v1/events?after=0&kind=submitted,started", server.port,
                headers: ["Accept": "text/event-stream"]))
        #expect(await wire.read(until: "event: started"))
        #expect(wire.text.contains("event: submitted") && !wire.text.contains("event: nodeJoined"))
        await server.stop()
    }
}
