import ControlPlane
import FleetModel
import Foundation
import HealthControl
import Qualification
import Stacks
import Testing

@testable import Server

/// Goal: stacks and rollouts can be asked for, and who may begin and change them can.
@Suite("Answers about stacks")
struct StackAnswerTests {
    private func server() async throws -> LiveServer {
        func stack(_ name: String, _ driver: String) -> StackDeclaration {
            StackDeclaration(name: name, rules: [.init(.driver, .same(Version(driver)))])
        }
        let catalogue = StackCatalogue(
            stacks: [stack("old", "570.1"), stack("new", "580.1")],
            pools: [PoolStack(pool: "default", stack: "old")])
        return try await LiveServer(stacks: catalogue)
    }

    @Test("a rollout is begun, shown, paused and taken back")
    func rolls() async throws {
        let server = try await server()
        let viewer = try await server.token("v", .viewer)
        let token = try await server.token("o", .operator)
        let before = try await server.ask("GET", "/v1/stacks").json()
        let pool = try #require((before["pools"] as? [[String: Any]])?.first)
        #expect(pool["pool"] as? String == "default" && pool["stack"] as? String == "old")
        #expect((before["stacks"] as? [Any])?.count == 2)
        let body = #"{"pool": "default", "stack": "new", "waves": ["1", "50%"], "failures": 1}"#
        let path = "/v1/stacks/rollouts"
        #expect(try await server.ask("POST", path, token: viewer, body).status == 403)
        let taken = try await server.ask("POST", path, token: token, body)
        #expect(taken.status == 202, "\(taken)")
        let rollout = try taken.json()
        #expect(rollout["phase"] as? String == "rolling" && rollout["number"] as? Int == 1)
        #expect(rollout["waves"] as? [String] == ["1", "50%"])
        #expect(rollout["mostOut"] as? Int == 2)
        #expect(rollout["installs"] as? Bool == false)
        #expect(try await server.ask("POST", path, token: token, body).status == 409)
        // Nobody installs here: the first node waits for people.
        #expect(
            try await eventually {
                server.plane.view.health.desk.stacks.rollouts.first?.members.first?.step
                    == .installing
            })
        let shown = try await server.ask("GET", "/v1/stacks").json()
        let first = try #require((shown["rollouts"] as? [[String: Any]])?.first)
        let node = try #require((first["nodes"] as? [[String: Any]])?.first)
        #expect(node["step"] as? String == "installing" && node["wave"] as? Int == 1)
        #expect(node["note"] as? String == "people have to install it")
        let command = path + "/default/"
        let paused = try await server.ask("POST", command + "pause", token: token, "{}")
        #expect(try paused.json()["isPaused"] as? Bool == true)
        let back = try await server.ask("POST", command + "rollBack", token: token, "{}")
        #expect(try back.json()["phase"] as? String == "rollingBack")
        #expect(
            try await server.ask("POST", command + "rollBack", token: token, "{}").status == 409)
        let events = try await server.ask("GET", "/v1/events?kind=stack").json()
        let texts = (events["events"] as? [[String: Any]] ?? []).compactMap {
            $0["text"] as? String
        }
        #expect(
            texts.contains { $0.contains("nobody installs stacks on this backend") }, "\(texts)")
        await server.stop()
    }

    @Test("attempts that run are counted up to now, and once when they end")
    func countsWhatRuns() async throws {
        let server = try await LiveServer(speed: 36_000)
        func seen() async throws -> [String: Any]? {
            let page = try await server.ask("GET", "/v1/stacks").json()
            return (page["observed"] as? [[String: Any]])?.first
        }
        #expect(try await seen() == nil)
        let job = try await server.run("{name: gang, members: 2, gpus: 8}")
        var hours = 0
        for _ in 0..<600 where hours == 0 {
            try await Task.sleep(for: .milliseconds(100))
            hours = try #require(try await seen()?["runningHours"] as? Int)
        }
        let running = try #require(try await seen())
        #expect(hours > 0 && running["running"] as? Int == 1)
        #expect(running["attempts"] as? Int == 0 && running["gpuHours"] as? Int == 0)
        server.backend.report(.finished(job, Attempt(1), []))
        #expect(try await eventually { try await seen()?["attempts"] as? Int == 1 })
        let ended = try #require(try await seen())
        #expect(ended["running"] as? Int == 0 && ended["runningHours"] as? Int == 0)
        #expect(try #require(ended["gpuHours"] as? Int) >= hours)
        await server.stop()
    }

    @Test("what is wrong with an order is said")
    func refuses() async throws {
        let server = try await server()
        let token = try await server.token("o", .operator)
        let path = "/v1/stacks/rollouts"
        let good = #""pool": "default", "stack": "new""#
        for (path, body, status) in [
            (path, #"{"pool": "default"}"#, 400),
            (path, #"{"pool": "nowhere", "stack": "new"}"#, 404),
            (path, #"{"pool": "default", "stack": "newer"}"#, 404),
            (path, "{\(good), \"waves\": [\"0\"]}", 400),
            (path, "{\(good), \"waves\": [\"101%\"]}", 400),
            (path, "{\(good), \"soakSeconds\": -1}", 400),
            (path, "{\(good), \"failures\": 2, \"mostOut\": 2}", 400),
            (path, "{\(good), \"level\": \"long\"}", 400),
            (path, "{\(good), \"haste\": true}", 400),
            (path + "/default/pause", "{}", 404),
            (path + "/default/explode", "{}", 404),
        ] {
            let answer = try await server.ask("POST", path, token: token, body)
            #expect(answer.status == status, "\(path) \(body): \(answer)")
        }
        await server.stop()
    }
}
