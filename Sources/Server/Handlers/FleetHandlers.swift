import API
import ControlPlane
import FleetModel
import HTTPTypes
import Hummingbird
import NIOCore

/// The fleet as a whole, metrics, and the journal.
enum FleetHandlers {
    static let routes = [
        Route(.get, "/v1/fleet", .viewer, fleet),
        Route(.get, "/v1/whoami", .viewer, whoami),
        Route(.get, "/metrics", .viewer, metrics),
        Route(.get, "/v1/journal", .operator, journal),
    ]

    private static func fleet(_ call: Call) async throws -> Response {
        try call.query.check([])
        let (figures, view) = call.server.figures.current()
        let surroundings = MusterServer.surroundings(call.plane, call.server.settings)
        return .json { FleetJSON(view, figures, surroundings).write(to: &$0) }
    }

    private static func whoami(_ call: Call) async throws -> Response {
        try call.query.check([])
        return .json { json in
            json.object { json in
                json.member("name", call.identity.name)
                json.member("role", call.identity.role.rawValue)
                json.member("tenant", call.identity.tenant)
            }
        }
    }

    private static func metrics(_ call: Call) async throws -> Response {
        let (figures, view) = call.server.figures.current()
        var metrics = PrometheusText()
        MetricSet(view, figures).write(to: &metrics)
        return .bytes(metrics.bytes, type: "text/plain; version=0.0.4; charset=utf-8")
    }

    private static func journal(_ call: Call) async throws -> Response {
        try call.query.check([])
        let plane = call.plane
        await plane.audit(call.caller, "export", "journal", detail: "", outcome: "done")
        let bytes = try await call.server.questions.pass { try plane.exportJournal() }
        return .bytes(bytes, type: "application/octet-stream")
    }
}
