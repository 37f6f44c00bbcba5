import ControlPlane
import FleetModel
import Foundation
import Store
import Testing

@testable import Server

/// Goal: files of evidence come in over HTTP one by one, by who may handle the job, and what is
/// none is refused with its place.
@Suite("Evidence about hangs")
struct EvidenceTests {
    private static func record(isLate: Bool) -> String {
        let entry = #"""
            {"process_group": ["0", "w"], "collective_seq_id": 7, "pg_id": 0,
             "profiling_name": "nccl:all_reduce", "state": "started"}
            """#
        return #"{"version": "2.10", "pg_config": {"0": {"ranks": "[0, 1, 2, 3]"}}, "#
            + "\"entries\": [\(isLate ? "" : entry)]}"
    }

    @Test("four records name the node of the rank that did not come, and show it")
    func names() async throws {
        let server = try await LiveServer()
        let token = try await server.token("o", .operator)
        let viewer = try await server.token("v", .viewer)
        try await server.run("{name: a, gpus: 4, members: 4}")
        let path = "/v1/jobs/0/evidence"
        var answer = try await server.ask("POST", path, token: viewer, "")
        #expect(answer.status == 403)
        for rank in 0..<4 {
            answer = try await server.ask(
                "POST", path + "?name=nccl_trace_rank_\(rank)", token: token,
                EvidenceTests.record(isLate: rank == 1),
                headers: ["Content-Type": "application/octet-stream"])
            #expect(answer.status == 202)
        }
        let culprit = try #require(try answer.json()["culprit"] as? [String: Any])
        #expect(culprit["verdict"] as? String == "named")
        #expect(culprit["ranks"] as? [Int] == [1])
        let members = try #require(server.plane.view.jobs[0]).members
        try #require(members.count == 4)
        let node = members[1].placement.node
        let name = server.plane.view.directory.node(node)
        #expect(culprit["suspect"] as? String == name)
        let page = try await server.ask("GET", "/v1/jobs/0", token: viewer).json()
        let attempts = try #require(page["attempts"] as? [[String: Any]])
        #expect(
            (attempts.first?["culprit"] as? [String: Any])?["reason"] as? String == "missingAtFront"
        )
        let why = try await server.ask("GET", "/v1/jobs/0/why", token: viewer).json()
        let text = try #require(why["text"] as? String)
        #expect(text.contains("The end of attempt 1 is put down to node \(name): rank 1 did not"))
        answer = try await server.ask("POST", path + "?name=x_1", token: token, "nonsense")
        #expect(answer.status == 400)
        #expect(try answer.json()["code"] as? String == "M0601")
        answer = try await server.ask("POST", path + "?attempt=7", token: token, "")
        #expect(answer.status == 404)
        await server.stop()
    }
}
