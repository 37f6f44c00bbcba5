import API
import ControlPlane
import FleetModel
import HTTPTypes
import Health
import HealthControl
import Hummingbird
import NodeChecks
import Qualification

/// Tests that people ran on nodes.
enum QualificationHandlers {
    static let routes = [
        Route(.post, "/v1/nodes/{node}/qualification", .operator, take)
    ]

    /// The media type of lines of JSON.
    private static let lines = "application/x-ndjson"

    private static func take(_ call: Call) async throws -> Response {
        try call.query.check([])
        let bytes = try await call.body(limit: CheckedRun.mostBytes)
        guard call.contentType == lines else {
            throw Call.unsupported(call.contentType, [lines])
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw OperatingError(.malformedRequest, "the body is not UTF-8")
        }
        let run = try read(bytes)
        var tested = run.run
        // A job's pods print runs that are handed in as well, and do not say what they are.
        tested.isContained = true
        let taken = try await call.plane.take(
            HandedInTest(
                answer: QualificationAnswer(tested), began: run.began, chassis: run.facts.chassis,
                devices: run.facts.devices.map(\.uuid), versions: run.facts.versions),
            ofNode: call.names[0], by: call.caller)
        let answer = taken.answer
        let outcome = answer.outcome
        let view = call.view
        let health = view.health.desk.engine[taken.node]
        return .json(.accepted) { json in
            json.object { json in
                json.key("operations")
                json.array(taken.operations) { $0.integer($1.rawValue) }
                json.member("outcome", CheckReport.name(outcome.verdict))
                json.member("level", run.verdict.level.name)
                json.member("loaded", outcome.isLoaded)
                json.member("components", CheckReport.names(outcome.components))
                json.key("devices")
                json.array(bits(outcome.devices)) { $0.integer($1) }
                json.key("failedDevices")
                json.array(bits(outcome.failedDevices)) { $0.integer($1) }
                json.member("failedChecks", answer.failedTests)
                json.member("faults", answer.run?.faults ?? [])
                json.member("isProof", taken.isProof)
                json.key("health")
                if let health {
                    HealthJSON(view).write(health, to: &json)
                } else {
                    json.null()
                }
            }
        }
    }

    private static func bits(_ mask: UInt64) -> [Int64] {
        (0..<64).filter { mask & 1 << UInt64($0) != 0 }
    }

    private static func read(_ bytes: [UInt8]) throws -> CheckedRun {
        do throws(CheckedRun.Fault) {
            return try CheckedRun(lines: bytes)
        } catch {
            throw OperatingError(
                .malformedRequest, error.description,
                hint: "send the lines that muster check --json printed, all and unchanged")
        }
    }
}
