import API
import ControlPlane
import Documents
import FleetModel
import Foundation
import Health
import HealthControl
import Store
import Testing

@testable import Server

/// Goal: what is known of hardware can be asked for, and who may say something about it can.
@Suite("Answers about hardware")
struct HealthAnswerTests {
    private static let line =
        "NVRM: Xid (PCI:0000:01:00): 79, pid=1, GPU has fallen off the bus."

    @Test("a line of a kernel's log takes a node out, and the ledger says why")
    func takesSignals() async throws {
        let server = try await LiveServer()
        let token = try await server.token("o", .operator)
        let before = try await server.ask("GET", "/v1/health").json()
        #expect((before["out"] as? [Any])?.isEmpty == true)
        let body = #"{"node": "node-0", "kernelLog": ["nothing", "\#(HealthAnswerTests.line)"]}"#
        #expect(try await server.ask("POST", "/v1/health/signals", body).status == 401)
        let taken = try await server.ask("POST", "/v1/health/signals", token: token, body)
        #expect(taken.status == 202, "\(taken)")
        #expect(try taken.json()["kept"] as? Int == 1)
        #expect(
            try await eventually { server.plane.view.nodes[0]?.row.heldFor == "XID 79" })
        let health = try await server.ask("GET", "/v1/health").json()
        let out = try #require((health["out"] as? [[String: Any]])?.first)
        #expect(out["node"] as? String == "node-0" && out["cause"] as? String == "XID 79")
        let causes = try #require(health["causes"] as? [[String: Any]])
        #expect(causes.first?["cause"] as? String == "XID 79")
        let guards = try #require(health["guards"] as? [[String: Any]])
        try #require(
            guards.map { $0["guard"] as? String } == ["fleetWindow", "fleetHeld", "repairs"])
        let gone = try #require(guards[1]["have"] as? Int)
        #expect(gone > 0 && guards[0]["have"] as? Int == gone)
        #expect(guards.allSatisfy { ($0["limit"] as? Int ?? 0) >= 8 })
        let machine = try await server.ask("GET", "/v1/hardware/node-0").json()
        #expect((machine["ticket"] as? String)?.contains("XID 79") == true)
        #expect((machine["why"] as? String)?.contains("quarantined") == true)
        // A line of the kernel's log names processes: who may see all logs may see it.
        #expect((machine["lines"] as? [Any])?.isEmpty == true)
        let viewer = try await server.token("v", .viewer)
        for (token, count) in [(viewer, 0), (token, 1)] {
            let own = try await server.ask("GET", "/v1/hardware/node-0", token: token).json()
            #expect((own["lines"] as? [Any])?.count == count)
        }
        try await showsHistory(server, viewer: viewer, operator: token)
        let page = try await server.ask("GET", "/v1/hardware?bad=1").json()
        #expect((page["machines"] as? [[String: Any]])?.count == 1)
        let first = try await server.ask("GET", "/v1/hardware?limit=1").json()
        #expect(first["next"] as? Int == 1)
        let node = try await server.ask("GET", "/v1/nodes/node-0").json()
        #expect(node["reason"] as? String == "XID 79")
        let events = try await server.ask("GET", "/v1/events?kind=health").json()
        #expect((events["events"] as? [Any])?.isEmpty == false)
        await server.stop()
    }

    /// Everything is there, in pages, and lines of logs are for operators only.
    private func showsHistory(
        _ server: LiveServer, viewer: String, operator token: String
    ) async throws {
        let path = "/v1/hardware/node-0/history"
        for (token, line) in [(viewer, nil), (token, HealthAnswerTests.line)] {
            let page = try await server.ask("GET", path + "?kind=fault", token: token).json()
            let rows = try #require(page["history"] as? [[String: Any]])
            #expect(rows.map { $0["cause"] as? String } == ["XID 79"])
            #expect(rows.first?["line"] as? String == line && page["next"] is NSNull)
            let machine = try await server.ask("GET", "/v1/hardware/node-0", token: token).json()
            let ticket = try #require(machine["ticket"] as? String)
            #expect(ticket.contains(HealthAnswerTests.line) == (line != nil))
        }
        let first = try await server.ask("GET", path + "?limit=1").json()
        let newest = try #require((first["history"] as? [[String: Any]])?.first?["id"] as? Int)
        let next = try #require(first["next"] as? String)
        let second = try await server.ask("GET", path + "?limit=1&cursor=\(next)").json()
        let older = try #require((second["history"] as? [[String: Any]])?.first?["id"] as? Int)
        #expect(older < newest)
        #expect(try await server.ask("GET", path + "?kind=none").status == 400)
        #expect(try await server.ask("GET", "/v1/hardware/nobody/history").status == 404)
    }

    @Test("the other node of a test between two is named, on the page of each")
    func namesPartners() async throws {
        let server = try await LiveServer()
        var view = server.plane.view
        await server.stop()
        var desk = HealthDesk()
        var output: [HealthDirective] = []
        func tell(_ input: HealthInput) {
            desk.apply(.engine(input), at: .seconds(1_764_000_000), into: &output)
        }
        var policy = HealthPolicy()
        policy.arrival.new = .qualify
        policy.network = .standard
        tell(.setPolicy(policy))
        for node in 0..<2 {
            tell(.arrived(NodeID(node), Arrival(report: HardwareReport(), pool: PoolID(0))))
        }
        for operation in desk.engine.operations {
            tell(
                .qualified(
                    operation.node, operation.id,
                    QualificationOutcome(
                        verdict: .passed, level: .hour, isLoaded: true, components: .host,
                        devices: 0)))
        }
        view.health.desk = desk
        var json = JSONBytes()
        HealthJSON(view).write(to: &json)
        let page = try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any]
        let out = try #require(page?["out"] as? [[String: Any]])
        let others = out.map { node in
            ((node["operations"] as? [[String: Any]]) ?? []).map { $0["with"] as? String }
        }
        #expect(out.map { $0["node"] as? String } == ["node-0", "node-1"])
        #expect(others == [["node-1"], ["node-0"]])
    }

    @Test("a device that only people may take out is shown with the reason, though its node works")
    func showsHeldDevices() async throws {
        let devices = (0..<8).map {
            HardwareFacts.Device(
                index: $0, uuid: "GPU-\($0)", slot: "0000:0\($0 + 1):00.0")
        }
        let server = try await LiveServer(hardware: [
            NodeID(1): HardwareFacts(chassis: "C1", devices: devices)
        ])
        let token = try await server.token("o", .operator)
        for (node, code, bus) in [("node-0", 79, "01"), ("node-1", 95, "02")] {
            let line = "NVRM: Xid (PCI:0000:\(bus):00): \(code), pid=1, something"
            let body = #"{"node": "\#(node)", "kernelLog": ["\#(line)"]}"#
            let taken = try await server.ask("POST", "/v1/health/signals", token: token, body)
            #expect(taken.status == 202, "\(taken)")
        }
        // The first one has used up what may go out in an hour.
        func find() async throws -> [String: Any]? {
            let health = try await server.ask("GET", "/v1/health").json()
            let out = try #require(health["out"] as? [[String: Any]])
            return out.first { $0["node"] as? String == "node-1" }
        }
        #expect(try await eventually { try await find() != nil })
        let node = try #require(try await find())
        #expect(node["state"] as? String == "inService" && node["held"] is NSNull)
        let shown = try #require(node["devices"] as? [[String: Any]])
        #expect(shown.map { $0["index"] as? Int } == [1])
        #expect((shown.first?["held"] as? String)?.contains("short time") == true)
        await server.stop()
    }

    @Test("spares are shown, and who waits for them is told so")
    func showsSpares() async throws {
        let server = try await LiveServer(spares: [
            PoolSpares(pool: "default", policy: SparePolicy(.nodes(2), leastGPUs: 16))
        ])
        let token = try await server.token("o", .operator)
        for name in ["a", "b"] {
            let body = #"{"name": "\#(name)", "gpus": 8}"#
            #expect(
                try await server.ask("POST", "/v1/jobs", token: token, body).status == 201)
        }
        let health = try await server.ask("GET", "/v1/health").json()
        let spares = try #require((health["spares"] as? [[String: Any]])?.first)
        #expect(spares["pool"] as? String == "default" && spares["leastGPUs"] as? Int == 16)
        #expect(spares["wanted"] as? Int == 2 && spares["kept"] as? Int == 1)
        #expect(spares["inUse"] as? Int == 0 && spares["missing"] as? Int == 1)
        #expect(spares["why"] as? String == "no more than half of the pool's good nodes are kept")
        #expect(spares["nodes"] as? [String] == ["node-0"])
        let node = try await server.ask("GET", "/v1/nodes/node-0").json()
        #expect(node["isSpare"] as? Bool == true)
        let job = try await server.ask("GET", "/v1/jobs/1").json()
        let reason = try #require(job["reason"] as? [String: Any])
        #expect(reason["code"] as? String == "spares")
        #expect(reason["need"] as? Double == 16 && reason["have"] as? Double == 1)
        let text = "1 node with room for it is kept as a spare for gangs of ≥ 16 GPUs"
        #expect(reason["text"] as? String == text)
        let why = try await server.ask("GET", "/v1/jobs/1/why").json()
        #expect((why["verdict"] as? String)?.contains(text) == true)
        let remedies = try #require(why["remedies"] as? [[String: Any]])
        #expect(
            remedies.contains {
                ($0["text"] as? String)?.contains("there were 1 spare fewer (node-0)") == true
            })
        let metrics = try await server.ask("GET", "/metrics").body
        for (state, count) in [("wanted", 2), ("kept", 1), ("inUse", 0), ("missing", 1)] {
            #expect(
                metrics.contains(
                    "muster_spare_nodes{pool=\"default\",state=\"\(state)\"} \(count)"))
        }
        #expect(metrics.contains("muster_waiting_jobs{reason=\"spares\"} 1"))
        await server.stop()
    }

    @Test("statements are for operators, and what is wrong with a request is said")
    func refuses() async throws {
        let server = try await LiveServer()
        let viewer = try await server.token("v", .viewer)
        let token = try await server.token("o", .operator)
        let path = "/v1/nodes/node-0/statements"
        let body = #"{"statement": "quarantine", "reason": "smoke"}"#
        #expect(try await server.ask("POST", path, token: viewer, body).status == 403)
        let taken = try await server.ask("POST", path, token: token, body)
        #expect(taken.status == 202)
        #expect(try taken.json()["node"] as? String == "node-0")
        #expect(try await eventually { server.plane.view.nodes[0]?.row.isHeld == true })
        for (path, body, status) in [
            (path, #"{"statement": "explode"}"#, 400),
            ("/v1/nodes/nobody/statements", body, 404),
            ("/v1/health/signals", #"{"node": "nobody", "kernelLog": ["a"]}"#, 404),
            ("/v1/health/signals", #"{"node": "node-0"}"#, 400),
            ("/v1/health/signals", #"{"node": "node-0", "kernelLog": [1]}"#, 400),
            ("/v1/health/signals", #"{"kernelLog": ["a"]}"#, 400),
            ("/v1/health/breakers/fleetWindow/close", "{}", 404),
        ] {
            let answer = try await server.ask("POST", path, token: token, body)
            #expect(answer.status == status, "\(path) \(body): \(answer)")
        }
        #expect(try await server.ask("GET", "/v1/hardware/nobody").status == 404)
        #expect(try await server.ask("GET", "/v1/hardware?bad=maybe").status == 400)
        await server.stop()
    }

    @Test("rules are tried on what was told, and change nothing")
    func triesRules() async throws {
        let server = try await LiveServer()
        let token = try await server.token("o", .operator)
        let body = #"{"node": "node-0", "kernelLog": ["\#(HealthAnswerTests.line)"]}"#
        _ = try await server.ask("POST", "/v1/health/signals", token: token, body)
        let path = "/v1/health/rules/trial"
        let rules =
            #"{"version": "7", "rules": [{"name": "a", "codes": "XID 79", "action": "inspect"}]}"#
        #expect(try await server.ask("POST", path, rules).status == 401)
        #expect(
            try await eventually {
                let answer = try await server.ask("POST", path, token: token, rules)
                guard answer.status == 200, let trial = try? answer.json() else { return false }
                let rows = trial["differences"] as? [[String: Any]]
                return trial["bursts"] as? Int == 1 && rows?.first?["node"] as? String == "node-0"
                    && (rows?.first?["after"] as? [String: Any])?["action"] as? String == "inspect"
                    && trial["since"] is String && trial["inForce"] as? String == ""
            })
        let wrong = try await server.ask("POST", path, token: token, #"{"rules": [{}]}"#)
        #expect(wrong.status == 422, "\(wrong)")
        await server.stop()
    }
}
