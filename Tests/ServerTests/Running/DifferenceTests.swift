import API
import ControlPlane
import FleetModel
import Foundation
import Testing

@testable import Server

@Suite("Differences")
struct DifferenceTests {
    private func sample() -> StartDifferences {
        let place = StartDifference.Place(
            nodes: ["n0", "n1"], nodeCount: 2, domains: [2, 2], keepsWish: false)
        var gang = StartDifference(
            name: "ml.train", tenant: "ml", pods: 2, gpus: 16,
            wish: .init(level: 0, name: "rack", isRequired: true, slice: nil))
        gang.decision = .starts(at: .seconds(100), place)
        gang.stops = ["ml.low"]
        gang.firstBoundAt = .seconds(110)
        gang.wholeAt = .seconds(200)
        gang.place = place
        gang.halfStarted = .seconds(90)
        gang.idleGPUMilliSeconds = 720_500
        gang.earlier = .seconds(100)
        var other = StartDifference(name: "ml.b", tenant: "ml", pods: 1, gpus: 8, wish: nil)
        other.decision = .waits(.quota, "'ml' uses 8 of 8")
        var totals = StartDifferences.Totals()
        totals.gangs = 2
        totals.waits = [.quota: 1]
        totals.earlier = 1
        totals.earlierMedian = .seconds(96)
        return StartDifferences(since: .seconds(90), totals: totals, gangs: [gang, other])
    }

    /// Keys that an object of the document must have.
    private func required(_ name: String) throws -> Set<String> {
        let path = #filePath.replacing(
            "Tests/ServerTests/Running/DifferenceTests.swift", with: "dashboard/openapi.json")
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let document = try #require(
            try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let schemas = (document["components"] as? [String: Any])?["schemas"] as? [String: Any]
        let schema = schemas?[name] as? [String: Any]
        return Set(try #require(schema?["required"] as? [String]))
    }

    @Test("the answer has the keys of the document, and what they say")
    func writes() throws {
        var json = JSONBytes()
        DifferencesJSON(sample(), levels: ["rack", "host"], limit: 1).write(to: &json)
        let answer = try #require(
            try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
        #expect(try Set(answer.keys) == required("Differences"))
        let gangs = try #require(answer["gangs"] as? [[String: Any]])
        #expect(gangs.count == 1)
        #expect(try Set(gangs[0].keys) == required("GangDifference"))
        let place = try #require(gangs[0]["place"] as? [String: Any])
        #expect(try Set(place.keys) == required("GangPlace"))
        #expect(gangs[0]["topology"] as? String == "required:rack")
        #expect(gangs[0]["earlierSeconds"] as? Double == 100)
        #expect(gangs[0]["idleGpuSeconds"] as? Double == 720.5)
        #expect(
            gangs[0]["text"] as? String
                == "stood half started for 1m 30s, its bound pods holding 0.2 GPU-hours idle; "
                + "requires one rack and was spread over 2; Muster would have started it 1m 40s "
                + "earlier, on 2 nodes, stopping ml.low")
        let totals = try #require(answer["totals"] as? [String: Any])
        #expect((totals["earlier"] as? [String: Any])?["medianSeconds"] as? Double == 96)
        #expect((totals["waits"] as? [[String: Any]])?.first?["code"] as? String == "quota")
    }

    @Test("where nobody else is in charge there is no such thing")
    func isAbsent() async throws {
        let server = try await LiveServer()
        let answer = try await server.ask("GET", "/v1/differences")
        #expect(answer.status == 404)
        #expect(try answer.json()["code"] as? String == "M0604")
        server.backend.differ(sample())
        let found = try await server.ask("GET", "/v1/differences?limit=1")
        #expect(found.status == 200)
        #expect(try (found.json()["gangs"] as? [Any])?.count == 1)
        #expect(try await server.ask("GET", "/v1/differences?limit=0").status == 400)
        await server.stop()
    }
}
