import API
import ControlPlane
import FleetModel
import HTTPTypes
import Health
import HealthControl
import Hummingbird
import NodeChecks

/// Verdicts of NVIDIA Health Validation that ran elsewhere.
enum HealthValidationHandlers {
    static let routes = [
        Route(.post, "/v1/nodes/{node}/health-validation", .operator, take)
    ]

    private static func take(_ call: Call) async throws -> Response {
        try call.query.check([])
        let bytes = try await call.body(limit: HealthValidationReport.mostBytes)
        guard call.contentType == "application/json" else {
            throw Call.unsupported(call.contentType, ["application/json"])
        }
        let report = try read(bytes)
        let node = try await call.plane.take(
            ToolVerdict(
                tool: "Health Validation", word: report.severity.rawValue,
                isSuspicious: report.isSuspicious, isFault: report.isFault,
                details: report.components.map(\.words)),
            ofNode: call.names[0], by: call.caller)
        let view = call.view
        let health = view.health.desk.engine[node]
        return .json(.accepted) { json in
            json.object { json in
                json.member("severity", report.severity.rawValue)
                json.member("isSuspicious", report.isSuspicious)
                json.key("xids")
                json.array(report.xids) { $0.integer(Int64($1)) }
                json.key("components")
                json.array(report.components) { json, component in
                    json.object { json in
                        json.member("category", component.category)
                        json.member("severity", component.severity.rawValue)
                        json.member("checks", component.checks)
                        json.member("entities", component.entities)
                    }
                }
                json.key("health")
                if let health {
                    HealthJSON(view).write(health, to: &json)
                } else {
                    json.null()
                }
            }
        }
    }

    private static func read(_ bytes: [UInt8]) throws -> HealthValidationReport {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw OperatingError(.malformedRequest, "the body is not UTF-8")
        }
        do throws(DiagnosticList) {
            return try HealthValidationReport.read(bytes, file: "verdict")
        } catch {
            throw OperatingError(refused: "the verdict", error.diagnostics)
        }
    }
}
