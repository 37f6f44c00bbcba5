import Foundation
import KubernetesObjects
import Testing

@testable import KubernetesBackend

extension ServerTests {
    @Suite("Progress of pods", .timeLimit(.minutes(10)))
    struct ProgressServerTests {}
}

extension ServerTests.ProgressServerTests {
    @Test("the program of a pod reports as its attempt, with what it was bound with")
    func reports() async throws {
        try await TestCluster.run(nodes: 1) { cluster in
            let plane = try PlaneProcess(health: "arrival: {new: admit}\n", [])
            defer { plane.remove() }
            try plane.start()
            var pods = ["asks", "asks-not"].map { PodText($0, gpus: 1) }
            pods[0].annotations["muster/progress"] = "true"
            try await cluster.create(pods)
            func annotations(_ name: String) async throws -> LabelSet? {
                try await cluster.pods().first { $0.metadata.name == name && $0.nodeName != nil }?
                    .metadata.annotations
            }
            #expect(try await cluster.wait { try await annotations("asks") != nil } != nil)
            #expect(try await cluster.wait { try await annotations("asks-not") != nil } != nil)
            #expect(try await annotations("asks-not")?["muster/progress-token"] == nil)
            let told = try #require(try await annotations("asks"))
            #expect(told["muster/rank"] == "0")
            let number = try #require(told["muster/job-number"])
            let token = try #require(told["muster/progress-token"])
            let place = "/v1/jobs/\(number)"
            func isRunning() -> Bool {
                plane.ask(["job", number])?["state"] as? String == "running"
            }
            #expect(try await cluster.wait { isRunning() } != nil)
            let text = #"{"step": 1200, "checkpointedStep": 1000, "checkpointMilliseconds": 4200}"#
            #expect(plane.post(place + "/progress", token: token, text) == 204)
            #expect(
                plane.post(place + "/steps", token: token, #"{"rank": 0, "microseconds": 812}"#)
                    == 204)
            // It is worth nothing for anything else.
            #expect(plane.post(place + "/cancel", token: token, "{}") == 403)
            let progress = plane.ask(["job", number])?["progress"] as? [String: Any]
            #expect(progress?["step"] as? Int == 1200)
            #expect(progress?["checkpointedStep"] as? Int == 1000)
        }
    }
}
