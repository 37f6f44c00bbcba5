import ControlPlane
import FleetModel
import Foundation
import Health
import HealthControl
import Store
import Testing

@testable import Server

/// Goal: the figures of recovery come from what happened, and the interval of checkpoints from the
/// job's own time.
@Suite("Figures of recovery")
struct RecoveryTests {
    @Test("a lost node is counted, and the job told how often to write")
    func counts() async throws {
        let server = try await LiveServer(speed: 3600)
        let token = try await server.token("o", .operator)
        try await server.run("{name: a, gpus: 8, retries: {node: 3}}")
        // An hour of the fleet's clock is a second of ours.
        try await Task.sleep(for: .milliseconds(300))
        let node = try #require(server.plane.view.jobs[0]?.members.first?.placement.node)
        server.backend.report(.nodesLost([node], detail: "power"))
        try await server.plane.settle()
        server.backend.report(.stopped(JobID(0), Attempt(1), []))
        try await server.plane.settle()
        server.backend.report(.started(JobID(0), Attempt(2)))
        try await server.plane.settle()
        let told = try await server.ask(
            "POST", "/v1/jobs/0/progress", token: token,
            #"{"attempt": 2, "step": 10, "checkpointedStep": 8, "checkpointMilliseconds": 2000}"#)
        #expect(told.status == 204)
        // Readers see a state of health that is at most a second old.
        _ = try await eventually {
            server.plane.view.health.desk.engine.losses[.hardware].attempts == 1
        }
        let page = try await server.ask("GET", "/v1/recovery", token: token).json()
        let fleet = try #require(page["fleet"] as? [String: Any])
        #expect(fleet["stops"] as? Int == 1 && fleet["attributed"] as? Int == 1)
        #expect(fleet["isThin"] as? Bool == true)
        let between = try #require(fleet["nodeHoursBetweenStops"] as? Double)
        #expect(between > 0.1)
        let pools = try #require(page["pools"] as? [[String: Any]])
        #expect(pools.count == 1 && pools.first?["stops"] as? Int == 1)
        let job = try #require((page["jobs"] as? [[String: Any]])?.first)
        #expect(job["stops"] as? Int == 1 && job["nodes"] as? Int == 1)
        #expect(job["checkpointWriteSeconds"] as? Double == 2)
        let young = try #require(job["youngIntervalSeconds"] as? Double)
        let seconds = try #require(job["secondsBetweenStops"] as? Double)
        #expect(abs(young - (2 * 2 * seconds).squareRoot()) < 0.01)
        let ratio = try #require(job["effectiveRatio"] as? Double)
        #expect(ratio >= 0 && ratio < 1)
        let detail = try await server.ask("GET", "/v1/jobs/0", token: token).json()
        let attempts = try #require(detail["attempts"] as? [[String: Any]])
        let culprit = try #require(attempts.first?["culprit"] as? [String: Any])
        #expect(culprit["suspect"] as? String == server.plane.view.directory.node(node))
        await server.stop()
    }
}
