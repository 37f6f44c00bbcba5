import ControlPlane
import FleetModel
import Foundation
import Health
import HealthControl
import NodeChecks
import Qualification
import Store
import Testing

@testable import Server

/// Goal: what `muster check --json` printed can be handed in as it is, comes to the same verdict
/// here, and what is no such run changes nothing.
@Suite("Tests of nodes that people hand in")
struct QualificationTests {
    private static let path = "/v1/nodes/node-0/qualification"
    private static let line =
        "NVRM: Xid (PCI:0000:01:00): 79, pid=1, GPU has fallen off the bus."

    /// What the command prints of a machine of eight devices.
    private static func run(
        _ status: CheckStatus = .passed, level: QualificationLevel = .fifteenMinutes
    ) -> String {
        var results = [CheckID.hostMemory, .hostCPU, .disk].map { CheckResult($0, .passed) }
        for check in [CheckID.deviceCopy, .deviceMemory, .deviceMultiply] {
            for device in Int32(0)..<8 {
                results.append(CheckResult(check, device: device, .passed))
            }
        }
        results.append(CheckResult(.deviceLinks, status))
        var facts = MachineFacts()
        facts.devices = (0..<8).map { _ in DeviceFacts() }
        let verdict = RunVerdict(results: results, level: level, devices: 8, isComplete: true)
        let lines =
            [CheckReport.begin(facts, level: level, at: FleetClock.wall())]
            + results.map(ResultLine.write) + [CheckReport.end(verdict, milliseconds: 1)]
        return lines.joined(separator: "\n") + "\n"
    }

    private func hand(
        _ server: LiveServer, _ token: String?, _ body: String, path: String = path,
        type: String = "application/x-ndjson"
    ) async throws -> Wire.Answer {
        try await server.ask(
            "POST", path, token: token, body, headers: ["Content-Type": type])
    }

    @Test("out for XID 79, repaired, tested by hand: a failure keeps it out, a pass brings it back")
    func bringsBack() async throws {
        let server = try await LiveServer()
        let token = try await server.token("o", .operator)
        let viewer = try await server.token("v", .viewer)
        let signal = #"{"node": "node-0", "kernelLog": ["\#(QualificationTests.line)"]}"#
        _ = try await server.ask("POST", "/v1/health/signals", token: token, signal)
        #expect(try await eventually { server.plane.view.nodes[0]?.row.heldFor == "XID 79" })
        let early = try await hand(server, token, QualificationTests.run())
        #expect(early.status == 409)
        #expect(try early.json()["code"] as? String == "M0616")
        #expect(try early.json()["detail"] as? String == "it is quarantined")
        func say() async throws {
            let body = #"{"statement": "repaired"}"#
            let said = try await server.ask(
                "POST", "/v1/nodes/node-0/statements", token: token, body)
            #expect(said.status == 202)
            try await Task.sleep(for: .milliseconds(5))
        }
        let old = QualificationTests.run()
        try await say()
        #expect(try await hand(server, viewer, QualificationTests.run()).status == 403)
        let failed = try await hand(server, token, QualificationTests.run(.failed))
        #expect(failed.status == 202, "\(failed)")
        var json = try failed.json()
        #expect(json["outcome"] as? String == "failed" && json["isProof"] as? Bool == false)
        #expect(json["failedChecks"] as? [String] == ["device-links"])
        #expect(json["failedDevices"] as? [Int] == [])
        #expect((json["health"] as? [String: Any])?["state"] as? String == "quarantined")
        try await say()
        let before = try await hand(server, token, old)
        #expect(before.status == 409)
        #expect(try before.json()["code"] as? String == "M0617")
        let weak = try await hand(server, token, QualificationTests.run(level: .twoMinutes))
        #expect(try weak.json()["isProof"] as? Bool == false)
        #expect(server.plane.view.nodes[0]?.isClosed == true)
        let passed = try await hand(server, token, QualificationTests.run())
        json = try passed.json()
        #expect(json["isProof"] as? Bool == true && json["level"] as? String == "15m")
        #expect((json["operations"] as? [Int])?.count == 1)
        #expect((json["health"] as? [String: Any])?["state"] as? String == "inService")
        #expect(server.plane.view.nodes[0]?.state == .ready)
        let audit = try server.plane.store.read { try $0.audit(before: nil, limit: 20) }
        #expect(audit.count { $0.action == "qualification" } == 3)
        await server.stop()
    }

    @Test("bodies that are no run are refused with the place, and change nothing")
    func refuses() async throws {
        let server = try await LiveServer()
        let token = try await server.token("o", .operator)
        let run = QualificationTests.run()
        let before = server.plane.view.health.desk.stateHash()
        for (body, status, words) in [
            ("", 400, "no line"), ("{}", 400, "'kind': is missing"), ("[1]", 400, "an object"),
            (run.replacing("device-copy", with: "hair"), 400, "'check': 'hair' is no check"),
            (run.replacing(#""outcome":"passed""#, with: #""outcome":"failed""#), 400, "'outcome'"),
            (run + run, 400, "the last line"),
            (run.replacing("\"at\"", with: "\"was\""), 400, "'at'"),
            (String(repeating: "x", count: 2 << 20), 413, "larger"),
            (run.replacing("15m", with: "9m"), 400, "'9m' is no level"),
        ] {
            let answer = try await hand(server, token, body)
            #expect(answer.status == status, "\(body.prefix(80)): \(answer)")
            let error = try answer.json()
            #expect((error["message"] as? String)?.contains(words) == true, "\(error)")
        }
        #expect(try await hand(server, nil, run).status == 401)
        #expect(try await hand(server, token, run, type: "application/json").status == 415)
        let nobody = "/v1/nodes/nobody/qualification"
        #expect(try await hand(server, token, run, path: nobody).status == 404)
        let query = QualificationTests.path + "?force=1"
        #expect(try await hand(server, token, run, path: query).status == 400)
        let idle = try await hand(server, token, run)
        #expect(idle.status == 409)
        #expect(try idle.json()["detail"] as? String == "it is in service")
        #expect(server.plane.view.health.desk.stateHash() == before)
        await server.stop()
    }
}
