import ControlPlane
import FleetModel
import Foundation
import Store
import Testing

@testable import Server

@Suite("Tokens of attempts")
struct AttemptTokenTests {
    private static let secret = [UInt8](repeating: 7, count: AttemptTokens.secretBytes)

    private func key(_ job: Int32, _ attempt: Int32) -> AttemptKey {
        AttemptKey(job: JobID(rawValue: job), attempt: Attempt(attempt))
    }

    @Test("each is of its attempt, and no other text is one")
    func text() {
        let tokens = AttemptTokens(secret: AttemptTokenTests.secret)
        let text = tokens.text(of: key(12, 3))
        #expect(text.hasPrefix("mp_12_3_") && text.count == 8 + 64)
        #expect(tokens.attempt(of: text) == key(12, 3))
        #expect(text != tokens.text(of: key(12, 4)) && text != tokens.text(of: key(1, 23)))
        for other in [
            "", "mp_12_3_", text + "0", String(text.dropLast()), text.uppercased(),
            text.replacing("mp_12_3", with: "mp_12_4"), text.replacing("mp_12_3", with: "mp_012_3"),
            text.replacing("mp_12_3", with: "mp_13_3"), "mp_-1_3_" + text.suffix(64),
        ] {
            #expect(tokens.attempt(of: other) == nil, "\(other)")
        }
        let others = AttemptTokens(secret: AttemptTokenTests.secret.map { $0 + 1 })
        #expect(others.attempt(of: text) == nil)
    }

    @Test("it reports the progress of its attempt, and does nothing else")
    func reports() async throws {
        let tokens = AttemptTokens(secret: AttemptTokenTests.secret)
        let server = try await LiveServer { $0.attemptTokens = tokens }
        let job = try await server.run("{name: one, gpus: 1}")
        try await server.run("{name: two, gpus: 1}")
        let token = tokens.text(of: key(0, 1))
        func report(
            _ path: String, _ token: String, _ body: String = #"{"step": 5}"#
        ) async throws -> Wire.Answer {
            try await server.ask("POST", "/v1/jobs/\(path)/progress", token: token, body)
        }
        #expect(try await report("0", token).status == 204)
        #expect(try await report("one", token, #"{"step": 6, "attempt": 1}"#).status == 204)
        try await server.plane.settle()
        #expect(try server.plane.job(job)?.row.step == 6)
        // Of another job, of another attempt, and with a code that is not right.
        #expect(try await report("1", token).status == 403)
        let early = try await report("0", token, #"{"step": 7, "attempt": 2}"#)
        #expect(early.status == 409 && early.code == "M0611", "\(early)")
        let late = try await report("0", tokens.text(of: key(0, 2)))
        #expect(late.status == 409 && late.code == "M0611", "\(late)")
        #expect(try await report("0", String(token.dropLast()) + "x").status == 401)
        for (method, path) in [
            ("GET", "/v1/fleet"), ("GET", "/v1/jobs/0"), ("POST", "/v1/jobs/0/cancel"),
            ("GET", "/v1/jobs/0/logs"), ("GET", "/v1/whoami"), ("GET", "/v1/events"),
        ] {
            #expect(try await server.ask(method, path, token: token).status == 403, "\(path)")
        }
        // It ends with the attempt.
        _ = try await server.plane.act(.cancel, on: job, reason: "", by: LiveServer.caller)
        server.backend.report(.stopped(job, Attempt(1), []))
        #expect(
            try await eventually { try server.plane.job(job)?.row.state.isOver ?? false })
        #expect(try await report("0", token).status == 409)
        await server.stop()
    }
}
