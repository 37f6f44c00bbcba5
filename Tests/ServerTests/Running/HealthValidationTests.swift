import ControlPlane
import FleetModel
import Foundation
import Health
import HealthControl
import Store
import Testing

@testable import Server

/// Goal: a verdict of another tool is kept with its details, makes a node suspect at most, and what
/// is no verdict changes nothing.
@Suite("Verdicts of NVIDIA Health Validation")
struct HealthValidationTests {
    private static let path = "/v1/nodes/node-0/health-validation"

    private static func verdict(_ severity: String) -> String {
        """
        {"overall_severity": "\(severity)", "affected_components": [{"category": "xid",
          "max_severity": "\(severity)", "check_ids": ["gpu_xid_79"], "entities": ["GPU-7"]}]}
        """
    }

    private func hand(
        _ server: LiveServer, _ token: String?, _ body: String, path: String = path,
        type: String = "application/json"
    ) async throws -> Wire.Answer {
        try await server.ask("POST", path, token: token, body, headers: ["Content-Type": type])
    }

    @Test("what is bad makes the node suspect, and everything is an event of it")
    func takes() async throws {
        let server = try await LiveServer()
        let token = try await server.token("o", .operator)
        func state(_ answer: Wire.Answer) throws -> String? {
            (try answer.json()["health"] as? [String: Any])?["state"] as? String
        }
        for severity in ["INFO", "UNKNOWN"] {
            let told = try await hand(server, token, HealthValidationTests.verdict(severity))
            #expect(told.status == 202, "\(told)")
            #expect(try told.json()["isSuspicious"] as? Bool == false)
            #expect(try state(told) == "inService")
        }
        let bad = try await hand(server, token, HealthValidationTests.verdict("CRITICAL"))
        #expect(try bad.json()["isSuspicious"] as? Bool == true)
        #expect(try bad.json()["xids"] as? [Int] == [79])
        #expect(try state(bad) == "suspect")
        // It takes work as before.
        #expect(server.plane.view.nodes[0]?.isClosed == false)
        let events = try server.plane.store.read { try $0.events(after: 0, limit: 100) }
        #expect(
            events.contains {
                $0.node == "node-0"
                    && $0.text == "Health Validation: xid CRITICAL: gpu_xid_79 (GPU-7)"
            })
        #expect(events.contains { $0.text.hasSuffix("says CRITICAL") })
        let audit = try server.plane.store.read { try $0.audit(before: nil, limit: 20) }
        #expect(audit.count { $0.action == "toolVerdict" } == 3)
        await server.stop()
    }

    @Test("what is no verdict is refused with all that is wrong, and changes nothing")
    func refuses() async throws {
        let server = try await LiveServer()
        let token = try await server.token("o", .operator)
        let viewer = try await server.token("v", .viewer)
        let good = HealthValidationTests.verdict("CRITICAL")
        let before = server.plane.view.health.desk.stateHash()
        let bad = try await hand(
            server, token, #"{"overall_severity": "FINE", "affected_components": [1]}"#)
        #expect(bad.status == 422, "\(bad)")
        #expect((try bad.json()["diagnostics"] as? [Any])?.count == 2)
        for body in ["", "CRITICAL", good + good, String(good.dropLast())] {
            #expect(try await hand(server, token, body).status == 422, "\(body)")
        }
        #expect(try await hand(server, viewer, good).status == 403)
        #expect(try await hand(server, nil, good).status == 401)
        #expect(try await hand(server, token, good, type: "text/plain").status == 415)
        let nobody = "/v1/nodes/nobody/health-validation"
        #expect(try await hand(server, token, good, path: nobody).status == 404)
        let large = String(repeating: " ", count: 2 << 20)
        #expect(try await hand(server, token, large).status == 413)
        #expect(server.plane.view.health.desk.stateHash() == before)
        let thresholds = try await server.ask("GET", "/v1/health/thresholds", token: viewer)
        #expect(thresholds.status == 200)
        #expect(try thresholds.json()["machinesNeeded"] as? Int == 5)
        #expect((try thresholds.json()["kinds"] as? [Any])?.isEmpty == true)
        let tried = "/v1/health/thresholds?drop=8,network=20"
        #expect(
            try await server.ask("GET", tried, token: viewer).json()["dropPercent"] as? Int == 8)
        #expect(
            try await server.ask("GET", "/v1/health/thresholds?drop=0", token: viewer).status
                == 400)
        let relearn = "/v1/health/thresholds/relearn"
        let body = #"{"model": "nothing"}"#
        #expect(try await server.ask("POST", relearn, token: viewer, body).status == 403)
        for (body, status) in [
            (body, 404), ("{}", 400), (#"{"model": "m", "figure": "none"}"#, 400),
            (#"{"model": "m", "forget": "all"}"#, 400), (#"{"model": "m", "what": "x"}"#, 400),
        ] {
            let answer = try await server.ask("POST", relearn, token: token, body)
            #expect(answer.status == status, "\(body): \(answer)")
        }
        await server.stop()
    }
}
